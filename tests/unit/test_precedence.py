"""Conditions put together, one try, pairs, orders: on a kernel of one call whose reasons to fail are its arguments."""

from __future__ import annotations

from dataclasses import replace

import pytest

from oracle.calls import CallSpec, Kind, Param, Result
from oracle.conditions import CALLER, Condition, Trial, with_flags
from oracle.conditions.common import FORK
from oracle.conditions.values import step
from oracle.errors import FlavorError, UsageError
from oracle.extras import MachineExtras, ProcessExtras
from oracle.flavor import Args, Call, Flavor
from oracle.machine.errno import EAGAIN, EINVAL, ENOMEM, EPERM, ERESTART
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp
from oracle.machine.traps import Kernel, tsleep
from oracle.precedence.order import Verdict, order
from oracle.precedence.probe import attempt
from oracle.precedence.setting import Apart, together
from oracle.precedence.sites import sites_in
from oracle.precedence.table import Table, table, tables, wanted
from oracle.registry import validate
from oracle.scenario import FileSpec, Step
from tests.unit.toys import TINY

A, B, SAME, APART, THIRD = Verdict.FIRST, Verdict.SECOND, Verdict.SAME, Verdict.APART, Verdict.THIRD
SPEC = CallSpec(
    "toil",
    "fail in many ways",
    (
        *(Param(name, Kind.SWITCH, name, False) for name in ("shape", "poor", "bare", "left", "right", "crash")),
        Param("number", Kind.NUMBER, "0 goes well", 0),
        Param("flags", Kind.FLAGS, "flags", 0, names=(("X", 1), ("Y", 2))),
    ),
    Result.NUMBER,
)


def _toil(k: Machine, lwp: Lwp, args: Args) -> Kernel[int | str | None]:
    if lwp.lwp_proc.p_nice == 7:
        lwp.lwp_proc.p_nice = 0
        raise ERESTART("once more")
    if args.number("flags") == 3:
        raise EINVAL("X with Y")
    if args.switch("poor") and args.switch("bare"):
        raise ENOMEM("poor and bare")
    if args.switch("shape"):
        raise EINVAL("shape")
    if args.switch("poor"):
        k.printf("no money")
        yield from tsleep(k, "money", 5)
        raise EAGAIN("poor")
    if args.switch("bare"):
        raise EAGAIN("bare")
    for side in ("left", "right"):
        if args.switch(side):
            raise EPERM(side)
    if args.switch("crash"):
        raise RuntimeError("boom")
    if number := args.number("number"):
        raise EPERM(f"number {number % 10}")
    return 0


def _syscall(k: Machine, lwp: Lwp, call: Call, args: Args) -> Kernel[int | str | None]:
    while True:
        try:
            return (yield from TINY.syscall(k, lwp, call, args))
        except ERESTART:
            continue


TOIL = replace(TINY, id="toil@1", calls={**TINY.calls, "toil": Call(SPEC, _toil)}, syscall=_syscall)
SHAPE, POOR, BARE = (Condition(name, {name: True}) for name in ("shape", "poor", "bare"))
RESTART = Condition("restart", processes={CALLER: {"nice": 7}})
XY = Condition("X with Y", flags={"flags": "+X +Y"})
NO_X = Condition("no X", {"number": 11}, flags={"flags": "-X"})


def toil(*conditions: Condition, fair: Condition | None = None) -> Flavor:
    return replace(TOIL, trials=(Trial("toil", conditions, fair or Condition("")),))


def made(*conditions: Condition, fair: Condition | None = None) -> Table:
    return table("toil", [toil(*conditions, fair=fair)])


def ranks(found: Table) -> dict[str, int]:
    return {one.condition: one.rank for one in found.columns[0].alone}


# --- one scenario out of several conditions -----------------------------------------------------------------------------


def test_conditions_that_want_different_values_of_an_argument_do_not_go_together() -> None:
    trial = Trial("toil", ())
    with pytest.raises(Apart, match="number would have to be 1 for the one, 2 for the other"):
        together(trial, (Condition("one", {"number": 1}), Condition("two", {"number": 2})))


def test_a_flag_that_one_sets_and_another_clears_keeps_them_apart() -> None:
    with pytest.raises(Apart, match="X in flags would have to be set for the one, not set for the other"):
        together(Trial("toil", ()), (XY, NO_X))


