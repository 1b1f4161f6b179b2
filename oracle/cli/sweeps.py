"""The sweeps that `fork-oracle run --sweep` puts on the page: standard ones, done on the spot, or finished ones from files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from oracle.cli.catalogue import apart_in
from oracle.cli.terminal import Terminal
from oracle.errors import UsageError
from oracle.finding import Finding
from oracle.findings.claims import Catalogue, Claims
from oracle.findings.kept import Kept
from oracle.flavor import Flavor
from oracle.report.page.spaces import spaces_of
from oracle.sweep.atlas import Atlas, atlas
from oracle.sweep.plan import Cell, Plan, plan
from oracle.sweep.space import space_named
from oracle.sweep.standard import standard
from oracle.sweep.states import states_named
from oracle.sweep.store import Store
from oracle.sweep.sweep import carry_out

STANDARD = "standard"


def check_sweeps(wanted: Sequence[str], flavors: Sequence[Flavor]) -> None:
    """Raise UsageError, before any work is done, for a sweep that can't be shown."""
    for name in wanted:
        if name != STANDARD:
            _stored(name, flavors)


def atlases_of(wanted: Sequence[str], flavors: Sequence[Flavor], terminal: Terminal) -> list[Atlas]:
    """The sweeps asked for, case by case."""
    made = []
    for name in dict.fromkeys(wanted):
        if name == STANDARD:
            made += [_done(one, _of(one, flavors), terminal) for one in standard(flavors)]
            continue
        stored = _stored(name, flavors)
        with Store(Path(name)) as store:
            made.append(atlas(stored, _of(stored, flavors), store))
    return made


def with_cases(
    claims: Claims, catalogue: Sequence[Finding], atlases: Sequence[Atlas], flavors: Sequence[Flavor], kept: Kept
) -> Claims:
    """What findings claim, of the simplest cases of some sweeps, too."""
    found = [
        apart
        for space in spaces_of(atlases, flavors)
        for case in space.cases
        for apart in apart_in(case, _of(space.atlas.found.plan, flavors), kept)
    ]
    return Claims((*claims.differences, *Catalogue(catalogue).judge(found).differences))


def _done(made: Plan, flavors: Sequence[Flavor], terminal: Terminal) -> Atlas:
    """A sweep that is done here and now, and kept nowhere."""
    advance, close = terminal.progress(made.cases, f"cases of {made.space.name}", size=_size)
    try:
        with Store() as store:
            carry_out(made, flavors, store, progress=advance)
            return atlas(made, flavors, store)
    finally:
        close()


def _size(cell: object) -> int:
    assert isinstance(cell, Cell)
    return cell.count


def _of(made: Plan, flavors: Sequence[Flavor]) -> list[Flavor]:
    """The flavors of a plan, in its order."""
    known = {flavor.id: flavor for flavor in flavors}
    return [known[ident] for ident in made.flavors]


def _stored(name: str, flavors: Sequence[Flavor]) -> Plan:
    """The plan of a sweep that a file holds. UsageError if there is none, or one of another time."""
    if not Path(name).is_file():
        raise UsageError(
            f"--sweep {name!r}: there is no such file; 'fork-oracle sweep --store FILE' writes one, and {STANDARD} needs none"
        )
    with Store(Path(name)) as store:
        said = store.identity()
        if said is None:
            raise UsageError(f"--sweep {name!r}: the file holds no sweep; 'fork-oracle sweep --store FILE' writes one")
        left = [ident for ident in said["flavors"] if ident not in {flavor.id for flavor in flavors}]
        if left:
            raise UsageError(
                f"--sweep {name!r} is about {', '.join(left)}, too, which this run leaves out; add --flavor {left[0]}"
            )
        mine = [flavor for ident in said["flavors"] for flavor in flavors if flavor.id == ident]
        try:
            made = plan(
                space_named(said["space"], mine), states_named(said["states"]), mine, every=said["every"], seed=said["seed"]
            )
            store.begin(made.identity(mine))
        except UsageError as error:
            raise UsageError(f"--sweep {name!r} can't be shown (of --knobs there is no picture): {error}") from error
    return made
