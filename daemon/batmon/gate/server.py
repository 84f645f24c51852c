"""The daemon's side of the gate: who is there, what they may do, and one answer for each request.

The server knows frames, roles and limits; what a verb means comes in as ``Verb``. Here strings that leave are made
harmless, roles are enforced, and the audit trail hears of everything that was tried.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from typing import Any

from batmon.errors import Refused
from batmon.gate.address import Listener, listen
from batmon.gate.connection import Connection
from batmon.gate.keyring import KeyRing
from batmon.gate.logins import login_verb
from batmon.gate.sanitize import clean
from batmon.gate.verbs import Audit, AuditEntry, Caller, Done, Verb
from batmon.refusals import because

__all__ = ["Audit", "AuditEntry", "Caller", "Done", "GateServer", "Verb"]

log = logging.getLogger(__name__)

CONNECTIONS = 512
"""Connections that are open at a time; one more is told so and closed."""

OF_PEOPLE = 448
"""Of them for people who come over SSH: the rest stays for this machine, so that `batmon check` always gets in."""

OF_ONE_PERSON = 64

PEOPLES_ANSWERS = 4
"""Answers that are made at the same time for people who come over SSH: the daemon has other work too."""

REFUSAL_SEC = 0.2
"""How long a refusal takes, one at a time for each person: nobody floods the audit trail."""

FINISH_WITHIN = 5.0
"""Seconds that ``stop`` waits for actions that have begun."""

DETAIL_CHARS = 8000
"""Of what the audit trail says of an action: as many addresses as a report may go to stand in it whole."""
_TARGETS = ("program", "run_id", "name", "path", "channel", "notification", "tag", "pattern", "id", "template")
"""Arguments that say what an action is done to, for the audit trail; the first that is given counts."""
_IN_INBOX = ("inbox", "action", "id")
"""Where the id of an item says nothing by itself: all three count."""


def _target(args: Mapping[str, Any]) -> str:
    if all(args.get(key) for key in _IN_INBOX):
        return " ".join(str(args[key])[:60] for key in _IN_INBOX)
    return next((str(args[key]) for key in _TARGETS if args.get(key)), "")


def _utc_now() -> datetime:
    return datetime.now(UTC)


class GateServer:
    """The open gate. ``start``, then ``stop``; ``greeting`` gives hello's answer without protocol, user and role."""

    def __init__(
        self,
        verbs: Mapping[str, Verb],
        *,
        greeting: Callable[[], dict[str, Any]],
        keyring: KeyRing,
        audit: Audit,
        now: Callable[[], datetime] = _utc_now,
    ) -> None:
        for name, verb in verbs.items():
            if (verb.answer is None) == (verb.stream is None):
                raise ValueError(f"verb {name} needs either answer or stream")
        self.verbs = {**verbs, "login": login_verb(keyring, self.note)}
        self.greeting = greeting
        self.keyring = keyring
        self.audit = audit
        self.now = now
        self.token: str | None = None
        self._listener: Listener | None = None
        self._connections: dict[asyncio.Task[None], Connection] = {}
        self._actions: set[asyncio.Task[None]] = set()
        self._room = asyncio.Semaphore(PEOPLES_ANSWERS)
        self._stopping = asyncio.Event()
        self._refusing: dict[str, asyncio.Lock] = {}

    async def start(self, address: str) -> None:
        """Open the gate.

        Raises:
            Refused: another daemon answers there, or the folder is somebody else's.
            GateError: the address cannot be used.
        """
        self._listener = await listen(address, self._accept)
        self.token = self._listener.token
        log.info("the gate is open at %s", address)

    async def stop(self) -> None:
        """Close the gate: streams end, connections end, actions that have begun may finish for a moment."""
        self._stopping.set()
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        for connection in self._connections.values():
            connection.abort()
        tasks = list(self._connections)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._actions:
            _, late = await asyncio.wait(self._actions, timeout=FINISH_WITHIN)
            for task in late:
                log.warning("%s did not finish and is cancelled", task.get_name())
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    @property
    def connections(self) -> int:
        """How many connections are open."""
        return len(self._connections)

    def admit(self, user: str) -> None:
        """See that there is room for one more connection of ``user``, who comes over SSH.

        Raises:
            Refused: there is not.
        """
        people = [person for connection in self._connections.values() if (person := connection.person)]
        if people.count(user) >= OF_ONE_PERSON:
            raise Refused(because("too-many-of-one", user=user, most=OF_ONE_PERSON))
        if len(people) >= OF_PEOPLE:
            raise Refused(because("too-many-connections", most=OF_PEOPLE))

    def room_for(self, caller: Caller, verb: Verb) -> AbstractAsyncContextManager[Any]:
        """Wait until an answer may be made; actions and this machine's own requests never wait."""
        return self._room if caller.key and not verb.written_down else contextlib.nullcontext()

    @contextlib.asynccontextmanager
    async def refusing(self, user: str) -> AsyncIterator[None]:
        """Around the writing down of a refusal: one at a time for each person, and not many in a second."""
        lock = self._refusing.setdefault(user, asyncio.Lock())
        try:
            async with lock:
                yield
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(REFUSAL_SEC):
                        await self._stopping.wait()
        finally:
            if not lock.locked():
                self._refusing.pop(user, None)

    def keep(self, task: asyncio.Task[None]) -> None:
        """Let an action finish although its connection is gone."""
        self._actions.add(task)
        task.add_done_callback(self._actions.discard)

    def is_action(self, task: asyncio.Task[None]) -> bool:
        """Whether ``task`` changes something and is to finish once begun."""
        return task in self._actions

    async def write_down(self, caller: Caller, action: str, args: dict[str, Any], outcome: str, detail: str) -> None:
        """Hand one entry to the audit trail; a trail that cannot be written is logged and stops nobody's answer."""
        target = _target(args)
        entry = AuditEntry(
            at=self.now(),
            actor=clean(caller.user),
            role=caller.role.value,
            peer=clean(caller.peer),
            action=clean(action),
            target=clean(target)[:200],
            outcome=outcome,
            detail=clean(detail)[:DETAIL_CHARS],
        )
        await self.note(entry)

    async def note(self, entry: AuditEntry) -> None:
        """Hand an entry to the audit trail as it is."""
        try:
            await self.audit(entry)
        except Exception:
            log.exception("the audit trail could not be written: %s", entry)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a connection outside a task")
        task.set_name("gate-connection")
        connection = Connection(self, reader, writer)
        if len(self._connections) >= CONNECTIONS:
            await connection.turn_away(Refused(because("too-many-connections", most=CONNECTIONS)))
            return
        self._connections[task] = connection
        try:
            await connection.serve()
        except (ConnectionError, TimeoutError, asyncio.CancelledError):
            log.debug("a connection ended")
        except Exception:
            log.exception("a connection failed")
        finally:
            self._connections.pop(task, None)
