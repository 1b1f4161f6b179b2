"""A flavor from outside: built, installed and run like anybody's, with nothing of this project edited."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import outside
from tests.unit.plugins import FORGETFUL, distribution

EXAMPLE = Path(outside.__file__).parent
ROOT = EXAMPLE.parents[1]
UMASK = """\
title: A child has its parent's umask
why: TinyOS 2 forgets it.
topic: files
steps:
  - {do: fork, as: kid, gives: kid}
  - check: {parent~kid.files: apart}
"""
Done = subprocess.CompletedProcess[str]
Command = Callable[..., Done]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that the example was installed into by pip, from a copy of its sources and without a network."""
    source = tmp_path_factory.mktemp("source") / "tinyos"
    shutil.copytree(EXAMPLE, source, ignore=shutil.ignore_patterns("__*"))
    target = tmp_path_factory.mktemp("site")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    options = ["--no-deps", "--no-index", "--no-build-isolation", "--target", str(target)]
    subprocess.run([*pip, *options, str(source)], check=True, capture_output=True, text=True)
    return target


@pytest.fixture
def command(site: Path, tmp_path: Path) -> Command:
    """Runs fork-oracle in a process of its own, with the installed example and further folders on its path."""

    def run(*arguments: str, more: tuple[Path, ...] = ()) -> Done:
        path = os.pathsep.join(map(str, [site, *more, ROOT, *filter(None, [os.environ.get("PYTHONPATH")])]))
        environment = {**os.environ, "PYTHONPATH": path, "NO_COLOR": "1", "COLUMNS": "120"}
        line = [sys.executable, "-m", "oracle.cli", *arguments]
        return subprocess.run(line, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)

    return run


def test_it_is_listed_among_the_flavors(command: Command) -> None:
    done = command("flavors")
    assert "tinyos@1" in done.stdout
    assert "TinyOS 1, the example of a flavor from outside" in done.stdout
    assert "tinyos" not in done.stderr


def test_its_own_scenarios_run_and_pass(command: Command) -> None:
    done = command("run", str(EXAMPLE / "specs"), "--flavor", "tinyos@1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 scenario, 1 run" in done.stdout


def test_it_is_compared_with_another_flavor(command: Command, tmp_path: Path) -> None:
    distribution(tmp_path / "other", "forgetful", {"tinyos-2": "forgetful:FLAVOR"}, {"forgetful": FORGETFUL})
    (tmp_path / "umask.yaml").write_text(UMASK)
    flavors = ("--flavor", "tinyos@1", "--flavor", "tinyos@2")
    done = command("run", "umask.yaml", *flavors, "--format", "json", more=(tmp_path / "other",))
    assert done.returncode == 0, done.stdout + done.stderr
    assert '"kid.umask"' in json.dumps(json.loads(done.stdout))
    assert {'"000"', '"022"'} <= {word.strip(",[]{} ") for word in json.dumps(json.loads(done.stdout)).split()}


BROKEN = {
    "import": ("broken:FLAVOR", "import nowhere_to_be_found", "can't be imported: ModuleNotFoundError"),
    "type": ("broken:FLAVOR", "FLAVOR = 'netbsd'", "is of type str, not an oracle.flavor.Flavor"),
    "signature": (
        "broken:FLAVOR",
        "from dataclasses import replace\nfrom tinyos import FLAVOR as T\nFLAVOR = replace(T, id='b@1', boot=lambda: None)",
        "b@1: its boot can't be called with (k, spec)",
    ),
    "contract": (
        "broken:FLAVOR",
        "from dataclasses import replace\nfrom tinyos import FLAVOR as T\nFLAVOR = replace(T, contract=0)",
        "was written for contract 0",
    ),
    "duplicate": (
        "broken:FLAVOR",
        "from dataclasses import replace\nfrom tinyos import FLAVOR as T\nFLAVOR = replace(T)",
        "its id 'tinyos@1' is taken by the plugin 'tinyos-1' (tinyos:FLAVOR of fork-oracle-tinyos)",
    ),
    "id": (
        "broken:FLAVOR",
        "from dataclasses import replace\nfrom tinyos import FLAVOR as T\nFLAVOR = replace(T, id='tiny')",
        "its id 'tiny' is not of the form system@revision",
    ),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_plugin_is_named_with_its_owner_and_the_others_still_run(command: Command, tmp_path: Path, what: str) -> None:
    value, text, message = BROKEN[what]
    distribution(tmp_path / "other", "sloppy", {"zz-broken": value}, {"broken": text})
    done = command("run", str(EXAMPLE / "specs"), more=(tmp_path / "other",))
    assert f"flavor plugin 'zz-broken' ({value} of sloppy): {message}" in done.stderr
    assert "Traceback" not in done.stderr
    assert "1 scenario, 1 run" in done.stdout
    assert done.returncode == 0
