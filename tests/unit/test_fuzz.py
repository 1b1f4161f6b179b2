"""A search finds each divergence once, shrunk, and comes to the same however the work is done."""

from __future__ import annotations

from oracle.fuzz.hunt import Findings, fuzz
from oracle.registry import load_flavors

NEWEST = load_flavors().select(("netbsd", "dragonfly"))


def told(found: Findings) -> list[tuple[str, int, int]]:
    return [(bucket.name, bucket.count, bucket.number) for bucket in found.buckets]


def test_the_same_seed_and_cases_find_the_same_with_one_process_or_two() -> None:
    one = fuzz(NEWEST, 200, seed=5)
    assert told(one) == told(fuzz(NEWEST, 200, seed=5, jobs=2))
    assert one.progress.cases == 256  # whole batches


def test_another_seed_finds_other_cases() -> None:
    assert told(fuzz(NEWEST, 64, seed=5)) != told(fuzz(NEWEST, 64, seed=6))
