"""`fork-oracle identify`: whose facts are these? Each wrong implementation, run as a model, is known by its facts."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from oracle.cli import main
from oracle.cli.terminal import OK, USAGE
from oracle.errors import ScenarioError
from oracle.facts import Value
from oracle.identify.identify import SCENARIOS, Agreement, best, identify, question, shows
from oracle.identify.wrong import WRONG, Model, Wrong, models
from oracle.load import load_scenario
from oracle.load.observed import Observed, observations
from oracle.outcome import ABSENT
from oracle.registry import load_flavors, validate
from oracle.scenario import Scenario
from oracle.schema import identify_facts_schema
from tests.outside import tinyos

ROOT = Path(__file__).parents[2]
SPECS = ROOT / "specs"
FLAVORS = load_flavors().select(("dragonfly@1.62", "dragonfly@1.67", "dragonfly@768af85b", "netbsd@1.189"))
INLINE = {"title": "one fork", "topic": "results", "steps": [{"do": "fork", "as": "kid"}]}


def shipped(name: str) -> Scenario:
    return load_scenario(SPECS / f"{name}.yaml", FLAVORS, SPECS)


class Table:
    """What each model shows of each scenario, and the facts that a template asks for: run once."""

    def __init__(self) -> None:
        self.models = models(FLAVORS)
        self.scenarios = [shipped(name) for name in SCENARIOS]
        self.shown: dict[tuple[str, str], Mapping[str, Value] | str] = {}
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("oracle.identify.identify.shows", self.shows)
            self.paths = {one.name: [path for path, _ in question(one, self.models).facts] for one in self.scenarios}

    def shows(self, scenario: Scenario, model: Model) -> Mapping[str, Value] | str:
        key = (scenario.name, model.name)
        if key not in self.shown:
            self.shown[key] = shows(scenario, model)
        return self.shown[key]

    def observed(self, model: Model) -> list[Observed]:
        found = []
        for scenario in self.scenarios:
            shown = self.shows(scenario, model)
            if not isinstance(shown, str):
                facts = tuple((path, shown.get(path, ABSENT)) for path in self.paths[scenario.name])
                found.append(Observed(scenario, facts))
        return found


@lru_cache(maxsize=1)
def table() -> Table:
    return Table()


def ranked(monkeypatch: pytest.MonkeyPatch, observed: Sequence[Observed]) -> tuple[Agreement, ...]:
    monkeypatch.setattr("oracle.identify.identify.shows", table().shows)
    return identify(observed, table().models)


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: wrong.name)
def test_the_facts_of_a_wrong_implementation_are_known_for_its_and_no_kernels(
    wrong: Wrong, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = [model for model in table().models if model.wrong is wrong]
    assert mine, "it is a mistake in no flavor"
    for model in mine:
        first = best(ranked(monkeypatch, table().observed(model)))
        assert [one.model.name for one in first] == [model.name]
        assert first[0].agreeing == first[0].compared > 200


@pytest.mark.parametrize("flavor", FLAVORS, ids=lambda flavor: flavor.id)
def test_the_facts_of_a_real_kernel_are_known_for_its(flavor: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    (model,) = (one for one in table().models if one.name == flavor.id)
    assert [one.model.name for one in best(ranked(monkeypatch, table().observed(model)))] == [flavor.id]


@pytest.mark.parametrize("name", sorted({model.flavor.id for model in models(FLAVORS)}))
def test_a_wrong_implementation_is_a_flavor_like_any_other(name: str) -> None:
    for model in models(FLAVORS):
        if model.flavor.id == name:
            validate(model.flavor)


def test_a_flavor_from_outside_has_its_own_wrong_implementations() -> None:
    names = {model.name for model in models([tinyos.FLAVOR])}
    assert {"tinyos@1", "tinyos@1: child starts with umask 022", "tinyos@1: fork shares descriptors"} <= names
    assert "tinyos@1: CLONE_VFORK ignored" not in names


def test_a_name_and_a_sentence_say_what_is_wrong() -> None:
    assert len({wrong.name for wrong in WRONG}) == len(WRONG) >= 12
    assert all(wrong.sentence.endswith(".") and ". " not in wrong.sentence for wrong in WRONG)


def test_what_says_nothing_leaves_all_as_good_and_kernels_first() -> None:
    ranking = identify([Observed(shipped("vfork/until-exec"), (("parent.uid", 1000),))], models(FLAVORS))
    assert [one.model.name for one in ranking[:4]] == [flavor.id for flavor in FLAVORS]
    assert len(best(ranking)) == len(ranking)


def test_a_scenario_that_is_not_meant_for_a_flavor_speaks_for_nobody() -> None:
    rfork = Observed(shipped("defects/dragonfly-m1-no-new-process"), (("call.1", "no such thing"),))
    found = {one.model.name: one for one in identify([rfork], models(FLAVORS))}
    assert found["netbsd@1.189"].compared == 0
    assert found["netbsd@1.189"].not_compared == (("defects/dragonfly-m1-no-new-process", "the scenario is not meant for it"),)
    assert found["dragonfly@1.62"].compared == 1
    assert found["dragonfly@1.62"].score < found["netbsd@1.189"].score


def test_a_template_asks_only_for_what_models_part_on() -> None:
    pair = models([flavor for flavor in FLAVORS if flavor.system == "netbsd"])
    paths = [path for path, _ in question(shipped("vfork/until-exec"), pair).facts]
    assert "child.umask" not in paths
    every = [path for path, _ in question(shipped("vfork/until-exec"), pair, every=True).facts]
    assert "child.umask" in every
    assert set(paths) < set(every)
    assert not any(path.endswith((".pid", ".registers")) for path in every)  # numbers of one system


# --- the command ----------------------------------------------------------------------------------------------------------


def filled(capsys: pytest.CaptureFixture[str], model: str, *names: str) -> str:
    assert main(["identify", "--specs", str(SPECS), "--fill", model, "--template", *names]) == OK
    return capsys.readouterr().out


def written(folder: Path, value: object) -> str:
    file = folder / "facts.json"
    file.write_text(value if isinstance(value, str) else json.dumps(value))
    return str(file)


def test_a_filled_template_is_identified(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    text = filled(capsys, "netbsd: vfork copies memory", "vfork/until-exec", "results/what-a-child-inherits")
    Draft202012Validator(identify_facts_schema()).validate(json.loads(text))
    assert main(["identify", written(tmp_path, text), "--specs", str(SPECS), "--flavor", "netbsd", "--most", "3"]) == OK
    out = capsys.readouterr().out
    assert "netbsd@1.189  vfork copies memory" in out
    said = " ".join(out.split())
    assert "netbsd@1.189: vfork is fork, netbsd@1.189: vfork copies memory agree with all that can be compared" in said
    assert "vfork copies memory: vfork waits, but what the child stores is not seen by its parent." in said
    assert "Where netbsd@1.189 parts" in out
    assert "vfork/until-exec parent.memory.data 0 5" in said


def test_facts_that_leave_too_many_open_say_how_many_and_what_to_do(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = written(tmp_path, {"format": 1, "scenarios": [{"scenario": INLINE, "facts": {"parent.state": "running"}}]})
    assert main(["identify", file, "--flavor", "netbsd", "--most", "1"]) == OK
    said = " ".join(capsys.readouterr().out.split())
    found = re.search(r"… (\d+) more, which agree as well as the first", said)
    assert found is not None
    assert f"{int(found[1]) + 1} of " in said
    assert "these facts don't tell them from each other, so look at more of those that --template asks for" in said
    assert said.count("netbsd@1.189") == 1


def test_the_json_report_has_every_model(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    text = filled(capsys, "dragonfly@1.67", "posix/fork-24-limit-of-a-user")
    words = ["identify", written(tmp_path, text), "--specs", str(SPECS), "--format", "json"]
    assert main(words) == OK
    found = json.loads(capsys.readouterr().out)
    assert len(found["models"]) == len(models(load_flavors().flavors))
    assert "dragonfly@1.67" in found["best"]
    assert "netbsd@1.189" not in found["best"]
    part = next(one for one in found["models"] if one["name"] == "netbsd@1.189")["partings"]
    assert {"scenario": "posix/fork-24-limit-of-a-user", "path": "machine.console_lines", "observed": 1, "model": 0} in part


def test_a_template_to_fill_in_has_nulls_and_no_hints(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["identify", "--specs", str(SPECS), "--template", "vfork/until-exec"]) == OK
    text = capsys.readouterr().out
    (one,) = json.loads(text)["scenarios"]
    assert set(one["facts"].values()) == {None}
    assert one["program"][1:3] == ["call.1: parent: vfork() as child", "call.3: child: store(value=5)"]
    assert one["meaning"]["call.1"].startswith("text: What the call gave")
    assert not any("gives" in line or "check" in line for line in one["program"])
    assert main(["identify", written(tmp_path, text), "--specs", str(SPECS)]) == USAGE
    assert "no fact is known; put values where null is" in capsys.readouterr().err


def test_a_scenario_can_be_written_out(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    facts = {"kid.memory.data": "0", "parent~kid.memory": "shared", "machine.nprocs": None}
    file = written(tmp_path, {"format": 1, "scenarios": [{"scenario": INLINE, "facts": facts}]})
    assert main(["identify", file, "--flavor", "netbsd"]) == OK
    said = " ".join(capsys.readouterr().out.split())
    assert "netbsd@1.189: fork is vfork, netbsd@1.189: fork shares memory agree with all" in said


def test_what_was_looked_for_and_is_not_there_is_absent(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    facts = {"kid.fd.0": "absent", "parent.fd.0": "/dev/tty"}
    file = written(tmp_path, {"format": 1, "scenarios": [{"scenario": INLINE, "facts": facts}]})
    assert main(["identify", file, "--flavor", "netbsd", "--format", "json"]) == OK
    found = json.loads(capsys.readouterr().out)
    assert found["models"][0]["partings"] == [
        {"scenario": "line 1", "path": "kid.fd.0", "observed": "absent", "model": "/dev/tty"}
    ]


def test_the_wrong_implementations_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["identify", "--list", "--flavor", "netbsd"]) == OK
    out = capsys.readouterr().out
    assert "CLONE_VFORK ignored" in out
    assert "RFMEM ignored" in out


def entry(**facts: object) -> dict[str, object]:
    return {"format": 1, "scenarios": [{"scenario": INLINE, "facts": facts}]}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('{"format": 1,\n "scenarios": [}', "facts.json:2:16: a value is expected here"),
        ("[]", "facts.json:1:1: the file is a list; expected an object with format, about, scenarios, $schema"),
        ({"format": 2, "scenarios": []}, "`format` is 2; this program reads format 1"),
        ({"format": 1, "scenarios": []}, "`scenarios` is a list; expected a list of 1 to 1000 scenarios"),
        ({"format": 1}, "`scenarios` of the file is missing"),
        ({"format": 1, "scenario": []}, "no key of the file is called 'scenario'; did you mean scenarios?"),
        ({"format": 1, "about": 3, "scenarios": [{"scenario": INLINE, "facts": {}}]}, "`about` is 3; expected a text"),
        ({"format": 1, "scenarios": [{"scenario": "vfork/until-exek", "facts": {}}]}, "did you mean vfork/until-exec?"),
        ({"format": 1, "scenarios": [{"scenario": "../vfork", "facts": {}}]}, "there is no scenario '../vfork' in"),
        ({"format": 1, "scenarios": [{"scenario": 7, "facts": {}}]}, "`scenario` is 7; expected the name of a scenario"),
        ({"format": 1, "scenarios": [{"scenario": INLINE, "facts": []}]}, "`facts` is a list; expected an object"),
        ({"format": 1, "scenarios": [{"scenario": "races/interrupt", "facts": {}}]}, "has concurrent steps"),
        ({"format": 1, "scenarios": [{"scenario": {**INLINE, "steps": [{"do": "frok"}]}, "facts": {}}]}, "did you mean fork?"),
        (entry(**{"kid.umsk": "022"}), "no fact has the path 'kid.umsk'; did you mean kid.umask?"),
        (entry(**{"kit.umask": "022"}), "nobody in line 1 is called 'kit'; did you mean kid?"),
        (entry(**{"call.2": "kid"}), "call.2: the calls of line 1 have the numbers 1"),
        (entry(call="kid"), "the calls of line 1 have the numbers 1"),
        (entry(**{"kid.nice": "5"}), "kid.nice is '5'; expected a whole number, null if it is not known"),
        (entry(**{"kid.nice": True}), "kid.nice is true; expected a whole number"),
        (entry(**{"kid.traced": 1}), "kid.traced is 1; expected true or false"),
        (entry(**{"kid.pending": "SIGTERM"}), "kid.pending is 'SIGTERM'; expected a list of texts"),
        (entry(**{"kid.pending": [1]}), "kid.pending is a list; expected a list of texts"),
        (entry(**{"kid.cwd": ["/"]}), "kid.cwd is a list; expected a text"),
    ],
)  # fmt: skip
def test_a_flaw_of_the_facts_is_named(content: object, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["identify", written(tmp_path, content), "--specs", str(SPECS)]) == USAGE
    err = capsys.readouterr().err
    assert words in err
    assert "facts.json:" in err


def test_a_flaw_is_where_it_stands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = json.dumps(entry(**{"parent.uid": 1000, "kid.umsk": "022"}), indent=1)
    line = next(number for number, one in enumerate(text.splitlines(), 1) if "umsk" in one)
    assert main(["identify", written(tmp_path, text)]) == USAGE
    assert f"facts.json:{line}:5: no fact has the path" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("value", "fine"),
    [
        (
            entry(**{"kid.umask": "022", "kid.nice": 3, "kid.pending": ["SIGHUP"], "kid.traced": None, "kid.uid": "absent"}),
            True,
        ),
        (entry(**{"kid.command": 22}), True),
        ({"$schema": "identify-facts.schema.json", **entry(**{"kid.umask": "022"})}, True),
        (entry(**{"kid.umsk": "022"}), False),
        (entry(**{"kid.nice": "5"}), False),
        (entry(**{"kid.pending": "SIGHUP"}), False),
        (entry(**{"kid.traced": 1}), False),
        ({"format": 2, "scenarios": [{"scenario": "a", "facts": {}}]}, False),
        ({"format": 1, "scenarios": []}, False),
    ],
)
def test_the_schema_takes_what_is_read(value: dict[str, object], fine: bool, tmp_path: Path) -> None:
    assert Draft202012Validator(identify_facts_schema()).is_valid(value) is fine
    assert main(["identify", written(tmp_path, value), "--flavor", "netbsd"]) == (OK if fine else USAGE)


def test_the_shipped_schema_of_facts_is_what_is_made() -> None:
    shipped_text = (ROOT / "schema" / "identify-facts.schema.json").read_text()
    assert shipped_text == json.dumps(identify_facts_schema(), indent=2) + "\n", "write it anew: make schema"


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ((), "identify takes a file of facts, or --template, or --list"),
        (("facts.json", "--list"), "identify takes a file of facts, or --template, or --list"),
        (("--list", "--fill", "netbsd"), "--fill goes with --template"),
        (("--fill", "netbsd"), "--fill goes with --template"),
        (("nowhere.json",), "nowhere.json: there is no such file"),
        (("--template", "vfork/until"), "there is no scenario 'vfork/until'"),
        (("--template", "races/interrupt"), "races/interrupt has concurrent steps"),
        (("--template", "--fill", "netbsd: vfork is frok"), "did you mean netbsd@1.189: vfork is fork?"),
        (("--template", "--specs", "nowhere"), "there is no folder 'nowhere'"),
    ],
)
def test_a_mistake_on_the_command_line_is_named(
    words: tuple[str, ...], text: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    assert main(["identify", *words]) == USAGE
    assert text in capsys.readouterr().err


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["fork", "kid", "kid.umask", "absent", "vfork/until-exec", ""]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["title", "topic", "steps", "do", "as", "kid.umask", "call.1", "x"]), inner, max_size=3
        )
    ),
    max_leaves=8,
)


@settings(deadline=None)
@given(st.fixed_dictionaries({"scenario": JSON, "facts": JSON}) | JSON, JSON, st.data())
def test_whatever_a_file_says_it_is_read_or_refused_with_a_place(one: Any, about: Any, data: st.DataObject) -> None:
    text = json.dumps({"format": 1, "about": about, "scenarios": [one]}, indent=data.draw(st.sampled_from([None, 1])))
    cut = data.draw(st.integers(0, len(text)))
    for said in (text, text[:cut], text[:cut] + text[cut + 1 :]):
        flaw = None
        try:
            observations(said, "facts.json", FLAVORS, SPECS)
        except ScenarioError as error:
            flaw = error
        assert flaw is None or (flaw.line and flaw.column)


def test_facts_can_come_through_a_pipe(tmp_path: Path) -> None:
    value = entry(**{"kid.umask": "077"})
    words = [sys.executable, "-m", "oracle.cli", "identify", "/dev/stdin", "--flavor", "netbsd", "--most", "1"]
    done = subprocess.run(words, input=json.dumps(value), capture_output=True, text=True, check=False)
    assert done.returncode == OK, done.stderr
    assert "0/1" in done.stdout
