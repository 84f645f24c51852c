"""What the HTTP listener answers with: the daemon's own check, its board, and the figures of today."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from batmon import __version__
from batmon.engine.http.listener import HttpListener
from batmon.engine.http.open_metrics import Family, families
from batmon.gate.verbs import Caller, Verb
from batmon.metrics.figures import Totals
from batmon.metrics.periods import Period
from batmon.model import Role
from batmon.store.notifications import Notifications
from batmon.store.statistics import Statistics

if TYPE_CHECKING:
    from batmon.engine.daemon import Daemon

_CALLER = Caller(user="http", role=Role.VIEWER, peer="http", key="")


def listener_of(daemon: Daemon, verbs: Mapping[str, Verb]) -> HttpListener:
    """The listener of a daemon; to be kept."""
    statistics, notifications = Statistics(daemon.store), Notifications(daemon.store)
    answer = verbs["check"].answer
    assert answer is not None  # noqa: S101 - check is no stream

    async def check(args: dict[str, Any]) -> dict[str, Any]:
        return await answer(_CALLER, args)

    async def measure() -> Callable[[], list[Family]]:
        now = daemon.now()
        around = Period(now.date() - timedelta(days=1), now.date() + timedelta(days=1))
        rows = list(daemon.board.rows.values())
        days = await statistics.days(around, [row["name"] for row in rows if not row["probe"]])
        deliveries = await notifications.counts()
        zones: dict[str, date] = {row["name"]: now.astimezone(ZoneInfo(row["timezone"])).date() for row in rows}
        today: dict[str, Totals] = {one.program: one.totals for one in days if zones.get(one.program) == one.day}
        return partial(
            families, rows, node=daemon.config.node, version=__version__, started_at=daemon.started_at, today=today,
            deliveries=deliveries,
        )  # fmt: skip

    return HttpListener(daemon.config.http, check=check, measure=measure)
