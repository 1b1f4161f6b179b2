"""What has to hold between any two moves of concurrent steps, broken on purpose by kernel code that mends it later."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from oracle.explore.explore import explore
from oracle.flavor import Args, Call, Flavor
from oracle.machine.locks import Mutex, RwLock
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp
from oracle.machine.traps import Kernel, may_block
from oracle.run import run
from tests.unit import toys
from tests.unit.explore.outcomes import scenario

Change = Callable[[Machine, Lwp], object]
BLOCK = """\
  - concurrently:
      parent: [{do: umask, mask: "077"}]
      shell: [{do: chdir, path: /tmp}]
"""


def _breaking(spoil: Change, mend: Change) -> Flavor:
    """A flavor whose umask breaks something, waits, and mends it."""

    def umask(k: Machine, lwp: Lwp, args: Args) -> Kernel[int | str | None]:
        spoil(k, lwp)
        yield from may_block("spoilt")
        mend(k, lwp)
        return "022"

    return replace(toys.TINY, calls={**toys.TINY.calls, "umask": Call(toys.TINY.calls["umask"].spec, umask)})


def _twice(k: Machine, lwp: Lwp) -> None:
    k.allproc.append(lwp.lwp_proc)


def _once(k: Machine, lwp: Lwp) -> None:
    del k.allproc[-1]


def _disown(k: Machine, lwp: Lwp) -> None:
    lwp.lwp_proc.p_pptr = k.proc0


def _own(k: Machine, lwp: Lwp) -> None:
    lwp.lwp_proc.p_pptr = k.roles["shell"].lwp_proc


def _forget(k: Machine, lwp: Lwp) -> None:
    assert lwp.lwp_proc.p_fd is not None
    lwp.lwp_proc.p_fd.fd_refcnt -= 2


def _remember(k: Machine, lwp: Lwp) -> None:
    assert lwp.lwp_proc.p_fd is not None
    lwp.lwp_proc.p_fd.fd_refcnt += 2


def _claim(k: Machine, lwp: Lwp) -> None:
    lwp.lwp_locks.append(Mutex("a mutex"))


def _share(k: Machine, lwp: Lwp) -> None:
    lwp.lwp_locks.append(RwLock("a lock", lk_readers=[lwp], lk_writer=lwp))


def _pretend(k: Machine, lwp: Lwp) -> None:
    lwp.lwp_locks.append(RwLock("a lock"))


def _drop(k: Machine, lwp: Lwp) -> None:
    lwp.lwp_locks.clear()


def _foist(k: Machine, lwp: Lwp) -> None:
    k.roles["init"].lwp_locks.append(RwLock("a lock", lk_writer=k.roles["init"]))


def _relieve(k: Machine, lwp: Lwp) -> None:
    k.roles["init"].lwp_locks.clear()


BROKEN: dict[str, tuple[Change, Change, str]] = {
    "twice on a list": (_twice, _once, "parent is 2 times on the list of live processes"),
    "a stranger's child": (_disown, _own, "parent is a child of shell, whom it does not call its parent"),
    "a parent's stranger": (_disown, _own, "parent calls kernel its parent, but is no child of his"),
    "used without a reference": (_forget, _remember, "FileDesc: fd_refcnt is -1, but 1 processes use it"),
    "a mutex without an owner": (_claim, _drop, "parent holds mutex a mutex, which has another owner or none"),
    "a writer among readers": (_share, _drop, "a lock is held by a writer and by 1 readers"),
    "a lock that knows nothing": (_pretend, _drop, "parent holds a lock, which does not know of it"),
    "a lock in user mode": (_foist, _relieve, "init is in user mode and holds 1 locks"),
}


@pytest.mark.parametrize(("spoil", "mend", "text"), BROKEN.values(), ids=BROKEN)
def test_what_is_broken_between_two_moves_is_seen_though_it_is_mended(spoil: Change, mend: Change, text: str) -> None:
    result = explore(scenario(BLOCK), _breaking(spoil, mend))
    assert text in [one.text for one in result.violations]
    assert not result.ok


def test_a_violation_names_a_schedule_under_which_it_is_seen_again() -> None:
    flavor = _breaking(_twice, _once)
    (violation,) = explore(scenario(BLOCK), flavor).violations
    assert violation.when == "under the schedule ''"
    (again,) = run(scenario(BLOCK), flavor).violations
    assert (again.rule, again.text) == (violation.rule, violation.text)


def test_what_breaks_in_a_run_that_is_cut_short_counts() -> None:
    """Half the runs end early, since others go on as they would."""

    def spoil(k: Machine, lwp: Lwp) -> None:
        if k.roles["shell"].lwp_proc.p_fd.fd_cdir.name == "/tmp":  # type: ignore[union-attr]
            _twice(k, lwp)

    def mend(k: Machine, lwp: Lwp) -> None:
        if k.allproc.count(lwp.lwp_proc) == 2:
            _once(k, lwp)

    (violation,) = explore(scenario(BLOCK), _breaking(spoil, mend)).violations
    assert violation.when == "under the schedule '1:shell'"


@pytest.mark.parametrize("flavor", [toys.TINY])
def test_a_sound_kernel_breaks_nothing(flavor: Flavor) -> None:
    assert explore(scenario(BLOCK), flavor).violations == ()
