"""The revision of git 768af85b, a development tree after DragonFly 2.4. See flavors.dragonfly for what may be imported."""

from __future__ import annotations

from flavors.dragonfly.calls import SHARED_CALLS
from flavors.dragonfly.init_main import TUNABLES, new_process
from flavors.dragonfly.init_main import boot as boot_with
from flavors.dragonfly.kern import Revision
from flavors.dragonfly.kern_exit import exit1
from flavors.dragonfly.kern_sig import cursig, ksignal
from flavors.dragonfly.lower import lower
from flavors.dragonfly.proc_h import STATES
from flavors.dragonfly.r768af85b.calls import FORK_CALLS
from flavors.dragonfly.r768af85b.kern_fork import KERN_FORK
from flavors.dragonfly.signal_h import SIGNALS
from flavors.dragonfly.trap import syscall
from flavors.dragonfly.unmodelled import UNMODELLED, VIOLATIONS
from flavors.dragonfly.words import COUNTERS, FLAGS, WORDS, handler, ignored, status
from oracle.flavor import Flavor
from oracle.machine.machine import Machine
from oracle.scenario import MachineSpec

REVISION = Revision(ksignal, cursig, exit1)


def boot(k: Machine, spec: MachineSpec) -> None:
    """Start a machine with this revision."""
    boot_with(k, spec, REVISION)


FLAVOR = Flavor(
    id="dragonfly@768af85b",
    title="DragonFly BSD, git 768af85b (kern_fork.c of 2010-01-02)",
    sources=(KERN_FORK,),
    calls=SHARED_CALLS | FORK_CALLS,
    boot=boot,
    new_process=new_process,
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
    tunables=TUNABLES,
    violations=VIOLATIONS,
    unmodelled=UNMODELLED,
    order=3,
)
