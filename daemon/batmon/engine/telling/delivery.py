"""Delivers what people are owed: sends each message, writes the attempt down, and only then calls it sent.

Each channel has its own few slots, so that one that hangs keeps none of the others waiting. Whatever goes wrong with a
message ends up in its attempts and never stops the others; what trying again cannot help is a dead letter.
"""

from __future__ import annotations

import asyncio
import logging
import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from batmon.engine.telling.backoff import next_attempt
from batmon.engine.telling.sending import Outcome, Sender, ToSend
from batmon.errors import StoreError, StoreUnavailable
from batmon.notify.message import Attached
from batmon.store.notifications import EMAIL, Attempt, Notification, Notifications, entrypoint
from batmon.store.workers import Again, Job, Workers

log = logging.getLogger(__name__)

SLOTS = 8
"""Messages of one channel that are sent at a time, over all daemons."""
WITH_FILES = 2
"""Messages with files that are sent at a time: a mail needs several times the memory of what is in it."""
LONGEST_PAUSE = timedelta(hours=1)
"""For how long a channel that asked for patience is left alone; a single message waits as long as was asked for."""
SWEEP_SEC = 10.0
LOST_AFTER = timedelta(minutes=1)
"""What is due for so long may have no job any more, or no daemon that has its channel."""
SEEN = timedelta(minutes=1)
"""A daemon that was seen within this time may still deliver on its channels."""
KEEP_SENT = timedelta(days=90)
KEEP_FAILED = timedelta(days=365)
KEEP_ATTEMPTS = timedelta(days=400)
"""A month can be compared with that of the year before."""
KEEP_JOB_LOG = timedelta(days=1)
FORGET_EVERY = 30
"""Sweeps between two looks for what is old: about five minutes."""
TROUBLE_SHOWN = timedelta(hours=2)
"""Longer than any wait between two attempts: where nothing is tried any more, nothing is known to be wrong."""
COUNT_SEC = 3.0
"""How long somebody who asks for problems waits for Postgres."""
MARK_FIRST_SEC, MARK_LONGEST_SEC = 0.2, 5.0


@dataclass(frozen=True, slots=True)
class Trouble:
    """A channel's latest attempts failed: since when, why, and when the last of them was."""

    since: datetime
    error: str
    last: datetime


