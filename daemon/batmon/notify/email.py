"""The channel ``email``: mail handed to one SMTP server, one recipient a mail, over a few connections that are reused.

What the server says decides (RFC 5321, 4.2.1): 4yz is temporary, 5yz about the sender, the recipient or the mail is
permanent. What is wrong with the way there (no connection, no TLS, a login that is refused) is temporary: no mail is at
fault, and all of them go out once it is put right.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import chain
from typing import cast

import aiosmtplib

from batmon.config.addresses import address
from batmon.config.email import EmailConfig
from batmon.errors import DeliveryFailed
from batmon.notify.mail import mail_pieces, message_id, stuffed
from batmon.notify.message import Message, Sent
from batmon.notify.visible import one_line

IDLE_SEC = 10.0
"""A connection that nobody needs for so long is ended."""
MAILS_EACH = 100
"""After so many mails a connection is replaced: servers end those that go on for ever."""
_LOGIN_AGAIN_SEC = 300.0
"""After a refused login: a wrong password that is tried every few seconds locks the account."""
_QUIT_SEC = 2.0
_UNSENT_BYTES = 1 << 18
_UNSENT_SEC = 0.005
"""With so much that the system has not taken yet, the next piece of a mail waits, and how often it is looked."""


class _Line:
    """One connection to the server, for one mail at a time."""

    def __init__(self, client: aiosmtplib.SMTP) -> None:
        self.client = client
        self.mails = 0
        self.used_at = 0.0


class EmailChannel:
    """Mail over the server of ``[email]``."""

    name = "email"
    kind = "email"

    def __init__(self, config: EmailConfig, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._config = config
        self._now = now
        self._free = asyncio.Semaphore(config.connections)
        self._idle: list[_Line] = []
        self._tls: ssl.SSLContext | None = None
        self._sweep: asyncio.TimerHandle | None = None
        self._quitting: set[asyncio.Task[None]] = set()

    async def send(self, message: Message) -> Sent:
        """Hand one mail to the server; the reference is its Message-ID, the detail the server's answer.

        Raises:
            DeliveryFailed: the server did not take it.
        """
        try:
            recipient = address(message.recipient)
        except ValueError as error:
            raise DeliveryFailed(str(error), permanent=True) from None
        async with self._free:  # so many mails are in memory at a time, whatever waits
            body = await asyncio.to_thread(mail_pieces, message, self._config.sender, recipient, self._now())
            line = await self._line()
            reused = line.mails > 0
            try:
                said = await self._hand_over(line, recipient, body)
            except _Gone:
                if not reused:
                    raise
                said = await self._hand_over(await self._connected(), recipient, body)
        return Sent(reference=message_id(message, self._config.sender), detail=one_line(said)[:300])

    async def close(self) -> None:
        """End every connection."""
        if self._sweep is not None:
            self._sweep.cancel()
        for line in self._idle:
            self._quit(line)
        self._idle.clear()
        await asyncio.gather(*self._quitting, return_exceptions=True)

    async def _hand_over(self, line: _Line, recipient: str, body: Sequence[bytes]) -> str:
        """One mail over one connection, which is kept if it is still good."""
        client, given = line.client, False
        encoding, options = ("ascii", []) if recipient.isascii() else ("utf-8", ["SMTPUTF8"])
        if options and not client.supports_extension("smtputf8"):
            self._keep(line)
            raise DeliveryFailed(f"the mail server takes no address like {recipient!r:.80}", permanent=True)
        if client.supports_extension("size"):  # RFC 1870: what is too large is refused before it is given
            options.append(f"SIZE={sum(map(len, body))}")
        try:
            await client.mail(self._config.sender.address, options=options, encoding=encoding)
            await client.rcpt(recipient, encoding=encoding)
            given = True
            response = await _give(client, body, self._config.timeout.total_seconds())
        except aiosmtplib.SMTPResponseException as error:
            await self._reset(line, error.code)
            raise _refused(error, recipient, sent_nothing=not given or _refuses(error.code)) from error
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            client.close()
            if not given and isinstance(error, (aiosmtplib.SMTPServerDisconnected, ConnectionError)):
                raise _Gone(self._words("the connection was lost", error)) from error
            words = "no answer to the mail" if given else "the mail server does not go on"
            raise DeliveryFailed(self._words(words, error), permanent=False, sent_nothing=not given) from error
        except BaseException:
            client.close()
            raise
        line.mails += 1
        self._keep(line)
        return response.message

    async def _reset(self, line: _Line, code: int) -> None:
        """Begin anew on the same connection after a refusal; 421 says that the server ends it."""
        try:
            if code == 421 or not _refuses(code):
                raise aiosmtplib.SMTPServerDisconnected(str(code))
            await line.client.rset()
        except (aiosmtplib.SMTPException, OSError):
            line.client.close()
        else:
            line.mails += 1
            self._keep(line)

    async def _line(self) -> _Line:
        now = asyncio.get_running_loop().time()
        while self._idle:
            line = self._idle.pop()
            if line.client.is_connected and line.mails < MAILS_EACH and now - line.used_at < IDLE_SEC:
                return line
            self._quit(line)
        return await self._connected()

    async def _connected(self) -> _Line:
        """A new connection, with TLS and logged in as the configuration asks for."""
        config = self._config
        if self._tls is None and config.security != "none":
            self._tls = await asyncio.to_thread(ssl.create_default_context, cafile=config.ca_file)
        client = aiosmtplib.SMTP(
            hostname=config.host,
            port=config.port,
            timeout=config.timeout.total_seconds(),
            use_tls=config.security == "tls",
            start_tls=config.security == "starttls",
            tls_context=self._tls,
        )
        try:
            await client.connect()
            await client.ehlo()
            if config.username and config.password is not None:
                await self._login(client, config.username, config.password.reveal())
        except DeliveryFailed:
            client.close()
            raise
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            client.close()
            raise DeliveryFailed(
                self._words("cannot be reached", error), permanent=False, hint=_hint(error, config)
            ) from error
        except BaseException:
            client.close()
            raise
        return _Line(client)

    async def _login(self, client: aiosmtplib.SMTP, username: str, password: str) -> None:
        try:
            await client.login(username, password)
        except aiosmtplib.SMTPAuthenticationError as error:
            raise DeliveryFailed(
                f"{self._place} refuses the login of {username!r:.80} ({error.code})",
                permanent=False,
                retry_after=_LOGIN_AGAIN_SEC,
                hint="check username and password of [email]",
            ) from None

    def _keep(self, line: _Line) -> None:
        loop = asyncio.get_running_loop()
        line.used_at = loop.time()
        self._idle.append(line)
        if self._sweep is None:
            self._sweep = loop.call_later(IDLE_SEC, self._end_idle)

    def _end_idle(self) -> None:
        loop = asyncio.get_running_loop()
        old = [line for line in self._idle if loop.time() - line.used_at >= IDLE_SEC - 0.1]
        self._idle = [line for line in self._idle if line not in old]
        for line in old:
            self._quit(line)
        self._sweep = loop.call_later(IDLE_SEC, self._end_idle) if self._idle else None

    def _quit(self, line: _Line) -> None:
        task = asyncio.create_task(_say_goodbye(line.client), name="smtp-quit")
        self._quitting.add(task)
        task.add_done_callback(self._quitting.discard)

    @property
    def _place(self) -> str:
        return f"the mail server {self._config.host}:{self._config.port}"

    def _words(self, what: str, error: BaseException) -> str:
        said = one_line(str(getattr(error, "message", "") or error))[:200] or type(error).__name__
        return f"{self._place}: {what}: {said}"


class _Gone(DeliveryFailed):
    """The connection was lost before the mail was given."""

    def __init__(self, message: str) -> None:
        super().__init__(message, permanent=False)


def _refuses(code: int) -> bool:
    """Whether an answer is a refusal: of others nobody knows whether the mail was taken."""
    return 400 <= code < 600


def _refused(error: aiosmtplib.SMTPResponseException, recipient: str, *, sent_nothing: bool) -> DeliveryFailed:
    """What the server said to a command or to the mail."""
    permanent = 500 <= error.code < 600
    whom = f" for {recipient}" if isinstance(error, aiosmtplib.SMTPRecipientRefused) else ""
    said = one_line(error.message)[:300]
    what = "refuses" if _refuses(error.code) else "answers what nobody understands"
    return DeliveryFailed(
        f"the mail server {what}{whom}: {error.code} {said}", permanent=permanent, sent_nothing=sent_nothing
    )


def _hint(error: BaseException, config: EmailConfig) -> str:
    if isinstance(error, ssl.SSLCertVerificationError) or "CERTIFICATE_VERIFY" in str(error):
        return "name the certificate of its authority with ca_file in [email]"
    if "STARTTLS" in str(error):
        return 'nothing is sent in clear text; use security = "tls", or "none" where the network is trusted'
    return f"check host, port and security of [email] (now {config.security})"


async def _give(client: aiosmtplib.SMTP, mail: Sequence[bytes], seconds: float) -> aiosmtplib.SMTPResponse:
    """Give the server a mail in pieces, each and the answer within ``seconds``; what it says.

    ``client.data`` looks through the whole mail and writes it at once, which holds everybody up for as long.

    Raises:
        SMTPException: the server refuses it, or is gone.
        TimeoutError: it takes no more, or does not answer.
    """
    ready = await client.execute_command(b"DATA")
    protocol = client.protocol
    if ready.code != aiosmtplib.SMTPStatus.start_input:
        raise aiosmtplib.SMTPDataError(ready.code, ready.message)
    if protocol is None:
        raise aiosmtplib.SMTPServerDisconnected("Connection lost")
    answer = asyncio.create_task(protocol.read_response(), name="smtp-answer")  # it may come before the mail's end
    whole = False
    try:
        for piece in chain(map(stuffed, mail), (b".\r\n",)):
            async with asyncio.timeout(seconds):
                await asyncio.sleep(0)
                while not answer.done() and _unsent(client) > _UNSENT_BYTES:  # noqa: ASYNC110 - nobody tells us
                    await asyncio.sleep(_UNSENT_SEC)
            if answer.done():
                break
            protocol.write(piece)
        else:
            whole = True
        async with asyncio.timeout(seconds):
            response = await answer
        if response.code // 100 != 2:  # the first digit decides (RFC 5321, 4.2.1): 2yz is a mail that was taken
            raise aiosmtplib.SMTPDataError(response.code, response.message)
        if not whole:
            raise aiosmtplib.SMTPServerDisconnected("an answer came before the end of the mail")
    finally:
        answer.cancel()
        if not whole:
            client.close()
    return response


def _unsent(client: aiosmtplib.SMTP) -> int:
    """Bytes that were written and that the system has not taken."""
    return 0 if client.transport is None else cast("asyncio.WriteTransport", client.transport).get_write_buffer_size()


async def _say_goodbye(client: aiosmtplib.SMTP) -> None:
    try:
        async with asyncio.timeout(_QUIT_SEC):
            await client.quit()
    except (aiosmtplib.SMTPException, OSError, TimeoutError):
        client.close()
