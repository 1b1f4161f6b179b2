"""Revision 1.62 of kern_fork.c, 2007-02-16, the last before threads. See flavors.dragonfly for what may be imported."""

from __future__ import annotations

from flavors.dragonfly.early.init_main import new_process
from flavors.dragonfly.early.kern_event import filt_proc
from flavors.dragonfly.early.kern_exec import vmspace_free
from flavors.dragonfly.early.kern_plimit import plimit_fork, plimit_modify
from flavors.dragonfly.early.trap import syscall, userenter
from flavors.dragonfly.furnish import Ways, same_tid
from flavors.dragonfly.furnish import furnish as furnish_with
from flavors.dragonfly.furnish import settle as settle_with
from flavors.dragonfly.init_main import MAXPROC, TUNABLES
from flavors.dragonfly.init_main import boot as boot_with
from flavors.dragonfly.kern import Revision, kern_of
from flavors.dragonfly.lower import Intent, Lines
from flavors.dragonfly.lower import lower as lower_with
from flavors.dragonfly.r1_62.calls import CALLS
from flavors.dragonfly.r1_62.kern import State, state_of
from flavors.dragonfly.r1_62.kern_exit import exec_new_vmspace, exit1, has_p_zombie, kern_wait, lwp_exit, set_p_zombie
from flavors.dragonfly.r1_62.kern_fork import KERN_FORK, at_fork
from flavors.dragonfly.r1_62.kern_fork_map import KERN_FORK_MAP
from flavors.dragonfly.r1_62.kern_sig import cursig, kill_one, ksignal, trapsignal
from flavors.dragonfly.r1_62.kern_synch import setrunnable, tstop
from flavors.dragonfly.r1_62.words import ABSENT, FLAGS, STATES, UNMODELLED, VIOLATIONS
from flavors.dragonfly.signal_h import SIGNALS
from flavors.dragonfly.trials import SHARED_TRIALS, fork_trials
from flavors.dragonfly.words import COUNTERS, WORDS, handler, ignored, status
from oracle.extras import MachineExtras
from oracle.flavor import Flavor, Inexpressible, Lowered
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp
from oracle.machine.signals import SigActs
from oracle.scenario import MachineSpec, ProcessSpec

REVISION = Revision(
    userenter=userenter,
    ksignal=ksignal,
    lwpsignal=trapsignal,
    tstop=tstop,
    proc_unstop=setrunnable,
    kill_one=kill_one,
    cursig=cursig,
    plimit_fork=plimit_fork,
    plimit_modify=plimit_modify,
    exit1=exit1,
    lwp_exit=lwp_exit,
    make_zombie=set_p_zombie,
    is_zombie=has_p_zombie,
    kern_wait=kern_wait,
    exec_new_vmspace=exec_new_vmspace,
    vmspace_free=vmspace_free,
    filt_proc=filt_proc,
    lasttid=0,
    files_per_proc=2,
)
LINES = Lines("[113]", "[140-141]", "[156-157]", "[370-373]", "[390]", "[383-387]")


def boot(k: Machine, spec: MachineSpec) -> None:
    """Start a machine with this revision."""
    boot_with(k, spec, REVISION)
    kern_of(k).own = State()
    k.counters["v_forks"] = 1  # sic: init's creation is the one fork that is ever counted as a fork


def lower(intent: Intent) -> Lowered | Inexpressible:
    """One of the system's calls for an intent, or why there is none."""
    return lower_with(intent, LINES)


def to_heap(k: Machine, acts: SigActs) -> None:
    """Signal actions that have been shared are no longer in anybody's u-area."""
    state_of(k).heap_sigacts[acts] = None


WAYS = Ways(None, same_tid, to_heap, False, at_fork)


def furnish(k: Machine, lp: Lwp, spec: ProcessSpec) -> None:
    """What few processes have."""
    furnish_with(k, lp, spec, WAYS)


def settle(k: Machine, extras: MachineExtras) -> None:
    """What few machines have."""
    settle_with(k, extras, WAYS)


FLAVOR = Flavor(
    id="dragonfly@1.62",
    title="DragonFly BSD, kern_fork.c 1.62 of 2007-02-16: one thread a process",
    sources=(KERN_FORK,),
    calls=CALLS,
    boot=boot,
    new_process=new_process,
    furnish=furnish,
    settle=settle,
    syscall=syscall,
    lower=lower,
    signals=SIGNALS,
    flags=FLAGS,
    states=STATES,
    words=WORDS,
    counters=COUNTERS,
    status=status,
    ignored=ignored,
    handler=handler,
    tunables=TUNABLES | {"kern.maxfiles": REVISION.files_per_proc * MAXPROC},
    violations=VIOLATIONS,
    unmodelled=UNMODELLED,
    absent=ABSENT,
    trials=fork_trials() + SHARED_TRIALS,
    order=1,
    maps=(KERN_FORK_MAP,),
)
