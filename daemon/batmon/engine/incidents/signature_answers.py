"""What the daemon answers at the gate about kinds of error: signatures and signature."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from batmon.errors import BadRequest, NotFound
from batmon.gate.arguments import Args, maybe_moment, maybe_text, number
from batmon.gate.verbs import Caller, Verb
from batmon.model import Role
from batmon.refusals import because
from batmon.store import Store
from batmon.store.run_rows import run_json
from batmon.store.signatures import InProgram, StoredSignature

ORDERS = ("last", "count", "first")
LISTED = 100
MOST_LISTED = 500
PROGRAMS_TOLD = 500
RUNS_TOLD = 30
_ID = re.compile(r"[0-9a-f]{16}")


class SignatureAnswers:
    """The verbs about kinds of error, for viewers."""

    def __init__(self, *, store: Store) -> None:
        self._store = store

    def verbs(self) -> dict[str, Verb]:
        """Verb name to what answers it."""
        return {
            "signatures": Verb(Role.VIEWER, answer=self.signatures),
            "signature": Verb(Role.VIEWER, answer=self.signature),
        }

    async def signatures(self, _caller: Caller, args: Args) -> Args:
        """Kinds of error, of one program or of all."""
        program = maybe_text(args, "program")
        order = args.get("order", "last")
        if order not in ORDERS:
            raise BadRequest(because("must-be-one-of", key="order", known="last, count, first"))
        since: datetime | None = maybe_moment(args, "since")
        limit = max(1, number(args, "limit", LISTED, MOST_LISTED))
        found = await self._store.signatures(program, since, str(order), limit + 1)
        return {"signatures": [_kind(one) for one in found[:limit]], "more": len(found) > limit}

    async def signature(self, _caller: Caller, args: Args) -> Args:
        """One kind of error: the programs that had it, and its latest runs."""
        wanted = args.get("id")
        if not isinstance(wanted, str) or not _ID.fullmatch(wanted):
            raise BadRequest(because("must-be-error-id", key="id"))
        found = (await self._store.signatures_of([wanted])).get(wanted)
        if found is None:
            raise NotFound(because("no-error-kind", wanted=wanted))
        places, runs = await self._store.signature_places(wanted)
        return {
            "signature": _kind(found),
            "programs": [_place(place) for place in places[:PROGRAMS_TOLD]],
            "runs": [_short(run_json(run)) for run in runs[:RUNS_TOLD]],
        }


def _kind(one: StoredSignature) -> dict[str, Any]:
    return {
        "id": one.id,
        "template": one.template,
        "sample": one.sample,
        "level": one.level,
        "first_seen": one.first_seen.isoformat(),
        "last_seen": one.last_seen.isoformat(),
        "count": one.count,
        "programs": one.programs,
        "first_ever": one.first_ever.isoformat(),
    }


def _place(place: InProgram) -> dict[str, Any]:
    return {
        "program": place.program,
        "first_seen": place.first_seen.isoformat(),
        "last_seen": place.last_seen.isoformat(),
        "count": place.count,
        "last_run": None if place.last_run is None else str(place.last_run),
    }


def _short(run: dict[str, Any]) -> dict[str, Any]:
    """The run without its long error, which is asked for with the run itself."""
    return {**run, "error_details": run["error_details"][-2000:]}
