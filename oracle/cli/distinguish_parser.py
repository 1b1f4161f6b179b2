"""The words of `distinguish` and `identify`: options, and help that teaches them. Imports nothing that does anything."""

from __future__ import annotations

from oracle.cli import options
from oracle.cli.options import Commands

DISTINGUISH = """\
Find the shortest programs that tell two flavors apart: all programs of one step, then of two, up to --steps, over a finite
alphabet, from each of a set of machine states. What a program's last step makes part, though it agreed before, is put into a
bucket by the kinds of facts that disagree and how; of each bucket, the first of its shortest programs is told. A longer program
is told only if it shows what no shorter ones show.

The alphabet: two actors, parent and kid (the first child that is made, once there may be one), each of whom can make these
calls with a few representative arguments; --alphabet prints them all, --topic and --calls choose among them:

  always      fork vfork exec exit wait
  processes   wait exit spawn (each wish alone) getppid
  signals     kill (five signals, to the other one) sigaction sigprocmask sigaltstack
  files       open close dup2 lseek lock chdir umask kqueue
  memory      store mmap minherit mlock munmap
  groups      setpgid setsid type kill (a group)
  ids         setuid seteuid exec (of a set-user-id program) setrlimit nice
  time        alarm sleep burn profil
  tracing     ptrace (traceme, attach, detach, kill) ktrace
  own         calls of their own that both flavors take alike: every word of at most two flags, each other choice

The states, unless --state names others (all: all that sweep has): plain root no-slot at-limit holdings masked-pending handlers
no-zombies traced.

Every program is tried, but for those that show nothing more, because they go on from machine states to which a program before
them led on both flavors, or let somebody act who can't any more on one side; and for those that go on from where only one of
the two has made a process, or has words for a wish: from there on, the two have different actors. How many that are is told.
"""

DISTINGUISH_EXAMPLES = """\
examples:
  fork-oracle distinguish netbsd dragonfly
  fork-oracle distinguish netbsd dragonfly --steps 3 --topic signals --save build/signals  # each program as a scenario file
  fork-oracle distinguish dragonfly@1.67 dragonfly --calls rfork --calls fork --state plain --state threads
  fork-oracle distinguish netbsd dragonfly --alphabet

Divergences are what it looks for: the exit code is 0, however many it finds.
"""


IDENTIFY = """\
Whose facts are these? Reads facts that somebody's emulator, or a real system, showed of some scenarios, and says which flavors,
and which well-known wrong implementations of them, agree with how many of them, and on which facts the best part.

FACTS.json is JSON; 'fork-oracle schema identify-facts' prints its schema:

    {"format": 1, "about": "my emulator", "scenarios": [
      {"scenario": "vfork/until-exec",
       "facts": {"call.1": "parent", "kid.umask": "022", "kid.pending": null}}]}

A scenario is one below ./specs, or a whole one instead of its name. Facts are those after its last step, by the paths that
'fork-oracle facts' lists; null is for what is not known, "absent" for what was looked for and is not there. --template writes
such a file to be filled in: what to do, what to look at, and what that means; without names, for a set of scenarios by which
all models are told from each other. Only facts on which models part are in it, unless --all-facts asks for more.

A wrong implementation is a flavor with one decision made otherwise, and all else as it is; --list has them with a sentence
each. They run as the flavors do. The ranking goes by facts that agree minus facts that don't; scenarios that are not meant for
a flavor, or that it does not model, count for nothing. Where several agree alike, real kernels come first.
"""

IDENTIFY_EXAMPLES = """\
examples:
  fork-oracle identify --template --output facts.json  # then fill it in
  fork-oracle identify facts.json
  fork-oracle identify --template vfork/until-exec files/shared-table --all-facts
  fork-oracle identify --template --fill "netbsd: vfork is fork" | fork-oracle identify /dev/stdin
  fork-oracle identify --list
"""


def add(commands: Commands) -> None:
    """Put the subcommands to the others."""
    _distinguish(commands)
    _identify(commands)


def _identify(commands: Commands) -> None:
    brief = "which kernel, or which wrong implementation, shows these facts"
    made = options.command(commands, "identify", brief, IDENTIFY, IDENTIFY_EXAMPLES)
    made.add_argument("facts", metavar="FACTS.json", nargs="?", type=options.path, help="the observed facts")
    made.add_argument(
        "--template",
        metavar="SCENARIO",
        nargs="*",
        help="write a file to be filled in, for these scenarios (a set for all models)",
    )
    made.add_argument("--all-facts", action="store_true", help="with --template: also facts on which all models agree")
    made.add_argument("--fill", metavar="MODEL", default="", help="with --template: fill in what a model shows")
    made.add_argument("--list", action="store_true", help="list the wrong implementations")
    made.add_argument(
        "--specs", metavar="DIR", type=options.path, help="the folder of scenarios that are given by name (./specs)"
    )
    options.flavors(made, "only models of this flavor; may be repeated (all installed flavors)")
    made.add_argument("--most", metavar="N", type=options.number(1), default=12, help="models to print (12)")
    options.formats(made, "json")
    options.output(made)


def _distinguish(commands: Commands) -> None:
    brief = "the shortest programs that tell two flavors apart"
    made = options.command(commands, "distinguish", brief, DISTINGUISH, DISTINGUISH_EXAMPLES)
    made.add_argument("flavors", metavar="FLAVOR", nargs=2, help=options.NEWEST)
    made.add_argument(
        "--steps", metavar="N", type=options.number(1, 99), default=2, help="try all programs of up to N steps (2)"
    )
    made.add_argument(
        "--topic", metavar="NAME", action="append", default=[], help="only these calls beside fork, vfork, exec, exit and wait"
    )
    made.add_argument("--calls", metavar="NAME", action="append", default=[], help="only these calls; may be repeated")
    made.add_argument(
        "--state", metavar="NAME", action="append", default=[], help="a state to start from, or all; may be repeated"
    )
    made.add_argument("--alphabet", action="store_true", help="print the states and the actions, and try nothing")
    options.workers(made, "up to 2 steps, 1; then as many as processors")
    made.add_argument("--save", metavar="DIR", type=options.path, help="write each bucket's program to DIR, as a scenario")
    options.formats(made, "json")
