"""Incidents in words: signs, states, and the lines of an incident's page. Pure: ``now`` comes in with the view."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from batmon import words
from batmon.model import Reason
from batmon_tui.cells import wrap
from batmon_tui.incident_state import RANK, sign, state
from batmon_tui.view import View

Incident = Mapping[str, Any]
"""An incident as the gate gives it; see docs/gate.md."""
Line = tuple[str, tuple[str, str], Sequence[str], str]
"""Key, sign with its colour, cells, colour of the last cell."""

TOLD_SIGNS: Mapping[str, tuple[str, str]] = {
    "sent": ("✓", "lines--ok"), "failed": ("✗", "lines--error"), "retrying": ("!", "lines--warning"),
    "waiting": ("…", "lines--quiet"), "owed": ("…", "lines--quiet"), "withdrawn": ("-", "lines--quiet"),
}  # fmt: skip
REACHED = 3
"""Names of those whom messages have reached that the page's head shows at most."""
ERROR_LINES = 12
"""Lines of a run's error that the page shows at most, the last ones."""


def order(incidents: Sequence[Incident]) -> list[Incident]:
    """What needs somebody first: open ones, quiet ones, resolved ones; the newest first in each."""
    return sorted(incidents, key=lambda one: (RANK.get(one["state"], 0), -one["id"]))


def why(incident: Mapping[str, Any], view: View) -> str:
    """The reason of an incident or a verdict as a sentence, in the language of the screen."""
    try:
        reason = Reason(incident["reason"])
    except ValueError:
        return str(incident.get("sentence") or incident["reason"])
    if incident.get("sentence") and not incident["facts"]:
        return str(incident["sentence"])
    return words.say(reason, incident["facts"], view.language, view.zone, view.now)


def lasted(incident: Incident, view: View) -> str:
    """How long it has been open, or was."""
    begun = datetime.fromisoformat(incident["begun_at"] or incident["opened_at"])
    ended = datetime.fromisoformat(incident["resolved_at"]) if incident["resolved_at"] else view.now
    return view.duration(max(0, round((ended - begun).total_seconds())))


def head(incident: Incident, answer: Mapping[str, Any], view: View) -> list[tuple[str, str]]:
    """What stands above the page's list: each line with the name of its colour in the theme."""
    tr, found = view.tr, []
    severe = "error" if incident["severity"] == "ERROR" else "warning"
    mark = "✗" if incident["severity"] == "ERROR" else "!"
    word = words.status_word(incident["severity"], view.language)
    found.append((f"{mark} {word}  {one_line(why(incident, view))}", severe))
    parts = [
        tr("incident.since", since=view.stamp(incident["begun_at"] or incident["opened_at"])),
        lasted(incident, view),
    ]
    if incident["reopened"]:
        first = view.stamp(incident["opened_at"])
        parts.append(
            tr(
                "incident.reopened.one" if incident["reopened"] == 1 else "incident.reopened",
                n=incident["reopened"],
                first=first,
            )
        )
    if incident["flapping"]:
        good = incident.get("good_since")
        parts.append(tr("incident.flapping_good", when=view.stamp(good)) if good else tr("incident.flapping"))
    if incident["tags"]:
        parts.append(", ".join(incident["tags"]))
    found.append((" · ".join(parts), "foreground"))
    told = _reached(answer.get("told", ()))
    found += [(said, "warning" if incident["state"] == "open" else "accent") for said in _handled(incident, told, view)]
    found += [
        (tr("incident.waits_for", name=other["program"], why=one_line(why(other, view))), "doubt")
        for other in answer["held_by"]
    ]
    return found


def _reached(told: Sequence[Mapping[str, Any]]) -> str:
    """Whom messages have reached, each once: ``kim@example.com, ops-slack +1``; empty when nobody."""
    reached = list(dict.fromkeys(str(one["recipient"] or one["channel"]) for one in told if one["state"] == "sent"))
    more = f" +{len(reached) - REACHED}" if len(reached) > REACHED else ""
    return one_line(", ".join(reached[:REACHED])) + more


