"""Every kind of mistake in a scenario, and what the reader says about it."""

from __future__ import annotations

import pytest

from oracle.calls import CallSpec, Kind, Param
from oracle.errors import FlavorError, UsageError
from tests.unit.load_helpers import ALPHA1, BETA, FLAVORS, HEAD, fake, flaw, read

PROGRAM = "steps:\n  - {do: fork, as: kid}\n"  # lines 3 and 4 after HEAD
Row = tuple[str, int, int, str]


def expect(text: str, line: int, column: int, fragment: str) -> None:
    found = flaw(text)
    assert found[:2] == (line, column), found
    assert fragment in found[2]


WHOLE: list[Row] = [
    ("3", 1, 1, "a scenario is a mapping with title, topic and steps, not 3"),
    ("[]", 1, 1, "not a list"),
    ("topic: results\n" + PROGRAM, 1, 1, "`title` is missing"),
    ("title: t\n" + PROGRAM, 1, 1, "`topic` is missing"),
    ("title: t\ntopic: result\n" + PROGRAM, 2, 8, "`topic` is 'result'; expected one of results, limits,"),
    ("title: t\ntopic: result\n" + PROGRAM, 2, 8, "did you mean results?"),
    ("title: 3\ntopic: results\n" + PROGRAM, 1, 8, "`title` is 3; expected a text"),
    ("title: true\ntopic: results\n" + PROGRAM, 1, 8, 'write "true" in quotes for a text'),
    ("title: ' '\ntopic: results\n" + PROGRAM, 1, 8, "`title` is one line of text"),
    ('title: "a\\nb"\ntopic: results\n' + PROGRAM, 1, 8, "`title` is one line of text"),
    ("tilte: t\ntopic: results\n" + PROGRAM, 1, 1, "no key is called 'tilte'; did you mean title?"),
    (HEAD + "steps: []\n", 3, 8, "`steps` is empty; expected at least one entry"),
    (HEAD + "steps: {}\n", 3, 8, "`steps` is a mapping; expected a list"),
    (HEAD + "zzz: 1\n" + PROGRAM, 3, 1, "no key is called 'zzz'; there are title, why, topic"),
    (HEAD + "only: gamma\n" + PROGRAM, 3, 7, "selector 'gamma' names no installed flavor; there are all, alpha, beta"),
    (HEAD + "only: [alpha, alfa]\n" + PROGRAM, 3, 15, "did you mean alpha?"),
    (HEAD + "only: [alpha, alpha]\n" + PROGRAM, 3, 15, "selector 'alpha' stands here twice"),
    (HEAD + "only: {a: b}\n" + PROGRAM, 3, 7, "`only` is a mapping; expected a text or a list"),
    (HEAD + "only: alpha@1.3\n" + PROGRAM, 3, 7, "did you mean alpha@1.2?"),
    (HEAD + "agree: 3\n" + PROGRAM, 3, 8, "expected true or false, a text or a list"),
    (HEAD + "agree: [parent.umsk]\n" + PROGRAM, 3, 9, "'parent.umsk' is no fact; did you mean umask?"),
    (HEAD + "agree: [kidd.*]\n" + PROGRAM, 3, 9, "no process is called 'kidd'; did you mean kid?"),
    (HEAD + "machine:\n" + PROGRAM, 3, 9, "`machine` is nothing; expected a mapping"),
    (HEAD + "machine: {maxproc: 0}\n" + PROGRAM, 3, 20, "expected a number from 1 on"),
    (HEAD + "machine: {background: {root: 3}}\n" + PROGRAM, 3, 24, "key 'root'; expected a user id"),
    (HEAD + "machine: {background: {-1: 3}}\n" + PROGRAM, 3, 24, "key '-1'; expected a user id"),
    (HEAD + "machine: {background: {0: -1}}\n" + PROGRAM, 3, 27, "expected a number from 0 on"),
    (HEAD + "machine: {background: {0: 1000001}}\n" + PROGRAM, 3, 27, "expected a number up to 1000000"),
    (HEAD + "machine: {tunables: {atun: 3}}\n" + PROGRAM, 3, 22, "no flavor has a tunable 'atun'; did you mean atune?"),
    (HEAD + "only: beta\nmachine: {tunables: {zzz: 3}}\n" + PROGRAM, 4, 22, "there are btune, both"),
    (HEAD + "steps:\n" + "  - {do: fork}\n" * 501, 4, 3, "`steps` has more than 500 entries"),
    (HEAD + "processes: {" + ", ".join(f"p{i}: " for i in range(51)) + "}\n" + PROGRAM, 3, 12, "more than 50 entries"),
]

