"""Hypothesis strategies for scenario values that are right for the two flavors of `load_helpers`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from hypothesis import strategies as st

from oracle.calls import PORTABLE, CallSpec, Kind, Param
from oracle.extras import STOPS, KtraceSpec, MachineExtras, ProcessExtras, ThreadSpec, TracedSpec
from oracle.facts import FACTS, Fact, Subject
from oracle.load.parts import TOPICS
from oracle.load.start_shape import RESOURCES
from oracle.scenario import (
    STUBBORN,
    ArgValue,
    Assertion,
    Check,
    Concurrently,
    Defect,
    Expectation,
    Expected,
    FileSpec,
    Item,
    MachineSpec,
    ProcessSpec,
    Promise,
    Quantifier,
    RegionSpec,
    Scenario,
    Step,
)
from tests.unit.load_helpers import SIGNALS

_PRINTABLE = st.characters(
    min_codepoint=0x20, exclude_categories=("Cs", "Cc"), exclude_characters="\u2028\u2029\ufeff\ufffe\uffff"
)
_TRICKY = [
    "a",
    "true",
    "null",
    "~",
    "yes",
    "off",
    "1",
    "022",
    "0x1",
    "1.5",
    "<<",
    "#x",
    "'",
    '"',
    "*a",
    "=",
    "2001-01-01",
    "-",
    ":",
    "?",
    "!",
    "&",
    "|",
    ">",
    "%",
    "@",
    "`",
]
words = st.one_of(
    st.sampled_from([*_TRICKY, "- a", "a: b", "a #b", "a\n b"]),
    st.text(_PRINTABLE | st.sampled_from("\n\t"), min_size=1, max_size=30),
)  # fmt: skip
lines = st.text(_PRINTABLE, min_size=1, max_size=60).map(str.strip).filter(bool)
numbers = st.integers(-(1 << 63), (1 << 64) - 1)
signals = st.sampled_from(sorted(SIGNALS))
tame_signals = st.sampled_from(sorted({*SIGNALS} - {*STUBBORN}))
signal_lists = st.lists(signals, max_size=3).map(tuple)
uids = st.integers(0, 999_999_999)
roles = st.from_regex(r"[a-z][A-Za-z0-9_-]{0,5}", fullmatch=True).map("r".__add__)
files = st.builds(
    FileSpec, st.integers(0, 9_999), words, st.integers(0, 1 << 40), st.booleans(), st.sampled_from(["vnode", "pipe"])
)
some_words = st.lists(words, max_size=2).map(tuple)
faults = st.sets(st.integers(1, 1_000_000), max_size=3).map(lambda times: (("uarea", tuple(sorted(times))),) if times else ())
regions = st.builds(RegionSpec, words, words, st.sampled_from(["share", "copy", "none"]), st.booleans())
machines = st.builds(
    MachineSpec,
    st.none() | st.integers(1, 1_000_000),
    st.dictionaries(uids, st.integers(0, 1_000_000), max_size=3).map(lambda pairs: tuple(pairs.items())),
    st.dictionaries(st.sampled_from(["atune", "btune", "both"]), numbers).map(lambda pairs: tuple(pairs.items())),
    st.booleans(),
    st.none() | st.builds(MachineExtras, st.none() | st.integers(1, 99_998), some_words, some_words, faults),
)
limits = st.dictionaries(st.sampled_from(RESOURCES), st.tuples(st.integers(-1, 9), st.integers(9, 99)), max_size=2)


def extras(name: str) -> st.SearchStrategy[ProcessExtras]:
    """Rare knobs that don't depend on other processes, with any texts that there are."""
    threads = st.builds(ThreadSpec, st.just(f"{name}-t"), st.none() | st.integers(2, 9), signal_lists, signal_lists)
    return st.builds(
        ProcessExtras,
        threads=st.lists(threads, max_size=1).map(tuple),
        last_tid=st.none() | st.integers(1, 0x7FFFFFFF),
        traced=st.none() | st.builds(TracedSpec, st.just("shell"), st.booleans()),
        ktrace=st.none() | st.builds(KtraceSpec, words, st.booleans()),
        lacks=st.lists(st.sampled_from(["group", "text"]), unique=True).map(tuple),
        arguments=st.none() | words,
        terminal_mark=st.none() | st.booleans(),
        profiling=st.booleans(),
        stops_on=st.lists(st.sampled_from(STOPS), unique=True).map(tuple),
        emulation=st.just("") | words,
        message_queues=st.none() | st.integers(0, 0xFFFFFFFF),
    )


