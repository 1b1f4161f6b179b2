"""What a mistaken kernel gives a child, or keeps from it. Each is a `Change` for `hooks.at_birth`.

References are counted as a kernel that did so on purpose would count them.
"""

from __future__ import annotations

from oracle.flavor import Flavor
from oracle.machine.files import File, FileDesc, Vnode, vref, vrele
from oracle.machine.machine import Machine
from oracle.machine.proc import Proc
from oracle.machine.vm import vmspace_fork, vmspace_rele


def pending_signals(flavor: Flavor, k: Machine, parent: Proc, child: Proc) -> None:
    """What is pending for the parent is pending for the child, too."""
    child.p_siglist |= parent.p_siglist
    for lwp in parent.p_lwps:
        child.p_siglist |= lwp.lwp_siglist


def clear_mask(flavor: Flavor, k: Machine, parent: Proc, child: Proc) -> None:
    """The child masks nothing."""
    for lwp in child.p_lwps:
        lwp.lwp_sigmask = 0


def reset_handlers(flavor: Flavor, k: Machine, parent: Proc, child: Proc) -> None:
    """What the parent catches has its default action in the child, unless both use one table."""
    acts = child.p_sigacts
    if acts is None or acts is parent.p_sigacts:
        return
    acts.ps_sigact = {signo: action for signo, action in acts.ps_sigact.items() if not flavor.handler(child, signo)}
    acts.ps_sigcatch = child.p_sigcatch = 0


def lose_signal_stack(flavor: Flavor, k: Machine, parent: Proc, child: Proc) -> None:
    """The child has no signal stack, though it has the memory that it is in."""
    for lwp in child.p_lwps:
        lwp.lwp_sigstk = ""
        lwp.lwp_flag &= ~flavor.words.altstack


def own_offsets(flavor: Flavor, k: Machine, parent: Proc, child: Proc) -> None:
    """Each of the child's files is opened anew, at the offset where it was."""
    table = child.p_fd
    if table is None or table is parent.p_fd:
        return
    for fd, file in list(table.fd_files.items()):
        file.f_count -= 1
        if isinstance(file.f_data, Vnode):
            vref(file.f_data)
        table.fd_files[fd] = File(file.f_type, file.f_name, file.f_data, 1, file.f_offset)


def lose_close_on_exec(flavor: Flavor, k: Machine, parent: Proc, child: Proc) -> None:
    """Nothing that the child has open is closed by exec."""
    if child.p_fd is not None and child.p_fd is not parent.p_fd:
        child.p_fd.fd_exclose.clear()


def queues(flavor: Flavor, k: Machine, parent: Proc, child: Proc) -> None:
    """Event queues are copied like any file."""
    ours, theirs = parent.p_fd, child.p_fd
    if ours is None or theirs is None or ours is theirs:
        return
    for fd, file in ours.fd_files.items():
        if file.f_type == "kqueue" and theirs.fd_files:
            file.f_count += 1
            theirs.fd_files[fd] = file


def same_table(flavor: Flavor, k: Machine, parent: Proc, child: Proc) -> None:
    """The child uses its parent's descriptor table, not a copy of it."""
    ours, theirs = parent.p_fd, child.p_fd
    if ours is None or theirs is None or ours is theirs:
        return
    _drop(theirs)
    ours.fd_refcnt += 1
    child.p_fd = ours


def _drop(table: FileDesc) -> None:
    """Let go of a copy that nobody needs."""
    for file in table.fd_files.values():
        file.f_count -= 1
    for vp in (table.fd_cdir, table.fd_rdir):
        if vp is not None:
            vrele(vp)


def usual_umask(flavor: Flavor, k: Machine, parent: Proc, child: Proc) -> None:
    """The child starts with the mask that the system starts with."""
    if child.p_cwdi is not None and child.p_cwdi is not parent.p_cwdi:
        child.p_cwdi.cwdi_cmask = 0o22
    if child.p_fd is not None and child.p_fd is not parent.p_fd and child.p_fd.fd_cdir is not None:
        child.p_fd.fd_cmask = 0o22


def root_directory(flavor: Flavor, k: Machine, parent: Proc, child: Proc) -> None:
    """The child starts in its root directory."""
    cwdi, table = child.p_cwdi, child.p_fd
    if cwdi is not None and cwdi is not parent.p_cwdi:
        vrele(cwdi.cwdi_cdir)
        cwdi.cwdi_cdir = vref(cwdi.cwdi_rdir)
    if table is not None and table is not parent.p_fd and table.fd_cdir is not None and table.fd_rdir is not None:
        vrele(table.fd_cdir)
        table.fd_cdir = vref(table.fd_rdir)


def locks(flavor: Flavor, k: Machine, parent: Proc, child: Proc) -> None:
    """The child holds the advisory locks that its parent holds."""
    for vp in k.vnodes.values():
        held = sum(owner is parent for owner in vp.v_locks)
        vp.v_locks += (child,) * held
        child.p_numposixlocks += held


def timer(flavor: Flavor, k: Machine, parent: Proc, child: Proc) -> None:
    """The child's alarm goes off when its parent's does."""
    child.p_realtimer = parent.p_realtimer


def processor_time(flavor: Flavor, k: Machine, parent: Proc, child: Proc) -> None:
    """The child is charged with what its parent used."""
    child.p_cputime = parent.p_cputime


def usual_nice(flavor: Flavor, k: Machine, parent: Proc, child: Proc) -> None:
    """The child is as nice as any new process."""
    child.p_nice = 0


def same_memory(flavor: Flavor, k: Machine, parent: Proc, child: Proc) -> None:
    """The child uses its parent's memory, not a copy of it."""
    if parent.p_vmspace is None or child.p_vmspace is None or parent.p_vmspace is child.p_vmspace:
        return
    vmspace_rele(child.p_vmspace)
    parent.p_vmspace.vm_refcnt += 1
    child.p_vmspace = parent.p_vmspace


def own_memory(flavor: Flavor, k: Machine, parent: Proc, child: Proc) -> None:
    """The child gets a copy of the memory that it should use together with its parent."""
    if parent.p_vmspace is None or child.p_vmspace is not parent.p_vmspace:
        return
    child.p_vmspace = vmspace_fork(parent.p_vmspace)
    parent.p_vmspace.vm_refcnt -= 1


def wired(flavor: Flavor, k: Machine, parent: Proc, child: Proc) -> None:
    """What the parent has locked in memory is locked for the child, too."""
    if parent.p_vmspace is None or child.p_vmspace is None:
        return
    for name, entry in child.p_vmspace.vm_map.items():
        there = parent.p_vmspace.vm_map.get(name)
        entry.wired = there is not None and there.wired


def not_traced(flavor: Flavor, k: Machine, parent: Proc, child: Proc) -> None:
    """What the child does is not recorded, whatever its parent's trace says of children."""
    if child.p_tracenode is not None:
        child.p_tracenode.kn_refs -= 1
    child.p_tracenode = None
    child.p_traceflag = 0
