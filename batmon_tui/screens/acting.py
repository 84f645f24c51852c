"""What a person can do to an incident, from whatever page it is shown on; the daemon decides in the end."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from batmon.errors import BatmonError
from batmon.model import Role
from batmon.moments import moment_ahead
from batmon_tui.screens.form import Box, Filled, FormDialog, Request

if TYPE_CHECKING:
    from batmon_tui.app import BatmonApp

ACK_FOR = "4h"
"""What the dialog proposes for how long somebody has it."""
SILENCE_FOR = "2h"
Done = Callable[[], None]


def may_act(app: BatmonApp) -> bool:
    """Whether the person may act; if not, they are told."""
    if not app.may(Role.OPERATOR):
        app.say("form.viewer", severity="warning")
        return False
    return True


def _until(app: BatmonApp, program: str, written: str) -> str:
    """The time, as the gate takes it, until which a person means something, in the program's own zone."""
    view, row = app.view, app.rows.get(program)
    view = view if row is None else view.of(row)
    return moment_ahead(written, view.zone, view.now).isoformat()


def _ask(  # noqa: PLR0917 - a dialog's parts, in the order in which they stand in it
    app: BatmonApp, key: str, about: str, boxes: Sequence[Box], request: Request, done: Done
) -> None:
    def answered(answer: dict[str, Any] | None) -> None:
        if answer is not None:
            app.say(f"{key}.done", name=about, n=answer.get("incidents", 0))
            done()

    title, button = app.tr(f"{key}.title", name=about), app.tr(f"{key}.button")
    app.push_screen(FormDialog(title, button, boxes, request, said=app.tr(f"{key}.words")), answered)


def _named(incident: Mapping[str, Any]) -> str:
    return f"{incident['program']} #{incident['id']}"


def acknowledge(app: BatmonApp, incident: Mapping[str, Any], done: Done) -> None:
    """Ask for a note and a time, then take it on. ``incident``: at least its ``id``, ``program`` and ``state``."""
    if not may_act(app):
        return
    if incident["state"] == "resolved":
        app.say("act.over", severity="warning", name=_named(incident))
        return

    def request(filled: Filled) -> tuple[str, dict[str, Any]]:
        args: dict[str, Any] = {"id": incident["id"]}
        if filled["note"]:
            args["note"] = filled["note"]
        if filled["until"]:
            args["until"] = _until(app, incident["program"], filled["until"])
        return "incident.ack", args

    boxes = (Box("note", app.tr("act.note")), Box("until", app.tr("act.ack.until"), ACK_FOR))
    _ask(app, "act.ack", _named(incident), boxes, request, done)


def unacknowledge(app: BatmonApp, incident: Mapping[str, Any], done: Done) -> None:
    """Give it back, once asked."""
    if not may_act(app):
        return
    if not incident["acknowledged_by"] or incident["state"] == "resolved":
        app.say("act.unack.none", severity="warning", name=_named(incident))
        return
    _ask(app, "act.unack", _named(incident), (), lambda _: ("incident.unack", {"id": incident["id"]}), done)


def note(app: BatmonApp, incident: Mapping[str, Any], done: Done) -> None:
    """Ask for a note, and write it into the timeline."""
    if not may_act(app):
        return
    boxes = (Box("note", app.tr("act.note.words"), needed=True, long=True),)
    _ask(app, "act.comment", _named(incident), boxes,
         lambda filled: ("incident.note", {"id": incident["id"], "note": filled["note"]}), done)  # fmt: skip


def resolve(app: BatmonApp, incident: Mapping[str, Any], done: Done) -> None:
    """End it by hand, once asked."""
    if not may_act(app):
        return
    if incident["state"] == "resolved":
        app.say("act.over", severity="warning", name=_named(incident))
        return

    def request(filled: Filled) -> tuple[str, dict[str, Any]]:
        return "incident.resolve", {"id": incident["id"]} | ({"note": filled["note"]} if filled["note"] else {})

    _ask(app, "act.resolve", _named(incident), (Box("note", app.tr("act.note")),), request, done)


def silence(app: BatmonApp, program: str, done: Done) -> None:
    """Ask for how long, why and what, then keep it quiet."""
    if not may_act(app):
        return

    def request(filled: Filled) -> tuple[str, dict[str, Any]]:
        said = {key: filled[key] for key in ("program", "tag", "pattern") if filled[key]}
        return "silence.add", {**said, "until": _until(app, program, filled["until"]), "why": filled["why"]}

    boxes = (
        Box("until", app.tr("silence.until"), SILENCE_FOR, needed=True),
        Box("why", app.tr("silence.why"), needed=True),
        Box("program", app.tr("silence.program"), program),
        Box("tag", app.tr("silence.tag")),
        Box("pattern", app.tr("silence.pattern")),
    )
    _ask(app, "silence.new", program or "–", boxes, request, done)


def end_silence(app: BatmonApp, one: Mapping[str, Any], about: str, done: Done) -> None:
    """Let it be heard again, once asked."""
    if not may_act(app):
        return
    if not one["active"]:
        app.say("silence.ended_already", severity="warning")
        return
    _ask(app, "silence.end", about, (), lambda _: ("silence.end", {"id": one["id"]}), done)


def resend(app: BatmonApp, told: Mapping[str, Any], done: Done) -> None:
    """Send a message again, once asked."""
    if not may_act(app):
        return
    if told["notification_id"] is None or told["state"] not in ("sent", "failed"):
        app.say("resend.not_yet", severity="warning")
        return
    request = {"notification": told["notification_id"]}
    _ask(app, "resend", f"{told['channel']}: {told['recipient']}", (), lambda _: ("notify.resend", request), done)


def look(app: BatmonApp, probe: str) -> None:
    """Have a probe look now; the board shows what it finds."""

    async def ask() -> None:
        app.say("probe.looking", name=probe)
        try:
            await app.link.request("probe.look", program=probe)
        except BatmonError as error:
            app.say_error(error)

    app.run_worker(ask(), name=f"look at {probe}", group="look", exclusive=True)


def of_row(app: BatmonApp, name: str) -> Mapping[str, Any] | None:
    """What a row of the board says of its incident, with the program's name; told if there is none."""
    row = app.rows.get(name)
    found = None if row is None else row.get("incident")
    if found is None:
        if row is not None:
            app.say("act.none", severity="warning", name=name)
        return None
    return {**found, "program": name}
