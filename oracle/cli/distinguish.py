"""`fork-oracle distinguish`: two flavors, an alphabet, somebody to try all programs over it, a report."""

from __future__ import annotations

import os
import time
from argparse import Namespace
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from oracle.cli.commands import chosen, installed
from oracle.cli.terminal import BUG, INTERRUPTED, OK, Terminal, make_folder, write_files
from oracle.distinguish.alphabet import Alphabet, alphabet
from oracle.distinguish.search import Found
from oracle.distinguish.search import distinguish as search
from oracle.distinguish.trial import CRASHED
from oracle.errors import UsageError
from oracle.flavor import Flavor
from oracle.report import distinguish_report
from oracle.report.text import plural
from oracle.sweep.executors import processes
from oracle.sweep.states import STATES, states_named

MANY_STEPS = 3  # from here on, several processes are worth their start


def distinguish(options: Namespace, terminal: Terminal) -> int:
    """`fork-oracle distinguish`."""
    flavors = chosen(installed(terminal), options.flavors)
    if len(flavors) != 2:
        raise UsageError(f"distinguish needs two different flavors, got {' and '.join(options.flavors)}")
    states = STATES if "all" in options.state else states_named(options.state) if options.state else ()
    letters = alphabet(flavors, options.topic, options.calls, states)
    if options.alphabet:
        terminal.write("\n".join([*(f"from {one.name}: {one.title}" for one in letters.states), *_texts(letters)]) + "\n")
        return OK
    found = Found(letters, tuple(one.id for one in flavors), options.steps)
    if options.save is not None:
        make_folder(options.save)
    started = time.monotonic()
    interrupted = _search(found, flavors, options, terminal)
    text = distinguish_report.to_json(found) if options.format == "json" else distinguish_report.render(found, terminal.look())
    terminal.write(text)
    if options.save is not None:
        _save(options.save, found, flavors)
    programs = sum(level.tried.programs for level in found.levels)
    terminal.say(f"{plural(programs, 'program')} on 2 flavors in {time.monotonic() - started:.2f} s")
    if interrupted:
        terminal.say("interrupted; what was found by then is above")
        return INTERRUPTED
    return BUG if any(what.kind == CRASHED for what in found.silent) else OK


def _texts(letters: Alphabet) -> Iterator[str]:
    return (action.text for action in letters.actions)


def _search(found: Found, flavors: tuple[Flavor, ...], options: Namespace, terminal: Terminal) -> bool:
    """Search up to the bound. Whether that was interrupted."""
    progress = _Progress(terminal)
    try:
        with _workers(options) as (executor, workers):
            search(found, flavors, executor, workers, progress.told)
    except KeyboardInterrupt:
        return True
    except BrokenProcessPool as error:
        raise UsageError(f"a worker process died: {error}; with --workers 1, there are none") from error
    finally:
        progress.close()
    return False


@contextmanager
def _workers(options: Namespace) -> Iterator[tuple[Executor | None, int]]:
    count = options.workers or ((os.cpu_count() or 1) if options.steps >= MANY_STEPS else 1)
    if count == 1:
        yield None, 1
    else:
        with processes(count) as pool:
            yield pool, count


@dataclass(slots=True)
class _Progress:
    """A bar for each length."""

    terminal: Terminal
    length: int = 0
    done: int = 0
    advance: Callable[[object], None] | None = None
    close_bar: Callable[[], None] | None = None

    def told(self, length: int, done: int, planned: int, ways: int) -> None:
        """So much of a length is done."""
        if length != self.length:
            self.close()
            self.length, self.done = length, 0
            what = f"starts of {plural(length, 'step')}"
            self.advance, self.close_bar = self.terminal.progress(planned, what, size=_size)
        if self.advance is not None:
            self.advance(done - self.done)
        self.done = done

    def close(self) -> None:
        """No more of this length."""
        if self.close_bar is not None:
            self.close_bar()
        self.close_bar = None


def _size(count: object) -> int:
    assert isinstance(count, int)
    return count


def _save(folder: Path, found: Found, flavors: tuple[Flavor, ...]) -> None:
    """Each way's program as a scenario file that is named after its bucket, and tells what it shows."""
    from oracle.load import SUFFIX
    from oracle.report.found import found_file

    files: dict[Path, str] = {}
    for way in found.ways:
        name = way.signature.ident
        how = f"fork-oracle distinguish: {way.program.text}, from {way.program.state.name}"
        files[folder / f"{name}{SUFFIX}"] = found_file(name, way.program.scenario(name), flavors, how)
    write_files(files)
