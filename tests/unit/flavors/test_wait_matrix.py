"""wait(2): every state of a child, every choice of children, every option, against the rules of the manuals."""

from __future__ import annotations

from itertools import product

import pytest

from flavors.dragonfly.kern import kern_of
from flavors.netbsd.kern_exit import do_sys_wait
from oracle.flavor import Flavor
from oracle.machine.errno import Errno
from oracle.outcome import ASLEEP
from oracle.registry import load_flavors
from oracle.run import run
from oracle.scenario import ArgValue, ProcessSpec, Scenario, Step
from tests.unit.flavors.dragonfly import Box
from tests.unit.flavors.netbsd import World

FLAVORS = {flavor.id: flavor for flavor in load_flavors().flavors}
Call = tuple[str, str, dict[str, ArgValue]]

STATES: dict[str, list[Call]] = {
    "running": [],
    "stopped": [("shell", "kill", {"to": "kid", "signal": "SIGTSTP"})],
    "dead": [("kid", "exit", {"status": 3})],
    "killed": [("shell", "kill", {"to": "kid", "signal": "SIGTERM"})],
}
REPORTS = {"stopped": "kid stopped SIGTSTP", "dead": "kid exited 3", "killed": "kid killed SIGTERM"}
CHOICES: dict[str, dict[str, ArgValue]] = {
    "any": {}, "it": {"child": "kid"}, "its group": {"group": "kid"}, "a stranger": {"child": "shell"},
    "another group": {"group": "target"},
}  # fmt: skip
ODD = {"dragonfly": ("WLINUXCLONE",), "netbsd": ("WALTSIG", "WALLSIG", "WALTSIG|WALLSIG")}


def asked(flavor: Flavor) -> list[tuple[str, ...]]:
    """Every set of options."""
    return [
        tuple(filter(None, (hang, stops, odd)))
        for hang, stops, odd in product(("", "WNOHANG"), ("", "WUNTRACED"), ("", *ODD[flavor.system]))
    ]


def sees(options: tuple[str, ...], usual: bool) -> bool:
    """Whether a child that tells its parent of its death by SIGCHLD, or by another signal, is looked at."""
    text = "|".join(options)
    if "WALLSIG" in text:
        return True
    return usual != ("WLINUXCLONE" in text or "WALTSIG" in text)


def play(flavor: Flavor, exit_signal: str, calls: list[Call]) -> list[str]:
    """Results of calls, after `target` made a child in a group of its own, and then another that stays and runs."""
    start: list[Call] = [
        ("target", "spawn", {"exit_signal": exit_signal}),
        ("target", "setpgid", {"of": "kid"}),
        ("target", "spawn", {"exit_signal": exit_signal}),
        ("target", "setpgid", {"of": "other", "group": "kid"}),
    ]
    born = {1: "kid", 3: "other"}
    steps = tuple(
        Step(number, by, call, args, born.get(number, "")) for number, (by, call, args) in enumerate([*start, *calls], 1)
    )
    processes = (ProcessSpec("target", ignored=("SIGUSR1",)),)
    result = run(Scenario("wait", "", "", "", steps, processes=processes), flavor)
    assert result.ok, result
    return [one.result for one in result.outcomes[len(start) :]]


@pytest.mark.parametrize("exit_signal", ["SIGCHLD", "SIGUSR1"])
@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("flavor", FLAVORS.values(), ids=FLAVORS)
def test_wait_reports_a_child_that_is_chosen_and_has_something_to_say(flavor: Flavor, state: str, exit_signal: str) -> None:
    for choice, options in product(CHOICES, asked(flavor)):
        wait: Call = ("target", "wait", {**CHOICES[choice], "options": "|".join(options) or 0})
        chosen = choice in ("any", "it", "its group") and sees(options, exit_signal == "SIGCHLD")
        if not chosen:
            expected = "ECHILD"
        elif state in ("dead", "killed") or (state == "stopped" and "WUNTRACED" in options):
            expected = REPORTS[state]
        else:
            expected = "0" if "WNOHANG" in options else ASLEEP
        assert play(flavor, exit_signal, [*STATES[state], wait])[-1] == expected, (choice, options)


