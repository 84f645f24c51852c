"""Whose runs have changed and must be looked at: at once where that is rare, now and then where it goes on and on."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

SHORTEST_REST_SEC, LONGEST_REST_SEC = 0.1, 2.0
"""How long a bot is left alone after it was looked at; doubled each time that it was told of meanwhile."""
MOST_RESTS = 1000


@dataclass(slots=True)
class _Rest:
    """The last look at a bot: until when it is left alone after it, by the loop's clock, and how long that was."""

    until: float
    length: float


class Told:
    """Bots whose runs somebody wrote; each waits once, however often it was told."""

    def __init__(self) -> None:
        self.some = asyncio.Event()
        self._waiting: dict[str, float] = {}
        """By bot: since when, by the loop's clock."""
        self._rests: dict[str, _Rest] = {}

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def tell(self, bot: str) -> None:
        """Rows of ``bot`` have changed."""
        if bot not in self._waiting:
            self._waiting[bot] = asyncio.get_running_loop().time()
            self.some.set()

    async def next(self) -> str:
        """The next to be looked at; what is written from now on must be told again. Waits until one may be."""
        while True:
            now = asyncio.get_running_loop().time()
            first: float | None = None
            for bot, since in self._waiting.items():
                rest = self._rests.get(bot)
                if rest is None or rest.until <= now:
                    del self._waiting[bot]
                    busy = rest is not None and since < rest.until
                    self._begin_rest(
                        bot, now, min(2 * rest.length, LONGEST_REST_SEC) if rest and busy else SHORTEST_REST_SEC
                    )
                    return bot
                first = rest.until if first is None else min(first, rest.until)
            self.some.clear()
            try:
                async with asyncio.timeout(None if first is None else first - now):
                    await self.some.wait()
            except TimeoutError:
                pass  # one has rested

    def _begin_rest(self, bot: str, now: float, length: float) -> None:
        if len(self._rests) > MOST_RESTS:
            self._rests = {name: rest for name, rest in self._rests.items() if rest.until > now}
        self._rests[bot] = _Rest(now + length, length)