PROCESSES: list[Row] = [
    ("{}", 3, 12, "`processes` is empty"),
    ("[parent]", 3, 12, "`processes` is a list; expected a mapping"),
    ("{3: }", 3, 13, "key '3'; expected a role"),
    ("{a.b: }", 3, 13, "key 'a.b'; expected a role"),
    ("{shell: {}}", 3, 13, "no process can be called 'shell', which is always there"),
    ("{parent: {ignored: [SIGHUP, SIGKILL]}}", 3, 40, "SIGKILL can be neither caught nor ignored"),
    ("{parent: {ignored: SIGKILL}}", 3, 31, "SIGKILL can be neither caught nor ignored"),
    ("{parent: {caught: {SIGKILL: h}}}", 3, 31, "SIGKILL can be neither caught nor ignored"),
    ("{init: {}}", 3, 13, "no process can be called 'init', which is always there"),
    ("{kernel: {uid: 0}}", 3, 13, "no process can be called 'kernel', which is always there"),
    ("{machine: {}}", 3, 13, "no process can be called 'machine', which has a meaning of its own"),
    ("{boss: {}}", 5, 5, "no process is called 'parent'; there are shell, boss"),
    ("{parent: {uidd: 3}}", 3, 22, "no key is called 'uidd'; did you mean uid?"),
    ("{parent: {uid: -1}}", 3, 27, "expected a number from 0 on"),
    ("{parent: {uid: root}}", 3, 27, "`uid` is 'root'; expected a whole number"),
    ("{parent: {euid: }}", 3, 28, "`euid` is nothing; expected a whole number"),
    ("{parent: {nice: 21}}", 3, 28, "expected a number up to 20"),
    ("{parent: {umask: '8'}}", 3, 29, "expected an octal number in quotes"),
    ("{parent: {terminal: yes}}", 3, 32, "`terminal` is 'yes'; expected true or false"),
    ("{parent: {files: {x: /a}}}", 3, 30, "key 'x'; expected a descriptor (0 to 9999)"),
    ("{parent: {files: {3: 7}}}", 3, 33, "`3` is 7; expected a mapping or a text"),
    ("{parent: {files: {3: {pth: /a}}}}", 3, 34, "no key is called 'pth'; did you mean path?"),
    ("{parent: {files: {3: {offset: 1}}}}", 3, 33, "`path` is missing"),
    ("{parent: {files: {3: {path: /a, kind: vnod}}}}", 3, 50, "did you mean vnode?"),
    ("{parent: {memory: {data: {inherit: shared}}}}", 3, 47, "expected one of share, copy, none; did you mean share?"),
    ("{parent: {memory: {data: true}}}", 3, 37, 'write "true" in quotes'),
    ("{parent: {memory: {'': x}}}", 3, 31, "expected a text that is not empty"),
    ("{parent: {limits: {nprocs: {soft: 1, hard: 2}}}}", 3, 31, "key 'nprocs'; expected one of nproc,"),
    ("{parent: {limits: {nproc: {soft: 3, hard: 2}}}}", 3, 45, "the soft limit 3 is above the hard limit 2"),
    ("{parent: {limits: {nproc: {soft: -1, hard: 2}}}}", 3, 45, "the soft limit -1 is above the hard limit 2"),
    ("{parent: {limits: {nproc: {soft: 3}}}}", 3, 38, "`hard` is missing"),
    ("{parent: {masked: [SIGFOO]}}", 3, 31, "'SIGFOO' is no signal on alpha@1.1, alpha@1.2, beta@7"),
    ("{parent: {masked: sigint}}", 3, 30, "did you mean SIGINT?"),
    ("{parent: {masked: [2]}}", 3, 31, "item 1 of `masked` is 2; expected a text"),
    ("{parent: {caught: {SIGINT: ignore}}}", 3, 39, "put the signal into `ignored`"),
    ("{parent: {caught: {SIGINT: default}}}", 3, 39, "leave it out"),
    ("{parent: {caught: {SIGIN: h}}}", 3, 31, "did you mean SIGINT?"),
    ("{parent: {parent: x}}", 3, 30, "`parent` is 'x'; expected a process that stands before it: shell, init"),
    ("{parent: {parent: parent}}", 3, 30, "expected a process that stands before it"),
    ("{parent: {group: b}, b: }", 3, 29, "expected a process that stands before it: shell, init, parent"),
    ("{parent: {}, b: {group: parent, session: b}}", 3, 53, "`session` is 'b', but the group of parent is in that of shell"),
    ("{parent: {}, b: {group: parent}, c: {group: b}}", 3, 56, "which leads no group: it is in that of parent"),
    ("{parent: {}, c: {session: parent}}", 3, 38, "`session` is 'parent', which leads no session"),
]

