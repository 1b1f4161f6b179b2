"""Credentials and per-uid accounting."""

from __future__ import annotations

from dataclasses import dataclass, replace

from oracle.machine.counted import counted


@counted("cr_ref")
@dataclass(slots=True, eq=False)
class Cred:
    """A credential: immutable once shared, so a change makes a new one (`copy`) and moves the reference."""

    cr_uid: int  # effective user id
    cr_ruid: int  # real user id; what processes are counted under
    cr_svuid: int  # saved user id
    cr_prison: str | None = None  # name of the jail, if any
    cr_ref: int = 1  # references held by processes and LWPs

    def copy(self, **changes: int) -> Cred:
        """A new credential with one reference and some ids changed."""
        return replace(self, cr_ref=1, **changes)  # type: ignore[arg-type]


@dataclass(slots=True, eq=False)
class UidInfo:
    """What is counted per real uid."""

    ui_uid: int
    ui_proccnt: int = 0  # processes charged to the uid, zombies included
