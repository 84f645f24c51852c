"""When a verdict opens an incident and when it resolves one."""

from __future__ import annotations

from typing import Literal

from batmon.model import Status, Verdict

Step = Literal["open", "resolve"]


def step(previous: Status | None, verdict: Verdict) -> Step | None:
    """ERROR opens an incident and OK resolves the open one; WARNING and UNKNOWN leave things as they are.

    ``previous`` is the status before, None at the first verdict. Not seeing is no recovery: an incident outlives
    UNKNOWN, and an ERROR that comes back after it is the same incident, so opening one that is open changes nothing.
    """
    if verdict.status is Status.ERROR:
        return "open" if previous is not Status.ERROR else None
    if verdict.status is Status.OK:
        return "resolve" if previous is not Status.OK else None
    return None
