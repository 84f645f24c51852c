"""Searches in a process of its own, where ``re`` may be stuck or lines are looked at one by one.

``re`` cannot be interrupted and holds the interpreter's lock. A child can be killed; one whose parent is gone ends by
itself. Run as ``python -m batmon.evidence.search_process``: one JSON request on stdin, JSON lines on stdout.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import threading
from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime
from typing import Any

from batmon.errors import BadRequest, BatmonError, EvidenceError, Sentence
from batmon.evidence.discover import Found
from batmon.evidence.search import Hit, Report, SearchFile, search
from batmon.evidence.search_wanted import Wanted
from batmon.evidence.unpacked import as_child, for_child
from batmon.refusals import because

_SILENCE_SEC = 10.0
"""A child that says nothing for so long is stuck in the expression: a MiB takes a tenth of a second."""

_ALIVE_SEC = 2.0
"""A child says so often that it is at work: an archive of some GiB takes longer than the silence."""

_LINE_BYTES = 4 << 20
"""A report's line holds some 70,000 characters, each of up to twelve bytes."""


async def search_apart(
    files: Sequence[SearchFile], wanted: Wanted, *, limit: int, since: datetime | None, until: datetime | None
) -> AsyncGenerator[Report]:
    """As ``search``, in a process that ends with the iteration: close it.

    Raises:
        BadRequest: the regular expression is wrong.
        EvidenceError: it takes more than 10 s for a MiB, or the process could not be started.
    """
    request = {
        "files": [[list(_plain(file.found)), file.encoding, file.timezone, file.timestamp_format] for file in files],
        "wanted": asdict(wanted), "limit": limit, "orphan_sec": 2 * _SILENCE_SEC,
        "unpacked": for_child(),
        "since": since and since.isoformat(), "until": until and until.isoformat(),
    }  # fmt: skip
    try:
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", __name__, limit=_LINE_BYTES, stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
    except OSError as error:
        raise EvidenceError(because("search-not-started", why=error.strerror or error)) from error
    try:
        async for report in _reports(child, request, wanted):
            yield report
    finally:
        with suppress(ProcessLookupError):
            child.kill()
        await child.wait()


async def _reports(
    child: asyncio.subprocess.Process, request: dict[str, Any], wanted: Wanted
) -> AsyncGenerator[Report]:
    if child.stdin is None or child.stdout is None:
        raise AssertionError("both were asked for")
    with suppress(ConnectionError):  # then it says nothing either
        child.stdin.write(json.dumps(request).encode() + b"\n")
        await child.stdin.drain()
    while True:
        try:
            async with asyncio.timeout(_SILENCE_SEC):
                line = await child.stdout.readline()
        except TimeoutError:
            raise EvidenceError(because("slow-regex", regex=wanted.pattern)) from None
        if not line.endswith(b"\n"):
            raise EvidenceError(because("search-ended"))
        said = json.loads(line)
        if "alive" in said:
            continue
        if "wrong" in said:
            raise BadRequest(Sentence(*said["wrong"]))
        if "end" in said:
            return
        hits = [_hit(values) for values in said["hits"]]
        unreadable = [(path, why) for path, why in said["unreadable"]]
        yield Report(hits, said["files_done"], said["bytes_done"], unreadable, said["more"])


def _plain(found: Found) -> tuple[str, tuple[int, int], int, int]:
    return found.path, found.identity, found.size, found.mtime_ns


def _hit(values: list[Any]) -> Hit:
    file, offset, end, text, cut, level, time, spans = values
    when = datetime.fromisoformat(time) if time else None
    return Hit(file, offset, end, text, cut, level, when, tuple((start, stop) for start, stop in spans))


def _end_within(seconds: float) -> None:
    """Have the system end this process then, unless told anew (0: never): a parent that was killed cannot."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds)


def main() -> None:
    """Answer one request."""
    request = json.loads(sys.stdin.readline())
    orphan_sec = request["orphan_sec"]

    saying = threading.Lock()

    def say(message: dict[str, Any]) -> None:
        with saying:
            _end_within(0)  # whoever reads may take long; one who is gone breaks the pipe
            sys.stdout.write(json.dumps(message, default=datetime.isoformat) + "\n")
            sys.stdout.flush()
            _end_within(orphan_sec)

    def live() -> None:
        """Say that an archive is being unpacked; an expression that is stuck lets no other thread say anything."""
        with suppress(BrokenPipeError):
            while not over.wait(_ALIVE_SEC):
                say({"alive": True})

    _end_within(orphan_sec)
    as_child(request["unpacked"])
    over = threading.Event()
    threading.Thread(target=live, name="alive", daemon=True).start()
    files = [
        SearchFile(Found(path, (identity[0], identity[1]), size, mtime), *how)
        for (path, identity, size, mtime), *how in request["files"]
    ]
    since, until = (request[key] and datetime.fromisoformat(request[key]) for key in ("since", "until"))
    try:
        wanted = Wanted(**request["wanted"])
        for report in search(files, wanted, limit=request["limit"], since=since, until=until):
            say(asdict(report))
    except BatmonError as error:
        say({"wrong": error.sentence.parts()})
    else:
        say({"end": True})
    finally:
        over.set()


if __name__ == "__main__":
    with suppress(BrokenPipeError):
        main()
