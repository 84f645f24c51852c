"""A real SMTP server that keeps what it is handed, and lets a test wait for it."""

import asyncio
from email import policy
from email.parser import BytesParser

from aiosmtpd.smtp import SMTP

PATIENCE_SEC = 30.0


class Mailbox:
    """Everything that was delivered, oldest first. ``async with Mailbox() as box``; ``box.port``."""

    def __init__(self):
        self.mails = []
        self._came = asyncio.Condition()

    async def __aenter__(self):
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: SMTP(self, enable_SMTPUTF8=True), "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        self._server.close()
        await self._server.wait_closed()

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802 - aiosmtpd's name
        """Keep one mail."""
        mail = BytesParser(policy=policy.default).parsebytes(envelope.content)
        mail.recipients = envelope.rcpt_tos
        async with self._came:
            self.mails.append(mail)
            self._came.notify_all()
        return "250 OK"

    async def mail(self, to, subject):
        """The first mail to ``to`` with exactly this subject, once it is there; it is taken out."""
        found = []

        def there():
            found[:] = [mail for mail in self.mails if mail.recipients == [to] and mail["Subject"] == subject]
            return bool(found)

        try:
            async with asyncio.timeout(PATIENCE_SEC), self._came:
                await self._came.wait_for(there)
        except TimeoutError:
            raise AssertionError(f"no mail to {to}: {subject!r}; there are: {self.said()}") from None
        self.mails.remove(found[0])
        return found[0]

    def said(self):
        """To whom and what about, of every mail that nobody has taken out."""
        return [(mail.recipients[0], mail["Subject"]) for mail in self.mails]


def text_of(mail):
    """The plain text of a mail."""
    return mail.get_body(("plain",)).get_content().replace("\r\n", "\n")
