"""Rarely turned knobs in a file: what is read, and what is said of nonsense."""

from __future__ import annotations

import pytest

from oracle.extras import MachineExtras, ProcessExtras, Sharing, ThreadSpec, TracedSpec, WatchSpec
from oracle.load import dump_scenario
from oracle.scenario import ProcessSpec
from tests.unit.load_helpers import HEAD, flaw, read

PROGRAM = "steps:\n  - {by: shell, do: fork, as: kid}\n"
QUEUE = "files: {3: {path: q, kind: kqueue}}"

# The place that is named in the error stands behind the sign, which is not in the file.
PROCESSES = [
    ("{a: {shares: {files: §b}}, b: }", "`shares`: 'b' is no process that stands before it: shell, init"),
    ("{a: {shares: {files: §a}}}", "`shares`: 'a' is itself; a process shares with another one, or leave it out"),
    ("{a: {shares: {§fiels: x}}}", "no key is called 'fiels'; did you mean files?"),
    ("{a: {shares: §shell}}", "`shares` is 'shell'; expected a mapping"),
    ("{a: , b: {shares: {files: §a}, files: {0: /x}}}", "they are those of 'a': leave `files` out"),
    ("{a: , b: {shares: {memory: §a}, memory: {data: 1}}}", "they are those of 'a': leave `memory` out"),
    ("{a: , b: {shares: {handlers: §a}, ignored: SIGINT}}", "they are those of 'a': leave `caught` and `ignored` out"),
    ("{a: , b: {shares: {directories: §a}, umask: '077'}}", "they are those of 'a': leave umask out"),
    ("{a: {leader: §a}}", "`leader`: 'a' is itself; a process stands behind another one"),
    ("{a: , b: , c: {shares: {files: a}, leader: §b}}", "'b' has another leader than 'a', whose descriptors it shares"),
    ("{a: {traced: §a}}", "`traced`: 'a' is itself; a process traces another one"),
    ("{a: {traced: §kernel}}", "'kernel' is no process that stands before it"),
    ("{a: {traced: §nobody}}", "'nobody' is no process that stands before it"),
    ("{a: {traced: §{forks: true}}}", "`by` is missing: The debugger: the parent or another process."),
    ("{a: {traced: {by: shell, §fork: true}}}", "no key is called 'fork'; did you mean forks?"),
    ("{a: {ktrace: §{inherit: true}}}", "`file` is missing: The file that the trace goes to."),
    ("{a: {ktrace: §''}}", "`ktrace` is empty"),
    ("{a: {watches: §[{fd: 3, process: a, notes: NOTE_FORK}]}}", "descriptor 3 is no open file of kind kqueue"),
    (f"{{a: {{{QUEUE}, watches: §[{{fd: 4, process: a, notes: NOTE_FORK}}]}}}}", "descriptor 4 is no open file of kind kqueue"),
    (f"{{a: {{{QUEUE}, watches: [{{fd: 3, process: a, notes: §NOTE_FROK}}]}}}}", "no note 'NOTE_FROK'"),
    (f"{{a: {{{QUEUE}, watches: [{{fd: 3, process: a, notes: §NOTE_FROK}}]}}}}", "did you mean NOTE_FORK?"),
    (
        f"{{a: {{{QUEUE}, watches: §[{{fd: 3, process: b, notes: NOTE_FORK}}]}}, b: }}",
        "'b' is no process that stands before it",
    ),
    (f"{{a: {{{QUEUE}, watches: [§{{fd: 3, process: a}}]}}}}", "`notes` is missing: What is watched for"),
    ("{a: {lacks: [§grup]}}", "expected one of group, text, arguments; did you mean group?"),
    ("{a: {lacks: §[text, text]}}", "`lacks`: a word stands here twice"),
    ("{a: {lacks: §[group], session: ''}}", "without a group it is in no other's group, and leads no session"),
    ("{a: {lacks: §[arguments], arguments: x}}", "it has `arguments`, and lacks them"),
    ("{a: {lacks: [group]}, b: {group: §a}}", "`group`: 'a' is in no group, so it leads none and no session"),
    ("{a: {threads: {§shell: }}}", "no process can be called 'shell', which is always there"),
    ("{a: {threads: {§a: }}}", "there is a process or thread called 'a' already"),
    ("{a: {threads: {t: }}, b: {threads: {§t: }}}", "there is a process or thread called 't' already"),
    ("{a: {threads: {t: }}, §t: }", "there is a thread called 't' already; give the process another name"),
    ("{a: {threads: {§3t: }}}", "key '3t'; expected a role"),
    ("{a: {threads: {t: {tid: §1}}}}", "`tid` is 1; expected a number from 2 on"),
    ("{a: {threads: {t: {tid: 7}, u: §{tid: 7}}}}", "thread id 7; expected one from 2 to 2147483647 that no other thread has"),
    ("{a: {threads: {t: {tid: 2147483647}, u: §{}}}}", "thread id 2147483648"),
    ("{a: {threads: {t: {masked: [§SIGIN]}}}}", "did you mean SIGINT?"),
    ("{a: {last_tid: §0}}", "`last_tid` is 0; expected a number from 1 on"),
    ("{a: {stops_on: [§exce]}}", "expected one of fork, exec, exit; did you mean exec?"),
    ("{a: {message_queues: §4294967296}}", "expected a number up to 4294967295"),
    ("{a: {profiling: §yes}}", "`profiling` is 'yes'; expected true or false"),
    ("{a: {emulation: §''}}", "`emulation` is empty"),
]

