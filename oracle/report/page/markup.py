"""HTML that can't be broken by what it shows: every text is escaped, unless its type says that it is markup already."""

from __future__ import annotations

from collections.abc import Sequence

from oracle.report.text import html

VOID = frozenset({"input", "link", "meta", "br"})


class Html(str):
    """Markup. What is only a `str` is text."""

    __slots__ = ()


def element(name: str, /, *content: str, **attributes: str | int | bool | None) -> Html:
    """An element. Underscores in names of attributes stand for hyphens (`class_` for class); None and False leave one out."""
    written = "".join(
        f" {key.rstrip('_').replace('_', '-')}" + ("" if value is True else f'="{html(str(value))}"')
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    if name in VOID:
        return Html(f"<{name}{written}>")
    return Html(f"<{name}{written}>{join(content)}</{name}>")


def join(parts: Sequence[str], between: str = "") -> Html:
    """Parts one after the other: markup as it is, texts escaped."""
    return Html(between.join(part if isinstance(part, Html) else html(part) for part in parts))


def raw(text: str) -> Html:
    """What is no text of anybody's: our own style, script and escaped data."""
    return Html(text)
