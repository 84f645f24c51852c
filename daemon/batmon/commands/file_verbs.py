"""The grammar of the verbs about files: files, get."""

# No `from __future__ import annotations`: typer reads the annotations of functions inside functions.

from collections.abc import Coroutine
from enum import StrEnum
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from batmon.commands import files, get
from batmon.commands.options import JsonLines

Action = Coroutine[Any, Any, int]


class Sort(StrEnum):
    """What a listing is in order of."""

    NAME = "name"
    SIZE = "size"
    MODIFIED = "modified"


def add_file_verbs(app: typer.Typer, command: type[TyperCommand]) -> None:
    """Add them to ``app``; the context's object is the Session."""
    app.command("files", cls=command)(_files)
    app.command("get", cls=command)(_get)


def _files(
    context: typer.Context,
    program: Annotated[str, typer.Argument(metavar="PROGRAM", show_default=False, hidden=True)],
    path: Annotated[str, typer.Argument(metavar="[PATH]", show_default=False, hidden=True)] = "",
    *,
    sort: Annotated[Sort, typer.Option("--sort", metavar="name|size|modified", help="in order of what")] = Sort.NAME,
    reverse: Annotated[bool, typer.Option("-r", "--reverse", help="the other way round")] = False,
    as_json: JsonLines = False,
) -> Action:
    """List what a program left.

    PATH is below logs (its log files) or files (its folders), such as logs or files/out. /reports and /exports in the
    place of PROGRAM list the server's own.
    """
    return files.files(context.obj, program, path, sort=sort.value, reverse=reverse, as_json=as_json)


def _get(
    context: typer.Context,
    paths: Annotated[list[str], typer.Argument(metavar="PATH...", show_default=False, hidden=True)],
    *,
    output: Annotated[
        str | None,
        typer.Option("-o", "--output", metavar="DIR|FILE|-", show_default=False, help="where to; - prints it"),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="replace what is there")] = False,
) -> Action:
    """Fetch files that a program left.

    PATH is such as kindscrap/logs/app.log or /exports/runs.csv.
    """
    return get.get(context.obj, paths, output=output, force=force)
