"""The terminal, as far as it signals its foreground group."""

from __future__ import annotations

from flavors.dragonfly.kern_proc import pgrp_of
from flavors.dragonfly.kern_sig import pgsignal
from flavors.dragonfly.proc_h import P_CONTROLT
from flavors.dragonfly.signal_h import _SIG_MAXSIG
from flavors.dragonfly.sources import TTY
from oracle.cite import models
from oracle.machine.errno import EINVAL, ENOTTY
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp
from oracle.machine.traps import Kernel


@models(TTY)
def ttyinput(k: Machine, lp: Lwp, sig: int) -> Kernel[None]:
    """A character that stands for a signal is typed at the caller's controlling terminal."""
    if not 0 < sig <= _SIG_MAXSIG:
        raise EINVAL(f"no character stands for signal {sig}")
    session = pgrp_of(lp.lwp_proc).pg_session
    if session.s_ttyvp is None or not lp.lwp_proc.p_flag & P_CONTROLT:
        raise ENOTTY("the process has no controlling terminal")
    if session.s_ttypgrp is not None:
        yield from pgsignal(k, lp, session.s_ttypgrp, sig, True)
