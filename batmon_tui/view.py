"""How things are told: the words, times and durations of one person's screen. Pure: ``now`` comes in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from rich.cells import cell_len

from batmon import probe_words, words
from batmon_tui.locale import Language, tr

SHORT_MOMENT = 10
"""Cells of the longest moment that a column takes as it is."""


@dataclass(frozen=True, slots=True)
class View:
    """How things are told: language, the zone that times are shown in, and the moment it is."""

    language: Language
    zone: ZoneInfo
    now: datetime

    def tr(self, key: str, **values: Any) -> str:
        """A sentence of the console's own words."""
        return tr(self.language, key, **values)

    def of(self, row: Mapping[str, Any]) -> View:
        """The same in the zone of a program, in which its schedule and its log are written; a probe has neither."""
        if row.get("probe"):
            return self
        try:
            zone = ZoneInfo(str(row.get("timezone") or self.zone.key))
        except (ZoneInfoNotFoundError, ValueError):
            return self
        return self if zone.key == self.zone.key else replace(self, zone=zone)

    def mark(self, other: View) -> str:
        """What stands behind a time of this view among times of ``other``: its zone, unless the clocks agree."""
        here, there = self.now.astimezone(self.zone), self.now.astimezone(other.zone)
        return "" if here.utcoffset() == there.utcoffset() else f" {here.tzname()}"

    def brief(self, when: str | None) -> str:
        """A moment for a column: ``06:00`` of today, ``Wed 06:00`` within six days, else as ``moment``.

        Where ``moment`` is no longer than that (``내일 06:00``), it is taken.
        """
        told = self.moment(when)
        if not when:
            return told
        at = datetime.fromisoformat(when).astimezone(self.zone)
        days = abs((at.date() - self.now.astimezone(self.zone).date()).days)
        if days == 0:
            return f"{at:%H:%M}"
        if days >= len(self._weekdays) or cell_len(told) <= SHORT_MOMENT:
            return told
        return f"{self._weekdays[at.weekday()]} {at:%H:%M}"

    @property
    def _weekdays(self) -> list[str]:
        return self.tr("days").split()

    def moment(self, when: str | None) -> str:
        """``today 06:00``; a dash for no moment."""
        return "–" if not when else words.moment(when, self.zone, self.now, self.language)

    def stamp(self, when: str | None) -> str:
        """A moment to the second: ``06:00:12`` of today, else with its day; a dash for no moment."""
        if not when:
            return "–"
        at, today = datetime.fromisoformat(when).astimezone(self.zone), self.now.astimezone(self.zone)
        same = at.date() == today.date()
        return f"{at:%H:%M:%S}" if same else f"{self.moment(when)}:{at:%S}"

    def exactly(self, seconds: float | None) -> str:
        """``12ms``, ``4.2s``, from ten seconds on as ``duration``: how long a probe's look took."""
        return "–" if seconds is None else probe_words.seconds_in_words(seconds, self.language, self.duration)

    def duration(self, seconds: float | None) -> str:
        """``41s``, below a second ``12ms``; a dash when it is not known."""
        if seconds is not None and 0 < seconds < 1:
            return f"{round(seconds * 1000)}ms" if seconds >= 0.001 else "<1ms"
        return "–" if seconds is None else words.duration(seconds, self.language)
