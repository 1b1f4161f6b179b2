"""Calls that go by their portable names."""

from __future__ import annotations

from oracle.calls import PORTABLE_BY_NAME
from oracle.flavor import Call, Code


def portable(**code: Code) -> dict[str, Call]:
    """Portable calls by name, each with its code."""
    return {name: Call(PORTABLE_BY_NAME[name], run) for name, run in code.items()}
