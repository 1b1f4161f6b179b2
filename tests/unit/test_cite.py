from __future__ import annotations

from oracle.cite import Citation, Mark, Source, citation, marks, marks_in, models

KERN_EXIT = Source("TinyOS", "kern/kern_exit.c", "1.2")


@models(KERN_EXIT, 100, 120, function="exit1")
def leave() -> None:
    """Ends the process."""
    # [101] says goodbye
    # [102-104, 110] sic: says it twice


@models(KERN_EXIT)
def reaper() -> None:
    """Collects the dead."""


def test_a_citation_names_system_file_revision_function_and_lines() -> None:
    assert str(citation(leave)) == "TinyOS kern/kern_exit.c 1.2, exit1 [100-120]"


def test_a_function_that_is_cited_as_a_whole_has_its_own_name_and_no_lines() -> None:
    assert citation(reaper) == Citation(KERN_EXIT, "reaper")
    assert str(citation(reaper)) == "TinyOS kern/kern_exit.c 1.2, reaper"


def test_what_models_nothing_has_no_citation() -> None:
    assert citation(test_what_models_nothing_has_no_citation) is None


def test_the_marks_of_a_function_stand_on_the_lines_of_its_file() -> None:
    found = marks(leave)
    first = leave.__code__.co_firstlineno
    assert [(one.first, one.last, one.python_line - first) for one in found] == [(101, 101, 3), (102, 104, 4), (110, 110, 4)]
    assert [one.sic for one in found] == [False, True, True]
    assert found[0].words == "says goodbye"


def test_brackets_that_hold_no_lines_are_no_marks() -> None:
    assert marks_in("x = y[3]  # see [the manual]\nz = 1  # [7] sic: odd\n", 40) == [Mark(7, 7, 41, "odd", True)]