@st.composite
def processes(draw: st.DrawFn, name: str, earlier: list[ProcessSpec]) -> ProcessSpec:
    """A process whose parent, group and session stand before it."""
    leaders = [one for one in earlier if not one.group and "group" not in _lacks(one)]
    group = draw(st.sampled_from([None, *leaders]))
    sessions = ["shell", ""] + [one.name for one in earlier if not one.session]
    session = draw(st.sampled_from(sessions)) if group is None else group.session or group.name
    rare = draw(st.none() | extras(name))
    if rare is not None and (group is not None or session == ""):
        rare = replace(rare, lacks=())
    return draw(
        st.builds(
            ProcessSpec,
            st.just(name),
            st.sampled_from(["shell", "init", *[one.name for one in earlier]]),
            uids,
            st.none() | uids,
            st.none() | uids,
            st.just("" if group is None else group.name),
            st.just(session),
            nice=st.integers(-20, 20),
            terminal=st.booleans(),
            jail=st.just("") | words,
            sugid=st.booleans(),
            command=words,
            text=words,
            cwd=words,
            root=words,
            umask=st.integers(0, 0o777),
            files=st.lists(files, max_size=3, unique_by=lambda one: one.fd).map(tuple),
            memory=st.lists(regions, max_size=3, unique_by=lambda one: one.name).map(tuple),
            limits=limits.map(lambda pairs: tuple((name, max(soft, 0), hard) for name, (soft, hard) in pairs.items())),
            masked=signal_lists,
            pending=signal_lists,
            ignored=st.lists(tame_signals, max_size=3).map(tuple),
            caught=st.dictionaries(tame_signals, words, max_size=2).map(lambda pairs: tuple(pairs.items())),
            extras=st.just(rare),
        )
    )


def _lacks(spec: ProcessSpec) -> tuple[str, ...]:
    return spec.extras.lacks if spec.extras is not None else ()


def values(fact: Fact) -> st.SearchStrategy[bool | int | str | tuple[str, ...]]:
    """What may be expected of a fact."""
    kinds: dict[str, st.SearchStrategy[bool | int | str | tuple[str, ...]]] = {
        "bool": st.booleans(),
        "int": numbers,
        "text": words,
        "list": st.lists(words, max_size=3).map(tuple),
    }
    return st.just("absent") | kinds[fact.type]


def expectations(fact: Fact) -> st.SearchStrategy[Expected]:
    """One value for all, or one for each of some flavors."""
    selectors = st.sampled_from(["all", "alpha", "beta", "alpha@1.2", "beta@7"])
    by_selector = st.dictionaries(selectors, values(fact), min_size=1, max_size=3)
    return (by_selector | values(fact).map(lambda value: {"all": value})).map(lambda pairs: Expected(tuple(pairs.items())))


def arguments(param: Param, known: list[str]) -> st.SearchStrategy[ArgValue]:
    """What a step may write for a parameter."""
    if param.choices:
        return st.sampled_from(param.choices)
    kinds: dict[Kind, st.SearchStrategy[ArgValue]] = {
        Kind.ROLE: st.sampled_from(["shell", *known]),
        Kind.NUMBER: numbers,
        Kind.TEXT: words | numbers,
        Kind.SWITCH: st.booleans(),
        Kind.SIGNAL: signals | st.integers(0, 40),
        Kind.SIGNALS: signal_lists,
        Kind.FLAGS: st.sampled_from(["0x1", "1|2"]) | st.integers(0, 1 << 31),
        Kind.OCTAL: st.integers(0, 0o777) | st.sampled_from(["022", "0", "0o77"]),
    }
    return kinds[param.kind]


@st.composite
def calls(draw: st.DrawFn, index: int, known: list[str]) -> Step:
    """A portable call that all flavors have."""
    spec: CallSpec = draw(st.sampled_from([spec for spec in PORTABLE if spec.name != "mq_open"]))
    given = [param for param in spec.params if param.required or draw(st.booleans())]
    expected = st.none() | expectations(Fact(Subject.CALL, "", "text", ""))
    return Step(
        index,
        draw(st.sampled_from(known)),
        spec.name,
        {param.name: draw(arguments(param, known)) for param in given},
        f"s{index}" if spec.births and draw(st.booleans()) else "",
        draw(st.sampled_from([(), ("all",)])),
        draw(expected),
        draw(expected),
    )


