"""A URL: its status, what its answer holds, and how long it takes until the end of it."""

from __future__ import annotations

import asyncio
import socket
import ssl
import unicodedata
from datetime import datetime
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from batmon.config.probe_targets import Codes, HttpTarget
from batmon.config.probes import Probe
from batmon.evidence.probes.faults import fault_of, is_local
from batmon.evidence.probes.names import resolve
from batmon.evidence.probes.trust import context_for
from batmon.judge.probe import Sample

AGENT = "batmon-probe"
CHUNK = 64 << 10
_MOVED = (301, 302, 303, 307, 308)


class _Names(AbstractResolver):
    """The house's own way to addresses, for aiohttp."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        return [ResolveResult(**found) for found in await resolve(host, port, family)]

    async def close(self) -> None:
        """Nothing to let go of."""


class _Failed(Exception):
    """The answer is not as it should be: a fault, and the figures of its sentence."""

    def __init__(self, fault: str, detail: str = "", **facts: Any) -> None:
        super().__init__(fault)
        self.fault, self.detail, self.facts = fault, detail, facts


def look_of(probe: Probe) -> Any:
    """Look at the probe's URL."""
    target = probe.target
    assert isinstance(target, HttpTarget)  # noqa: S101 - its kind says so

    async def look(now: datetime) -> Sample:
        clock = asyncio.get_running_loop().time
        begun = clock()

        def sample(fault: str = "", detail: str = "", **more: Any) -> Sample:
            return Sample(now, clock() - begun, fault=fault, detail=detail, **more)

        try:
            trust = await context_for(verify=target.verify, ca=target.ca)
        except OSError as error:
            return sample("unreadable", str(target.ca or error), blind=True)
        begun = clock()
        try:
            async with asyncio.timeout(probe.rule.timeout.total_seconds()):
                await _ask(target, trust)
        except _Failed as failed:
            return sample(failed.fault, failed.detail, facts=failed.facts)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            cause = _cause(error)
            fault, detail = fault_of(cause)
            if fault == "protocol":  # what the client says of it may hold the URL, and so a secret
                detail = _first_line(cause.message) if isinstance(cause, aiohttp.ClientResponseError) else ""
            return sample(fault, detail, blind=is_local(cause))
        took = clock() - begun
        return Sample(now, took, value=took)

    return look


async def _ask(target: HttpTarget, trust: ssl.SSLContext) -> None:
    connector = aiohttp.TCPConnector(ssl=trust, resolver=_Names(), force_close=True, use_dns_cache=False, limit=1)
    async with aiohttp.ClientSession(
        connector=connector, cookie_jar=aiohttp.DummyCookieJar(), timeout=aiohttp.ClientTimeout(total=None)
    ) as session:
        method, url, first = target.method, URL(target.url.reveal()), URL(target.url.reveal()).origin()
        for _ in range(target.redirects + 1):
            headers = {"User-Agent": AGENT, "Accept-Encoding": "identity"}
            data = None
            if url.origin() == first:  # what may be secret stays with the host that it was written for
                headers |= {name: value.reveal() for name, value in target.headers.items()}
                data = target.body.reveal().encode() if method == "POST" else None
            async with session.request(method, url, headers=headers, data=data, allow_redirects=False) as answer:
                moved = answer.headers.get("Location") if answer.status in _MOVED else None
                if not moved or not target.redirects:
                    await _check(target, answer)
                    return
                url = _next(answer.url, moved)
                if answer.status == 303 or (answer.status in (301, 302) and method == "POST"):
                    method = "GET"
        raise _Failed("redirects", str(target.redirects))


def _next(url: URL, moved: str) -> URL:
    found = url.join(URL(moved))
    if found.scheme not in ("http", "https") or not found.host:
        raise _Failed("protocol", "Location")
    return found


async def _check(target: HttpTarget, answer: aiohttp.ClientResponse) -> None:
    if not any(low <= answer.status <= high for low, high in target.expect_status):
        reason = f" {answer.reason[:100]}" if answer.reason else ""
        raise _Failed("status", f"{answer.status}{reason}", expected=in_words(target.expect_status))
    body = bytearray()
    while len(body) < target.most and (chunk := await answer.content.read(min(CHUNK, target.most - len(body)))):
        body += chunk
    if target.expect_text and not _holds(bytes(body), answer.charset or "utf-8", target.expect_text):
        raise _Failed("text", "")


def _holds(body: bytes, charset: str, wanted: str) -> bool:
    try:
        text = body.decode(charset, "replace")
    except LookupError:  # a charset that nobody knows
        text = body.decode("utf-8", "replace")
    return unicodedata.normalize("NFC", wanted) in unicodedata.normalize("NFC", text)


def in_words(codes: Codes) -> str:
    """``200-399, 404``."""
    return ", ".join(str(low) if low == high else f"{low}-{high}" for low, high in codes)


def _first_line(text: str) -> str:
    return next(iter(text.splitlines()), "").rstrip(": ")[:200]


def _cause(error: Exception) -> BaseException:
    """The error of the system below that of the client, where there is one."""
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return error.certificate_error
    if isinstance(error, aiohttp.ClientConnectorError):
        return error.os_error
    if isinstance(error, aiohttp.ClientConnectionError | aiohttp.ClientPayloadError):
        return error if isinstance(error, TimeoutError) else ConnectionResetError()  # it had been connected
    return error
