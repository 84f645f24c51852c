"""The grammar of ``batmon notify``: list, show, resend, test, preview."""

# No `from __future__ import annotations`: typer reads the annotations of functions inside functions.

from collections.abc import Coroutine
from enum import StrEnum
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from batmon.commands import notify
from batmon.commands.options import Json, Since

Action = Coroutine[Any, Any, int]
_Number = Annotated[str, typer.Argument(metavar="NUMBER", show_default=False, hidden=True)]
_Language = Annotated[str | None, typer.Option("--lang", metavar="ko|en", help="the message's language")]


class State(StrEnum):
    """What can be asked for."""

    OWED = "owed"
    RETRYING = "retrying"
    SENT = "sent"
    FAILED = "failed"


def add_notify_verbs(app: typer.Typer, command: type[TyperCommand]) -> None:
    """Add them to ``app``; the context's object is the Session."""
    group = typer.Typer(help="What people are told: owed, sent and given up; tests.", no_args_is_help=True)
    group.command("list", cls=command)(_list)
    group.command("show", cls=command)(_show)
    group.command("resend", cls=command)(_resend)
    group.command("test", cls=command)(_test)
    group.command("preview", cls=command)(_preview)
    app.add_typer(group, name="notify")


def _list(
    context: typer.Context,
    state: Annotated[
        State | None, typer.Argument(metavar="[owed|retrying|sent|failed]", show_default=False, hidden=True)
    ] = None,
    *,
    channel: Annotated[str | None, typer.Option("--channel", metavar="NAME", help="only on this channel")] = None,
    incident: Annotated[int | None, typer.Option("--incident", metavar="ID", help="only about this incident")] = None,
    since: Since = None,
    limit: Annotated[int, typer.Option(metavar="N", min=1, max=100_000, help="how many, the newest")] = 50,
    as_json: Json = False,
) -> Action:
    """Show what people were told, newest first.

    failed are dead letters: refused for good, or a day of attempts in vain.
    """
    return notify.listed(
        context.obj,
        state=None if state is None else state.value,
        channel=channel,
        incident=incident,
        since=since,
        limit=limit,
        as_json=as_json,
    )


def _show(context: typer.Context, number: _Number, *, as_json: Json = False) -> Action:
    """Show one notification with each attempt to deliver it."""
    return notify.show(context.obj, number, as_json=as_json)


def _resend(
    context: typer.Context,
    numbers: Annotated[list[str], typer.Argument(metavar="NUMBER...", show_default=False, hidden=True)],
) -> Action:
    """Send notifications again that were sent or given up."""
    return notify.resend(context.obj, numbers)


def _test(
    context: typer.Context,
    channel: Annotated[str, typer.Argument(metavar="CHANNEL", show_default=False, hidden=True)],
    recipient: Annotated[str | None, typer.Argument(metavar="[RECIPIENT]", show_default=False, hidden=True)] = None,
    *,
    language: _Language = None,
    as_json: Json = False,
) -> Action:
    """Send a test message over a channel now.

    CHANNEL is email or the name of one of [[channels]]. The exit code is 0 if the other side took it and 1 if not.
    """
    return notify.test(context.obj, channel, recipient, language=language, as_json=as_json)


def _preview(
    context: typer.Context,
    template: Annotated[str, typer.Argument(metavar="TEMPLATE", show_default=False, hidden=True)],
    *,
    language: _Language = None,
    data: Annotated[
        str | None, typer.Option("--data", metavar="JSON", help="in the place of the sample's values")
    ] = None,
    html: Annotated[bool, typer.Option("--html", help="print the HTML, not the text")] = False,
    as_json: Json = False,
) -> Action:
    """Show what a template looks like, with sample data."""
    return notify.preview(context.obj, template, language=language, data=data, html=html, as_json=as_json)