def test_what_is_fair_gives_way_to_a_condition() -> None:
    trial = Trial("toil", (), Condition("", {"number": 5, "flags": "X|Y"}))
    last = together(trial, (Condition("one", {"number": None}, flags={"flags": "-X"}),)).steps[-1]
    assert isinstance(last, Step)
    assert last.args == {"flags": "Y"}


def test_limits_descriptors_and_signals_of_several_conditions_add_up() -> None:
    one = Condition("one", processes={CALLER: {"limits": (("nproc", 1, 1),), "files": (FileSpec(3, "/a"),)}})
    two = Condition("two", processes={CALLER: {"limits": (("nofile", 2, 2),), "files": (FileSpec(4, "/b"),)}})
    (caller,) = together(Trial("toil", ()), (one, two)).processes
    assert caller.limits == (("nproc", 1, 1), ("nofile", 2, 2))
    assert [file.fd for file in caller.files] == [0, 3, 4]


def test_what_is_rarely_set_adds_up_knob_by_knob() -> None:
    one = Condition("one", processes={CALLER: {"extras": ProcessExtras(system=True)}}, machine={"extras": MachineExtras(7)})
    two = Condition("two", processes={CALLER: {"extras": ProcessExtras(profiling=True)}})
    made = together(Trial("toil", ()), (one, two))
    assert made.processes[0].extras == ProcessExtras(system=True, profiling=True)
    assert made.machine.extras == MachineExtras(7)


def test_one_limit_with_two_values_keeps_conditions_apart() -> None:
    one, two = (Condition(str(most), processes={CALLER: {"limits": (("nproc", most, 9),)}}) for most in (1, 2))
    with pytest.raises(Apart, match=r"caller\.limits\.nproc would have to be"):
        together(Trial("toil", ()), (one, two))


def test_conditions_about_one_thing_never_go_together() -> None:
    with pytest.raises(Apart, match="the tracer would have to be"):
        together(Trial("toil", ()), (Condition("one", about="the tracer"), Condition("two", about="the tracer")))


def test_a_process_stands_behind_those_that_it_names() -> None:
    condition = Condition("one", processes={"kid": {"parent": "leader", "session": "leader"}, "leader": {"session": ""}})
    assert [one.name for one in together(Trial("toil", ()), (condition,)).processes] == [CALLER, "leader", "kid"]


def test_a_step_that_both_want_is_taken_once_and_the_call_is_the_last() -> None:
    one, two = (Condition(name, steps=(step("shell", "umask", mask=name),)) for name in ("0", "1"))
    both = (replace(one, steps=one.steps + two.steps), two)
    steps = together(Trial("toil", ()), both).steps
    assert [(one.index, one.call) for one in steps if isinstance(one, Step)] == [(1, "umask"), (2, "umask"), (3, "toil")]


def test_what_is_pending_does_not_outlast_an_earlier_call() -> None:
    pending = Condition("pending", processes={CALLER: {"pending": ("SIGUSR1",)}})
    with pytest.raises(Apart, match="what is pending for caller would be dealt with when its umask returns"):
        together(Trial("toil", ()), (pending, Condition("masked", steps=(step(CALLER, "umask", mask="0"),))))


def test_conditions_of_a_call_can_be_bound_to_flags() -> None:
    (bound,) = with_flags((XY,), other="+Z")
    assert bound.flags == {"flags": "+X +Y", "other": "+Z"}


# --- one try ------------------------------------------------------------------------------------------------------------


def test_a_try_tells_errno_message_place_time_and_console() -> None:
    ending = attempt(together(Trial("toil", ()), (POOR,)), TOIL)
    first = ending.first
    assert first is not None
    assert (first.errno, first.message, first.after, first.console) == ("EAGAIN", "poor", 50, ("no money",))
    assert first.site.place == f"{__name__}._toil: EAGAIN('poor')"
    assert (ending.result, ending.made, ending.crash) == ("EAGAIN", True, "")


def test_a_restart_is_heard_although_no_program_sees_it() -> None:
    ending = attempt(together(Trial("toil", ()), (RESTART, SHAPE)), TOIL)
    assert [one.errno for one in ending.raised] == ["ERESTART", "EINVAL"]
    assert ending.result == "EINVAL"


