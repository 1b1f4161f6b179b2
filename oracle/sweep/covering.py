"""Covering arrays: few rows in which every combination of so many factors' values stands somewhere.

Built in the manner of IPO: all rows for the first factors, then one factor after the other, with the values that cover most.
An array is checked by counting, independently of how it was built, before anybody gets it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, product
from random import Random

from oracle.errors import UsageError

Row = tuple[int, ...]
OPEN = -1  # a place of a row that no combination has needed so far


def covering_array(sizes: Sequence[int], strength: int, seed: int = 0) -> tuple[Row, ...]:
    """Rows for factors with so many values each. `seed` decides between values that cover alike."""
    if not 1 <= strength <= len(sizes):
        raise UsageError(f"strength {strength} for {len(sizes)} factors; expected a number from 1 to {len(sizes)}")
    if min(sizes) < 1:
        raise UsageError("a factor without a value")
    random = Random(seed)
    order = sorted(range(len(sizes)), key=lambda factor: (-sizes[factor], factor))  # those with most values first
    ranked = [sizes[factor] for factor in order]
    rows = [list(row) for row in product(*(range(size) for size in ranked[:strength]))]
    for factor in range(strength, len(ranked)):
        _extend(rows, ranked, factor, strength, random)
    for row in rows:
        for factor, value in enumerate(row):
            if value == OPEN:
                row[factor] = random.randrange(ranked[factor])
    back = {factor: place for place, factor in enumerate(order)}
    made = tuple(tuple(row[back[factor]] for factor in range(len(sizes))) for row in rows)
    if missing := next(uncovered(made, sizes, strength), None):
        raise AssertionError(f"the array lacks {missing}")
    return made


def uncovered(rows: Sequence[Row], sizes: Sequence[int], strength: int) -> Iterator[tuple[tuple[int, int], ...]]:
    """Each combination that stands in no row, as pairs of a factor and its value: an array has to have none."""
    for factors in combinations(range(len(sizes)), strength):
        there = {tuple(row[factor] for factor in factors) for row in rows}
        for values in product(*(range(sizes[factor]) for factor in factors)):
            if values not in there:
                yield tuple(zip(factors, values, strict=True))


Combination = tuple[tuple[int, ...], tuple[int, ...], int]  # earlier factors, their values, and the new factor's


def _extend(rows: list[list[int]], sizes: Sequence[int], factor: int, strength: int, random: Random) -> None:
    """One factor more: a value for each row, then rows for what is still missing."""
    groups = list(combinations(range(factor), strength - 1))
    missing: set[Combination] = {
        (factors, values, value)
        for factors in groups
        for values in product(*(range(sizes[one]) for one in factors))
        for value in range(sizes[factor])
    }
    for row in rows:
        met = [(factors, tuple([row[one] for one in factors])) for factors in groups]
        gains = [sum((*one, value) in missing for one in met) for value in range(sizes[factor])]
        best = random.choice([value for value, gain in enumerate(gains) if gain == max(gains)])
        row.append(best if max(gains) else OPEN)
        missing.difference_update([(*one, best) for one in met])
    for combination in sorted(missing):
        if combination in missing:
            _place(rows, combination, factor, len(sizes))


def _place(rows: list[list[int]], combination: Combination, factor: int, factors: int) -> None:
    """Put a combination into a row that has room for it, or into a new one."""
    wanted = dict(zip(combination[0], combination[1], strict=True)) | {factor: combination[2]}
    for row in rows:
        if all(row[place] in (OPEN, value) for place, value in wanted.items()):
            break
    else:
        row = [OPEN] * (factor + 1)
        rows.append(row)
    for place, value in wanted.items():
        row[place] = value
