"""The words of the command line: subcommands, options, and help that teaches them. Imports no module that does anything."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from oracle.cli import distinguish_parser, findings_parser, fuzz_parser, guide_parser, sweep_parser
from oracle.cli.sweep_parser import Commands

EXIT_CODES = """\
exit codes:
  0    all went as expected
  1    an expectation failed, an invariant broke that the real kernel keeps, or flavors
       diverge where the scenario says that they agree
  2    the command line, a scenario file or a plugin is wrong; nothing was run
  3    a flavor crashed (the others are reported all the same), or this program has a bug
  130  interrupted; what was finished is printed
"""

TOP = """\
What do fork, vfork, rfork, lwp_create and __clone do on a given revision of a given kernel, and where do two kernels
part ways? Scenarios (YAML files) say what to try; flavors (plugins such as netbsd@1.189) are the kernels.
"""

TOP_EXAMPLES = """\
examples:
  fork-oracle run                                  all scenarios below ./specs on all kernels
  fork-oracle run specs/limits --flavor netbsd     one topic on one kernel (its newest revision)
  fork-oracle compare dragonfly netbsd             where these two part ways, and on which facts how often
  fork-oracle show specs/vfork/until-exec.yaml --flavor netbsd@1.189
                                                   one run, step by step
  fork-oracle facts                                what a scenario can expect, and what is compared

'fork-oracle COMMAND --help' says more about each.
"""

RUN = """\
Run scenarios on flavors and print the divergence matrix: a row for each scenario, a column for each flavor. Flavors with
the same letter agree on every fact compared. The word after the letter says how the run went:

  ok          as expected
  FAILED      an expectation of the scenario was not met
  INVARIANT   something that holds on any kernel does not hold, and the real kernel is not known for it
  CRASH       the flavor has a bug; the others are reported all the same
  unmodelled  the scenario needs what the flavor does not model; that is neither agreement nor divergence
  -           the scenario is not meant for this flavor
  *           (after the word) an invariant is broken, as that kernel itself breaks it

Below come the divergences by path with each side's value, and what failed with its file and line.
"""

RUN_EXAMPLES = """\
examples:
  fork-oracle run
  fork-oracle run specs/signals specs/vfork/until-exec.yaml --flavor dragonfly --flavor netbsd
  fork-oracle run --format json | python -m json.tool
  fork-oracle run --findings --kept build/kept.json what no finding of the catalogue claims is new, and fails
  fork-oracle run --baseline report.json            what is otherwise than in the report.json of an earlier run
  fork-oracle run --reports reports                 writes report.md, report.json and index.html there
  fork-oracle run --reports reports --sweep standard
                                                    the page has pictures of all of rfork and of all intents, too

Markdown, JSON and the files of --reports are the same bytes for the same scenarios and flavors.

With --findings the exit code is 1, too, if something differs that no finding claims, or if all scenarios ran on all flavors
and a finding claims nothing. With --baseline it is 1 for what is new, changed or worse than there, and for nothing else.
"""

COMPARE = """\
Run scenarios on some flavors only, and print the divergences between them by scenario, with a tally by fact: which facts
differ how often. Of the arguments, what contains @ or is the name of an installed system is a flavor; the rest are paths.
"""

COMPARE_EXAMPLES = """\
examples:
  fork-oracle compare dragonfly@768af85b netbsd@1.189
  fork-oracle compare dragonfly netbsd specs/groups
  fork-oracle compare dragonfly netbsd --format markdown --output differences.md
"""

EXPLORE = """\
Run scenarios with concurrent steps under every schedule that could make a difference, and print what can become of them: a row
for each outcome, a column for each flavor, and in each cell a schedule that leads there, for `show --schedule`; never where
none does. The search says whether it was exhaustive, or within which bound, and how many of its executions met each outcome.
"""

EXPLORE_EXAMPLES = """\
examples:
  fork-oracle explore specs/races
  fork-oracle explore specs/races/interrupt.yaml --flavor netbsd
  fork-oracle show races/interrupt --flavor netbsd --schedule "2:shell"
"""

SHOW = """\
Take one scenario on one flavor and tell what happened, step by step: the call as it was made on that system, what it gave
and why, what the kernel did (who slept on what, who was woken), which facts changed, and which expectations were met.
"""

SHOW_EXAMPLES = """\
examples:
  fork-oracle show specs/vfork/until-exec.yaml --flavor netbsd
  fork-oracle show vfork/until-exec --flavor dragonfly --all-facts      the name of a scenario below ./specs will do
"""

EXPLAIN = """\
Why do two kernels differ on a scenario? Both runs side by side, step by step; the first decision on which they part; and for
every fact on which they differ, the lines of C that decided it in each kernel. For that the runs are repeated, and watched.