STEPS: list[Row] = [
    (
        "3",
        5,
        5,
        "a step is 3; expected a mapping with `do`, `check`, `shows`, `requires`, `always`, `sometimes`, `never`, `concurr",
    ),
    ("{}", 5, 5, "a step has none of `do`, `check`, `shows`, `requires`, `always`, `sometimes`, `never`, `concurrently`"),
    ("{doo: fork}", 5, 5, "did you mean do?"),
    ("{do: [a]}", 5, 10, "`do` is a list; expected the name of a call"),
    ("{do: frok}", 5, 10, "no installed flavor has a call 'frok'; did you mean fork?"),
    ("{do: ' check'}", 5, 10, "no installed flavor has a call ' check'"),
    ("{do: fork, As: x}", 5, 16, "no key of fork is called 'As'; did you mean as?"),
    ("{do: fork, as: 3x}", 5, 20, "`as` is '3x'; expected a role"),
    ("{do: fork, as: kid}", 5, 20, "'kid' is there already on alpha@1.1, alpha@1.2, beta@7"),
    ("{do: fork, as: t, gives: {beta: EAGAIN}}\n  - {do: fork, as: t}", 6, 20, "'t' is there already on alpha@1.1, alpha@1.2;"),
    ("{do: fork, as: parent}", 5, 20, "'parent' is there already"),
    ("{do: fork, as: init}", 5, 20, "no process can be called 'init', which is always there"),
    ("{do: fork, as: absent}", 5, 20, "no process can be called 'absent', which has a meaning of its own"),
    ("{do: fork, as: child4}\n  - {do: fork, as: x}\n  - {do: fork}", 7, 5, "'child4' is there already"),
    ("{do: exit, as: x}", 5, 16, "`as` names what a call makes, and exit makes no process or thread"),
    ("{do: exit, stats: 3}", 5, 16, "no key of exit is called 'stats'; did you mean status?"),
    ("{do: exit, status: '3'}", 5, 24, "`status` is '3'; expected a whole number"),
    ("{do: exit, status: true}", 5, 24, "`status` is true; expected a whole number"),
    ("{do: kill, to: kid}", 5, 5, "`signal` of kill is missing"),
    ("{do: kill, to: kidd, signal: SIGINT}", 5, 20, "no process is called 'kidd'; did you mean kid?"),
    ("{do: kill, to: kid, signal: sigint}", 5, 33, "has no signal 'sigint'; did you mean SIGINT?"),
    ("{do: kill, to: kid, signal: SIGCKPT, only: beta}", 5, 33, "beta@7 has no signal 'SIGCKPT'"),
    ("{do: kill, to: kid, signal: [SIGINT]}", 5, 33, "`signal` is a list; expected a text or a whole number"),
    ("{do: sigprocmask, how: block, signals: [SIGIN]}", 5, 44, "did you mean SIGINT?"),
    ("{do: wait, child: later}\n  - {do: fork, as: later}", 5, 23, "'later' is made only by step 3"),
    ("{do: wait, options: WNOHAN}", 5, 25, "has no flag 'WNOHAN'; did you mean WNOHANG?"),
    ("{do: wait, options: WNOHANG|}", 5, 25, "has no flag ''"),
    ("{do: ptrace, request: set_events, events: X}", 5, 47, "it has none: write a number"),
    ("{do: ptrace, request: traceMe}", 5, 27, "did you mean traceme?"),
    ("{do: spawn, memory: shared}", 5, 25, "expected one of share, copy; did you mean share?"),
    ("{do: spawn, exit_signal: SIGX}", 5, 30, "spawn exit_signal: alpha@1.1 has no signal 'SIGX'"),
    ("{do: umask, mask: '9'}", 5, 23, "expected an octal number in quotes"),
    ("{do: store, value: true}", 5, 24, 'write "true" in quotes for a text'),
    ("{do: rfork, flags: RFPROC}", 5, 10, "rfork is a native call, and beta@7 has none: the step needs `only: alpha`"),
    ("{do: __clone}", 5, 10, "alpha@1.1, alpha@1.2 has none: the step needs `only: beta`"),
    ("{do: __clone, only: alpha}", 5, 10, "the step needs `only: beta`"),
    ("{do: rfork, flags: RFPROK, only: alpha}", 5, 24, "has no flag 'RFPROK'; did you mean RFPROC?"),
    (
        "{do: fork1, exitsig: SIGINT, only: alpha}",
        5,
        17,
        "fork1 has no parameter 'exitsig' on alpha@1.1, alpha@1.2; it takes flags",
    ),
    ("{do: fork1, only: beta}", 5, 5, "`exitsig` of fork1 is missing, which beta@7 needs"),
    ("{do: fork1, exitsig: SIGINT, flags: RFPROC, only: beta}", 5, 41, "'RFPROC' is not a whole number"),
    ("{do: mq_open, name: q, only: alpha}", 5, 10, "none of the flavors that this step runs on has mq_open"),
    ("{do: fork, by: kidd}", 5, 20, "no process is called 'kidd'; did you mean kid?"),
    ("{do: fork, by: twin}\n  - {do: fork, as: twin}", 5, 20, "'twin' is made only by step 3"),
    (
        "{do: rfork, flags: RFPROC, as: r, only: alpha}\n  - {by: r, do: exit, only: beta}",
        6,
        10,
        "'r' is made on alpha@1.1, alpha@1.2 only",
    ),
    ("{do: fork, only: []}", 5, 22, "`only` is empty"),
    ("{do: fork, only: [3]}", 5, 23, "item 1 of `only` is 3; expected a text"),
    ("{do: fork, gives: }", 5, 23, "`gives` is nothing; expected true or false, a whole number, a text, a list or a mapping"),
    ("{do: fork, gives: {}}", 5, 23, "`gives` is empty"),
    ("{do: fork, gives: true}", 5, 23, "true stands where the fact is a text; write it in quotes"),
    ("{do: fork, gives: [a]}", 5, 23, "a list stands where the fact is a text"),
    ("{do: fork, gives: {gamma: a}}", 5, 24, "selector 'gamma' names no installed flavor"),
    ("{do: fork, gives: {alpha: {x: 1}}}", 5, 31, "`alpha` is a mapping; expected"),
    ("{do: fork, gives: {alpha: [[x]]}}", 5, 32, "item 1 of `alpha` is a list; expected"),
    ("{do: fork, only: alpha, gives: {beta: 1}}", 5, 37, "this step does not run there, but on alpha@1.1, alpha@1.2"),
    ("{do: fork, finally: {alpha: true}}", 5, 33, "true stands where the fact is a text"),
]

