"""What deliveries are tested on: a real SMTP server, real workers in this process or in processes of their own."""

import asyncio
import email
import os
import signal
import sys
from collections import Counter
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.policy import default
from pathlib import Path

from aiosmtpd.smtp import SMTP

from batmon.config.addresses import Mailbox
from batmon.config.email import EmailConfig
from batmon.engine.telling.delivery import Delivery
from batmon.engine.telling.sending import Sender
from batmon.notify.email import EmailChannel
from batmon.notify.templates import Templates
from batmon.store.notifications import Notifications, Owed
from batmon.store.workers import Workers

ROOT = Path(__file__).resolve().parents[3]
BOUND_SEC = 30.0
"""Bound on every wait: far more than any of them takes, so that only a fault reaches it."""


def now():
    return datetime.now(UTC)


class MailServer:
    """A real SMTP server on the loopback; how it behaves is set on it."""

    def __init__(self):
        self.mails = []
        self.refused = {}
        self.changed = asyncio.Condition()
        self.before_taking = None
        """Awaited with the mail when all of it has come and the 250 has not gone; may return another answer."""
        self.at_recipient = None
        """Awaited at RCPT: nothing of the mail has come yet."""

    async def start(self):
        loop = asyncio.get_running_loop()
        self.server = await loop.create_server(lambda: SMTP(self, loop=loop), "127.0.0.1", 0)
        self.port = self.server.sockets[0].getsockname()[1]

    async def stop(self):
        self.server.close()
        await self.server.wait_closed()

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802 - aiosmtpd's name
        if self.at_recipient is not None:
            await self.at_recipient()
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, _session, envelope):  # noqa: N802 - aiosmtpd's name
        mail = email.message_from_bytes(envelope.content, policy=default)
        if self.before_taking is not None:
            other = await self.before_taking(mail)
            if other == "drop":
                server.transport.abort()
                return "250 nobody reads this"
            if other is not None:
                return other
        async with self.changed:
            self.mails.append(mail)
            self.changed.notify_all()
        return "250 taken"

    async def wait(self, wanted, seconds=BOUND_SEC):
        """Until ``wanted(mails)`` is true."""
        async with asyncio.timeout(seconds), self.changed:
            await self.changed.wait_for(lambda: wanted(self.mails))

    @property
    def ids(self):
        """Message-ID -> how often it was taken."""
        return Counter(mail["Message-ID"] for mail in self.mails)

    @property
    def duplicates(self):
        return sum(self.ids.values()) - len(self.ids)


@asynccontextmanager
async def mail_server():
    server = MailServer()
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


def email_channel(port, *, timeout=10.0, connections=8):
    config = EmailConfig(
        host="127.0.0.1", port=port, security="none", sender=Mailbox("batmon@example.com", "BATMON"),
        timeout=timedelta(seconds=timeout), connections=connections,
    )  # fmt: skip
    return EmailChannel(config)


def mail(recipient="kim@example.com", **other):
    return Owed(
        **{
            "channel": "email",
            "recipient": recipient,
            "template": "test",
            "language": "ko",
            "data": test_data(),
            **other,
        }
    )


def test_data():
    return {"channel": "email", "by": "ops", "node": "n", "console": "", "link": "", "at": now().isoformat()}


test_data.__test__ = False


class Deliveries:
    """Workers and deliveries in this process."""

    def __init__(self, store, url, channels, *, node="n", lease=timedelta(seconds=30), clock=now):
        self.notifications = Notifications(store)
        self.workers = Workers(url, lease=lease)
        self.sender = Sender({channel.name: channel for channel in channels}, Templates(None))
        self.delivery = Delivery(self.notifications, self.workers, self.sender, node=node, now=clock)

    async def owe(self, *owed):
        return await self.notifications.owe(owed, now())

    async def settled(self, ids, state="sent"):
        """Wait until each of them is in ``state``; them."""
        async with asyncio.timeout(BOUND_SEC):
            while True:
                found = [await self.notifications.find(one) for one in ids]
                if all(one.state == state for one in found):
                    return found
                await asyncio.sleep(0.02)


@asynccontextmanager
async def delivering(store, url, *channels, grace=5.0, sweeps=False, **other):
    bed = Deliveries(store, url, channels, **other)
    tasks = [asyncio.create_task(bed.workers.keep())]
    if sweeps:
        tasks.append(asyncio.create_task(bed.delivery.keep()))
    try:
        yield bed
    finally:
        await bed.workers.stop(grace)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await bed.sender.close()


class Worker:
    """A process of its own that delivers mail to a port, as a daemon does."""

    def __init__(self, process):
        self.process = process

    def signal(self, number):
        os.kill(self.process.pid, number)

    async def kill(self):
        """As the kernel does it."""
        self.signal(signal.SIGKILL)
        await asyncio.wait_for(self.process.wait(), BOUND_SEC)


@asynccontextmanager
async def worker(url, port, *, node, lease=1.0):
    """Started, and ready to take jobs."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.integration.delivery.worker_process", url, str(port), node, str(lease),
        cwd=ROOT, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        assert (await asyncio.wait_for(process.stdout.readline(), BOUND_SEC)).strip() == b"ready"
        yield Worker(process)
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGCONT)
            process.kill()
        await process.wait()
