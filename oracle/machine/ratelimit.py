"""Rate limiters of console messages. Their state belongs to the console: a failed call may leave a trace in it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True, eq=False)
class RateLimit:
    """When the last event was let through, in ticks (None: never), and how many were seen since."""

    last: int | None = None
    seen: int = 0


def ratecheck(limit: RateLimit, now: int, interval: int) -> bool:
    """Whether an event may pass now: the first always, others when `interval` ticks have gone by since the last that passed."""
    limit.seen += 1
    if limit.last is not None and now - limit.last < interval:
        return False
    limit.last = now
    limit.seen = 0
    return True