CHECKS: list[Row] = [
    ("{}", 5, 12, "`check` is empty"),
    ("3", 5, 12, "`check` is 3; expected a mapping"),
    ("{kid: x}", 5, 13, "'kid' is no fact; a path is <role>.<fact>"),
    ("{call: x}", 5, 13, "'call' is no fact; a path is"),
    ("{kid.umsk: x}", 5, 13, "'kid.umsk' is no fact; did you mean umask?"),
    ("{kidd.umask: x}", 5, 13, "no process is called 'kidd'; did you mean kid?"),
    ("{kid.offsets: x}", 5, 13, "there is <role>~<role>.offsets"),
    ("{kid.fd: x}", 5, 13, "fd needs a further part, as in kid.fd.<…>"),
    ("{kid.fd.x: x}", 5, 13, "expected a number after fd"),
    ("{kid.handler.SIGUSR: x}", 5, 13, "did you mean SIGUSR1?"),
    ("{machine.nproc: 3}", 5, 13, "'machine.nproc' is no fact; did you mean nprocs?"),
    ("{machine.group.k: []}", 5, 13, "no process is called 'k'"),
    ("{kid~parent.files: shared}", 5, 13, "write parent~kid"),
    ("{kid~kid.files: shared}", 5, 13, "a pair is two different roles"),
    ("{a~kid.files: shared}", 5, 13, "no process is called 'a'"),
    ("{call.9: x}", 5, 13, "no call before this is step 9; calls are 1"),
    ("{call.2: x}", 5, 13, "no call before this is step 2"),
    ("{parent.sugid: 1}", 5, 27, "1 stands where the fact is true or false"),
    ("{parent.uid: x}", 5, 25, "'x' stands where the fact is a whole number"),
    ("{parent.uid: true}", 5, 25, "true stands where the fact is a whole number"),
    ("{parent.children: true}", 5, 30, "true stands where the fact is a list of texts"),
    ("{parent.uid: {beta: x}}", 5, 32, "'x' stands where the fact is a whole number"),
    ("{parent.uid: null}", 5, 25, "`parent.uid` is nothing; expected"),
]


