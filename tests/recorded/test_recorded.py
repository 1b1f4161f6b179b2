"""Every installed flavor does what the C of its listing did, call by recorded call."""

from __future__ import annotations

import gzip
import json
from functools import cache, lru_cache
from pathlib import Path

import pytest

from oracle.errors import UsageError
from oracle.flavor import Flavor
from oracle.registry import load_flavors
from tests.recorded import dragonfly
from tests.recorded.__main__ import main
from tests.recorded.compare import INDEX, Compared, compare, flatten, words
from tests.recorded.notions import NO_NOTION, reason
from tests.recorded.recording import CORNERS, Outcome, Recording, recordings

FLAVORS = ("dragonfly@1.62", "dragonfly@1.67", "dragonfly@768af85b", "netbsd@1.189")
PARTS = 4  # of the recordings of a flavor, for workers that run side by side
MOST_OUTSIDE = 0.10  # of the members


@lru_cache(maxsize=1)  # of a hundred megabytes
def of_flavor(flavor_id: str) -> list[Recording]:
    """All recordings of a flavor."""
    return [one for one in recordings(about=f'"{flavor_id}"') if one.flavor == flavor_id]


@cache
def installed() -> dict[str, Flavor]:
    """The flavors that can be run."""
    return {flavor.id: flavor for flavor in load_flavors().flavors}


@cache
def first(flavor_id: str) -> Recording:
    """The first recording of a flavor in which a process is made."""
    return next(one for one in recordings(about=f'"{flavor_id}"') if one.outcome["child"] is not None)


def altered(recording: Recording, **members: object) -> Recording:
    """A recording with other outcomes."""
    outcome: Outcome = {**recording.outcome, **members}
    return Recording(recording.id, recording.flavor, recording.call, recording.args, recording.state, outcome)


def line(recording: Recording) -> str:
    """A recording as it stands in a file."""
    vector = {name: getattr(recording, name) for name in ("id", "flavor", "call", "args", "state")}
    return json.dumps({"vector": vector, "outcome": recording.outcome}) + "\n"


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("flavor_id", FLAVORS)
def test_a_flavor_does_what_its_listing_did(flavor_id: str, part: int) -> None:
    wanted = of_flavor(flavor_id)[part::PARTS]
    flavor = installed().get(flavor_id)
    if flavor is None:
        pytest.skip(f"{len(wanted)} recordings of {flavor_id}, which is not installed")
    total = Compared()
    for recording in wanted:
        total.add(compare(flavor, recording))
    assert not total.differences, "\n".join(str(one) for one in total.differences[:10])


@pytest.mark.parametrize("flavor_id", FLAVORS)
def test_a_flavor_does_what_its_listing_did_in_the_corners(flavor_id: str) -> None:
    flavor = installed().get(flavor_id) or pytest.skip(f"{flavor_id} is not installed")
    corners = [one for path in CORNERS for one in recordings(path) if one.flavor == flavor_id]
    assert corners
    assert [found for one in corners for found in compare(flavor, one).differences] == []


def test_every_recording_is_of_a_flavor_that_is_asked_for() -> None:
    assert tuple(sorted({one.flavor for one in recordings()})) == FLAVORS


@pytest.mark.parametrize("flavor_id", FLAVORS)
def test_few_members_are_outside_the_notions_of_the_model(flavor_id: str) -> None:
    members: dict[str, None] = {}
    for recording in of_flavor(flavor_id):
        for path, _ in flatten(words(recording.outcome)):
            members[INDEX.sub("", path)] = None
    outside = [member for member in members if reason(member, flavor_id)]
    assert len(outside) <= MOST_OUTSIDE * len(members), outside


def test_what_is_said_to_be_outside_the_notions_is_recorded() -> None:
    seen: dict[str, None] = {}
    for recording in recordings():
        for path, _ in flatten(recording.outcome):
            member = INDEX.sub("", path)
            seen[member] = seen[member.removeprefix("child.").removeprefix("parent.")] = None
    assert [name for name in NO_NOTION if name.rpartition(":")[2] not in seen] == []


@pytest.mark.parametrize("flavor_id", [one for one in FLAVORS if one in installed()])
def test_an_altered_outcome_is_found(flavor_id: str) -> None:
    recording = first(flavor_id)
    child = {**recording.outcome["child"], "nice": 17}
    found = compare(installed()[flavor_id], altered(recording, error="EPERM", child=child)).differences
    assert sorted((one.member, one.expected) for one in found) == [("child.nice", 17), ("error", "EPERM")]


