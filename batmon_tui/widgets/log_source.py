"""Where the log view's lines come from: the gate's log verbs, asked again when the daemon was lost and is back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, Literal

from batmon.errors import DaemonUnreachable
from batmon.gate.client import GateClient
from batmon_tui.widgets.log_search import Sought

RETRY_SEC = 1.0

Direction = Literal["forward", "back"]
Item = dict[str, Any]


class LogSource:
    """One program's logs, or with an empty name those of all.

    ``gate`` gives the connection or raises DaemonUnreachable: then it is asked again.
    """

    def __init__(self, program: str, gate: Callable[[], Awaitable[GateClient]]) -> None:
        self.program = program
        self.timezone = "UTC"
        self._about: Item = {"program": program} if program else {}
        self._gate = gate

    async def files(self) -> list[Item]:
        """The program's log files, newest first."""
        found: list[Item] = (await self._ask("log.files"))["files"]
        return found

    async def page(self, **args: Any) -> Item:
        """A page, as ``log.read``."""
        return await self._ask("log.read", **args)

    async def merged(self, **args: Any) -> Item:
        """A page of several programs, as ``log.merged``."""
        return await self._ask("log.merged", **args)

    async def find(
        self, path: str, sought: Sought, start: int, direction: Direction, progress: Callable[[float], None]
    ) -> Item | None:
        """The nearest ``line`` that is sought and its ``runs``, as ``log.find`` ends; None for no line."""
        args = {"path": path, "from": start, "direction": direction, **sought.args()}
        while True:
            try:
                gate = await self._there()
                async with gate.stream("log.find", program=self.program, **args) as items:
                    async for item in items:
                        progress(item["progress"])
            except DaemonUnreachable:
                await asyncio.sleep(RETRY_SEC)
            else:
                return items.result if items.result and items.result["line"] else None

    async def matches(
        self, path: str, sought: Sought, start: int, direction: Direction, progress: Callable[[float], None]
    ) -> AsyncIterator[Item]:
        """All that is found from ``start`` on, one after the other."""
        while (hit := await self.find(path, sought, start, direction, progress)) is not None:
            yield hit
            line = hit["line"]
            start = line["end"] if direction == "forward" else line["offset"]

    async def histogram(
        self, start: datetime, end: datetime, buckets: int, progress: Callable[[float], None], **which: Any
    ) -> list[Item]:
        """The buckets of ``log.histogram`` from ``start`` until ``end``; ``which`` names a path or other programs."""
        span = {"start": start.isoformat(), "end": (end - timedelta(seconds=1)).isoformat(), "buckets": buckets}
        while True:
            try:
                gate = await self._there()
                async with gate.stream("log.histogram", **self._about, **span, **which) as items:
                    async for item in items:
                        progress(item["progress"])
            except DaemonUnreachable:
                await asyncio.sleep(RETRY_SEC)
            else:
                found: list[Item] = (items.result or {})["buckets"]
                return found

    async def follow(self, path: str, start: int) -> AsyncIterator[Item]:
        """The items of ``log.follow``, without end; after a loss it goes on where it was."""
        while True:
            try:
                gate = await self._there()
                async with gate.stream("log.follow", program=self.program, path=path, **{"from": start}) as items:
                    async for item in items:
                        if item.get("lines"):
                            start = item["lines"][-1]["end"]
                        elif "rotated" in item:
                            path, start = item["rotated"]["path"], 0
                        yield item
            except DaemonUnreachable:
                await asyncio.sleep(RETRY_SEC)

    async def _ask(self, verb: str, **args: Any) -> Item:
        while True:
            try:
                gate = await self._there()
                return await gate.request(verb, **self._about, **args)
            except DaemonUnreachable:
                await asyncio.sleep(RETRY_SEC)

    async def _there(self) -> GateClient:
        gate = await self._gate()
        self.timezone = str(gate.hello.get("timezone") or "UTC")
        return gate
