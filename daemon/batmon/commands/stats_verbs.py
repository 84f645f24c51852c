"""The grammar of ``batmon stats``."""

# No `from __future__ import annotations`: typer reads the annotations of functions inside functions.

from collections.abc import Coroutine
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from batmon.commands.options import Json
from batmon.metrics.periods import FORMS

Action = Coroutine[Any, Any, int]


def add_stats_verbs(app: typer.Typer, command: type[TyperCommand]) -> None:
    """Add it to ``app``; the context's object is the Session."""
    app.command("stats", cls=command)(_stats)


def _stats(
    context: typer.Context,
    program: Annotated[str | None, typer.Argument(metavar="[PROGRAM]", show_default=False, hidden=True)] = None,
    *,
    period: Annotated[
        str | None,
        typer.Option("--period", metavar="PERIOD", help=f"{FORMS}; default: month, which is this one so far"),
    ] = None,
    since: Annotated[str | None, typer.Option("--from", metavar="DAY", help="the first day, as 2026-11-01")] = None,
    until: Annotated[str | None, typer.Option("--to", metavar="DAY", help="the last day; default: today")] = None,
    as_json: Json = False,
) -> Action:
    """Show how well programs kept their promises, the worst first.

    With PROGRAM: its figures against the period before, each of its days, and its incidents.
    """
    from batmon.commands.stats import stats  # noqa: PLC0415 - how figures are said is slow to import

    return stats(context.obj, program, period=period, since=since, until=until, as_json=as_json)
