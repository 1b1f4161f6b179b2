"""The documents are true: commands print what is quoted, scenarios and programs run, files and targets that are named exist.

How they are read: in a `console` block, a line that starts with `$ ` is a command and what follows is what it prints. A line
`…` stands for lines left out, a line that ends in `…` for one that goes on; blanks and rules of any width are alike, and empty
lines and the time that a run took are nothing. `$ make run` stands for its recipe without --reports; what other programs print
is not looked at. A `yaml` block whose first line is `# name.yaml` is the file of that name in the commands after it. A `python`
block that starts with an import is a program, a `text` block after it is what it prints; any other is an excerpt of a flavor.
"""

from __future__ import annotations

import re
import runpy
import shlex
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from oracle.cli import main
from oracle.harness import compare
from oracle.load import loads
from oracle.registry import load_flavors
from tests.unit.plugins import TINYOS, distribution

ROOT = Path(__file__).parents[2]
DOCUMENTS = ("README.md", "CONTRIBUTING.md")
FLAVORS = sorted((ROOT / "flavors").rglob("*.py"))
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
WIDTH = "100"  # columns, for which the documents quote
ASK = "; echo $?"
MISTAKEN = """
from dataclasses import replace
from tinyos import FLAVOR

FLAVOR = replace(FLAVOR, id="myos@1", boot=lambda k: None)
"""

_FENCE = re.compile(r"^```(\w*)$")
_FILE = re.compile(r"^# ([\w-]+\.yaml)$")
_TIME = re.compile(r"^fork-oracle: .* in \d+\.\d+ s$")
_PLACE = re.compile(r"`((?:oracle|flavors|specs|tests|schema|benchmarks)/[\w./-]*)`")
_MODULE = re.compile(r"python -m (tests[\w.]+)")
_TARGET = re.compile(r"`make ([a-z]+)\b")
_LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)")


@dataclass(frozen=True)
class Block:
    """A fenced block: the line of the document on which it begins, its language, its lines."""

    document: str
    line: int
    language: str
    lines: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.document}:{self.line}"


@dataclass(frozen=True)
class Command:
    """A command of a console block, what is quoted of its output, and the scenario files that the document has given so far."""

    place: str
    words: str
    quoted: tuple[str, ...]
    files: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        return f"{self.place} {self.words}"


def blocks_of(document: str, text: str) -> list[Block]:
    found = []
    start, language = 0, ""
    lines = text.splitlines()
    for number, line in enumerate(lines, 1):
        if start and line == "```":
            found.append(Block(document, start, language, tuple(lines[start : number - 1])))
            start = 0
        elif not start and (match := _FENCE.match(line)):
            start, language = number, match[1]
    assert not start, f"{document}:{start}: a block without an end"
    return found


def commands_of(blocks: list[Block]) -> list[Command]:
    found = []
    files: dict[str, str] = {}
    for block in blocks:
        if block.language == "yaml" and (match := _FILE.match(block.lines[0])):
            files[match[1]] = "\n".join(block.lines)
        if block.language != "console":
            continue
        starts = [number for number, line in enumerate(block.lines) if line.startswith("$ ")]
        for start, end in zip(starts, [*starts[1:], len(block.lines)], strict=True):
            place = f"{block.document}:{block.line + 1 + start}"
            found.append(Command(place, block.lines[start][2:], block.lines[start + 1 : end], tuple(files.items())))
    return found


def squeezed(line: str) -> str:
    """A line without what depends on the widths of other lines."""
    return re.sub(r"-{3,}", "---", re.sub(r" +", " ", line)).strip()


def first_misquote(quoted: tuple[str, ...], output: str) -> str | None:
    """The first quoted line that the output does not have there; an empty text, if it has more than is quoted."""
    printed = "".join(f"{line}\n" for raw in output.splitlines() if (line := squeezed(raw)) and not _TIME.match(line))
    pattern = ""
    for line in (one for raw in quoted if (one := squeezed(raw))):
        if line == "…":
            pattern += r"(?:.*\n)*?"
            continue
        pattern += re.escape(line.removesuffix("…").rstrip()) + (r".*\n" if line.endswith("…") else r"\n")
        if not re.match(pattern, printed):
            return line
    return None if re.fullmatch(pattern, printed) else ""


def recipe(target: str) -> str:
    """The last command of a make target, without the options that write."""
    match = re.search(rf"^{target}:.*\n(?:\t.*\n)*?\t(.*)\n(?!\t)", MAKEFILE, re.MULTILINE)
    assert match is not None, f"the Makefile has no target {target!r}"
    return re.sub(r"\$\(BIN\)/| --reports reports| --sweep standard| \$\(CLAIMS\)| \$\(ARGS\)", "", match[1])


