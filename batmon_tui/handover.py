"""A handover in words: the rows of its page in groups. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from batmon import words
from batmon.act_words import act_in_words
from batmon.model import Status
from batmon_tui.board import SIGNS
from batmon_tui.incident_state import sign, state
from batmon_tui.incidents import Line, about, group, one_line, order, stamp, why
from batmon_tui.view import View

_COLOURS: Mapping[str, str] = {
    Status.OK: "lines--ok", Status.WARNING: "lines--warning", Status.ERROR: "lines--error",
    Status.UNKNOWN: "lines--unknown",
}  # fmt: skip


def lines(answer: Mapping[str, Any], view: View) -> list[Line]:
    """What is open, what ended, what changed, failed and was done; a key names its kind: ``open:12``.

    An incident is listed once: one that ended and opened again is open.
    """
    still, over = ({one["id"] for one in answer[key]} for key in ("open", "resolved"))
    groups = {
        "open": _incidents("open", order(answer["open"]), view, "begun_at"),
        "resolved": _incidents(
            "resolved", [one for one in answer["resolved"] if one["id"] not in still], view, "resolved_at"
        ),
        "opened": _incidents(
            "opened", [one for one in answer["opened"] if one["id"] not in still | over], view, "opened_at"
        ),
        "changed": _changed(answer["changed"], view),
        "automations": _automations(answer["automations"], view),
        "silences": _silences(answer["silences"], view),
        "acts": _acts(answer["acts"], view),
    }
    found: list[Line] = []
    for name, rows in groups.items():
        told = list(rows)
        if told:
            found.append(group(name, f"{view.tr(f'handover.group.{name}')} · {len(told)}"))
            found += told
    return found


def _incidents(kind: str, incidents: Sequence[Mapping[str, Any]], view: View, moment: str) -> Iterator[Line]:
    for one in incidents:
        who = one["resolved_by"] or one["acknowledged_by"]
        cells = (
            stamp(view, one[moment] or one["opened_at"]),
            one["program"],
            who,
            f"{state(one, view)}: {one_line(why(one, view))}",
        )
        yield f"{kind}:{one['id']}", sign(one), cells, "" if kind == "open" else "lines--quiet"


def _changed(changed: Sequence[Mapping[str, Any]], view: View) -> Iterator[Line]:
    for place, one in enumerate(changed):
        before, now = (_word(one[key], view) for key in ("before", "now"))
        said = f"{view.tr('handover.from_to', before=before, now=now)}: {one_line(one['sentence'])}"
        mark = (SIGNS.get(one["now"], "?"), _COLOURS.get(one["now"], ""))
        yield f"changed:{place}", mark, (stamp(view, one["at"]), one["program"], "", said), "lines--quiet"


def _word(status: str, view: View) -> str:
    try:
        return words.status_word(status, view.language)
    except ValueError:
        return str(status)


def _automations(failed: Sequence[Mapping[str, Any]], view: View) -> Iterator[Line]:
    for one in failed:
        cells = (stamp(view, one["execution_time"]), one["job_name"], "", one_line(one["error_message"]))
        yield f"job:{one['job_name']}:{one['id']}", ("✗", "lines--error"), cells, "lines--quiet"


def _silences(silences: Mapping[str, Sequence[Mapping[str, Any]]], view: View) -> Iterator[Line]:
    for one in silences["begun"]:
        said = f"{view.tr('incident.silenced.until', until=view.brief(one['until']))}: {one_line(one['why'])}"
        yield (
            f"silence:{one['id']}",
            ("z", "lines--unknown"),
            (stamp(view, one["created_at"]), about(one), one["by"], said),
            "lines--quiet",
        )
    for one in silences["ended"]:
        cells = (stamp(view, one["ended_at"] or one["until"]), about(one), one["ended_by"], view.tr("silence.over"))
        yield f"over:{one['id']}", ("z", "lines--quiet"), cells, "lines--quiet"


def _acts(acts: Sequence[Mapping[str, Any]], view: View) -> Iterator[Line]:
    for place, one in enumerate(acts):
        said = act_in_words(str(one["action"]), view.language)
        said += "" if one["outcome"] == "done" else f" ({one['outcome']})"
        yield f"act:{place}", (" ", ""), (stamp(view, one["at"]), one["target"], one["actor"], said), "lines--quiet"
