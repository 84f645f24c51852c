"""Whether something goes bad and good so often that telling of each change would help nobody.

The weighted state change of Nagios (its documentation, "Detection and Handling of State Flapping"): the last 21
observations are 20 possible changes, the newest of which weighs 1.2 and the oldest 0.8. Flapping begins above the high
threshold and ends below the low one, so that it does not itself flap.
"""

from __future__ import annotations

OBSERVATIONS = 21
"""How many are looked at; before the first one everything was well."""
_OLDEST, _NEWEST = 0.8, 1.2
GOOD, BAD = "0", "1"


def observed(history: str, *, bad: bool) -> str:
    """``history`` (``0`` good, ``1`` bad, the newest last) with one more observation; at most ``OBSERVATIONS``."""
    return (history + (BAD if bad else GOOD))[-OBSERVATIONS:]


def percent(history: str) -> float:
    """How much of what could have changed did change, weighted, 0 to 100."""
    states = history[-OBSERVATIONS:].rjust(OBSERVATIONS, GOOD)
    changes = OBSERVATIONS - 1
    step = (_NEWEST - _OLDEST) / (changes - 1)
    weights = (_OLDEST + step * at for at in range(changes))
    changed = sum(weight for at, weight in enumerate(weights) if states[at] != states[at + 1])
    return 100.0 * changed / changes
