"""The grammar of the verbs that work alike on this machine and over SSH."""

# No `from __future__ import annotations`: typer reads the annotations of functions inside functions.

from collections.abc import Coroutine
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from batmon.commands import (
    audit,
    check,
    doctor,
    log_keeping,
    logs,
    merged_logs,
    password,
    rerun,
    run,
    runs,
    search,
    user,
)
from batmon.commands.error_verbs import add_error_verbs
from batmon.commands.event_verbs import add_event_verbs
from batmon.commands.file_verbs import add_file_verbs
from batmon.commands.incident_verbs import add_incident_verbs
from batmon.commands.job_verbs import add_job_verbs
from batmon.commands.notify_verbs import add_notify_verbs
from batmon.commands.options import Json, JsonLines, Since, Until
from batmon.commands.out_verbs import add_out_verbs
from batmon.commands.report_verbs import add_report_verbs
from batmon.commands.stats_verbs import add_stats_verbs
from batmon.model import Role

Action = Coroutine[Any, Any, int]


class Command(TyperCommand):
    """A command whose usage line names arguments without braces; they need no section of their own."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """The words of the usage line."""
        return [_plain(piece) for piece in super().collect_usage_pieces(ctx)]


def _plain(piece: str) -> str:
    """A word of the usage line without braces, doubled brackets and doubled dots."""
    for twice, once in (("{", ""), ("}", ""), ("[[", "["), ("]]", "]"), ("......", "...")):
        piece = piece.replace(twice, once)
    return piece


Program = Annotated[str, typer.Argument(metavar="PROGRAM", show_default=False, hidden=True)]
PasswordFile = Annotated[
    str | None,
    typer.Option(
        metavar="FILE", help="file that holds the operation password, - for standard input [env: BATMON_PASSWORD]"
    ),
]


def add_verbs(app: typer.Typer) -> None:
    """Add them to ``app``; the context's object is the Session."""
    app.command("check", cls=Command)(_check)
    app.command("runs", cls=Command)(_runs)
    app.command("run", cls=Command)(_run)
    app.command("logs", cls=Command)(_logs)
    app.command("search", cls=Command)(_search)
    add_error_verbs(app, Command)
    add_event_verbs(app, Command)
    add_incident_verbs(app, Command)
    app.command("rerun", cls=Command)(_rerun)
    app.command("stop", cls=Command)(_stop)
    add_file_verbs(app, Command)
    add_out_verbs(app, Command)
    add_job_verbs(app, Command)
    add_stats_verbs(app, Command)
    app.command("savings", cls=Command)(_savings)
    add_report_verbs(app, Command)
    add_notify_verbs(app, Command)
    app.command("audit", cls=Command)(_audit)
    app.command("doctor", cls=Command)(_doctor)
    passwords = typer.Typer(help="The operation password, which rerun and stop ask for.", no_args_is_help=True)
    passwords.callback()(_password)
    passwords.command("set", cls=Command)(_password_set)
    app.add_typer(passwords, name="password")
    users = typer.Typer(help="Who may come in over SSH.", no_args_is_help=True)
    users.command("add", cls=Command)(_user_add)
    users.command("list", cls=Command)(_user_list)
    users.command("remove", cls=Command)(_user_remove)
    app.add_typer(users, name="user")


def _check(
    context: typer.Context,
    programs: Annotated[list[str] | None, typer.Argument(metavar="PROGRAM", show_default=False, hidden=True)] = None,
    *,
    as_json: Json = False,
    timeout: Annotated[
        float, typer.Option(metavar="SEC", min=0.001, max=86400, help="how long to wait for the daemon")
    ] = 5.0,
    language: Annotated[str | None, typer.Option(metavar="ko|en", help="language of the text")] = None,
) -> Action:
    """Say whether all is well.

    Prints a monitoring plug-in's lines; the exit code is 0 OK, 1 WARNING, 2 ERROR, 3 UNKNOWN.
    """
    wanted = language or context.obj.asked_language
    return check.check(context.obj, programs or [], as_json=as_json, seconds=timeout, language=wanted)


