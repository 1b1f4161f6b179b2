"""Resource limits, shared until somebody changes them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from oracle.machine.counted import counted

RLIM_INFINITY = (1 << 63) - 1


@counted("pl_refcnt")
@dataclass(slots=True, eq=False)
class PLimit:
    """Soft and hard limits of a process, or of several that never changed them."""

    pl_rlimit: dict[str, tuple[int, int]]  # resource name, such as "nproc", to (soft, hard)
    pl_refcnt: int = 1  # processes that use it
    pl_exclusive: int = 0  # 1: private to one process (NetBSD pl_writeable); 2: private because of threads

    def copy(self) -> PLimit:
        """A private copy with one reference, not marked exclusive."""
        return replace(self, pl_rlimit=dict(self.pl_rlimit), pl_refcnt=1, pl_exclusive=0)
