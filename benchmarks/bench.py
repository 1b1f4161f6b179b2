"""How long one differential fork case takes, against one real fork+exit+wait of this host, measured in the same run.

The two take turns, so that whatever else the host does disturbs both alike. What counts is the ratio;
microseconds are this host's.
"""

from __future__ import annotations

import argparse
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter, process_time

import many

import oracle.run
from oracle.explore.explore import explore
from oracle.flavor import Flavor, interpreted
from oracle.harness import compare
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp, Proc
from oracle.machine.traps import Kernel, tsleep
from oracle.registry import load_flavors
from oracle.run import run
from oracle.scenario import Concurrently, ProcessSpec, Scenario, Step
from oracle.schedule import Scheduled

FLAVORS = ("dragonfly@768af85b", "netbsd@1.189")
SOURCE = Path(__file__).with_name("fork_exit_wait.c")
TARGET, AIM = 1.0, 0.3  # of one real fork+exit+wait
STEPS_AIM = 20_000  # scheduler steps a second
REDUCTION_AIM = 10.0
WALKS = 200  # random schedules from which the number of all is estimated

CASE = Scenario(
    name="benchmarks/fork",
    title="One fork",
    why="The smallest differential case: the machine is built, a process forks, the world is observed and compared.",
    topic="benchmarks",
    steps=(Step(1, "parent", "fork", born="child"),),
)
RACE = Scenario(
    name="benchmarks/group-kill",
    title="Two forks in a group that is killed meanwhile",
    why="Three actors, whose kernel code may lose the processor in many places.",
    topic="benchmarks",
    steps=(
        Concurrently(
            1,
            (
                Step(1, "parent", "fork", born="child"),
                Step(2, "friend", "fork", born="other"),
                Step(3, "shell", "kill", {"group": "parent", "signal": "SIGINT"}),
            ),
        ),
    ),
    processes=(ProcessSpec("parent"), ProcessSpec("friend", parent="parent", group="parent")),
)
PROGRAM = Scenario(
    name="benchmarks/fork-exit-wait",
    title="Twenty times fork, exit, wait",
    why="The three calls that every shell makes, in a row.",
    topic="benchmarks",
    steps=tuple(
        step
        for turn in range(20)
        for step in (
            Step(3 * turn + 1, "parent", "fork", born=f"child{turn}"),
            Step(3 * turn + 2, f"child{turn}", "exit"),
            Step(3 * turn + 3, "parent", "wait"),
        )
    ),
)


def main() -> int:
    """Measure, print a table; the exit code is 0 unless something could not be measured."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=20, help="how often the two take turns (default: %(default)s)")
    parser.add_argument("--cases", type=int, default=300, help="differential cases in a turn (default: %(default)s)")
    parser.add_argument("--forks", type=int, default=300, help="real forks in a turn (default: %(default)s)")
    parser.add_argument(
        "--no-many", dest="many", action="store_false", help="leave out sweeps and searches over very many cases"
    )
    options = parser.parse_args()
    flavors = load_flavors().select(FLAVORS)
    refuse_failures(CASE, flavors)
    refuse_failures(PROGRAM, flavors)
    with tempfile.TemporaryDirectory() as folder:
        program = build(Path(folder))
        turns = take_turns(program, flavors, options.rounds, options.cases, options.forks)
    show(turns)
    steps = best_of(5, hand_over)
    program_steps = best_of(5, lambda: program_turn(flavors))
    print(f"scheduler steps a second          {steps:12,.0f}   (aim: {STEPS_AIM:,})")
    print(f"scenario steps a second, compared {program_steps:12,.0f}   ({len(flavors)} flavors, invariants checked after each)")
    if interpreted():  # compiled code can't be watched, and so not be explored
        show_search(explored(flavors[0]), flavors[0])
    if options.many:
        many.show(interpreted())
    return 0


def refuse_failures(scenario: Scenario, flavors: tuple[Flavor, ...]) -> None:
    """Exit with a word if a case does not run as it should: the time of a failure is no measurement."""
    for result in compare(scenario, flavors).results:
        if not result.ok or result.unmodelled:
            trouble = result.crash or result.unmodelled or result.violations or result.unmet
            sys.exit(f"bench: {scenario.name} does not run on {result.flavor}: {trouble}")


def build(folder: Path) -> Path:
    """Compile the real counterpart."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        sys.exit("bench: no C compiler. Debian, Ubuntu, Fedora: install the package gcc; macOS: xcode-select --install")
    program = folder / "fork_exit_wait"
    subprocess.run([compiler, "-O2", "-o", str(program), str(SOURCE)], check=True)
    return program


