"""``[email]`` -> ``EmailConfig``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Literal

from batmon.config.addresses import Mailbox, address, mailbox
from batmon.config.secrets import Secret, read_secret
from batmon.config.section import Section
from batmon.config.values import similar
from batmon.config.variables import Variables

Security = Literal["starttls", "tls", "none"]
PORTS: dict[Security, int] = {"starttls": 587, "tls": 465, "none": 25}
_USUAL: Security = "starttls"
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class EmailConfig:
    """The mail server that mail is handed to. ``admins`` are what ``"admins"`` stands for in every ``to``."""

    host: str
    port: int
    security: Security
    sender: Mailbox
    admins: tuple[str, ...] = ()
    username: str = ""
    password: Secret | None = None
    timeout: timedelta = timedelta(seconds=30)
    """For connecting, and for each command."""
    ca_file: Path | None = None
    """Certificates to trust in the place of the system's."""
    connections: int = 4
    """At most so many to the server at a time."""


def read_email(table: Section, variables: Variables) -> EmailConfig | None:
    """The section; None when something is wrong with it (it is noted)."""
    before = len(table.problems)
    table.require("host", "sender")
    security = table.text("security", _USUAL, _security)
    email = EmailConfig(
        host=table.text("host", "", _host),
        port=table.whole("port", PORTS[security], low=1, high=65535),
        security=security,
        sender=table.text("sender", Mailbox("-@localhost"), _sender),
        admins=table.texts("admins", (), address),
        username=table.text("username", "", lambda text: _line(variables.expand(text))),
        password=read_secret(table, variables, "password"),
        timeout=table.duration("timeout", timedelta(seconds=30), positive=True),
        ca_file=table.text("ca_file", None, lambda text: existing(variables.path(text))),
        connections=table.whole("connections", 4, low=1, high=50),
    )
    _check_login(table, email, good=len(table.problems) == before)
    table.finish()
    return email if len(table.problems) == before else None


def existing(path: Path) -> Path:
    """A file that is there and can be read.

    Raises:
        ValueError: it cannot.
    """
    try:
        with path.open("rb"):
            return path
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from None


def _check_login(table: Section, email: EmailConfig, *, good: bool) -> None:
    if email.username and email.password is None and good:
        table.bad("username", "a login needs a password", 'password = "${env:BATMON_SMTP_PASSWORD}" or password_file')
    if email.password is not None and not table.has("username"):
        table.bad("password", "a password needs a username", 'username = "" where the server wants no login')
    if email.username and email.security == "none" and email.host not in _LOOPBACK:
        table.bad("security", "the password would cross the network in clear text", 'use "starttls" or "tls"')


def _security(text: str) -> Security:
    for known in PORTS:
        if text == known:
            return known
    near = {"ssl": "tls", "smtps": "tls", "plain": "none"}.get(text.lower()) or similar(text, PORTS)
    raise ValueError(f"{text!r} is none of " + ", ".join(PORTS) + (f'; did you mean "{near}"?' if near else ""))


def _host(text: str) -> str:
    host = text.strip()
    if not host or not host.isprintable() or any(char in host for char in " /@"):
        raise ValueError(f'{text!r:.80} is not a host; write its name alone, as in "smtp.example.com"')
    return host


def _sender(text: str) -> Mailbox:
    found = mailbox(text)
    if not found.address.isascii():
        raise ValueError(f"{text!r:.80}: not every server takes such an address; the name before it can be Korean")
    return found


def _line(text: str) -> str:
    if not text.isprintable():
        raise ValueError("it holds control characters")
    return text
