"""The grammar of the verbs about errors: errors, diff."""

# No `from __future__ import annotations`: typer reads the annotations of functions inside functions.

from collections.abc import Coroutine
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from batmon.commands import diff, errors
from batmon.commands.options import Json, Since

Action = Coroutine[Any, Any, int]


def add_error_verbs(app: typer.Typer, command: type[TyperCommand]) -> None:
    """Add them to ``app``; the context's object is the Session."""
    app.command("errors", cls=command)(_errors)
    app.command("diff", cls=command)(_diff)


def _errors(
    context: typer.Context,
    program: Annotated[str | None, typer.Argument(metavar="[PROGRAM]", show_default=False, hidden=True)] = None,
    *,
    since: Since = None,
    new: Annotated[bool, typer.Option("--new", help="only those never seen before --since, or before 24h ago")] = False,
    limit: Annotated[int, typer.Option(metavar="N", min=1, max=errors.MOST, help="how many")] = 50,
    as_json: Json = False,
) -> Action:
    """Show each kind of error once: how often and since when."""
    return errors.errors(context.obj, program, since=since, new=new, limit=limit, as_json=as_json)


def _diff(
    context: typer.Context,
    program: Annotated[str, typer.Argument(metavar="PROGRAM", show_default=False, hidden=True)],
    run: Annotated[str | None, typer.Argument(metavar="[RUN]", show_default=False, hidden=True)] = None,
    *,
    against: Annotated[str | None, typer.Option(metavar="RUN", help="not the last good run but this one")] = None,
    as_json: Json = False,
) -> Action:
    """Show what is new in a run's log, against the last good run.

    Lines that are new begin with +, missing ones with -. RUN is a log_id or run_id; default: the program's latest.
    """
    return diff.diff(context.obj, program, run, against=against, as_json=as_json)