class Delivery:
    """The deliveries of one daemon. ``workers`` do the jobs, ``keep`` looks after what they cannot know of."""

    def __init__(
        self,
        notifications: Notifications,
        workers: Workers,
        sender: Sender,
        *,
        node: str,
        now: Callable[[], datetime],
    ) -> None:
        self._notifications = notifications
        self._sender = sender
        self._node = node
        self._now = now
        self._paused: dict[str, datetime] = {}
        self._troubles: dict[str, Trouble] = {}
        self._with_files = asyncio.Semaphore(WITH_FILES)
        for name in sender.channels:
            workers.serve(entrypoint(name), partial(self._work, name), slots=SLOTS)

    async def keep(self) -> None:
        """Sweep for ever."""
        sweeps = 0
        while True:
            try:
                await self.sweep(forget=sweeps % FORGET_EVERY == 0)
            except StoreUnavailable as error:
                log.debug("the notifications cannot be looked through now: %s", error)
            except StoreError as error:
                log.error("the notifications cannot be looked through: %s", error)
            sweeps += 1
            await asyncio.sleep(SWEEP_SEC)

    async def sweep(self, *, forget: bool = False) -> None:
        """Say which channels there are; find what has no job, what nobody can deliver, and with ``forget`` what is old.

        Raises:
            StoreError: it could not be finished.
        """
        now = self._now()
        await self._notifications.delivering(self._node, sorted(self._sender.channels), now)
        for notification in await self._notifications.undeliverable(now - LOST_AFTER, now - SEEN):
            await self.deliver(notification)
        await self._notifications.find_lost(now - LOST_AFTER)
        if forget:
            await self._notifications.forget(
                now, sent=KEEP_SENT, failed=KEEP_FAILED, attempts=KEEP_ATTEMPTS, job_log=KEEP_JOB_LOG
            )

    async def deliver(self, notification: UUID) -> datetime | None:
        """Attempt a message if it is owed and due; when it is to be attempted next, None if it is settled."""
        taken = await self._notifications.take(notification, uuid.uuid4(), self._now())
        if not isinstance(taken, Notification):
            return taken
        to_send = ToSend(
            taken.id, taken.channel, taken.recipient, taken.template, taken.language, taken.data, taken.owed_at
        )
        if taken.attachments:
            async with self._with_files:
                outcome = await self._sender.send(await self._with_attachments(to_send))
        else:
            outcome = await self._sender.send(to_send)
        attempt = self._judged(taken, outcome)
        await self._write(taken, attempt)
        return attempt.due_at

    async def _with_attachments(self, to_send: ToSend) -> ToSend:
        """The message with its files; of one whose files are not kept any more the data say that none is attached."""
        if to_send.channel != EMAIL:
            return replace(to_send, data={**to_send.data, "attached": False})
        files = await self._notifications.attachments(to_send.id)
        return replace(
            to_send,
            data={**to_send.data, "attached": bool(files)},
            attachments=tuple(Attached(file.name, file.media_type, file.data) for file in files),
        )

    async def test(self, wanted: ToSend) -> Outcome:
        """Send a message that nobody is owed, now, and write the attempt down; what is taken ends a channel's pause."""
        outcome = await self._sender.send(wanted)
        if not outcome.error:
            self._paused.pop(wanted.channel, None)
            self._troubles.pop(wanted.channel, None)
        attempt = attempt_of(outcome, self._now())
        try:
            await self._notifications.log(wanted.channel, wanted.recipient, wanted.template, attempt, self._node)
        except StoreError as error:
            log.warning("cannot write down a test of the channel %s: %s", wanted.channel, error)
        return outcome

    async def problems(self) -> list[str]:
        """What is wrong, in sentences for ``doctor``."""
        said = [
            f"the channel {name} has been failing since {trouble.since.isoformat(timespec='seconds')}: {trouble.error}"
            for name, trouble in sorted(self._troubles.items())
            if self._now() - trouble.last < TROUBLE_SHOWN
        ]
        try:
            async with asyncio.timeout(COUNT_SEC):
                failed = (await self._notifications.counts())["failed"]
        except (StoreError, TimeoutError) as error:
            log.debug("the dead letters cannot be counted now: %s", error)
            return said
        if failed:
            many = f"{failed} messages" if failed > 1 else "a message"
            said.append(f"{many} could not be delivered: batmon notify list failed")
        return said

    async def _work(self, channel: str, job: Job) -> None:
        """Do a job of a channel.

        Raises:
            Again: its message is to be attempted later.
        """
        until = self._paused.get(channel)
        if until is not None and until > self._now():
            raise Again(until - self._now(), "the channel asked for patience")
        if len(job.payload) != 16:
            log.error("a job of the channel %s names no notification", channel)
            return
        again = await self.deliver(UUID(bytes=job.payload))
        if again is not None:
            raise Again(max(again - self._now(), timedelta(0)), "not delivered")

    def _judged(self, taken: Notification, outcome: Outcome) -> Attempt:
        """What becomes of the message, and what is thought of its channel."""
        now = self._now()
        if not outcome.error:
            if self._troubles.pop(taken.channel, None) is not None:
                log.info("the channel %s delivers again", taken.channel)
            return attempt_of(outcome, now)
        if outcome.retry_after is not None:
            self._paused[taken.channel] = now + min(timedelta(seconds=outcome.retry_after), LONGEST_PAUSE)
        again = None
        if not outcome.permanent:
            known = self._troubles.get(taken.channel)
            if known is None:
                log.warning("the channel %s fails: %s", taken.channel, outcome.error)
            self._troubles[taken.channel] = Trouble(known.since if known else now, outcome.error, now)
            again = next_attempt(
                now,
                attempts=taken.attempts,
                tried_since=taken.tried_since or now,
                retry_after=outcome.retry_after,
                luck=random.random(),  # noqa: S311 - no secret
            )
        if again is None:
            log.error("notification %d on %s cannot be delivered: %s", taken.number, taken.channel, outcome.error)
        return attempt_of(outcome, now, again)

    async def _write(self, taken: Notification, attempt: Attempt) -> None:
        """Write the attempt down, however long Postgres is away: what was sent would be sent again."""
        wait = MARK_FIRST_SEC
        while True:
            try:
                ours = await self._notifications.record(taken, attempt, self._node)
            except StoreUnavailable as error:
                log.warning("cannot write down yet what became of notification %d: %s", taken.number, error)
                await asyncio.sleep(wait)
                wait = min(2 * wait, MARK_LONGEST_SEC)
                continue
            if not ours:
                log.warning("notification %d was attempted by another daemon meanwhile", taken.number)
            return


def attempt_of(outcome: Outcome, at: datetime, again: datetime | None = None) -> Attempt:
    """The attempt that ended so; ``again`` is when there will be another one."""
    return Attempt(
        state="owed" if again is not None else "failed" if outcome.error else "sent",
        at=at,
        seconds=outcome.seconds,
        subject=outcome.subject,
        error=outcome.error,
        permanent=outcome.permanent,
        uncertain=outcome.uncertain,
        reference=outcome.reference,
        due_at=again,
    )
