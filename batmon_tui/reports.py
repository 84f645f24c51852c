"""Reports and their schedules in words. Pure: ``now`` comes in with the view."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from rich.style import Style
from rich.text import Text

from batmon import words
from batmon.metrics.periods import Period
from batmon_tui.board import RUNNING_SIGN
from batmon_tui.cells import fit, wrap
from batmon_tui.incidents import one_line
from batmon_tui.statistics_words import in_days
from batmon_tui.view import View
from batmon_tui.widgets.files_view import size_in_words
from batmon_tui.widgets.lines import Piece

Report = Mapping[str, Any]
"""A report as the gate gives it; see docs/gate.md."""
Schedule = Mapping[str, Any]
"""A schedule of reports as the gate gives it; see docs/gate.md."""

SIGNS: Mapping[str, Piece] = {
    "DONE": ("✓", "lines--ok"),
    "FAILED": ("✗", "lines--error"),
    "RUNNING": (RUNNING_SIGN, "lines--running"),
    "PENDING": ("…", "lines--quiet"),
    "REMOVED": ("-", "lines--quiet"),
}
LAST_SIGNS: Mapping[str, Piece] = {
    "success": SIGNS["DONE"],
    "failed": SIGNS["FAILED"],
    "running": SIGNS["RUNNING"],
    "queued": SIGNS["PENDING"],
}
PERIODS = ("week", "last-month", "month", "last-quarter", "quarter", "last-year", "year")
"""The periods that have a name, in the order in which they are offered."""
TEMPLATES = (
    "weekly_ops", "monthly_sla", "incident_rca", "capacity_plan", "rpa_savings", "batch_summary", "handover",
    "batch_run",
)  # fmt: skip
"""The shipped templates in the order in which they are offered; people's own ones come after them."""
FORMATS = ("excel", "pdf", "md", "json")
UNDER_WAY = ("PENDING", "RUNNING")


def sign(report: Report) -> Piece:
    """How it went."""
    return SIGNS.get(str(report["status"]), ("?", "lines--unknown"))


def status(report: Report, view: View) -> str:
    """How it went, as a word; a word that this console does not know stays as it is."""
    word = str(report["status"])
    return view.tr(f"reports.status.{word}") if word in SIGNS else word


def days(start: str | None, end: str | None) -> str:
    """``2026-11-14 ~ 11-20``: the year of the end is left out where it is the same; empty without a period."""
    if not start or not end:
        return ""
    return in_days(Period(date.fromisoformat(start), date.fromisoformat(end)))


def made_by(report: Report) -> str:
    """The schedule that made it, else who asked for it."""
    return str(report["schedule"] or report["generated_by"] or "")


def size(report: Report) -> str:
    """The size of its file; empty while there is none."""
    return size_in_words(report["file_size"]) if report["file_size"] is not None else ""


def when(schedule: Schedule, view: View) -> str:
    """A schedule in words, with its zone where the clocks differ from those of the screen."""
    return words.schedule_in_words([schedule["cron"]], view.language) + view.of(schedule).mark(view)


def period_of(schedule: Schedule, view: View) -> str:
    """What its reports are about."""
    period = str(schedule["period"] or "")
    return view.tr(f"reports.period.{period}") if period in PERIODS else period or view.tr("reports.period.complete")


def last(schedule: Schedule, view: View) -> str:
    """How its last report went."""
    found = schedule["last"]
    if not found:
        return view.tr("reports.schedule.never")
    said = f"{view.brief(found['at'])} {view.tr('reports.last.' + found['status'])}"
    return f"{said}: {one_line(found['error'])}" if found["error"] else said


def schedule_sign(schedule: Schedule) -> Piece:
    """Whether it rests, or how its last report went."""
    if schedule["paused"]:
        return "=", "lines--warning"
    return LAST_SIGNS.get((schedule["last"] or {}).get("status", ""), (" ", ""))


