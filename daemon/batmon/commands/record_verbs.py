"""The grammar of ``exec`` and ``record``; ``quick_record`` does the same for the calls that need no explaining."""

# No `from __future__ import annotations`: typer reads the annotations of functions inside functions.

from typing import Annotated

import typer
from typer.core import TyperCommand

from batmon.commands import exec as running
from batmon.commands import record
from batmon.commands.quick_record import said, state_folder

Bot = Annotated[str, typer.Argument(metavar="BOT", show_default=False, hidden=True)]
Task = Annotated[str, typer.Argument(metavar="TASK", show_default=False, hidden=True)]
RunId = Annotated[str, typer.Argument(metavar="ID", show_default=False, hidden=True)]


def add_record_verbs(app: typer.Typer, command: type[TyperCommand]) -> None:
    """Add them to ``app``; the context's object is the LocalSession."""
    app.command("exec", cls=command)(_exec)
    records = typer.Typer(help="Record a run from a tool that can only call a command.", no_args_is_help=True)
    records.command("start", cls=command)(_start)
    records.command("item", cls=command)(_item)
    records.command("end", cls=command)(_end)
    app.add_typer(records, name="record")


def _exec(
    context: typer.Context,
    bot: Bot,
    task: Task,
    program: Annotated[list[str], typer.Argument(metavar="-- CMD", show_default=False, hidden=True)],
) -> int:
    """Run any program and record the run.

    The exit code is the program's: 128 + n when a signal ended it, 127 when there is no such command.
    """
    return said(lambda: running.run(bot, task, program, state=_state(context)))


def _start(
    context: typer.Context,
    bot: Bot,
    task: Task,
    *,
    pid: Annotated[int | None, typer.Option(metavar="N", min=1, help="the run's process, to see it die")] = None,
) -> int:
    """Record that a run has begun, and print its id."""
    return said(lambda: record.start(bot, task, pid=pid, state=_state(context)))


def _item(
    context: typer.Context,
    run_id: RunId,
    account: Annotated[str, typer.Argument(metavar="ACCOUNT", show_default=False, hidden=True)],
    *,
    processed: Annotated[int, typer.Option(metavar="N", min=0, help="how many were done")] = 0,
    failed: Annotated[int, typer.Option(metavar="N", min=0, help="how many failed")] = 0,
    error: Annotated[str, typer.Option(metavar="TEXT", show_default=False, help="what was wrong")] = "",
) -> int:
    """Record how an account (or file, or page) of a run stands.

    Said again, the later counts take the place of the earlier ones.
    """
    return said(
        lambda: record.item(run_id, account, processed=processed, failed=failed, error=error, state=_state(context))
    )


def _end(
    context: typer.Context,
    run_id: RunId,
    *,
    status: Annotated[str, typer.Option(metavar="SUCCESS|FAILED", show_default=False, help="how it ended")],
    message: Annotated[str, typer.Option(metavar="TEXT", show_default=False, help="in one line")] = "",
    error_details: Annotated[
        str, typer.Option(metavar="TEXT", show_default=False, help="the error in full, - for standard input")
    ] = "",
    processed_count: Annotated[
        int | None, typer.Option(metavar="N", min=0, show_default=False, help="how many it processed")
    ] = None,
) -> int:
    """Record that a run has ended."""
    return said(
        lambda: record.end(
            run_id,
            status=status,
            message=message,
            error_details=error_details,
            processed_count=processed_count,
            state=_state(context),
        )
    )


def _state(context: typer.Context) -> str | None:
    places = context.obj.places
    return state_folder(places.state, places.config)
