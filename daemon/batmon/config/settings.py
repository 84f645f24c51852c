"""What a configuration says, as frozen values that have been checked."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from batmon.config.alerts import AlertsConfig
from batmon.config.automations import Automation
from batmon.config.calendars import CalendarConfig
from batmon.config.channels import ChannelConfig
from batmon.config.email import EmailConfig
from batmon.config.events import EventRule
from batmon.config.http import HttpConfig
from batmon.config.inboxes import Inbox
from batmon.config.packs import Pack
from batmon.config.probes import Probe
from batmon.config.reports import ReportsConfig
from batmon.model import Program


@dataclass(frozen=True, slots=True)
class SshConfig:
    """The SSH console. ``port`` 0 means any free one."""

    enabled: bool = True
    host: str = "127.0.0.1"
    port: int = 8022
    max_sessions: int = 100
    max_unauthenticated: int = 20


@dataclass(frozen=True, slots=True)
class LogsConfig:
    """Looking at logs. ``unpacked_mb`` is how many MiB the unpacked copies of compressed ones may take together."""

    unpacked_mb: int = 4096


@dataclass(frozen=True, slots=True)
class CaptureConfig:
    """Pictures of the server's screen, for admins. ``display`` empty: the one that the environment names."""

    enabled: bool = True
    display: str = ""
    xauthority: Path | None = None
    """The file that lets one see the display; None: the one that the environment names."""


@dataclass(frozen=True, slots=True)
class RecordConfig:
    """Where programs record their runs. ``socket`` None: beside the gate, for the daemon's own user only."""

    enabled: bool = True
    socket: Path | None = None
    group: str = ""
    """Who else may record at ``socket``; empty: nobody."""
    spools: tuple[Path, ...] = ()
    """Folders that are emptied beside the daemon's own spool."""


@dataclass(frozen=True, slots=True)
class Demo:
    """How the daemon plays the schedulers of the sample programs; a name is empty when no program shows that case."""

    every: timedelta = timedelta(minutes=1)
    """A whole number of minutes that divides an hour."""
    grace: timedelta = timedelta(seconds=25)
    max_runtime: timedelta = timedelta(seconds=30)
    failing: str = ""
    late: str = ""
    hanging: str = ""

    @property
    def programs(self) -> tuple[str, ...]:
        """The names of the programs that take part."""
        return tuple(name for name in (self.failing, self.late, self.hanging) if name)


@dataclass(frozen=True, slots=True)
class Config:
    """One daemon's whole configuration. ``source`` is the file it came from, None for defaults alone."""

    state: Path
    node: str
    source: Path | None = None
    database_url: str | None = field(default=None, repr=False)
    """None: the embedded Postgres below ``state``. It may hold a password: show ``database`` instead."""
    ssh: SshConfig = SshConfig()
    http: HttpConfig = field(default_factory=HttpConfig)
    logs: LogsConfig = LogsConfig()
    capture: CaptureConfig = CaptureConfig()
    record: RecordConfig = RecordConfig()
    language: str = "auto"
    timezone: str = "UTC"
    """The node's own, for what names none: IANA name."""
    programs: tuple[Program, ...] = ()
    probes: tuple[Probe, ...] = ()
    demo: Demo | None = None
    email: EmailConfig | None = None
    """None: nothing is mailed."""
    channels: tuple[ChannelConfig, ...] = ()
    alerts: AlertsConfig = field(default_factory=AlertsConfig)
    automations: tuple[Automation, ...] = ()
    events: tuple[EventRule, ...] = ()
    inboxes: tuple[Inbox, ...] = ()
    packs: tuple[Pack, ...] = ()
    calendars: tuple[CalendarConfig, ...] = ()
    reports: ReportsConfig = field(default_factory=ReportsConfig)
    spare_probes: tuple[Probe, ...] = ()
    """Those that come unasked once there are automations that the configuration does not have."""

    @property
    def database(self) -> str:
        """The database for people and logs: ``embedded``, or the URL without its password."""
        return "embedded" if self.database_url is None else without_password(self.database_url)


def without_password(url: str) -> str:
    """The URL with its password as ``***``, in the authority and in a ``password=`` parameter."""
    hidden = re.sub(r"(?<=://)([^:/?#]*):(.*)@(?=[^@]*$)", r"\1:***@", url, count=1)
    return re.sub(r"((?:^|[?&])(?:ssl)?password=)[^&]*", r"\1***", hidden)