def schedules_in_order(found: Sequence[Schedule]) -> list[Schedule]:
    """Those whose last report failed come first; the others stay by name."""
    return sorted(found, key=lambda one: (one["last"] or {}).get("status") != "failed")


KNOWN_ERRORS = {
    "the daemon ended while it was being made": "ended",
    "it was given up before it was done: whoever asked for it did not wait": "given_up",
    "the daemon was stopped while it was being made": "stopped",
}
"""What a daemon notes of reports that were not finished, and how the console says it."""


def error_of(report: Report, view: View) -> str:
    """Why it failed; what the console has words for, in its language."""
    error = str(report["error"]).strip()
    known = KNOWN_ERRORS.get(error)
    return view.tr(f"reports.error.{known}") if known is not None else error


def about(report: Report, view: View, colours: Mapping[str, str], width: int, height: int) -> Text:
    """What stands below the list: where its file is, its hash, or why there is none and what to do."""
    text = Text(no_wrap=True, overflow="ellipsis")
    text.append(str(report["title"]), Style(bold=True, color=colours["foreground"]))
    quiet = Style(color=colours["quiet"])
    form = str(report["format"])
    told = [view.tr(f"reports.format.{form}") if form in FORMATS else form]
    told += [view.tr("reports.number", id=report["id"]), view.stamp(report["created_at"])]
    if report["took_ms"] is not None:
        told.append(view.tr("reports.took", took=view.duration(report["took_ms"] / 1000)))
    told += [view.tr(f"reports.language.{report['language']}")] if report["language"] in ("ko", "en") else []
    told += [report["generated_by"]] if report["generated_by"] else []
    text.append("  " + " · ".join(told), quiet)
    if report["error"]:
        lines = wrap(error_of(report, view), width, max(1, height - 2))
        text.append("\n" + "\n".join(lines), Style(color=colours["error"]))
        text.append("\n" + fit(view.tr("reports.failed.do"), width).rstrip(), quiet)
    elif report["status"] == "REMOVED":
        text.append("\n" + fit(view.tr("reports.removed.do"), width).rstrip(), quiet)
    elif report["path"]:
        where = str(report["path"]) if report["here"] else view.tr("reports.elsewhere", node=report["node"])
        text.append("\n" + fit(where, width).rstrip(), quiet if report["here"] else Style(color=colours["warning"]))
        if report["sha256"]:
            text.append("\n" + fit(f"SHA-256 {report['sha256']}", width).rstrip(), quiet)
    return text


def about_schedule(schedule: Schedule, view: View, colours: Mapping[str, str], width: int) -> Text:
    """What stands below the list of schedules: who receives it, who made it, and its last error."""
    text, quiet = Text(no_wrap=True, overflow="ellipsis"), Style(color=colours["quiet"])
    text.append(str(schedule["title"]), Style(bold=True, color=colours["foreground"]))
    told = [period_of(schedule, view), view.tr(f"reports.format.{schedule['format']}")]
    told += [" ".join(schedule["programs"])] if schedule["programs"] else []
    text.append("  " + " · ".join(told), quiet)
    text.append("\n" + fit(view.tr("reports.to", to=", ".join(schedule["email"])), width).rstrip(), quiet)
    if schedule["paused"]:
        why = f": {one_line(schedule['paused_why'])}" if schedule["paused_why"] else ""
        said = view.tr("reports.paused_by", name=schedule["paused_by"] or "–") + why
        text.append("\n" + fit(said, width).rstrip(), Style(color=colours["warning"]))
    error = str((schedule["last"] or {}).get("error") or "").strip()
    if error:
        text.append("\n" + "\n".join(wrap(error, width, 2)), Style(color=colours["error"]))
    else:
        said = view.tr("reports.schedule.by", name=schedule["created_by"], when=view.stamp(schedule["created_at"]))
        text.append("\n" + fit(said, width).rstrip(), quiet)
    return text