Of each fact it says at which step it parts for good, and what decided it there on each side:

  wrote          lines that wrote the field that the fact is read from, last in that step; with "before": in an earlier step
  made, zeroed   lines that made the object, with this value, or with none
  did not        a decision that went the other way than to lines that would have written the field
  passed         a decision that went the other way than to the errno that the other kernel gives
  failed with    lines that gave the errno
  returned       lines that returned the result
  sleeps, slept  lines that put the caller to sleep

"under" are the decisions around the lines; "through", the functions that the lines called for it. A function without lines
stands in another file of that kernel, which is not cited by line. "did not" is taken from the text of the model: the last
decision of the step that could have led to such a write on this very object. It is not a proof that nothing else mattered.

With the published listings of the C at hand (--sources, or FORK_ORACLE_SOURCES), the lines are shown.
"""

EXPLAIN_EXAMPLES = """\
examples:
  fork-oracle explain limits/last-ten-slots
  fork-oracle explain defects/dragonfly-q12-umask-reset --flavor dragonfly --flavor netbsd --sources DIR
  fork-oracle explain accounting/rfork-counters --flavor dragonfly@1.67 --flavor dragonfly --format json
"""


ERRORS = """\
When several reasons to fail hold at once, which errno does a call give, and what happens first? Every condition that makes a
call fail is brought about alone and together with every other one, on each flavor, and what won is printed as an order:

  fork                                                dragonfly@1.62         netbsd@1.189
  a signal with a handler is pending                  1 ERESTART → child     -
  every process slot is taken                         2 EAGAIN 500 ms *      1 EAGAIN *
  the user has as many processes as its limit allows  3 EAGAIN 500 ms *      2 EAGAIN

So with the slots and the limit used up, DragonFly sleeps half a second and says so on the console before it fails, and NetBSD
fails at once; a pending signal makes DragonFly deal with that first, and NetBSD forks all the same. What wins is told by the
place in the kernel that raised it, not by the errno, so two reasons for one errno are kept apart.
"""

ERRORS_EXAMPLES = """\
examples:
  fork-oracle errors                               all calls on all flavors
  fork-oracle errors fork rfork --flavor dragonfly --flavor dragonfly@1.62
  fork-oracle errors __clone --why                 each error in the kernel's terms, with lines of the C
  fork-oracle errors setpgid --pairs               every pair
  fork-oracle errors --format json --pairs | python -m json.tool
