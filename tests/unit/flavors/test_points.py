"""Where kernel code lets others go on, call by call, as it is written down in tests/unit/data/points.txt.

The search through all schedules starts from that: a point that is lost hides races, one too many makes them up.
`python -m tests.unit.flavors.test_points` writes it down anew; read the difference before it is kept.
"""

from __future__ import annotations

from pathlib import Path

from oracle.load import loads
from oracle.registry import load_flavors
from oracle.run import Execution

FILE = Path(__file__).parents[1] / "data" / "points.txt"
START = """\
title: Points
why: Somebody else could always go on.
topic: races
only: [{flavor}]
processes:
  parent: {{files: {{0: /dev/tty, 3: /tmp/one, 4: {{path: queue, kind: kqueue}}}}, {more}}}
  sharer: {{shares: {{files: parent, memory: parent, handlers: parent, directories: parent}}}}
  plain: {{caught: {{SIGUSR1: on_usr1}}, ignored: [SIGHUP], pending: [SIGTERM], masked: [SIGTERM]}}
  child: {{parent: plain}}
  other: {{}}
steps:
  - concurrently:
      {by}: [{{{step}}}]
      other: [{{do: getpid}}]
"""
EVERYWHERE = (
    "do: fork, as: kid",
    "do: vfork, as: kid",
    "do: exec",
    "do: exec, path: /bin/missing, exists: false",
    "do: exit",
    "do: wait, options: WNOHANG",
    "do: open, path: /tmp/new",
    "do: close, fd: 0",
    "do: sigaction, signal: SIGINT, handler: on_int",
    "do: sigprocmask, how: unblock, signals: [SIGTERM]",
    "do: kill, to: child, signal: SIGKILL",
    "do: kill, to: child, signal: SIGSTOP",
    "do: setpgid",
    "do: setsid",
    "do: ptrace, request: attach, process: child",
    "do: ktrace, process: child, file: trace",
    "do: alarm, ms: 10",
    "do: sleep, ms: 10",
    "do: getpid",
    "do: setuid, uid: 1000",
    "do: chdir, path: /tmp",
    "do: setrlimit, resource: nofile, soft: 10",
    "do: mmap, region: fresh",
    "do: pipe",
    "do: kqueue",
)
DRAGONFLY = (
    "do: rfork, flags: RFPROC, as: kid",
    "do: rfork, flags: RFPROC|RFCFDG|RFSIGSHARE, as: kid",
    "do: rfork, flags: RFPROC|RFMEM|RFTHREAD|RFNOWAIT|RFLINUXTHPN, as: kid",
    "do: rfork, flags: RFCFDG",
    "do: rfork, flags: RFFDG",
    "do: fork1, flags: RFPROC|RFFDG, as: kid, start: false",
)
THREADS = ("do: lwp_create, as: t2", "do: extexit, who: lwp")
NETBSD = (
    "do: __clone, flags: CLONE_VM|CLONE_FILES|CLONE_FS|CLONE_SIGHAND, as: kid",
    "do: __clone, flags: CLONE_VFORK|CLONE_VM, as: kid",
    "do: stopfork, process: child, 'on': true",
    "do: _lwp_create, as: t2",
)


def listed() -> str:
    """A line for each call of each kind of process: what it stands at before it goes on."""
    flavors = load_flavors().flavors
    lines = []
    for flavor in flavors:
        own = NETBSD if flavor.id.startswith("netbsd") else DRAGONFLY + (THREADS if flavor.id != "dragonfly@1.62" else ())
        for step in EVERYWHERE + own:
            for by in ("parent", "plain"):
                scenario = loads(START.format(flavor=flavor.id, more="uid: 0", by=by, step=step), "points.yaml", flavors)
                execution = Execution(scenario, flavor, trace=True)
                for _ in execution.steps():
                    pass
                points = [text for _, who, event, text in execution.k.trace or [] if (who, event) == (by, "stands at")]
                lines.append(f"{flavor.id} {by} {step}: {', '.join(points) or '-'}\n")
    return "".join(lines)


def test_calls_let_others_go_on_where_it_is_written_down() -> None:
    assert listed().splitlines() == FILE.read_text().splitlines()


if __name__ == "__main__":
    FILE.write_text(listed())
