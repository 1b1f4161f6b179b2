"""`fork-oracle sweep` and `fork-oracle which`: a plan out of the options, somebody to do it, a report."""

from __future__ import annotations

import os
import time
from argparse import Namespace
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from pathlib import Path

from oracle.cli.commands import SPECS, chosen, installed, look_of, put
from oracle.cli.terminal import BUG, INTERRUPTED, OK, Terminal, check_places, make_folder, write_files
from oracle.errors import UsageError
from oracle.findings.apart import aparts
from oracle.findings.claims import Catalogue, Claims
from oracle.flavor import Flavor
from oracle.harness import compare
from oracle.registry import Registry
from oracle.report import sweep_report, which_report
from oracle.report.text import plural
from oracle.sweep.chunk import CRASHED
from oracle.sweep.executors import cluster, processes
from oracle.sweep.knobs import covering_plan
from oracle.sweep.plan import Cell, Plan, plan
from oracle.sweep.query import equivalence_classes, what_changes, which_agree, which_are_like
from oracle.sweep.space import INTENTS, Space, space_named, spaces
from oracle.sweep.states import states_named
from oracle.sweep.store import Store
from oracle.sweep.sweep import Findings, carry_out, case_name, findings, scenario_of

FEW = 20_000  # cases that are done sooner than processes are started


def sweep(options: Namespace, terminal: Terminal) -> int:
    """`fork-oracle sweep`."""
    registry = installed(terminal)
    flavors = chosen(registry, options.flavor)
    check_places([] if options.output is None else [options.output])
    catalogue = _catalogue(options, registry, terminal)
    made = _plan(options, flavors)
    if options.save is not None:
        make_folder(options.save)
    started = time.monotonic()
    with Store(options.store) as store:
        found, interrupted = _found(made, flavors, store, options, terminal)
    seconds = time.monotonic() - started
    claims = _claims(found, flavors, catalogue)
    if options.format == "json":
        text = sweep_report.to_json(found, claims)
    else:
        text = sweep_report.render(found, look_of(options, terminal), claims)
    put(text, None if interrupted else options.output, terminal)
    if options.save is not None:
        _save(options.save, found, flavors)
    terminal.say(
        f"{plural(found.done, 'case')} on {plural(len(flavors), 'flavor')}, {plural(found.runs, 'run')}, "
        f"seed {made.seed}, in {seconds:.2f} s"
    )
    if interrupted:
        kept = f"the same command goes on from {options.store}" if options.store else "with --store FILE it could go on"
        terminal.say(f"interrupted; {kept}")
        return INTERRUPTED
    return BUG if any(one.kind == CRASHED for one in found.silences) else OK


def _catalogue(options: Namespace, registry: Registry, terminal: Terminal) -> Catalogue | None:
    """The findings that are asked what they claim, if any are to be."""
    from oracle.cli.catalogue import catalogue_for

    if not options.findings:
        if options.catalogue is not None:
            raise UsageError("--catalogue says whose findings --findings asks; add --findings")
        return None
    return Catalogue(catalogue_for([SPECS] if SPECS.is_dir() else [], options, registry, terminal))


def _claims(found: Findings, flavors: Sequence[Flavor], catalogue: Catalogue | None) -> dict[str, Claims]:
    """By bucket, what the catalogue claims of the differences of its simplest case."""
    if catalogue is None:
        return {}
    made = {}
    for bucket in found.buckets:
        case = scenario_of(found.plan, bucket.smallest, case_name(found.plan, bucket))
        made[bucket.signature.ident] = catalogue.judge(aparts(compare(case, flavors), flavors))
    return made


def which(options: Namespace, terminal: Terminal) -> int:
    """`fork-oracle which`."""
    flavors = chosen(installed(terminal), options.flavor)
    check_places([] if options.output is None else [options.output])
    made = _plan(options, flavors)
    if options.question == "agree" and len(flavors) < 2:
        raise UsageError("which agree needs two flavors or more")
    if options.question == "changes" and not options.what:
        raise UsageError("which changes what? Name a flag, or PARAMETER=VALUE")
    look = look_of(options, terminal)
    with Store(options.store) as store:
        if _carry_out(made, flavors, store, options, terminal):
            terminal.say("interrupted, so nothing can be said")
            return INTERRUPTED
        answers = _answers(options, made, flavors, store)
    if options.format == "json":
        text = which_report.to_json(made, options.question, options.what, answers)
    else:
        text = which_report.render(made, options.question, options.what, answers, look, options.most)
    put(text, options.output, terminal)
    return OK


