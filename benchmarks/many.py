"""How fast very many cases go, with one process and with two, and how much memory they take: few cases against a hundred times
as many.

Each measurement is a process of its own, this file, so that none inherits the memory of another; memory is that of all its
processes together, each at its peak. What counts are ratios within one run.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from concurrent.futures import Executor
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple

from oracle.flavor import Flavor
from oracle.fuzz import hunt
from oracle.fuzz.store import FuzzStore
from oracle.registry import load_flavors
from oracle.sweep.executors import processes
from oracle.sweep.plan import Cell, Plan, plan
from oracle.sweep.space import space_named
from oracle.sweep.states import states_named
from oracle.sweep.store import Store
from oracle.sweep.sweep import carry_out, findings

PAIR = ("dragonfly@768af85b", "netbsd@1.189")
CLONE = ("netbsd@1.189",)
FEW, MANY = 10_000, 1_000_000
RUN = 55_296  # cases of a sweep that runs each: all intents from all states, ten seconds or more for one process
TRIED = 5_632  # cases of a search: whole batches, of which the last one, for which others wait, is a small part
TURNS = 2  # of one process and of two; the quickest of each counts, for what disturbs them only makes them slower
SECONDS = 0.05  # that a worker is kept busy while the others are asked, too
SCALING_AIM, FLAT_AIM = 1.8, 1.25


@dataclass(frozen=True, slots=True)
class Done:
    """What a measurement came to. Seconds are without those of the `start` of the processes; memory is the sum of their peaks.

    `busiest`: seconds of processor time that the busiest of them took, which others on the machine change little.
    """

    cases: int
    runs: int
    start: float
    seconds: float
    busiest: float
    megabytes: float

    @property
    def rate(self) -> float:
        """Cases a second."""
        return self.cases / self.seconds


def main() -> int:
    """Do one measurement and print it as JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("what", choices=sorted(WORK))
    parser.add_argument("cases", type=int)
    parser.add_argument("--workers", type=int, default=1)
    options = parser.parse_args()
    begun = time.perf_counter()
    with processes(options.workers) if options.workers > 1 else nullcontext() as executor:
        assert executor is None or isinstance(executor, Executor)
        before = usage(executor, options.workers)  # starts the workers, and lets them import what they need
        start = time.perf_counter() - begun
        with tempfile.TemporaryDirectory() as folder:
            started = time.perf_counter()
            cases, runs = WORK[options.what](options.cases, Path(folder) / "store", executor, options.workers)
            seconds = time.perf_counter() - started
        after = usage(executor, options.workers)
    busiest = max(used.seconds - before[pid].seconds for pid, used in after.items())
    memory = sum(used.megabytes for used in after.values())
    done = Done(cases, runs, start, seconds, busiest, memory)
    print(json.dumps(asdict(done)))
    return 0


class Used(NamedTuple):
    """Processor time that a process has taken, and the most memory that it has had."""

    seconds: float
    megabytes: float


def usage(executor: Executor | None, workers: int) -> dict[int, Used]:
    """What each process has used, by process id."""
    found = [used(0)]
    while executor is not None and len({pid for pid, _ in found}) <= workers:
        found += list(executor.map(used, [SECONDS] * workers))
    return dict(found)


def used(seconds: float) -> tuple[int, Used]:
    """What this process has used. It sleeps for so many seconds, so that another one is asked, too."""
    time.sleep(seconds)
    load_flavors()
    return os.getpid(), Used(time.process_time(), _peak())


def _peak() -> float:
    """The most memory that this process has had, in megabytes."""
    status = Path("/proc/self/status")  # getrusage counts what a process was before exec, too
    if status.exists():
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return int(lines["VmHWM"].split()[0]) / 1024
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / 1024 / (1024 if sys.platform == "darwin" else 1)


def _sweep(made: Plan, flavors: tuple[Flavor, ...], path: Path, executor: Executor | None, workers: int) -> tuple[int, int]:
    with Store(path) as store:
        carry_out(made, flavors, store, executor, workers)
        found = findings(made, flavors, store, executor)
    return found.done, found.runs


def sweep_words(cases: int, path: Path, executor: Executor | None, workers: int) -> tuple[int, int]:
    """So many words of NetBSD's __clone; what nobody can tell apart is run once."""
    flavors = load_flavors().select(CLONE)
    made = _first(plan(space_named("__clone", flavors), states_named([]), flavors), cases)
    return _sweep(made, flavors, path, executor, workers)