DEFECTS: list[Row] = [
    ("3", 3, 9, "`defect` is 3; expected a mapping"),
    ("{on: alpha}", 3, 9, "`id` is missing: The system and the entry's name."),
    ("{id: alpha/Q1}", 3, 9, "`on` is missing"),
    ("{id: alpha/q1, on: alpha}", 3, 14, "`id` is 'alpha/q1'; expected an entry of a register, such as dragonfly/Q12"),
    ("{id: gamma/Q1, on: alpha}", 3, 14, "'gamma/Q1': no system is called 'gamma'; there are alpha, beta"),
    ("{id: alpha/Q1, on: []}", 3, 28, "`on` is empty"),
    ("{id: alpha/Q1, on: [alpha@1]}", 3, 29, "selector 'alpha@1' names no installed flavor"),
    ("{id: alpha/Q1, on: beta}", 3, 28, "the scenario does not run there, but on alpha@1.1, alpha@1.2"),
    ("{id: alpha/Q1, on: alpha, promise: broken}", 3, 35, "alpha/Q1 is on no manual page, so there is no `promise`"),
    ("{id: alpha/M1, on: alpha}", 3, 9, "alpha/M1 is on a manual page: `promise` says whether the code has it kept or broken"),
    ("{id: alpha/M1, on: alpha, promise: held}", 3, 44, "`promise` is 'held'; expected one of kept, broken"),
    ("{id: alpha/Q1, on: alpha, onn: 3}", 3, 35, "no key is called 'onn'; did you mean on?"),
]


@pytest.mark.parametrize(("text", "line", "column", "fragment"), DEFECTS)
def test_mistakes_in_the_entry_that_is_shown(text: str, line: int, column: int, fragment: str) -> None:
    sign = "  - shows: {kid.umask: x}\n"
    expect(f"{HEAD}defect: {text}\nonly: alpha\n{PROGRAM}{sign}", line, column, fragment)


@pytest.mark.parametrize(
    ("text", "column", "fragment"),
    [
        ("{}", 12, "`shows` is empty"),
        ("{kid.umsk: x}", 13, "'kid.umsk' is no fact; did you mean umask?"),
        ("{kid.uid: x}", 22, "'x' stands where the fact is a whole number"),
        ("{kid.uid: {alpha: 3, alhpa: 4}}", 33, "selector 'alhpa' names no installed flavor; did you mean alpha?"),
    ],
)
def test_mistakes_in_signs(text: str, column: int, fragment: str) -> None:
    text = f"{HEAD}only: alpha\n{PROGRAM}  - shows: {text}\ndefect: {{id: alpha/Q1, on: alpha}}\n"
    expect(text, 6, column, fragment)


@pytest.mark.parametrize(
    "sign", ["{check: {kid.umask: x}}", "{shows: {kid.umask: x}, only: alpha@1.2}", "{shows: {kid.umask: {alpha@1.2: x}}}"]
)
def test_each_flavor_needs_a_sign(sign: str) -> None:
    text = f"{HEAD}defect: {{id: alpha/Q1, on: alpha}}\nonly: alpha\n{PROGRAM}  - {sign}\n"
    expect(text, 3, 9, "no `shows` among the steps says by what alpha/Q1 is known on alpha@1.1")


def test_signs_need_a_defect() -> None:
    expect(f"{HEAD}{PROGRAM}  - shows: {{kid.umask: x}}\n", 5, 5, "signs of a defect, and the scenario has no `defect`")