def test_only_the_last_call_is_listened_to() -> None:
    before = Condition("before", steps=(step(CALLER, "toil", shape=True), step("shell", "toil", poor=True)))
    ending = attempt(together(Trial("toil", ()), (before,)), TOIL)
    assert (ending.raised, ending.prepared, ending.result) == ((), ("EINVAL", "EAGAIN"), "0")


def test_a_call_that_was_not_made_says_so() -> None:
    gone = Condition("gone", steps=(step(CALLER, "exit"),))
    assert not attempt(together(Trial("toil", ()), (gone,)), TOIL).made


def test_a_crash_is_part_of_what_a_try_came_to() -> None:
    assert "RuntimeError: boom" in attempt(together(Trial("toil", ()), (Condition("crash", {"crash": True}),)), TOIL).crash


def test_the_c_is_cited_by_the_innermost_function_that_models_some() -> None:
    full = together(Trial("fork", ()), (FORK[1],))
    first = attempt(full, TINY).first
    assert first is not None
    assert first.cite == "kern.c 1, fork1"


# --- where errnos are raised --------------------------------------------------------------------------------------------


def test_raise_statements_are_found_with_the_lines_of_c_around_them(tmp_path: object) -> None:
    from pathlib import Path

    assert isinstance(tmp_path, Path)
    file = tmp_path / "kern.py"
    file.write_text(
        "def fork1(flags):\n"
        "    # [8-9] sic: before\n"
        "    if flags:  # [10-12] why\n"
        "        raise EINVAL('flags')  # [13] what\n"
        "    if not flags:  # [20]\n"
        "        raise failed(flags)\n"
        "    raise Panic('dead')\n"
        "def failed(flags) -> Errno:\n"
        "    return EPERM('no')\n"
        "class P:\n"
        "    def q(self):\n"
        "        raise EAGAIN\n"
    )
    found = sites_in("kern", str(file))
    assert [(one.line, one.function, one.what, one.ranges) for one in found] == [
        (4, "fork1", "EINVAL('flags')", ((8, 13),)),
        (6, "fork1", "failed(flags)", ((20, 20),)),
        (12, "P.q", "EAGAIN", ()),
    ]


def test_a_module_without_text_has_no_places() -> None:
    assert sites_in("nowhere", "/nowhere/kern.py") == ()


# --- pairs and orders ---------------------------------------------------------------------------------------------------


def test_the_place_that_raised_wins_not_the_errno() -> None:
    found = made(SHAPE, POOR, Condition("late", {"number": 1}))
    assert ranks(found) == {"shape": 1, "poor": 2, "late": 3}
    assert found.columns[0].why_no_order == ""
    two = made(Condition("X with Y", flags={"flags": "+X +Y"}), SHAPE)
    assert ranks(two) == {"X with Y": 1, "shape": 2}
    assert {one.ending.result for one in two.columns[0].alone} == {"EINVAL"}


def test_where_one_place_raises_both_its_words_tell_which_won() -> None:
    found = made(Condition("right", {"right": True}), Condition("left", {"left": True}))
    assert ranks(found) == {"left": 1, "right": 2}


def test_two_conditions_of_one_place_share_a_rank() -> None:
    found = made(SHAPE, POOR, Condition("one", {"number": 1}), Condition("eleven", {"number": 11}))
    assert ranks(found) == {"shape": 1, "poor": 2, "one": 3, "eleven": 3}


def test_a_third_error_of_two_conditions_is_no_order() -> None:
    found = made(POOR, BARE)
    assert [(pair.verdict, pair.result) for pair in found.columns[0].pairs] == [(THIRD, "ENOMEM")]
    assert found.columns[0].why_no_order == "poor and bare: another error than either"


def test_conditions_that_do_not_go_together_say_why() -> None:
    (pair,) = made(XY, NO_X).columns[0].pairs
    assert pair.verdict is APART
    assert pair.why == "X in flags would have to be set for the one, not set for the other"


def test_preparations_that_spoil_each_other_in_one_order_are_tried_in_the_other() -> None:
    closes = Condition("closed", {"shape": True}, steps=(step(CALLER, "close", fd=0),))
    uses = Condition("used", {"number": 1}, steps=(step(CALLER, "lseek", fd=0, offset=1),))
    assert [pair.verdict for pair in made(closes, uses).columns[0].pairs] == [A]


