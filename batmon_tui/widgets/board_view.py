"""The board: a row for each program, faults first."""

from __future__ import annotations

from collections.abc import Mapping

from batmon.model import RunStatus, Status
from batmon_tui.board import GAP, Columns, Row, Told, columns, order, tell
from batmon_tui.cells import fit
from batmon_tui.view import View
from batmon_tui.widgets.lines import LineList, Piece

COLOURS: Mapping[Status, str] = {
    Status.OK: "lines--ok",
    Status.WARNING: "lines--warning",
    Status.ERROR: "lines--error",
    Status.UNKNOWN: "lines--unknown",
}
_STRIP_COLOURS: Mapping[str, str] = {
    RunStatus.FAILED: "lines--error",
    RunStatus.MISSED: "lines--warning",
    RunStatus.RUNNING: "lines--running",
}
_COLUMNS = ("word", "name", "strip", "last", "took", "due", "schedule", "why", "last_log")


class BoardView(LineList):
    """Shows rows told in words. ``show`` compares with what is on the screen and draws only what differs."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._rows: Mapping[str, Row] = {}
        self._told: dict[str, Told] = {}
        self._told_in: tuple[object, ...] = ()
        self._headings: dict[str, str] = dict.fromkeys(_COLUMNS, "")
        self._columns: Columns | None = None
        self._columns_for = 0
        self.drawn: list[str] = []
        """The rows that the last ``show`` found changed."""

    def show(self, rows: Mapping[str, Row], wanted: str, view: View) -> None:
        """Show these rows as they are told in ``view``, those that match ``wanted``.

        A row that is the same object as before is told anew only when a minute has begun or the language is another.
        """
        told_in = (view.language, view.zone, view.now.replace(second=0, microsecond=0))
        kept = self._told if told_in == self._told_in else {}
        told = {
            name: kept[name] if name in kept and self._rows[name] is row else tell(row, view)
            for name, row in rows.items()
        }
        self._rows, self._told_in = rows, told_in
        changed = {name for name in told.keys() | self._told.keys() if told.get(name) != self._told.get(name)}
        headings = {key: view.tr(f"board.col.{key}") for key in _COLUMNS}
        before = self._columns
        self._told = told
        if changed or headings != self._headings:
            self._headings = headings
            self._columns = None
        same = before is not None and self._laid_out(self._columns_for) == before
        self.drawn = sorted(changed)
        self.show_keys(order(rows, wanted), changed if same else None)

    def _laid_out(self, width: int) -> Columns:
        if self._columns is None or self._columns_for != width:
            self._columns = columns(width, list(self._told.values()), self._headings)
            self._columns_for = width
        return self._columns

    def heading(self, width: int) -> list[Piece]:
        """The names of the columns."""
        laid, words = self._laid_out(width), self._headings
        pieces: list[Piece] = [(" " * 3, "")]
        for column in _COLUMNS:
            cells = getattr(laid, column)
            if cells:
                pieces.append((fit(words[column], cells, right=column == "took") + " " * GAP, ""))
        return pieces

    def pieces(self, key: str, width: int) -> list[Piece]:
        """One program."""
        told, laid = self._told[key], self._laid_out(width)
        colour = COLOURS[told.status]
        if told.running and told.status is Status.OK:
            colour = "lines--running"
        gap = " " * GAP
        quiet = "lines--quiet"
        pieces: list[Piece] = [(f"{told.sign} ".rjust(3), colour)]
        if laid.word:
            pieces.append((fit(told.word, laid.word) + gap, colour))
        pieces.append((fit(told.name, laid.name) + gap, "lines--strong"))
        if laid.strip:
            shown = told.strip[-laid.strip :]
            pieces.append((" " * (laid.strip - len(shown)), ""))
            pieces += [(mark, _STRIP_COLOURS.get(word, quiet)) for mark, word in shown]
            pieces.append((gap, ""))
        for column in ("last", "took", "due", "schedule"):
            cells = getattr(laid, column)
            if cells:
                pieces.append((fit(getattr(told, column), cells, right=column == "took") + gap, quiet))
        pieces.append((fit(told.why, laid.why), "" if told.status is not Status.OK and not told.quiet else quiet))
        if laid.last_log:
            pieces += [(gap, ""), (fit(told.last_log, laid.last_log), quiet)]
        return pieces
