"""Work that would hold up the daemon, done in a process of its own: one request on stdin, one JSON answer on stdout."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from batmon.errors import BatmonError, EvidenceError, Sentence
from batmon.refusals import because


async def ask_apart(
    module: str, request: bytes, *, what: str, seconds: float, most_bytes: int, hint: str
) -> dict[str, Any]:
    """What ``python -m module`` answers to ``request``; ``what`` names the work, as in "the comparison".

    Raises:
        EvidenceError: it could not do it, or takes longer than ``seconds`` (``hint`` says what to do then).
    """
    try:
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", module, limit=most_bytes, stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
    except OSError as error:
        raise EvidenceError(because("not-started", what=what, why=error.strerror or error)) from error
    try:
        async with asyncio.timeout(seconds):
            said, _ = await child.communicate(request)
    except TimeoutError:
        raise EvidenceError(because("too-slow", what=what, hint=hint)) from None
    finally:
        with suppress(ProcessLookupError):
            child.kill()
        await child.wait()
    if not said.endswith(b"\n"):
        raise EvidenceError(because("no-answer-of", what=what))
    answer: dict[str, Any] = json.loads(said)
    if "wrong" in answer:
        raise EvidenceError(Sentence(*answer["wrong"]))
    return answer


def answer_apart(answer: Callable[[], dict[str, Any]], *, seconds: float) -> None:
    """The other end: say what ``answer`` gives, or what is wrong; end in any case after twice ``seconds``."""
    if hasattr(signal, "setitimer"):  # the system ends this process then: a parent that was killed cannot
        signal.setitimer(signal.ITIMER_REAL, 2 * seconds)
    try:
        found = answer()
    except BatmonError as error:
        found = {"wrong": error.sentence.parts()}
    with suppress(BrokenPipeError):
        sys.stdout.write(json.dumps(found) + "\n")
        sys.stdout.flush()
