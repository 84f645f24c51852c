"""The grammar of the verbs about events and the inbox: event, inbox."""

# No `from __future__ import annotations`: typer reads the annotations of functions inside functions.

from collections.abc import Coroutine
from enum import StrEnum
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from batmon.commands import event, inbox
from batmon.commands.options import Json

Action = Coroutine[Any, Any, int]
Number = Annotated[str, typer.Argument(metavar="ID", show_default=False, hidden=True)]


class State(StrEnum):
    """What can be asked for."""

    WAITING = "waiting"
    DONE = "done"
    DEAD = "dead"


def add_event_verbs(app: typer.Typer, command: type[TyperCommand]) -> None:
    """Add them to ``app``; the context's object is the Session."""
    app.command("inbox", cls=command)(_inbox)
    events = typer.Typer(help="Rows of watched tables, and what became of them.", no_args_is_help=True)
    events.command("list", cls=command)(_event_list)
    events.command("show", cls=command)(_event_show)
    events.command("retry", cls=command)(_event_retry)
    app.add_typer(events, name="event")


def _inbox(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", show_default=False, hidden=True)] = None,
    action: Annotated[str | None, typer.Argument(metavar="[ACTION]", show_default=False, hidden=True)] = None,
    number: Annotated[str | None, typer.Argument(metavar="[ID]", show_default=False, hidden=True)] = None,
    *,
    given: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=TEXT", help="a text that ACTION asks for; as often as it asks"),
    ] = None,
    limit: Annotated[int, typer.Option(metavar="N", min=1, max=inbox.MOST, help="how many items")] = 50,
    as_json: Json = False,
) -> Action:
    """Show what waits for a decision, or decide.

    Without NAME: every inbox. With NAME: its items. With ACTION and ID: what ACTION does with that item is done.
    """
    if name is None:
        return inbox.inboxes(context.obj, as_json=as_json)
    if action is None:
        return inbox.items(context.obj, name, limit=limit, as_json=as_json)
    if number is None:
        raise typer.BadParameter("name the item too: batmon inbox NAME ACTION ID", param_hint="ID")
    return inbox.act(context.obj, name, action, number, given=given or [], as_json=as_json)


def _event_list(
    context: typer.Context,
    *,
    rule: Annotated[str | None, typer.Option(metavar="NAME", help="only of this rule")] = None,
    only: Annotated[State | None, typer.Option("--only", help="only in this state")] = None,
    before: Annotated[int | None, typer.Option(metavar="ID", min=1, help="only those before this one")] = None,
    limit: Annotated[int, typer.Option(metavar="N", min=1, max=event.MOST, help="how many")] = 50,
    as_json: Json = False,
) -> Action:
    """Show events, newest first, and rules that cannot be watched."""
    return event.listed(
        context.obj, rule=rule, state=None if only is None else only.value, before=before, limit=limit, as_json=as_json
    )


def _event_show(context: typer.Context, number: Number, *, as_json: Json = False) -> Action:
    """Show one event with its row."""
    return event.show(context.obj, number, as_json=as_json)


def _event_retry(context: typer.Context, number: Number, *, as_json: Json = False) -> Action:
    """Handle an event again that was given up."""
    return event.retry(context.obj, number, as_json=as_json)