"""


def build_parser() -> argparse.ArgumentParser:
    """The parser of the whole command line."""
    parser = argparse.ArgumentParser(
        "fork-oracle",
        description=TOP,
        epilog=f"{TOP_EXAMPLES}\n{EXIT_CODES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and exit")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True, title="commands")
    _run(commands)
    _compare(commands)
    _explore(commands)
    _show(commands)
    _explain(commands)
    findings_parser.add(commands, _add, _flavors, _output)
    guide_parser.add(commands, _add, _output)
    _sources(commands)
    _errors(commands)
    sweep_parser.add(commands, _add, _flavors, _output)
    distinguish_parser.add(commands, _add, _flavors, _output)
    fuzz_parser.add(commands, _add, _flavors)
    _lists(commands)
    return parser


class _Version(argparse.Action):
    """Looks the version up only when somebody asks."""

    def __call__(self, parser: argparse.ArgumentParser, *unused: object) -> None:
        from importlib.metadata import PackageNotFoundError, version

        try:
            number = version("fork-oracle")
        except PackageNotFoundError:
            number = "(not installed)"
        sys.stdout.write(f"fork-oracle {number}\n")
        parser.exit()


def _add(commands: Commands, name: str, brief: str, text: str, examples: str) -> argparse.ArgumentParser:
    """A subcommand with the options that all have."""
    made = commands.add_parser(
        name,
        help=brief,
        description=text,
        epilog=f"{examples}\n{EXIT_CODES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    always = made.add_argument_group("output")
    always.add_argument(
        "--color",
        choices=("auto", "always", "never"),
        default="auto",
        help="colours; auto (the default): on a terminal, unless NO_COLOR is set; FORCE_COLOR=1 also works in a pipe",
    )
    always.add_argument("--traceback", action="store_true", help="after a crash, print where in the code it happened")
    return made


def _formats(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--format", choices=("table", "json", "markdown"), default="table", help="table (the default), json or markdown"
    )
    _output(parser)


def _output(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--output", metavar="FILE", type=Path, help="write to FILE instead of standard output, whole or not at all"
    )


def _flavors(parser: argparse.ArgumentParser, text: str, *, required: bool = False) -> None:
    parser.add_argument("--flavor", metavar="ID", action="append", default=[], required=required, help=text)


def _run(commands: Commands) -> None:
    made = _add(commands, "run", "run scenarios on flavors and print the divergence matrix", RUN, RUN_EXAMPLES)
    made.add_argument("paths", metavar="PATH", nargs="*", type=Path, help="scenario files, or folders of them (./specs)")
    _flavors(made, "system@revision, or system for its newest revision; may be repeated (all installed flavors)")
    _formats(made)
    made.add_argument(
        "--reports",
        metavar="DIR",
        type=Path,
        help="also write DIR/report.md, DIR/report.json and DIR/index.html, the page that tells each run step by step",
    )
    made.add_argument(
        "--findings",
        action="store_true",
        help="look for what decided each difference, say in the reports which findings of the catalogue claim it, and fail on "
        "what none claims (half a minute for all of ./specs)",
    )
    made.add_argument(
        "--kept",
        metavar="FILE",
        type=Path,
        help="with --findings: take what decided from FILE where scenario and flavors are as they were, and keep it there",
    )
    made.add_argument(
        "--baseline",
        metavar="FILE",
        type=Path,
        help="compare with the report.json of an earlier run, and fail on what is new, changed or worse, and on nothing else",
    )
    made.add_argument(
        "--changes", metavar="FILE", type=Path, help="with --baseline: also write the changes to FILE, as Markdown"
    )
    made.add_argument(
        "--sweep",
        metavar="standard|FILE",
        action="append",
        default=[],
        help="put a sweep on the page, every call in the colour of its bucket: standard (all words of rfork over revisions, "
        "all intents over the systems: some seconds), or the FILE of 'fork-oracle sweep --store FILE'; may be repeated",
    )


def _compare(commands: Commands) -> None:
    brief = "the divergences between some flavors, with a tally by fact"
    made = _add(commands, "compare", brief, COMPARE, COMPARE_EXAMPLES)
    made.add_argument(
        "words", metavar="FLAVOR|PATH", nargs="+", help="two flavors or more, and scenario files or folders (./specs)"
    )
    _formats(made)


def _explore(commands: Commands) -> None:
    made = _add(commands, "explore", "what concurrent steps can come to, under every schedule", EXPLORE, EXPLORE_EXAMPLES)
    made.add_argument("paths", metavar="PATH", nargs="*", type=Path, help="scenario files, or folders of them (./specs)")
    _flavors(made, "system@revision, or system for its newest revision; may be repeated (all installed flavors)")
    made.add_argument(
        "--bound",
        metavar="N",
        type=_count,
        help="leave out schedules with more than N preemptions: moves of another actor although the last could go on",
    )
    made.add_argument("--format", choices=("table", "json"), default="table", help="table (the default) or json")
    _output(made)


def _count(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 7 else -1
    if number < 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 0 on")
    return number


def _show(commands: Commands) -> None:
    made = _add(commands, "show", "what happened in one run, step by step", SHOW, SHOW_EXAMPLES)
    made.add_argument("scenario", metavar="SCENARIO", help="a scenario file, or the name of a scenario below ./specs")
    _flavors(made, "system@revision, or system for its newest revision; may be repeated", required=True)
    made.add_argument(
        "--schedule",
        metavar="STRING",
        default="",
        help="who goes on where several could, as `explore` prints it: '2:shell 5:kid' (the default: whoever went on last)",
    )
    made.add_argument("--all-facts", action="store_true", help="also print all there is to observe at the end")
    _output(made)


def _explain(commands: Commands) -> None:
    made = _add(commands, "explain", "why two flavors differ: the lines of C that decided", EXPLAIN, EXPLAIN_EXAMPLES)
    made.add_argument("scenario", metavar="SCENARIO", help="a scenario file, or the name of a scenario below ./specs")
    _flavors(
        made, "system@revision, or system for its newest revision; given twice, or not at all: two flavors that differ on it"
    )
    made.add_argument(
        "--sources", metavar="DIR", type=Path, help="folder of listings of the C (the environment's FORK_ORACLE_SOURCES)"
    )
    made.add_argument("--schedule", metavar="STRING", default="", help="of concurrent steps, as for `show`")
    made.add_argument("--format", choices=("table", "json"), default="table", help="table (the default) or json")
    _output(made)


SOURCES = """\
Account for every line of code in the functions of the C sources that flavors model line by line: modelled, left out on
purpose with the reason, or not accounted for; and what of it the scenarios exercise, line by line and branch by branch.

