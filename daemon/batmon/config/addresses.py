"""E-mail addresses and telephone numbers as people write them -> as servers take them; pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u00a0-\U0010ffff-]+"
_LOCAL = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_PHONE = re.compile(r"\+?[0-9](?:[0-9 ().-]*[0-9])?")
_LONGEST_LOCAL = 64
_LONGEST = 254
"""RFC 5321, 4.5.3.1: a local part has 64 octets, a path 256 with its angle brackets."""


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A person's or a place's address with the name that people see; ``name`` may be empty."""

    address: str
    name: str = ""

    def __str__(self) -> str:
        return f"{self.name} <{self.address}>" if self.name else self.address


def address(text: str) -> str:
    """One e-mail address (RFC 5321 dot-string and domain), an international domain in its ASCII form.

    Raises:
        ValueError: it is none; quoted local parts and address literals, which hardly a server takes, are none here.
    """
    written = text.strip()
    local, at, domain = written.rpartition("@")
    if not at or not local or not domain:
        raise ValueError(f"{written!r:.80} is not an e-mail address")
    if not _LOCAL.fullmatch(local) or not local.isprintable() or len(local.encode()) > _LONGEST_LOCAL:
        raise ValueError(f"{written!r:.80} is not an e-mail address: what stands before '@' is not usable")
    whole = f"{local}@{_domain(domain, written)}"
    if len(whole.encode()) > _LONGEST:
        raise ValueError(f"{written!r:.80} is longer than an e-mail address may be ({_LONGEST} bytes)")
    return whole


def mailbox(text: str) -> Mailbox:
    """``name@example.com``, or ``Name <name@example.com>``.

    Raises:
        ValueError: the address is none, or the name holds control characters.
    """
    written = text.strip()
    if not written.endswith(">"):
        return Mailbox(address(written))
    name, _, inner = written[:-1].rpartition("<")
    name = name.strip()
    if len(name) >= 2 and name[0] == name[-1] == '"':
        name = name[1:-1].replace('\\"', '"').strip()
    if not name.isprintable() or len(name) > 100:
        raise ValueError(f"{name!r:.80}: a name before an address has at most 100 printable characters")
    return Mailbox(address(inner), name)


def phone(text: str) -> str:
    """A telephone number as ``+`` and digits, or as digits alone where no country is named.

    Raises:
        ValueError: it is none: 4 to 15 digits (E.164), with blanks, dots, hyphens and brackets between them.
    """
    written = text.strip()
    digits = re.sub(r"\D", "", written)
    if not written.isascii() or not _PHONE.fullmatch(written) or not 4 <= len(digits) <= 15:
        raise ValueError(f'{written!r:.40} is not a telephone number; write "+821012345678" or "010-1234-5678"')
    return f"+{digits}" if written.startswith("+") else digits


def _domain(domain: str, written: str) -> str:
    import idna  # noqa: PLC0415 - 10 ms that only an international domain needs

    try:
        ascii_domain = domain.lower() if domain.isascii() else idna.encode(domain, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        raise ValueError(f"{written!r:.80}: {domain!r:.80} is not a domain") from None
    if len(ascii_domain) > 253 or not all(_LABEL.fullmatch(label) for label in ascii_domain.split(".")):
        raise ValueError(f"{written!r:.80}: {domain!r:.80} is not a domain")
    return ascii_domain
