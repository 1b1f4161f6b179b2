"""NetBSD's pid table against a plain account of it: slots that wait in a queue, each with the pid that it had last."""

from __future__ import annotations

from random import Random

from flavors.netbsd.kern_proc import proc_alloc_pid, proc_find_raw, proc_free_pid
from flavors.netbsd.param import PID_MAX, SIDL
from flavors.netbsd.state import PidTable
from oracle.extras import MachineExtras
from oracle.machine.proc import Proc
from oracle.scenario import MachineSpec
from tests.unit.flavors.netbsd import World


def waiting(pt: PidTable) -> list[int]:
    """The free slots, in the order in which they will be given out."""
    slots = [pt.next_free]
    while slots[-1] != pt.last_free:
        link = pt.slots[slots[-1]]
        assert isinstance(link, int)
        slots.append(link & pt.mask)
        assert len(slots) <= len(pt.slots)
    return slots


def sound(pt: PidTable, live: list[Proc]) -> None:
    """Every slot is a process's, is kept for a group, or waits, once."""
    used = [slot for slot, one in enumerate(pt.slots) if isinstance(one, Proc)]
    queue = waiting(pt)
    assert sorted([*used, *queue, *(slot for slot in pt.reserved if slot not in used)]) == list(range(pt.mask + 1))
    assert len({*used, *pt.reserved}) == pt.count
    for p in live:
        assert pt.slots[p.p_pid & pt.mask] is p


def test_every_process_is_found_and_every_slot_accounted_for_however_the_table_grows() -> None:
    world, chance = World(), Random(5)
    k, pt = world.k, world.globals.pids
    live: list[Proc] = []
    pids: list[int] = []
    for turn in range(2500):
        if not live or chance.random() < (0.7 if turn < 1600 else 0.4):
            p = k.new_proc("one", SIDL)
            proc_alloc_pid(pt, p)
            assert 0 < p.p_pid <= pt.pid_max
            assert p.p_pid not in {one.p_pid for one in live}
            live.append(p)
            pids.append(p.p_pid)
        else:
            proc_free_pid(k, live.pop(chance.randrange(len(live))).p_pid)
        if turn % 50 == 0 or pt.count in (33, 65, 129):
            sound(pt, live)
    sound(pt, live)
    assert pt.mask == 1023
    assert all(proc_find_raw(k, p.p_pid) is p for p in live)
    assert pids[:28] == sorted(pids[:28])


def test_a_slot_gives_the_pid_it_had_plus_the_size_of_the_table_and_its_own_number_after_the_last() -> None:
    world = World()
    k, pt = world.k, world.globals.pids
    size = pt.mask + 1
    had = {slot: one & ~pt.mask for slot, one in enumerate(pt.slots) if isinstance(one, int)}
    p = k.new_proc("one", SIDL)
    for _ in range(PID_MAX + 3 * size):
        slot = pt.next_free
        proc_alloc_pid(pt, p)
        expected = had[slot] + size + slot
        if expected > PID_MAX:
            expected = slot
        assert p.p_pid == expected
        had[slot] = p.p_pid & ~pt.mask
        proc_free_pid(k, p.p_pid)
        assert pt.last_free == slot
    assert pt.mask == size - 1


def test_the_table_doubles_when_it_is_nearly_full_and_past_the_highest_pid_the_highest_pid_and_the_limit_grow_with_it() -> None:
    world = World(machine=MachineSpec(extras=MachineExtras(last_pid=21844)))  # bits by turns: a kept number moves and stays
    world.do("parent", "fork", "kid")
    world.do("kid", "setsid")
    world.do("kid", "fork", "grandkid")
    world.do("kid", "exit")
    world.do("parent", "wait")
    pt = world.globals.pids
    assert 21845 in pt.reserved.values()
    kept = set(pt.reserved.values())
    grown = []
    while pt.mask < 4 * 16384 - 1:
        before = pt.mask, pt.count
        proc_alloc_pid(pt, Proc(-1, 0, "one", SIDL))
        if pt.mask != before[0]:
            grown.append((before[1], pt.mask + 1, pt.pid_max, pt.limit))
            assert pt.reserved == {number & pt.mask: number for number in kept}
    small = [(30 << n, 64 << n, PID_MAX, 60 << n) for n in range(9)]
    assert grown == [*small, (30 << 9, 32768, 65535, 0x7C00), (0x7C00, 65536, 131071, 0xFC00)]


def test_after_any_last_pid_come_the_next_ones_whose_slots_are_free_and_past_the_highest_the_slots_own_numbers() -> None:
    for last in (*range(8, 72), 999, *range(PID_MAX - 70, PID_MAX + 1)):
        world = World(machine=MachineSpec(extras=MachineExtras(last_pid=last)))
        k, pt = world.k, world.globals.pids
        size = pt.mask + 1
        taken = {slot for slot, one in enumerate(pt.slots) if isinstance(one, Proc)} | set(pt.reserved)
        free = [pid for pid in range(last + 1, last + 1 + size) if pid % size not in taken]
        room = pt.limit - pt.count
        for pid in free[:room]:
            proc_alloc_pid(pt, p := k.new_proc("one", SIDL))
            assert p.p_pid == (pid if pid <= PID_MAX else pid % size), last
        assert pt.mask == size - 1


def test_a_session_keeps_its_number_until_its_last_group_is_gone() -> None:
    world = World()
    pt = world.globals.pids
    before, kept = pt.count, dict(pt.reserved)
    sid = world.do("parent", "fork", "kid")
    assert isinstance(sid, int)
    world.do("kid", "setsid")
    world.do("kid", "fork", "grandkid")
    world.do("grandkid", "setpgid")
    world.do("kid", "exit")
    world.do("parent", "wait")
    own = world.proc("grandkid").p_pid
    assert pt.reserved == {**kept, sid: sid, own: own}
    sound(pt, [world.proc("grandkid")])
    for number in range(80):  # the table grows, and what is kept moves along
        world.do("shell", "fork", f"more{number}")
    assert pt.reserved.get(sid & pt.mask) == sid
    sound(pt, [world.proc("grandkid")])
    world.do("grandkid", "exit")
    world.do("init", "wait")
    assert pt.count == before + 80
    assert sid not in pt.reserved.values()
    sound(pt, [])


def test_a_group_keeps_its_number_until_its_last_member_is_gone() -> None:
    world = World()
    pt = world.globals.pids
    before, kept = pt.count, dict(pt.reserved)
    first = world.do("parent", "fork", "first")
    assert isinstance(first, int)
    world.do("parent", "fork", "second")
    world.do("parent", "setpgid", of="first")
    world.do("parent", "setpgid", of="second", group="first")
    world.do("first", "exit")
    world.do("parent", "wait")
    assert pt.reserved == {**kept, first: first}
    world.do("second", "exit")
    world.do("parent", "wait")
    assert (pt.count, pt.reserved) == (before, kept)
    sound(pt, [])
