"""The grammar of ``batmon incident``."""

# No `from __future__ import annotations`: typer reads the annotations of functions inside functions.

from collections.abc import Coroutine
from enum import StrEnum
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from batmon.commands import incident
from batmon.commands.backtest import add_backtest
from batmon.commands.options import Json, Since

Action = Coroutine[Any, Any, int]
Wanted = Annotated[str, typer.Argument(metavar="ID|PROGRAM", show_default=False, hidden=True)]
Note = Annotated[list[str] | None, typer.Argument(metavar="[NOTE]", show_default=False, hidden=True)]
"""Joined: over SSH the quotes around several words are lost."""


class State(StrEnum):
    """What can be asked for."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    SILENCED = "silenced"
    MAINTENANCE = "maintenance"
    HELD = "held"
    FLAPPING = "flapping"
    RESOLVED = "resolved"
    ALL = "all"


def add_incident_verbs(app: typer.Typer, command: type[TyperCommand]) -> None:
    """Add them to ``app``; the context's object is the Session."""
    incidents = typer.Typer(help="What went wrong and is not over: who is told, who takes it on.", no_args_is_help=True)
    incidents.command("list", cls=command)(_list)
    incidents.command("show", cls=command)(_show)
    incidents.command("ack", cls=command)(_ack)
    incidents.command("unack", cls=command)(_unack)
    incidents.command("note", cls=command)(_note)
    incidents.command("resolve", cls=command)(_resolve)
    incidents.command("silence", cls=command)(_silence)
    incidents.command("silences", cls=command)(_silences)
    incidents.command("unsilence", cls=command)(_unsilence)
    incidents.command("handover", cls=command)(_handover)
    add_backtest(incidents, command)
    app.add_typer(incidents, name="incident")


def _list(
    context: typer.Context,
    program: Annotated[str | None, typer.Argument(metavar="[PROGRAM]", show_default=False, hidden=True)] = None,
    *,
    only: Annotated[
        State | None, typer.Option("--only", help="only in this state; default: every one that is not resolved")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="resolved ones too")] = False,
    since: Since = None,
    limit: Annotated[int, typer.Option(metavar="N", min=1, max=incident.MOST, help="how many, the newest")] = 50,
    as_json: Json = False,
) -> Action:
    """Show incidents, newest first."""
    wanted = "all" if everything else None if only is None else only.value
    return incident.listed(context.obj, program, state=wanted, since=since, limit=limit, as_json=as_json)


def _show(context: typer.Context, wanted: Wanted, *, as_json: Json = False) -> Action:
    """Show one incident: its timeline, and who was told what."""
    return incident.show(context.obj, wanted, as_json=as_json)


def _ack(
    context: typer.Context,
    wanted: Wanted,
    note: Note = None,
    *,
    span: Annotated[
        str | None, typer.Option("--for", metavar="TIME", help="until when: 2h, 18:00, tomorrow 09:00")
    ] = None,
) -> Action:
    """Take an incident on: no reminders and no escalation until then."""
    return incident.act(context.obj, "ack", wanted, note=" ".join(note or ()), span=span)


def _unack(context: typer.Context, wanted: Wanted) -> Action:
    """Give an incident back: it is told again."""
    return incident.act(context.obj, "unack", wanted)


def _note(
    context: typer.Context,
    wanted: Wanted,
    note: Annotated[list[str], typer.Argument(metavar="NOTE", show_default=False, hidden=True)],
) -> Action:
    """Write something down on an incident's timeline."""
    return incident.act(context.obj, "note", wanted, note=" ".join(note))


def _resolve(context: typer.Context, wanted: Wanted, note: Note = None) -> Action:
    """End an incident by hand; the next failure opens it again."""
    return incident.act(context.obj, "resolve", wanted, note=" ".join(note or ()))


def _silence(
    context: typer.Context,
    words: Annotated[list[str], typer.Argument(metavar="[PROGRAM] TIME WHY", show_default=False, hidden=True)],
    *,
    tag: Annotated[str, typer.Option(metavar="GLOB", help="what has this tag")] = "",
    pattern: Annotated[
        str, typer.Option(metavar="TEXT", help="what has this in its reason or line; * and ? are wild")
    ] = "",
) -> Action:
    """Keep quiet about programs for a while.

    PROGRAM is a name with * and ? as wild cards; TIME is 2h, 18:00 or tomorrow 09:00.
    """
    return incident.silence(context.obj, words, tag=tag, pattern=pattern)


def _silences(
    context: typer.Context,
    *,
    ended: Annotated[bool, typer.Option("--all", help="those that are over too")] = False,
    as_json: Json = False,
) -> Action:
    """Show what is kept quiet, until when and why."""
    return incident.silences(context.obj, ended=ended, as_json=as_json)


def _unsilence(
    context: typer.Context,
    numbers: Annotated[list[int], typer.Argument(metavar="ID", show_default=False, hidden=True)],
) -> Action:
    """End a silence before its time."""
    return incident.unsilence(context.obj, numbers)


def _handover(context: typer.Context, *, since: Since = None, as_json: Json = False) -> Action:
    """Show what changed since you were last here, as Markdown."""
    return incident.handover(context.obj, since=since, as_json=as_json)
