"""What the daemon answers at the gate about reports: which there are, make one, send one, remove one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from batmon.engine.reports.mail import addresses, mails_of
from batmon.engine.reports.reporting import Ready, Reporting
from batmon.engine.reports.wanted import Usual, Wanted, day, run_words, usual_period
from batmon.errors import BadRequest
from batmon.gate.arguments import Args, identity, maybe_text, number, text
from batmon.gate.fitting import fitting
from batmon.gate.verbs import Caller, Done, Verb
from batmon.model import Role
from batmon.refusals import because
from batmon.report.asked import Template
from batmon.store.notifications import Notifications
from batmon.store.reports import STATES, Report

MOST = 500
FRAME_SEC = 1.0
"""How often whoever waits for a report is told how far it is."""
LISTED_ERROR = 500
_STEPS: Mapping[str, float] = {"waiting": 0.0, "collecting": 0.1, "writing": 0.6, "done": 1.0}


class ReportAnswers:
    """The verbs. ``has_mail``: whether there is a mail server."""

    def __init__(
        self,
        reporting: Reporting,
        notifications: Notifications,
        *,
        usual: Callable[[], Usual],
        has_mail: bool,
        now: Callable[[], datetime],
    ) -> None:
        self._reporting = reporting
        self._notifications = notifications
        self._usual = usual
        self._has_mail = has_mail
        self._now = now

    def verbs(self) -> dict[str, Verb]:
        """Whoever may see runs may see reports; to make, send or remove one is an act."""
        viewer, operator = Role.VIEWER, Role.OPERATOR
        return {
            "report.templates": Verb(viewer, answer=self.templates),
            "report.generate": Verb(operator, stream=self.generate),
            "report.list": Verb(viewer, answer=self.listed),
            "report.show": Verb(viewer, answer=self.show),
            "report.text": Verb(viewer, answer=self.text),
            "report.remove": Verb(operator, answer=self.remove),
            "report.send": Verb(operator, answer=self.send),
        }

    async def templates(self, _caller: Caller, _args: Args) -> Args:
        """Every template, and what is wrong with own ones."""
        today = self._now().astimezone(ZoneInfo(self._usual().timezone)).date()
        language = self._usual().language
        known, problems = await self._reporting.templates()
        shown = []
        for template in sorted(known.values(), key=_own_last):
            period = usual_period(template, today)
            shown.append(
                {
                    "name": template.name,
                    "title": template.titles[language],
                    "titles": dict(template.titles),
                    "text": template.texts.get(language, ""),
                    "span": template.span,
                    "formats": list(template.all_formats),
                    "needs": template.needs,
                    "own": template.own,
                    "period": None if period is None else {"start": str(period.start), "end": str(period.end)},
                }
            )
        return {"templates": shown, "problems": [str(one) for one in problems]}

    async def generate(self, caller: Caller, args: Args) -> AsyncIterator[Args | Done]:
        """Make one, and say how far it is; then what it is, and the mails that are owed for it."""
        wanted = self._wanted(caller, args)
        email = self.recipients(args)
        state: list[tuple[Report, str]] = []
        news = asyncio.Event()

        def told(report: Report, step: str) -> None:
            state[:] = [(report, step)]
            news.set()

        making = asyncio.create_task(self._reporting.make(wanted, told), name="report")
        making.add_done_callback(lambda _: news.set())
        try:
            while not making.done():
                try:
                    async with asyncio.timeout(FRAME_SEC):
                        await news.wait()
                except TimeoutError:
                    pass
                news.clear()
                for report, step in state:
                    yield {"report": report_json(report, here=False), "step": step, "progress": _STEPS[step]}
            ready = making.result()
        finally:
            making.cancel()
            await asyncio.gather(making, return_exceptions=True)
        yield Done(await self._sent(ready, email, ready.report.language))

    async def listed(self, _caller: Caller, args: Args) -> Args:
        """Reports, the newest first."""
        limit = max(1, number(args, "limit", 50, MOST))
        status = maybe_text(args, "status")
        if status is not None and status not in STATES:
            raise BadRequest(because("must-be-one-of", key="status", known=", ".join(STATES)))
        before = args.get("before")
        if before is not None and (not isinstance(before, int) or isinstance(before, bool) or abs(before) >= 2**63):
            raise BadRequest(because("must-be-id", key="before", what="a report"))
        found = await self._reporting.records.listed(
            limit + 1,
            template=maybe_text(args, "template") or None,
            status=status,
            schedule=maybe_text(args, "schedule") or None,
            before=before,
        )
        shown = await asyncio.to_thread(self._shown, found[:limit])
        page = fitting(shown)
        return {"reports": page, "more": len(found) > len(page)}

    def _shown(self, found: Sequence[Report]) -> list[Args]:
        reporting = self._reporting
        return [{**report_json(one, here=reporting.is_here(one)), "error": one.error[:LISTED_ERROR]} for one in found]

    async def show(self, _caller: Caller, args: Args) -> Args:
        """One report."""
        return {"report": await self._whole(await self._reporting.find(identity(args, "id", "a report")))}

    async def text(self, _caller: Caller, args: Args) -> Args:
        """What is in one, as Markdown."""
        report = await self._reporting.find(identity(args, "id", "a report"))
        markdown, cut = await self._reporting.records.text(report.id)
        return {"report": await self._whole(report), "markdown": markdown, "cut": cut}

    async def remove(self, _caller: Caller, args: Args) -> Args:
        """Remove the file of one."""
        return {"report": await self._whole(await self._reporting.remove(identity(args, "id", "a report")))}

    async def send(self, _caller: Caller, args: Args) -> Args:
        """Owe a mail with one to each of some addresses."""
        email = self.recipients(args)
        if not email:
            raise BadRequest(because("no-recipient"))
        report = await self._reporting.find(identity(args, "id", "a report"))
        await self._reporting.need_file(report)
        return await self._sent(Ready(report), email, maybe_text(args, "language") or report.language)

    def recipients(self, args: Args) -> tuple[str, ...]:
        """The addresses in ``email``, if there is a server that would take mails to them.

        Raises:
            BadRequest: one is none, there are only blanks, or there is no server.
        """
        given = args.get("email")
        found = addresses(given)
        if not found and given not in (None, []):
            raise BadRequest(because("no-recipient"))
        if found and not self._has_mail:
            raise BadRequest(because("no-email-section"))
        return found

    async def _sent(self, ready: Ready, email: Sequence[str], language: str) -> Args:
        owed = await mails_of(self._reporting, ready, email, language=language)
        ids = await self._notifications.owe(owed, self._now())
        return {
            "report": await self._whole(ready.report),
            "owed": [str(one) for one in ids],
            "attached": bool(owed) and bool(owed[0].attachments),
        }

    async def _whole(self, report: Report) -> Args:
        return report_json(report, here=await self._reporting.here(report)) | {"asked": dict(report.asked)}

    def _wanted(self, caller: Caller, args: Args) -> Wanted:
        template = text(args, "template")
        incident = args.get("incident")
        if incident is not None and (
            not isinstance(incident, int) or isinstance(incident, bool) or not 0 < incident < 2**63
        ):
            raise BadRequest(because("must-be-id", key="incident", what="an incident"))
        run = maybe_text(args, "run")
        return Wanted(
            template=template,
            form=maybe_text(args, "format") or "",
            start=day(args.get("from"), "from"),
            end=day(args.get("to"), "to"),
            period=maybe_text(args, "period") or "",
            language=maybe_text(args, "language") or "",
            timezone=maybe_text(args, "timezone") or "",
            programs=globs(args),
            incident_id=incident,
            run="" if run is None else run_words(run),
            by=caller.user,
        )


def report_json(one: Report, *, here: bool) -> Args:
    """The shape ``Report`` of docs/gate.md."""
    start, end = one.period or (None, None)
    return {
        "id": one.id,
        "template": one.template,
        "title": one.title,
        "period": "" if one.period is None else f"{start}~{end}",
        "period_start": None if start is None else str(start),
        "period_end": None if end is None else str(end),
        "format": one.format,
        "file_size": one.size,
        "status": one.status,
        "generated_by": one.by,
        "created_at": one.created_at.isoformat(),
        "ended_at": None if one.ended_at is None else one.ended_at.isoformat(),
        "took_ms": one.took_ms,
        "language": one.language,
        "node": one.node,
        "path": one.path if one.status == "DONE" else "",
        "sha256": one.sha256,
        "error": one.error,
        "schedule": one.schedule,
        "summary": dict(one.summary),
        "here": here,
    }


def globs(args: Args) -> tuple[str, ...]:
    """The names and patterns in ``programs``.

    Raises:
        BadRequest: they are something else.
    """
    given = args.get("programs") or []
    if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
        raise BadRequest(because("must-be-names", key="programs"))
    return tuple(given)


def _own_last(template: Template) -> tuple[bool, str]:
    return template.own, template.name
