"""When a message that was not taken is tried again. Pure: the moment and the luck are handed in."""

from __future__ import annotations

from datetime import datetime, timedelta

FIRST = timedelta(seconds=5)
LONGEST = timedelta(hours=1)
"""Each wait is twice the one before, up to this."""
SPREAD = 0.2
"""By which part of itself a wait is shortened or lengthened, so that a thousand do not come back at one moment."""
GIVE_UP = timedelta(hours=24)
"""How long after its first attempt a message is tried again."""


def next_attempt(
    now: datetime, *, attempts: int, tried_since: datetime, retry_after: float | None, luck: float
) -> datetime | None:
    """When to try again after the ``attempts``-th attempt failed now; None: no more.

    ``retry_after`` is the seconds that the other side asked to wait, ``luck`` evenly between 0 and 1.
    """
    wait = min(FIRST * 2 ** min(attempts - 1, 20), LONGEST) * (1 - SPREAD + 2 * SPREAD * luck)
    if retry_after is not None:
        wait = max(wait, timedelta(seconds=min(retry_after, 2 * GIVE_UP.total_seconds())))
    again = now + wait
    return again if again <= tried_since + GIVE_UP else None
