"""One preview: the request as JSON in the first argument, the file on standard input, the answer on standard output."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
from collections.abc import Callable
from typing import Any, BinaryIO, NoReturn

from batmon.previews.archive import TooLong, archive
from batmon.previews.cells import CannotShow, Request
from batmon.previews.json_tree import NotJson, json_tree

MEMORY_BYTES = 768 << 20
CPU_SEC = 10
ALARM_SEC = 6
"""After so long a preview gives what it has, or gives up; the caller ends it a little later."""


def shown(file: BinaryIO, request: Request) -> dict[str, Any]:
    """The preview; each kind imports what it needs."""
    show: Callable[[BinaryIO, Request], dict[str, Any]]
    match request.kind, request.format:
        case "table", "csv":
            from batmon.previews.csv_table import csv_table as show  # noqa: PLC0415 - a process shows one kind
        case "table", "xlsx":
            from batmon.previews.workbook import workbook as show  # noqa: PLC0415 - as above
        case "json", _:
            show = json_tree
        case "image", _:
            from batmon.previews.picture import picture as show  # noqa: PLC0415 - as above
        case "database", _:
            from batmon.previews.database import database as show  # noqa: PLC0415 - as above
        case "archive", _:
            show = archive
        case "packed", _:
            from batmon.previews.packed_text import packed_text as show  # noqa: PLC0415 - as above
        case _:
            raise CannotShow(f"there is no preview of the kind {request.kind}")
    return show(file, request)


def limit() -> None:
    """Bound this process: memory, time, no new files, little of a busy machine.

    Where the system has no such limits, the caller's deadline remains.
    """
    try:
        import resource  # noqa: PLC0415 - not on Windows
    except ImportError:
        return
    for which, most in (
        (resource.RLIMIT_AS, MEMORY_BYTES), (resource.RLIMIT_CPU, CPU_SEC), (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0), (resource.RLIMIT_NOFILE, 64),
    ):  # fmt: skip
        with contextlib.suppress(ValueError, OSError):  # a stricter limit holds already
            resource.setrlimit(which, (most, most))
    os.nice(10)
    signal.signal(signal.SIGALRM, _too_long)
    signal.alarm(ALARM_SEC)


def _too_long(*_: object) -> NoReturn:
    raise TooLong


def main() -> int:
    """Print the preview, ``{"problem": ...}`` or ``{"why": ...}``; the exit code is 0 for all of them."""
    limit()
    request = Request(**json.loads(sys.argv[1]))
    sys.setrecursionlimit(2000)
    try:
        with open(0, "rb", closefd=False) as file:
            answer = shown(file, request)
        text = json.dumps(answer, allow_nan=False)
    except NotJson as error:
        text = json.dumps({"problem": error.problem})
    except CannotShow as error:
        text = json.dumps({"why": str(error)})
    except TooLong:
        text = json.dumps({"why": "it takes too long to show"})
    except MemoryError:
        text = json.dumps({"why": "it takes too much memory to show"})
    except Exception as error:  # noqa: BLE001 - a parser's own error for a hostile file: its name says what it is
        text = json.dumps({"why": f"it is damaged: {type(error).__name__}: {error}"[:300]})
    sys.stdout.write(text)
    sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
