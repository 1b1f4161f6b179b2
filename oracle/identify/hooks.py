"""Ways to make one mistake in a flavor: other code for a call, a flag that is passed over, a change of the child that is made.

What comes of it is a flavor like any other, which runs on the same machine. A mistake that a flavor can't make gives None.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Iterable
from dataclasses import replace
from types import TracebackType
from typing import Any, TypeAlias

from oracle.calls import Kind
from oracle.flavor import Answer, Args, Call, Code, Flavor
from oracle.machine.errno import LwpExit
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp, Proc
from oracle.machine.traps import Kernel, Sleep, Trap, Wake

Mistake: TypeAlias = Callable[[Flavor], Flavor | None]
Other: TypeAlias = Callable[[Code, Machine, Lwp, Args], Kernel[Answer]]  # other code for a call, which gets what is there, too
Change: TypeAlias = Callable[[Flavor, Machine, Proc, Proc], None]  # of the child that a process has just made


def with_code(flavor: Flavor, name: str, other: Other) -> Flavor | None:
    """The flavor with other code for a call; None, if it has no such call."""
    call = flavor.calls.get(name)
    if call is None:
        return None
    there = call.run

    def run(k: Machine, lwp: Lwp, args: Args) -> Kernel[Answer]:
        return other(there, k, lwp, args)

    return replace(flavor, calls={**flavor.calls, name: Call(call.spec, run)})


def like(name: str, model: str) -> Mistake:
    """One call does what another one does."""

    def mistaken(flavor: Flavor) -> Flavor | None:
        if name not in flavor.calls or model not in flavor.calls:
            return None
        alike = Call(flavor.calls[name].spec, flavor.calls[model].run)
        return replace(flavor, calls={**flavor.calls, name: alike})

    return mistaken


def passed_over(name: str, *flags: str, parameter: str = "flags") -> Mistake:
    """Some flags of a call mean nothing."""

    def mistaken(flavor: Flavor) -> Flavor | None:
        bits = _bits(flavor, name, parameter, flags)
        return None if bits is None else with_flags(flavor, name, lambda word: word & ~bits, parameter)

    return mistaken


def with_flags(flavor: Flavor, name: str, change: Callable[[int], int], parameter: str = "flags") -> Flavor | None:
    """The flavor with a call that sees another word than it was given."""

    def other_word(run: Code, k: Machine, lwp: Lwp, args: Args) -> Kernel[Answer]:
        return run(k, lwp, Args({**args.values, parameter: change(args.number(parameter))}))

    return with_code(flavor, name, other_word)


def _bits(flavor: Flavor, name: str, parameter: str, flags: Iterable[str]) -> int | None:
    """The bits of some flags of a call, or None where there is no such call, or none of these flags."""
    call = flavor.calls.get(name)
    if call is None:
        return None
    names = {one: bit for param in call.spec.params if param.name == parameter for one, bit in param.names}
    found = 0
    for flag in flags:
        if flag not in names:
            return None
        found |= names[flag]
    return found


def flag(flavor: Flavor, name: str, word: str) -> int:
    """The bit of one flag of a call, 0 where there is none."""
    return _bits(flavor, name, "flags", (word,)) or 0


def signal_given(name: str, parameter: str, instead: str) -> Mistake:
    """A call takes no notice of the signal that it is given."""

    def mistaken(flavor: Flavor) -> Flavor | None:
        call = flavor.calls.get(name)
        if call is None or not any(one.name == parameter and one.kind is Kind.SIGNAL for one in call.spec.params):
            return None
        number = flavor.signals[instead]
        return with_flags(flavor, name, lambda given: number, parameter)

    return mistaken


def at_birth(change: Change, calls: Collection[str] = ()) -> Mistake:
    """The child is another one than it should be, whichever call makes it, or if one of these calls does."""

    def mistaken(flavor: Flavor) -> Flavor | None:
        if calls and not any(name in flavor.calls for name in calls):
            return None

        def syscall(k: Machine, lwp: Lwp, call: Call, args: Args) -> Kernel[Answer]:
            if not call.spec.births or (calls and call.spec.name not in calls):
                return (yield from flavor.syscall(k, lwp, call, args))

            def change_it(child: Proc) -> None:
                change(flavor, k, lwp.lwp_proc, child)

            return (yield from with_births(flavor.syscall(k, lwp, call, args), k, change_it))

        return replace(flavor, syscall=syscall)

    return mistaken


def with_births(code: Kernel[Answer], k: Machine, change: Callable[[Proc], None], *, wait: bool = True) -> Kernel[Answer]:
    """Kernel code that makes a process, with a change of it: see `Births`."""
    return (yield from Births(code, k, change, wait=wait))


class Births(Generator[Trap, Wake, Answer]):
    """Kernel code that makes a process, with a change of it before it first runs: when the call returns, or waits for it.

    Without `wait`, it waits for nothing once there is a child, but goes on at once.
    """

    def __init__(self, code: Kernel[Answer], k: Machine, change: Callable[[Proc], None], *, wait: bool = True) -> None:
        self._code = code
        self._k = k
        self._known = {*k.allproc}
        self._change = change
        self._wait = wait

    def send(self, value: Wake, /) -> Trap:
        """Go on to the next trap."""
        try:
            trap = self._code.send(value)
            while isinstance(trap, Sleep) and self._look() and not self._wait:
                trap = self._code.send(Wake.WOKEN)
        except StopIteration:
            self._look()
            raise
        return trap

    def throw(self, kind: Any, value: Any = None, traceback: TracebackType | None = None, /) -> Trap:
        """Let the code deal with it."""
        return self._code.throw(kind if value is None else value)

    def _look(self) -> bool:
        """Change who is new. Whether there was anybody."""
        new = [proc for proc in self._k.allproc if proc not in self._known]
        for proc in new:
            self._known.add(proc)
            self._change(proc)
        return bool(new)


def around(
    name: str, before: Callable[[Flavor, Machine, Lwp], Any], after: Callable[[Flavor, Machine, Lwp, Any], None]
) -> Mistake:
    """Something is done before a call, and after it, however it ends; `after` gets what `before` gave."""

    def mistaken(flavor: Flavor) -> Flavor | None:
        def other_code(run: Code, k: Machine, lwp: Lwp, args: Args) -> Kernel[Answer]:
            kept = before(flavor, k, lwp)
            try:
                value = yield from run(k, lwp, args)
            except LwpExit:
                after(flavor, k, lwp, kept)
                raise
            after(flavor, k, lwp, kept)
            return value

        return with_code(flavor, name, other_code)

    return mistaken


def each(mistake: Callable[[str], Mistake], calls: Iterable[str]) -> Mistake:
    """A mistake in each of some calls that the flavor has."""
    names = tuple(calls)

    def mistaken(flavor: Flavor) -> Flavor | None:
        found: Flavor | None = None
        for name in names:
            changed = mistake(name)(found or flavor)
            found = changed or found
        return found

    return mistaken
