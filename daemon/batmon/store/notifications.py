"""What people are told: owed in the transaction of its cause, attempted under a claim, settled by compare-and-swap."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import asyncpg

from batmon.errors import StepFailed
from batmon.refusals import because
from batmon.store import jobs
from batmon.store.jobs import NewJob
from batmon.store.statements import sql
from batmon.store.texts import from_json, storable, to_json

if TYPE_CHECKING:
    from batmon.store.store import Store

Connection = jobs.Connection

EMAIL = "email"
"""The channel whose attempts stand in ``email_logs``; those of all others stand in ``delivery_logs``."""
LONGEST_DATA = 4_000_000
"""Characters of a message's data as JSON: it is kept with each message, and read for each attempt."""
_LONGEST_ERROR = 2000
_BATCH = 1000
MOST_ATTACHED = 10 << 20
"""Bytes of the files that go with a message: hardly a mail server takes more."""
KEEP_ATTACHED = timedelta(days=30)
"""For how long the files of a message that was given up are kept: somebody may send it again."""
_LOGGED_AT_ONCE = 100_000
"""PgQueuer notes every attempt: while a channel is down that are a hundred a second."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with a message on channels that can carry one. ``media_type`` is like ``application/pdf``.

    ``sha256`` is that of ``data`` in hexadecimal, found out where it is not given: make a large one in a thread.
    """

    name: str
    media_type: str
    data: bytes = field(repr=False)
    sha256: str = ""

    def __post_init__(self) -> None:
        if not self.sha256:
            object.__setattr__(self, "sha256", hashlib.sha256(self.data).hexdigest())


@dataclass(frozen=True, slots=True)
class Owed:
    """One message to one recipient on one channel. ``data`` is what the template is given, as JSON knows it."""

    channel: str
    recipient: str
    template: str
    language: str
    data: Mapping[str, Any]
    key: str = ""
    """A second Owed with the same key is not owed again; empty: each is."""
    incident_ids: tuple[int, ...] = ()
    event_id: int | None = None
    automation_log_id: int | None = None
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True)
class Notification:
    """A row of ``notifications``."""

    id: UUID
    number: int
    channel: str
    recipient: str
    template: str
    language: str
    data: Mapping[str, Any] = field(repr=False)
    state: str
    """``owed``, ``sent`` or ``failed``."""
    owed_at: datetime
    due_at: datetime
    tried_since: datetime | None
    attempts: int
    round: int
    claim: UUID | None
    settled_at: datetime | None
    subject: str
    error: str
    incident_ids: tuple[int, ...]
    event_id: int | None
    automation_log_id: int | None
    attachments: int
    """How many files go with it, or went."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of one attempt. ``state`` is what the notification becomes: ``owed`` (again at ``due_at``), ``sent``
    or ``failed``."""

    state: str
    at: datetime
    seconds: float
    subject: str = ""
    error: str = ""
    permanent: bool = False
    uncertain: bool = False
    """It failed, but the other side may have taken it all the same."""
    reference: str = ""
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class LoggedAttempt:
    """An attempt as it was written down."""

    at: datetime
    status: str
    error: str
    permanent: bool
    uncertain: bool
    subject: str
    reference: str
    seconds: float
    node: str


def entrypoint(channel: str) -> str:
    """Where the jobs of a channel are served: each channel has its own, so that one cannot keep another waiting."""
    return f"deliver:{channel}"


async def owe(connection: Connection, owed: Sequence[Owed], now: datetime) -> list[UUID]:
    """Owe messages in the transaction that is open on ``connection``; the ids of those that were not owed before.

    Raises:
        StepFailed: the data of one is longer than LONGEST_DATA, or its files are larger than MOST_ATTACHED.
    """
    if not owed:
        return []
    texts = {id(data): _text(data) for data in (one.data for one in owed)}  # who is told the same is told it once
    columns = [
        (
            uuid.uuid4(),
            storable(one.channel),
            storable(one.recipient),
            storable(one.template),
            one.language,
            texts[id(one.data)],
            storable(one.key) or None,
            "{" + ",".join(str(int(incident)) for incident in one.incident_ids) + "}",
            one.event_id,
            one.automation_log_id,
            _attached(one),
        )
        for one in owed
    ]
    files = {columns[place][0]: one.attachments for place, one in enumerate(owed) if one.attachments}
    rows = await connection.fetch(sql("owe_notifications"), *(list(c) for c in zip(*columns, strict=True)), now)
    for row in rows:
        for place, file in enumerate(files.get(row["notification_id"], ())):
            named = (storable(file.name), file.media_type, file.sha256)
            await connection.execute(sql("attach"), row["notification_id"], place, *named, file.data)
    await jobs.enqueue(connection, [_job(row["notification_id"], row["channel"], 0) for row in rows])
    return [row["notification_id"] for row in rows]


