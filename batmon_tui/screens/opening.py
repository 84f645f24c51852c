"""How the pages about incidents, the bell, the inbox and automations are opened; each is imported when it is wanted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from textual.screen import Screen

if TYPE_CHECKING:
    from batmon_tui.app import BatmonApp


def _show(app: BatmonApp, page: Screen[Any]) -> None:
    """Open a page unless it is the one in front."""
    if not isinstance(app.screen, type(page)) or getattr(page, "shows", "") != getattr(app.screen, "shows", ""):
        app.push_screen(page)


def incidents(app: BatmonApp, program: str = "") -> None:
    """All incidents, or those of a program."""
    from batmon_tui.screens.incidents import IncidentsScreen  # noqa: PLC0415 - only when it is wanted

    _show(app, IncidentsScreen(program))


def incident(app: BatmonApp, number: int) -> None:
    """One incident."""
    from batmon_tui.screens.incident import IncidentScreen  # noqa: PLC0415 - as above

    _show(app, IncidentScreen(number))


def silences(app: BatmonApp) -> None:
    """What is silenced."""
    from batmon_tui.screens.silence import SilencesScreen  # noqa: PLC0415 - as above

    _show(app, SilencesScreen())


def bell(app: BatmonApp) -> None:
    """What happened, unread first."""
    from batmon_tui.screens.bell import BellScreen  # noqa: PLC0415 - as above

    _show(app, BellScreen())


def inboxes(app: BatmonApp) -> None:
    """The inboxes."""
    from batmon_tui.screens.inboxes import InboxesScreen  # noqa: PLC0415 - as above

    _show(app, InboxesScreen())


def inbox(app: BatmonApp, name: str) -> None:
    """The items of an inbox."""
    from batmon_tui.screens.inbox import InboxScreen  # noqa: PLC0415 - as above

    _show(app, InboxScreen(name))


def automations(app: BatmonApp) -> None:
    """The automations."""
    from batmon_tui.screens.automations import AutomationsScreen  # noqa: PLC0415 - as above

    _show(app, AutomationsScreen())


def automation(app: BatmonApp, name: str) -> None:
    """One automation and its log."""
    from batmon_tui.screens.automations import AutomationScreen  # noqa: PLC0415 - as above

    _show(app, AutomationScreen(name))


def handover(app: BatmonApp) -> None:
    """What changed since the person's last login."""
    from batmon_tui.screens.handover import HandoverScreen  # noqa: PLC0415 - as above

    _show(app, HandoverScreen())


def reports(app: BatmonApp) -> None:
    """The reports."""
    from batmon_tui.screens.reports import ReportsScreen  # noqa: PLC0415 - as above

    _show(app, ReportsScreen())


def report_schedules(app: BatmonApp) -> None:
    """The reports that are made regularly."""
    from batmon_tui.screens.report_schedules import SchedulesScreen  # noqa: PLC0415 - as above

    _show(app, SchedulesScreen())


def statistics(app: BatmonApp, program: str = "") -> None:
    """The statistics, the cursor on a program."""
    from batmon_tui.screens.statistics import StatisticsScreen  # noqa: PLC0415 - as above

    _show(app, StatisticsScreen(program))


PLACES: Mapping[str, Callable[[BatmonApp], None]] = {
    "incidents": incidents,
    "silences": silences,
    "bell": bell,
    "inbox": inboxes,
    "jobs": automations,
    "handover": handover,
    "reports": reports,
    "schedules": report_schedules,
    "statistics": statistics,
}
"""What ``:`` and the keys open, by the command's word."""


def obey(app: BatmonApp, verb: str, rest: str) -> bool:
    """Open what a command behind ``:`` names; whether it is one of these."""
    if not rest and verb in PLACES:
        PLACES[verb](app)
    elif verb == "incident" and rest.removeprefix("#").isdecimal():
        incident(app, int(rest.removeprefix("#")))
    elif verb == "incidents" and rest in app.rows:
        incidents(app, rest)
    elif verb == "statistics" and rest in app.rows:
        statistics(app, rest)
    elif verb == "inbox" and rest:
        inbox(app, rest)
    elif verb == "job" and rest:
        automation(app, rest)
    else:
        return False
    return True