@pytest.mark.parametrize("flavor", FLAVORS.values(), ids=FLAVORS)
def test_a_stop_is_reported_once_and_anew_when_it_has_gone_on_and_stopped_again(flavor: Flavor) -> None:
    look: Call = ("target", "wait", {"options": "WUNTRACED|WNOHANG"})
    stop: Call = ("shell", "kill", {"to": "kid", "signal": "SIGTSTP"})
    go_on: Call = ("shell", "kill", {"to": "kid", "signal": "SIGCONT"})
    calls = [stop, look, look, stop, look, go_on, look, stop, look, *STATES["killed"], look, go_on, look]
    results = play(flavor, "SIGCHLD", calls)
    reports = [result for call, result in zip(calls, results, strict=True) if call is look]
    assert reports == [REPORTS["stopped"], "0", "0", "0", REPORTS["stopped"], "0", REPORTS["killed"]]


@pytest.mark.parametrize("flavor", FLAVORS.values(), ids=FLAVORS)
def test_a_sleeping_wait_ends_with_the_event_that_it_waits_for(flavor: Flavor) -> None:
    for event, options in product(("stopped", "dead", "killed"), ("0", "WUNTRACED")):
        for choice in ("any", "it", "its group"):
            wait: Call = ("target", "wait", {**CHOICES[choice], "options": 0 if options == "0" else options})
            results = play(flavor, "SIGCHLD", [wait, *STATES[event]])
            expected = ASLEEP if event == "stopped" and options == "0" else REPORTS[event]
            assert results[0] == expected, (event, options, choice)


@pytest.mark.parametrize("flavor", FLAVORS.values(), ids=FLAVORS)
def test_options_that_are_none_are_refused(flavor: Flavor) -> None:
    known = {"dragonfly": 1 | 2 | 1 << 31, "netbsd": 1 | 2 | 4 | 8}[flavor.system] | (
        4 if flavor.id == "dragonfly@768af85b" else 0
    )
    for bit in range(32):
        found = play(flavor, "SIGCHLD", [("target", "wait", {"options": 1 << bit})])[0]
        assert (found == "EINVAL") == (not known & 1 << bit), bit


def wait_for_pid(driven: Box | World, pid: int) -> object:
    """What the kernel's own function says to `parent`, with WNOHANG: a role, 0 or an errno."""
    k, lwp = driven.k, driven.lwp("parent")
    waiting = kern_of(k).rev.kern_wait if isinstance(driven, Box) else do_sys_wait
    task = k.sched.spawn(lwp, "wait", waiting(k, lwp, pid, 1))
    driven.k.sched.run()
    if isinstance(task.failure, Errno):
        return task.failure.name
    assert task.failure is None
    assert task.value is None or isinstance(task.value, tuple)
    return 0 if task.value is None else k.role(task.value[0])


@pytest.mark.parametrize("flavor", FLAVORS.values(), ids=FLAVORS)
def test_no_pid_chooses_the_children_in_the_callers_own_group(flavor: Flavor) -> None:
    """wait4(0): the group that the caller is in now, not the one that the child was born in."""
    for kid_moves, parent_follows, expected in ((False, False, "kid"), (True, False, "ECHILD"), (True, True, "kid")):
        driven: Box | World = World() if flavor.system == "netbsd" else Box(flavor=flavor)
        driven.do("parent", "fork", "kid")
        if kid_moves:
            driven.do("kid", "setpgid")
        if parent_follows:
            driven.do("parent", "setpgid", group="kid")
        assert wait_for_pid(driven, 0) == (0 if expected == "kid" else expected), kid_moves
        driven.do("kid", "exit")
        assert wait_for_pid(driven, 0) == expected, kid_moves
        if expected == "ECHILD":
            assert wait_for_pid(driven, driven.proc("kid").p_pid) == "kid"
