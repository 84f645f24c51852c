"""What the daemon answers at the gate about savings: the hours that people were spared in a month, by bot."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from batmon.engine.statistics.answers import ASKING, WAITING
from batmon.errors import BadRequest
from batmon.gate.verbs import Caller, Verb
from batmon.model import Role
from batmon.refusals import because
from batmon.store import Store

_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])", re.ASCII)
FIRST_YEAR, LAST_YEAR = 1970, 9998
MOST = 1000
"""Bots in one answer; those that were spared least are left out."""


class SavingsAnswers:
    """The verb ``savings``. ``timezone`` is that of the people here: it says which month is this one.

    ``settle`` has what runs came to counted up to now.
    """

    def __init__(
        self,
        *,
        store: Store,
        settle: Callable[[], Awaitable[object]],
        timezone: Callable[[], str],
        now: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._settle = settle
        self._timezone = timezone
        self._now = now
        self._waiting = asyncio.Semaphore(WAITING)
        self._asking = asyncio.Semaphore(ASKING)

    def verbs(self) -> dict[str, Verb]:
        """Verb name to what answers it: whoever may see runs may see what they were good for."""
        return {"savings": Verb(Role.VIEWER, answer=self.savings)}

    async def savings(self, _caller: Caller, args: dict[str, Any]) -> dict[str, Any]:
        """The bots of a month, the most spared hours first, and their sum."""
        month = self._month(args.get("month"))
        async with self._waiting:
            await self._settle()
        async with self._asking:
            rows = await self._store.savings(month, MOST)
            every, hours = await self._store.savings_total(month)
        bots = [
            {
                "bot": row["bot_name"],
                "runs": row["runs"],
                "count": int(row["total_count"]),
                "minutes_per_item": float(row["minutes_per_item"]),
                "hours": _hours(row),
                "average_sec": None if row["avg_runtime_sec"] is None else float(row["avg_runtime_sec"]),
            }
            for row in rows
        ]
        return {"month": f"{month:%Y-%m}", "bots": bots, "hours": round(hours, 6), "more": every > len(rows)}

    def _month(self, asked: object) -> date:
        if asked is None:
            return self._now().astimezone(ZoneInfo(self._timezone())).date().replace(day=1)
        found = _MONTH.fullmatch(asked) if isinstance(asked, str) else None
        if found is None or not FIRST_YEAR <= int(found[1]) <= LAST_YEAR:
            raise BadRequest(because("no-month", asked=asked))
        return date(int(found[1]), int(found[2]), 1)


def _hours(row: Mapping[str, Any]) -> float:
    return round(float(row["total_count"] * row["minutes_per_item"]) / 60, 6)
