"""Wrong implementations that are made again and again, each with a name: one decision of a flavor, made otherwise.

They are models that run, not tables: `Wrong.of` makes a flavor out of any other, with everything else as it was there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from oracle.flavor import Answer, Args, Code, Flavor, Inexpressible
from oracle.identify import children
from oracle.identify.hooks import (
    Mistake,
    around,
    at_birth,
    each,
    flag,
    like,
    passed_over,
    signal_given,
    with_births,
    with_code,
    with_flags,
)
from oracle.lowering import SPAWN_DEFAULTS
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp, Proc
from oracle.machine.traps import Kernel, no_wait
from oracle.machine.vm import Inherit

PLENTY = 1 << 20  # processes: as good as no limit, on kernels that keep it in an int, too
MAKING = ("fork", "vfork", "rfork", "__clone")  # calls of programs that make processes


@dataclass(frozen=True, slots=True)
class Wrong:
    """A wrong implementation: its name, what it does, and the mistake, which makes a flavor into one that does so."""

    name: str
    sentence: str
    mistake: Mistake

    def of(self, flavor: Flavor) -> Flavor | None:
        """A flavor with this mistake; None, if there is nothing in it to be mistaken about."""
        return self.mistake(flavor)


def _rfork_needs_rfproc(flavor: Flavor) -> Flavor | None:
    rfproc = flag(flavor, "rfork", "RFPROC")

    def nothing(run: Code, k: Machine, lwp: Lwp, args: Args) -> Kernel[Answer]:
        return run(k, lwp, args) if args.number("flags") & rfproc else no_wait(0)

    return with_code(flavor, "rfork", nothing) if rfproc else None


def _rfork_copies_files(flavor: Flavor) -> Flavor | None:
    copies, empties, makes = (flag(flavor, "rfork", word) for word in ("RFFDG", "RFCFDG", "RFPROC"))
    if not copies:
        return None
    return with_flags(flavor, "rfork", lambda word: word | copies if word & makes and not word & empties else word)


def _exec_leaves_the_parent(flavor: Flavor) -> Flavor | None:
    """The mark that the parent waits stays set, so the parent goes back to sleep."""
    place = flavor.words.vfork_wait
    if place is None:
        return None
    word, bit = place

    def waited_for(flavor: Flavor, k: Machine, lwp: Lwp) -> int:
        return int(getattr(lwp.lwp_proc, word)) & bit

    def still(flavor: Flavor, k: Machine, lwp: Lwp, marked: int) -> None:
        setattr(lwp.lwp_proc, word, getattr(lwp.lwp_proc, word) | marked)

    return around("exec", waited_for, still)(flavor)


def _vfork_does_not_wait(flavor: Flavor) -> Flavor | None:
    place = flavor.words.vfork_wait
    if place is None:
        return None
    word, bit = place

    def let_go(child: Proc) -> None:
        setattr(child, word, getattr(child, word) & ~bit)

    def at_once(run: Code, k: Machine, lwp: Lwp, args: Args) -> Kernel[Answer]:
        return with_births(run(k, lwp, args), k, let_go, wait=False)

    return with_code(flavor, "vfork", at_once)


def _collected_at_once(flavor: Flavor) -> Flavor | None:
    """Only where a program can ask for no exit signal."""
    silent = {**SPAWN_DEFAULTS, "exit_signal": 0}
    if isinstance(flavor.lower(silent), Inexpressible):
        return None
    return around("exit", _nothing, _no_zombie)(flavor)


def _no_zombie(flavor: Flavor, k: Machine, lwp: Lwp, kept: object) -> None:
    """Init collects at once who leaves without a signal."""
    proc, init = lwp.lwp_proc, k.initproc
    parent = proc.p_pptr
    if proc not in k.zombproc or proc.p_exitsig or parent is None or parent is init:
        return
    parent.p_children.remove(proc)
    init.p_children.insert(0, proc)
    proc.p_pptr = init
    for who, by in ((parent, -1), (init, 1)):
        if who.p_nstopchild is not None:
            who.p_nstopchild += by


def _nothing(flavor: Flavor, k: Machine, lwp: Lwp) -> None:
    """Nothing has to be remembered."""


def _copy_all(flavor: Flavor, k: Machine, lwp: Lwp) -> list[tuple[Any, Inherit]]:
    vm = lwp.lwp_proc.p_vmspace
    kept = [] if vm is None else [(entry, entry.inherit) for entry in vm.vm_map.values()]
    for entry, _ in kept:
        entry.inherit = Inherit.COPY
    return kept


def _put_back(flavor: Flavor, k: Machine, lwp: Lwp, kept: list[tuple[Any, Inherit]]) -> None:
    for entry, inherit in kept:
        entry.inherit = inherit


def _no_limit(flavor: Flavor) -> Flavor | None:
    """The limit on processes is as good as none for as long as the call lasts."""

    def unlimited(run: Code, k: Machine, lwp: Lwp, args: Args) -> Kernel[Answer]:
        limit = lwp.lwp_proc.p_limit
        assert limit is not None
        kept = limit.pl_rlimit["nproc"]
        limit.pl_rlimit["nproc"] = (PLENTY, PLENTY)
        try:
            return (yield from run(k, lwp, args))
        finally:
            limit.pl_rlimit["nproc"] = kept
            for child in lwp.lwp_proc.p_children:
                if child.p_limit is not None and child.p_limit is not limit:
                    child.p_limit.pl_rlimit["nproc"] = kept

    return each(lambda name: lambda one: with_code(one, name, unlimited), MAKING)(flavor)


WRONG: tuple[Wrong, ...] = (
    Wrong("vfork is fork", "vfork copies memory and does not wait, as fork does.", like("vfork", "fork")),
    Wrong("fork is vfork", "fork uses the parent's memory and waits until the child execs or exits.", like("fork", "vfork")),
    Wrong("vfork copies memory", "vfork waits, but what the child stores is not seen by its parent.",
          at_birth(children.own_memory, ("vfork",))),
    Wrong("vfork does not wait", "vfork's child uses its parent's memory, and the parent goes on all the same.",
          _vfork_does_not_wait),
    Wrong("exec doesn't wake the vfork parent", "A vfork's parent waits until the child exits; exec does not let it go.",
          _exec_leaves_the_parent),
    Wrong("CLONE_VFORK ignored", "__clone with CLONE_VFORK does not wait.", passed_over("__clone", "CLONE_VFORK")),
    Wrong("CLONE_VM ignored", "__clone with CLONE_VM copies memory.", passed_over("__clone", "CLONE_VM")),
    Wrong("CLONE_FS ignored", "__clone with CLONE_FS copies directories and umask.", passed_over("__clone", "CLONE_FS")),
    Wrong("CLONE_FILES ignored", "__clone with CLONE_FILES copies descriptors.", passed_over("__clone", "CLONE_FILES")),
    Wrong("CLONE_SIGHAND ignored", "__clone with CLONE_SIGHAND copies the table of handlers.",
          passed_over("__clone", "CLONE_SIGHAND")),
    Wrong("the exit signal is always SIGCHLD", "__clone takes no notice of the signal in the low byte of its flags.",
          signal_given("__clone", "csignal", "SIGCHLD")),
    Wrong("no zombie for exit signal 0", "A child that sends no signal when it exits is not kept for its parent to wait for.",
          _collected_at_once),
    Wrong("rfork without RFPROC ignored", "rfork without RFPROC succeeds, and changes nothing in the caller.",
          _rfork_needs_rfproc),
    Wrong("rfork always copies descriptors", "rfork copies descriptors although neither RFFDG nor RFCFDG is given.",
          _rfork_copies_files),
    Wrong("RFMEM ignored", "rfork with RFMEM copies memory.", passed_over("rfork", "RFMEM")),
    Wrong("RFSIGSHARE ignored", "rfork with RFSIGSHARE copies the table of handlers.", passed_over("rfork", "RFSIGSHARE")),
    Wrong("RFNOWAIT ignored", "rfork with RFNOWAIT makes a child of the caller.", passed_over("rfork", "RFNOWAIT")),
    Wrong("RFTHREAD ignored", "rfork with RFTHREAD makes a process that its leader does not take along.",
          passed_over("rfork", "RFTHREAD")),
    Wrong("fork copies pending signals", "A child is born with the signals that are pending for its parent.",
          at_birth(children.pending_signals)),
    Wrong("fork clears the signal mask", "A child is born with no signal masked.", at_birth(children.clear_mask)),
    Wrong("fork resets signal handlers", "What a parent catches, its child does not catch.",
          at_birth(children.reset_handlers)),
    Wrong("fork drops the signal stack", "A child has no alternate signal stack though its parent has one.",
          at_birth(children.lose_signal_stack)),
    Wrong("fork doesn't share file offsets", "A child's descriptors refer to open files of their own.",
          at_birth(children.own_offsets)),
    Wrong("fork shares descriptors", "A child uses its parent's descriptor table: what one opens, the other has.",
          at_birth(children.same_table, ("fork",))),
    Wrong("fork clears close-on-exec", "What exec would close in the parent stays open in a child.",
          at_birth(children.lose_close_on_exec)),
    Wrong("fork copies kqueue", "A child has its parent's kernel event queues.", at_birth(children.queues)),
    Wrong("child inherits locks", "A child holds the advisory locks of its parent.", at_birth(children.locks)),
    Wrong("child inherits timers", "A child's alarm is set as its parent's is.", at_birth(children.timer)),
    Wrong("child inherits processor time", "A child starts with the processor time that its parent used.",
          at_birth(children.processor_time)),
    Wrong("child inherits memory locks", "What a parent locks in memory is locked for its child.", at_birth(children.wired)),
    Wrong("child is not nice", "A child starts with nice 0, whatever its parent's is.", at_birth(children.usual_nice)),
    Wrong("child starts with umask 022", "A child does not have its parent's umask.", at_birth(children.usual_umask)),
    Wrong("child starts in /", "A child does not have its parent's working directory.", at_birth(children.root_directory)),
    Wrong("child is never ktraced", "A trace that children inherit ends with the process that it was set on.",
          at_birth(children.not_traced)),
    Wrong("fork shares memory", "fork's child uses its parent's memory.", at_birth(children.same_memory, ("fork",))),
    Wrong("minherit ignored", "A child gets a copy of each region, however the region is marked.",
          each(lambda name: around(name, _copy_all, _put_back), MAKING)),
    Wrong("RLIMIT_NPROC ignored", "A user may have more processes than its limit says.", _no_limit),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Model:
    """What facts can agree with: a flavor, or a wrong implementation of it."""

    flavor: Flavor
    wrong: Wrong | None = None

    @property
    def name(self) -> str:
        """`netbsd@1.189`, or `netbsd@1.189: vfork is fork`."""
        return self.flavor.id if self.wrong is None else f"{self.flavor.id}: {self.wrong.name}"


def models(flavors: Iterable[Flavor]) -> tuple[Model, ...]:
    """The flavors, and all wrong implementations of each."""
    found: list[Model] = []
    for flavor in flavors:
        found.append(Model(flavor))
        for wrong in WRONG:
            mistaken = wrong.of(flavor)
            if mistaken is not None:
                found.append(Model(mistaken, wrong))
    return tuple(found)
