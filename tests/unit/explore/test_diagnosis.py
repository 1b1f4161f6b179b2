"""Of those who can never go on, it is told where they are and why nobody wakes them, in `explore` and in `show`."""

from __future__ import annotations

from dataclasses import replace

from oracle.explore.explore import explore
from oracle.flavor import Args, Call, Flavor
from oracle.harness import compare
from oracle.machine.locks import Mutex, mutex_enter
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp
from oracle.machine.traps import Kernel, may_block, tsleep
from oracle.report import explore_report, walk_report
from oracle.report.look import Look
from oracle.report.walk import walk
from oracle.scenario import MachineSpec
from tests.unit import toys
from tests.unit.explore.outcomes import scenario

BLOCK = '  - concurrently: {parent: [{do: umask, mask: "077"}], shell: [{do: umask, mask: "077"}]}\n'
LOOK = Look(200)


def _with_umask(run: object) -> Flavor:
    return replace(toys.TINY, calls={**toys.TINY.calls, "umask": Call(toys.TINY.calls["umask"].spec, run)})  # type: ignore[arg-type]


def _crosswise() -> Flavor:
    """Two locks that the shell takes in the other order."""

    def boot(k: Machine, spec: MachineSpec) -> None:
        toys.TINY.boot(k, spec)
        k.proc0.p_lock, k.initproc.p_lock = Mutex("first"), Mutex("second")

    def umask(k: Machine, lwp: Lwp, args: Args) -> Kernel[int | str | None]:
        one, other = (k.proc0.p_lock, k.initproc.p_lock)[:: 1 if k.roles["parent"] is lwp else -1]
        assert one is not None
        assert other is not None
        yield from mutex_enter(k, lwp, one)
        yield from may_block("between")
        yield from mutex_enter(k, lwp, other)
        return "022"

    return replace(_with_umask(umask), boot=boot)


def _deaf() -> Flavor:
    """Looks whether the other is there, and then sleeps without having looked again."""

    def umask(k: Machine, lwp: Lwp, args: Args) -> Kernel[int | str | None]:
        k.count("umask")
        if k.counters["umask"] == 1:
            yield from may_block("looked")
            yield from tsleep(toys.TINY, "friend", awaits=lambda: k.counters["umask"] == 2)
        k.wakeup(toys.TINY)
        return "022"

    return _with_umask(umask)


def _restless() -> Flavor:
    """Starts over and over."""

    def umask(k: Machine, lwp: Lwp, args: Args) -> Kernel[int | str | None]:
        while True:
            yield from may_block("restart")

    return _with_umask(umask)


def _told(flavor: Flavor) -> set[str]:
    exploration = explore(scenario(BLOCK), flavor, checked=False).exploration
    assert exploration is not None
    return {text for one in exploration.possibilities for text in one.stuck}


def test_a_deadlock_names_who_holds_what_is_waited_for() -> None:
    told = _told(_crosswise())
    assert "parent sleeps on second in umask: held by shell, who sleeps on first in umask" in told
    assert "shell sleeps on first in umask: held by parent, who sleeps on second in umask" in told


def test_a_lost_wakeup_is_told_from_a_wait_for_what_never_came() -> None:
    told = _told(_deaf())
    assert told
    assert all("sleeps on friend in umask: what it waits for had come about before it slept" in text for text in told)


def test_whoever_should_have_woken_a_sleeper_is_named() -> None:
    def forgetful(k: Machine, lwp: Lwp, args: Args) -> Kernel[int | str | None]:
        if k.roles["parent"] is lwp:
            yield from tsleep(toys.TINY, "friend", awaits=lambda: "umask" in k.counters)
        k.count("umask")
        return "022"

    told = _told(_with_umask(forgetful))
    assert any(
        "parent sleeps on friend in umask: what it waits for came about in shell's umask, which" in text for text in told
    )


def test_an_endless_restart_is_told() -> None:
    assert "parent starts umask over and over: nothing happens that could change what it meets" in _told(_restless())


def test_both_commands_print_it() -> None:
    made, flavor = scenario(BLOCK), _crosswise()
    assert "stuck on tinyos@1, " in explore_report.render([compare(made, [flavor])], LOOK)
    exploration = explore(made, flavor).exploration
    assert exploration is not None
    schedule = next(one.schedule for one in exploration.possibilities if one.stuck)
    assert "held by" in walk_report.render(walk(made, flavor, schedule), made, "", LOOK)
