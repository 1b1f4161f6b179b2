"""Revision 1.67 of kern_fork.c, 2007-03-13, in the first days of threads. See flavors.dragonfly for what may be imported."""

from __future__ import annotations

from flavors.dragonfly.early.init_main import new_process
from flavors.dragonfly.early.kern_event import filt_proc
from flavors.dragonfly.early.kern_exec import vmspace_free
from flavors.dragonfly.early.kern_plimit import plimit_fork, plimit_modify
from flavors.dragonfly.early.trap import syscall, userenter
from flavors.dragonfly.early.words import ABSENT, FLAGS
from flavors.dragonfly.furnish import Ways
from flavors.dragonfly.furnish import furnish as furnish_with
from flavors.dragonfly.furnish import settle as settle_with
from flavors.dragonfly.init_main import MAXPROC, TUNABLES
from flavors.dragonfly.init_main import boot as boot_with
from flavors.dragonfly.kern import Revision
from flavors.dragonfly.kern_proc import has_szomb, set_szomb
from flavors.dragonfly.kern_sig_calls import kill_thread
from flavors.dragonfly.lower import Intent, Lines
from flavors.dragonfly.lower import lower as lower_with
from flavors.dragonfly.proc_h import STATES
from flavors.dragonfly.r1_67.calls import CALLS
from flavors.dragonfly.r1_67.kern_exit import exec_new_vmspace, exit1, kern_wait, lwp_exit
from flavors.dragonfly.r1_67.kern_fork import KERN_FORK, MAX_TID, at_fork
from flavors.dragonfly.r1_67.kern_fork_map import KERN_FORK_MAP
from flavors.dragonfly.r1_67.kern_sig import cursig, ksignal, lwpsignal, proc_unstop
from flavors.dragonfly.r1_67.kern_synch import tstop
from flavors.dragonfly.r1_67.unmodelled import UNMODELLED, VIOLATIONS
from flavors.dragonfly.signal_h import SIGNALS
from flavors.dragonfly.trials import SHARED_TRIALS, THREAD_TRIALS, THREADS, fork_trials
from flavors.dragonfly.words import COUNTERS, WORDS, handler, ignored, status
from oracle.extras import MachineExtras
from oracle.flavor import Flavor, Inexpressible, Lowered
from oracle.machine.errno import Unmodelled
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp, Proc
from oracle.scenario import MachineSpec, ProcessSpec

REVISION = Revision(
    userenter=userenter,
    ksignal=ksignal,
    lwpsignal=lwpsignal,
    tstop=tstop,
    proc_unstop=proc_unstop,
    kill_one=kill_thread,
    cursig=cursig,
    plimit_fork=plimit_fork,
    plimit_modify=plimit_modify,
    exit1=exit1,
    lwp_exit=lwp_exit,
    make_zombie=set_szomb,
    is_zombie=has_szomb,
    kern_wait=kern_wait,
    exec_new_vmspace=exec_new_vmspace,
    vmspace_free=vmspace_free,
    filt_proc=filt_proc,
    lasttid=1,
    files_per_proc=2,
)
LINES = Lines("[115]", "[142-143]", "[199-200]", "[373-376]", "[393]", "[386-390]")


def boot(k: Machine, spec: MachineSpec) -> None:
    """Start a machine with this revision."""
    boot_with(k, spec, REVISION)
    k.counters["v_forks"] = 1  # sic: init's creation is the one fork that is ever counted as a fork


def lower(intent: Intent) -> Lowered | Inexpressible:
    """One of the system's calls for an intent, or why there is none."""
    return lower_with(intent, LINES)


def link_thread(p: Proc, lp: Lwp) -> None:
    """The newest thread comes first."""
    p.p_lwps.insert(0, lp)


def lasttid(p: Proc, tid: int) -> int:
    """p_lasttid is the id that will be given out next; at the highest one, it stays and the lowest free one is sought."""
    highest = max(lp.lwp_tid for lp in p.p_lwps)
    if tid < highest:
        raise Unmodelled(f"thread ids of this revision only rise: with a thread {highest}, the last one was not {tid}")
    return min(tid + 1, MAX_TID)


WAYS = Ways(link_thread, lasttid, None, False, at_fork)


def furnish(k: Machine, lp: Lwp, spec: ProcessSpec) -> None:
    """What few processes have."""
    furnish_with(k, lp, spec, WAYS)


def settle(k: Machine, extras: MachineExtras) -> None:
    """What few machines have."""
    settle_with(k, extras, WAYS)


FLAVOR = Flavor(
    id="dragonfly@1.67",
    title="DragonFly BSD, kern_fork.c 1.67 of 2007-03-13: the first days of threads",
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
    trials=fork_trials(THREADS) + SHARED_TRIALS + THREAD_TRIALS,
    order=2,
    maps=(KERN_FORK_MAP,),
)
