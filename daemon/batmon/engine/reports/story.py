"""Makes the report ``incident_rca``: one incident with its whole story, or those of a period and the worst of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from batmon.engine.reports.evidence import Evidence
from batmon.engine.reports.names import programs_named
from batmon.errors import NotFound
from batmon.judge import incident as machine
from batmon.judge.incident_state import Incident
from batmon.model import Run, RunStatus
from batmon.refusals import because
from batmon.report.asked import Asked, ReportSettings
from batmon.report.document import Document
from batmon.report.sections.story import story_sections
from batmon.report.sections.story_overview import defined, overview_section, subtitle_of, summary_of, summary_of_one
from batmon.report.story import Compared, IncidentStory, LogLines, Overview, Relation
from batmon.report.voice import Voice
from batmon.store import Store
from batmon.store.incident_figures import IncidentFigures
from batmon.store.incidents import Incidents
from batmon.store.story import Related, SilenceRow, Stories
from batmon.words import say

TOLD = 8
"""Incidents of a period whose story is told; the others stand in its list."""
LISTED = 200
EVENTS, NOTICES, RUNS, VERDICTS, ACTS, SILENCES, RELATED, LOOKS = 60, 200, 60, 60, 100, 200, 300, 8
STREAK = 25
"""Runs that are looked back through for the first that went wrong."""
NEAR = timedelta(minutes=30)
"""Incidents of the same server that were opened so near to one another may have one cause."""
BEFORE = timedelta(days=90)
AFTERWARDS = timedelta(hours=1)
"""What people did so soon after an incident's end belongs to it."""
_BAD = (RunStatus.FAILED, RunStatus.MISSED, RunStatus.RUNNING)
_RELATIONS = ("signature", "holds", "held_by", "node")


async def compose_rca(store: Store, settings: ReportSettings, asked: Asked) -> Document:
    """The story of ``asked.incident_id``, or else of the period's incidents, the worst first.

    Raises:
        NotFound: there is no such incident.
        BadRequest: the programs that are asked for are none.
        StoreError: as ``Store``.
    """
    teller = _Teller(store, settings, asked)
    document = Document(
        template="incident_rca", title=teller.voice.words("rca_title"), language=asked.language,
        timezone=asked.timezone, organisation=settings.organisation, currency=settings.currency, made_at=asked.now,
        made_by=asked.by, node=asked.node,
    )  # fmt: skip
    if asked.incident_id is None:
        return await _of_period(store, teller, document, asked)
    incident = await teller.stories.incident(asked.incident_id)
    if incident is None:
        raise NotFound(because("no-incident", number=asked.incident_id))
    story = await teller.story(incident)
    sections = story_sections(story, teller.voice, summary=True)
    return replace(
        document,
        title=f"{document.title} #{incident.id}",
        subtitle=subtitle_of(story, teller.voice),
        sections=sections,
        summary=summary_of_one(story),
    )


async def _of_period(store: Store, teller: _Teller, document: Document, asked: Asked) -> Document:
    period, voice = asked.whole_period("month"), teller.voice
    since, until = period.moments(asked.timezone)
    until = max(since, min(until, asked.now))
    known = await teller.stories.programs()
    programs = None
    if asked.programs:
        programs = await programs_named(store, asked.programs)
    incidents, total = await teller.stories.incidents(since, until, programs, LISTED)
    figures, earlier = IncidentFigures(store), period.before().moments(asked.timezone)
    totals = await figures.overall(since, until, programs)
    overview = Overview(
        period=period, since=since, until=until, totals=totals,
        before=await figures.overall(earlier[0], min(earlier[1], asked.now), programs), incidents=tuple(incidents),
        total=total, told=min(TOLD, len(incidents)),
        acknowledged=await teller.stories.acknowledged([one.id for one in incidents]),
        titles={name: one.title for name, one in known.items()},
        sentences={one.id: teller.sentence(one) for one in incidents},
    )  # fmt: skip
    sections = [overview_section(overview, voice, document.currency)]
    for incident in incidents[:TOLD]:
        sections += story_sections(await teller.story(incident), voice)
    return replace(
        document, period=period, sections=tuple(sections), summary=summary_of(overview),
        definitions=defined(asked.language),
    )  # fmt: skip


