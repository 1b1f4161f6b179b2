from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from collections.abc import Mapping
from pathlib import Path

import pytest

import tests
from tests.unit.toys import FORK, UMASK, specs

ROOT = Path(tests.__file__).parents[1]


def command(flavors: str, *argv: str) -> list[str]:
    return [sys.executable, "-m", "tests.unit.toys", flavors, *argv]


def environment(extra: Mapping[str, str]) -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in ("NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "COLUMNS")
    }
    return {**kept, "PYTHONPATH": os.fspath(ROOT), "TERM": "xterm", **extra}


def in_pipe(folder: Path, flavors: str, *argv: str, **extra: str) -> subprocess.CompletedProcess[bytes]:
    """Run the command with its output in pipes."""
    return subprocess.run(
        command(flavors, *argv), cwd=folder, env=environment(extra), capture_output=True, timeout=60, check=False
    )


def on_terminal(folder: Path, columns: int, flavors: str, *argv: str, **extra: str) -> tuple[int, str]:
    """Run the command on a pseudo-terminal of some width: exit code, and all that was shown."""
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    with subprocess.Popen(
        command(flavors, *argv), cwd=folder, env=environment(extra), stdin=follower, stdout=follower, stderr=follower
    ) as process:
        os.close(follower)
        shown = b""
        while True:
            try:
                piece = os.read(leader, 65536)
            except OSError:  # how Linux says that nobody has the other end open any more
                break
            if not piece:
                break
            shown += piece
        code = process.wait(60)
    os.close(leader)
    return code, shown.decode().replace("\r\n", "\n")


def test_a_terminal_gets_colours_its_own_width_and_a_progress_bar(tmp_path: Path) -> None:
    specs(tmp_path, files__fork=FORK, files__umask=UMASK)
    code, shown = on_terminal(tmp_path, 70, "tinyos@1,barren@1", "run")
    assert code == 1
    assert "\x1b[32mA ok\x1b[0m" in shown
    assert "\x1b[1;31mFailed\x1b[0m" in shown
    assert "2/2" in shown or "0/2" in shown
    report = shown[shown.index("scenario    ") :]
    bare = [piece.partition("m")[2] if number else piece for number, piece in enumerate(report.split("\x1b["))]
    assert max(len(line) for line in "".join(bare).splitlines() if not line.startswith("fork-oracle: ")) <= 70


@pytest.mark.parametrize(
    ("argv", "extra", "coloured"),
    [
        ([], {"NO_COLOR": "1"}, False),
        ([], {"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
        ([], {"NO_COLOR": ""}, True),
        ([], {"TERM": "dumb"}, False),
        (["--color", "never"], {}, False),
        (["--color", "always"], {"NO_COLOR": "1"}, True),
    ],
)
def test_colour_on_a_terminal_can_be_refused(tmp_path: Path, argv: list[str], extra: dict[str, str], coloured: bool) -> None:
    specs(tmp_path, files__fork=FORK)
    code, shown = on_terminal(tmp_path, 80, "tinyos@1", "run", *argv, **extra)
    assert code == 0
    assert ("\x1b[" in shown) is coloured


def test_a_pipe_gets_neither_colours_nor_a_progress_bar(tmp_path: Path) -> None:
    specs(tmp_path, files__fork=FORK, files__umask=UMASK)
    done = in_pipe(tmp_path, "tinyos@1,barren@1", "run")
    assert done.returncode == 1
    assert b"\x1b" not in done.stdout + done.stderr
    assert done.stderr.count(b"\n") == 1
    assert done.stderr.startswith(b"fork-oracle: 2 scenarios on 2 flavors in ")


@pytest.mark.parametrize("extra", [{"FORCE_COLOR": "1"}, {"CLICOLOR_FORCE": "1"}])
def test_colour_in_a_pipe_can_be_forced(tmp_path: Path, extra: dict[str, str]) -> None:
    specs(tmp_path, files__fork=FORK)
    assert b"\x1b[32m" in in_pipe(tmp_path, "tinyos@1", "run", **extra).stdout
    assert b"\x1b" not in in_pipe(tmp_path, "tinyos@1", "run", **{**extra, "FORCE_COLOR": "0"}).stdout


def test_columns_say_the_width_in_a_pipe(tmp_path: Path) -> None:
    specs(tmp_path, files__fork=FORK)
    done = in_pipe(tmp_path, "tinyos@1,barren@1", "facts", COLUMNS="80")
    assert max(map(len, done.stdout.decode().splitlines())) <= 80


def test_a_terminal_that_lacks_letters_gets_escapes(tmp_path: Path) -> None:
    specs(tmp_path, files__fork=FORK.replace("A child", "A child — naïve"))
    done = in_pipe(tmp_path, "tinyos@1,barren@1", "run", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert done.returncode == 1
    assert b"A child \\u2014 na\\xefve" in done.stdout


def test_hash_seeds_do_not_show(tmp_path: Path) -> None:
    specs(tmp_path, files__fork=FORK, files__umask=UMASK)
    one, two = (in_pipe(tmp_path, "tinyos@1,barren@1", "run", "--format", "json", PYTHONHASHSEED=seed) for seed in ("1", "2"))
    assert one.stdout == two.stdout


def test_a_reader_who_leaves_early_is_no_error(tmp_path: Path) -> None:
    specs(tmp_path, **{f"files__fork{number}": FORK for number in range(40)})
    reading, writing = os.pipe()
    with subprocess.Popen(
        command("tinyos@1,barren@1", "run", "--format", "json"),
        cwd=tmp_path, env=environment({}), stdout=writing, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        os.close(writing)
        os.read(reading, 10)
        os.close(reading)
        assert process.stderr is not None
        complaints = process.stderr.read()
        assert process.wait(60) == 141
    assert b"Traceback" not in complaints
    assert b"Broken" not in complaints


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_is_said_in_one_line(tmp_path: Path) -> None:
    specs(tmp_path, files__fork=FORK)
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            command("tinyos@1", "run"),
            cwd=tmp_path,
            env=environment({}),
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
            timeout=60,
        )
    assert done.returncode == 2
    assert done.stderr == b"fork-oracle: can't write to standard output: No space left on device\n"


def test_ctrl_c_prints_what_was_finished(tmp_path: Path) -> None:
    specs(tmp_path, files__fork=FORK, files__umask=UMASK, files__zero=FORK)
    done = in_pipe(tmp_path, "stopped@1", "run")
    assert done.returncode == 130
    assert done.stdout.endswith(b"\ninterrupted: 1 of 3 scenarios were run\n")
    assert b"Traceback" not in done.stderr


def test_help_imports_neither_flavors_nor_libraries() -> None:
    program = (
        "import sys\nfrom oracle.cli import main\nassert main(['run', '--help']) == 0\n"
        "heavy = {'pydantic', 'yaml', 'tabulate', 'tqdm', 'flavors', 'oracle.run'}\n"
        "sys.exit(str(heavy & set(sys.modules)) if heavy & set(sys.modules) else 0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment({}), cwd=ROOT, capture_output=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr


def test_the_package_runs_as_a_module() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "oracle.cli", "--version"],
        env=environment({}),
        cwd=ROOT,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout[:12]) == (0, b"fork-oracle ")
