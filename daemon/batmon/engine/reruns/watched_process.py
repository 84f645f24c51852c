"""Waiting for the end of a process that is not our child: the operating system only answers when asked."""

from __future__ import annotations

import asyncio

from batmon.evidence.processes import ProcessIdentity, is_alive

ASK_EVERY_SEC = 0.25


async def gone(process: ProcessIdentity | None) -> None:
    """Return once that very process has ended; at once for None."""
    while process is not None and is_alive(process):  # noqa: ASYNC110 - there is no event: the system is asked
        await asyncio.sleep(ASK_EVERY_SEC)
