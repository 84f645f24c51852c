"""What the statistics page knows of a period: figures of programs, counts of their days, signs and orders. Pure."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from batmon.metrics.periods import Period, completed
from batmon_tui.widgets.lines import Piece

SPANS = ("7d", "30d", "90d", "month", "quarter", "365d")
"""The periods that are offered, as the gate takes them."""
USUAL_SPAN = "30d"
COUNTS = 4
"""Numbers that the gate gives of a day of a program: succeeded, failed, missed, unfinished."""
NOTHING: Piece = (" ", "")
KEPT: Piece = ("✓", "heat--ok")
SORTS = ("worst", "availability", "success", "runs", "p95", "mttr", "outage", "saved", "program")
"""What the rows of the SLA board can be sorted by."""

Figures = Mapping[str, Any]
"""A program's figures of a period: ``ProgramStats`` of docs/gate.md."""
Counts = tuple[int, int, int, int]
"""Succeeded, failed, missed and unfinished of a day."""


class Statistics:
    """The answers of ``stats.programs`` and ``stats.days`` for one period, as far as they have come.

    The counts of the days lie packed: a thousand programs over a year are 6 MB.
    """

    def __init__(self) -> None:
        self.programs: dict[str, Figures] = {}
        self.total: Figures = {}
        self.period: Period | None = None
        self.days: list[date] = []
        self.counting = False
        """Whether runs of the past are still being counted, so that figures may be too low."""
        self.complete = False
        """Whether all programs have come."""
        self._counts: dict[str, array[int]] = {}

    def take_programs(self, answer: Mapping[str, Any]) -> None:
        """A page of ``stats.programs``."""
        self.period = period_of(answer["period"])
        self.days = list(self.period)
        self.total = answer["total"]
        self.programs.update((one["program"], one) for one in answer["programs"])
        self.counting = bool(answer["counting"])
        self.complete = answer["next"] is None

    def take_days(self, answer: Mapping[str, Any]) -> set[str]:
        """A page of ``stats.days``; the programs that it is about."""
        if period_of(answer["period"]) != self.period:
            return set()
        for one in answer["programs"]:
            packed = array("L")
            for counts in one["days"]:
                packed.extend(counts[:COUNTS] if counts is not None else (0,) * COUNTS)
            self._counts[one["program"]] = packed
        return {one["program"] for one in answer["programs"]}

    def take_none(self, programs: Iterable[str]) -> None:
        """Nothing was counted of these."""
        for name in programs:
            self._counts.setdefault(name, array("L", (0,) * COUNTS * len(self.days)))

    def keep_days_of(self, other: Statistics) -> None:
        """The counts that ``other`` has of the same days stand until newer ones come."""
        if other.period == self.period:
            self._counts = {name: packed for name, packed in other._counts.items() if name in self.programs}

    def without_days(self, programs: Iterable[str]) -> list[str]:
        """Those of the programs whose days have not come."""
        return [name for name in programs if name not in self._counts]

    def counts(self, program: str, index: int) -> Counts | None:
        """Succeeded, failed, missed and unfinished of a day, by its place in the period; None: not known yet."""
        packed = self._counts.get(program)
        if packed is None or not 0 <= index * COUNTS < len(packed):
            return None
        at = index * COUNTS
        return packed[at], packed[at + 1], packed[at + 2], packed[at + 3]

    def marks(self, program: str, shown: range, today: date) -> Sequence[Piece] | None:
        """What is drawn of these days of a program; None while nothing is known of it."""
        packed = self._counts.get(program)
        if packed is None:
            return None
        begun = bisect_left(self.days, today)
        return [
            mark((packed[at], packed[at + 1], packed[at + 2], packed[at + 3]), past=at < begun * COUNTS)
            for at in range(shown.start * COUNTS, min(shown.stop * COUNTS, len(packed)), COUNTS)
        ] + [NOTHING] * (shown.stop - max(shown.start, len(packed) // COUNTS))


def period_of(said: Mapping[str, str]) -> Period:
    """A period as the gate writes it."""
    return Period(date.fromisoformat(said["start"]), date.fromisoformat(said["end"]))


@lru_cache(maxsize=4096)
def mark(counts: Counts | None, *, past: bool) -> Piece:
    """The sign of a day and how it is coloured.

    ``✗``: at least half of what was due or ran went wrong; ``!``: less; ``·``: runs were missed and none failed;
    ``▸``: something runs; ``?``: nobody knows how it ended.
    """
    succeeded, failed, missed, unfinished = counts or (0, 0, 0, 0)
    wrong = failed + missed
    if not wrong:
        open_sign = ("?", "heat--open") if past else ("▸", "heat--open")
        return KEPT if succeeded else open_sign if unfinished else NOTHING
    much = wrong * 2 >= succeeded + wrong
    return "·" if not failed else "✗" if much else "!", "heat--bad" if much else "heat--some"


def earlier(period: Period, span: str) -> Period:
    """The period before: whole months and quarters, else as many days."""
    if span in ("month", "quarter"):
        return completed("month" if span == "month" else "quarter", period.start)
    return Period(period.start - timedelta(days=period.days), period.start - timedelta(days=1))


def rate(one: Figures) -> float | None:
    """What a program is judged by here: its availability, or without a schedule the success of its runs."""
    found: float | None = one["availability"] if one["scheduled"] else None
    success: float | None = one["success_rate"]
    return success if found is None else found


def holding(programs: Mapping[str, Figures], wanted: str) -> Mapping[str, Figures]:
    """The programs whose name, title or department hold every word of ``wanted``."""
    parts = wanted.casefold().split()
    if not parts:
        return programs
    text = {name: f"{name} {one['title']} {one['department']}".casefold() for name, one in programs.items()}
    return {name: one for name, one in programs.items() if all(part in text[name] for part in parts)}


def in_order(programs: Mapping[str, Figures], sort: str) -> list[str]:
    """The rows of the SLA board: what is worst in the column first; the saved hours and runs, the most first.

    ``worst`` is the order in which the daemon gives them.
    """
    if sort == "worst":
        return list(programs)
    if sort == "program":
        return sorted(programs, key=str.casefold)
    key, most_first = {
        "availability": ("availability", False), "success": ("success_rate", False), "runs": ("runs", True),
        "p95": ("p95_sec", True), "mttr": ("mttr_hours", True), "outage": ("longest_outage_sec", True),
        "saved": ("saved_hours", True),
    }[sort]  # fmt: skip

    def rank(name: str) -> tuple[bool, float, str]:
        value = programs[name][key]
        return value is None, 0.0 if value is None else -value if most_first else value, name.casefold()

    return sorted(programs, key=rank)
