"""The command line's grammar: words and options -> which verb to await. One grammar here and over SSH.

A command does nothing but return a coroutine; the command line runs it, the console process awaits it. Only what makes
sense from afar exists over SSH, and there nothing of the server's files, environment or terminal can be named.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import logging
import sys
from collections.abc import Coroutine
from typing import Annotated, Any

import typer

from batmon.commands import check, quick_check
from batmon.commands.grouped_help import GroupedHelp
from batmon.commands.local_session import LocalSession, Places
from batmon.commands.machine import add_machine_commands
from batmon.commands.session import DONE, FAILED, WRONG_USAGE, Session, tell_error
from batmon.commands.verbs import add_verbs
from batmon.errors import BadRequest, BatmonError

log = logging.getLogger(__name__)

_HELP = "Operations console for batch work: what should have run, what did, and why not."
TWICE = """\n  over SSH quotes count twice: ssh ... 'job pause NAME --why "several words"'"""
_GLOBAL = ("--config", "--state", "--language")
_OWN_LANGUAGE = (("report", "generate"), ("report", "send"), ("report", "schedule", "add"))
"""Verbs whose ``--language`` is that of what they make."""


def run(arguments: list[str]) -> int:
    """Run one command line; its exit code. Every error is one sentence on standard error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    session = LocalSession()
    if session.environ.get("BATMON_DEBUG"):
        logging.basicConfig(level=logging.DEBUG)
    else:
        logging.getLogger("batmon").addHandler(logging.NullHandler())  # a person reads sentences; a daemon logs
    try:
        action = _understood(_grammar(remote=False), _globals_first(arguments), session)
        return action if isinstance(action, int) else asyncio.run(_local(action, session))
    except BrokenPipeError:
        raise
    except Exception as error:  # noqa: BLE001 - no traceback reaches a user
        with contextlib.suppress(BatmonError):  # nothing can be told: the output itself is full
            return _said(session, error, arguments)
        return quick_check.UNKNOWN if _is_check(arguments) else FAILED


async def run_remote(arguments: list[str], session: Session) -> int:
    """Run one verb for somebody at the other end of an SSH channel; its exit code."""
    try:
        said = io.StringIO()
        with contextlib.redirect_stdout(said):  # help is printed while parsing, which never gives up the loop
            action = _understood(_grammar(remote=True), arguments, session)
        if said.getvalue():
            session.out(said.getvalue(), end="")
        return action if isinstance(action, int) else await action
    except (BrokenPipeError, ConnectionError):
        raise
    except Exception as error:  # noqa: BLE001 - one verb's failure must not end the console process
        return _said(session, error, arguments)


def _grammar(*, remote: bool) -> typer.Typer:
    app = typer.Typer(
        name="batmon",
        cls=GroupedHelp,
        help=_HELP,
        add_completion=False,
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    if remote:
        app.callback()(_nothing)
    else:
        app.callback()(_places)
    add_verbs(app)
    if not remote:
        add_machine_commands(app)
    return app


def _nothing() -> None:
    """Over SSH there are no options before the verb: everything is where the server has it."""


def _places(
    context: typer.Context,
    config: Annotated[str | None, typer.Option(metavar="FILE", help="config.toml to use [env: BATMON_CONFIG]")] = None,
    state: Annotated[str | None, typer.Option(metavar="DIR", help="state folder [env: BATMON_STATE]")] = None,
    language: Annotated[str | None, typer.Option(metavar="auto|ko|en", help="language [env: BATMON_LANGUAGE]")] = None,
    *,
    version: Annotated[
        bool,
        typer.Option("--version", help="show the version", is_eager=True, callback=lambda asked: _version(asked=asked)),
    ] = False,
) -> None:
    del version  # answered by its callback
    if language not in (None, "auto", "ko", "en"):
        raise typer.BadParameter("auto, ko or en", param_hint="--language")
    context.obj.use(Places(config, state, language))


def _version(*, asked: bool) -> None:
    if asked:
        from batmon import __version__  # noqa: PLC0415 - beside its only use

        typer.echo(f"batmon {__version__}")
        raise typer.Exit


def _understood(app: typer.Typer, arguments: list[str], session: Session) -> int | Coroutine[Any, Any, int]:
    """The coroutine to await, or the exit code if everything has been said already."""
    command = typer.main.get_command(app)
    result = command.main(arguments, prog_name="batmon", standalone_mode=False, obj=session)
    return result if isinstance(result, Coroutine) else int(result or DONE)


async def _local(action: Coroutine[Any, Any, int], session: LocalSession) -> int:
    try:
        return await action
    finally:
        await session.close()


def _said(session: Session, error: Exception, arguments: list[str]) -> int:
    """Tell an error to whoever typed the line; the exit code for it, which for a plug-in is always UNKNOWN."""
    code = _explained(session, error)
    if not _is_check(arguments):
        return code
    reason = error.format_message() if hasattr(error, "format_message") else str(error)
    return check.unknown(session, reason, as_json="--json" in arguments)


def _is_check(arguments: list[str]) -> bool:
    words = iter(arguments)
    for word in words:
        if word in _GLOBAL:
            next(words, None)
        elif not word.startswith("-"):
            return word == "check"
    return False


def _explained(session: Session, error: Exception) -> int:
    words = getattr(error, "format_message", None)  # the grammar's own errors
    if words is not None:
        context = getattr(error, "ctx", None)
        usage = "" if context is None else f"{context.get_usage()}\n"
        message = words().replace("Value error, ", "")
        quotes = "" if isinstance(session, LocalSession) or "extra argument" not in message else TWICE
        session.err(message if message.startswith("Usage:") else f"{usage}batmon: {message}{quotes}")
        return WRONG_USAGE
    if isinstance(error, BatmonError):
        tell_error(session, error)
        return WRONG_USAGE if isinstance(error, BadRequest) else FAILED
    log.error("a command failed", exc_info=error)
    if isinstance(error, OSError) and error.strerror:
        session.err(f"batmon: {f'{error.filename}: ' if error.filename else ''}{error.strerror}")
        return FAILED
    hint = "\n  BATMON_DEBUG=1 shows where" if isinstance(session, LocalSession) else ""
    session.err(f"batmon: internal error: {type(error).__name__}: {error}{hint}")
    return FAILED


def _globals_first(arguments: list[str]) -> list[str]:
    """The same line with the global options before the verb, so that they may be typed anywhere before ``--``.

    A verb's own option of that name stays where it is.
    """
    first: list[str] = []
    others: list[str] = []
    waiting = iter(arguments)
    for word in waiting:
        if word == "--":
            return [*first, *others, word, *waiting]
        if word.partition("=")[0] == "--language" and any(tuple(others[: len(one)]) == one for one in _OWN_LANGUAGE):
            others.append(word)
        elif word.partition("=")[0] in _GLOBAL and "=" in word:
            first.append(word)
        elif word in _GLOBAL:
            first += [word, *([value] if (value := next(waiting, None)) is not None else [])]
        else:
            others.append(word)
    return first + others