@st.composite
def blocks(draw: st.DrawFn, index: int, known: list[str]) -> Concurrently:
    """Calls of some of those who are known, at the same time."""
    steps: list[Step] = []
    for actor in draw(st.lists(st.sampled_from(known), min_size=1, max_size=3, unique=True)):
        for _ in range(draw(st.integers(1, 2))):
            steps.append(replace(draw(calls(index + len(steps), known)), by=actor))
    return Concurrently(index, tuple(steps), draw(st.sampled_from([(), ("all",)])))


@st.composite
def claims(draw: st.DrawFn, index: int, known: list[str]) -> Check:
    """Facts of all schedules, or of some, or of none."""
    quantifier = draw(st.sampled_from([Quantifier.SOMETIMES, Quantifier.NEVER]))
    return replace(draw(checks(index, known)), quantifier=quantifier)


@st.composite
def checks(draw: st.DrawFn, index: int, known: list[str]) -> Check:
    """Some facts of the processes that are known."""
    facts = [fact for fact in FACTS if fact.subject in (Subject.PROCESS, Subject.MACHINE) and not fact.name.endswith("*")]
    found = {}
    for fact in draw(st.lists(st.sampled_from(facts), min_size=1, max_size=4)):
        head = draw(st.sampled_from(known)) if fact.subject is Subject.PROCESS else "machine"
        found[f"{head}.{fact.name}"] = draw(expectations(fact))
    return Check(
        index, tuple(Expectation(path, expected) for path, expected in found.items()), draw(st.sampled_from([(), ("all",)]))
    )


@st.composite
def defects(draw: st.DrawFn) -> Defect:
    """An entry of a register."""
    name, promise = draw(st.sampled_from([("Q1", None), ("Q11b", None), ("M3", Promise.KEPT), ("M40", Promise.BROKEN)]))
    return Defect(f"alpha/{name}", draw(st.sampled_from([("all",), ("alpha",), ("alpha", "beta@7")])), promise)


@st.composite
def standards(draw: st.DrawFn) -> Assertion:
    """What a standard says."""
    claim = draw(st.sampled_from(["std/fork-02", "std/_Fork"]))
    return Assertion(claim, draw(lines), draw(st.sampled_from([(), ("alpha",), ("alpha", "beta@7")])))


@st.composite
def signs(draw: st.DrawFn, index: int) -> Check:
    """By what it is known, on whatever flavor."""
    expected = Expected((("all", draw(words)),))
    return Check(index, (Expectation("parent.umask", expected),), (), sign=True)


@st.composite
def scenarios(draw: st.DrawFn) -> Scenario:
    """A whole scenario, named like the files of `load_helpers.read`."""
    names = ["parent", *draw(st.lists(roles.filter(lambda role: not role.startswith("root")), max_size=2, unique=True))]
    started: list[ProcessSpec] = []
    for name in names:
        started.append(draw(processes(name, started)))
    known = list(names)
    defect, standard = draw(st.tuples(defects(), st.none()) | st.tuples(st.none(), st.none() | standards()))
    program: list[Item] = []
    index = 1
    for number in range(draw(st.integers(1, 5))):
        kinds: list[Callable[[int, list[str]], st.SearchStrategy[Item]]] = [calls, calls, blocks]
        kinds += [checks, checks] if number else []
        kinds += [claims] if any(isinstance(item, Concurrently) for item in program) else []
        item: Item = draw(draw(st.sampled_from(kinds))(index, known))
        program.append(item)
        made = item.steps if isinstance(item, Concurrently) else (item,)
        known += [step.born for step in made if isinstance(step, Step) and step.born]
        index += len(made)
    if defect is not None or standard is not None:
        program.append(draw(signs(index)))
    return Scenario(
        "a/b",
        draw(lines),
        draw(st.just("") | lines),
        draw(st.sampled_from(TOPICS)),
        tuple(program),
        draw(machines),
        draw(st.just((ProcessSpec("parent"),))) if len(started) == 1 and draw(st.booleans()) else tuple(started),
        draw(st.sampled_from([(), ("all",), ("alpha", "beta@7")])),
        draw(st.sampled_from([(), ("*",), ("parent.umask", "*.uid")])),
        defect,
        standard,
    )