def test_preparations_that_spoil_each_other_in_any_order_keep_conditions_apart() -> None:
    closes = Condition("closed", {"shape": True}, steps=(step(CALLER, "close", fd=0),))
    too = Condition("too", {"number": 1}, steps=(step(CALLER, "lseek", fd=0, offset=1), step(CALLER, "close", "x", fd=0)))
    (pair,) = made(closes, too).columns[0].pairs
    assert (pair.verdict, pair.why) == (APART, "with both, caller's lseek gives EBADF")


def test_what_makes_no_error_has_no_rank_and_is_in_no_pair() -> None:
    found = made(SHAPE, Condition("nothing", {"number": 0}))
    assert ranks(found) == {"shape": 1, "nothing": 0}
    assert found.columns[0].pairs == ()


def test_a_call_that_fails_anyway_ranks_only_other_errors() -> None:
    found = made(POOR, Condition("nothing"), fair=Condition("", {"number": 3}))
    column = found.columns[0]
    assert column.anyway is not None
    assert (column.anyway.errno, ranks(found)) == ("EPERM", {"poor": 1, "nothing": 0})


def test_what_wins_stands_first_in_the_rows() -> None:
    assert made(Condition("nothing"), POOR, SHAPE).conditions == ("shape", "poor", "nothing")


def test_a_flavor_adds_conditions_to_a_portable_call() -> None:
    more = replace(TINY, trials=(Trial("exec", (Condition("and so on", {"exists": False, "path": "/else"}),)),))
    (column,) = table("exec", [more]).columns
    assert [one.condition for one in column.alone if one.rank] == ["the program is not there", "and so on"]


def test_a_flavor_without_the_call_has_an_empty_column() -> None:
    found = table("toil", [TINY, toil(SHAPE)])
    assert [len(column.alone) for column in found.columns] == [0, 1]


def test_calls_are_chosen_by_name_with_all_their_variants() -> None:
    two = replace(TOIL, trials=(Trial("toil", (SHAPE,)), Trial("toil", (POOR,), variant="hard")))
    assert wanted([two], ["toil"]) == ("toil", "toil hard")
    assert wanted([two], ["toil hard"]) == ("toil hard",)
    with pytest.raises(UsageError, match="no condition is known for a call 'rest'; calls that have some: fork, "):
        wanted([two], ["rest"])


def test_a_table_of_which_nothing_is_modelled_is_left_out() -> None:
    seen: list[Table] = []
    found = tables([TINY], ["store", "exec"], seen.append)
    assert [one.call for one in seen] == ["store", "exec"]
    assert [one.call for one in found] == ["exec"]


def test_an_order_is_made_of_what_won() -> None:
    assert order(["a", "b", "c"], {("a", "b"): B, ("a", "c"): A, ("b", "c"): APART}).ranks == {"b": 1, "a": 2, "c": 3}


def test_what_is_one_error_has_one_rank_even_if_only_one_of_it_met_the_others() -> None:
    found = order(["a", "b", "c"], {("a", "b"): A, ("a", "c"): APART, ("b", "c"): SAME})
    assert found.ranks == {"a": 1, "b": 2, "c": 2}
    assert found.why_not == ""


def test_a_circle_is_no_order_and_is_named() -> None:
    found = order(
        ["a", "b", "c", "d"], {("a", "b"): A, ("b", "c"): A, ("a", "c"): B, ("a", "d"): A, ("b", "d"): APART, ("c", "d"): APART}
    )
    assert found.why_not == "a wins over b; b wins over c; c wins over a"


# --- what a plugin may get wrong ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("trials", "words"),
    [
        ((Trial("rest", ()),), "toil@1: it has conditions of 'rest', and no such call; name one of its calls"),
        ((SHAPE,), "toil@1: its trial .* is of type Condition, not an oracle.conditions.Trial"),
        ((Trial("toil", (SHAPE, SHAPE)),), "toil@1: toil has two conditions called 'shape'; give one another name"),
    ],
)
def test_a_flavor_with_wrong_trials_is_refused(trials: tuple[Trial, ...], words: str) -> None:
    validate(toil(SHAPE))
    with pytest.raises(FlavorError, match=words):
        validate(replace(TOIL, trials=trials))
