"""Requests to the services behind channels: bounded in time and size, no redirects, TLS always verified; what the
answer's status means for a delivery."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp

from batmon import __version__
from batmon.config.channels import ChannelConfig
from batmon.errors import DeliveryFailed
from batmon.notify.channel import Clock
from batmon.notify.mask import mask
from batmon.notify.visible import one_line

MOST_READ = 64 * 1024
"""Bytes of an answer that are read."""
LONGEST_WAIT_SEC = 86_400.0
_CONNECTIONS = 8
_SAID_OF = 2000
"""Characters of an answer of which an error tells the first ones, masked."""
_TEMPORARY = frozenset({408, 425, 429})


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. ``text`` is cut to MOST_READ bytes; names of ``headers`` are in small letters."""

    status: int
    text: str
    headers: Mapping[str, str]

    def json(self) -> Any:
        """The body as JSON; None when it is none."""
        try:
            return json.loads(self.text)
        except (ValueError, RecursionError):
            return None


class Http:
    """One channel's connections. ``who`` names the other side in errors; addresses never stand in them."""

    def __init__(self, config: ChannelConfig, who: str, now: Clock) -> None:
        self._config = config
        self._who = who
        self._now = now
        self._proxy = None if config.proxy is None else config.proxy.reveal()
        self._session: aiohttp.ClientSession | None = None
        self._opening = asyncio.Lock()

    async def post(self, url: str, value: Any, headers: Mapping[str, str] | None = None) -> Answer:
        """``value`` as JSON; an answer of 2xx."""
        return await self.request("POST", url, body=as_json(value), headers=headers)

    async def request(
        self, method: str, url: str, *, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """An answer whose status is 2xx.

        Raises:
            DeliveryFailed: any other status, no answer, or none in time.
        """
        answer = await self.ask(method, url, body=body, headers=headers)
        if not 200 <= answer.status < 300:
            raise self.failure(answer)
        return answer

    async def ask(
        self, method: str, url: str, *, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """An answer of any status.

        Raises:
            DeliveryFailed: none came, or not in time.
        """
        session = await self._opened()
        own = {"Content-Type": "application/json; charset=utf-8"} if body is not None else {}
        try:
            async with session.request(
                method, url, data=body, headers={**own, **(headers or {})}, allow_redirects=False,
                proxy=self._proxy,
            ) as response:  # fmt: skip
                text = await _text(response)
                return Answer(response.status, text, {name.lower(): value for name, value in response.headers.items()})
        except aiohttp.ClientConnectorCertificateError as error:
            said = one_line(str(error.certificate_error))[:200]
            raise DeliveryFailed(
                f"{self._who}: its certificate cannot be verified: {said}",
                permanent=False,
                hint="name the certificate of its authority with ca_file in the channel",
            ) from None
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.ClientProxyConnectionError,
                aiohttp.ClientHttpProxyError) as error:  # fmt: skip
            raise DeliveryFailed(f"{self._who} cannot be reached: {_words(error)}", permanent=False) from None
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            raise DeliveryFailed(
                f"{self._who} gave no answer: {_words(error)}", permanent=False, sent_nothing=False
            ) from None

    def failure(self, answer: Answer) -> DeliveryFailed:
        """What an answer that is not 2xx means."""
        said = mask(one_line(answer.text[:_SAID_OF]))[:200]
        words = f"{self._who} answers {answer.status}" + (f": {said}" if said else "")
        if 300 <= answer.status < 400:
            return DeliveryFailed(f"{self._who} redirects ({answer.status})", permanent=True,
                                  hint="write the address that it leads to; redirects are not followed")  # fmt: skip
        temporary = answer.status >= 500 or answer.status in _TEMPORARY
        wait = retry_after(answer.headers.get("retry-after", ""), self._now()) if temporary else None
        return DeliveryFailed(words, permanent=not temporary, retry_after=wait)

    async def close(self) -> None:
        """End the connections."""
        if self._session is not None:
            await self._session.close()

    async def _opened(self) -> aiohttp.ClientSession:
        async with self._opening:
            if self._session is None:
                trust = await asyncio.to_thread(ssl.create_default_context, cafile=self._config.ca_file)
                seconds = self._config.timeout.total_seconds()
                self._session = aiohttp.ClientSession(
                    connector=aiohttp.TCPConnector(limit=_CONNECTIONS, ssl=trust),
                    timeout=aiohttp.ClientTimeout(total=seconds, sock_connect=seconds),
                    cookie_jar=aiohttp.DummyCookieJar(),
                    headers={"User-Agent": f"BATMON/{__version__}"},
                )
            return self._session


def as_json(value: Any) -> bytes:
    """Compact UTF-8 JSON; lone surrogates, which UTF-8 cannot carry, as question marks."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def retry_after(text: str, now: datetime) -> float | None:
    """Seconds that ``Retry-After`` asks for (RFC 9110, 10.2.3: seconds or a date); None when it says nothing usable."""
    written = text.strip()
    if written.isascii() and written.isdigit():
        return min(float(written[:9]), LONGEST_WAIT_SEC)
    try:
        at = parsedate_to_datetime(written)
    except ValueError:
        return None
    at = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    return min(max((at - now).total_seconds(), 0.0), LONGEST_WAIT_SEC)


async def _text(response: aiohttp.ClientResponse) -> str:
    """The beginning of the body; what is lost of it does not matter, the status is known."""
    parts: list[bytes] = []
    left = MOST_READ
    try:
        while left > 0 and (part := await response.content.read(left)):
            parts.append(part)
            left -= len(part)
    except (aiohttp.ClientPayloadError, ConnectionError, TimeoutError):
        pass
    return b"".join(parts).decode("utf-8", "replace")


def _words(error: BaseException) -> str:
    """The kind of trouble: texts of these errors may hold the address."""
    if isinstance(error, TimeoutError):
        return "not in time"
    inner = getattr(error, "os_error", None) or error
    said = inner.strerror if isinstance(inner, OSError) and inner.strerror else type(error).__name__
    return one_line(str(said))[:200]
