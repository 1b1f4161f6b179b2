"""The style and the script of pages, which are files beside this one."""

from __future__ import annotations

from importlib.resources import files


def asset(name: str) -> str:
    """The text of one of them."""
    return files("oracle.report.page").joinpath(name).read_text("utf-8")