def _handled(incident: Incident, reached: str, view: View) -> Iterator[str]:
    """Who has it, or that nobody does and whom messages have reached; what keeps it quiet; how it ended."""
    tr = view.tr
    if incident["resolved_at"]:
        who = incident["resolved_by"]
        key = "incident.resolved_by" if who else "incident.resolved_itself"
        yield tr(key, name=who, when=view.stamp(incident["resolved_at"]))
        return
    if incident["acknowledged_by"]:
        until = view.moment(incident["until"]) if incident["until"] and incident["state"] == "acknowledged" else ""
        said = tr("incident.ack_by", name=incident["acknowledged_by"], when=view.stamp(incident["acknowledged_at"]))
        said += f" · {tr('incident.until', until=until)}" if until else ""
        yield said + (f": {one_line(incident['acknowledged_note'])}" if incident["acknowledged_note"] else "")
    elif incident["state"] == "open":
        told = tr("incident.step", n=incident["step"]) if incident["step"] else tr("incident.nobody_told")
        yield f"{tr('incident.nobody')} · {told}" + (f": {reached}" if reached else "")
    if incident["silenced_by"]:
        until = f" · {tr('incident.until', until=view.moment(incident['until']))}" if incident["until"] else ""
        yield tr("incident.quiet_by", what=_named(incident["silenced_by"], view)) + until


def _named(silenced_by: str, view: View) -> str:
    kind, _, name = silenced_by.partition(" ")
    return view.tr(f"incident.by.{kind}", name=name) if kind in ("silence", "maintenance") else silenced_by


def stamp(view: View, when: str | None) -> str:
    """A moment for a column, to the second: ``06:00:12`` of today, else ``03-04 06:00:12``."""
    if not when:
        return ""
    at = datetime.fromisoformat(when).astimezone(view.zone)
    same = at.date() == view.now.astimezone(view.zone).date()
    return f"{at:%H:%M:%S}" if same else f"{at:%m-%d %H:%M:%S}"


def lines(answer: Mapping[str, Any], view: View) -> list[Line]:
    """The rows of an incident's page in groups; the key of a row says what it is: ``event:7``, ``told:3``, ``run:0``.

    A group begins with a row whose key is ``group:NAME``.
    """
    groups = {
        "evidence": list(_evidence(answer, view)),
        "timeline": list(_timeline(answer["timeline"], view)),
        "told": list(_told(answer["told"], view)),
        "silences": list(_silences(answer["silences"], view)),
        "held_by": list(_others("heldby", answer["held_by"], view)),
        "holds": list(_others("holds", answer["holds"], view)),
    }
    found: list[Line] = []
    for name, rows in groups.items():
        if rows or name == "told":
            title = view.tr(f"incident.group.{name}")
            if name == "evidence" and answer["run"]:
                title += f" · {view.tr('incident.run', id=_number(answer['run']))}"
            found.append(group(name, title))
            found += rows or [("none:told", (" ", ""), ("", "", "", view.tr("incident.told.none")), "lines--quiet")]
    return found


def group(name: str, title: str) -> Line:
    """The row that begins a group."""
    return f"group:{name}", (" ", ""), ("", "", "", title), ""


def _number(run: Mapping[str, Any]) -> str:
    return str(run["log_id"]) if run.get("log_id") is not None else str(run["run_id"])[:8]


def _evidence(answer: Mapping[str, Any], view: View) -> Iterator[Line]:
    for key in ("first", "last"):
        verdict = answer[key]
        if verdict and (key == "first" or verdict != answer["first"]):
            cells = (stamp(view, verdict["at"]), view.tr(f"incident.verdict.{key}"), "", one_line(why(verdict, view)))
            yield f"verdict:{key}", (" ", ""), cells, ""
    run = answer["run"]
    if not run:
        if answer["incident"]["line"]:
            yield "line:0", (" ", ""), ("", view.tr("run.evidence.log"), "", one_line(answer["incident"]["line"])), ""
        return
    proof = run.get("evidence") or {}
    log, record, process = proof.get("log") or {}, proof.get("record") or {}, proof.get("process") or {}
    found: list[tuple[str, str]] = []
    first_error, last = one_line(log.get("first_error")), one_line(log.get("line"))
    found += [("log", said) for said in ("" if first_error in last else first_error, last) if said]
    if record:
        found.append(("record", one_line(f"{record['word']} {record['message']}")))
    if process.get("exit_code") is not None:
        found.append(("process", view.tr("run.evidence.code", code=process["exit_code"])))
    for place, (kind, said) in enumerate(found):
        when = stamp(view, run["start_time"]) if place == 0 else ""
        yield f"run:{place}", (" ", ""), (when, view.tr(f"run.evidence.{kind}"), "", said), ""
    trace = [line for line in str(run.get("error_details") or "").splitlines() if line.strip()]
    for place, line in enumerate(trace[-ERROR_LINES:], start=len(found)):
        yield f"run:{place}", (" ", ""), ("", "", "", line.rstrip()), "lines--quiet"