def sweep_intents(cases: int, path: Path, executor: Executor | None, workers: int) -> tuple[int, int]:
    """So many intents from many states on two systems; each is run."""
    flavors = load_flavors().select(PAIR)
    made = plan(space_named("spawn", flavors), states_named([]), flavors, every=True)
    return _sweep(_first(made, cases), flavors, path, executor, workers)


def _first(made: Plan, cases: int) -> Plan:
    """As much of a plan as has so many cases."""
    cells: list[Cell] = []
    left = cases
    for cell in made.cells:
        if left > 0:
            cells.append(Cell(cell.state, cell.start, min(cell.count, left)))
            left -= cell.count
    if left > 0:
        sys.exit(f"bench: {made.space.name} has only {made.cases} cases")
    return Plan(made.space, made.flavors, tuple(cells), made.every)


def search(cases: int, path: Path, executor: Executor | None, workers: int) -> tuple[int, int]:
    """So many random programs from random machines."""
    flavors = load_flavors().select(PAIR)
    wanted = hunt.Hunt(flavors, 0, cases)
    with FuzzStore(path) as store:
        hunt.carry_out(wanted, store, executor)
        found = hunt.findings(wanted, store)
    return found.progress.cases, found.progress.cases


WORK = {"words": sweep_words, "intents": sweep_intents, "search": search}


# --- the measurements -----------------------------------------------------------------------------------------------------


def measured(what: str, cases: int, workers: int = 1) -> Done:
    """One measurement, in a process of its own."""
    words = [sys.executable, str(Path(__file__).resolve()), what, str(cases), "--workers", str(workers)]
    printed = subprocess.run(words, check=True, capture_output=True, text=True).stdout
    return Done(**json.loads(printed))


def scaling(what: str, cases: int) -> tuple[Done, Done]:
    """The same with one process and with two, in turns; the quickest of each."""
    turns = [(measured(what, cases), measured(what, cases, 2)) for _ in range(TURNS)]
    ones, twos = zip(*turns, strict=True)
    return min(ones, key=_seconds), min(twos, key=_seconds)


def _seconds(done: Done) -> float:
    return done.seconds


def show(watched: bool) -> None:
    """Measure and print. Code that can't be `watched` is swept case by case alone."""
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    print(f"very many cases, with one process and with two ({processors} processors; whatever else they do counts against two)")
    _show_scaling("sweep of intents, each run on two flavors", "intents", RUN)
    if not watched:
        print("compiled code can't be watched, so there is no sweep of words here, and a search explains less")
        return
    _show_scaling("search through random programs", "search", TRIED)
    few, many = measured("words", FEW), measured("words", MANY)
    ratio = many.megabytes / few.megabytes
    verdict = "flat" if ratio <= FLAT_AIM else "not flat"
    print(f"sweep of the words of __clone, {many.cases:,} cases, of which {many.runs:,} are run")
    print(f"  cases a second                  {many.rate:12,.0f}")
    print(f"  peak memory at {few.cases:>9,} cases   {few.megabytes:10,.1f} MB")
    print(f"  peak memory at {many.cases:>9,} cases   {many.megabytes:10,.1f} MB")
    print(f"  ratio                           {ratio:12.2f}      (aim: ≤ {FLAT_AIM}) {verdict}")


def _show_scaling(words: str, what: str, cases: int) -> None:
    one, two = scaling(what, cases)
    ratio = two.rate / one.rate
    verdict = "aim reached" if ratio >= SCALING_AIM else "aim missed"
    print(f"{words}, {one.cases:,} cases")
    print(f"  cases a second, one process     {one.rate:12,.0f}      {one.megabytes:,.0f} MB at its peak")
    print(f"  cases a second, two             {two.rate:12,.0f}      {two.megabytes:,.0f} MB, all three processes together")
    print(f"  start of the two, left out      {two.start:12.2f} s")
    print(f"  ratio                           {ratio:12.2f}      (aim: ≥ {SCALING_AIM}) {verdict}")
    possible = one.busiest / two.busiest
    print(f"  ratio, nothing else running     {possible:12.2f}      at most: of processor time, by the busiest process")


if __name__ == "__main__":
    sys.exit(main())
