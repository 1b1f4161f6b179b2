"""Who may do what to whom, and to himself: every combination of user ids against the rules that the systems' manuals give."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from oracle.flavor import Flavor
from oracle.outcome import RunResult
from oracle.registry import load_flavors
from oracle.run import run
from oracle.scenario import ArgValue, ProcessSpec, Scenario, Step

FLAVORS = {flavor.id: flavor for flavor in load_flavors().flavors}
everywhere = pytest.mark.parametrize("flavor", FLAVORS.values(), ids=FLAVORS)
UIDS = (0, 1, 2)
Ids = tuple[int, ...]  # real, effective, saved
Changed = Ids | None  # None: EPERM


def play(flavor: Flavor, *processes: ProcessSpec, calls: list[tuple[str, str, dict[str, ArgValue]]]) -> RunResult:
    steps = tuple(Step(number, by, call, args, f"kid{number}") for number, (by, call, args) in enumerate(calls, 1))
    result = run(Scenario("permissions", "", "", "", steps, processes=processes), flavor)
    assert result.ok, result
    return result


def person(name: str, ids: Ids, **more: Any) -> ProcessSpec:
    return ProcessSpec(name, uid=ids[0], euid=ids[1], svuid=ids[2], **more)


def changed(flavor: Flavor, ids: Ids, call: str, args: dict[str, ArgValue]) -> tuple[Changed, bool, bool]:
    """The ids after a call; whether they count as changed; whether the process is charged to its real one."""
    result = play(flavor, person("one", ids), calls=[("one", call, args)])
    facts = result.observation.facts
    now = tuple(int(str(facts[f"one.{name}"])) for name in ("ruid", "uid", "svuid"))
    charged = facts.get(f"machine.uid.{now[0]}") == (3 if now[0] == 0 else 1)  # process 0 and init are root's
    if result.outcomes[0].result == "EPERM":
        assert now == ids
        return None, bool(facts["one.sugid"]), charged
    return now, bool(facts["one.sugid"]), charged


def setuid(flavor: Flavor, ids: Ids, uid: int) -> Changed:
    own = ids[:1] if flavor.system == "netbsd" else ids[:2]
    return (uid, uid, uid) if ids[1] == 0 or uid in own else None


def seteuid(ids: Ids, uid: int) -> Changed:
    return (ids[0], uid, ids[2]) if ids[1] == 0 or uid in (ids[0], ids[2]) else None


def setreuid(flavor: Flavor, ids: Ids, ruid: int, euid: int) -> Changed:
    real, effective, saved = ids
    real_from = (-1, real, effective) if flavor.system == "netbsd" else (-1, real, saved)
    if effective != 0 and (ruid not in real_from or euid not in (-1, *ids)):
        return None
    now_real, now_effective = real if ruid == -1 else ruid, effective if euid == -1 else euid
    if flavor.system == "netbsd":
        return now_real, now_effective, saved if now_real == real else now_effective
    return now_real, now_effective, now_effective if ruid != -1 or now_effective != now_real else saved


@everywhere
def test_the_ids_that_setuid_and_seteuid_give(flavor: Flavor) -> None:
    for ids, uid in product(product(UIDS, repeat=3), (*UIDS, 3)):
        cases: tuple[tuple[str, dict[str, ArgValue], Changed], ...] = (
            ("setuid", {"uid": uid}, setuid(flavor, ids, uid)),
            ("seteuid", {"uid": uid}, seteuid(ids, uid)),
        )
        for call, args, wanted in cases:
            expected = (wanted, wanted not in (None, ids), True)
            assert changed(flavor, ids, call, args) == expected, (ids, call, uid)


@everywhere
def test_the_ids_that_setreuid_gives(flavor: Flavor) -> None:
    for ids, ruid, euid in product(product(UIDS, repeat=3), (-1, *UIDS), (-1, *UIDS)):
        wanted = setreuid(flavor, ids, ruid, euid)
        assert changed(flavor, ids, "setreuid", {"ruid": ruid, "euid": euid}) == (wanted, wanted not in (None, ids), True)


@everywhere
def test_a_signal_needs_a_common_real_or_effective_id_or_root_or_is_a_continue_in_the_session(flavor: Flavor) -> None:
    for mine, his, session in product(product(UIDS, UIDS), product(UIDS, UIDS), ("shell", "")):
        for signal in ("SIGUSR1", "SIGCONT"):
            one, other = person("one", (*mine, mine[1])), person("other", (*his, his[1]), session=session)
            result = play(flavor, one, other, calls=[("one", "kill", {"to": "other", "signal": signal})])
            may = mine[1] == 0 or bool({*mine} & {*his}) or (signal == "SIGCONT" and session == "shell")
            assert result.outcomes[0].result == ("0" if may else "EPERM"), (mine, his, session, signal)


@everywhere
def test_a_debugger_needs_the_same_real_id_and_one_that_never_changed_its_ids_or_root(flavor: Flavor) -> None:
    for mine, his, sugid in product(product(UIDS, UIDS), product(UIDS, UIDS), (False, True)):
        one, other = person("one", (*mine, mine[1])), person("other", (*his, his[1]), sugid=sugid)
        result = play(flavor, one, other, calls=[("one", "ptrace", {"request": "attach", "process": "other"})])
        may = mine[1] == 0 or (mine[0] == his[0] and not sugid)
        assert result.outcomes[0].result == ("0" if may else "EPERM"), (mine, his, sugid)


@everywhere
@pytest.mark.parametrize(("uid", "before", "wanted", "after"), [
    (1, 0, 4, 4), (1, 4, 4, 4), (1, 4, 3, None), (1, 0, 21, 20), (1, 4, -30, None), (0, 4, -20, -20), (0, 0, -30, -20),
    (0, 0, 30, 20),
])  # fmt: skip
def test_only_root_gets_nicer_treatment_and_both_ends_are_fixed(
    flavor: Flavor, uid: int, before: int, wanted: int, after: int | None
) -> None:
    result = play(flavor, ProcessSpec("one", uid=uid, nice=before), calls=[("one", "nice", {"nice": wanted})])
    shown = result.observation.facts["one.nice"]
    assert (result.outcomes[0].result, shown) == (("EACCES", before) if after is None else ("0", after))


@pytest.mark.parametrize("name", [name for name in FLAVORS if name.startswith("dragonfly")])
def test_a_jailed_process_signals_its_own_jail_alone_even_as_root(name: str) -> None:
    for mine, his, uid in product(("", "a", "b"), ("", "a", "b"), (0, 1)):
        one, other = ProcessSpec("one", uid=uid, jail=mine), ProcessSpec("other", uid=uid, jail=his)
        result = play(FLAVORS[name], one, other, calls=[("one", "kill", {"to": "other", "signal": "SIGUSR1"})])
        assert result.outcomes[0].result == ("0" if mine in ("", his) else "EPERM"), (mine, his, uid)


def test_netbsd_lets_root_and_who_has_the_real_and_the_saved_id_of_a_process_have_its_children_born_stopped() -> None:
    for mine, his in product(product(UIDS, UIDS), product(UIDS, repeat=3)):
        one, other = person("one", (*mine, mine[1])), person("other", his)
        result = play(FLAVORS["netbsd@1.189"], one, other, calls=[("one", "stopfork", {"process": "other"})])
        may = mine[1] == 0 or mine[0] == his[0] == his[2]
        assert result.outcomes[0].result == ("0" if may else "EPERM"), (mine, his)