_EVENT_COLOURS = {
    "opened": "lines--error",
    "reopened": "lines--error",
    "worse": "lines--error",
    "resolved": "lines--ok",
}


def _timeline(events: Sequence[Mapping[str, Any]], view: View) -> Iterator[Line]:
    for one in events:
        kind, colour = one["kind"], _EVENT_COLOURS.get(one["kind"], "lines--quiet")
        mark = {"opened": "✗", "reopened": "✗", "worse": "✗", "resolved": "✓", "note": "▸"}.get(kind, " ")
        cells = (stamp(view, one["at"]), view.tr(f"incident.event.{kind}"), one["by"], _event_words(one, view))
        yield f"event:{one['id']}", (mark, colour), cells, "" if kind == "note" else "lines--quiet"


def _event_words(event: Mapping[str, Any], view: View) -> str:
    """What is written of an event, and what else is known of it: to whom, which step, until when, because of what."""
    data, said = event["data"] or {}, []
    if data.get("channel"):
        said.append(f"{data['channel']}: {data['recipient']}" if data.get("recipient") else str(data["channel"]))
    if data.get("step"):
        said.append(view.tr("incident.event.step", n=data["step"]))
    if data.get("held_by"):
        said.append(", ".join(data["held_by"]))
    if data.get("until"):
        said.append(view.tr("incident.until", until=view.moment(data["until"])))
    text = one_line(event["text"])
    return " · ".join([*([text] if text else []), *said])


def _told(told: Sequence[Mapping[str, Any]], view: View) -> Iterator[Line]:
    for one in told:
        when = one["sent_at"] or one["due_at"] or one["created_at"]
        to = f"{one['channel']}: {one['recipient']}" if one["recipient"] else one["channel"]
        said = f"{to} · {view.tr('incident.told.state.' + one['state'])}"
        why_not = one_line(one["error"] or one["why"])
        cells = (
            stamp(view, when),
            view.tr(f"incident.told.{one['kind']}"),
            "",
            f"{said}: {why_not}" if why_not else said,
        )
        shade = "lines--error" if one["state"] == "failed" else "lines--quiet"
        yield f"told:{one['id']}", TOLD_SIGNS.get(one["state"], ("?", "")), cells, shade


def _silences(silences: Sequence[Mapping[str, Any]], view: View) -> Iterator[Line]:
    for one in silences:
        over = not one["active"]
        what = view.tr("silence.over") if over else view.tr("incident.silenced.until", until=view.brief(one["until"]))
        cells = (stamp(view, one["created_at"]), what, one["by"], f"{about(one)}: {one_line(one['why'])}")
        yield f"silence:{one['id']}", ("z", "lines--quiet" if over else "lines--unknown"), cells, "lines--quiet"


def about(silence: Mapping[str, Any]) -> str:
    """What a silence is about: its program, its tag and its pattern, as far as it has them."""
    parts = (
        silence["program"],
        f"#{silence['tag']}" if silence["tag"] else "",
        f"/{silence['pattern']}/" if silence["pattern"] else "",
    )
    return " ".join(part for part in parts if part) or "*"


def _others(kind: str, incidents: Sequence[Incident], view: View) -> Iterator[Line]:
    for one in incidents:
        cells = (stamp(view, one["opened_at"]), state(one, view), one["program"], one_line(why(one, view)))
        yield f"{kind}:{one['id']}", sign(one), cells, "lines--quiet"


def wrapped(text: str, width: int, lines: int) -> str:
    """A text over at most ``lines`` lines, none of which begins or ends with a space."""
    return "\n".join(line.strip() for line in wrap(text, width, lines))


def one_line(text: object) -> str:
    """A text without its line breaks."""
    return " ".join(str(text or "").split())
