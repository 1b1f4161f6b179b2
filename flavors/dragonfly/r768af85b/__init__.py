"""The revision of git 768af85b, a development tree after DragonFly 2.4. See flavors.dragonfly for what may be imported."""

from __future__ import annotations

from flavors.dragonfly.furnish import Ways, same_tid
from flavors.dragonfly.furnish import furnish as furnish_with
from flavors.dragonfly.furnish import settle as settle_with
from flavors.dragonfly.init_main import MAXPROC, TUNABLES, new_process
from flavors.dragonfly.init_main import boot as boot_with
from flavors.dragonfly.kern import Revision
from flavors.dragonfly.kern_event import filt_proc
from flavors.dragonfly.kern_exec import exec_new_vmspace
from flavors.dragonfly.kern_exit import end_thread, exit1, kern_wait
from flavors.dragonfly.kern_plimit import THREADED, own_limit, plimit_fork, plimit_modify
from flavors.dragonfly.kern_proc import has_szomb, set_szomb
from flavors.dragonfly.kern_sig import cursig, ksignal, lwpsignal, proc_unstop
from flavors.dragonfly.kern_sig_calls import kill_one
from flavors.dragonfly.kern_synch import tstop
from flavors.dragonfly.lower import Intent, Lines
from flavors.dragonfly.lower import lower as lower_with
from flavors.dragonfly.proc_h import STATES
from flavors.dragonfly.r768af85b.calls import CALLS
from flavors.dragonfly.r768af85b.kern_fork import KERN_FORK, at_fork, tid_of
from flavors.dragonfly.r768af85b.kern_fork_map import KERN_FORK_MAP
from flavors.dragonfly.r768af85b.unmodelled import UNMODELLED, VIOLATIONS
from flavors.dragonfly.signal_h import SIGNALS
from flavors.dragonfly.trap import syscall, userenter
from flavors.dragonfly.trials import QUEUE_TRIALS, SHARED_TRIALS, THREAD_TRIALS, THREADS, fork_trials
from flavors.dragonfly.unmodelled import ABSENT
from flavors.dragonfly.vm_glue import vmspace_free
from flavors.dragonfly.words import COUNTERS, FLAGS, WORDS, handler, ignored, status
from oracle.extras import MachineExtras
from oracle.flavor import Flavor, Inexpressible, Lowered
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp, Proc
from oracle.scenario import MachineSpec, ProcessSpec

REVISION = Revision(
    userenter=userenter,
    ksignal=ksignal,
    lwpsignal=lwpsignal,
    tstop=tstop,
    proc_unstop=proc_unstop,
    kill_one=kill_one,
    cursig=cursig,
    plimit_fork=plimit_fork,
    plimit_modify=plimit_modify,
    exit1=exit1,
    lwp_exit=end_thread,
    make_zombie=set_szomb,
    is_zombie=has_szomb,
    kern_wait=kern_wait,
    exec_new_vmspace=exec_new_vmspace,
    vmspace_free=vmspace_free,
    filt_proc=filt_proc,
    lasttid=0,
    files_per_proc=16,
)
LINES = Lines("[141]", "[171-172]", "[239-240]", "[412-415]", "[432]", "[426-429]")


def boot(k: Machine, spec: MachineSpec) -> None:
    """Start a machine with this revision."""
    boot_with(k, spec, REVISION)
    k.counters["v_kthreads"] = 1  # sic: init's creation is no user's fork, and is counted among the kernel's threads


def lower(intent: Intent) -> Lowered | Inexpressible:
    """One of the system's calls for an intent, or why there is none."""
    return lower_with(intent, LINES)


def link_thread(p: Proc, lp: Lwp) -> None:
    """Threads stand in the order of their ids, and make their process's limits private."""
    own_limit(p).pl_exclusive = THREADED
    p.p_lwps.append(lp)
    p.p_lwps.sort(key=tid_of)


WAYS = Ways(link_thread, same_tid, None, True, at_fork)


def furnish(k: Machine, lp: Lwp, spec: ProcessSpec) -> None:
    """What few processes have."""
    furnish_with(k, lp, spec, WAYS)


def settle(k: Machine, extras: MachineExtras) -> None:
    """What few machines have."""
    settle_with(k, extras, WAYS)


FLAVOR = Flavor(
    id="dragonfly@768af85b",
    title="DragonFly BSD, git 768af85b (kern_fork.c of 2010-01-02)",
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
    tunables=TUNABLES
    | {"kern.maxfiles": REVISION.files_per_proc * MAXPROC, "kern.ktrace_suid": 0, "kern.mqueue.mq_open_max": 512},
    violations=VIOLATIONS,
    unmodelled=UNMODELLED,
    absent=ABSENT,
    trials=fork_trials(THREADS) + SHARED_TRIALS + THREAD_TRIALS + QUEUE_TRIALS,
    order=3,
    maps=(KERN_FORK_MAP,),
)
