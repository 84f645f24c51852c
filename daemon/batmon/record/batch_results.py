"""What came of a batch: of each account, and of the step as a whole. Frozen values; counts are in whole items."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from operator import index
from pathlib import Path
from typing import Any

_FIELDS = ("success", "processed", "failed", "error", "errors")


@dataclass(frozen=True, slots=True)
class AccountResult:
    """What came of one account. ``errors`` are sentences for people; times are aware, None if it was never begun."""

    account: str
    success: bool
    processed: int = 0
    failed: int = 0
    errors: tuple[str, ...] = ()
    started_at: datetime | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class StepResult:
    """What came of one ``run_single_step``. ``report`` is None when it could not be written; times are aware."""

    task_id: str
    step: int
    quantity: int
    started_at: datetime
    ended_at: datetime
    accounts: tuple[AccountResult, ...]
    report: Path | None = None

    @property
    def success(self) -> bool:
        """Whether every account succeeded."""
        return self.unsuccessful == 0

    @property
    def successful(self) -> int:
        """How many accounts succeeded."""
        return sum(result.success for result in self.accounts)

    @property
    def unsuccessful(self) -> int:
        """How many accounts did not."""
        return len(self.accounts) - self.successful

    @property
    def processed(self) -> int:
        """Items processed, of all accounts."""
        return sum(result.processed for result in self.accounts)

    @property
    def failed(self) -> int:
        """Items failed, of all accounts."""
        return sum(result.failed for result in self.accounts)

    @property
    def seconds(self) -> float:
        """How long it took."""
        return max(0.0, (self.ended_at - self.started_at).total_seconds())


def outcome(value: object) -> tuple[bool, int, int, tuple[str, ...]]:
    """Success, processed, failed and errors, from what the work of an account returned.

    A mapping, or an object with attributes, may have ``processed``, ``failed``, ``success``, ``error`` and ``errors``;
    a number is what was processed; None is nothing. Without ``success`` it succeeded if nothing failed and no error is
    named.

    Raises:
        TypeError: it is something else, or one of these is not of its kind.
        ValueError: a count is negative.
    """
    if inspect.isawaitable(value):
        if inspect.iscoroutine(value):
            value.close()
        raise TypeError("the work returned something to await: register an `async def` function itself")
    if value is None:
        return True, 0, 0, ()
    if isinstance(value, (bool, str, bytes)):
        raise TypeError(f"the work returned {value!r}: return a mapping with processed and failed, a number, or None")
    given = _fields(value)
    processed, failed = _count(given, "processed"), _count(given, "failed")
    errors = _errors(given)
    success = given.get("success")
    if success is None:
        success = not failed and not errors
    elif not isinstance(success, bool):
        raise TypeError(f"success must be True or False, not {success!r}")
    return success, processed, failed, errors


def _fields(value: object) -> Mapping[str, Any]:
    if isinstance(value, Mapping):
        return value
    found = {key: got for key in _FIELDS if (got := getattr(value, key, None)) is not None}
    if found:
        return found
    try:
        return {"processed": index(value)}  # type: ignore[arg-type] # what is no number raises
    except TypeError:
        raise TypeError(
            f"the work returned a {type(value).__name__}: return a mapping with processed and failed, a number, or None"
        ) from None


def _count(given: Mapping[str, Any], key: str) -> int:
    value = given.get(key)
    if value is None:
        return 0
    if isinstance(value, bool):
        raise TypeError(f"{key} must be a whole number, not {value!r}")
    try:
        count = index(value)
    except TypeError:
        raise TypeError(f"{key} must be a whole number, not {value!r}") from None
    if count < 0:
        raise ValueError(f"{key} may not be negative: {count}")
    return count


def _errors(given: Mapping[str, Any]) -> tuple[str, ...]:
    found: list[object] = []
    for key in ("error", "errors"):
        value = given.get(key)
        if isinstance(value, (list, tuple)):
            found += value
        elif value is not None:
            found.append(value)
    return tuple(text for text in map(str, found) if text.strip())
