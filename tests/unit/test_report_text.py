from __future__ import annotations

import pytest

from oracle.report.crash import crash_of
from oracle.report.text import clip, code, html, markdown, paragraph, plain, prose, show, width


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("kid.umask", "kid.umask"),
        ("a → b, naïve 漢字", "a → b, naïve 漢字"),
        ("\x1b[31mred\x07", "\\x1b[31mred\\x07"),
        ("\x9b31m", "\\x9b31m"),  # the one-character CSI of ECMA-48
        ("safe\u202egnp.exe", "safe\\u202egnp.exe"),
        ("a\u2066b\u200fc\ufeffd", "a\\u2066b\\u200fc\\ufeffd"),
        ("two\nlines\ttab\r", "two\\nlines\\ttab\\r"),
        ("\u2028\u2029", "\\u2028\\u2029"),
        ("lone \udc80 half", "lone \\udc80 half"),
        ("\U000e0001", "\\U000e0001"),
    ],
)
def test_what_would_steer_or_fool_a_terminal_is_escaped(text: str, shown: str) -> None:
    assert plain(text) == shown
    assert plain(shown) == shown


def test_prose_is_one_paragraph() -> None:
    assert prose("one\n  two\n\nthree\x1b[2J") == "one two three\\x1b[2J"


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("a|b", "a\\|b"),
        ("*bold* _it_ `code`", "\\*bold\\* \\_it\\_ \\`code\\`"),
        ("<script>alert(1)</script>", "\\<script\\>alert(1)\\</script\\>"),
        ("[x](http://evil)", "\\[x\\](http\\://evil)"),
        ("# no heading", "\\# no heading"),
        ("- no item", "\\- no item"),
        ("1. no item", "1\\. no item"),
        ("a\n\n# b", "a # b"),
        ("fork-trace: 3 of 4, see p_flag", "fork-trace: 3 of 4, see p\\_flag"),
    ],
)
def test_markup_in_a_text_is_taken_literally(text: str, escaped: str) -> None:
    assert markdown(text) == escaped


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("kid", "`kid`"),
        ("a`b", "``a`b``"),
        ("`", "`` ` ``"),
        ("", "` `"),
        ("x\x00", "`x\\x00`"),
        ("RFPROC|RFMEM", "`RFPROC|RFMEM`"),
    ],
)
def test_a_code_span_holds_any_text(text: str, span: str) -> None:
    assert code(text) == span


def test_a_bar_in_a_code_span_does_not_end_a_table_cell() -> None:
    assert code("RFPROC|RFMEM", cell=True) == "`RFPROC\\|RFMEM`"


def test_html_is_escaped() -> None:
    assert html("<b>&\u202e") == "&lt;b&gt;&amp;\\u202e"


@pytest.mark.parametrize(
    ("value", "shown"),
    [(None, "absent"), (True, "true"), (False, "false"), (0, "0"), ("kid", "kid"), ((), "[]"), (("a", "b\x1b"), "[a, b\\x1b]")],
)
def test_values_are_shown_as_a_scenario_writes_them(value: bool | int | str | tuple[str, ...] | None, shown: str) -> None:
    assert show(value) == shown


def test_wide_and_combining_letters_count_as_a_terminal_counts() -> None:
    assert width("kid") == 3
    assert width("漢字") == 4
    assert width("e\u0301") == 1


@pytest.mark.parametrize("text", ["x" * 50, "漢" * 50, "e" + "\u0301" * 500, "short"])
def test_a_clipped_text_fits(text: str) -> None:
    assert width(clip(text, 10)) <= 10
    assert len(clip(text, 10)) <= 41


def test_a_short_text_is_not_clipped() -> None:
    assert clip("exactly10!", 10) == "exactly10!"
    assert clip("eleven chars", 10) == "eleven ch…"


def test_a_paragraph_is_wrapped_and_indented() -> None:
    assert paragraph("one two three four five six seven eight", 24, "  ") == "  one two three four\n  five six seven eight"


TRACEBACK = """\
Traceback (most recent call last):
  File "/home/somebody/project/oracle/run.py", line 100, in run
    for _ in execution.steps():
             ^^^^^^^^^^^^^^^^^
  File "/usr/lib/python3.11/site-packages/theirs/kern.py", line 7, in fork1
    raise RuntimeError(f"boom {k}")
RuntimeError: boom <theirs.kern.K object at 0x7f5a3c2b1d90>
on two lines
"""


def test_a_crash_is_told_without_paths_and_addresses_of_this_machine() -> None:
    crash = crash_of(TRACEBACK)
    assert crash.message == "RuntimeError: boom <theirs.kern.K object at 0x…>"
    assert crash.frames == ("oracle/run.py:100 in run", "theirs/kern.py:7 in fork1")
    assert str(crash) == "RuntimeError: boom <theirs.kern.K object at 0x…> (theirs/kern.py:7 in fork1)"


def test_a_limit_that_was_met_is_told_as_it_is() -> None:
    assert str(crash_of("more than 20000 trips into the kernel in one run; split the scenario")) == (
        "more than 20000 trips into the kernel in one run; split the scenario"
    )
    assert str(crash_of("")) == ""
