"""A plot of the last runs: a column each, as high as the run was long, with its outcome below. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import Any

from rich.cells import cell_len

from batmon.model import RunStatus, Status
from batmon_tui.board import RUNNING_SIGN, SIGNS
from batmon_tui.probes import amount, amount_in_words
from batmon_tui.view import View
from batmon_tui.widgets.lines import Piece

_EIGHTHS = " ▁▂▃▄▅▆▇█"
_COLOURS = {
    RunStatus.FAILED: "lines--error",
    RunStatus.MISSED: "lines--warning",
    RunStatus.RUNNING: "lines--running",
}
_SIGNS = {RunStatus.FAILED: "✗", RunStatus.MISSED: "·", RunStatus.RUNNING: RUNNING_SIGN, RunStatus.SUCCESS: "✓"}
HALVED = 5
"""From so many levels on half of the longest is told too."""
AXIS = 9
"""Cells for the scale at the left, at least."""


def plot(runs: Sequence[dict[str, Any]], width: int, height: int, view: View) -> list[list[Piece]]:
    """Lines of pieces that show as many of ``runs`` (newest first) as there is room for, oldest at the left.

    A bar as long as the longest run reaches the top; a probe's looks are as high as what they measured. The scale is
    linear and begins at zero.
    """
    bars = max(1, height - 2)
    axis = AXIS
    while True:
        room = max(1, width - axis)
        step = 2 if len(runs) * 2 <= room else 1
        shown = list(reversed(runs[: room // step]))
        lengths = [length for run in shown if (length := amount(run)) is not None]
        if not lengths:
            return [[(view.tr("program.plot_empty"), "lines--quiet")]]
        longest = max(lengths) or 1.0
        levels = {bars: longest} | ({(bars + 1) // 2: longest / 2} if bars >= HALVED else {})
        labels = {level: amount_in_words(scale, shown[-1], view) for level, scale in levels.items()}
        needed = max(map(cell_len, labels.values())) + 2
        if needed <= axis:
            break
        axis = needed
    lines: list[list[Piece]] = []
    for level in range(bars, 0, -1):
        line: list[Piece] = [(_right(labels.get(level, ""), axis - 2) + " │", "lines--quiet")]
        for run in shown:
            length = amount(run)
            cell = " " if length is None else _cell(length / longest * bars, level)
            line.append((cell + " " * (step - 1), _colour(run, "lines--bar")))
        lines.append(line)
    marks: list[Piece] = [(" " * (axis - 1) + "└", "lines--quiet")]
    marks += [(_sign(run) + " " * (step - 1), _colour(run, "lines--quiet")) for run in shown]
    lines.append(marks)
    first, last = view.moment(shown[0]["start_time"]), view.moment(shown[-1]["start_time"])
    space = len(shown) * step - cell_len(first) - cell_len(last)
    between = f"{first}{' ' * space}{last}" if space > 1 else last
    lines.append([(" " * axis + between, "lines--quiet")])
    return lines


def rates(runs: Sequence[dict[str, Any]], view: View) -> str:
    """How many of the runs went which way, and how long they took."""
    lengths = [length for run in runs if (length := amount(run)) is not None]
    if runs and runs[0].get("status_of"):
        said = [run["status_of"] for run in runs]
        counts = {status.value.lower(): said.count(status) for status in Status}
        return view.tr(
            "probe.rates",
            **counts,
            median=_told(runs, median(lengths) if lengths else None, view),
            largest=_told(runs, max(lengths, default=None), view),
        )
    outcomes = [run["status"] for run in runs]
    return view.tr(
        "program.rates",
        ok=outcomes.count(RunStatus.SUCCESS),
        failed=outcomes.count(RunStatus.FAILED),
        missed=outcomes.count(RunStatus.MISSED),
        median=_told(runs, median(lengths) if lengths else None, view),
        longest=_told(runs, max(lengths, default=None), view),
    )


def _told(runs: Sequence[dict[str, Any]], value: float | None, view: View) -> str:
    return amount_in_words(value, runs[0], view) if runs else view.duration(value)


def _cell(bar: float, level: int) -> str:
    eighths = round((bar - (level - 1)) * 8)
    if level == 1:
        eighths = max(1, eighths)
    return _EIGHTHS[max(0, min(8, eighths))]


def _sign(run: dict[str, Any]) -> str:
    if run.get("status_of"):
        return SIGNS.get(run["status_of"], "?")
    return _SIGNS.get(run["status"], "?")


def _colour(run: dict[str, Any], otherwise: str) -> str:
    if run.get("status_of") == Status.WARNING:
        return "lines--warning"
    return _COLOURS.get(run["status"], otherwise)


def _right(text: str, width: int) -> str:
    return " " * max(0, width - cell_len(text)) + text
