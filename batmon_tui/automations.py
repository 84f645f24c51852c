"""Automations and their executions in words. Pure: ``now`` comes in with the view."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.style import Style
from rich.text import Text

from batmon import words
from batmon_tui.board import RUNNING_SIGN
from batmon_tui.cells import fit, wrap
from batmon_tui.incidents import one_line
from batmon_tui.view import View

Piece = tuple[str, str]
"""A sign, and the name of the class that colours it."""
PAUSED_SIGN = "="
SIGNS: Mapping[str, Piece] = {
    "success": ("✓", "lines--ok"),
    "failed": ("✗", "lines--error"),
    "running": (RUNNING_SIGN, "lines--running"),
    "queued": ("…", "lines--quiet"),
    "skipped": ("-", "lines--quiet"),
}


def order(found: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Those that failed last come first; the others stay as they are configured."""
    return sorted(found, key=lambda one: last_word(one) != "failed")


def titled(one: Mapping[str, Any]) -> str:
    """What people call it."""
    return str(one["title"] or one["name"])


def last_word(one: Mapping[str, Any]) -> str:
    """How the latest execution went; empty when there was none."""
    return str((one["last"] or {}).get("status", ""))


def sign(one: Mapping[str, Any]) -> Piece:
    """Whether it runs, rests, or how it went last."""
    if one["running"]:
        return SIGNS["running" if one["running"]["status"] == "running" else "queued"]
    if one["paused"]:
        return PAUSED_SIGN, "lines--warning"
    return SIGNS.get(last_word(one), (" ", ""))


def when(one: Mapping[str, Any], view: View) -> str:
    """Its schedule in words, or what it waits for."""
    if one["schedule"]:
        return words.schedule_in_words([one["schedule"]], view.language) + view.of(one).mark(view)
    return view.tr(f"jobs.on.{one['on']}") if one["on"] else "–"


def took(execution: Mapping[str, Any], view: View) -> str:
    """How long an execution took; below a second in milliseconds."""
    spent = execution.get("duration_ms")
    if spent is None:
        return ""
    return view.duration(spent / 1000) if spent else "<1ms"


def went(one: Mapping[str, Any], view: View) -> str:
    """How the latest execution went, or since when one is under way."""
    running, last = one["running"], one["last"]
    if running:
        key = "jobs.since" if running["status"] == "running" else "jobs.status.queued"
        return view.tr(key, when=view.brief(running["execution_time"]))
    if not last:
        return view.tr("jobs.never_short")
    said = f"{view.brief(last['execution_time'])} {view.tr('jobs.status.' + last['status'])}"
    return f"{said}: {one_line(last['error_message'])}" if last["error_message"] else said


def rules(one: Mapping[str, Any], view: View) -> str:
    """What it does, and what happens when it is late, busy, slow or fails."""
    said = [view.tr("jobs.does", steps=", ".join(one["steps"]))] if one["steps"] else []
    if one["schedule"]:
        said.append(view.tr(f"jobs.catch_up.{one['catch_up']}"))
    said.append(view.tr(f"jobs.overlap.{one['overlap']}"))
    if one["timeout_sec"]:
        said.append(view.tr("jobs.timeout", span=view.duration(one["timeout_sec"])))
    if one["retries"]:
        said.append(view.tr("jobs.retries", n=one["retries"], span=view.duration(one["retry_after_sec"])))
    return " · ".join(said)


def about(one: Mapping[str, Any], view: View, colours: Mapping[str, str], width: int) -> Text:
    """What stands below the list: title, rules, who paused it, and the last error."""
    text = Text(no_wrap=True, overflow="ellipsis")
    text.append(titled(one), Style(bold=True, color=colours["foreground"]))
    text.append("\n" + fit(rules(one, view), width).rstrip(), Style(color=colours["quiet"]))
    if one["paused"]:
        said = view.tr("jobs.paused_by", name=one["paused_by"] or "–", when=view.stamp(one["paused_at"]))
        why = f": {one_line(one['paused_why'])}" if one["paused_why"] else ""
        text.append("\n" + fit(said + why, width).rstrip(), Style(color=colours["warning"]))
    error = str((one["last"] or {}).get("error_message") or "").strip()
    if error:
        text.append("\n" + "\n".join(wrap(error, width, 2)), Style(color=colours["error"]))
    elif one["last_success"]:
        said = view.tr("jobs.last_success", when=view.stamp(one["last_success"]))
        text.append("\n" + said, Style(color=colours["quiet"]))
    return text
