"""A small C file as a source browser shows it, and modules of Python, planted in a folder, that cite it."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

from oracle.sources.listing import Listing
from oracle.sources.reading import Reading, read

HEADER = """\
from oracle.cite import Source, models
KERN_FORK = Source("TestBSD", "kern_fork.c", "1.1", 29)
KERN_EXIT = Source("TestBSD", "kern_exit.c", "1.1")
"""
LISTING = Listing(
    "from a source browser\n"
    "1 /* a header */\n"
    "2 int\n"
    "3 fork1(int a,\n"
    "4     int b)\n"
    "5 {\n"
    "6 \tint ok;\n"
    "7 \t/*\n"
    "8 \t * why\n"
    "9 \t */\n"
    "10 \tif (a)\t/* why */\n"
    "11 \t\treturn grant_wish(a);\n"
    "12 \n"
    "13 #ifdef LOUD\n"
    '14 \tprintf("if only");\n'
    "15 #endif\n"
    "16 \tTAILQ_FOREACH(ep, &list, next) {\n"
    "17 \t\tok = ep->e_busy ? 1\n"
    "18 \t\t    : 0;\n"
    "19 \t} else {\n"
    "20 \t\tgoto done;\n"
    "21 \t}\n"
    "22 done:\n"
    "23 \treturn p_sigacts;\n"
    "24 }\n"
    "25\n"
    "26\xa0static int x = 1; /* two\n"
    "27 lines */\n"
    "28 int twice(int a)\n"
    "29 { return 2 * a; }\n"
)


def plant(folder: Path, text: str, name: str = "testbsd_fork") -> ModuleType:
    """A module out of a text, below the header."""
    file = folder / f"{name}.py"
    file.write_text(HEADER + text, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def reading(folder: Path, text: str) -> Reading:
    """What a planted module says."""
    return read(plant(folder, text))


def installed(folder: Path, text: str, name: str) -> ModuleType:
    """A planted module that is loaded, as a flavor's is; who plants it takes it out of sys.modules again."""
    module = plant(folder, text, name)
    sys.modules[name] = module
    return module