@pytest.mark.parametrize("flavor_id", [one for one in FLAVORS if one in installed()])
def test_an_altered_member_that_is_taken_for_granted_is_found(flavor_id: str) -> None:
    recording = first(flavor_id)
    child = {**recording.outcome["child"], "emuldata": True}
    found = compare(installed()[flavor_id], altered(recording, child=child)).differences
    assert [(one.member, one.expected, one.actual) for one in found] == [("child.emuldata", True, False)]


@pytest.mark.parametrize("flavor_id", [one for one in FLAVORS if one in installed()])
def test_a_knob_that_nobody_knows_is_a_difference(flavor_id: str) -> None:
    one = first(flavor_id)
    recording = Recording(one.id, one.flavor, one.call, one.args, {**one.state, "moon": 1}, one.outcome)
    assert [found.member for found in compare(installed()[flavor_id], recording).differences] == ["state.moon"]


@pytest.mark.parametrize("flavor_id", [one for one in FLAVORS if one in installed() and one.startswith("dragonfly@")])
@pytest.mark.parametrize("knob", ["copyin_error", "copyout2_error", "prepare_error", "leader_flag", "fdtol_ring", "advance"])
def test_a_knob_that_does_not_matter_to_the_call_is_known(knob: str, flavor_id: str) -> None:
    one = first(flavor_id)
    value: object = ["P_ADVLOCK"] if knob == "leader_flag" else 14
    recording = Recording(one.id, one.flavor, "vfork", {}, {knob: value}, one.outcome)
    found = compare(installed()[flavor_id], recording).differences
    assert not [one.member for one in found if one.member.startswith("state")]


@pytest.mark.parametrize("flavor_id", [one for one in FLAVORS if one in installed() and one.startswith("dragonfly@")])
@pytest.mark.parametrize("repeat", [1, 3])
def test_each_child_is_traced_by_whoever_comes_first_even_if_fork1_never_sleeps(repeat: int, flavor_id: str) -> None:
    args = {"flags": ["RFPROC", "RFTHREAD", "RFSIGSHARE"]}  # everything shared: nothing is allocated in between
    state = {"race_ktrace": 1, "fdtol": 1, "fd_refcnt": 2, "traceflag": 0x40000002, "tracenode": 1, "repeat": repeat}
    world = dragonfly.run(installed()[flavor_id], Recording("race", flavor_id, "rfork", args, state, {}))
    assert world.child is not None
    assert world.child.p_tracenode is not None
    assert (world.child.p_tracenode.kn_name, world.child.p_traceflag) == ("other", 2)


def test_the_command_reads_plain_and_packed_files_and_is_content(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plain, packed = tmp_path / "plain.jsonl", tmp_path / "packed.gz"
    plain.write_text(line(first("netbsd@1.189")))
    packed.write_bytes(gzip.compress(line(first("dragonfly@768af85b")).encode()))
    assert main([str(plain), str(packed)]) == 0
    shown = capsys.readouterr().out
    assert "netbsd@1.189: 1 of 1 recordings agree" in shown
    assert "dragonfly@768af85b: 1 of 1 recordings agree" in shown


def test_the_command_shows_what_differs_by_member(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recording = first("netbsd@1.189")
    path = tmp_path / "some.jsonl"
    path.write_text(line(recording) + line(altered(recording, error="EPERM")) + line(altered(recording, error="ESRCH")))
    assert main(["--examples", "1", str(path)]) == 1
    shown = capsys.readouterr().out
    assert "netbsd@1.189: 1 of 3 recordings agree" in shown
    assert "error: differs 2 times\n" in shown
    assert f"{recording.id}: expected 'EPERM', actual 0\n" in shown
    assert "ESRCH" not in shown


def test_the_command_counts_what_it_leaves_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = first("netbsd@1.189")
    path = tmp_path / "other.jsonl"
    path.write_text(line(Recording(one.id, "plan9@4", one.call, one.args, one.state, one.outcome)))
    assert main([str(path)]) == 0
    assert capsys.readouterr().out == "plan9@4: not installed, 1 recordings left out\n"


@pytest.mark.parametrize("text", ["{}", "[]", "nothing", '{"vector": {"id": "a"}, "outcome": {}}'])
def test_a_line_that_is_no_recording_is_pointed_at(text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "broken.jsonl"
    path.write_text(f"\n{text}\n")
    assert main([str(path)]) == 2
    assert f"{path}:2: no recording" in capsys.readouterr().err


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="absent"):
        list(recordings(tmp_path / "absent"))
