"""`python -m tests.mutation`: try the mutants of flavors/ one after the other, and say what became of them.

The session, a database of cosmic-ray's, remembers results: a run that was stopped goes on where it was. A new session is needed
when flavors/ has changed; `--again` tries the survivors once more when there are new checks.
"""

from __future__ import annotations

import argparse
import gc
import math
import os
import signal
import sys
import time
from collections import Counter, defaultdict
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from cosmic_ray.work_db import WorkDB
from cosmic_ray.work_item import MutationSpec, TestOutcome, WorkerOutcome, WorkResult

from tests.mutation.evidence import Check, gathered
from tests.mutation.mutants import in_order, make_session
from tests.mutation.options import parser
from tests.mutation.survivors import read_reasons, reason_of, shown
from tests.mutation.trial import KILLED, NO_MUTANT, SURVIVED, TIMEOUT, Trial, in_child

EQUIVALENT = "equivalent"  # of the survivors: those with a reason
RECENT = 12  # checks tried first, because they killed mutants of the same module
OUTCOMES = {KILLED: TestOutcome.KILLED, SURVIVED: TestOutcome.SURVIVED, TIMEOUT: TestOutcome.INCOMPETENT}


@dataclass(slots=True)
class Running:
    """A trial in a process."""

    job: str
    spec: MutationSpec
    report: Path


def main() -> int:
    """Run, then report."""
    options = parser(__doc__).parse_args()
    options.state.mkdir(parents=True, exist_ok=True)
    path = options.state / "session.sqlite"
    fresh = not path.exists()
    db = WorkDB(path, WorkDB.Mode.create)
    if fresh:
        make_session(db)
    wanted = _wanted(db, options)
    if wanted:
        _run(db, wanted, options)
    _report(db, options)
    return 0


def _wanted(db: WorkDB, options: argparse.Namespace) -> list[tuple[str, MutationSpec]]:
    """What to try, in order."""
    done = dict(db.results)
    jobs = {}
    specs = []
    for item in db.work_items:
        spec = item.mutations[0]
        jobs[_key(spec)] = item.job_id
        if fnmatch(str(spec.module_path), options.only) and fnmatch(spec.operator_name, options.operator):
            specs.append(spec)
    chosen = in_order(specs, options.seed)
    if options.sample:
        chosen = chosen[: options.sample]
    named = [(jobs[_key(spec)], spec) for spec in chosen]
    if options.again:
        return [(job, spec) for job, spec in named if job in done and done[job].test_outcome == TestOutcome.SURVIVED]
    return [(job, spec) for job, spec in named if job not in done]


def _key(spec: MutationSpec) -> tuple[str, str, int]:
    return str(spec.module_path), spec.operator_name, spec.occurrence


def _run(db: WorkDB, wanted: list[tuple[str, MutationSpec]], options: argparse.Namespace) -> None:
    evidence = gathered(options.state)
    recent: dict[str, list[Check]] = defaultdict(list)
    running: dict[int, Running] = {}
    gc.collect()
    gc.freeze()
    ends = time.monotonic() + (options.seconds or math.inf)
    done = 0
    queue = iter(wanted)
    more = True
    while running or more:
        while more and len(running) < options.workers:
            job_spec = next(queue, None) if time.monotonic() < ends else None
            if job_spec is None:
                more = False
                break
            job, spec = job_spec
            report = options.state / f"verdict-{len(running)}-{done}-{job}"
            pid = os.fork()
            if pid == 0:
                in_child(Trial(spec, evidence, recent[str(spec.module_path)], options.thorough), report)
            running[pid] = Running(job, spec, report)
        if not running:
            break
        pid, status = os.wait()
        _finished(db, running.pop(pid), status, recent)
        done += 1
        if done % 200 == 0:
            print(f"{done} of {len(wanted)}", flush=True)


def _finished(db: WorkDB, one: Running, status: int, recent: dict[str, list[Check]]) -> None:
    """Write down what became of a mutant."""
    if os.WIFSIGNALED(status):
        died = os.WTERMSIG(status)
        verdict, why = (TIMEOUT, "") if died == signal.SIGPROF else (KILLED, f"signal {died}")
    else:
        verdict, _, why = one.report.read_text().partition("\n")
    one.report.unlink(missing_ok=True)
    kind, *rest = why.split(" ", 2)
    if verdict == KILLED and kind in ("scenario", "recording"):
        killers = recent[str(one.spec.module_path)]
        check = (kind, *rest)
        if check in killers:
            killers.remove(check)
        killers.append(check)
        del killers[:-RECENT]
    if verdict == NO_MUTANT:
        result = WorkResult(worker_outcome=WorkerOutcome.SKIPPED, output=why)
    else:
        result = WorkResult(worker_outcome=WorkerOutcome.NORMAL, test_outcome=OUTCOMES[verdict], output=why)
    db.set_result(one.job, result)


def _report(db: WorkDB, options: argparse.Namespace) -> None:
    """Counts by module; survivors, each with its reason, if they are asked for."""
    done = dict(db.results)
    names = {outcome: verdict for verdict, outcome in OUTCOMES.items()}
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    killers: Counter[str] = Counter()
    reasons = read_reasons()
    for item in sorted(db.work_items, key=lambda one: (str(one.mutations[0].module_path), one.mutations[0].start_pos)):
        spec = item.mutations[0]
        if not (fnmatch(str(spec.module_path), options.only) and fnmatch(spec.operator_name, options.operator)):
            continue
        result = done.get(item.job_id)
        verdict = "not run" if result is None else names.get(result.test_outcome, NO_MUTANT)
        heads = [verdict]
        if verdict in (SURVIVED, TIMEOUT):
            reason = reason_of(spec, reasons)
            heads += [EQUIVALENT] if verdict == SURVIVED and reason else []
            if options.survivors:
                print(f"{verdict} {shown(spec)}" + (f"  # {reason or 'a gap in the checks'}" if verdict == SURVIVED else ""))
        if verdict == KILLED and result is not None:
            killers[str(result.output or "").partition(" ")[0]] += 1
        for name in (str(spec.module_path), "all"):
            counts[name].update(heads)
    columns = (KILLED, SURVIVED, EQUIVALENT, TIMEOUT, NO_MUTANT, "not run")
    print(f"{'module':42}" + "".join(f"{head:>12}" for head in (*columns, "% killed")))
    for module, count in sorted(counts.items()):
        judged = count[KILLED] + count[SURVIVED]
        share = f"{100 * count[KILLED] / judged:12.1f}" if judged else ""
        print(f"{module:42}" + "".join(f"{count[head]:12}" for head in columns) + share)
    print("killed by: " + ", ".join(f"{kind} {count}" for kind, count in killers.most_common()))
    for least, name in ((0, "all"), (killers["lint"], "without those that lints alone killed")):
        killed, survived = counts["all"][KILLED] - least, counts["all"][SURVIVED] + least
        low, high = interval(killed, killed + survived)
        print(f"{name}: {killed} of {killed + survived}; of all mutants, {100 * low:.1f} to {100 * high:.1f} % (95 % sure)")


def interval(hits: int, tries: int) -> tuple[float, float]:
    """Between which shares that of the whole lies, by a sample, 19 times out of 20 (Wilson's score)."""
    if not tries:
        return 0.0, 1.0
    z = 1.96
    share = hits / tries
    middle = share + z * z / (2 * tries)
    spread = z * math.sqrt(share * (1 - share) / tries + z * z / (4 * tries * tries))
    return (middle - spread) / (1 + z * z / tries), (middle + spread) / (1 + z * z / tries)


if __name__ == "__main__":
    sys.exit(main())
