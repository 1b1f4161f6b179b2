"""Where the command's words go: standard output and error, colours, width, progress, and files written whole or not at all."""

from __future__ import annotations

import errno
import io
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from oracle.errors import UsageError

if TYPE_CHECKING:
    from oracle.report.look import Look

OK, NOT_AS_EXPECTED, USAGE, BUG, INTERRUPTED, BROKEN_PIPE = 0, 1, 2, 3, 130, 141
PIPE_WIDTH = 120
NARROWEST = 40
PIECE = 4096  # unbuffered, Python drops what a pipe does not take at once; pieces as small as this are taken whole


def _one(thing: object) -> int:
    return 1


class _Closed(io.StringIO):
    """A stream that the caller of the program has closed."""

    def write(self, text: str) -> int:
        raise OSError(errno.EBADF, "it is closed")


class Terminal:
    """Standard output and error of one command; None is one that the caller has closed."""

    def __init__(self, out: TextIO | None, err: TextIO | None) -> None:
        self.out = out if out is not None else _Closed()
        self.err = err if err is not None else _Closed()
        self.color = "auto"  # auto, always or never
        for stream in (self.out, self.err):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="backslashreplace")  # a letter that the terminal lacks is no reason to stop

    def look(self) -> Look:
        """How a report on standard output should look."""
        from oracle.report.look import Look

        return Look(self._width(), self._colour())

    def _width(self) -> int:
        if not self.out.isatty() and not os.environ.get("COLUMNS", "").isdecimal():
            return PIPE_WIDTH
        return max(NARROWEST, shutil.get_terminal_size((80, 24)).columns)

    def _colour(self) -> bool:
        """The option first, then NO_COLOR, then FORCE_COLOR, then whether somebody is looking."""
        if self.color != "auto":
            return self.color == "always"
        if os.environ.get("NO_COLOR"):
            return False
        if force := os.environ.get("FORCE_COLOR") or os.environ.get("CLICOLOR_FORCE"):
            return force != "0"
        return self.out.isatty() and os.environ.get("TERM") != "dumb"

    def write(self, text: str) -> None:
        """Put a report on standard output. Raises UsageError where there is no room for it."""
        with self._room():
            for start in range(0, len(text), PIECE):
                self.out.write(text[start : start + PIECE])
            self.out.flush()

    @contextmanager
    def _room(self) -> Iterator[None]:
        """Standard output is written to: where it takes no more, for another reason than that its reader left, that is said."""
        try:
            yield
        except BrokenPipeError:
            raise
        except OSError as error:
            self.detach()
            raise UsageError(f"can't write to standard output: {error.strerror or error}") from error

    def say(self, text: str) -> None:
        """Say something to the person at the terminal, on standard error."""
        first, *rest = text.splitlines() or [""]
        self.say_lines("\n".join([f"fork-oracle: {first}", *(f"  {line}" for line in rest)]))

    def say_lines(self, text: str) -> None:
        """Lines on standard error, as they are but for what would steer a terminal. Where it takes none, nobody can be told."""
        from oracle.report.text import plain

        with self._room():
            self.out.flush()
        try:
            for line in text.splitlines():
                self.err.write(plain(line) + "\n")
            self.err.flush()
        except BrokenPipeError:
            raise
        except OSError:
            self._to_nowhere(self.err)

    def flush(self) -> None:
        """Write what is still buffered, while a broken pipe can still be dealt with. Raises UsageError as `write`."""
        with self._room():
            self.out.flush()
        with suppress(OSError):
            self.err.flush()

    def detach(self) -> None:
        """Standard output takes no more: let the interpreter's last flush go nowhere, without a word."""
        self._to_nowhere(self.out)

    def _to_nowhere(self, stream: TextIO) -> None:
        with suppress(OSError, ValueError):
            sink = os.open(os.devnull, os.O_WRONLY)
            os.dup2(sink, stream.fileno())
            os.close(sink)

    def progress(
        self, total: int, what: str = "scenarios", *, done: int = 0, size: Callable[[object], int] = _one
    ) -> tuple[Callable[[object], None], Callable[[], None]]:
        """What to call after each of so many things and at the end: a progress bar on a terminal, nothing in a pipe.

        `done` of them were done before; `size` says for how many a call stands.
        """
        if not self.err.isatty() or total < 2:
            return _nothing, _nothing
        from tqdm import tqdm

        bar = tqdm(total=total, initial=done, unit=f" {what}", file=self.err, leave=False, dynamic_ncols=True)

        def advance(one: object) -> None:
            bar.update(size(one))

        return advance, bar.close


def _nothing(*ignored: object) -> None:
    """Nobody looks at the progress."""


def check_places(files: Iterable[Path]) -> None:
    """Raise UsageError, before any work is done, for a file that could not be written."""
    for file in files:
        folder = file.resolve().parent
        if not folder.is_dir():
            raise UsageError(f"can't write {str(file)!r}: there is no folder {str(folder)!r}")
        if file.is_dir() or not os.access(folder, os.W_OK):
            raise UsageError(
                f"can't write {str(file)!r}: {'it is a folder' if file.is_dir() else 'its folder is not writable'}"
            )


def write_files(texts: Mapping[Path, str]) -> None:
    """Write files whole or not at all: all are written beside their places first, then put there.

    Something that is no regular file, such as /dev/stdout, is written to as it is. Raises UsageError where that can't be done.
    """
    placed: list[tuple[Path, Path]] = []
    path = Path()
    try:
        for path, text in texts.items():
            target = path.resolve()
            if target.exists() and not target.is_file():
                target.write_text(text, "utf-8", newline="\n")
                continue
            beside = target.with_name(f".{target.name}.{os.getpid()}.tmp")
            placed.append((beside, target))
            with beside.open("x", encoding="utf-8", newline="\n") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            if target.exists():
                shutil.copymode(target, beside)
        for beside, path in placed:
            beside.replace(path)
    except OSError as error:
        raise UsageError(f"can't write {str(path)!r}: {error.strerror or error}") from error
    finally:
        for beside, _ in placed:
            beside.unlink(missing_ok=True)


def make_folder(folder: Path) -> None:
    """Make a folder, if it isn't there. Raises UsageError where that can't be."""
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"can't make the folder {str(folder)!r}: a file is called so; name another")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"can't make the folder {str(folder)!r}: {error.strerror}") from error
