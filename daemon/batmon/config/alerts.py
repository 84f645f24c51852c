"""``[alerts]``, ``[[routes]]`` and ``[[maintenance]]``: who is told of incidents, when, and when nobody is."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from urllib.parse import urlsplit

from batmon.config.channels import ChannelConfig
from batmon.config.email import EmailConfig
from batmon.config.programs import cron
from batmon.config.section import Section
from batmon.config.targets import ADMINS, resolve_all
from batmon.config.values import similar, timezone
from batmon.judge.quiet import Window
from batmon.judge.routing import Route, Rung, cycle

LANGUAGES = ("ko", "en")
_LONGEST_WINDOW = timedelta(days=31)


NOBODY = Route(ADMINS, ())
"""Where no mail server names admins."""


@dataclass(frozen=True, slots=True)
class AlertsConfig:
    """How incidents are told. ``routes`` are looked through in their order; whatever fits none goes to ``admins``."""

    group_wait: timedelta = timedelta(seconds=10)
    """How long the first message of a group waits for more of its kind."""
    group_interval: timedelta = timedelta(minutes=5)
    """How soon after a message the next one of the same group goes out."""
    remind: timedelta | None = timedelta(hours=4)
    """None: nobody is reminded."""
    resolved: bool = True
    acknowledged: bool = False
    """Whether those who had been told hear that somebody has taken an incident on."""
    acknowledge: timedelta = timedelta(hours=24)
    """How long an acknowledgement holds that names no time."""
    reopen: timedelta = timedelta(hours=1)
    hold: timedelta = timedelta(seconds=30)
    """How long something with ``depends_on`` waits before it tells anybody."""
    flapping: bool = True
    flapping_high: float = 30.0
    flapping_low: float = 20.0
    calm: timedelta = timedelta(hours=1)
    language: str = ""
    """Empty: that of the console, Korean where that is not fixed."""
    dashboard_url: str = ""
    routes: tuple[Route, ...] = ()
    maintenance: tuple[Window, ...] = ()
    admins: Route = NOBODY


def read_alerts(
    root: Section, email: EmailConfig | None, channels: Sequence[ChannelConfig], *, zone: str
) -> AlertsConfig:
    """The three; ``zone`` is the time zone of a window that names none."""
    table, usual = root.section("alerts"), AlertsConfig()
    remind = table.duration("remind", usual.remind or timedelta(0))
    high = table.number("flapping_high", usual.flapping_high, low=0, high=100)
    low = table.number("flapping_low", usual.flapping_low, low=0, high=100)
    if low >= high:
        table.bad("flapping_low", "must be lower than flapping_high", "so that flapping does not itself flap")
    everybody = resolve_all([ADMINS], email, ()) if email is not None and email.admins else ()
    admins = tuple((target.channel, target.recipient) for target in everybody)
    config = AlertsConfig(
        group_wait=table.duration("group_wait", usual.group_wait),
        group_interval=table.duration("group_interval", usual.group_interval),
        remind=remind or None,
        resolved=table.flag("resolved", default=usual.resolved),
        acknowledged=table.flag("acknowledged", default=usual.acknowledged),
        acknowledge=table.duration("acknowledge", usual.acknowledge, positive=True),
        reopen=table.duration("reopen", usual.reopen),
        hold=table.duration("hold", usual.hold),
        flapping=table.flag("flapping", default=usual.flapping),
        flapping_high=high,
        flapping_low=low,
        calm=table.duration("calm", usual.calm, positive=True),
        language=table.text("language", "", _language),
        dashboard_url=table.text("dashboard_url", "", _url),
        routes=read_routes(root.sections("routes"), email, channels),
        maintenance=tuple(_window(one, n, zone) for n, one in enumerate(root.sections("maintenance"), 1)),
        admins=Route(ADMINS, (Rung(timedelta(0), admins),) if admins else ()),
    )
    table.finish()
    return config


def read_routes(
    tables: Sequence[Section], email: EmailConfig | None, channels: Sequence[ChannelConfig]
) -> tuple[Route, ...]:
    """The routes of these tables, in their order."""
    return tuple(_route(table, number, email, channels) for number, table in enumerate(tables, 1))


def _route(table: Section, number: int, email: EmailConfig | None, channels: Sequence[ChannelConfig]) -> Route:
    rungs = [_rung(step, email, channels) for step in table.sections("ladder")]
    at_once = _targets(table, email, channels)
    if table.has("to"):
        rungs.insert(0, Rung(timedelta(0), at_once))
    if table.has("to") == table.has("ladder"):
        table.problems.add(
            table.place, 'a route has either "to" or "ladder"',
            'to = ["admins"], or ladder = [{ after = "30m", to = [...] }]',
        )  # fmt: skip
    for before, after in () if table.has("to") else pairwise(rungs):
        if after.after <= before.after:
            table.bad("ladder", "each step comes later than the one before it")
            break
    remind = table.duration("remind", timedelta(0))
    route = Route(
        name=table.text("name", f"route {number}", _name),
        ladder=tuple(rungs),
        programs=table.texts("programs", (), _name),
        tags=table.texts("tags", (), _name),
        remind=remind if table.has("remind") else None,
        language=table.text("language", "", _language),
    )
    table.finish()
    return route


def _rung(table: Section, email: EmailConfig | None, channels: Sequence[ChannelConfig]) -> Rung:
    table.require("to")
    rung = Rung(table.duration("after", timedelta(0)), _targets(table, email, channels))
    table.finish()
    return rung


def _targets(
    table: Section, email: EmailConfig | None, channels: Sequence[ChannelConfig]
) -> tuple[tuple[str, str], ...]:
    def known(text: str) -> str:
        resolve_all([text], email, channels)
        return text

    before = len(table.problems)
    written = table.texts("to", (), known)
    if len(table.problems) > before:
        return ()
    if table.has("to") and not written:
        table.bad("to", "names nobody", 'to = ["admins"]')
    return tuple((one.channel, one.recipient) for one in resolve_all(written, email, channels))


def _window(table: Section, number: int, zone: str) -> Window:
    own_zone = table.text("timezone", zone, timezone)
    schedule = table.texts("schedule", (), cron)
    duration = table.duration("duration", timedelta(0), positive=True)
    start, end = (table.moment(key, own_zone) for key in ("start", "end"))
    if table.has("schedule") == table.has("start") or table.has("duration") != table.has("schedule"):
        table.problems.add(
            table.place, "a window needs schedule and duration, or start and end",
            'schedule = "0 1 * * 0", duration = "4h"; or start = "2026-12-31 22:00", end = "2027-01-01 04:00"',
        )  # fmt: skip
    elif table.has("start") != table.has("end") or (start and end and end <= start):
        table.bad("end", "a window that begins at a time ends at a later one")
    if duration > _LONGEST_WINDOW:
        table.bad("duration", f"is longer than {_LONGEST_WINDOW.days} days: nobody would notice anything any more")
    window = Window(
        name=table.text("name", f"window {number}", _name),
        programs=table.texts("programs", (), _name),
        tags=table.texts("tags", (), _name),
        why=table.text("why", "", _stripped),
        schedule=schedule,
        duration=duration,
        timezone=own_zone,
        start=start,
        end=end,
    )
    table.finish()
    return window


def check_dependencies(tables: Sequence[Section], names: Collection[str]) -> None:
    """Note every ``depends_on`` that names nothing that is watched, itself, or a circle. ``tables`` are those of
    programs and probes, ``names`` all that can be depended on."""
    edges: dict[str, tuple[str, ...]] = {}
    by_name: dict[str, Section] = {}
    for table in tables:
        name, written = table.peek("name"), table.peek("depends_on")
        wanted = [written] if isinstance(written, str) else written if isinstance(written, list) else []
        for other in wanted:
            if isinstance(other, str) and other not in names:
                near = similar(other, names)
                hint = f'did you mean "{near}"?' if near else "name a program or a probe of this configuration"
                table.bad("depends_on", f"nothing is called {other!r}", hint)
        if isinstance(name, str):
            edges[name] = tuple(other for other in wanted if isinstance(other, str) and other in names)
            by_name[name] = table
    circle = cycle(edges)
    if circle:
        hint = "what waits for itself would never be told of"
        by_name[circle[0]].bad("depends_on", f"depends on itself: {' -> '.join(circle)}", hint)


def _name(text: str) -> str:
    name = text.strip()
    if not name or len(name) > 100 or not name.isprintable():
        raise ValueError(f"{text!r:.80}: 1 to 100 printable characters")
    return name


def _stripped(text: str) -> str:
    return text.strip()


def _language(text: str) -> str:
    if text not in LANGUAGES:
        raise ValueError(f"{text!r} is not a language of messages; use {' or '.join(LANGUAGES)}")
    return text


def _url(text: str) -> str:
    parts = urlsplit(text.strip())
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(f'{text!r:.80} is not an address; write it as "https://batmon.example.com/"')
    return text.strip()