def test_a_step_is_one_thing() -> None:
    expect(f"{HEAD}{PROGRAM}  - {{shows: {{kid.umask: x}}, do: fork}}\n", 5, 29, "no key is called 'do'; there are shows, only")
    expect(f"{HEAD}{PROGRAM}  - {{check: {{kid.umask: x}}, shows: {{kid.umask: x}}}}\n", 5, 29, "no key is called 'shows'")
    expect(f"{HEAD}{PROGRAM}  - {{show: {{kid.umask: x}}}}\n", 5, 5, "did you mean shows?")


@pytest.mark.parametrize(("text", "line", "column", "fragment"), WHOLE)
def test_mistakes_in_the_whole(text: str, line: int, column: int, fragment: str) -> None:
    expect(text, line, column, fragment)


@pytest.mark.parametrize(("text", "line", "column", "fragment"), PROCESSES)
def test_mistakes_in_processes(text: str, line: int, column: int, fragment: str) -> None:
    expect(f"{HEAD}processes: {text}\n{PROGRAM}", line, column, fragment)


@pytest.mark.parametrize(("text", "line", "column", "fragment"), STEPS)
def test_mistakes_in_steps(text: str, line: int, column: int, fragment: str) -> None:
    expect(f"{HEAD}{PROGRAM}  - {text}\n", line, column, fragment)


@pytest.mark.parametrize(("text", "line", "column", "fragment"), CHECKS)
def test_mistakes_in_checks(text: str, line: int, column: int, fragment: str) -> None:
    expect(f"{HEAD}{PROGRAM}  - check: {text}\n", line, column, fragment)


def test_the_first_of_several_mistakes_is_reported_with_the_number_of_the_others() -> None:
    text = HEAD + "steps:\n  - {do: exit, status: x, stats: 1}\n  - {do: frok}\n"
    expect(text, 4, 24, "`status` is 'x'; expected a whole number (and 2 more problems in this file)")
    expect(HEAD + "steps:\n  - {do: kill, to: a, signal: SIGX}\n", 4, 20, "(and 1 more problem in this file)")


def test_first_means_by_place_not_by_the_order_of_looking() -> None:
    text = HEAD + "agree: [parent.umsk]\nsteps:\n  - {do: kill, to: nobody, signal: SIGINT}\n"
    expect(text, 3, 9, "'parent.umsk' is no fact; did you mean umask? (and 1 more problem in this file)")


def test_a_mistake_inside_an_alias_is_reported_where_it_is_written() -> None:
    text = HEAD + "steps:\n  - {do: fork, gives: &x {gamma: 1}}\n  - {do: fork, gives: *x}\n"
    expect(text, 4, 27, "selector 'gamma'")


def test_a_scenario_that_two_flavors_run_needs_a_name_that_one_of_them_has() -> None:
    read(HEAD + "steps:\n  - {do: kill, to: parent, signal: SIGPWR}\n")
    read(HEAD + "steps:\n  - {do: sigaction, signal: SIGINT, handler: h, options: SA_NEW}\n")


def test_a_native_call_that_no_flavor_of_the_scenario_has_can_not_be_mended_by_the_step() -> None:
    text = "only: alpha\n" + HEAD + "steps:\n  - {do: __clone}\n"
    expect(text, 5, 10, "the scenario runs on none of those that have it: beta@7")


def test_the_scenario_s_own_only_does_for_a_native_call() -> None:
    read("only: alpha\n" + HEAD + "steps:\n  - {do: rfork, flags: RFPROC}\n")
    read(HEAD + "steps:\n  - {do: rfork, flags: RFPROC}\n", (ALPHA1,))


def test_the_cure_for_a_native_call_names_single_revisions_where_a_system_is_split() -> None:
    extra = CallSpec("lwp_make", "made up", (), births=True)
    newer = fake("alpha@2", (extra,), (), {"SIGCHLD": 20}, {})
    line, column, message = flaw(HEAD + "steps:\n  - {do: lwp_make}\n", (ALPHA1, newer, BETA))
    assert (line, column) == (4, 10)
    assert "the step needs `only: alpha@2`" in message


def test_reading_needs_a_flavor() -> None:
    with pytest.raises(UsageError, match="there are none"):
        read(HEAD + PROGRAM, ())


def test_a_flavor_can_not_call_a_parameter_like_a_key_of_every_step() -> None:
    bad = fake("bad@1", (CallSpec("odd", "odd", (Param("by", Kind.TEXT, "x"),)),), (), {}, {})
    with pytest.raises(FlavorError, match="no parameter can be called 'by'"):
        read(HEAD + PROGRAM, (*FLAVORS, bad))
