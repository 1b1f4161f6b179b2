"""Why mutants live: `survivors.tsv` says of which nothing could be seen from outside, and for what reason."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from cosmic_ray.work_item import MutationSpec

FILE = Path(__file__).with_name("survivors.tsv")


@dataclass(frozen=True, slots=True)
class Reason:
    """Mutants that are equivalent: operator, module and line by regular expression, and why."""

    operator: re.Pattern[str]
    module: re.Pattern[str]
    line: re.Pattern[str]  # from the start of the line; « » stand around what is mutated
    why: str


def read_reasons() -> list[Reason]:
    """All of the file."""
    with FILE.open(newline="") as file:
        rows = list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))[1:]
    return [Reason(re.compile(operator), re.compile(module), re.compile(line), why) for operator, module, line, why in rows]


def reason_of(spec: MutationSpec, reasons: list[Reason]) -> str:
    """Why nothing can notice a mutant, if that is known."""
    operator = str(spec.operator_name).partition("/")[2]
    for one in reasons:
        if one.operator.fullmatch(operator) and one.module.search(str(spec.module_path)) and one.line.search(marked(spec)):
            return one.why
    return ""


def shown(spec: MutationSpec) -> str:
    """A mutant in a line."""
    return f"{spec.module_path}:{spec.start_pos[0]} {spec.operator_name.partition('/')[2]}: {marked(spec)}"


def marked(spec: MutationSpec) -> str:
    """The line, without comment, with marks around what is mutated."""
    (row, column), (last, end) = spec.start_pos, spec.end_pos
    line = _lines(Path(spec.module_path))[row - 1]
    end = end if last == row else len(line)
    return f"{line[:column]}«{line[column:end]}»{line[end:]}".partition("  #")[0].strip()


@cache
def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines()
