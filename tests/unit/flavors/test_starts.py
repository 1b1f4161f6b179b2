"""How the flavors take the starts that scenarios ask for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from flavors.dragonfly.r768af85b import FLAVOR as DRAGONFLY
from flavors.netbsd.flavor import FLAVOR as NETBSD
from oracle.flavor import Flavor
from oracle.run import run
from oracle.scenario import FileSpec, ProcessSpec
from oracle.testing.programs import scenario


def started(flavor: Flavor, process: ProcessSpec, *lines: str) -> dict[str, object]:
    """The facts about a program of a process that starts so."""
    result = run(replace(scenario("a start", *lines), processes=(process,)), flavor)
    assert not result.crash
    assert not result.violations
    return dict(result.observation.facts)


@pytest.mark.parametrize(("flavor", "signal"), [(DRAGONFLY, "SIGPWR"), (NETBSD, "SIGCKPT")])
@pytest.mark.parametrize("field", ["masked", "pending", "ignored", "caught"])
def test_a_signal_that_a_system_does_not_have_is_not_modelled_there(flavor: Flavor, signal: str, field: str) -> None:
    value = ((signal, "h"),) if field == "caught" else (signal,)
    process = replace(ProcessSpec("parent"), **{field: value})  # type: ignore[arg-type]
    result = run(replace(scenario("a start", "parent getpid"), processes=(process,)), flavor)
    assert result.unmodelled.endswith(f"has no signal {signal}")
    assert not result.crash


@pytest.mark.parametrize(("flavor", "kids_count"), [(DRAGONFLY, 0), (NETBSD, 1)])
def test_every_kind_of_file_can_be_open_at_the_start(flavor: Flavor, kids_count: int) -> None:
    files = (
        FileSpec(0, "/dev/tty"),
        FileSpec(3, "queue", kind="kqueue"),
        FileSpec(4, "letters", kind="mqueue"),
        FileSpec(5, "pipe", kind="pipe", cloexec=True),
    )
    facts = started(flavor, ProcessSpec("parent", files=files), "parent fork as=kid", "kid exec", "kid close fd=4")
    assert [facts[f"parent.fd.{number}"] for number in (0, 3, 4, 5)] == ["/dev/tty", "queue", "letters", "pipe close-on-exec"]
    assert [facts.get(f"kid.fd.{number}") for number in (0, 3, 4, 5)] == ["/dev/tty", None, None, None]
    assert (facts["parent.events.3"], facts["parent.mqueues"], facts["kid.mqueues"]) == ((), 1, kids_count)


def test_a_child_that_a_kernel_caller_does_not_start_is_an_embryo_as_it_wants() -> None:
    result = run(scenario("an embryo", "parent fork1 flags=RFPROC start=false as=kid"), DRAGONFLY)
    assert [(one.rule, bool(one.known)) for one in result.violations] == [("embryo", True)]
    assert result.observation.facts["kid.state"] == "embryo"
