"""TLS contexts of probes: making one reads all the system's certificates, so each is kept."""

from __future__ import annotations

import asyncio
import ssl
from functools import lru_cache
from pathlib import Path


async def context_for(*, verify: bool, ca: Path | None) -> ssl.SSLContext:
    """How a server is believed: by the system's authorities, by those in the file ``ca``, or without ``verify`` anyhow.

    Raises:
        OSError: the file cannot be read, or holds no certificate (``ssl.SSLError``).
    """
    return await asyncio.to_thread(_context, verify, ca)


def _context(verify: bool, ca: Path | None) -> ssl.SSLContext:
    return _made(verify, ca, None if ca is None else ca.stat().st_mtime_ns)


@lru_cache(maxsize=64)
def _made(verify: bool, ca: Path | None, _written: int | None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=None if ca is None else str(ca))
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
