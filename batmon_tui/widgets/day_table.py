"""The days of a program as rows: what ran, how long it took, how much it did, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from batmon_tui.statistics import mark
from batmon_tui.statistics_words import day_name, lasted
from batmon_tui.view import View
from batmon_tui.widgets.columns import CellList

COLUMNS = ("day", "runs", "failed", "missed", "p50", "p95", "longest", "items", "incidents")
_LOOKS: Mapping[str, str] = {
    "heat--ok": "lines--ok",
    "heat--some": "lines--warning",
    "heat--bad": "lines--error",
    "heat--open": "lines--running",
}


class DayTable(CellList):
    """``DayStats`` by day, the latest first; the key of a row is the day as the gate writes it."""

    right = tuple(range(1, 8))
    give_way = (6, 7)
    least_last = 18

    def show(self, days: Sequence[Mapping[str, Any]], view: View) -> None:
        """Show these days, that came oldest first."""
        today = view.now.astimezone(view.zone).date()
        rows = []
        for one in reversed(days):
            day = date.fromisoformat(one["day"])
            counts = one["succeeded"], one["failed"], one["missed"], one["unfinished"]
            sign, look = mark(counts, past=day < today)
            rows.append((one["day"], (sign, _LOOKS.get(look, "")), _cells(one, day, view), "lines--warning"))
        self.show_cells([view.tr(f"stats.col.{name}") for name in COLUMNS], rows)


def _cells(one: Mapping[str, Any], day: date, view: View) -> tuple[str, ...]:
    came = [view.tr("stats.day.incidents", n=one["opened"])] if one["opened"] else []
    came += [view.tr("stats.day.outage", took=view.duration(one["outage_sec"]))] if one["outage_sec"] else []
    runs = one["succeeded"] + one["failed"]
    return (
        day_name(day, view),
        f"{runs:,}" if runs else "",
        f"{one['failed']:,}" if one["failed"] else "",
        f"{one['missed']:,}" if one["missed"] else "",
        lasted(one["p50_sec"], view) if one["p50_sec"] is not None else "",
        lasted(one["p95_sec"], view) if one["p95_sec"] is not None else "",
        lasted(one["max_sec"], view) if one["max_sec"] is not None else "",
        f"{one['processed']:,}" if one["processed"] else "",
        " · ".join(came),
    )
