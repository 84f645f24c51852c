"""What the log, the record and the process say of a run, side by side. Pure but for rich."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.style import Style
from rich.table import Table
from rich.text import Text

from batmon.model import RunStatus
from batmon_tui.view import View
from batmon_tui.widgets.runs_view import RUN_SIGNS, outcome

_COLOURS = {
    RunStatus.FAILED: "error", RunStatus.MISSED: "warning", RunStatus.SUCCESS: "success", RunStatus.RUNNING: "accent",
}  # fmt: skip


def beside(run: Mapping[str, Any], view: View, colours: Mapping[str, str]) -> Table:
    """Three columns: each begins with what its kind of evidence takes the run for. Says so if they disagree.

    ``colours`` are the theme's by name.
    """
    kinds: Mapping[str, Any] = run.get("evidence") or {}
    says = {"log": _log(kinds, run, view), "record": _record(kinds, run, view), "process": _process(kinds, run, view)}
    sides = Table.grid(padding=(0, 4), expand=True)
    for _ in says:
        sides.add_column(ratio=1, overflow="fold")
    strong = Style(bold=True, color=colours["foreground"])
    sides.add_row(*[Text(view.tr(f"run.evidence.{kind}"), strong) for kind in says])
    sides.add_row(*[_side(status, lines, view, colours) for status, lines in says.values()])
    claims = {status for status, _ in says.values() if status}
    if len(claims) < 2:
        return sides
    whole = Table.grid(expand=True)
    whole.add_row(Text(f"! {view.tr('run.evidence.differ')}", Style(bold=True, color=colours["warning"])))
    whole.add_row(sides)
    return whole


def _side(status: str, lines: list[str], view: View, colours: Mapping[str, str]) -> Text:
    text = Text(overflow="fold")
    if status:
        known = {str(one): colour for one, colour in _COLOURS.items()}
        look = Style(bold=True, color=colours[known.get(status, "doubt")])
        text.append(f"{RUN_SIGNS.get(status, '?')} {outcome({'status': status}, view)}\n", look)
    text.append("\n".join(lines), "" if status else Style(color=colours["quiet"]))
    return text


def _log(kinds: Mapping[str, Any], run: Mapping[str, Any], view: View) -> tuple[str, list[str]]:
    seen, span = kinds.get("log"), run.get("log")
    if seen is None or span is None:
        return "", [view.tr("run.evidence.none_log")]
    lines = []
    if seen["errors"]:
        lines.append(view.tr("run.evidence.errors", n=seen["errors"]))
    if seen["first_error"] and seen["first_error"] != seen["line"]:
        lines.append(view.tr("run.evidence.first", line=seen["first_error"].strip()))
    if seen["line"]:
        lines.append(view.tr("run.evidence.last", line=seen["line"].strip()))
    start = format(span["start"], ",")
    if span.get("end") is None:
        lines.append(view.tr("run.evidence.span_open", path=span["path"], start=start))
    else:
        lines.append(view.tr("run.evidence.span", path=span["path"], start=start, end=format(span["end"], ",")))
    return str(seen["status"]), lines


def _record(kinds: Mapping[str, Any], run: Mapping[str, Any], view: View) -> tuple[str, list[str]]:
    said = kinds.get("record")
    number = [view.tr("run.evidence.number", id=run["log_id"])] if run.get("log_id") is not None else []
    found = view.tr("run.evidence.found", origin=view.tr(f"origin.{run['origin']}"))
    if said is None:
        return "", [view.tr("run.evidence.none_record"), found, *number]
    message = [str(said["message"]).strip()] if str(said["message"]).strip() else []
    return str(said["status"]), [view.tr("run.evidence.word", word=said["word"]), *message, found, *number]


def _process(kinds: Mapping[str, Any], run: Mapping[str, Any], view: View) -> tuple[str, list[str]]:
    known = kinds.get("process")
    by = [view.tr("run.evidence.by", name=run["started_by"])] if run.get("started_by") else []
    if known is None:
        return "", [view.tr("run.evidence.none_process"), *by]
    if known["stopped_by"]:
        by.append(view.tr("run.evidence.stopped", name=known["stopped_by"]))
    if known["alive"]:
        return RunStatus.RUNNING.value, [view.tr("run.evidence.alive", pid=known["pid"]), *by]
    code = known["exit_code"]
    if code is None:
        return "", [view.tr("run.evidence.ended"), view.tr("run.evidence.no_code"), *by]
    status = RunStatus.SUCCESS if code == 0 else RunStatus.FAILED
    return status.value, [view.tr("run.evidence.code", code=code), *by]
