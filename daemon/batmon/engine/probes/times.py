"""When a probe is looked at: spread over its interval, so that not a thousand of them come in one moment. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import blake2b

EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
FIRST_LOOKS_A_SECOND = 50
"""How many probes are looked at a second when all are due: at the start, and after the machine was suspended."""


def share(name: str) -> float:
    """A number from 0 (included) to 1 that is always the same for a name and evenly spread over names."""
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest()) / 2.0**64


def first_look(name: str, every: timedelta, count: int, now: datetime) -> datetime:
    """When to look at a probe of whom nothing is known now, one of ``count``."""
    spread = timedelta(seconds=count / FIRST_LOOKS_A_SECOND)
    return now + share(name) * min(spread, every)


def next_look(name: str, every: timedelta, planned: datetime, now: datetime) -> datetime:
    """When to look again after a look that was ``planned`` for some moment: on the probe's own beat of ``every``.

    Beats that have passed meanwhile are left out.
    """
    beat = _next_beat(name, every, planned + every / 2)
    return beat if beat > now else _next_beat(name, every, now)


def _next_beat(name: str, every: timedelta, after: datetime) -> datetime:
    """The first beat of the probe after a moment."""
    phase = EPOCH + share(name) * every
    return phase + every * ((after - phase) // every + 1)
