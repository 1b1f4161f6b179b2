"""The flavor netbsd@1.189: everything the harness has to know about it."""

from __future__ import annotations

from flavors.netbsd import param
from flavors.netbsd.calls import CALLS
from flavors.netbsd.furnish import furnish, settle
from flavors.netbsd.init_main import boot, new_process
from flavors.netbsd.kern_fork_map import KERN_FORK_MAP
from flavors.netbsd.lower import lower
from flavors.netbsd.sources import KERN_FORK
from flavors.netbsd.status import handler, ignored, status
from flavors.netbsd.trials import TRIALS
from flavors.netbsd.userret import syscall
from flavors.netbsd.violations import VIOLATIONS
from oracle.flavor import Flavor, Words

WORDS = Words(
    terminal=("p_lflag", param.PL_CONTROLT),
    sugid=("p_flag", param.PK_SUGID),
    exec=("p_flag", param.PK_EXEC),
    vfork_wait=("p_lflag", param.PL_PPWAIT),
    traced=("p_slflag", param.PSL_TRACED),
    profiling=("p_stflag", param.PST_PROFIL),
    fork_traced=("p_slflag", param.PSL_TRACEFORK),
    stop_on_fork=("p_sflag", param.PS_STOPFORK),
    nocldwait=("p_flag", param.PK_NOCLDWAIT | param.PK_CLDSIGIGN),
    nocldstop=("p_sflag", param.PS_NOCLDSTOP),
)

UNMODELLED = {
    "threads": "stop, exec and exit of a process that has several LWPs, and the end of one of them",
    "groups of ids": "group ids, real and effective, are not modelled",
    "core dumps": "whether a core file could be written is not asked; the wait status is the same in words",
    "lwpctl": "the block that a vfork child borrows can't be asked for",
    "restartable sequences": "ras_fork has nothing to copy",
    "System V": "shared memory attachments, semaphore undo",
    "posix_spawn": "came a month before this revision and does not go through fork1",
    "emulations": "Linux clone and FreeBSD rfork",
    "decay of estcpu": "the scheduler's estimate only grows",
    "next descriptor hint": "a copied table gives out the lowest free descriptor at once",
}

FLAVOR = Flavor(
    "netbsd@1.189",
    "NetBSD, kern_fork.c 1.189 of 2012-03-13 (the tree that became NetBSD 6), x86",
    (KERN_FORK,),
    CALLS,
    boot,
    new_process,
    syscall,
    lower,
    param.SIGNALS,
    {
        "p_flag": param.P_FLAG,
        "p_sflag": param.P_SFLAG,
        "p_slflag": param.P_SLFLAG,
        "p_lflag": param.P_LFLAG,
        "p_stflag": param.P_STFLAG,
        "wait": param.WAIT_FLAGS,
        "sa": param.SA_FLAGS,
        "note": param.NOTE_FLAGS,
        "ptrace": param.PTRACE_FLAGS,
    },
    {
        param.SIDL: "embryo",
        param.SACTIVE: "running",
        param.SDYING: "dying",
        param.SSTOP: "stopped",
        param.SZOMB: "zombie",
        param.SDEAD: "dying",
    },
    WORDS,
    {"forks": "forks", "vforks": "forks_ppwait"},
    status,
    ignored,
    handler,
    {"forkfsleep": 0, "note_track": 0, "child_return_traps": 1, "options.DIAGNOSTIC": 0},
    VIOLATIONS,
    UNMODELLED,
    furnish=furnish,
    settle=settle,
    maps=(KERN_FORK_MAP,),
    trials=TRIALS,
    preemptible=True,
)
