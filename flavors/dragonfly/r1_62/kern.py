"""What this revision alone keeps: freed lwps with what stands in them, where signal actions are, the scheduler's memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import cast

from flavors.dragonfly.kern import kern_of
from flavors.dragonfly.proc_h import LWP_ALTSTACK, LWP_OLDMASK
from flavors.dragonfly.r1_62.sources import VM_ZONE
from oracle.cite import models
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp
from oracle.machine.signals import SigActs

P_ZOMBIE = 0x80000


@dataclass(slots=True, eq=False)
class State:
    """`kern_of(k).own`."""

    lwp_zone: list[int] = field(default_factory=list)  # lwp_flag of each freed lwp, last one freed at the end
    given_up: dict[Lwp, None] = field(default_factory=dict)  # threads that still know where a signal stack was
    heap_sigacts: dict[SigActs, None] = field(default_factory=dict)  # actions that have left the u-area of their process
    origcpu: dict[Lwp, int] = field(default_factory=dict)  # estcpu that a thread was born with


def state_of(k: Machine) -> State:
    """The revision's own state, typed."""
    return cast(State, kern_of(k).own)


@models(VM_ZONE, function="zalloc")
def lwp_flag_of_new(k: Machine) -> int:
    """The flags that stand in a new lwp. sic: those of the dead lwp whose memory it is, for nobody clears them."""
    zone = state_of(k).lwp_zone
    return zone.pop() if zone else 0


@models(VM_ZONE, function="zfree")
def free_lwp(k: Machine, lp: Lwp) -> None:
    """Free an lwp; the next one is made in its memory."""
    state = state_of(k)
    state.lwp_zone.append(lp.lwp_flag & (LWP_ALTSTACK | LWP_OLDMASK))
    state.origcpu.pop(lp, None)
    state.given_up.pop(lp, None)
