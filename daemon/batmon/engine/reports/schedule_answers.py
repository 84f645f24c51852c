"""What the daemon answers at the gate about the schedules of reports."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from batmon.engine.reports.answers import globs
from batmon.engine.reports.schedules import ReportSchedules
from batmon.errors import BadRequest
from batmon.gate.arguments import Args, maybe_text, text
from batmon.gate.verbs import Caller, Verb
from batmon.model import Role
from batmon.notify.mask import mask
from batmon.refusals import because
from batmon.store.automations import Latest
from batmon.store.reports import NewSchedule, ReportSchedule

WHY_CHARS = 500


class ReportScheduleAnswers:
    """The verbs. ``recipients`` reads the addresses of a request."""

    def __init__(self, schedules: ReportSchedules, *, recipients: Callable[[Args], tuple[str, ...]]) -> None:
        self._schedules = schedules
        self._recipients = recipients

    def verbs(self) -> dict[str, Verb]:
        """Everybody may see them; what sends mail by itself is an operator's."""
        viewer, operator = Role.VIEWER, Role.OPERATOR
        return {
            "report.schedules": Verb(viewer, answer=self.listed),
            "report.schedule.add": Verb(operator, answer=self.add),
            "report.schedule.remove": Verb(operator, answer=self.remove),
            "report.schedule.pause": Verb(operator, answer=self.pause),
            "report.schedule.resume": Verb(operator, answer=self.resume),
        }

    async def listed(self, caller: Caller, _args: Args) -> Args:
        """All of them by name; only who may act on them sees people's addresses whole."""
        found = [schedule_json(*one) for one in await self._schedules.listed()]
        if not caller.role.allows(Role.OPERATOR):
            found = [{**one, "email": [mask(each) for each in one["email"]]} for one in found]
        return {"schedules": found}

    async def add(self, caller: Caller, args: Args) -> Args:
        """Add one."""
        asked = NewSchedule(
            name=text(args, "name"),
            template=text(args, "template"),
            cron=text(args, "cron"),
            email=self._recipients(args),
            format=(maybe_text(args, "format") or "").strip(),
            language=(maybe_text(args, "language") or "").strip(),
            timezone=(maybe_text(args, "timezone") or "").strip(),
            period=(maybe_text(args, "period") or "").strip(),
            programs=globs(args),
        )
        added = await self._schedules.add(asked, caller.user)
        return await self._one(added.name)

    async def remove(self, _caller: Caller, args: Args) -> Args:
        """Remove one."""
        shown = await self._one(text(args, "name"))
        await self._schedules.remove(text(args, "name"))
        return shown

    async def pause(self, caller: Caller, args: Args) -> Args:
        """Let one rest."""
        why = (maybe_text(args, "why") or "").strip()
        if len(why) > WHY_CHARS:
            raise BadRequest(because("text-too-long", key="why", most=WHY_CHARS))
        await self._schedules.pause(text(args, "name"), paused=True, by=caller.user, why=why)
        return await self._one(text(args, "name"))

    async def resume(self, caller: Caller, args: Args) -> Args:
        """Let one go on."""
        await self._schedules.pause(text(args, "name"), paused=False, by=caller.user, why="")
        return await self._one(text(args, "name"))

    async def _one(self, name: str) -> Args:
        return {"schedule": schedule_json(*await self._schedules.find(name))}


def schedule_json(one: ReportSchedule, latest: Latest, due: datetime | None) -> dict[str, Any]:
    """The shape ``ReportSchedule`` of docs/gate.md."""
    last = latest.running or latest.last
    return {
        "id": one.id,
        "name": one.name,
        "template": one.template,
        "title": f"{one.template}: {one.name}",
        "cron": one.cron,
        "email": list(one.email),
        "format": one.format,
        "language": one.language,
        "timezone": one.timezone,
        "period": one.period,
        "programs": list(one.programs),
        "created_by": one.created_by,
        "created_at": one.created_at.isoformat(),
        "paused": one.paused,
        "paused_by": one.paused_by,
        "paused_why": one.paused_why,
        "next_due": None if due is None else due.isoformat(),
        "job": one.job,
        "last": None
        if last is None
        else {
            "status": last.status,
            "at": last.execution_time.isoformat(),
            "error": (last.error_message or "")[:500],
            "report": one.last_report,
        },
    }