def _runs(
    context: typer.Context,
    program: Program,
    *,
    since: Since = None,
    until: Until = None,
    limit: Annotated[int, typer.Option(metavar="N", min=1, max=100_000, help="how many, the newest")] = 20,
    as_json: Json = False,
) -> Action:
    """Show a program's runs, newest first."""
    return runs.runs(context.obj, program, since=since, until=until, limit=limit, as_json=as_json)


def _run(
    context: typer.Context,
    run_id: Annotated[str, typer.Argument(metavar="RUN_ID|LOG_ID", show_default=False, hidden=True)],
    *,
    as_json: Json = False,
) -> Action:
    """Show one run with the items that it recorded."""
    return run.run(context.obj, run_id, as_json=as_json)


def _logs(
    context: typer.Context,
    programs: Annotated[list[str] | None, typer.Argument(metavar="PROGRAM", show_default=False, hidden=True)] = None,
    *,
    lines: Annotated[
        int,
        typer.Option(
            "-n", "--lines", metavar="N", min=0, max=1_000_000, help="how many lines from the end, or around --at"
        ),
    ] = 50,
    follow: Annotated[bool, typer.Option("-f", "--follow", help="go on with what is added")] = False,
    path: Annotated[str | None, typer.Option(metavar="FILE", help="one of its log files, by name or path")] = None,
    files: Annotated[bool, typer.Option("--files", help="show which log files there are")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="with --files and --retention: print JSON")] = False,
    merged: Annotated[
        bool, typer.Option("--all", help="merge the logs of all programs, or of those named, by time")
    ] = False,
    at: Annotated[
        str | None, typer.Option(metavar="TIME", help="with --all: around then: 2h (ago), 06:00, 11-21 06:00, ...")
    ] = None,
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="with --all: everything from then on, whatever -n")
    ] = None,
    errors: Annotated[bool, typer.Option("--errors", help="with --all: only errors")] = False,
    delete: Annotated[
        list[str] | None, typer.Option("--delete", metavar="FILE", help="delete this log file; as often as you like")
    ] = None,
    retention: Annotated[
        bool, typer.Option("--retention", help="delete and compress old ones now, as configured")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="with --retention: only say what would go")] = False,
    force: Annotated[bool, typer.Option("--force", help="with --delete: also one that is being written")] = False,
    yes: Annotated[bool, typer.Option("-y", "--yes", help="with --delete and --retention: do not ask")] = False,
) -> Action:
    """Show the end of a program's log, or of all logs merged by time."""
    names = programs or []
    if delete or retention:
        if len(names) != 1 or merged or files or (delete and retention):
            raise typer.BadParameter("name one program, and one of --delete and --retention", param_hint="PROGRAM")
        if delete:
            return log_keeping.delete(context.obj, names[0], delete, force=force, yes=yes)
        return log_keeping.retention(context.obj, names[0], dry_run=dry_run, yes=yes, as_json=as_json)
    if merged:
        if files or as_json or path or (at and since):
            raise typer.BadParameter(
                "goes with PROGRAM, -n, -f, --errors and one of --at and --since", param_hint="--all"
            )
        return merged_logs.merged_logs(
            context.obj, names, lines=lines, at=at, since=since, follow=follow, errors=errors
        )
    if at or since or errors:
        raise typer.BadParameter("--at, --since and --errors go with --all", param_hint="--all")
    if len(names) != 1:
        raise typer.BadParameter("name one program, or say --all", param_hint="PROGRAM")
    if files:
        return logs.log_files(context.obj, names[0], as_json=as_json)
    if as_json:
        raise typer.BadParameter("goes with --files only: a log is text", param_hint="--json")
    return logs.logs(context.obj, names[0], lines=lines, follow=follow, path=path)


