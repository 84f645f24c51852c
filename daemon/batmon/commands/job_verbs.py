"""The grammar of ``batmon job``."""

# No `from __future__ import annotations`: typer reads the annotations of functions inside functions.

from collections.abc import Coroutine
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from batmon.commands import job
from batmon.commands.options import Json, JsonLines

Action = Coroutine[Any, Any, int]
Name = Annotated[str, typer.Argument(metavar="AUTOMATION", show_default=False, hidden=True)]


def add_job_verbs(app: typer.Typer, command: type[TyperCommand]) -> None:
    """Add them to ``app``; the context's object is the Session."""
    jobs = typer.Typer(help="What BATMON does by itself: automations.", no_args_is_help=True)
    jobs.command("list", cls=command)(_list)
    jobs.command("show", cls=command)(_show)
    jobs.command("log", cls=command)(_log)
    jobs.command("run", cls=command)(_run)
    jobs.command("pause", cls=command)(_pause)
    jobs.command("resume", cls=command)(_resume)
    app.add_typer(jobs, name="job")


def _list(context: typer.Context, *, as_json: Json = False) -> Action:
    """Show every automation: state, last run, next due time."""
    return job.listed(context.obj, as_json=as_json)


def _show(context: typer.Context, name: Name, *, as_json: Json = False) -> Action:
    """Show one automation and its latest executions."""
    return job.show(context.obj, name, as_json=as_json)


def _log(
    context: typer.Context,
    name: Name,
    *,
    limit: Annotated[int, typer.Option(metavar="N", min=1, max=job.MOST, help="how many, the newest")] = 20,
    as_json: JsonLines = False,
) -> Action:
    """Show what an automation did, newest first."""
    return job.log(context.obj, name, limit=limit, as_json=as_json)


def _run(
    context: typer.Context,
    name: Name,
    *,
    wait: Annotated[bool, typer.Option("--wait", help="wait until it has ended; exit code 1 if it failed")] = False,
    as_json: Json = False,
) -> Action:
    """Run an automation now, paused or not."""
    return job.run(context.obj, name, wait=wait, as_json=as_json)


def _pause(
    context: typer.Context,
    name: Name,
    *,
    why: Annotated[str, typer.Option(metavar="TEXT", help="shown to everybody")] = "",
) -> Action:
    """Let an automation rest, on all servers; what comes due meanwhile is not run later."""
    return job.pause(context.obj, name, why=why)


def _resume(context: typer.Context, name: Name) -> Action:
    """Let a paused automation go on."""
    return job.resume(context.obj, name)
