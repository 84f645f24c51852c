"""What the daemon answers about the items of recorded runs: the verb ``run.items`` of docs/gate.md."""

from __future__ import annotations

import json
import uuid
from typing import Any

from batmon.errors import BadRequest, NotFound
from batmon.gate.frames import LINE_LIMIT
from batmon.gate.sanitize import clean_value
from batmon.gate.server import Caller, Verb
from batmon.model import Role, Run
from batmon.store import Store
from batmon.store.run_rows import INT_MAX, run_json

MOST_ITEMS = 1000
FRAME_BYTES = LINE_LIMIT * 5 // 8
"""Of the items in one answer, which holds their run beside them."""

Args = dict[str, Any]


class ItemAnswers:
    """One run with its items."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def verbs(self) -> dict[str, Verb]:
        """Verb name to what answers it and the role that it asks for."""
        return {"run.items": Verb(Role.VIEWER, answer=self.items)}

    async def items(self, _caller: Caller, args: Args) -> Args:
        """A run by its ``run_id`` or ``log_id``, the totals of its items, and a page of them."""
        start = args.get("from", 0)
        if not isinstance(start, int) or isinstance(start, bool) or not 0 <= start <= INT_MAX:
            raise BadRequest("from must be a whole number, 0 or more")
        run = await self._run(args)
        found = await self._store.items(run.run_id, MOST_ITEMS + 1, start)
        items = _fitting([_shown(item) for item in found[:MOST_ITEMS]])
        totals = await self._store.item_totals([run.run_id])
        return {
            "run": run_json(run),
            "totals": totals.get(run.run_id),
            "items": items,
            "more": len(found) > len(items),
        }

    async def _run(self, args: Args) -> Run:
        if "log_id" in args:
            number = args["log_id"]
            if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number <= INT_MAX:
                raise BadRequest(f"log_id must be a number of rpa_execution_logs, not {number!r}")
            run = await self._store.run_by_log_id(number)
        else:
            number = args.get("run_id")
            try:
                run = await self._store.run(uuid.UUID(str(number)))
            except ValueError:
                raise BadRequest(f"run_id {number!r} is not a run's id") from None
        if run is None:
            raise NotFound(f"no run has the id {number}", hint="`batmon runs PROGRAM` shows them")
        return run


def _shown(item: Args) -> Args:
    return {
        **item,
        "started_at": item["started_at"].isoformat(),
        "ended_at": item["ended_at"] and item["ended_at"].isoformat(),
    }


def _fitting(items: list[Args]) -> list[Args]:
    """The first of them that fit a line of the gate together, whatever the sanitizer makes of them; at least one."""
    room = FRAME_BYTES
    for number, item in enumerate(items):
        room -= len(json.dumps(clean_value(item), ensure_ascii=False).encode())
        if room < 0 and number:
            return items[:number]
    return items
