"""Scenario files with something wrong in them, by the thousand: each has to end in a Scenario or a ScenarioError, and soon.

`python -m tests.properties.fuzz_scenarios 10000` reads so many of them (`--seed N` for other ones than usual) and says what
they came to. The texts depend on the seed and the number alone, so that one that fails can be made again.
"""

from __future__ import annotations

import argparse
import faulthandler
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from oracle.errors import ScenarioError
from oracle.flavor import Flavor
from oracle.load import dump_scenario, loads
from oracle.load.yamlpos import decode
from oracle.scenario import Scenario
from tests.unit.load_helpers import FLAVORS

SEED = 2007
TOO_LONG = 2.0  # seconds for one file
HANGS = 60  # seconds without an end

WHOLE = """\
title: The last ten slots are root's
why: >
  A daemon that forks as an ordinary user
  fails ten processes earlier there.
topic: limits
only: [alpha, beta@7]
agree: [parent.umask, "kid.*", machine.nprocs]
machine: {maxproc: 40, background: {0: 20, 1000: 5}, tunables: {atune: 0, both: 1}, terminal: true}
processes:
  boss:
  parent:
    uid: 1000
    euid: 0
    files: {3: {path: /etc/motd, offset: 10, cloexec: true}, 4: /dev/null}
    memory: {data: "0", map: {value: "7", inherit: share}}
    limits: {nproc: {soft: 5, hard: 10}}
    masked: [SIGINT]
    caught: {SIGUSR1: on_usr1}
    ignored: SIGPIPE
    group: parent
    session: shell
    umask: "022"
  worker: {group: parent, pending: &sigs [SIGALRM], masked: *sigs}
steps:
  - {do: fork, as: kid}  # by parent
  - {by: kid, do: exit, status: 3}
  - {do: wait, child: kid, gives: kid exited 3}
  - {do: rfork, flags: RFPROC|RFFDG, as: other, only: alpha}
  - {do: __clone, as: other, only: beta}
  - {do: spawn, as: twin, files: share, gives: {alpha: twin, beta: twin}}
  - {do: vfork, as: v, gives: asleep, finally: v}
  - {do: sigprocmask, how: block, signals: [SIGINT, SIGHUP]}
  - {do: sigaction, signal: SIGINT, handler: h, options: SA_NEW|0x10}
  - {do: fork1, only: beta, exitsig: SIGPWR}
  - concurrently:
      worker: [{do: fork, as: runner}, {do: wait}]
      boss: [{do: kill, group: parent, signal: SIGINT}]
      runner: [{do: exit, status: 1}]
  - sometimes: {runner.state: {alpha: zombie, beta: running}}
  - never: {runner.state: stopped, boss.umask: "077"}
  - check:
      kid.state: reaped
      parent.umask: {beta: "022"}
      parent.children: [twin]
      parent~kid.offsets: [0, 3]
      call.3.elapsed: 0
      machine.group.parent: []
    only: beta
"""

SMALL = "title: t\ntopic: results\nsteps:\n  - {do: fork, as: kid}\n  - {by: kid, do: umask, mask: '027', gives: '022'}\n"

ODD = (
    "", "~", "null", "true", "off", "0", "-1", "022", "0o7", "0x7fffffffffffffff", "99999999999999999999", "1.5", ".nan",
    "1e999", "[]", "{}", "[[]]", "{a: b}", "[1, x, {}]", "*x", "&x y", "*sigs", "!!str 5", "!!python/name:os.system", "!",
    "<<", "<<: {}", "=", "|", ">", "'", '"', '"\\uD800"', '"\\0"', '"\\x1b[31m"', "%", "@", "`", "# x", "? x", ": y", "- z",
    "\t", "all", "alpha@1.1", "gamma", "check", "do", "steps", "call.1", "call.99999999999", "a~b", "~kid.files",
    "machine.", "kid.fd.", ".", "..", "absent", "kernel", "SIGINT", "2001-01-01", "x" * 5000, "[" * 30 + "]" * 30, "\ud800",
    "\x00", "\x85", "\u2028", "\ufeff", "ü", "𝄞", "--- ", "...", "%YAML 9.9",
)  # fmt: skip