BLOCKS = {name: blocks_of(name, (ROOT / name).read_text("utf-8")) for name in DOCUMENTS}
COMMANDS = [
    one for blocks in BLOCKS.values() for one in commands_of(blocks) if one.words.startswith(("fork-oracle ", "make run"))
]
SCENARIOS = [one for blocks in BLOCKS.values() for one in blocks if any(line.startswith("title:") for line in one.lines)]
PYTHON = [one for blocks in BLOCKS.values() for one in blocks if one.language == "python"]
PROGRAMS = [one for one in PYTHON if re.match("from|import", one.lines[0])]
EXCERPTS = [one for one in PYTHON if one not in PROGRAMS]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that looks like the root of the project, to write the documents' own files into."""
    for name in ("specs", "tests"):
        (tmp_path / name).symlink_to(ROOT / name, target_is_directory=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", WIDTH)
    monkeypatch.setenv("NO_COLOR", "1")
    return tmp_path


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Puts in what CONTRIBUTING.md speaks of, and no other document: TinyOS, and one like it whose boot lacks an argument."""

    def put(document: str) -> None:
        if document != "CONTRIBUTING.md":
            return
        site = tmp_path / "site"
        site.mkdir()
        distribution(site, "tinyos", {"tinyos-1": "tinyos:FLAVOR"}, {"tinyos": TINYOS})
        distribution(site, "myos", {"myos-1": "myos:FLAVOR"}, {"myos": MISTAKEN})
        monkeypatch.syspath_prepend(site)

    yield put
    for name in ("tinyos", "myos"):
        sys.modules.pop(name, None)


@pytest.mark.parametrize("command", COMMANDS, ids=str)
def test_a_command_prints_what_is_quoted(
    command: Command, place: Path, install: Callable[[str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    words = shlex.split(command.words.removesuffix(ASK).replace("make run", recipe("run")))
    for name, text in command.files:
        (place / name).write_text(text, "utf-8")
    install(command.place.partition(":")[0])
    code = main(words[1:])
    printed = capsys.readouterr()
    output = printed.out + printed.err + (f"{code}\n" if command.words.endswith(ASK) else "")
    assert first_misquote(command.quoted, output) is None, f"{command.place}: it prints\n{output}"


@pytest.mark.parametrize("block", SCENARIOS, ids=str)
def test_a_scenario_loads_and_runs_on_every_flavor_it_is_for(block: Block) -> None:
    flavors = load_flavors().flavors
    comparison = compare(loads("\n".join(block.lines), f"{block}.yaml", flavors), flavors)
    assert comparison.results
    assert [one.flavor for one in comparison.results if one.crash or one.unmodelled] == []


@pytest.mark.parametrize("block", PROGRAMS, ids=str)
def test_a_program_runs_and_prints_what_is_quoted(
    block: Block, place: Path, install: Callable[[str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    install(block.document)
    (place / "example.py").write_text("\n".join(block.lines), "utf-8")
    runpy.run_path(str(place / "example.py"))
    after = BLOCKS[block.document][BLOCKS[block.document].index(block) + 1 :]
    quoted = after[0].lines if after and after[0].language == "text" else ()
    output = capsys.readouterr().out
    assert first_misquote(quoted, output) is None, f"{block}: it prints\n{output}"


@pytest.mark.parametrize("block", EXCERPTS, ids=str)
def test_an_excerpt_stands_in_a_flavor(block: Block) -> None:
    files = (path.read_text("utf-8") for path in FLAVORS)
    assert any(first_misquote(("…", *block.lines, "…"), text) is None for text in files)


@pytest.mark.parametrize("name", [*DOCUMENTS, "ARCHITECTURE.md"])
def test_every_file_module_and_target_that_is_named_is_there(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    places = _PLACE.findall(text) + _LINK.findall(text)
    places += [module.replace(".", "/") + ".py" for module in _MODULE.findall(text)]
    assert [one for one in places if not (ROOT / one).exists()] == []
    assert [one for one in _TARGET.findall(text) if not re.search(rf"^{one}:", MAKEFILE, re.MULTILINE)] == []


PRINTED = (
    "scenario    divergences\n--------    ---\n\na   one\nb   two and more\nc   three\nfork-oracle: 3 scenarios in 0.02 s\n"
)


@pytest.mark.parametrize(
    "quoted",
    [
        "scenario divergences\n--- ---\na one\nb two and more\nc three",
        "scenario       divergences\n-----  ----\n…\nc   three",
        "…\nb   two …\n…",
        "…",
    ],
)
def test_a_shortened_quote_is_taken_for_what_it_stands_for(quoted: str) -> None:
    assert first_misquote(tuple(quoted.splitlines()), PRINTED) is None


@pytest.mark.parametrize(
    ("quoted", "wrong"),
    [
        ("…\na   one\nc   three", "c three"),
        ("…\nc   three\nb   two…\n…", "b two…"),
        ("…\nb   two\nc   three", "b two"),
        ("a   one\n…", "a one"),
        ("…\na   one", ""),
        ("", ""),
    ],
    ids=["left out without a word", "in another order", "cut short", "not the first", "not the last", "nothing quoted"],
)
def test_a_false_quote_is_found(quoted: str, wrong: str) -> None:
    assert first_misquote(tuple(quoted.splitlines()), PRINTED) == wrong


def test_blocks_are_read_with_the_files_that_come_before_them() -> None:
    text = "```yaml\n# a.yaml\nx: 1\n```\n\n```console\n$ fork-oracle run a.yaml\nout\n$ make test\n```\n"
    first, second = commands_of(blocks_of("DOC.md", text))
    assert first == Command("DOC.md:7", "fork-oracle run a.yaml", ("out",), (("a.yaml", "# a.yaml\nx: 1"),))
    assert (second.place, second.words, second.quoted) == ("DOC.md:9", "make test", ())
