"""What the system and the network raise, as the faults of ``probe_words.FAULTS``."""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
from collections.abc import Mapping

from batmon.evidence.probes.blocking import Busy

EXPIRED = 10
_VERIFY: Mapping[int, str] = {EXPIRED: "expired", 62: "hostname", 64: "hostname"}
"""OpenSSL's X509_V_ERR_CERT_HAS_EXPIRED, _HOSTNAME_MISMATCH and _IP_ADDRESS_MISMATCH; all else is about trust."""


_KINDS: tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], str], ...] = (
    (Busy, "busy"),
    (TimeoutError, "timeout"),
    (socket.gaierror, "unknown_host"),
    (ConnectionRefusedError, "refused"),
    ((ConnectionError, asyncio.IncompleteReadError), "closed"),
    ((FileNotFoundError, NotADirectoryError), "missing"),
    (PermissionError, "denied"),
)
"""Errors that say all by their kind; the first that matches."""


def fault_of(error: BaseException) -> tuple[str, str]:
    """The fault, and what else the error says of it."""
    if isinstance(error, ssl.SSLCertVerificationError):
        fault = _VERIFY.get(error.verify_code, "chain")
        return fault, "" if fault == "expired" else str(error.verify_message or "").strip()
    if isinstance(error, ssl.SSLError):
        return "tls", str(error.reason or error.strerror or "").replace("_", " ").lower()
    for kind, fault in _KINDS:
        if isinstance(error, kind):
            return fault, str(getattr(error, "filename", None) or "")
    if isinstance(error, OSError):
        return "unreachable", error.strerror or str(error)
    return "protocol", next(iter(str(error).splitlines()), "")[:200]


def is_local(error: BaseException) -> bool:
    """Whether it kept us from looking, rather than telling of what is looked at."""
    local = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EADDRNOTAVAIL)
    return isinstance(error, Busy) or (isinstance(error, OSError) and error.errno in local)
