"""The example workflow for other projects does what it says: its steps, as they stand in the YAML, on a flavor from outside."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests import outside

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples/ci"
WORKFLOW = yaml.safe_load((EXAMPLE / "fork-oracle.yml").read_text("utf-8"))
README = (EXAMPLE / "README.md").read_text("utf-8")
SPECS = ("specs/files", "specs/results")  # enough to be sure, and soon done
GH = '#!/bin/sh\n[ "$6" = --edit-last ] && exit 1  # there is no comment yet\necho "$@" >> "$RECORD"\ncat "$5" >> "$RECORD"\n'
Done = subprocess.CompletedProcess[str]


class Repository:
    """A project that uses the workflow: its flavor in `flavor`, fork-oracle beside it; pip and gh work without a network."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        ignored = shutil.ignore_patterns("__*__", "*.pyc")
        shutil.copytree(Path(outside.__file__).parent, folder / "flavor", ignore=ignored)
        for name in ("oracle", "flavors", *SPECS):
            shutil.copytree(ROOT / name, folder / "fork-oracle" / name, ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("pyproject.toml", "README.md", "LICENSE"):
            shutil.copy(ROOT / name, folder / "fork-oracle" / name)
        (folder / "tools").mkdir()
        (folder / "tools/gh").write_text(GH)
        (folder / "tools/gh").chmod(0o755)
        (folder / "tools/python").symlink_to(sys.executable)
        self.environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith(("PIP_", "FORK_ORACLE"))},
            **{name: str(value) for name, value in WORKFLOW["env"].items()},
            "PATH": os.pathsep.join([str(folder / "tools"), str(folder / "site/bin"), os.environ["PATH"]]),
            "PYTHONPATH": os.pathsep.join([str(folder / "site"), *_packages()]),
            "PIP_TARGET": str(folder / "site"),
            "PIP_UPGRADE": "1",
            "PIP_NO_INDEX": "1",
            "PIP_NO_DEPS": "1",
            "PIP_NO_BUILD_ISOLATION": "0",  # pip's own oddity: this means that there is none
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "GITHUB_STEP_SUMMARY": str(folder / "summary.md"),
            "PULL_REQUEST": "7",
            "RECORD": str(folder / "comments.txt"),
            "NO_COLOR": "1",
        }

    def shell(self, text: str) -> Done:
        line = ["bash", "-e", "-o", "pipefail", "-c", text]
        return subprocess.run(line, cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False)

    def workflow(self) -> list[tuple[str, int]]:
        """Its steps, as a runner would take them: after a failure, only those that are always taken."""
        failed = False
        taken = []
        for step in commands():
            if not failed or str(step.get("if", "")).startswith("always()"):
                done = self.shell(step["run"])
                failed |= done.returncode != 0
                taken.append((step["name"], done.returncode))
        return taken


def _packages() -> list[str]:
    """Where the packages are that fork-oracle needs: not the place of fork-oracle itself."""
    return [place for place in sys.path if place.endswith("site-packages")]


def commands() -> list[dict[str, Any]]:
    """The steps that run something."""
    return [step for step in WORKFLOW["jobs"]["compare"]["steps"] if "run" in step]


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """The project, with a baseline made as the README says."""
    made = Repository(tmp_path_factory.mktemp("project"))
    match = re.search(r"```sh\n(.*?)```", README, re.DOTALL)
    assert match is not None
    install, baseline = match[1].strip().splitlines()
    assert install == commands()[0]["run"]
    done = made.shell(install)
    assert done.returncode == 0, done.stderr
    done = made.shell(baseline)
    assert done.returncode == 1, done.stderr  # TinyOS is itself
    return made


def test_nothing_new_passes_although_tinyos_does_not_do_what_the_scenarios_say(repository: Repository) -> None:
    assert {code for _, code in repository.workflow()} == {0}
    assert (repository.folder / "changes.md").read_text() == "## fork-oracle: nothing has changed\n"
    assert " FAILED" in (repository.folder / "run.txt").read_text()
    assert (repository.folder / "fork-oracle-reports/index.html").is_file()


def test_a_change_that_programs_notice_fails_and_is_told_in_the_pull_request(repository: Repository) -> None:
    tinyos = repository.folder / "flavor/tinyos.py"
    text = tinyos.read_text()
    tinyos.write_text(text + FORGETFUL)
    (repository.folder / "comments.txt").unlink(missing_ok=True)
    try:
        codes = dict(repository.workflow())
    finally:
        tinyos.write_text(text)
    assert codes["What is otherwise than in the baseline"] == 1
    assert all(codes[name] == 0 for name in codes if name != "What is otherwise than in the baseline")
    changes = (repository.folder / "changes.md").read_text()
    assert re.match(r"## fork-oracle: \d+ new", changes)
    assert "umask" in changes
    assert (repository.folder / "summary.md").read_text().endswith(changes)
    assert (repository.folder / "comments.txt").read_text() == f"pr comment 7 --body-file changes.md\n{changes}"


FORGETFUL = """

def _forgetful(old):
    def fork(k, lwp, args):
        pid = yield from old(k, lwp, args)
        k.pfind(pid).p_fd.fd_cmask = 0
        return pid

    return fork


from dataclasses import replace as _replace  # noqa: E402

FLAVOR = _replace(FLAVOR, calls={**FLAVOR.calls, "fork": Call(FLAVOR.calls["fork"].spec, _forgetful(FLAVOR.calls["fork"].run))})
"""


def test_the_readme_names_every_word_that_a_comparison_uses() -> None:
    from oracle.report.baseline import FAILS, WORDS

    rows = dict(re.findall(r"^\| (\w+) \| .* \| (yes|no) \|$", README, re.MULTILINE))
    assert rows == {word: "yes" if word in FAILS else "no" for word in WORDS}
