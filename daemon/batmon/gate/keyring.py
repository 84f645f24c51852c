"""Who may come in: the people, their public keys and their roles, in ``<state>/authorized_keys``.

The file has OpenSSH's form, one key a line, with options that say whose it is::

    name="kim",role="operator",from="10.0.0.0/8",expiry-time="20271231" ssh-ed25519 AAAA... kim@laptop

It may be edited by hand; a line that cannot be used lets nobody in and is named by ``problems``.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import fnmatch
import hashlib
import ipaddress
import logging
import os
import re
import stat
import struct
import tempfile
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from batmon.errors import BadRequest, GateError, NotFound, Refused
from batmon.model import Role
from batmon.refusals import because

log = logging.getLogger(__name__)

KEY_TYPES = (
    "ssh-ed25519",
    "sk-ssh-ed25519@openssh.com",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "sk-ecdsa-sha2-nistp256@openssh.com",
    "ssh-rsa",
)
"""Public keys that are taken; DSA and certificates are not."""

LARGEST_FILE = 4 * 1024 * 1024

FRESH_NS = 100_000_000
"""Nanoseconds: more than a tick of any file system's clock on Linux (4 to 10 ms)."""

_NAME = re.compile(r"[A-Za-z0-9가-힣_][A-Za-z0-9가-힣_.@-]{0,63}")
_OPTION = re.compile(r'([A-Za-z0-9-]+)(?:="((?:[^"\\]|\\.)*)")?(?:,|\s+)')
_KNOWN = frozenset({"name", "role", "from", "expiry-time", "restrict"})
_HEADER = "# People who may reach BATMON over SSH. `batmon user add` and `batmon user remove` write this file.\n"


@dataclass(frozen=True, slots=True)
class KeyEntry:
    """One key of one person; ``key_line`` is type and blob, without options and comment.

    ``restricted`` is OpenSSH's option ``restrict``: verbs, but no terminal.
    """

    name: str
    role: Role
    fingerprint: str
    key_line: str
    comment: str = ""
    from_patterns: tuple[str, ...] = ()
    expires_at: datetime | None = None
    restricted: bool = False

    def refusal(self, now: datetime, peer: str | None = None) -> str:
        """Why this key may not be used at ``now`` from the address ``peer``; empty if it may.

        Without a ``peer`` the addresses are not looked at; an empty one is nobody's, and matches none.
        """
        if self.expires_at is not None and now >= self.expires_at:
            return f"the key of {self.name} expired at {self.expires_at.isoformat()}"
        if peer is not None and self.from_patterns and not _matches(peer, self.from_patterns):
            return f"the key of {self.name} may not be used from {peer or 'an unknown address'}"
        return ""

    @property
    def line(self) -> str:
        """The entry as a line of the file, without a newline."""
        options = [f'name="{self.name}"', f'role="{self.role}"']
        if self.restricted:
            options.insert(0, "restrict")
        if self.from_patterns:
            options.append(f'from="{",".join(self.from_patterns)}"')
        if self.expires_at is not None:
            options.append(f'expiry-time="{self.expires_at.astimezone(UTC):%Y%m%d%H%M%S}Z"')
        return f"{','.join(options)} {self.key_line} {self.comment}".rstrip()


