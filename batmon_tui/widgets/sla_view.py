"""The SLA board: a row for each program with its target, what it kept of it, and what that cost and saved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.cells import cell_len
from rich.style import Style
from rich.text import Text

from batmon_tui import statistics_words
from batmon_tui.board import GAP
from batmon_tui.cells import fit
from batmon_tui.statistics import Figures
from batmon_tui.view import View
from batmon_tui.widgets.columns import CellList
from batmon_tui.widgets.lines import Piece

COLUMNS = ("program", "target", "availability", "met", "success", "runs", "failed", "missed", "p95", "trend", "mttr",
           "outage", "saved", "title")  # fmt: skip
LEAST_TITLE = 8
_AT = {name: index for index, name in enumerate(COLUMNS)}


class SlaView(CellList):
    """Programs by name; ``total`` is the line that stands below them."""

    right = tuple(range(1, 3)) + tuple(range(4, 13))
    give_way = tuple(_AT[name] for name in ("runs", "missed", "outage", "target", "trend", "mttr", "saved", "p95"))
    most: Mapping[int, int] = {0: 26}
    least_last = 0

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._looks: dict[str, Mapping[int, str]] = {}
        self._total: tuple[str, ...] = ()

    def show(
        self, names: Sequence[str], programs: Mapping[str, Figures], total: Figures, sort: str, view: View
    ) -> None:
        """Show these programs in their order; the heading of the column that they are sorted by says so."""
        headings = [view.tr(f"stats.col.{name}") + (" ▾" if name == sort else "") for name in COLUMNS]
        self._looks = {name: _looks(programs[name]) for name in names}
        rows = [(name, _sign(programs[name], view), _cells(programs[name], view), "lines--quiet") for name in names]
        self.show_cells(headings, rows)
        self._total = _total(total, view) if total else ()
        wider = [max(cells, cell_len(text)) for cells, text in zip(self._widths, self._total, strict=False)]
        self._widths = [min(cells, self.most.get(index, cells)) for index, cells in enumerate(wider or self._widths)]
        self.redraw()

    def _laid_out(self, width: int) -> list[int]:
        """A title that would be cut to a few cells is left out."""
        *found, last = super()._laid_out(width)
        return [*found, last if last >= LEAST_TITLE else 0]

    def total(self, width: int, colour: str) -> Text:
        """The line of all programs together, in the columns of the others."""
        text = Text("    ", no_wrap=True)
        for index, room in enumerate(self._laid_out(width)):
            if room and self._total:
                text.append(fit(self._total[index], room, right=index in self.right) + " " * GAP)
        text.stylize(Style(bold=True, color=colour))
        return text

    def pieces(self, key: str, width: int) -> list[Piece]:
        """One program: what is not as it was promised is coloured, the rest is quiet."""
        (sign, colour), looks, cells = self._signs[key], self._looks[key], self._cells[key]
        found: list[Piece] = [(f" {sign} ", colour)]
        for index, room in enumerate(self._laid_out(width)):
            if room:
                text = fit(cells[index], room, right=index in self.right) + " " * GAP
                found.append((text, looks.get(index, "lines--quiet")))
        return found


def _sign(one: Figures, view: View) -> Piece:
    sign, _, look = statistics_words.met(one, view)
    return sign, look


def _looks(one: Figures) -> Mapping[int, str]:
    kept = "lines--error" if one["met"] is False else "" if one["met"] else "lines--quiet"
    wrong = "lines--warning"
    change = one["change"]
    return {
        _AT["program"]: "lines--strong",
        _AT["availability"]: kept,
        _AT["met"]: "lines--error" if one["met"] is False else "lines--quiet",
        _AT["failed"]: wrong if one["failed"] else "lines--quiet",
        _AT["missed"]: wrong if one["missed"] else "lines--quiet",
        _AT["success"]: "",
        _AT["trend"]: statistics_words.trend_look(change["p95_sec"], "low", least=0.1),
    }


def _cells(one: Figures, view: View) -> tuple[str, ...]:
    return _told(one, view, str(one["program"]), statistics_words.met(one, view)[1], _title(one))


def _total(total: Figures, view: View) -> tuple[str, ...]:
    targets = total["targets"]
    met = view.tr("stats.targets.met", met=targets - total["missed_targets"], n=targets) if targets else ""
    return _told(total, view, view.tr("stats.total"), met, "")


def _title(one: Figures) -> str:
    title = str(one["title"]) if one["title"] != one["program"] else ""
    return " · ".join(part for part in (title, str(one["department"])) if part)


def _told(one: Figures, view: View, name: str, word: str, last: str) -> tuple[str, ...]:
    outage = one["longest_outage_sec"]
    return (
        name,
        statistics_words.percent(one["target"]) if one["target"] is not None else "",
        statistics_words.percent(one["availability"]),
        word,
        statistics_words.percent(one["success_rate"]),
        f"{one['runs']:,}",
        f"{one['failed']:,}" if one["failed"] else "",
        f"{one['missed']:,}" if one["missed"] else "",
        statistics_words.lasted(one["p95_sec"], view),
        statistics_words.trend(one["change"]["p95_sec"]),
        statistics_words.hours(one["mttr_hours"], view),
        view.duration(outage) if outage else "",
        f"{statistics_words.amount(one['saved_hours'])}" if one["saved_hours"] else "",
        last,
    )
