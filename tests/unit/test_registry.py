from __future__ import annotations

import sys
from dataclasses import replace
from importlib.metadata import EntryPoint, distributions
from pathlib import Path
from types import SimpleNamespace

import pytest

from oracle.calls import PORTABLE_BY_NAME, CallSpec
from oracle.cite import CFunction, Source, SourceMap
from oracle.errors import FlavorError, UsageError
from oracle.flavor import CONTRACT, Call, KnownViolation, Words
from oracle.registry import GROUP, Registry, load_flavors, validate
from tests.outside.tinyos import CALLS, FLAVOR
from tests.unit.plugins import TINYOS, distribution

FORK = FLAVOR.calls["fork"]

WRONG = {
    "an older contract": (replace(FLAVOR, contract=CONTRACT - 1), f"was written for contract {CONTRACT - 1}"),
    "a bad id": (replace(FLAVOR, id="Tiny OS"), "'Tiny OS' is not of the form system@revision"),
    "no id": (replace(FLAVOR, id=None), "None is not of the form"),  # type: ignore[arg-type]
    "calls that are a list": (replace(FLAVOR, calls=[]), "its calls is of type list, not Mapping"),  # type: ignore[arg-type]
    "no function": (replace(FLAVOR, boot=None), "its boot is not a function but None"),  # type: ignore[arg-type]
    "too few parameters": (replace(FLAVOR, boot=lambda k: None), r"its boot can't be called with \(k, spec\)"),  # type: ignore[misc, arg-type]
    "too many parameters": (
        replace(FLAVOR, status=lambda a, b: ""),  # type: ignore[misc, arg-type]
        r"its status can't be called with \(xstat\)",
    ),
    "a call that is a function": (
        replace(FLAVOR, calls={**FLAVOR.calls, "fork": CALLS["fork"]}),  # type: ignore[dict-item]
        "its call 'fork' is of type function, not an oracle.flavor.Call",
    ),
    "a call under another name": (replace(FLAVOR, calls={**FLAVOR.calls, "clone": FORK}), "'clone' has a spec named 'fork'"),
    "a portable call of its own making": (
        replace(FLAVOR, calls={**FLAVOR.calls, "fork": Call(CallSpec("fork", "like fork, but better"), FORK.run)}),
        "'fork' is a portable call; give it oracle.calls.PORTABLE_BY_NAME",
    ),
    "a call that takes no arguments": (
        replace(FLAVOR, calls={**FLAVOR.calls, "fork": Call(FORK.spec, lambda k: None)}),  # type: ignore[misc, arg-type]
        r"the code of its call 'fork' can't be called with \(k, lwp, args\)",
    ),
    "no wait": (replace(FLAVOR, calls={"fork": FORK, "exit": FLAVOR.calls["exit"]}), "it has no call 'wait'"),
    "no WNOHANG": (replace(FLAVOR, flags={}), "no WNOHANG in section 'wait'"),
    "no vforks": (replace(FLAVOR, counters={"forks": "forks"}), "don't say which one 'vforks' is"),
    "signal 0": (replace(FLAVOR, signals={"SIGNULL": 0}), "its signal SIGNULL has the number 0"),
    "one number for two signals": (
        replace(FLAVOR, signals={"SIGA": 1, "SIGB": 1}),
        "its signals SIGA and SIGB have one number, 1",
    ),
    "an unheard-of state": (
        replace(FLAVOR, states={1: "undead"}),
        "its state 1 is 'undead'; a state is one of embryo, running",
    ),
    "flags nowhere": (replace(FLAVOR, flags={**FLAVOR.flags, "p_flags": {}}), "its flags are in 'p_flags', which no"),
    "a map of a stranger's source": (
        replace(FLAVOR, maps=(SourceMap(Source("TinyOS", "kern.h", "1"), ()),)),
        "it has a map of TinyOS kern.h 1, which is none of its sources",
    ),
    "a map with lines that are none": (
        replace(FLAVOR, maps=(SourceMap(FLAVOR.sources[0], (CFunction("f", 1, 9, "3 to 7"),)),)),
        "'3 to 7' are no lines; write them as in '94-96, 98'",
    ),
    "a violation whose report is no regular expression": (
        replace(FLAVOR, violations=(KnownViolation("nprocs", "nprocs is (", "it forgets", "kern.c, close"),)),
        "its known violation of 'nprocs' matches no report: missing \\), unterminated subpattern",
    ),
    "words nowhere": (replace(FLAVOR, words=Words(exec=("p_exec", 1))), "its flags are in 'p_exec', which no"),
}
NOT_A_FLAVOR = "is of type int, not an oracle.flavor.Flavor; point it at the flavor's value"
THINGS = SimpleNamespace(
    number=42, tinyos=FLAVOR, twin=replace(FLAVOR, title="another"), newer=replace(FLAVOR, id="tinyos@2", order=1)
)


