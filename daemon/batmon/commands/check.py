"""``batmon check [PROGRAM...]`` in the ordinary way: over SSH, on Windows, and for calls out of the ordinary."""

from __future__ import annotations

import asyncio
from typing import Any

from batmon.commands.quick_check import UNKNOWN, unanswered
from batmon.commands.session import Session
from batmon.errors import BatmonError


async def check(session: Session, programs: list[str], *, as_json: bool, seconds: float, language: str | None) -> int:
    """Print the verdict of ``programs``, or of all, within ``seconds``; the plug-in's exit code."""
    try:
        async with asyncio.timeout(seconds):
            gate = await session.gate()
            args: dict[str, Any] = {"language": language or "en"}
            if programs:
                args["programs"] = programs
            found = await gate.request("check", **args)
    except TimeoutError:
        return unknown(session, f"the daemon did not answer within {seconds:g} s", as_json=as_json)
    except BatmonError as error:
        return unknown(session, str(error), as_json=as_json)
    text, code = str(found.pop("text")), int(found.pop("exit"))
    if as_json:
        session.out_json(found)
    else:
        session.out(text)
    return code


def unknown(session: Session, reason: str, *, as_json: bool) -> int:
    """Print that nothing is known, and why, in one line; the exit code for it."""
    first, *others = reason.splitlines() or [""]
    reason = f"{first} (and {len(others)} more)" if others else first
    if as_json:
        session.out_json(unanswered(reason))
    else:
        session.out("BATMON UNKNOWN - " + " ".join(reason.split()))
    return UNKNOWN
