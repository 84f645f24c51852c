"""What a probe of each kind looks at: the keys of ``[[probes]]`` that only its kind has."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from batmon.config.secrets import Secret
from batmon.config.section import Section
from batmon.config.values import database_url, size
from batmon.config.variables import Variables, without_nul

NOTHING = Secret("")
Codes = tuple[tuple[int, int], ...]
"""Ranges of HTTP status codes, both ends included."""

METHODS = ("GET", "HEAD", "POST")
USUAL_BODY = 1 << 20
MOST_BODY = 64 << 20
DOCKER_SOCKET = Path("/var/run/docker.sock")
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_CODES = re.compile(r"([1-5])xx|([1-5]\d\d)(?:-([1-5]\d\d))?")
_HOST = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?\.?|[0-9A-Fa-f:.]+(%[\w.]+)?")


@dataclass(frozen=True, slots=True)
class HttpTarget:
    """A URL, and what its answer must be like. ``body`` is sent; ``most`` bytes of the answer are read."""

    url: Secret
    method: str = "GET"
    headers: Mapping[str, Secret] = field(default_factory=dict)
    body: Secret = NOTHING
    expect_status: Codes = ((200, 399),)
    expect_text: str = ""
    redirects: int = 5
    verify: bool = True
    ca: Path | None = None
    most: int = USUAL_BODY

    def __str__(self) -> str:
        """Without what may be secret: a user, a password, the query."""
        parts = urlsplit(self.url.reveal())
        port = f":{parts.port}" if parts.port else ""
        return f"{parts.scheme}://{_bracketed(parts.hostname or '')}{port}{parts.path or '/'}"


@dataclass(frozen=True, slots=True)
class TcpTarget:
    """A port; with ``expect`` what it must say, after ``send`` was sent if that is given."""

    host: str
    port: int
    send: Secret = NOTHING
    expect: str = ""

    def __str__(self) -> str:
        return f"{_bracketed(self.host)}:{self.port}"


@dataclass(frozen=True, slots=True)
class DatabaseTarget:
    """A Postgres and a query that it must answer; ``url`` None: BATMON's own."""

    url: Secret | None = None
    query: str = "SELECT 1"

    def __str__(self) -> str:
        if self.url is None:
            return "batmon"
        parts = urlsplit(self.url.reveal())
        return f"{parts.hostname or 'localhost'}{parts.path}"


@dataclass(frozen=True, slots=True)
class DiskTarget:
    """The file system that a path lies on."""

    path: Path

    def __str__(self) -> str:
        return str(self.path)


@dataclass(frozen=True, slots=True)
class MachineTarget:
    """This machine's processors or memory."""

    def __str__(self) -> str:
        return ""


@dataclass(frozen=True, slots=True)
class ContainerTarget:
    """A container by name or id, asked for at the engine's socket."""

    container: str
    socket: Path = DOCKER_SOCKET

    def __str__(self) -> str:
        return self.container


@dataclass(frozen=True, slots=True)
class CertificateTarget:
    """The certificate that a TLS port shows, or those in a file (PEM or DER); exactly one of the two."""

    host: str = ""
    port: int = 443
    server_name: str = ""
    file: Path | None = None
    verify: bool = True
    ca: Path | None = None

    def __str__(self) -> str:
        return str(self.file) if self.file is not None else f"{_bracketed(self.host)}:{self.port}"


@dataclass(frozen=True, slots=True)
class AutomationsTarget:
    """The automations whose names match one of these globs."""

    automations: tuple[str, ...] = ("*",)
    late: timedelta = timedelta(minutes=10)
    """How much later than due one may begin before it counts as one that never ran."""

    def __str__(self) -> str:
        return ", ".join(self.automations)


@dataclass(frozen=True, slots=True)
class MailTarget:
    """The mails of the last ``window``; fewer than ``minimum`` say nothing."""

    window: timedelta = timedelta(hours=1)
    minimum: int = 10

    def __str__(self) -> str:
        return ""


@dataclass(frozen=True, slots=True)
class CommandTarget:
    """A monitoring plug-in: program and arguments, run without a shell in ``folder``."""

    command: tuple[str, ...]
    folder: Path
    env: Mapping[str, Secret] = field(default_factory=dict)

    def __str__(self) -> str:
        return Path(self.command[0]).name


Target = (
    HttpTarget
    | TcpTarget
    | DatabaseTarget
    | DiskTarget
    | MachineTarget
    | ContainerTarget
    | CertificateTarget
    | AutomationsTarget
    | MailTarget
    | CommandTarget
)


def _http(table: Section, variables: Variables) -> HttpTarget | None:
    table.require("url")
    url = table.text("url", None, lambda text: Secret(http_url(variables.expand(text))))
    most = table.text("most", USUAL_BODY, _body_size)
    values = {
        "method": table.text("method", "GET", _method),
        "headers": _secrets(
            table.text_table("headers", _header_name, lambda text: _header_value(variables.expand(text)))
        ),
        "body": Secret(table.text("body", "", variables.expand)),
        "expect_status": tuple(map(_codes, filter(None, table.texts("expect_status", ("200-399",), _checked_codes)))),
        "expect_text": table.text("expect_text", "", str),
        "redirects": table.whole("redirects", 5, low=0, high=20),
        "verify": table.flag("verify", default=True),
        "ca": table.text("ca", None, variables.path),
    }
    return None if url is None else HttpTarget(url, most=most, **values)  # type: ignore[arg-type]


