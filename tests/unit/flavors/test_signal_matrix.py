"""Every signal, whatever its target makes of it and is doing: what 4.4BSD's rules say of each class of signals."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import pytest

from oracle.extras import ProcessExtras, TracedSpec
from oracle.flavor import Flavor
from oracle.outcome import ASLEEP, RunResult
from oracle.registry import load_flavors
from oracle.run import run
from oracle.scenario import ArgValue, ProcessSpec, Scenario, Step

FLAVORS = {flavor.id: flavor for flavor in load_flavors().flavors}
STOP, TTY_STOP, CONTINUE, NOTHING, DIE = "stop", "stop from the terminal", "continue", "nothing", "die"
CHECKPOINT = "checkpoint"  # which no flavor models
STOPS = {17: STOP, 18: TTY_STOP, 19: CONTINUE, 21: TTY_STOP, 22: TTY_STOP}
BY_DEFAULT = {
    "dragonfly": {**STOPS, **dict.fromkeys((16, 20, 23, 28, 29, 32, *range(35, 65)), NOTHING), 33: CHECKPOINT, 34: CHECKPOINT},
    "netbsd": {**STOPS, **dict.fromkeys((16, 20, 23, 28, 29, 32), NOTHING)},
}
SIGNALS = {"dragonfly": (*range(1, 37), 63, 64, 65, 126), "netbsd": (*range(1, 36), 62, 63)}
KILL, HARD_STOP, CONT = 9, 17, 19
UNBENDING = (KILL, HARD_STOP)

Call = tuple[str, str, dict[str, ArgValue]]
Seen = tuple[object, ...]
everywhere = pytest.mark.parametrize("flavor", FLAVORS.values(), ids=FLAVORS)


class Target:
    """Plays a signal on a flavor, and knows what the signal means there."""

    def __init__(self, flavor: Flavor, signal: int) -> None:
        self.flavor = flavor
        self.signal = signal
        self.meaning = BY_DEFAULT[flavor.system].get(signal, DIE)
        self.name = self.named(signal)
        self.sent = self.sending(signal)

    def named(self, signal: int) -> str:
        return {number: name for name, number in self.flavor.signals.items()}.get(signal, f"signal {signal}")

    def sending(self, signal: int, to: str = "target") -> Call:
        return "shell", "kill", {"to": to, "signal": signal}

    def play(self, *calls: Call, others: tuple[ProcessSpec, ...] = (), **target: Any) -> RunResult:
        """Run calls of a shell and of `target`, which has called exec and leads a group that the shell could continue."""
        steps = tuple(
            Step(number, by, call, args, "kid" if call in ("fork", "vfork") else "")
            for number, (by, call, args) in enumerate((("target", "exec", {}), *calls))
        )
        result = run(Scenario("signals", "", "", "", steps, processes=(ProcessSpec("target", **target), *others)), self.flavor)
        assert result.ok, (self.signal, result)
        return result._replace(outcomes=result.outcomes[1:])

    def saw(self, result: RunResult) -> Seen:
        """What became of it: how it died, or how it is and what is pending; that it is not modelled."""
        if result.unmodelled:
            return (CHECKPOINT,)
        facts = result.observation.facts
        if facts["target.state"] == "zombie":
            return ("zombie", facts["target.status"])
        return (facts["target.state"], facts["target.pending"])

    @property
    def keeps_its_handler(self) -> bool:
        """Whether SA_RESETHAND is taken back: on NetBSD, of SIGILL, SIGTRAP and SIGPWR."""
        return self.flavor.system == "netbsd" and self.signal in (4, 5, 32)

    @property
    def dead(self) -> Seen:
        named = self.name.removeprefix("signal ") if self.flavor.system == "netbsd" else self.name
        return ("zombie", f"killed {named}") if self.meaning == DIE else (CHECKPOINT,)

    def stopped(self, *pending: int, by: int = 0, noted: bool = False) -> Seen:
        """Stopped, if it was running `by` a signal that DragonFly forgets when it goes on: in 1.62 always, later if `noted`."""
        also = (by,) if by and (self.flavor.id == "dragonfly@1.62" or (noted and self.flavor.system == "dragonfly")) else ()
        return "stopped", tuple(self.named(one) for one in sorted({*pending, *also}))


def compare(flavor: Flavor, seen: Callable[[Target], Seen], expected: Callable[[Target], Seen]) -> None:
    targets = [Target(flavor, signal) for signal in SIGNALS[flavor.system]]
    assert {one.name: seen(one) for one in targets} == {one.name: expected(one) for one in targets}


@everywhere
def test_a_running_process_does_what_the_signal_means(flavor: Flavor) -> None:
    def expected(one: Target) -> Seen:
        if one.meaning in (STOP, TTY_STOP):
            return one.stopped(by=one.signal)
        return one.dead if one.meaning in (DIE, CHECKPOINT) else ("running", ())

    compare(flavor, lambda one: one.saw(one.play(one.sent)), expected)


@everywhere
def test_nobody_stops_from_the_terminal_in_a_group_that_nobody_can_continue(flavor: Flavor) -> None:
    def expected(one: Target) -> Seen:
        if one.meaning == STOP:
            return one.stopped(by=one.signal)
        return one.dead if one.meaning in (DIE, CHECKPOINT) else ("running", ())

    compare(flavor, lambda one: one.saw(one.play(one.sent, session="")), expected)


@everywhere
def test_a_handler_is_called_once_and_ends_a_sleep(flavor: Flavor) -> None:
    def seen(one: Target) -> Seen:
        install: Call = ("target", "sigaction", {"signal": one.signal, "handler": "h"})
        if one.signal in UNBENDING:
            return (one.play(install).outcomes[0].result,)
        awake = one.play(install, one.sent)
        asleep = one.play(install, ("target", "fork", {}), ("target", "wait", {}), one.sent)
        handled = [result.observation.facts["target.handled"] for result in (awake, asleep)]
        return (*one.saw(awake), *one.saw(asleep), *handled, asleep.outcomes[2].result)

    def expected(one: Target) -> Seen:
        called = (f"{one.name} h",)
        return ("EINVAL",) if one.signal in UNBENDING else ("running", (), "running", (), called, called, "EINTR")

    compare(flavor, seen, expected)


@everywhere
def test_a_handler_is_forgotten_when_the_default_is_wanted_again(flavor: Flavor) -> None:
    def seen(one: Target) -> Seen:
        calls: list[Call] = [("target", "sigaction", {"signal": one.signal, "handler": how}) for how in ("h", "default")]
        return one.saw(one.play(*calls[one.signal in UNBENDING :], one.sent))

    compare(flavor, seen, lambda one: one.saw(one.play(one.sent)))


@everywhere
def test_an_ignored_signal_is_dropped_and_one_that_was_pending_forgotten(flavor: Flavor) -> None:
    def seen(one: Target) -> Seen:
        ignore: Call = ("target", "sigaction", {"signal": one.signal, "handler": "ignore"})
        if one.signal in UNBENDING:
            return (one.play(ignore).outcomes[0].result,)
        asleep = one.play(ignore, ("target", "fork", {}), ("target", "wait", {}), one.sent)
        block: Call = ("target", "sigprocmask", {"how": "block", "signals": tuple(flavor.signals)})
        unblock: Call = ("target", "sigprocmask", {"how": "unblock", "signals": tuple(flavor.signals)})
        held = one.play(block, one.sent, ignore, unblock)
        return (
            asleep.outcomes[2].result,
            *one.saw(asleep),
            *(one.saw(held) if one.name in flavor.signals else ("running", ())),
        )

    def expected(one: Target) -> Seen:
        return ("EINVAL",) if one.signal in UNBENDING else (ASLEEP, "asleep", (), "running", ())

    compare(flavor, seen, expected)


@everywhere
def test_a_sleeper_dies_stops_or_sleeps_on(flavor: Flavor) -> None:
    def expected(one: Target) -> Seen:
        if one.meaning in (STOP, TTY_STOP):
            return one.stopped()
        return one.dead if one.meaning in (DIE, CHECKPOINT) else ("asleep", ())

    compare(flavor, lambda one: one.saw(one.play(("target", "fork", {}), ("target", "wait", {}), one.sent)), expected)


@everywhere
def test_a_masked_signal_is_pending_unless_it_does_nothing_and_acts_when_it_is_let_in(flavor: Flavor) -> None:
    everything = tuple(flavor.signals)
    block: Call = ("target", "sigprocmask", {"how": "block", "signals": everything})
    unblock: Call = ("target", "sigprocmask", {"how": "unblock", "signals": everything})

    def seen(one: Target) -> Seen:
        if one.name not in everything or one.signal in UNBENDING:
            return ()
        return (*one.saw(one.play(block, one.sent)), *one.saw(one.play(block, one.sent, unblock)))

    def expected(one: Target) -> Seen:
        if one.name not in everything or one.signal in UNBENDING:
            return ()
        if one.meaning == NOTHING:
            return ("running", (), "running", ())
        if one.meaning == CONTINUE:  # NetBSD asks what it would do before it asks whether it is masked
            return ("running", () if flavor.system == "netbsd" else (one.name,), "running", ())
        return ("running", (one.name,), *(one.stopped(by=one.signal, noted=True) if one.meaning == TTY_STOP else one.dead))

    compare(flavor, seen, expected)


@everywhere
def test_only_continue_and_kill_do_something_to_a_stopped_process_at_once(flavor: Flavor) -> None:
    def expected(one: Target) -> Seen:
        if one.signal == KILL:
            return one.dead
        if one.meaning == CONTINUE:
            return ("running", ())
        pending = (one.signal,) if one.meaning in (DIE, CHECKPOINT) else ()
        return one.stopped(
            *pending, by=0 if one.signal == HARD_STOP else HARD_STOP
        )  # a stop is forgotten: it need not stop twice

    compare(flavor, lambda one: one.saw(one.play(one.sending(HARD_STOP), one.sent)), expected)


@everywhere
def test_what_came_while_it_was_stopped_acts_after_the_continue(flavor: Flavor) -> None:
    def seen(one: Target) -> Seen:
        return one.saw(one.play(one.sending(HARD_STOP), one.sent, one.sending(CONT)))

    compare(flavor, seen, lambda one: one.dead if one.meaning in (DIE, CHECKPOINT) else ("running", ()))


@everywhere
def test_a_vfork_child_dies_but_never_stops_while_it_holds_its_parent(flavor: Flavor) -> None:
    def seen(one: Target) -> Seen:
        result = one.play(("target", "vfork", {}), one.sending(one.signal, "kid"))
        facts = result.observation.facts
        return (CHECKPOINT,) if result.unmodelled else (facts["kid.state"], facts.get("kid.pending"), result.outcomes[0].result)

    def expected(one: Target) -> Seen:
        if one.meaning == CHECKPOINT:
            return (CHECKPOINT,)
        if one.meaning == DIE:
            return ("zombie", None, "kid")
        return ("running", (one.name,) if one.meaning in (STOP, TTY_STOP) else (), ASLEEP)

    compare(flavor, seen, expected)


@everywhere
@pytest.mark.parametrize("niced", [1, 4, 20])
def test_what_will_kill_a_niced_process_lets_it_run_at_full_speed(flavor: Flavor, niced: int) -> None:
    def nice(one: Target) -> Seen:
        result = one.play(("target", "vfork", {}), one.sent, nice=niced)  # it can't die before its child lets it go
        return (result.observation.facts["target.nice"],)

    def expected(one: Target) -> Seen:
        if flavor.id not in ("dragonfly@1.62", "netbsd@1.189"):
            return (
                niced,
            )  # a thread that sleeps uninterruptibly is never chosen, and nothing is done for a process without one
        if flavor.system == "dragonfly" and one.signal == 34:
            return (0,)  # SIGCKPTEXIT, too, is thought to kill
        return (0 if one.meaning == DIE else niced,)

    compare(flavor, nice, expected)


# --- what a handler is asked for ----------------------------------------------------------------------------------------


def set_action(one: Target, handler: str = "h", options: str | int = 0, **more: ArgValue) -> Call:
    return "target", "sigaction", {"signal": one.signal, "handler": handler, "options": options, **more}


@everywhere
@pytest.mark.parametrize("options", ["SA_RESTART", "SA_NODEFER", "SA_RESETHAND", "SA_NODEFER|SA_RESETHAND"])
def test_what_a_handler_masks_is_free_again_when_it_is_done_and_one_for_once_is_gone(flavor: Flavor, options: str) -> None:
    def seen(one: Target) -> Seen:
        if one.signal in UNBENDING:
            return ()
        result = one.play(set_action(one, options=options, mask=("SIGHUP", "SIGKILL")), one.sent)
        facts = result.observation.facts
        return (*one.saw(result), facts["target.masked"], facts.get(f"target.handler.{one.name}"), facts["target.handled"])

    def expected(one: Target) -> Seen:
        stays = None if "RESETHAND" in options and not one.keeps_its_handler else "h"
        return () if one.signal in UNBENDING else ("running", (), (), stays, (f"{one.name} h",))

    compare(flavor, seen, expected)


@everywhere
def test_after_a_handler_for_once_the_default_is_back(flavor: Flavor) -> None:
    def seen(one: Target) -> Seen:
        if one.signal in UNBENDING:
            return ()
        result = one.play(set_action(one, options="SA_NODEFER|SA_RESETHAND"), one.sent, one.sent)
        return one.saw(result)

    def expected(one: Target) -> Seen:
        if one.keeps_its_handler:
            return ("running", ())
        return () if one.signal in UNBENDING else one.saw(one.play(one.sent))

    compare(flavor, seen, expected)


@everywhere
def test_after_a_handler_for_once_a_masked_signal_is_dropped_or_pending_as_if_it_had_never_been_caught(flavor: Flavor) -> None:
    def seen(one: Target, *before: Call) -> Seen:
        if one.signal in UNBENDING or one.name not in flavor.signals or one.keeps_its_handler:
            return ()
        block: Call = ("target", "sigprocmask", {"how": "block", "signals": (one.name,)})
        return one.saw(one.play(*before, block, one.sent))

    def once(one: Target) -> Seen:
        return seen(one, set_action(one, options="SA_NODEFER|SA_RESETHAND"), one.sent)

    compare(flavor, once, seen)


@everywhere
def test_a_wait_that_a_handler_ends_starts_over_if_the_action_says_so_whatever_else_it_says(flavor: Flavor) -> None:
    names = ("SA_ONSTACK", "SA_RESTART", "SA_RESETHAND", "SA_NOCLDSTOP", "SA_NODEFER", "SA_NOCLDWAIT")
    sleep: tuple[Call, ...] = (("target", "fork", {}), ("target", "wait", {}))
    for chosen in product((False, True), repeat=len(names)):
        options = tuple(name for name, wanted in zip(names, chosen, strict=True) if wanted)
        one = Target(flavor, 30)
        result = one.play(set_action(one, options="|".join(options) or 0), *sleep, one.sent)
        assert result.outcomes[2].result == (ASLEEP if "SA_RESTART" in options else "EINTR"), options
        assert result.observation.facts["target.handled"] == ("SIGUSR1 h",)


@everywhere
def test_a_stop_from_the_terminal_that_was_masked_stops_nobody_in_a_group_that_nobody_can_continue(flavor: Flavor) -> None:
    block: Call = ("target", "sigprocmask", {"how": "block", "signals": tuple(flavor.signals)})
    unblock: Call = ("target", "sigprocmask", {"how": "unblock", "signals": tuple(flavor.signals)})

    def seen(one: Target) -> Seen:
        return one.saw(one.play(block, one.sent, unblock, session="")) if one.meaning == TTY_STOP else ()

    compare(flavor, seen, lambda one: ("running", ()) if one.meaning == TTY_STOP else ())


@everywhere
def test_a_handler_ends_the_sleep_of_a_process_that_has_stopped_when_it_goes_on(flavor: Flavor) -> None:
    """A continue takes what would stop it away, caught or not."""
    sleep: tuple[Call, ...] = (("target", "fork", {}), ("target", "wait", {}))

    def seen(one: Target) -> Seen:
        if one.signal in UNBENDING:
            return ()
        more = () if one.signal == CONT else (one.sending(CONT),)
        result = one.play(set_action(one), *sleep, one.sending(HARD_STOP), one.sent, *more)
        facts = result.observation.facts
        return (*one.saw(result), facts["target.handled"], result.outcomes[2].result)

    def expected(one: Target) -> Seen:
        if one.signal in UNBENDING:
            return ()
        return ("asleep", (), (), ASLEEP) if one.meaning == TTY_STOP else ("running", (), (f"{one.name} h",), "EINTR")

    compare(flavor, seen, expected)


@everywhere
def test_exec_forgets_handlers_but_not_what_is_ignored(flavor: Flavor) -> None:
    """What was caught is at its default again, and what was pending of it is gone if the default is to do nothing."""

    def seen(one: Target) -> Seen:
        if one.signal in UNBENDING:
            return ()
        execve: Call = ("target", "exec", {})
        caught, ignored = one.play(set_action(one), execve, one.sent), one.play(set_action(one, "ignore"), execve, one.sent)
        facts, others = one.play(set_action(one), execve).observation.facts, ignored.observation.facts
        left = facts.get(f"target.handler.{one.name}"), facts["target.ignored"], others["target.ignored"]
        return (*one.saw(caught), *one.saw(ignored), *left)

    def expected(one: Target) -> Seen:
        if one.signal in UNBENDING:
            return ()
        ignored = () if flavor.system == "netbsd" and one.signal in (CONT, 20) else (one.name,)  # 20: children
        return (*one.saw(one.play(one.sent)), "running", (), None, (), ignored)

    compare(flavor, seen, expected)


@everywhere
def test_what_was_caught_before_exec_is_ignored_by_default_as_in_a_process_that_never_caught_it(flavor: Flavor) -> None:
    def seen(one: Target, *before: Call) -> Seen:
        if one.signal in UNBENDING or one.name not in flavor.signals:
            return ()
        block: Call = ("target", "sigprocmask", {"how": "block", "signals": (one.name,)})
        return one.saw(one.play(*before, block, one.sent))

    compare(flavor, lambda one: seen(one, set_action(one), ("target", "exec", {})), seen)


@everywhere
def test_exec_keeps_masks_and_on_dragonfly_what_is_pending(flavor: Flavor) -> None:
    def seen(one: Target) -> Seen:
        if one.signal in UNBENDING or one.name not in flavor.signals:
            return ()
        block: Call = ("target", "sigprocmask", {"how": "block", "signals": (one.name,)})
        result = one.play(set_action(one), block, one.sent, ("target", "exec", {}))
        return (*one.saw(result), result.observation.facts["target.masked"])

    def expected(one: Target) -> Seen:
        if one.signal in UNBENDING or one.name not in flavor.signals:
            return ()
        kept = flavor.system == "dragonfly" and one.meaning not in (NOTHING, CONTINUE)
        return ("running", (one.name,) if kept else (), (one.name,))

    compare(flavor, seen, expected)


# --- under a debugger ---------------------------------------------------------------------------------------------------


def traced(one: Target, *calls: Call) -> RunResult:
    """A target that a debugger has attached to and let go on; then calls."""
    start: list[Call] = [
        ("shell", "ptrace", {"request": "attach", "process": "target"}),
        ("shell", "wait", {"options": "WUNTRACED"}),
        ("shell", "ptrace", {"request": "continue", "process": "target"}),
    ]
    return one.play(*start, *calls)


def go_on(signal: int) -> Call:
    return "shell", "ptrace", {"request": "continue", "process": "target", "signal": signal}


WAIT: Call = ("shell", "wait", {"options": "WUNTRACED"})


def takes_default_at_once(one: Target) -> bool:
    """Since DragonFly has native threads, a traced process stops when the stop is posted, and drops a continue."""
    return one.flavor.id in ("dragonfly@1.67", "dragonfly@768af85b") and one.meaning in (STOP, TTY_STOP, CONTINUE)


@everywhere
@pytest.mark.parametrize("handler", ["default", "ignore", "h"])
def test_a_debugger_sees_every_signal_first_but_on_netbsd_a_kill(flavor: Flavor, handler: str) -> None:
    def seen(one: Target) -> Seen:
        if one.signal in UNBENDING and handler != "default":
            return ()
        result = traced(one, set_action(one, handler), one.sent, WAIT)
        return result.observation.facts["target.state"], result.outcomes[-1].result

    def expected(one: Target) -> Seen:
        if one.signal in UNBENDING and handler != "default":
            return ()
        if one.signal == KILL and flavor.system == "netbsd":
            return "reaped", "target killed SIGKILL"
        if takes_default_at_once(one) and one.meaning == CONTINUE:
            return "running", ASLEEP
        named = one.name.removeprefix("signal ") if flavor.system == "netbsd" else one.name
        return "stopped", f"target stopped {named}"

    compare(flavor, seen, expected)


@everywhere
def test_a_debugger_can_take_a_signal_away_or_put_another_in_its_place(flavor: Flavor) -> None:
    def seen(one: Target) -> Seen:
        if one.signal == KILL:
            return ()
        other: Call = ("target", "sigaction", {"signal": "SIGUSR2", "handler": "other"})
        dropped = traced(one, one.sent, WAIT, go_on(0))
        replaced = traced(one, other, one.sent, WAIT, go_on(31))
        return (*one.saw(dropped), *one.saw(replaced), replaced.observation.facts["target.handled"])

    def expected(one: Target) -> Seen:
        handled = () if takes_default_at_once(one) else ("SIGUSR2 other",)
        return () if one.signal == KILL else ("running", (), "running", (), handled)

    compare(flavor, seen, expected)


@everywhere
def test_what_the_debugger_lets_through_is_caught_dropped_or_kills_but_never_stops(flavor: Flavor) -> None:
    def seen(one: Target) -> Seen:
        if one.signal in UNBENDING:
            return ()
        caught = traced(one, set_action(one), one.sent, WAIT, go_on(one.signal))
        left = traced(one, one.sent, WAIT, go_on(one.signal))
        return (*one.saw(caught), caught.observation.facts["target.handled"], *one.saw(left))

    def expected(one: Target) -> Seen:
        if one.signal in UNBENDING:
            return ()
        after = one.dead if one.meaning in (DIE, CHECKPOINT) else ("running", ())
        return ("running", (), () if takes_default_at_once(one) else (f"{one.name} h",), *after)

    compare(flavor, seen, expected)


@everywhere
def test_a_debugger_does_not_see_what_is_masked(flavor: Flavor) -> None:
    def seen(one: Target) -> Seen:
        if one.signal in UNBENDING or one.name not in flavor.signals:
            return ()
        block: Call = ("target", "sigprocmask", {"how": "block", "signals": (one.name,)})
        unblock: Call = ("target", "sigprocmask", {"how": "unblock", "signals": (one.name,)})
        held = traced(one, block, one.sent)
        return (*one.saw(held), traced(one, block, one.sent, unblock).observation.facts["target.state"])

    def expected(one: Target) -> Seen:
        if one.signal in UNBENDING or one.name not in flavor.signals:
            return ()
        return ("running", (one.name,), "stopped")

    compare(flavor, seen, expected)


@everywhere
def test_what_the_debugger_puts_in_place_stays_pending_on_dragonfly_if_it_is_masked(flavor: Flavor) -> None:
    def seen(one: Target) -> Seen:
        if one.signal == KILL:
            return ()
        block: Call = ("target", "sigprocmask", {"how": "block", "signals": ("SIGUSR2",)})
        return one.saw(traced(one, block, one.sent, WAIT, go_on(31))) if one.signal != 31 else ()

    def expected(one: Target) -> Seen:
        if one.signal in (KILL, 31):
            return ()
        lost = flavor.system == "netbsd" or takes_default_at_once(one)
        return "running", () if lost else ("SIGUSR2",)

    compare(flavor, seen, expected)


@everywhere
def test_an_ignored_signal_that_came_under_a_debugger_does_nothing_once_he_has_let_go(flavor: Flavor) -> None:
    def seen(one: Target) -> Seen:
        if one.signal in UNBENDING or one.name not in flavor.signals:
            return ()
        block: Call = ("target", "sigprocmask", {"how": "block", "signals": (one.name,)})
        unblock: Call = ("target", "sigprocmask", {"how": "unblock", "signals": (one.name,)})
        detach: Call = ("shell", "ptrace", {"request": "detach", "process": "target"})
        return one.saw(traced(one, block, set_action(one, "ignore"), one.sent, one.sending(HARD_STOP), WAIT, detach, unblock))

    def expected(one: Target) -> Seen:
        if one.signal in UNBENDING or one.name not in flavor.signals:
            return ()
        unseen = flavor.system == "netbsd" and one.meaning != CONTINUE  # which a stop takes away; the rest is never looked at
        return "running", (one.name,) if unseen else ()

    compare(flavor, seen, expected)


@everywhere
def test_two_flags_of_the_action_for_dead_children_are_marks_of_the_process(flavor: Flavor) -> None:
    for name in ("ONSTACK", "RESTART", "RESETHAND", "NOCLDSTOP", "NODEFER", "NOCLDWAIT"):
        for before in ("0", "SA_NOCLDSTOP|SA_NOCLDWAIT"):
            one = Target(flavor, 20)
            result = one.play(set_action(one, options=before), set_action(one, options=f"SA_{name}"))
            facts = result.observation.facts
            assert (facts["target.nocldstop"], facts["target.nocldwait"]) == (name == "NOCLDSTOP", name == "NOCLDWAIT"), name


@everywhere
def test_what_does_not_kill_leaves_the_nice_value_alone(flavor: Flavor) -> None:
    def seen(one: Target) -> Seen:
        if one.signal in UNBENDING:
            return ()
        caught = one.play(set_action(one), one.sent, nice=4)
        ignored = one.play(set_action(one, "ignore"), one.sent, nice=4)
        left = one.play(one.sent, nice=4) if one.meaning in (NOTHING, CONTINUE, STOP, TTY_STOP) else caught
        return tuple(result.observation.facts["target.nice"] for result in (caught, ignored, left))

    compare(flavor, seen, lambda one: () if one.signal in UNBENDING else (4, 4, 4))


@everywhere
def test_a_continue_takes_pending_stops_away_a_stop_takes_a_continue_away_and_nothing_else_does(flavor: Flavor) -> None:
    everything = tuple(flavor.signals)
    block: Call = ("target", "sigprocmask", {"how": "block", "signals": everything})

    def seen(one: Target) -> Seen:
        if one.name not in everything or one.signal in UNBENDING:
            return ()
        continued, stopped = (one.play(block, one.sending(first), one.sent) for first in (CONT, 18))
        return (*one.saw(continued), *one.saw(stopped))

    def expected(one: Target) -> Seen:
        if one.name not in everything or one.signal in UNBENDING:
            return ()
        kept = {CONT} if flavor.system == "dragonfly" else set()  # NetBSD drops a continue that has nothing to continue
        own = set() if one.meaning == NOTHING else kept if one.meaning == CONTINUE else {one.signal}
        continued = own if one.meaning == TTY_STOP else own | kept
        stopped = own if one.meaning == CONTINUE else own | {18}
        return "running", named(one, continued), "running", named(one, stopped)

    def named(one: Target, signals: set[int]) -> tuple[str, ...]:
        return tuple(one.named(signal) for signal in sorted(signals))

    compare(flavor, seen, expected)


# --- what has nothing to do with signals --------------------------------------------------------------------------------


@everywhere
def test_signals_do_the_same_to_a_process_that_is_marked_otherwise_and_has_a_child_under_a_debugger(flavor: Flavor) -> None:
    """Flags share words: each has to be looked at by itself."""
    everything = tuple(flavor.signals)
    block: Call = ("target", "sigprocmask", {"how": "block", "signals": everything})
    unblock: Call = ("target", "sigprocmask", {"how": "unblock", "signals": everything})
    sleep: tuple[Call, ...] = (("target", "fork", {}), ("target", "wait", {}))
    marks = ProcessExtras(profiling=True, own_limits=True, nocldstop=True)
    traced = TracedSpec("shell", forks=flavor.system == "netbsd")
    debuggee = ProcessSpec("debuggee", parent="target", extras=ProcessExtras(traced=traced))

    def uses(one: Target) -> list[tuple[Call, ...]]:
        actions = [] if one.signal in UNBENDING else [set_action(one), set_action(one, "ignore")]
        before: list[tuple[Call, ...]] = [(), *((action,) for action in actions)]
        stop, go = one.sending(HARD_STOP), one.sending(CONT)
        after = [(one.sent,), (*sleep, one.sent), (block, one.sent, unblock), (stop, one.sent), (stop, one.sent, go)]
        return [(*action, *more) for action in before for more in after]

    def told(one: Target, result: RunResult) -> Seen:
        return *one.saw(result), result.observation.facts.get("target.handled"), tuple(each.result for each in result.outcomes)

    for signal in SIGNALS[flavor.system]:
        one = Target(flavor, signal)
        for calls in uses(one):
            plain, marked = one.play(*calls), one.play(*calls, others=(debuggee,), extras=marks)
            assert told(one, marked) == told(one, plain), (one.name, calls)
