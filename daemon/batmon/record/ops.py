"""The operations of the record protocol (docs/recording.md) as plain JSON values; the checks of what a program gives.

What is wrong in a program's call is a ``ValueError`` that says what, where and what to do. Texts that are too long are
cut, never refused: a run must not stay unrecorded because its message was long. Times are ISO 8601 with an offset.
"""

from __future__ import annotations

import operator
import os
import sys
from datetime import UTC, datetime, timedelta
from functools import cache

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Op = dict[str, Any]
    """One operation, ``{"op": "start" | "item" | "end" | "beat", ...}``."""

LONGEST_BOT_NAME = 50
LONGEST_TASK_NAME = 100
LONGEST_ACCOUNT = 500
LONGEST_MESSAGE = 8_000
LONGEST_ERROR = 100_000
"""Characters. In JSON the whole operation stays below the protocol's 1 MiB a line, however they are escaped."""

LARGEST_COUNT = 2**31 - 1

SUCCEEDED = frozenset({"SUCCESS", "SUCCEEDED", "OK", "COMPLETED", "DONE", "성공", "완료", "정상"})
FAILED = frozenset({"FAILED", "FAILURE", "FAIL", "ERROR", "STOPPED", "CANCELLED", "실패"})
"""The status words of an end, as ``batmon.model.run_status`` reads them."""


def started(
    run_id: str,
    bot: str,
    task: str,
    at: datetime,
    *,
    pid: int | None,
    process_started: float | None,
    beats: bool = False,
) -> Op:
    """A run has begun, in process ``pid`` of this machine if it is known which."""
    op = {
        "op": "start",
        "run_id": run_id,
        "bot_name": bot,
        "task_name": task,
        "start_time": at.isoformat(),
        "node": node(),
        "pid": pid,
        "process_started": process_started,
        "cwd": _working_folder(),
        "started_by": _user(),
    }
    if beats:
        op["beats"] = True
    return op


def item(
    run_id: str,
    account: str,
    *,
    processed: int,
    failed: int,
    error: str,
    started_at: datetime,
    ended_at: datetime,
) -> Op:
    """How an account of a run stands, in absolute counts."""
    return {
        "op": "item",
        "run_id": run_id,
        "account": account,
        "processed": processed,
        "failed": failed,
        "error": error,
        "started_at": started_at.isoformat(),
        "ended_at": ended_at.isoformat(),
    }


def ended(
    run: str | int,
    status: str,
    at: datetime,
    *,
    message: str,
    error_details: str,
    processed_count: int | None,
    exit_code: int | None = None,
    begun: tuple[str, str, datetime] | None = None,
) -> Op:
    """A run (its UUID, or its ``log_id``) has ended; ``begun`` is its bot, task and start, if they are known here."""
    op: Op = {
        "op": "end",
        "status": status,
        "message": message,
        "error_details": error_details,
        "processed_count": processed_count,
        "end_time": at.isoformat(),
        "exit_code": exit_code,
    }
    op["log_id" if isinstance(run, int) else "run_id"] = run
    if begun is not None:
        op["bot_name"], op["task_name"] = begun[:2]
        op["start_time"] = begun[2].isoformat()
        op["node"] = node()
    return op


def new_run_id() -> str:
    """A random UUID (RFC 9562, version 4) as text."""
    drawn = bytearray(os.urandom(16))
    drawn[6] = drawn[6] & 0x0F | 0x40
    drawn[8] = drawn[8] & 0x3F | 0x80
    digits = drawn.hex()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def now(after: datetime | None = None) -> datetime:
    """This moment in UTC; never before, nor at, the moment ``after``, even where somebody sets the clock back."""
    moment = datetime.now(UTC)
    return moment if after is None or moment > after else after + timedelta(microseconds=1)


def bot_name(value: object) -> str:
    """The name, if a bot may have it.

    Raises:
        ValueError: it may not.
    """
    name = "" if value is None else str(value).strip()
    if not name:
        raise ValueError(
            'a run needs the name of its bot: RunLog("Invoice_Bot", "Daily"), or start_log(bot_name, task_name)'
        )
    if len(name) > LONGEST_BOT_NAME:
        raise ValueError(
            f"bot_name {name[:20]!r}... has {len(name)} characters: at most {LONGEST_BOT_NAME} are allowed"
        )
    if not name.isprintable() or "/" in name:
        raise ValueError(f"bot_name {name!r}: printable characters without '/' are allowed")
    return name


def task_name(value: object) -> str:
    """The name of a task, cut to what the table holds; it may be empty."""
    return _cut(text("" if value is None else value).strip(), LONGEST_TASK_NAME)