def _attached(one: Owed) -> int:
    """How many files go with a message."""
    size = sum(len(file.data) for file in one.attachments)
    if size > MOST_ATTACHED:
        raise StepFailed(because("attachments-too-large", size=size, most=MOST_ATTACHED))
    return len(one.attachments)


def _text(data: Mapping[str, Any]) -> str:
    text = to_json(data)
    if len(text) > LONGEST_DATA:
        raise StepFailed(because("data-too-long", count=len(text), most=LONGEST_DATA))
    return text


def _job(notification: UUID, channel: str, round_: int) -> NewJob:
    return NewJob(entrypoint(channel), notification.bytes, key=f"{notification}:{round_}")


class Notifications:
    """What the delivery workers and the gate do with notifications; raises what ``Store`` raises."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def owe(self, owed: Sequence[Owed], now: datetime) -> list[UUID]:
        """Owe messages in a transaction of their own; see ``owe``."""
        async with self._store.connection() as connection, connection.transaction():
            return await owe(connection, owed, now)

    async def take(self, notification: UUID, claim: UUID, now: datetime) -> Notification | datetime | None:
        """The message, to be attempted now; or the moment before which it is not due; None if it is not owed."""
        async with self._store.connection() as connection:
            row = await connection.fetchrow(sql("take_notification"), notification, claim, now)
            if row is not None:
                return _notification(row)
            due: datetime | None = await connection.fetchval(sql("notification_due"), notification)
            return due

    async def attachments(self, notification: UUID) -> tuple[Attachment, ...]:
        """The files that go with a message, in order; none of those that are not kept any more."""
        async with self._store.connection() as connection:
            rows = await connection.fetch(sql("attachments_of"), notification)
        return tuple(Attachment(row["name"], row["media_type"], row["data"], row["sha256"]) for row in rows)

    async def record(self, taken: Notification, attempt: Attempt, node: str) -> bool:
        """Log an attempt and settle the message, or leave it owed; False if another one did meanwhile."""
        async with self._store.connection() as connection:
            state = await connection.fetchval(
                sql("record_attempt"), taken.id, taken.round, taken.claim, attempt.state, attempt.at, attempt.due_at,
                taken.channel, taken.recipient, storable(attempt.subject), taken.template,
                storable(attempt.error)[:_LONGEST_ERROR], attempt.permanent, attempt.uncertain,
                storable(attempt.reference), round(attempt.seconds * 1000), node, taken.channel == EMAIL,
            )  # fmt: skip
        return state is not None

    async def log(self, channel: str, recipient: str, template: str, attempt: Attempt, node: str) -> None:
        """Log an attempt that no notification was owed for: a test."""
        async with self._store.connection() as connection:
            await connection.execute(
                sql("log_attempt"), channel, storable(recipient), storable(attempt.subject), template, attempt.at,
                storable(attempt.error)[:_LONGEST_ERROR], attempt.permanent, attempt.uncertain,
                storable(attempt.reference), round(attempt.seconds * 1000), node, channel == EMAIL,
            )  # fmt: skip

    async def resend(self, notification: UUID, now: datetime) -> Notification | None:
        """Owe a settled message again, with a job for it; None if it is owed, or not there."""
        async with self._store.connection() as connection, connection.transaction():
            row = await connection.fetchrow(sql("resend_notification"), notification, now)
            if row is None:
                return None
            again = _notification(row)
            await jobs.enqueue(connection, [_job(again.id, again.channel, again.round)])
            return again

    async def find_lost(self, due_before: datetime) -> int:
        """Give a job to each message that is owed, due since before then, and has none; how many there were."""
        async with self._store.connection() as connection, connection.transaction():
            rows = await connection.fetch(sql("lost_notifications"), due_before, _BATCH)
            await jobs.enqueue(connection, [_job(r["notification_id"], r["channel"], r["round"]) for r in rows])
            return len(rows)

    async def delivering(self, node: str, channels: Sequence[str], now: datetime) -> None:
        """Say that the daemon of ``node`` delivers on these channels now."""
        async with self._store.connection() as connection:
            await connection.execute(sql("delivering"), node, list(channels), now)

    async def undeliverable(self, due_before: datetime, seen_after: datetime) -> list[UUID]:
        """Messages due since before then, on channels that no daemon has which was seen after ``seen_after``."""
        async with self._store.connection() as connection:
            rows = await connection.fetch(sql("undeliverable_notifications"), due_before, seen_after, _BATCH)
            return [row["notification_id"] for row in rows]

    async def find(self, wanted: UUID | int) -> Notification | None:
        """The message with this id or number."""
        name = "notification_by_id" if isinstance(wanted, UUID) else "notification_by_number"
        async with self._store.connection() as connection:
            row = await connection.fetchrow(sql(name), wanted)
            return None if row is None else _notification(row)

    async def listed(
        self,
        *,
        state: str | None = None,
        channel: str | None = None,
        incident: int | None = None,
        since: datetime | None = None,
        before: int | None = None,
        limit: int = 50,
    ) -> list[Notification]:
        """Messages, the last owed first; ``state`` may also be ``retrying``, ``before`` is a number."""
        page = (since, before, limit)
        async with self._store.connection() as connection:
            if state in ("owed", "retrying", "failed"):
                rows = await connection.fetch(sql("unsettled_notifications"), state, channel, incident, *page)
            elif incident is not None:
                rows = await connection.fetch(sql("notifications_of_incident"), state, channel, incident, *page)
            else:
                rows = await connection.fetch(sql("notifications"), state, channel, *page)
            return [_notification(row) for row in rows]

    async def counts(self) -> dict[str, int]:
        """How many messages are ``owed``, of them ``retrying``, and ``failed``."""
        async with self._store.connection() as connection:
            row = await connection.fetchrow(sql("notification_counts"))
            return dict(row) if row is not None else {}

    async def attempts(self, notification: UUID, limit: int = 200) -> list[LoggedAttempt]:
        """The latest attempts to deliver a message, oldest first."""
        async with self._store.connection() as connection:
            rows = await connection.fetch(sql("attempts_of"), notification, limit)
        return [
            LoggedAttempt(
                at=row["sent_at"],
                status=row["status"],
                error=row["error_message"] or "",
                permanent=row["permanent"],
                uncertain=row["uncertain"],
                subject=row["subject"] or "",
                reference=row["reference"],
                seconds=(row["duration_ms"] or 0) / 1000,
                node=row["node"],
            )
            for row in reversed(rows)
        ]

    async def forget(
        self, now: datetime, *, sent: timedelta, failed: timedelta, attempts: timedelta, job_log: timedelta
    ) -> None:
        """Remove what was settled, attempted or noted longer ago than that; at most ``_BATCH`` rows of each, and
        ``_LOGGED_AT_ONCE`` of the jobs' log."""
        async with self._store.connection() as connection:
            await connection.execute(sql("forget_notifications"), now - sent, now - failed, _BATCH)
            await connection.execute(sql("forget_attachments"), now - KEEP_ATTACHED, _BATCH)
            await connection.execute(sql("forget_email_logs"), now - attempts, _BATCH)
            await connection.execute(sql("forget_delivery_logs"), now - attempts, _BATCH)
            await connection.execute(sql("forget_delivery_nodes"), now - sent)
            await connection.execute(sql("forget_job_log"), job_log, _LOGGED_AT_ONCE)


def _notification(row: asyncpg.Record) -> Notification:
    return Notification(
        id=row["notification_id"],
        number=row["number"],
        channel=row["channel"],
        recipient=row["recipient"],
        template=row["template"],
        language=row["language"],
        data=from_json(row["data"]),
        state=row["state"],
        owed_at=row["owed_at"],
        due_at=row["due_at"],
        tried_since=row["tried_since"],
        attempts=row["attempts"],
        round=row["round"],
        claim=row["claim"],
        settled_at=row["settled_at"],
        subject=row["subject"],
        error=row["error"],
        incident_ids=tuple(row["incident_ids"]),
        event_id=row["event_id"],
        automation_log_id=row["automation_log_id"],
        attachments=row["attachments"],
    )