MACHINES = [
    ("{last_pid: §0}", "expected a number from 1 on"),
    ("{last_pid: §99999}", "expected a number up to 99998"),
    ("{fork_hooks: §net}", "`fork_hooks` is 'net'; expected a list"),
    ("{faults: {§memory: 1}}", "key 'memory'; expected uarea"),
    ("{faults: {uarea: §0}}", "expected a number from 1 on"),
    ("{faults: {uarea: §[]}}", "`uarea` is empty"),
]


def expect(text: str, fragment: str) -> None:
    place = text.index("§")
    line, before = text.count("\n", 0, place) + 1, place - text.rfind("\n", 0, place)
    found = flaw(text.replace("§", ""))
    assert found[:2] == (line, before), found
    assert fragment in found[2]


@pytest.mark.parametrize(("text", "fragment"), PROCESSES)
def test_nonsense_about_a_process_is_reported_where_it_stands(text: str, fragment: str) -> None:
    expect(f"{HEAD}processes: {text}\n{PROGRAM}", fragment)


@pytest.mark.parametrize(("text", "fragment"), MACHINES)
def test_nonsense_about_the_machine_is_reported_where_it_stands(text: str, fragment: str) -> None:
    expect(f"{HEAD}machine: {text}\n{PROGRAM}", fragment)


def extras(text: str) -> ProcessExtras | None:
    return read(f"{HEAD}processes: {{other: {{{QUEUE}}}, parent: {{{text}}}}}\n{PROGRAM}").processes[1].extras


def test_what_is_as_on_plain_processes_is_not_there_at_all() -> None:
    assert extras("profiling: false, threads: {}, watches: [], shares: {}") is None
    assert read(f"{HEAD}machine: {{fork_hooks: [], faults: {{}}}}\n{PROGRAM}").machine.extras is None


def test_short_forms_say_what_the_long_ones_say() -> None:
    assert extras("traced: shell") == extras("traced: {by: shell}") == ProcessExtras(traced=TracedSpec("shell"))
    assert extras("ktrace: out") == extras("ktrace: {file: out, inherit: false}")
    one = read(f"{HEAD}machine: {{faults: {{uarea: 2}}}}\n{PROGRAM}").machine.extras
    assert one == read(f"{HEAD}machine: {{faults: {{uarea: [2]}}}}\n{PROGRAM}").machine.extras
    assert one == MachineExtras(faults=(("uarea", (2,)),))


def test_who_shares_a_table_has_no_files_and_watches_with_a_queue_of_the_table() -> None:
    text = "shares: {files: other}, watches: [{fd: 3, process: parent, notes: NOTE_FORK | NOTE_EXIT}]"
    scenario = read(f"{HEAD}processes: {{other: {{{QUEUE}}}, parent: {{{text}}}}}\n{PROGRAM}")
    watch = WatchSpec(3, "parent", ("NOTE_FORK", "NOTE_EXIT"))
    assert scenario.processes[1] == ProcessSpec(
        "parent", files=(), extras=ProcessExtras(shares=Sharing(files="other"), watches=(watch,))
    )


def test_a_thread_can_act_and_its_name_is_taken() -> None:
    start = f"{HEAD}processes: {{parent: {{threads: {{worker: {{masked: SIGINT}}}}}}}}\n"
    scenario = read(f"{start}steps:\n  - {{by: worker, do: fork, as: kid}}\n")
    assert scenario.processes[0].extras == ProcessExtras(threads=(ThreadSpec("worker", masked=("SIGINT",)),))
    expect(f"{start}steps:\n  - {{do: fork, as: §worker}}\n", "worker")


def test_a_scenario_with_rare_knobs_is_written_in_the_form_people_write_it() -> None:
    text = (
        f"{HEAD}machine: {{last_pid: 9, fork_hooks: [a], faults: {{uarea: [1, 3]}}}}\n"
        "processes:\n"
        "  other:\n"
        "    threads: {two: {tid: 7}, three: {}}\n"
        "    traced: shell\n"
        "    ktrace: {file: out, inherit: true}\n"
        "    lacks: [text]\n"
        "    terminal_mark: false\n"
        "  parent: {shares: {files: other, memory: other}}\n"
        "steps:\n"
        "  - {do: fork, as: kid}\n"
    )
    assert dump_scenario(read(text)) == text
