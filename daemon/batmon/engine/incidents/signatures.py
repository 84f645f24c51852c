"""Kinds of error on the board: which programs fail by one cause now, since when, and whether it was ever seen before.

What the store counts is looked up when a kind is first shown, and again at most once a second while rows that show it
change. Rows are shown again one after the other at a bounded rate: a thousand programs that fail by one cause cost no
more a second than fifty.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from batmon.errors import StoreError
from batmon.model import Program, Reason, Status
from batmon.store import StoredState
from batmon.store.signatures import StoredSignature

log = logging.getLogger(__name__)

LOOK_SEC = 1.0
AGAIN_SEC = 5.0
"""Until the next look when the database did not answer."""
ROWS_AT_ONCE = 10
ROWS_SEC = 0.2
"""Between so many rows that are shown again and the next ones."""
_OF_RUN = {Reason.FAILED: "last_run", Reason.CONTRADICTION: "last_run", Reason.DIED: "running"}

Look = Callable[[Iterable[str]], Awaitable[Mapping[str, StoredSignature]]]


class Signatures:
    """What the rows say of the kinds of error that they show. ``publish`` shows a program's row again."""

    def __init__(self, look: Look, publish: Callable[[str], None]) -> None:
        self._look = look
        self._publish = publish
        self._known: dict[str, StoredSignature] = {}
        self._shown: dict[str, str] = {}
        self._rows: dict[str, dict[str, tuple[datetime, timedelta]]] = {}
        """By kind and program: since when the row is so, and how long the program's runs may take."""
        self._dirty: set[str] = set()
        self._asked: dict[str, asyncio.Future[bool]] = {}
        self._some = asyncio.Event()

    def show(self, program: Program, state: StoredState) -> None:
        """The row of ``program`` says what ``state`` says from now on."""
        signature = _of(state)
        before = self._shown.get(program.name, "")
        if before and before != signature:
            self._rows[before].pop(program.name, None)
            if self._rows[before]:
                self._touch(before)
            else:
                self._forget(before)
        if not signature:
            self._shown.pop(program.name, None)
            return
        rows = self._rows.setdefault(signature, {})
        value = (state.since, program.max_runtime)
        if rows.get(program.name) != value:
            rows[program.name] = value
            self._touch(signature)
        self._shown[program.name] = signature

    def counted(self, signatures: Iterable[str]) -> None:
        """More errors of these kinds were committed."""
        for signature in signatures:
            if signature in self._rows:
                self._touch(signature)

    async def learn(self, program: str) -> None:
        """Look up the kind that a program's row shows, unless it is known; of many who ask at once one looks."""
        signature = self._shown.get(program, "")
        if not signature or signature in self._known:
            return
        waiting = self._asked.get(signature)
        if waiting is None:
            waiting = self._asked[signature] = asyncio.ensure_future(self._fetch([signature]))
            waiting.add_done_callback(lambda _: self._asked.pop(signature, None))
        await asyncio.shield(waiting)

    def note(self, program: str) -> dict[str, Any] | None:
        """The key ``signature`` of a program's row in the shape of docs/gate.md."""
        signature = self._shown.get(program, "")
        known = self._known.get(signature)
        if known is None:
            return None
        rows = self._rows[signature].values()
        return {
            "id": signature,
            "template": known.template,
            "first_seen": known.first_seen.isoformat(),
            "first_ever": known.first_seen >= min(since - longest for since, longest in rows),
            "programs": len(rows),
            "since": min(since for since, _ in rows).isoformat(),
            "count": known.count,
        }

    async def keep(self) -> None:
        """Bring rows up to date for ever, when other rows or counts changed."""
        while True:
            await self._some.wait()
            await asyncio.sleep(LOOK_SEC)  # what comes in a burst is looked at once
            self._some.clear()
            dirty, self._dirty = self._dirty, set()
            if not await self._fetch(dirty):
                self._dirty |= dirty
                self._some.set()
                await asyncio.sleep(AGAIN_SEC)
                continue
            names = [name for signature in dirty for name in self._rows.get(signature, ())]
            for number, name in enumerate(names, start=1):
                self._publish(name)
                if number % ROWS_AT_ONCE == 0:
                    await asyncio.sleep(ROWS_SEC)

    async def _fetch(self, signatures: Iterable[str]) -> bool:
        wanted = [signature for signature in signatures if signature in self._rows]
        try:
            found = await self._look(wanted) if wanted else {}
        except StoreError as error:
            log.info("kinds of error cannot be looked up now: %s", error)
            return False
        self._known.update({key: one for key, one in found.items() if key in self._rows})
        return True

    def _touch(self, signature: str) -> None:
        self._dirty.add(signature)
        self._some.set()

    def _forget(self, signature: str) -> None:
        del self._rows[signature]
        self._known.pop(signature, None)
        self._dirty.discard(signature)


def _of(state: StoredState) -> str:
    """The kind of error by which a row is bad; empty for one that is well, or bad for another reason."""
    key = _OF_RUN.get(state.reason)
    if key is None or state.status not in (Status.ERROR, Status.WARNING):
        return ""
    run = state.last_run if key == "last_run" else state.running
    return str((run or {}).get("signature") or "")