The exit code is 1 if a line is not accounted for, a modelled line or branch is not exercised, or something that is said about
the C is wrong. With the published listings of the C at hand (--sources, or FORK_ORACLE_SOURCES; CONTRIBUTING.md says what the
folder holds), what is said is compared with the C itself, and the C can be shown with the model beside it.
"""

SOURCES_EXAMPLES = """\
examples:
  fork-oracle sources                              all flavors, exercised by ./specs
  fork-oracle sources specs/vfork --flavor netbsd  what one topic exercises of one kernel
  fork-oracle sources --no-run --listing           every line with what stands for it, without running anything
  fork-oracle sources --flavor netbsd --lines 459-463
                                                   these lines, and the scenarios that get there
  fork-oracle sources --sources DIR --html map.html
                                                   a page with the C, the model beside it, and which scenarios get there
  fork-oracle sources --coverage .coverage specs   what the scenarios and another measurement exercise together
  fork-oracle sources --draft LISTING              the start of a map for a new listing, to put into a flavor
"""


def _errors(commands: Commands) -> None:
    brief = "which errno wins when several reasons to fail hold at once"
    made = _add(commands, "errors", brief, ERRORS, ERRORS_EXAMPLES)
    made.add_argument("calls", metavar="CALL", nargs="*", help="calls, such as fork or ptrace (all that have conditions)")
    _flavors(made, "system@revision, or system for its newest revision; may be repeated (all installed flavors)")
    _formats(made)
    made.add_argument("--why", action="store_true", help="below each table: every error in the kernel's terms, and its lines")
    made.add_argument("--pairs", action="store_true", help="also what wins in every single pair")


FLAVORS = """\
List the installed flavors: ids, sources, number of calls, and what each does not model. A plugin that can't be used is
named on standard error, with what is wrong with it; the exit code is 2 then.
"""

FACTS = """\
The closed vocabulary of facts: what is observed, compared, and can be expected in a scenario. Facts marked 'flavors of one
system' hold numbers or words that mean something on that system alone.
"""

CALLS = """\
The calls that a scenario's steps can make, with their parameters: the portable ones, then those of each flavor alone.
"""

SCHEMA = """\
The JSON Schema of scenario files for the installed flavors: editors complete and check with it. Or that of report.json, for
programs that read it, or of the facts that identify reads, for programs that write them.
"""

SCHEMA_EXAMPLES = """\
examples:
  fork-oracle schema --output schema/scenario.schema.json
  fork-oracle schema not-shown --output schema/not-shown.schema.json
  fork-oracle schema finding --output schema/finding.schema.json
  fork-oracle schema report --output schema/report.schema.json
  fork-oracle schema identify-facts --output schema/identify-facts.schema.json

and as the first line of a scenario:
  # yaml-language-server: $schema=../../schema/scenario.schema.json
"""


def _sources(commands: Commands) -> None:
    made = _add(commands, "sources", "which lines of the C are modelled, left out and exercised", SOURCES, SOURCES_EXAMPLES)
    made.add_argument("paths", metavar="PATH", nargs="*", type=Path, help="scenario files, or folders of them (./specs)")
    _flavors(made, "system@revision, or system for its newest revision; may be repeated (all installed flavors)")
    made.add_argument(
        "--sources", metavar="DIR", type=Path, help="folder of listings of the C (the environment's FORK_ORACLE_SOURCES)"
    )
    made.add_argument(
        "--coverage",
        metavar="FILE",
        type=Path,
        help="take what ran from this file of coverage.py, made with branches; scenarios run only if PATHs are given, too",
    )
    made.add_argument("--no-run", action="store_true", help="run nothing: only what is modelled and left out")
    made.add_argument("--listing", action="store_true", help="every line with what stands for it, instead of the table")
    made.add_argument(
        "--lines",
        metavar="LINES",
        help="only these, as in '283-289, 295', and which scenarios get there, instead of the table",
    )
    made.add_argument("--html", metavar="FILE", type=Path, help="also write a page with all of it")
    made.add_argument("--draft", metavar="LISTING", type=Path, help="print the start of a map for a listing, and do no more")
    made.add_argument("--format", choices=("table", "json"), default="table", help="table (the default) or json")
    _output(made)


def _lists(commands: Commands) -> None:
    _add(commands, "flavors", "the kernels that are installed", FLAVORS, "example:\n  fork-oracle flavors\n")
    _add(commands, "facts", "the vocabulary of facts", FACTS, "example:\n  fork-oracle facts | grep vfork\n")
    example = "examples:\n  fork-oracle calls\n  fork-oracle calls --flavor netbsd\n"
    made = _add(commands, "calls", "the calls that scenarios can make", CALLS, example)
    _flavors(made, "only this flavor's own calls beside the portable ones; may be repeated")
    made = _add(commands, "schema", "the JSON Schema of scenario files, and of reports", SCHEMA, SCHEMA_EXAMPLES)
    made.add_argument(
        "of",
        metavar="WHAT",
        nargs="?",
        choices=("scenario", "not-shown", "finding", "report", "identify-facts"),
        default="scenario",
        help="scenario (the default), not-shown: lists of the defects that no scenario shows, finding, report: report.json, or "
        "identify-facts: the facts that identify reads",
    )
    _output(made)