Mutation = Callable[[random.Random, str], str]


def delete_line(rng: random.Random, text: str) -> str:
    lines = text.split("\n")
    del lines[rng.randrange(len(lines))]
    return "\n".join(lines)


def repeat_line(rng: random.Random, text: str) -> str:
    lines = text.split("\n")
    at = rng.randrange(len(lines))
    lines[at:at] = [lines[at]] * rng.choice((1, 1, 1, 2, 600))
    return "\n".join(lines)


def swap_lines(rng: random.Random, text: str) -> str:
    lines = text.split("\n")
    one, other = rng.randrange(len(lines)), rng.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    return "\n".join(lines)


def indent_line(rng: random.Random, text: str) -> str:
    lines = text.split("\n")
    at = rng.randrange(len(lines))
    lines[at] = rng.choice((" ", "  ", "\t", "- ", "    ")) + lines[at] if rng.random() < 0.5 else lines[at].lstrip()
    return "\n".join(lines)


def change_word(rng: random.Random, text: str) -> str:
    """Put something odd in the place of a word."""
    starts = [at for at in range(1, len(text)) if text[at].isalnum() and not text[at - 1].isalnum()]
    if not starts:
        return text
    start = rng.choice(starts)
    end = start
    while end < len(text) and (text[end].isalnum() or text[end] in "_@./"):
        end += 1
    return text[:start] + odd(rng) + text[end:]


def swap_words(rng: random.Random, text: str) -> str:
    words = text.split(" ")
    one, other = rng.randrange(len(words)), rng.randrange(len(words))
    words[one], words[other] = words[other], words[one]
    return " ".join(words)


def splice(rng: random.Random, text: str) -> str:
    """Put a piece of text, random or from elsewhere, somewhere."""
    at = rng.randrange(len(text) + 1)
    if rng.random() < 0.5:
        start = rng.randrange(len(WHOLE))
        piece = WHOLE[start : start + rng.randrange(1, 80)]
    else:
        piece = "".join(rng.choice(" \n\t:-[]{},&*!|>'\"%@`#?ab01\\\x00\x7f\u2028é") for _ in range(rng.randrange(1, 20)))
    return text[:at] + piece + text[at + rng.choice((0, 0, len(piece))) :]


def cut(rng: random.Random, text: str) -> str:
    start = rng.randrange(len(text) + 1)
    return text[:start] + text[start + rng.choice((1, 5, 50, len(text))) :]


def structure(rng: random.Random, text: str) -> str:
    """Add a line with a random structure, or put one in the place of what follows a colon."""
    made = random_yaml(rng, rng.randrange(1, 5))
    lines = text.split("\n")
    at = rng.randrange(len(lines))
    head, colon, _ = lines[at].partition(": ")
    lines[at] = f"{head}{colon}{made}" if colon else made
    return "\n".join(lines)


def random_yaml(rng: random.Random, depth: int) -> str:
    """A random structure in flow style."""
    kind = rng.randrange(3) if depth else 2
    if kind == 0:
        return "[" + ", ".join(random_yaml(rng, depth - 1) for _ in range(rng.randrange(4))) + "]"
    if kind == 1:
        return "{" + ", ".join(f"{odd(rng) or 'k'}: {random_yaml(rng, depth - 1)}" for _ in range(rng.randrange(4))) + "}"
    return odd(rng)


def odd(rng: random.Random) -> str:
    return rng.choice(ODD)


def line_ends(rng: random.Random, text: str) -> str:
    return rng.choice(("\ufeff", "")) + text.replace("\n", rng.choice(("\r\n", "\r", "\n\n", "\x85")))