def _answers(options: Namespace, made: Plan, flavors: Sequence[Flavor], store: Store) -> which_report.Answers:
    if options.question == "like":
        return which_are_like(made, flavors, store, options.what or "fork")
    if options.question == "agree":
        return which_agree(made, store)
    if options.question == "changes":
        return what_changes(made, flavors, store, options.what)
    return equivalence_classes(made, flavors, store, options.most)


def _plan(options: Namespace, flavors: Sequence[Flavor]) -> Plan:
    space = space_named(options.space, flavors) if options.space else _usual_space(flavors)
    if options.knobs:
        if options.state:
            raise UsageError("--knobs makes the states itself; leave --state out")
        return covering_plan(space, flavors, options.strength, options.seed)
    return plan(space, states_named(options.state), flavors, every=options.every, seed=options.seed)


def _usual_space(flavors: Sequence[Flavor]) -> Space:
    """Every intent between systems, else the first call that takes flags."""
    known = spaces(flavors)
    if len({flavor.system for flavor in flavors}) > 1:
        return known[INTENTS]
    return next((space for space in known.values() if space.word is not None), known[INTENTS])


def _found(
    made: Plan, flavors: Sequence[Flavor], store: Store, options: Namespace, terminal: Terminal
) -> tuple[Findings, bool]:
    """Do what is missing of a plan. What has been found then, and whether that was interrupted."""
    found: list[Findings] = []
    interrupted = _carry_out(
        made, flavors, store, options, terminal, lambda executor: found.append(findings(made, flavors, store, executor))
    )
    return found[0] if found else findings(made, flavors, store), interrupted


def _carry_out(
    made: Plan,
    flavors: Sequence[Flavor],
    store: Store,
    options: Namespace,
    terminal: Terminal,
    ending: Callable[[Executor | None], None] = lambda executor: None,
) -> bool:
    """Do what is missing of a plan. Whether that was interrupted. Whoever does it ends with `ending`; nobody, if nothing is."""
    store.begin(made.identity(flavors))
    finished = store.finished()
    done = sum(cell.count for cell in made.cells if (cell.state.name, cell.start) in finished)
    advance, close = terminal.progress(made.cases, "cases", done=done, size=_size)
    try:
        if done < made.cases:
            with _workers(options, made.cases - done) as (executor, workers):
                carry_out(made, flavors, store, executor, workers, advance)
                ending(executor)
    except KeyboardInterrupt:
        return True
    except BrokenProcessPool as error:
        raise UsageError(f"a worker process died; what was finished is kept, if there is a --store: {error}") from error
    finally:
        close()
    return False


def _size(cell: object) -> int:
    assert isinstance(cell, Cell)
    return cell.count


@contextmanager
def _workers(options: Namespace, cases: int) -> Iterator[tuple[Executor | None, int]]:
    """Who works: a cluster, processes, or this process alone if that is sooner or asked for."""
    count = options.workers or (os.cpu_count() or 1)
    if options.dask:
        with cluster(options.dask) as (executor, threads):
            yield executor, threads
    elif count == 1 or (cases < FEW and not options.workers):
        yield None, 1
    else:
        with processes(count) as pool:
            yield pool, count


def _save(folder: Path, found: Findings, flavors: Sequence[Flavor]) -> None:
    """The simplest case of each bucket as a scenario file that is named after the bucket."""
    from oracle.load import SUFFIX
    from oracle.report.found import found_file

    files: dict[Path, str] = {}
    for bucket in found.buckets:
        name = bucket.signature.ident
        how = f"fork-oracle sweep: {found.plan.space.text(bucket.smallest.index)} in state {bucket.smallest.state.name}"
        files[folder / f"{name}{SUFFIX}"] = found_file(name, scenario_of(found.plan, bucket.smallest, name), flavors, how)
    write_files(files)