def _search(
    context: typer.Context,
    pattern: Annotated[str, typer.Argument(metavar="PATTERN", show_default=False, hidden=True)] = "",
    *,
    program: Annotated[
        list[str] | None,
        typer.Option("--program", metavar="NAME", help="only this program's logs; as often as you like"),
    ] = None,
    since: Since = None,
    until: Until = None,
    regex: Annotated[bool, typer.Option("--regex", help="PATTERN is a regular expression")] = False,
    ignore_case: Annotated[bool, typer.Option("-i", "--ignore-case", help="capitals do not matter")] = False,
    errors: Annotated[
        bool, typer.Option("--errors", help="only lines of level error; then PATTERN may be left out")
    ] = False,
    limit: Annotated[int, typer.Option(metavar="N", min=1, max=100_000, help="how many, the newest")] = 1000,
    as_json: JsonLines = False,
) -> Action:
    """Search all logs of all programs.

    Prints program, time, file and line, the newest first. The exit code is 0 if there are hits, 1 if there are none,
    2 if something went wrong.
    """
    return search.search(
        context.obj, pattern, programs=program or [], since=since, until=until, limit=limit, as_json=as_json,
        regex=regex, ignore_case=ignore_case, errors=errors,
    )  # fmt: skip


def _rerun(
    context: typer.Context,
    program: Program,
    *,
    force: Annotated[bool, typer.Option("--force", help="although it is running")] = False,
    param: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="a parameter of its rerun command")
    ] = None,
    follow: Annotated[bool, typer.Option(help="print what it prints until it ends")] = True,
    password_file: PasswordFile = None,
) -> Action:
    """Run a program again.

    The exit code is 0 if it succeeded and 1 if it failed.
    """
    return rerun.rerun(
        context.obj, program, force=force, params=param or [], follow=follow, password_file=password_file
    )


def _stop(
    context: typer.Context,
    target: Annotated[str, typer.Argument(metavar="PROGRAM|RUN_ID", show_default=False, hidden=True)],
    *,
    password_file: PasswordFile = None,
) -> Action:
    """End a re-run and every process that it started."""
    return rerun.stop(context.obj, target, password_file=password_file)


def _savings(
    context: typer.Context,
    *,
    month: Annotated[str | None, typer.Option(metavar="YYYY-MM", help="which month; default: this one")] = None,
    as_json: Json = False,
) -> Action:
    """Show the hours that people were spared, by bot."""
    from batmon.commands.savings import savings  # noqa: PLC0415 - how figures are said is slow to import

    return savings(context.obj, month=month, as_json=as_json)


def _audit(
    context: typer.Context,
    *,
    limit: Annotated[int, typer.Option(metavar="N", min=1, max=10_000, help="how many")] = 100,
    as_json: Json = False,
) -> Action:
    """Show who did what, newest first."""
    return audit.audit(context.obj, limit=limit, as_json=as_json)


def _doctor(context: typer.Context, *, as_json: Json = False) -> Action:
    """Say what is wrong with this installation and how to mend it."""
    return doctor.doctor(context.obj, as_json=as_json)


def _password() -> None:
    """The operation password, which rerun and stop ask for."""


def _password_set(context: typer.Context, *, password_file: PasswordFile = None) -> Action:
    """Set the operation password."""
    return password.password_set(context.obj, password_file=password_file)


def _user_add(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", show_default=False, hidden=True)],
    *,
    key: Annotated[str, typer.Option(metavar="FILE", show_default=False, help="public key file, - for standard input")],
    role: Annotated[
        Role, typer.Option(metavar="viewer|operator|admin", show_default=False, help="what the key may do")
    ],
    from_: Annotated[
        list[str] | None, typer.Option("--from", metavar="ADDRESS", help="only from this address or network")
    ] = None,
    expires: Annotated[str | None, typer.Option(metavar="TIME", help="not after, such as 2027-12-31")] = None,
) -> Action:
    """Let a person in over SSH with a public key."""
    return user.user_add(context.obj, name, key=key, role=role.value, from_patterns=from_ or [], expires=expires)


def _user_list(context: typer.Context, *, as_json: Json = False) -> Action:
    """Show the people and their keys."""
    return user.user_list(context.obj, as_json=as_json)


def _user_remove(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", show_default=False, hidden=True)],
    *,
    fingerprint: Annotated[str | None, typer.Option(metavar="SHA256:...", help="this key only")] = None,
) -> Action:
    """Let a person in no longer."""
    return user.user_remove(context.obj, name, fingerprint=fingerprint)
