"""Renders what there is to choose from: flavors, calls and their parameters, and the vocabulary of facts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from oracle.calls import PORTABLE, PORTABLE_BY_NAME, CallSpec, Param
from oracle.facts import FACTS
from oracle.flavor import Flavor
from oracle.report.look import Look
from oracle.report.table_report import fitted
from oracle.report.text import paragraph, plain, prose, show


def flavors(installed: Sequence[Flavor], look: Look) -> str:
    """The installed flavors: what they are, what they stand on, and what they leave out."""
    if not installed:
        return "no flavor is installed\n"
    rows = [[look.name(one.id), str(len(one.calls)), str(len(_native(one))), prose(one.title)] for one in installed]
    parts = [fitted(rows, ["flavor", "calls", "native", "title"], look)]
    for one in installed:
        lines = [look.heading(one.id)]
        lines += [paragraph(f"models {prose(str(source))}", look.width, "  ") for source in one.sources]
        for heading, left_out in (("has no", one.absent), ("does not model", one.unmodelled)):
            if left_out:
                lines.append(f"  {heading}")
                lines += [paragraph(f"{plain(what)}: {prose(why)}", look.width, "    ") for what, why in left_out.items()]
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"


def facts(look: Look) -> str:
    """The vocabulary."""
    rows = [[fact.pattern, fact.type, fact.scope.value, fact.meaning] for fact in FACTS]
    return fitted(rows, ["fact", "type", "compared between", "meaning"], look) + "\n"


def calls(installed: Sequence[Flavor], look: Look) -> str:
    """The portable calls, then the native ones of each flavor."""
    parts = [look.heading("Portable calls") + "\n\n" + _table(PORTABLE, look)]
    for one in installed:
        lacking = [spec.name for spec in PORTABLE if spec.name not in one.calls and spec.name != "spawn"]
        lines = [look.heading(f"Calls of {one.id} alone"), "", _table(_native(one), look) if _native(one) else "none"]
        if lacking:
            lines += ["", paragraph(f"It lacks the portable calls {', '.join(lacking)}.", look.width)]
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"


def _native(flavor: Flavor) -> list[CallSpec]:
    return [call.spec for name, call in flavor.calls.items() if name not in PORTABLE_BY_NAME]


def _table(specs: Iterable[CallSpec], look: Look) -> str:
    """Calls, each followed by its parameters."""
    rows = []
    for spec in specs:
        meaning = f"{prose(spec.meaning)}; gives {spec.result.value}" + ("; as: names what it makes" if spec.births else "")
        rows.append([plain(spec.name), "", meaning])
        rows += [["", plain(param.name), _parameter(param)] for param in spec.params]
    return fitted(rows, ["call", "parameter", "meaning"], look)


def _parameter(param: Param) -> str:
    text = prose(param.meaning)
    if param.choices:
        text += f": {' | '.join(map(plain, param.choices))}"
    elif param.names:
        text += f": {', '.join(plain(name) for name, _ in param.names)}"
    else:
        text += f": {param.kind.value}"
    if param.required:
        return text + " (required)"
    return text if param.default in (None, ()) else f"{text} ({show(param.default)} if not given)"
