"""`python -m tests.recorded FILE…`: compare the installed flavors with recordings, and print where they differ."""

from __future__ import annotations

import argparse
import sys
from collections import Counter, defaultdict
from pathlib import Path

from oracle.errors import UsageError
from oracle.registry import load_flavors
from tests.recorded.compare import Compared, Difference, compare
from tests.recorded.recording import CORNERS, OUTCOMES, recordings

SAME, DIFFERENT, MISUSED = 0, 1, 2
EXAMPLES = 3


def main(argv: list[str] | None = None) -> int:
    """Exit code 0 if nothing differs, 1 if something does, 2 for a file that can't be read."""
    parser = argparse.ArgumentParser(prog="python -m tests.recorded", description=__doc__)
    parser.add_argument(
        "files", metavar="FILE", nargs="*", type=Path, default=[OUTCOMES, *CORNERS], help="recordings, plain or gzip"
    )
    parser.add_argument("--examples", type=int, default=EXAMPLES, help="how many of each difference to show")
    options = parser.parse_args(argv)
    flavors = {flavor.id: flavor for flavor in load_flavors().flavors}
    totals: dict[str, Compared] = defaultdict(Compared)
    missing: Counter[str] = Counter()
    try:
        for path in options.files:
            for recording in recordings(path):
                if (flavor := flavors.get(recording.flavor)) is None:
                    missing[recording.flavor] += 1
                else:
                    totals[recording.flavor].add(compare(flavor, recording))
    except UsageError as error:
        print(error, file=sys.stderr)
        return MISUSED
    for flavor_id, total in sorted(totals.items()):
        _report(flavor_id, total, options.examples)
    for flavor_id, count in sorted(missing.items()):
        print(f"{flavor_id}: not installed, {count} recordings left out")
    return DIFFERENT if any(total.differences for total in totals.values()) else SAME


def _report(flavor_id: str, total: Compared, examples: int) -> None:
    print(f"{flavor_id}: {total.agreeing} of {total.recordings} recordings agree")
    print(f"  members: {total.members} compared, {total.granted} taken for granted, {total.outside} outside the notions")
    for why, count in total.excused.most_common():
        print(f"  {count} times no fault of the flavor: {why}")
    groups: dict[str, list[Difference]] = defaultdict(list)
    for one in total.differences:
        groups[one.member].append(one)
    for member, found in sorted(groups.items(), key=lambda item: (-len(item[1]), item[0])):
        print(f"  {member}: differs {len(found)} times")
        for one in found[:examples]:
            print(f"    {one.id}: expected {one.expected!r}, actual {one.actual!r}")


if __name__ == "__main__":
    sys.exit(main())
