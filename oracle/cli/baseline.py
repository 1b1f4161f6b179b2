"""`fork-oracle run --baseline`: what is otherwise than in an earlier report.json, and the exit code that this deserves."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterable, Sequence
from pathlib import Path

from oracle.cli.terminal import BUG, NOT_AS_EXPECTED, OK, Terminal, write_files
from oracle.errors import UsageError
from oracle.harness import Comparison
from oracle.report.baseline import Baseline, Changes, NoBaselineError, baseline_of, changes, read, render, to_markdown
from oracle.report.look import Look


def baseline_from(file: Path) -> Baseline:
    """The baseline in a file. Raises UsageError, before anything runs, if it holds none."""
    try:
        return read(file.read_text("utf-8"))
    except OSError as error:
        raise UsageError(
            f"--baseline {str(file)!r} can't be read: {error.strerror}; 'fork-oracle run --format json --output FILE' makes one"
        ) from error
    except UnicodeDecodeError as error:
        raise UsageError(f"--baseline {str(file)!r}: it is no text in UTF-8, and so no report") from error
    except NoBaselineError as error:
        raise UsageError(f"--baseline {str(file)!r}: {error}") from error


def judge(
    baseline: Baseline, comparisons: Iterable[Comparison], flavors: Sequence[str], options: Namespace, terminal: Terminal
) -> int:
    """Say what has changed, and return the exit code: what was in the baseline already is no reason to fail."""
    found = changes(baseline, baseline_of(comparisons, flavors))
    if options.format == "table" and options.output is None:
        terminal.write("\n" + render(found, terminal.look()))
    else:
        terminal.say_lines(render(found, Look()))
    if options.changes is not None:
        write_files({options.changes: to_markdown(found)})
    return _code(found)


def _code(found: Changes) -> int:
    if found.ok:
        return OK
    return BUG if any(one.what == "worse" and one.now.startswith("crash") for one in found.changes) else NOT_AS_EXPECTED