def account(value: object) -> str:
    """The name of an item.

    Raises:
        ValueError: it is empty or too long.
    """
    name = text("" if value is None else value).strip()
    if not name:
        raise ValueError("an item needs the name of its account (or file, or page)")
    if len(name) > LONGEST_ACCOUNT:
        raise ValueError(f"account {name[:20]!r}... has {len(name)} characters: at most {LONGEST_ACCOUNT}")
    return name


def status(value: object) -> str:
    """The status word of an end, as it was given.

    Raises:
        ValueError: no such word is known.
    """
    word = str(value).strip()
    if word.upper() not in SUCCEEDED | FAILED:
        raise ValueError(f"status {word[:40]!r} is not known for a run that ends: use 'SUCCESS' or 'FAILED'")
    return word


def count(value: object, what: str) -> int:
    """A number of things.

    Raises:
        ValueError: it is none, or negative, or more than the table holds.
    """
    try:
        number = operator.index(value)  # type: ignore[arg-type] # what is no number raises
    except TypeError:
        raise ValueError(f"{what} must be a whole number, not {value!r}") from None
    if not 0 <= number <= LARGEST_COUNT:
        raise ValueError(f"{what} must be between 0 and {LARGEST_COUNT}, not {number}")
    return number


def run_key(value: object) -> str | int:
    """The run that a ``log_id`` names: a UUID as text, or the number that the table gave.

    Raises:
        ValueError: it is neither.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    word = str(value).strip()
    if word.isascii() and word.isdigit():
        return int(word)
    import uuid  # noqa: PLC0415 - 7 ms that only an id from outside needs

    try:
        return str(uuid.UUID(word))
    except ValueError:
        raise ValueError(
            f"log_id {word[:60]!r} is neither what start_log gave nor a number of rpa_execution_logs"
        ) from None


def message(value: object) -> str:
    """A run's summary, or what was wrong with an item; its end is cut off when it is too long."""
    if isinstance(value, BaseException):
        value = said(value)
    return _cut(text("" if value is None else value), LONGEST_MESSAGE)


def error_details(value: object) -> str:
    """What went wrong: a text, or an exception with its traceback. The beginning is cut off when it is too long."""
    if isinstance(value, BaseException):
        value = traceback_of(value)
    words = text("" if value is None else value)
    if len(words) <= LONGEST_ERROR:
        return words
    note = f"... {len(words) - LONGEST_ERROR} characters left out ...\n"
    return note + words[len(words) - LONGEST_ERROR + len(note) :]


def exit_code(code: int) -> int:
    """What the process's parent sees of a code that was given to ``sys.exit``, signed where it is a Windows code."""
    if os.name != "nt":
        return code & 0xFF
    return ((code & 0xFFFFFFFF) ^ 0x80000000) - 0x80000000


def traceback_of(error: BaseException) -> str:
    """The traceback as Python prints it."""
    import traceback  # noqa: PLC0415 - 8 ms that only a failure needs

    try:
        return "".join(traceback.format_exception(error))
    except Exception:  # noqa: BLE001 - an exception that cannot even be printed is a failure still
        return f"{type(error).__qualname__} (its text cannot be printed)"


def said(error: BaseException) -> str:
    """The exception as one line."""
    words = " ".join(text(error).split())
    return f"{type(error).__name__}: {words}" if words else type(error).__name__


def text(value: object) -> str:
    """The text of anything, such that JSON and Postgres take it: NUL and lone surrogates are written as escapes."""
    if isinstance(value, bytes):
        value = value.decode(errors="backslashreplace")
    try:
        words = str(value)
    except Exception:  # noqa: BLE001 - somebody's __str__ must not end somebody's program
        words = object.__repr__(value)
    if "\0" in words:
        words = words.replace("\0", "\\x00")
    return words if words.isascii() else words.encode("utf-8", "backslashreplace").decode()


def _cut(words: str, most: int) -> str:
    return words if len(words) <= most else words[: most - 1] + "…"


def node() -> str:
    """This machine's name without its domain, as the daemon calls a node that its configuration does not name."""
    name = os.uname().nodename if hasattr(os, "uname") else os.environ.get("COMPUTERNAME", "")
    return name.partition(".")[0] or "localhost"


def _working_folder() -> str:
    try:
        return text(os.getcwd())
    except OSError:  # it was deleted
        return ""


@cache
def _user() -> str:
    """Who runs this process; asked once, because a directory service may be slow."""
    for name in ("USER", "LOGNAME", "USERNAME"):
        if os.environ.get(name):
            return text(os.environ[name])
    if sys.platform == "win32":
        return ""
    import pwd  # noqa: PLC0415 - there is none on Windows

    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid:{os.getuid()}"
