"""Arguments as written, to what a flavor's code takes."""

from __future__ import annotations

from contextlib import suppress

import pytest

from oracle.args import ArgumentError, flag_names, parse
from oracle.calls import PORTABLE, PORTABLE_BY_NAME, CallSpec, Kind, Param
from oracle.scenario import ArgValue
from tests.unit.load_helpers import ALPHA1, ALPHA2, BETA, RFORK

ALL_KINDS = CallSpec("all", "one of each", tuple(Param(kind.name.lower(), kind, kind.value) for kind in Kind))


@pytest.mark.parametrize(
    ("call", "args", "values"),
    [
        ("fork", {}, {}),
        ("exit", {}, {"status": 0}),
        ("exit", {"status": 3}, {"status": 3}),
        ("wait", {}, {"child": None, "group": None, "options": 0}),
        ("wait", {"child": "kid", "options": "WNOHANG|WUNTRACED"}, {"child": "kid", "group": None, "options": 3}),
        ("wait", {"options": "WNOHANG | 0x10|8"}, {"child": None, "group": None, "options": 0x19}),
        ("wait", {"options": 2, "child": None}, {"child": None, "group": None, "options": 2}),
        ("kill", {"to": "kid", "signal": "SIGINT"}, {"to": "kid", "group": None, "everybody": False, "signal": 2}),
        ("kill", {"everybody": True, "signal": 0}, {"to": None, "group": None, "everybody": True, "signal": 0}),
        (
            "sigaction",
            {"signal": "SIGCHLD", "handler": "h", "mask": ("SIGHUP", "SIGINT"), "options": "SA_RESTART"},
            {"signal": 20, "handler": "h", "mask": 0b11, "options": 2},
        ),
        ("sigaction", {"signal": 20, "handler": "h"}, {"signal": 20, "handler": "h", "mask": 0, "options": 0}),
        ("umask", {"mask": "022"}, {"mask": 0o22}),
        ("umask", {"mask": "0o27"}, {"mask": 0o27}),
        ("umask", {"mask": 18}, {"mask": 18}),
        ("store", {"value": 7}, {"region": "data", "value": "7"}),
        ("minherit", {"region": "map", "inherit": "share"}, {"region": "map", "inherit": "share"}),
        ("kevent", {"fd": 3, "process": "kid", "notes": "NOTE_FORK|NOTE_EXIT"}, {"fd": 3, "process": "kid", "notes": 3}),
    ],
)
def test_every_parameter_gets_a_value(call: str, args: dict[str, ArgValue], values: dict[str, object]) -> None:
    found = parse(PORTABLE_BY_NAME[call], args, ALPHA1)
    assert found == values
    assert list(found) == [param.name for param in PORTABLE_BY_NAME[call].params]


def test_defaults_are_parsed_too() -> None:
    assert parse(PORTABLE_BY_NAME["spawn"], {}, BETA)["exit_signal"] == 20
    assert parse(PORTABLE_BY_NAME["type"], {}, BETA) == {"signal": 2}


@pytest.mark.parametrize(
    ("call", "args", "text"),
    [
        ("kill", {"to": "kid"}, "kill needs signal: the signal; 0 only checks"),
        ("kill", {"signal": "SIGPWR"}, "kill signal: alpha@1.1 has no signal 'SIGPWR'"),
        ("kill", {"signal": "sigint"}, "did you mean SIGINT?"),
        ("kill", {"signal": True}, "kill signal: True is not the name of a signal, or its number"),
        ("kill", {"signal": ("SIGINT",)}, "is not the name of a signal"),
        ("exit", {"stat": 1}, "exit has no parameter 'stat' on alpha@1.1; did you mean status?"),
        ("exit", {"status": "1"}, "exit status: '1' is not a whole number"),
        ("exit", {"status": False}, "exit status: False is not a whole number"),
        ("wait", {"child": 3}, "wait child: 3 is not the role of a process"),
        ("wait", {"options": "WNOHAN"}, "wait options: alpha@1.1 has no flag 'WNOHAN'; did you mean WNOHANG?"),
        ("wait", {"options": ""}, "has no flag ''; it has WNOHANG, WUNTRACED"),
        ("wait", {"options": "-1"}, "has no flag '-1'"),
        ("ptrace", {"request": "set_events", "events": "X"}, "has no flag 'X'; it has none: write a number"),
        ("ptrace", {"request": "detatch"}, "'detatch' is none of traceme, attach, detach"),
        ("sigprocmask", {"how": "block", "signals": "SIGINT"}, "'SIGINT' is not a list of signal names"),
        ("sigprocmask", {"how": "block", "signals": ("X",)}, "has no signal 'X'"),
        ("umask", {"mask": "8"}, "umask mask: '8' is not an octal number in quotes, or a whole number"),
        ("umask", {"mask": "0o"}, "is not an octal number"),
        ("store", {"value": True}, "store value: True is not a text"),
        ("profil", {"on": 1}, "profil on: 1 is not true or false"),
    ],
)
def test_what_a_call_does_not_take_is_an_error_that_says_so(call: str, args: dict[str, ArgValue], text: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        parse(PORTABLE_BY_NAME[call], args, ALPHA1)
    assert text in str(caught.value)


def test_native_flags_have_the_names_of_their_call() -> None:
    assert parse(RFORK, {"flags": "RFPROC|RFFDG"}, ALPHA1) == {"flags": 0x14}
    with pytest.raises(ArgumentError, match="did you mean RFPROC"):
        parse(RFORK, {"flags": "RFPROK"}, ALPHA1)


def test_the_same_flag_text_means_what_it_means_on_each_flavor() -> None:
    spec = PORTABLE_BY_NAME["sigaction"]
    args: dict[str, ArgValue] = {"signal": "SIGINT", "handler": "h", "options": "SA_NEW"}
    assert parse(spec, args, ALPHA2)["options"] == 4
    for flavor in (ALPHA1, BETA):
        with pytest.raises(ArgumentError, match="no flag 'SA_NEW'"):
            parse(spec, args, flavor)


def test_flags_that_a_section_does_not_name_have_no_names() -> None:
    assert flag_names(ALL_KINDS, ALL_KINDS.params[6], ALPHA1) == ()


@pytest.mark.parametrize("value", [True, False, 0, -1, 1 << 70, "", "x", (), ("x",), None])
def test_no_value_of_any_kind_raises_anything_else(value: ArgValue) -> None:
    for spec in (*PORTABLE, ALL_KINDS):
        for param in spec.params:
            with suppress(ArgumentError):
                parse(CallSpec(spec.name, "", (param,)), {param.name: value}, ALPHA1)