def _tcp(table: Section, variables: Variables) -> TcpTarget:
    table.require("host", "port")
    return TcpTarget(
        host=table.text("host", "", host_name),
        port=table.whole("port", 0, low=1, high=65535),
        send=Secret(table.text("send", "", variables.expand)),
        expect=table.text("expect", "", str),
    )


def _database(table: Section, variables: Variables) -> DatabaseTarget:
    return DatabaseTarget(
        url=table.text("url", None, lambda text: Secret(database_url(variables.expand(text)))),
        query=table.text("query", "SELECT 1", _not_empty),
    )


def _disk(table: Section, variables: Variables) -> DiskTarget:
    table.require("path")
    return DiskTarget(table.text("path", Path(), variables.path))


def _machine(_table: Section, _variables: Variables) -> MachineTarget:
    return MachineTarget()


def _container(table: Section, variables: Variables) -> ContainerTarget:
    table.require("container")
    return ContainerTarget(
        container=table.text("container", "", _container_name),
        socket=table.text("socket", DOCKER_SOCKET, variables.path),
    )


def _certificate(table: Section, variables: Variables) -> CertificateTarget:
    target = CertificateTarget(
        host=table.text("host", "", host_name),
        port=table.whole("port", 443, low=1, high=65535),
        server_name=table.text("server_name", "", host_name),
        file=table.text("file", None, variables.path),
        verify=table.flag("verify", default=True),
        ca=table.text("ca", None, variables.path),
    )
    if table.has("host") == table.has("file"):
        table.problems.add(table.place, 'one of "host" and "file" is needed', "a port's certificate, or that of a file")
    return target


def _automations(table: Section, _variables: Variables) -> AutomationsTarget:
    return AutomationsTarget(
        automations=table.texts("automations", ("*",), _not_empty),
        late=table.duration("late", AutomationsTarget().late, positive=True),
    )


def _mail(table: Section, _variables: Variables) -> MailTarget:
    usual = MailTarget()
    return MailTarget(
        window=table.duration("window", usual.window, positive=True),
        minimum=table.whole("minimum", usual.minimum, low=1, high=1_000_000),
    )


def _command(table: Section, variables: Variables) -> CommandTarget | None:
    table.require("command")
    command = table.texts("command", (), without_nul(variables.expand), single=False)
    folder = table.text("folder", None, variables.path)
    env = table.text_table("env", _variable_name, without_nul(variables.expand))
    if table.has("command") and not (command and command[0]):
        table.bad("command", "the command is empty", 'write program and arguments, as in ["check_ntp", "-H", "time"]')
        return None
    return CommandTarget(command, folder or variables.path("."), _secrets(env)) if command else None


TARGETS: Mapping[str, Callable[[Section, Variables], Target | None]] = {
    "http": _http, "tcp": _tcp, "database": _database, "disk": _disk, "cpu": _machine, "memory": _machine,
    "container": _container, "certificate": _certificate, "automations": _automations, "mail": _mail,
    "command": _command,
}  # fmt: skip
"""Kind -> how its own keys are read."""


def _secrets(table: Mapping[str, str]) -> dict[str, Secret]:
    return {name: Secret(value) for name, value in table.items()}


def http_url(text: str) -> str:
    """An ``http://`` or ``https://`` URL; the words of an error never hold it, for it may hold a secret."""
    try:
        parts = urlsplit(text.strip())
        known = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        known = False
    if not known or not text.strip().isprintable() or " " in text.strip():
        raise ValueError('not a URL; write it as "https://www.example.com/health"')
    return text.strip()


def host_name(text: str) -> str:
    """A host name or an IP address, without a port; a name with other letters in its IDNA form."""
    name = text.strip().removeprefix("[").removesuffix("]")
    if not name.isascii():
        try:
            name = name.encode("idna").decode("ascii")
        except UnicodeError:
            name = ""
    if not _HOST.fullmatch(name) or len(name) > 253:
        raise ValueError(f"{text!r} is not a host name or an IP address")
    return name


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _method(text: str) -> str:
    if text not in METHODS:
        raise ValueError(f"{text!r} is no method of a probe; use {', '.join(METHODS)}")
    return text


def _header_name(text: str) -> str:
    if not _HEADER.fullmatch(text):
        raise ValueError(f"{text!r} is not the name of a header")
    return text


def _header_value(text: str) -> str:
    if any(character in text for character in "\r\n\0"):
        raise ValueError("a header's value is one line")
    return text


def _checked_codes(text: str) -> str:
    low, high = _codes(text)
    if low > high:
        raise ValueError(f"{text!r}: the lower code comes first")
    return text


def _codes(text: str) -> tuple[int, int]:
    found = _CODES.fullmatch(text.strip().lower())
    if found is None:
        raise ValueError(f'{text!r} is not a status code; write "200", "200-399" or "2xx"')
    if found[1]:
        return int(found[1]) * 100, int(found[1]) * 100 + 99
    return int(found[2]), int(found[3] or found[2])


def _body_size(text: str) -> int:
    count = size(text)
    if count > MOST_BODY:
        raise ValueError(f"{text!r} is more than 64MB")
    return count


def _container_name(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}", text):
        raise ValueError(f"{text!r} is not the name or id of a container")
    return text


def _not_empty(text: str) -> str:
    if not text.strip() or "\0" in text:
        raise ValueError("may not be empty")
    return text


def _variable_name(text: str) -> str:
    if not text or "=" in text or "\0" in text:
        raise ValueError("an environment variable's name may not be empty or hold '='")
    return text
