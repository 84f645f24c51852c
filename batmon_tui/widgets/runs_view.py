"""A program's runs, newest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.cells import cell_len

from batmon import words
from batmon.model import RunStatus, Status
from batmon_tui.board import GAP, RUNNING_SIGN, SIGNS
from batmon_tui.cells import fit
from batmon_tui.view import View
from batmon_tui.widgets.lines import LineList, Piece

DIED = "DIED"
"""What is shown of a run that says that it runs, and whose process is gone."""

RUN_SIGNS: Mapping[str, str] = {
    RunStatus.SUCCESS: "✓",
    RunStatus.FAILED: "✗",
    RunStatus.MISSED: "·",
    RunStatus.RUNNING: RUNNING_SIGN,
    DIED: "✗",
    **{status.value: sign for status, sign in SIGNS.items()},
}
_COLOURS: Mapping[str, str] = {
    RunStatus.SUCCESS: "lines--ok",
    RunStatus.FAILED: "lines--error",
    RunStatus.MISSED: "lines--warning",
    RunStatus.RUNNING: "lines--running",
    DIED: "lines--error",
    Status.OK: "lines--ok",
    Status.WARNING: "lines--warning",
    Status.ERROR: "lines--error",
    Status.UNKNOWN: "lines--unknown",
}
_COLUMNS = ("status", "start", "took", "processed", "origin", "message")


def shown_status(run: Mapping[str, Any]) -> str:
    """A run's status, or that it died: its last word is that it runs, and its process is gone."""
    process = (run.get("evidence") or {}).get("process") or {}
    gone = run["status"] == RunStatus.RUNNING and process.get("alive") is False
    return DIED if gone else str(run["status"])


def outcome(run: Mapping[str, Any], view: View) -> str:
    """A run's status as a word; one that somebody else wrote stays as it is."""
    status = shown_status(run)
    if status == DIED:
        return view.tr("run.died")
    if run.get("status_of"):
        return words.status_word(run["status_of"], view.language)
    try:
        return words.run_status_word(status, view.language)
    except ValueError:
        return status


class RunsView(LineList):
    """Shows runs of one program; the key of a row is the run's id."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._cells: dict[str, tuple[str, ...]] = {}
        self._status: dict[str, str] = {}
        self._headings: tuple[str, ...] = ("",) * len(_COLUMNS)
        self._widths: tuple[int, ...] = (0,) * len(_COLUMNS)

    def show(self, runs: Sequence[Mapping[str, Any]], view: View) -> None:
        """Show these runs."""
        self._cells = {run["run_id"]: _told(run, view) for run in runs}
        self._status = {run["run_id"]: run.get("status_of") or shown_status(run) for run in runs}
        self._headings = tuple(view.tr(f"runs.col.{column}") for column in _COLUMNS)
        self._widths = tuple(
            max([cell_len(heading), *(cell_len(cells[index]) for cells in self._cells.values())])
            for index, heading in enumerate(self._headings)
        )
        if runs and all(run.get("status_of") for run in runs):  # a probe's looks process nothing
            status, start, took, _, _, message = self._widths
            self._widths = (status, start, took, 0, 0, message)
        self.show_keys([run["run_id"] for run in runs])

    def _laid_out(self, width: int) -> list[int]:
        found = list(self._widths[:-1])
        for give_way in (4, 3):  # where it was found, then how much it did
            if width - 4 - sum(cells + GAP for cells in found if cells) < 24:
                found[give_way] = 0
        return [*found, max(4, width - 4 - sum(cells + GAP for cells in found if cells))]

    def heading(self, width: int) -> list[Piece]:
        """The names of the columns."""
        laid = self._laid_out(width)
        pieces: list[Piece] = [("   ", "")]
        for index, cells in enumerate(laid):
            if cells:
                pieces.append((fit(self._headings[index], cells, right=index in (2, 3)) + " " * GAP, ""))
        return pieces

    def pieces(self, key: str, width: int) -> list[Piece]:
        """One run."""
        laid, cells, status = self._laid_out(width), self._cells[key], self._status[key]
        colour = _COLOURS.get(status, "lines--error")
        pieces: list[Piece] = [(f" {RUN_SIGNS.get(status, '?')} ", colour)]
        for index, room in enumerate(laid):
            if room:
                shade = colour if index == 0 else "" if index in (1, 5) else "lines--quiet"
                pieces.append((fit(cells[index], room, right=index in (2, 3)) + " " * GAP, shade))
        return pieces


def _told(run: Mapping[str, Any], view: View) -> tuple[str, ...]:
    start = view.moment(run["start_time"])
    seconds = run.get("duration_sec")
    processed = run.get("processed_count")
    if run.get("status_of"):
        return _check(run, view)
    message = str(run.get("message") or "") or next(iter(str(run.get("error_details") or "").splitlines()), "")
    message = words.line_in_words(message, view.language)
    by = f" · {run['started_by']}" if run.get("started_by") else ""
    return (
        outcome(run, view),
        start,
        view.tr("board.running") if shown_status(run) == RunStatus.RUNNING else view.duration(seconds),
        f"{processed:,}" if processed else "",
        view.tr(f"origin.{run['origin']}") + by,
        " ".join(message.split()),
    )


def _check(run: Mapping[str, Any], view: View) -> tuple[str, ...]:
    """A probe's look in the columns of a run."""
    said = words.say(run["reason"], run["facts"], view.language, view.zone, view.now)
    return (outcome(run, view), view.stamp(run["start_time"]), view.exactly(run.get("duration_sec")), "", "", said)
