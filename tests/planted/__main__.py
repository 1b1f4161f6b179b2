"""`python -m tests.planted`: change one decision of a flavor, twenty times, and see whether a search finds each in a minute.

Places are chosen by chance (`--seed`) from all decisions on the fork path that cite lines of C. The changed flavor and the
unchanged one are compared in one process, as two revisions of one system. A change is left out, and told, only if no scenario
in specs/ comes to anything else under it, for then nothing says that it could be seen at all; or if the kernel's code comes to
no end and never yields, so that nothing can be compared.
"""

from __future__ import annotations

import argparse
import importlib
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType

from oracle.flavor import Flavor
from oracle.fuzz.hunt import Hunt, carry_out, findings
from oracle.fuzz.store import FuzzStore
from oracle.load import find_scenarios, load_scenario
from oracle.outcome import RunResult
from oracle.registry import load_flavors, validate
from oracle.run import run
from oracle.scenario import Scenario
from tests.planted.places import FILES, ROOT, Place, in_order, places

MODULES = {file: (file.removesuffix("/kern_fork.py").replace("/", "."), "FLAVOR") for file in FILES}
MODULES["flavors/netbsd/kern_fork.py"] = ("flavors.netbsd.flavor", "FLAVOR")


HANGS = 30  # seconds for what takes one


class Hangs(BaseException):
    """Kernel code came to no end. No `Exception`: a run takes those for crashes of its flavor."""


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Raise Hangs after so long."""

    def ring(number: int, frame: FrameType | None) -> None:
        raise Hangs

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@dataclass(frozen=True, slots=True)
class Row:
    """What became of a bug."""

    place: Place
    by: str  # which scenario in specs/ shows it
    seconds: float
    cases: int
    buckets: int
    crashes: int  # of the buckets: those that show nothing else, which is less of a find
    steps: int  # of the longest smallest case; 0: not found

    def told(self) -> str:
        """As a row of the table."""
        where = f"{self.place.file.removeprefix('flavors/')}:{self.place.line}"
        how = "a crash" if self.crashes == self.buckets else "fuzz"
        found = f"{how}, case ≤ {self.cases}" if self.buckets else f"nobody, in {self.cases} cases"
        return f"| {where} | {self.place.told()} | {self.place.cited} | {found} | {self.seconds:.1f} | {self.steps or '-'} |"


def main() -> int:
    """Run it; the exit code is the number of bugs that were not found, or not made small enough."""
    parser = argparse.ArgumentParser(prog="python -m tests.planted", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=60.0, help="for each")
    parser.add_argument("--steps", type=int, default=5, help="the most that the smallest case may have")
    options = parser.parse_args()
    registry = load_flavors()
    scenarios = [load_scenario(file, registry.flavors, ROOT / "specs") for file in find_scenarios([ROOT / "specs"])]
    plain = [scenario for scenario in scenarios if not scenario.concurrent]
    expected: dict[str, list[tuple[Scenario, RunResult]]] = {}
    for flavor in registry.flavors:
        expected[flavor.id] = [(one, run(one, flavor, checked=False)) for one in plain if one.runs_on(flavor.id)]
    there = places()
    print(f"{len(there)} changes of one decision; seed {options.seed}", flush=True)
    chosen = in_order(there, options.seed)
    print("| place | change | lines of C | found by | seconds | steps |\n| --- | --- | --- | --- | --- | --- |")
    rows: list[Row] = []
    left_out: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        sys.path.insert(0, folder)
        for number, place in enumerate(chosen):
            if len(rows) == options.count:
                break
            flavor = registry.find(place.flavor)
            changed = _plant(place, Path(folder), number)
            try:
                with at_most(HANGS):
                    by = _shown_by(changed, expected[flavor.id])
                if not by:
                    left_out.append(f"{place.file}:{place.line} {place.told()}: no scenario shows it")
                    continue
                with at_most(options.seconds + HANGS):
                    rows.append(_hunt(place, flavor, changed, by, options.seed, options.seconds))
            except Hangs:
                left_out.append(f"{place.file}:{place.line} {place.told()}: the kernel loops for ever, and nothing ends it")
                continue
            print(rows[-1].told(), flush=True)
    found = [row for row in rows if row.buckets and row.steps <= options.steps]
    print(f"\n{len(found)} of {len(rows)} found and shrunk to {options.steps} steps or less; {len(left_out)} left out:")
    for line in left_out:
        print(f"  {line}")
    return len(rows) - len(found)


def _plant(place: Place, folder: Path, number: int) -> Flavor:
    """The flavor with the change: a copy of the flavors' packages under another name, imported beside the originals."""
    name = f"planted{number}"
    target = folder / name
    shutil.copytree(ROOT / "flavors", target, ignore=shutil.ignore_patterns("__pycache__"))
    for file in sorted(target.rglob("*.py")):
        text = file.read_text("utf-8")
        if file.relative_to(target) == Path(place.file).relative_to("flavors"):
            text = place.planted(text)
        file.write_text(text.replace("flavors.", f"{name}."), "utf-8")
    importlib.invalidate_caches()
    module, attribute = MODULES[place.file]
    flavor: Flavor = getattr(importlib.import_module(module.replace("flavors", name, 1)), attribute)
    validate(flavor)
    return flavor


def _shown_by(changed: Flavor, expected: Sequence[tuple[Scenario, RunResult]]) -> str:
    """The first scenario that comes to something else, with the changed flavor in the place of the unchanged one."""
    for scenario, before in expected:
        now = run(scenario, changed, checked=False)
        if (now.crash, now.unmodelled) != (before.crash, before.unmodelled) or now.observation != before.observation:
            return scenario.name
    return ""


def _hunt(place: Place, flavor: Flavor, changed: Flavor, by: str, seed: int, seconds: float) -> Row:
    """Search until the batch in which something is found, or for so many seconds."""
    other = replace(changed, id=f"{flavor.id}-planted", order=flavor.order + 1)
    hunt = Hunt((flavor, other), seed, seconds=seconds)
    started = time.monotonic()
    with FuzzStore() as store:
        carry_out(hunt, store, stopped=lambda: store.size() > 0)
        found = findings(hunt, store)
    took = time.monotonic() - started
    steps = max((len(bucket.scenario.steps) for bucket in found.buckets), default=0)
    crashes = sum(not bucket.signature.facts for bucket in found.buckets)
    return Row(place, by, took, found.progress.cases, len(found.buckets), crashes, steps)


if __name__ == "__main__":
    sys.exit(main())
