"""Working directory, root and umask: copied or shared by fork."""

from __future__ import annotations

from flavors.netbsd.sources import VFS_CWD
from oracle.cite import models
from oracle.machine.files import Cwdi, vrele
from oracle.machine.machine import Machine
from oracle.machine.proc import Proc


def cwdi_of(p: Proc) -> Cwdi:
    """The structure of a live process."""
    assert p.p_cwdi is not None
    return p.p_cwdi


@models(VFS_CWD)
def cwdinit(p1: Proc) -> Cwdi:
    """A copy, with references of its own."""
    cwdi = cwdi_of(p1)
    cdir, rdir = cwdi.cwdi_cdir, cwdi.cwdi_rdir
    cdir.v_usecount += 1
    rdir.v_usecount += 1
    return Cwdi(cdir, rdir, cwdi.cwdi_cmask)


@models(VFS_CWD)
def cwdshare(p1: Proc, p2: Proc) -> None:
    """One structure for both."""
    cwdi = cwdi_of(p1)
    cwdi.cwdi_refcnt += 1
    p2.p_cwdi = cwdi


@models(VFS_CWD)
def cwdfree(p: Proc) -> None:
    """Drop a reference; the last one lets go of the directories."""
    cwdi = cwdi_of(p)
    p.p_cwdi = None
    cwdi.cwdi_refcnt -= 1
    if cwdi.cwdi_refcnt == 0:
        vrele(cwdi.cwdi_cdir)
        vrele(cwdi.cwdi_rdir)


@models(VFS_CWD)
def cwdunshare(p: Proc) -> None:
    """Give a process a structure of its own."""
    cwdi = cwdi_of(p)
    if cwdi.cwdi_refcnt > 1:
        p.p_cwdi = cwdinit(p)
        cwdi.cwdi_refcnt -= 1


def chdir(k: Machine, p: Proc, path: str) -> None:
    """chdir(2) to a directory that is always there."""
    cwdi = cwdi_of(p)
    vp = k.vget(path)
    vrele(cwdi.cwdi_cdir)
    cwdi.cwdi_cdir = vp


def umask(p: Proc, mask: int) -> str:
    """umask(2); the old mask in octal."""
    cwdi = cwdi_of(p)
    old = cwdi.cwdi_cmask
    cwdi.cwdi_cmask = mask & 0o777
    return f"{old:03o}"