def point(name: str, value: str) -> EntryPoint:
    return EntryPoint(name, value, GROUP)


def here(name: str) -> EntryPoint:
    return point(name, f"{__name__}:THINGS.{name}")


def test_tinyos_is_valid() -> None:
    validate(FLAVOR)


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_with_a_flavor_is_named(what: str) -> None:
    flavor, message = WRONG[what]
    with pytest.raises(FlavorError, match=message):
        validate(flavor)


def test_a_broken_plugin_is_left_out_and_the_others_are_there() -> None:
    registry = load_flavors([point("lost", "nowhere:FLAVOR"), here("tinyos"), here("number")])
    assert [flavor.id for flavor in registry.flavors] == ["tinyos@1"]
    assert [str(error) for error in registry.broken] == [
        "flavor plugin 'lost' (nowhere:FLAVOR): can't be imported: ModuleNotFoundError: No module named 'nowhere'",
        f"flavor plugin 'number' ({__name__}:THINGS.number): {NOT_A_FLAVOR}",
    ]


def test_of_two_plugins_with_one_id_the_second_is_left_out_and_names_the_first() -> None:
    registry = load_flavors([here("twin"), here("tinyos")])
    assert [flavor.title for flavor in registry.flavors] == [FLAVOR.title]
    assert "'twin'" in str(registry.broken[0])
    assert "its id 'tinyos@1' is taken by the plugin 'tinyos'" in str(registry.broken[0])


def test_one_plugin_that_is_found_twice_is_no_trouble() -> None:
    registry = load_flavors([here("tinyos"), here("tinyos")])
    assert len(registry.flavors) == 1
    assert not registry.broken


def test_flavors_come_in_the_order_of_their_systems_and_revisions() -> None:
    registry = load_flavors([here("newer"), here("tinyos")])
    assert [flavor.id for flavor in registry.flavors] == ["tinyos@1", "tinyos@2"]


def test_a_bare_system_means_its_newest_revision() -> None:
    registry = load_flavors([here("newer"), here("tinyos")])
    assert registry.find("tinyos").id == "tinyos@2"
    assert [flavor.id for flavor in registry.select(["tinyos@1", "tinyos"])] == ["tinyos@1", "tinyos@2"]
    assert registry.select([]) == registry.flavors


def test_a_flavor_that_is_not_there_is_answered_with_those_that_are() -> None:
    with pytest.raises(UsageError, match=r"^there is no flavor 'minix'; installed: tinyos@1$"):
        load_flavors([here("tinyos")]).find("minix")
    with pytest.raises(UsageError, match="installed: none"):
        Registry(()).find("minix")


def test_who_asks_for_a_broken_flavor_hears_what_is_wrong_with_it() -> None:
    registry = load_flavors([point("minix-3", "no_such_module:FLAVOR")])
    with pytest.raises(UsageError, match="No module named 'no_such_module'"):
        registry.find("minix")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("import sys\nsys.exit('bye')", "can't be imported: SystemExit: bye (PLACE:2)"),
        ("\n1 / 0", "can't be imported: ZeroDivisionError: division by zero (PLACE:2)"),
        ("FLAVOR = {", "can't be imported: SyntaxError: "),
        ("", "can't be imported: AttributeError: module 'broken_one' has no attribute 'FLAVOR'"),
    ],
)
def test_a_plugin_that_does_not_import_is_named_with_its_owner_and_the_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, message: str
) -> None:
    distribution(tmp_path, "broken-owner", {"broken": "broken_one:FLAVOR"}, {"broken_one": text})
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "broken_one", raising=False)
    (error,) = load_flavors(point for dist in distributions(path=[str(tmp_path)]) for point in dist.entry_points).broken
    assert str(error).startswith("flavor plugin 'broken' (broken_one:FLAVOR of broken-owner): ")
    assert message.replace("PLACE", str(tmp_path / "broken_one.py")) in str(error)


def test_installed_flavors_are_found_on_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    distribution(tmp_path, "tiny", {"tinyos-1": "tinyos:FLAVOR"}, {"tinyos": TINYOS})
    monkeypatch.syspath_prepend(tmp_path)
    assert "tinyos@1" in [flavor.id for flavor in load_flavors().flavors]


def test_every_portable_call_of_tinyos_has_the_portable_spec() -> None:
    assert all(call.spec is PORTABLE_BY_NAME[name] for name, call in FLAVOR.calls.items())
