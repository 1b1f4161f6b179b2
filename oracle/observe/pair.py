"""How two processes hang together: what they share is one object."""

from __future__ import annotations

from functools import lru_cache

from oracle.facts import APART, SHARED
from oracle.machine.proc import Proc
from oracle.machine.vm import VmEntry
from oracle.observation import Block
from oracle.observe.naming import paths

PAIR = ("memory", "files", "cwd", "handlers", "offsets", "regions")
PAIR_SYSTEM = ("signal_lock", "limits", "credential")


def pair(elder_name: str, name: str, elder: Proc, proc: Proc) -> tuple[Block, Block]:
    """The facts of PAIR and those of PAIR_SYSTEM about two processes."""
    fd, fd2, vm, vm2, cwdi = elder.p_fd, proc.p_fd, elder.p_vmspace, proc.p_vmspace, elder.p_cwdi
    offsets: list[str] = []
    if fd is not None and fd2 is not None:
        files, files2 = fd.fd_files, fd2.fd_files
        for number in sorted(files) if len(files) > 1 else files:
            if files2.get(number) is files[number]:
                offsets.append(str(number))
    regions: list[str] = []
    if vm is not None and vm2 is not None:
        if vm is vm2:
            regions += vm.vm_map
        else:
            theirs = vm2.vm_map
            for region, entry in vm.vm_map.items():
                if not entry.needs_copy and _writes_meet(entry, theirs.get(region)):
                    regions.append(region)
    files_shared = SHARED if fd is fd2 and fd is not None else APART
    values = (
        SHARED if vm is vm2 and vm is not None else APART,
        files_shared,
        files_shared if cwdi is None else SHARED if cwdi is proc.p_cwdi else APART,
        SHARED if elder.p_sigacts is proc.p_sigacts else APART,
        tuple(offsets),
        tuple(regions),
    )
    more = (
        SHARED if elder.p_lock is proc.p_lock and elder.p_lock is not None else APART,
        SHARED if elder.p_limit is proc.p_limit else APART,
        SHARED if elder.p_ucred is proc.p_ucred else APART,
    )
    common, system = _pair_paths(elder_name, name)
    return (common, values), (system, more)


@lru_cache(maxsize=65536)
def _pair_paths(elder: str, younger: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The paths of the facts of PAIR and of PAIR_SYSTEM about two processes."""
    return paths(f"{elder}~{younger}", PAIR), paths(f"{elder}~{younger}", PAIR_SYSTEM)


def _writes_meet(entry: VmEntry, other: VmEntry | None) -> bool:
    return other is not None and entry.obj is other.obj and not other.needs_copy
