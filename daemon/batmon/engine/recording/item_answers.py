"""What the daemon answers about the items of recorded runs: the verb ``run.items`` of docs/gate.md."""

from __future__ import annotations

import uuid

from batmon.errors import BadRequest, NotFound
from batmon.gate.arguments import Args
from batmon.gate.fitting import fitting
from batmon.gate.server import Caller, Verb
from batmon.model import Role, Run
from batmon.refusals import because
from batmon.store import Store
from batmon.store.run_rows import INT_MAX, run_json

MOST_ITEMS = 1000


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
            raise BadRequest(because("must-be-whole", key="from"))
        run = await self._run(args)
        found = await self._store.items(run.run_id, MOST_ITEMS + 1, start)
        items = fitting([_shown(item) for item in found[:MOST_ITEMS]])
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
                raise BadRequest(because("no-log-id", number=number))
            run = await self._store.run_by_log_id(number)
        else:
            number = args.get("run_id")
            try:
                run = await self._store.run(uuid.UUID(str(number)))
            except ValueError:
                raise BadRequest(because("not-a-run-id", key="run_id", value=number)) from None
        if run is None:
            raise NotFound(because("no-run-by-number", number=number))
        return run


def _shown(item: Args) -> Args:
    return {
        **item,
        "started_at": item["started_at"].isoformat(),
        "ended_at": item["ended_at"] and item["ended_at"].isoformat(),
    }
