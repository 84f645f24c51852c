"""The grammar of the verbs that take something out of the server: export, database dump, capture."""

# No `from __future__ import annotations`: typer reads the annotations of functions inside functions.

from collections.abc import Coroutine
from enum import StrEnum
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from batmon.commands import capture, database, export
from batmon.commands.options import Since, Until

Action = Coroutine[Any, Any, int]


class Format(StrEnum):
    """What an export is written as."""

    CSV = "csv"
    XLSX = "xlsx"
    JSONL = "jsonl"


Output = Annotated[
    str | None,
    typer.Option("-o", "--output", metavar="FILE", show_default=False, help="where to write it, on this machine"),
]
Force = Annotated[bool, typer.Option("--force", help="replace FILE")]


def add_out_verbs(app: typer.Typer, command: type[TyperCommand]) -> None:
    """Add them to ``app``; the context's object is the Session."""
    app.command("export", cls=command)(_export)
    databases = typer.Typer(help="The database as a whole.", no_args_is_help=True)
    databases.callback()(_database)
    databases.command("dump", cls=command)(_database_dump)
    app.add_typer(databases, name="database")
    app.command("capture", cls=command)(_capture)


def _export(
    context: typer.Context,
    program: Annotated[str, typer.Argument(metavar="PROGRAM", show_default=False, hidden=True)],
    *,
    runs: Annotated[bool, typer.Option("--runs", hidden=True)] = True,
    items: Annotated[bool, typer.Option("--items", help="with what each run did for each account")] = False,
    since: Since = None,
    until: Until = None,
    form: Annotated[Format, typer.Option("--format", metavar="csv|xlsx|jsonl", help="as what")] = Format.CSV,
    output: Output = None,
    save: Annotated[bool, typer.Option("--save", help="write it on the server, below /exports; for scp")] = False,
    force: Force = False,
    bom: Annotated[bool, typer.Option(help="begin CSV with the sign by which Excel knows UTF-8")] = True,
) -> Action:
    """Export a program's runs, oldest first.

    Without --output and --save it is printed. Times are in the program's zone; in jsonl they are UTC.
    """
    del runs  # the only thing so far that there is to export
    return export.export(
        context.obj, program, items=items, since=since, until=until, form=form.value, output=output, save=save,
        force=force, bom=bom,
    )  # fmt: skip


def _database() -> None:
    """The database as a whole."""


def _database_dump(context: typer.Context, *, output: Output = None, force: Force = False) -> Action:
    """Dump the database while everything goes on.

    The dump is as of one moment. It is made below /exports on the server, or moved to --output. pg_restore reads it.
    """
    return database.dump(context.obj, output=output, force=force)


def _capture(context: typer.Context, *, output: Output = None, force: Force = False) -> Action:
    """Take a picture of the server's screen.

    It is saved below /exports/captures on the server; --output writes a copy.
    """
    return capture.capture(context.obj, output=output, force=force)