MUTATIONS: tuple[Mutation, ...] = (
    delete_line, repeat_line, swap_lines, indent_line, change_word, change_word, change_word, swap_words, splice, cut,
    structure, structure, line_ends,
)  # fmt: skip


def mutant(seed: int, number: int) -> str:
    """The text with a number: one to four mutations of a good one, or nothing but a random structure."""
    rng = random.Random(f"{seed}:{number}")
    if rng.random() < 0.03:
        return random_yaml(rng, 5)
    text = rng.choice((WHOLE, WHOLE, SMALL))
    for _ in range(rng.choice((1, 1, 1, 2, 3, 4))):
        text = rng.choice(MUTATIONS)(rng, text)
    return text


def damaged(seed: int, number: int) -> bytes:
    """The bytes of a mutant, now and then with some of them changed."""
    rng = random.Random(f"{seed}:{number}:bytes")
    data = bytearray(mutant(seed, number).encode("utf-8", "surrogatepass"))
    if data and rng.random() < 0.1:
        for _ in range(rng.randrange(1, 4)):
            data[rng.randrange(len(data))] = rng.randrange(256)
    return bytes(data)


@dataclass(slots=True)
class Tally:
    """What some files came to."""

    good: int = 0
    refused: int = 0
    placed: int = 0  # refused, with a line and a column
    slowest: float = 0.0
    slowest_number: int = -1
    seconds: float = 0.0
    messages: int = 0


def fuzz(count: int, seed: int = SEED, flavors: Sequence[Flavor] = FLAVORS) -> Tally:
    """Read some damaged files. Whatever is raised but ScenarioError ends it, with a note which file it was."""
    tally = Tally()
    seen = set()
    begin = time.perf_counter()
    for number in range(count):
        started = time.perf_counter()
        try:
            found = read(damaged(seed, number), flavors)
        except ScenarioError as error:
            tally.refused += 1
            tally.placed += bool(error.line and error.column)
            seen.add(error.message)
            has_place = error.line > 0 < error.column or "larger than" in error.message
            if not (error.message and has_place and error.file == "specs/fuzz.yaml" and len(str(error)) < 2_000):
                raise AssertionError(f"number {number} of seed {seed}: a poor message: {error}") from error
        except BaseException as error:
            error.add_note(f"number {number} of seed {seed}")
            raise
        else:
            tally.good += 1
            if loads(dump_scenario(found), "specs/fuzz.yaml", flavors) != found:
                raise AssertionError(f"number {number} of seed {seed} reads back as something else")
        took = time.perf_counter() - started
        if took > tally.slowest:
            tally.slowest, tally.slowest_number = took, number
    tally.seconds = time.perf_counter() - begin
    tally.messages = len(seen)
    return tally


def read(data: bytes, flavors: Sequence[Flavor]) -> Scenario:
    """What reading a file does with its bytes."""
    return loads(decode(data, "specs/fuzz.yaml"), "specs/fuzz.yaml", flavors)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.properties.fuzz_scenarios", description=__doc__)
    parser.add_argument("count", type=int, nargs="?", default=10_000)
    parser.add_argument("--seed", type=int, default=SEED)
    asked = parser.parse_args()
    faulthandler.dump_traceback_later(HANGS + asked.count // 50, exit=True)
    tally = fuzz(asked.count, asked.seed)
    faulthandler.cancel_dump_traceback_later()
    print(  # noqa: T201
        f"{asked.count} files, seed {asked.seed}: {tally.good} scenarios, {tally.refused} refused "
        f"({tally.placed} with line and column, {tally.messages} different messages), nothing else; "
        f"{tally.seconds:.1f} s, slowest {tally.slowest * 1000:.0f} ms (number {tally.slowest_number})"
    )
    if tally.slowest > TOO_LONG:
        raise SystemExit(f"number {tally.slowest_number} took longer than {TOO_LONG} s")


if __name__ == "__main__":
    main()
