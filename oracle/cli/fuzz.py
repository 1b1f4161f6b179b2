"""`fork-oracle fuzz`: a search out of the options, somebody to do it, a report."""

from __future__ import annotations

import os
import signal
import threading
import time
from argparse import Namespace
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, nullcontext
from pathlib import Path
from types import FrameType
from typing import Any

from oracle.cli.commands import chosen, installed, read
from oracle.cli.terminal import BUG, INTERRUPTED, OK, Terminal, make_folder, write_files
from oracle.errors import UsageError
from oracle.fuzz.hunt import Findings, Hunt, carry_out, findings, known_from
from oracle.fuzz.search import Harvest
from oracle.fuzz.store import LAG, FuzzStore
from oracle.load import SUFFIX
from oracle.report import fuzz_report
from oracle.report.found import found_file
from oracle.report.text import plural
from oracle.sweep.executors import processes

SECONDS = 60.0


def fuzz(options: Namespace, terminal: Terminal) -> int:
    """`fork-oracle fuzz`."""
    registry = installed(terminal)
    flavors = chosen(registry, options.flavor)
    if len(flavors) < 2:
        raise UsageError("a search needs two flavors or more: it looks for what they disagree on")
    seconds = SECONDS if options.time is None and options.cases is None else options.time
    known = known_from(read(options.known, registry), flavors) if options.known else ()
    hunt = Hunt(flavors, options.seed, options.cases, seconds, known)
    if options.save is not None:
        make_folder(options.save)
    started = time.monotonic()
    with FuzzStore(options.store) as store:
        terminal.say(f"seed {hunt.seed}; {_end(hunt)}")
        before = store.progress().cases
        interrupted = _search(hunt, store, options, terminal)
        found = findings(hunt, store)
    took = time.monotonic() - started
    terminal.write(fuzz_report.to_json(found) if options.format == "json" else fuzz_report.render(found, terminal.look()))
    if options.save is not None:
        write_files(_files(hunt, found, options.save))
    done = found.progress.cases - before
    terminal.say(f"{plural(done, 'case')} in {took:.1f} s, {done / max(took, 0.001):,.0f} a second; seed {hunt.seed}")
    if interrupted:
        kept = f"the same command goes on from {options.store}" if options.store else "with --store FILE it could go on"
        terminal.say(f"interrupted; {kept}")
        return INTERRUPTED
    return BUG if any(" crashes: " in symptom for bucket in found.buckets for symptom in bucket.symptoms) else OK


def _end(hunt: Hunt) -> str:
    """When the search will end, in words."""
    ends = [f"{hunt.cases:,} cases"] if hunt.cases is not None else []
    ends += [f"{hunt.seconds:g} s"] if hunt.seconds is not None else []
    return " or ".join(ends)


def _files(hunt: Hunt, found: Findings, folder: Path) -> dict[Path, str]:
    words = " ".join(f"--flavor {flavor}" for flavor in found.flavors)
    files = {}
    for bucket in found.buckets:
        how = f"fork-oracle fuzz {words} --seed {found.seed} (case {bucket.number})"
        text = found_file(bucket.name, bucket.scenario, hunt.flavors, how, bucket.signature)
        files[folder / f"{bucket.name}{SUFFIX}"] = text
    return files


def _search(hunt: Hunt, store: FuzzStore, options: Namespace, terminal: Terminal) -> bool:
    """Do it. Whether it was interrupted."""
    workers = options.workers or min(os.cpu_count() or 1, LAG)
    tell, close = _progress(hunt, store, terminal)
    try:
        with asked_to_stop() as stopped, processes(workers) if workers > 1 else nullcontext() as executor:
            assert executor is None or isinstance(executor, Executor)
            carry_out(hunt, store, executor, tell, stopped)
            return stopped()
    except BrokenProcessPool as error:
        raise UsageError(f"a worker process died; what was finished is kept, if there is a --store: {error}") from error
    finally:
        close()


@contextmanager
def asked_to_stop() -> Iterator[Callable[[], bool]]:
    """Whether Ctrl-C was pressed: once, it is only noted, so that nothing under way is lost; the second time it ends all."""
    asked = threading.Event()
    before: Any = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or before is not signal.default_int_handler:
        yield asked.is_set
        return

    def note(number: int, frame: FrameType | None) -> None:
        asked.set()
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, note)
    try:
        yield asked.is_set
    finally:
        signal.signal(signal.SIGINT, before)


def _progress(hunt: Hunt, store: FuzzStore, terminal: Terminal) -> tuple[Callable[[Harvest], None], Callable[[], None]]:
    """A bar for the cases or, if there is no number of them, for the time; with the rate, the time left, and the buckets."""
    if not terminal.err.isatty():
        return (lambda harvest: None), (lambda: None)
    from tqdm import tqdm

    begin = time.monotonic()
    by_time = hunt.cases is None
    before = 0 if by_time else store.progress().cases
    total = hunt.seconds if by_time else hunt.cases
    form = "{percentage:3.0f}%|{bar}| {elapsed}<{remaining}{postfix}"
    bar = tqdm(total=total, initial=before, file=terminal.err, leave=False, dynamic_ncols=True, bar_format=form)
    cases = 0

    def tell(harvest: Harvest) -> None:
        nonlocal cases
        cases += harvest.count
        took = time.monotonic() - begin
        bar.set_postfix_str(f"{cases:,} cases, {cases / took:,.0f}/s, {store.size()} buckets", refresh=False)
        bar.update(min(took, hunt.seconds or took) - bar.n if by_time else harvest.count)

    return tell, bar.close
