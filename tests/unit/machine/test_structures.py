"""Credentials, files, limits, signals, rate limits, names: the small parts."""

from __future__ import annotations

from dataclasses import fields

import pytest

from oracle.errors import LimitExceeded, MachineMisuse
from oracle.machine.cred import Cred
from oracle.machine.errno import EAGAIN, Errno
from oracle.machine.files import FileDesc, lowest_free, vref, vrele
from oracle.machine.limits import PLimit
from oracle.machine.machine import PROCESSES_PER_RUN, Machine
from oracle.machine.proc import Lwp, Proc
from oracle.machine.ratelimit import RateLimit, ratecheck
from oracle.machine.signals import SigActs, SigHandler, first, members, sigmask, sigset
from tests.unit.machine.bare import Bench


def test_an_errno_knows_its_name_and_its_reason() -> None:
    assert (EAGAIN("full").name, str(EAGAIN("full")), str(EAGAIN())) == ("EAGAIN", "full", "")
    assert isinstance(EAGAIN(), Errno)


def test_a_changed_credential_is_a_new_one_with_one_reference() -> None:
    old = Cred(1, 2, 3, "jail", cr_ref=5)
    new = old.copy(cr_uid=0)
    assert (new.cr_uid, new.cr_ruid, new.cr_svuid, new.cr_prison, new.cr_ref) == (0, 2, 3, "jail", 1)
    assert (old.cr_uid, old.cr_ref) == (1, 5)


def test_copies_of_limits_and_handlers_are_independent() -> None:
    limits = PLimit({"nproc": (1, 2)}, pl_refcnt=3, pl_exclusive=1)
    copy = limits.copy()
    copy.pl_rlimit["nproc"] = (0, 0)
    assert (limits.pl_rlimit["nproc"], copy.pl_refcnt, copy.pl_exclusive) == ((1, 2), 1, 0)
    acts = SigActs({2: SigHandler("h")}, ps_refcnt=2, ps_sigignore=4)
    other = acts.copy()
    del other.ps_sigact[2]
    assert (acts.ps_sigact, other.ps_refcnt, other.ps_sigignore) == ({2: SigHandler("h")}, 1, 4)


def test_signal_sets_name_their_members_lowest_first() -> None:
    mask = sigset([20, 2, 9])
    assert mask == sigmask(2) | sigmask(9) | sigmask(20)
    assert members(mask) == [2, 9, 20]
    assert (first(mask), first(0), members(0)) == (2, 0, [])


def test_the_lowest_free_descriptor_is_neither_open_nor_reserved() -> None:
    table = FileDesc({}, {})
    table.fd_reserved[0] = None
    assert lowest_free(table) == 1
    assert lowest_free(table, 7) == 7


def test_a_vnode_is_released_as_often_as_it_was_referenced() -> None:
    vp = Machine().vnode("/a")
    vrele(vref(vp))
    with pytest.raises(MachineMisuse, match="vrele of /a, which nobody holds"):
        vrele(vp)


def test_a_rate_limit_lets_the_first_through_and_others_after_the_interval() -> None:
    limit = RateLimit()
    assert [ratecheck(limit, now, 100) for now in (5, 50, 104, 105, 106)] == [True, False, False, True, False]


def test_vnodes_and_uids_are_made_when_first_asked_for() -> None:
    k = Machine()
    assert k.vnode("/a") is k.vnode("/a")
    assert k.uid(7) is k.uid(7)


def test_serial_numbers_only_go_up() -> None:
    k = Machine()
    assert k.new_proc("a", 1).p_serial < k.new_proc("b", 1).p_serial


def test_a_new_process_has_the_role_that_is_expected_of_its_maker() -> None:
    bench = Bench()
    k = bench.k
    k.expecting[bench.lwps[0]] = "kid"
    k.curlwp = bench.lwps[0]
    born = k.new_proc("kid", 1)
    lwp = Lwp(born, 1, 1)
    k.name_lwp(lwp)
    assert k.role(born) == "kid"
    assert k.roles["kid"] is lwp


def test_a_further_lwp_of_a_process_has_the_role_that_is_expected_and_no_role_twice() -> None:
    bench = Bench()
    k = bench.k
    k.roles["a"] = bench.lwps[0]
    k.curlwp = bench.lwps[0]
    k.expecting[bench.lwps[0]] = "thread"
    second, third = Lwp(bench.lwps[0].lwp_proc, 2, 1), Lwp(bench.lwps[0].lwp_proc, 3, 1)
    k.name_lwp(second)
    k.name_lwp(third)
    assert k.roles["thread"] is second
    assert third not in k.lwp_names


def test_a_new_process_is_zeroed_in_every_field() -> None:
    p = Proc(7, 1, "x", 2)
    found = {field.name: getattr(p, field.name) for field in fields(p)}
    assert {name: value for name, value in found.items() if value} == {"p_pid": 7, "p_serial": 1, "p_comm": "x", "p_stat": 2}


def test_who_plays_no_part_is_called_by_its_pid() -> None:
    k = Machine()
    assert k.role(Proc(77, 1, "x", 1)) == "pid 77"
    assert k.role(None) == "none"


def test_the_living_and_the_dead_are_found_by_pid() -> None:
    bench = Bench()
    dead = Proc(99, 99, "dead", 1)
    bench.k.zombproc.append(dead)
    assert bench.k.pfind(2) is bench.lwps[1].lwp_proc
    assert bench.k.pfind(99) is None
    assert bench.k.zfind(99) is dead
    assert bench.k.zfind(2) is None


def test_the_number_of_processes_is_limited() -> None:
    k = Machine()
    k.allproc = [Proc(1, 1, "x", 1)] * (PROCESSES_PER_RUN + 1)
    with pytest.raises(LimitExceeded, match=r"use machine\.background instead"):
        k.new_proc("one too many", 1)