class _Teller:
    """Gathers stories, all as of one moment."""

    def __init__(self, store: Store, settings: ReportSettings, asked: Asked) -> None:
        self.stories = Stories(store)
        self.voice = Voice(asked.language, asked.timezone)
        self._store = store
        self._told = Incidents(store)
        self._now = asked.now
        self._zone = ZoneInfo(asked.timezone)
        self._evidence = Evidence(store, settings.programs, self.voice)

    async def titles(self, incidents: Sequence[Incident]) -> dict[str, str]:
        """What the programs of incidents are called, by name in small letters."""
        known = await self.stories.programs(sorted({one.program for one in incidents}))
        return {name: one.title for name, one in known.items()}

    def sentence(self, incident: Incident) -> str:
        """What was last said of an incident, as of its end."""
        return self._say(incident.reason.value, incident.facts, incident.resolved_at or self._now)

    def _say(self, reason: str, facts: Mapping[str, Any], at: datetime) -> str:
        return say(reason, facts, self.voice.language, self._zone, at)

    async def story(self, incident: Incident) -> IncidentStory:
        """One incident with everything around it."""
        program, opened, end = incident.program, incident.opened_at, incident.resolved_at or self._now
        first, _ = await self._told.verdicts(incident.id)
        events, count = await self.stories.timeline(incident.id, EVENTS)
        bad = await self._bad_runs(incident)
        begin = min([opened, *(run.start_time for run in bad)])
        about = await self._about(incident, bad)
        good = None if about is None else await self.stories.good_run(program, min(about.start_time, begin))
        healed = await self.stories.good_run(program, end) if not incident.open else None
        latest = await self.stories.good_run(program, self._now)
        looks = await self.stories.looks(program, opened, LOOKS)
        signature = about.signature if about is not None else ""
        kinds = await self.stories.kinds([signature]) if signature else {}
        before, again = await self.stories.neighbours(program, incident.id, opened - BEFORE)
        verdicts = await self.stories.verdicts(program, begin, end, VERDICTS)
        titles = await self.titles([incident])
        return IncidentStory(
            incident=incident,
            title=titles.get(program.lower(), program),
            now=self._now,
            opened_by=self._say(first["reason"], first["facts"], opened) if first else "",
            sentence=self.sentence(incident),
            acknowledged=(await self.stories.acknowledged([incident.id])).get(incident.id),
            events=tuple(events),
            events_count=count,
            told=tuple(await self._told.told(incident.id, NOTICES)),
            verdicts=tuple({**one, "sentence": self._say(one["reason"], one["facts"], one["at"])} for one in verdicts),
            acts=await self._acts(incident, begin, end),
            bad_runs=tuple(bad),
            reruns=tuple(await self.stories.runs(program, begin, end + AFTERWARDS, RUNS, asked_for=True)),
            counts=await self.stories.run_counts(program, begin, end),
            run=about,
            good=good,
            healed=healed if healed is not None and healed.start_time >= begin else None,
            good_since=latest is not None and latest.start_time > end,
            log=None if about is None else await self._lines(about, incident.node),
            looks=tuple(looks),
            signature=signature,
            kind=kinds.get(signature),
            places=tuple(await self.stories.places(signature)) if signature else (),
            compared=await self._compared(about, good, incident.node),
            relations=await self._relations(incident, signature, _waited_for(incident, events), end),
            silences=await self._silences(incident, begin, end),
            before=before,
            again=again,
        )

    async def _bad_runs(self, incident: Incident) -> list[Run]:
        """The runs that went wrong one after the other by one kind of error until it was opened, oldest first.

        Of an incident about a run that succeeded, only that is suspicious, there are none.
        """
        moment = incident.opened_at + timedelta(milliseconds=1)
        found: list[Run] = []
        for run in await self._store.runs_page(incident.program, STREAK, moment):
            if run.status not in _BAD:
                break
            found.append(run)
        known = next((run.signature for run in found if run.status is not RunStatus.MISSED), "")
        while found and found[-1].signature != known:  # it was another error then
            found.pop()
        return found[::-1]

    async def _about(self, incident: Incident, bad: Sequence[Run]) -> Run | None:
        """The run that it is about: the first that went wrong, of a suspicious success that; None if nothing ran."""
        ran = next((one for one in bad if one.status is not RunStatus.MISSED), None)
        if ran is not None or incident.run_id is None:
            return ran
        run = await self._store.run(incident.run_id)
        return None if run is None or run.status is RunStatus.MISSED else run

    async def _lines(self, run: Run, node: str) -> LogLines:
        later = await self.stories.runs(run.program, run.start_time, self._now, 5)
        following = next((one for one in later if one.start_time > run.start_time), None)
        return await self._evidence.lines(run, node, following)

    async def _compared(self, run: Run | None, good: Run | None, node: str) -> Compared | None:
        return None if run is None or good is None else await self._evidence.compared(run, good, node)

    async def _acts(self, incident: Incident, begin: datetime, end: datetime) -> tuple[dict[str, Any], ...]:
        """Acts beside those that stand in the timeline, and beside re-runs that began, which are told as runs."""
        acts = await self.stories.acts(incident.program, begin, end + AFTERWARDS, ACTS)
        return tuple(one for one in acts if one["action"] != "rerun" or one["outcome"] != "done")

    async def _silences(self, incident: Incident, begin: datetime, end: datetime) -> tuple[SilenceRow, ...]:
        subject = machine.subject_of(incident)
        found = await self.stories.silences(begin, end, SILENCES)
        return tuple(one for one in found if one.silence.fits(subject))

    async def _relations(
        self, incident: Incident, signature: str, waited_for: frozenset[str], end: datetime
    ) -> tuple[Relation, ...]:
        found = []
        for one in await self.stories.related(incident.id, incident.opened_at, end, RELATED):
            relation = _relation(incident, signature, waited_for, one)
            if relation is not None:
                found.append((relation, one.incident))
        found.sort(key=lambda pair: (_RELATIONS.index(pair[0]), pair[1].opened_at))
        found = found[:50]
        titles = await self.titles([one for _, one in found])
        return tuple(
            Relation(one, titles.get(one.program.lower(), one.program), relation, self.sentence(one))
            for relation, one in found
        )


def _waited_for(incident: Incident, events: Sequence[Mapping[str, Any]]) -> frozenset[str]:
    """The programs that its notices ever waited for."""
    held = (one["data"].get("by_programs") for one in events if one["kind"] == "held" and isinstance(one["data"], dict))
    return frozenset((*incident.held_by, *(str(name) for names in held if isinstance(names, list) for name in names)))


def _relation(incident: Incident, signature: str, waited_for: frozenset[str], other: Related) -> str | None:
    """How another incident is related; None if only in time."""
    if signature and other.signature == signature:
        return "signature"
    if incident.program in (*other.waited_for, *other.incident.held_by):
        return "holds"
    if other.incident.program in waited_for:
        return "held_by"
    near = abs(other.incident.opened_at - incident.opened_at) <= NEAR
    return "node" if near and incident.node and other.incident.node == incident.node else None
