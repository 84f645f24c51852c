"""Searches by regular expression in a process of its own.

``re`` cannot be interrupted and holds the interpreter's lock: one unlucky expression would stop the whole daemon, and
even compiling one can take seconds. A child can be killed; one whose parent is gone ends by itself.
Run as ``python -m batmon.evidence.regex_find``: one JSON request on stdin, JSON lines on stdout.
"""

from __future__ import annotations

import json
import queue
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from batmon.errors import BadRequest, EvidenceError, Sentence
from batmon.evidence.find import Direction, Needle, Progress, find_by_line
from batmon.evidence.lines import RawLine
from batmon.evidence.opening import open_log
from batmon.evidence.read import SHOWN_CHARS, open_text
from batmon.evidence.unpacked import as_child, for_child
from batmon.refusals import because

_SILENCE_SEC = 10.0
"""A child that says nothing for so long is stuck in the expression: a MiB takes a tenth of a second."""

_ASK_STOP_SEC = 0.1


def find_regex(
    path: str | Path,
    *,
    needle: Needle,
    from_offset: int,
    direction: Direction,
    encoding: str,
    progress: Progress | None,
    should_stop: Callable[[], bool] | None,
) -> RawLine | None:
    """As ``find`` for ``needle.regex``, over the first 4,096 characters of each line.

    Raises:
        BadRequest: the expression is wrong.
        EvidenceError: the file cannot be read, or the expression takes more than 10 s for a MiB.
    """
    request = {
        "path": str(path), "regex": needle.regex, "ignore_case": needle.ignore_case, "from": from_offset,
        "direction": direction, "encoding": encoding, "orphan_sec": 2 * _SILENCE_SEC, "unpacked": for_child(),
    }  # fmt: skip
    open_log(path).close()  # a compressed log is unpacked here: the child must not be silent so long
    child = subprocess.Popen(  # noqa: S603 - our own module, the request goes through stdin
        [sys.executable, "-P", "-m", __name__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    if child.stdin is None or child.stdout is None:
        raise AssertionError("both were asked for")
    said: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
    listener = threading.Thread(target=_listen, args=(child.stdout, said), name="batmon-regex", daemon=True)
    with child:
        listener.start()
        try:
            _send(child.stdin, request)
            return _answer(said, needle.regex, progress, should_stop)
        finally:
            child.kill()
            listener.join()


def _send(stdin: IO[bytes], request: dict[str, Any]) -> None:
    try:
        stdin.write(json.dumps(request).encode() + b"\n")
        stdin.flush()
    except OSError as error:
        raise EvidenceError(because("search-not-started", why=error.strerror or error)) from error


def _answer(
    said: queue.SimpleQueue[dict[str, Any] | None],
    regex: str,
    progress: Progress | None,
    should_stop: Callable[[], bool] | None,
) -> RawLine | None:
    silent = 0.0
    while silent < _SILENCE_SEC:
        if should_stop is not None and should_stop():
            return None
        try:
            message = said.get(timeout=_ASK_STOP_SEC)
        except queue.Empty:
            silent += _ASK_STOP_SEC
            continue
        silent = 0.0
        if message is None:
            raise EvidenceError(because("search-ended"))
        if "wrong" in message:
            raise BadRequest(because("bad-regex", regex=regex, why=message["wrong"]))
        if "error" in message:
            raise EvidenceError(Sentence(*message["error"]))
        if "line" in message:
            return RawLine(*message["line"]) if message["line"] is not None else None
        if progress is not None:
            progress(message["progress"])
    raise EvidenceError(because("slow-regex", regex=regex))


def _listen(stdout: IO[bytes], said: queue.SimpleQueue[dict[str, Any] | None]) -> None:
    for line in stdout:
        if line.endswith(b"\n"):  # a child that was killed may leave half a line
            said.put(json.loads(line))
    said.put(None)


def _end_within(seconds: float) -> None:
    """Have the system end this process then, unless told anew: a parent that was killed cannot."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds)


def main() -> None:
    """Answer one request."""
    request = json.loads(sys.stdin.readline())

    def say(message: dict[str, Any]) -> None:
        _end_within(request["orphan_sec"])
        sys.stdout.write(json.dumps(message) + "\n")
        sys.stdout.flush()

    _end_within(request["orphan_sec"])
    as_child(request["unpacked"])
    try:
        pattern = re.compile(request["regex"], re.IGNORECASE if request["ignore_case"] else 0)
    except (re.error, RecursionError, OverflowError) as error:
        say({"wrong": str(error)})
        return
    try:
        with open_text(request["path"], request["encoding"]) as text:
            line = find_by_line(
                text, request["from"], request["direction"], lambda whole: pattern.search(whole[:SHOWN_CHARS]) is not
                None, lambda part: say({"progress": part}),
            )  # fmt: skip
        say({"line": line})
    except EvidenceError as error:
        say({"error": error.sentence.parts()})


if __name__ == "__main__":
    main()