def _matches(peer: str, patterns: tuple[str, ...]) -> bool:
    """OpenSSH's from=: addresses, networks and wildcards; a match of a pattern that begins with ! refuses."""
    try:
        address = ipaddress.ip_address(peer.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    matched = False
    for pattern in patterns:
        wanted = pattern.removeprefix("!")
        try:
            hit = address in ipaddress.ip_network(wanted, strict=False)
        except ValueError:
            hit = fnmatch.fnmatchcase(str(address), wanted)
        if hit and pattern.startswith("!"):
            return False
        matched = matched or hit
    return matched


def fingerprint(blob: bytes) -> str:
    """OpenSSH's SHA256 fingerprint of a public key's blob."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


def parse_key(text: str) -> tuple[str, str, str]:
    """One public key line without options -> (type and blob, fingerprint, comment).

    Raises:
        BadRequest: it is not one public key of a type that is taken.
    """
    text = text.strip()
    if "PRIVATE KEY" in text:
        raise BadRequest(because("private-key"))
    parts = text.split(None, 2)
    if "\n" in text or "\r" in text or len(parts) < 2 or parts[0] not in KEY_TYPES:
        raise BadRequest(because("not-a-public-key", type=KEY_TYPES[0]))
    try:
        blob = base64.b64decode(parts[1], validate=True)
        (length,) = struct.unpack_from(">I", blob)
        kind = blob[4 : 4 + length].decode("ascii")
    except (binascii.Error, struct.error, UnicodeDecodeError, ValueError):
        raise BadRequest(because("key-damaged")) from None
    if kind != parts[0]:
        raise BadRequest(because("key-of-another-type", said=parts[0], type=kind))
    if kind == "ssh-rsa" and len(blob) < 270:  # 2048 bits and more have a blob of at least 279 bytes
        raise BadRequest(because("key-too-short"))
    comment = parts[2] if len(parts) == 3 else ""
    return f"{parts[0]} {parts[1]}", fingerprint(blob), "".join(c for c in comment if c.isprintable())


def _is_pattern(text: str) -> bool:
    if "*" in text or "?" in text:
        return re.fullmatch(r"[0-9A-Fa-f.:*?]+", text) is not None
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return True


def parse_expiry(text: str) -> datetime:
    """OpenSSH's expiry-time (``YYYYMMDD[HHMM[SS]]``, with Z in UTC) or an ISO 8601 date or time -> a moment in UTC.

    Without a zone it is this machine's local time, as OpenSSH has it.

    Raises:
        BadRequest: it is neither.
    """
    value, zulu = (text[:-1], True) if text.endswith(("Z", "z")) else (text, False)
    with contextlib.suppress(ValueError, KeyError):
        if value.isdigit():
            form = {8: "%Y%m%d", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}[len(value)]
            moment = datetime.strptime(value, form)  # noqa: DTZ007 - the zone is set two lines on
        else:
            moment = datetime.fromisoformat(value)
        return (moment.replace(tzinfo=UTC) if zulu else moment).astimezone(UTC)
    raise BadRequest(because("expiry-no-time", text=text))


def _options(text: str) -> tuple[dict[str, str], str]:
    """The options before a key and what follows them."""
    found: dict[str, str] = {}
    rest = text
    while not rest.startswith(KEY_TYPES):
        match = _OPTION.match(rest)
        if match is None:
            raise BadRequest(because("not-options-and-key"))
        name, value = match.group(1).lower(), match.group(2) or ""
        if name not in _KNOWN:
            raise BadRequest(because("strange-option", name=name, known=", ".join(sorted(_KNOWN))))
        if name in found:
            raise BadRequest(because("option-twice", name=name))
        found[name] = value.replace('\\"', '"')
        rest = rest[match.end() :]
    return found, rest


def parse_line(text: str) -> KeyEntry:
    """One line of the file.

    Raises:
        BadRequest: it cannot be used, with why.
    """
    options, key_text = _options(text.strip())
    name = options.get("name", "")
    if not _NAME.fullmatch(name):
        raise BadRequest(because("not-a-user-name", name=name))
    try:
        role = Role(options.get("role", ""))
    except ValueError:
        raise BadRequest(because("no-role", written=options.get("role", ""))) from None
    key_line, print_, comment = parse_key(key_text)
    patterns = tuple(part.strip() for part in options.get("from", "").split(",") if part.strip())
    expiry = options.get("expiry-time")
    return KeyEntry(
        name=name,
        role=role,
        fingerprint=print_,
        key_line=key_line,
        comment=comment,
        from_patterns=patterns,
        expires_at=None if expiry is None else parse_expiry(expiry),
        restricted="restrict" in options,
    )


class KeyRing:
    """The keys in one file, read again whenever the file changed. Safe to use from threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._seen: tuple[int, ...] | None = None
        self._entries: tuple[KeyEntry, ...] = ()
        self._problems: tuple[str, ...] = ()

    @property
    def path(self) -> Path:
        """Where the keys are."""
        return self._path

    def entries(self) -> tuple[KeyEntry, ...]:
        """Every usable entry, in the file's order; expired ones too."""
        with self._lock:
            self._refresh()
            return self._entries

    def problems(self) -> tuple[str, ...]:
        """Lines that let nobody in, each with its number and why."""
        with self._lock:
            self._refresh()
            return self._problems

    def find(self, user: str, fingerprint: str) -> KeyEntry | None:
        """The entry of ``user`` with that key; the caller asks its ``refusal`` for expiry and addresses."""
        return next((e for e in self.entries() if e.name == user and e.fingerprint == fingerprint), None)

    def add(
        self,
        name: str,
        role: Role,
        key: str,
        *,
        from_patterns: tuple[str, ...] = (),
        expires_at: datetime | None = None,
    ) -> KeyEntry:
        """Let ``name`` in with a public key line; the same key again replaces role and limits.

        Raises:
            BadRequest: the name, the key or an address cannot be used.
            Refused: others may write the file: what they wrote must not be taken over as ours.
        """
        key_line, print_, comment = parse_key(key)
        for pattern in from_patterns:
            if not _is_pattern(pattern.removeprefix("!")):
                raise BadRequest(because("not-an-address", pattern=pattern))
        entry = KeyEntry(name, role, print_, key_line, comment, tuple(from_patterns), expires_at)
        entry = parse_line(entry.line)  # what is written is what will be read
        with self._lock:
            lines = [line for line in self._lines() if not _is(line, name, print_)]
            self._write([*lines, entry.line])
        return entry

    def remove(self, name: str, fingerprint: str | None = None) -> int:
        """Let ``name`` in no longer, with any key or with that one only: how many keys went.

        Raises:
            NotFound: there is no such key.
            Refused: others may write the file.
        """
        with self._lock:
            lines = self._lines()
            kept = [line for line in lines if not _is(line, name, fingerprint)]
            if len(kept) == len(lines):
                if fingerprint:
                    raise NotFound(because("no-user-with-key", name=name, fingerprint=fingerprint))
                raise NotFound(because("no-user", name=name))
            self._write(kept)
        return len(lines) - len(kept)

    def _lines(self) -> list[str]:
        """The file's lines, of a file that can be trusted.

        Raises:
            Refused: it cannot.
        """
        try:
            self._check(self._path.stat())  # before opening: a FIFO would wait
            with self._path.open("rb") as file:
                self._check(os.fstat(file.fileno()))
                text = file.read(LARGEST_FILE + 1).decode("utf-8", errors="replace")
        except FileNotFoundError:
            return _HEADER.splitlines()
        return text.splitlines()

    def _write(self, lines: list[str]) -> None:
        """Replace the file as a whole, 0600, and make that durable."""
        handle, temporary = tempfile.mkstemp(prefix=".authorized_keys-", dir=self._path.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
                file.write("".join(f"{line}\n" for line in lines))
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(self._path)
        except OSError as error:
            Path(temporary).unlink(missing_ok=True)
            raise GateError(because("cannot-write", path=self._path, why=error.strerror)) from error
        self._seen = None

    def _refresh(self) -> None:
        """Read the file if it is not the one that was read last; one that cannot be trusted lets nobody in."""
        try:
            facts = self._path.stat()
        except FileNotFoundError:
            self._seen, self._entries, self._problems = None, (), ()
            return
        except OSError as error:
            self._close(f"{self._path} cannot be looked at: {error.strerror}")
            return
        # The change time moves with mode and owner too, and nobody can set it back.
        seen = (facts.st_mtime_ns, facts.st_ctime_ns, facts.st_size, facts.st_ino, facts.st_mode, facts.st_uid)
        if seen == self._seen:
            return
        # Two changes within one tick of the file system's clock look alike: a fresh file is read again each time.
        self._seen = seen if abs(time.time_ns() - facts.st_ctime_ns) > FRESH_NS else None
        try:
            self._read()
        except OSError as error:
            self._close(f"{self._path} cannot be read: {error.strerror}")
        except Refused as error:
            self._close(f"{error}: {error.hint}" if error.hint else str(error))

    def _close(self, problem: str) -> None:
        if self._problems != (problem,):
            log.error("nobody can come in over SSH: %s", problem)
        self._entries, self._problems = (), (problem,)

    def _check(self, facts: os.stat_result) -> None:
        if not stat.S_ISREG(facts.st_mode):
            raise Refused(because("not-a-regular-file", path=self._path))
        if os.name != "nt" and facts.st_mode & 0o022:
            raise Refused(because("keys-writable", path=self._path))
        if os.name != "nt" and facts.st_uid not in (0, os.geteuid()):
            raise Refused(because("keys-of-another", path=self._path, owner=facts.st_uid))
        if facts.st_size > LARGEST_FILE:
            raise Refused(because("keys-too-large", path=self._path, most=LARGEST_FILE))

    def _read(self) -> None:
        entries: list[KeyEntry] = []
        problems: list[str] = []
        for number, line in enumerate(self._lines(), start=1):
            if not line.strip() or line.lstrip().startswith("#"):
                continue
            try:
                entries.append(parse_line(line))
            except BadRequest as error:
                problems.append(f"{self._path}:{number}: {error}")
        for problem in problems:
            if problem not in self._problems:
                log.warning("a key is left out: %s", problem)
        self._entries, self._problems = tuple(entries), tuple(problems)


def _is(line: str, name: str, fingerprint: str | None) -> bool:
    """Whether a line of the file is the entry of ``name`` (with that key)."""
    if not line.strip() or line.lstrip().startswith("#"):
        return False
    try:
        entry = parse_line(line)
    except BadRequest:
        return False
    return entry.name == name and fingerprint in (None, entry.fingerprint)