@dataclass(frozen=True, slots=True)
class Turns:
    """Microseconds of each round: one real fork+exit+wait, one differential case, the same with invariants checked."""

    real: list[float]
    bare: list[float]
    checked: list[float]


def take_turns(program: Path, flavors: tuple[Flavor, ...], rounds: int, cases: int, forks: int) -> Turns:
    """Measure the three in turn, `rounds` times."""
    turns = Turns([], [], [])
    for _ in range(rounds):
        printed = subprocess.run([str(program), str(forks)], check=True, capture_output=True, text=True).stdout
        turns.real.append(float(printed) / 1000)
        for into, checked in ((turns.bare, False), (turns.checked, True)):
            start = perf_counter()
            for _ in range(cases):
                compare(CASE, flavors, checked=checked)
            into.append((perf_counter() - start) / cases * 1e6)
    return turns


def show(turns: Turns) -> None:
    """Print the medians and the ratio that counts: build, fork, observe, compare over the real thing."""
    ratio = median(one / other for one, other in zip(turns.bare, turns.real, strict=True))
    whole = median(one / other for one, other in zip(turns.checked, turns.real, strict=True))
    verdict = "aim reached" if ratio <= AIM else "target met" if ratio <= TARGET else "target missed"
    where = f"{platform.python_implementation()} {platform.python_version()}, {platform.machine()}"
    core = "core interpreted" if str(oracle.run.__file__).endswith(".py") else "core compiled"
    print(f"{where}, {core}, {len(turns.real)} rounds, medians")
    print(f"one real fork+exit+wait           {median(turns.real):12,.1f} µs")
    print(f"one differential fork case        {median(turns.bare):12,.1f} µs")
    print(f"ratio                             {ratio:12.2f}      (target: ≤ {TARGET}, aim: {AIM}) {verdict}")
    print(f"ratio with invariants checked     {whole:12.2f}")


def best_of(times: int, measure: Callable[[], float]) -> float:
    """The best rate of several tries: what disturbs a try only makes it slower."""
    return max(measure() for _ in range(times))


def hand_over(turns: int = 5_000) -> float:
    """Scheduler steps a second: two LWPs that wake each other and go to sleep, nothing else."""
    k = Machine()
    channels = ("ping", "pong")

    def player(mine: str, other: str) -> Kernel[None]:
        for _ in range(turns):
            k.wakeup(other)
            yield from tsleep(mine, mine)
        k.wakeup(other)

    for index, channel in enumerate(channels):
        proc = Proc(index + 2, index, "player", 0)
        k.sched.spawn(Lwp(proc, 1, 0), channel, player(channel, channels[1 - index]))
    start = perf_counter()
    k.sched.run()
    return 2 * turns / (perf_counter() - start)


@dataclass(frozen=True, slots=True)
class Searched:
    """A search: moves made in a second of processor time, executions, and how many schedules there are."""

    rate: float
    executions: int
    schedules: float


class Walk(Scheduled):
    """A random schedule. The product of the numbers of those who could go on, where more than one could, estimates without
    bias how many schedules there are (Knuth, Estimating the efficiency of backtrack programs, 1975).
    """

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.product = 1
        self._random = Random(seed)

    def choose(self, enabled: Sequence[str], last: str) -> str:
        """Anybody."""
        self.product *= len(enabled)
        return self._random.choice(enabled)


def explored(flavor: Flavor) -> Searched:
    """Search through the schedules of RACE, and estimate how many executions that saves."""
    start = process_time()
    exploration = explore(RACE, flavor).exploration
    took = process_time() - start
    assert exploration is not None
    assert exploration.exhaustive
    walks = [Walk(seed) for seed in range(WALKS)]
    for walk in walks:
        run(RACE, flavor, checked=False, chooser=walk)
    return Searched(exploration.steps / took, exploration.executions, sum(walk.product for walk in walks) / WALKS)


def show_search(found: Searched, flavor: Flavor) -> None:
    """Print how fast a search is, and how much it leaves out."""
    reduction = found.schedules / found.executions
    print(f"explored moves a second           {found.rate:12,.0f}   (aim: {STEPS_AIM:,}; {flavor.id}, processor time)")
    print(f"schedules of it, estimated        {found.schedules:12.3g}")
    print(
        f"executions of the search          {found.executions:12,}   reduction {reduction:.3g} times (aim: {REDUCTION_AIM:g})"
    )


def program_turn(flavors: tuple[Flavor, ...]) -> float:
    """Scenario steps a second of a longer program, on all flavors, with comparison."""
    start = perf_counter()
    compare(PROGRAM, flavors)
    return len(PROGRAM.steps) * len(flavors) / (perf_counter() - start)


if __name__ == "__main__":
    sys.exit(main())
