"""Figures of incidents against a count by minutes, over made-up histories; and each edge by itself."""

import random
from bisect import bisect_left
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import asyncpg
import pytest

from batmon.judge.incident_state import Acknowledgement, Incident
from batmon.metrics.figures import IncidentTotals
from batmon.metrics.periods import Period
from batmon.model import Reason, Status
from batmon.store.incident_figures import IncidentFigures
from batmon.store.incident_rows import incident_json
from batmon.store.migrate import migrations
from batmon.store.statements import sql

MINUTE = timedelta(minutes=1)
BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
NOW = datetime(2026, 4, 20, 10, 17, tzinfo=UTC)
"""Between them the clocks change in New York (8 March), Berlin (29 March) and Lord Howe (5 April, by half an hour)."""


class Told:
    """One incident as it is written, step by step; what happened is remembered for the count by minutes."""

    def __init__(self, connection, program, at, severity=Status.ERROR):
        self.connection, self.opened = connection, at
        self.bad = [(at, None)] if severity is Status.ERROR else []
        self.first_ack, self.resolved = None, None
        self.incident = Incident(
            program=program, node="n", severity=severity, reason=Reason.FAILED, opened_at=at, begun_at=at
        )

    async def open(self):
        verdict = await self.verdict(self.opened)
        number = await self.connection.fetchval(sql("add_incident"), incident_json(self.incident, "w"), verdict)
        self.incident = replace(self.incident, id=number)
        await self.event(self.opened, "opened", severity=self.incident.severity.value)
        return self

    async def verdict(self, at):
        return await self.connection.fetchval(
            sql("add_verdict"), self.incident.program, "n", "ERROR", "failed", at, "{}"
        )

    async def event(self, at, kind, **data):
        said = "".join(f', "{key}": "{value}"' for key, value in data.items())[2:]
        text = f'[{{"kind": "{kind}", "by": "", "text": "", "data": {{{said}}}}}]'
        await self.connection.execute(sql("add_incident_events"), self.incident.id, at, text)

    async def put(self, at, kind, **changes):
        self.incident = replace(self.incident, **changes)
        verdict = await self.verdict(at)
        await self.connection.execute(sql("put_incident"), self.incident.id, incident_json(self.incident, "w"), verdict)
        await self.event(at, kind, severity=self.incident.severity.value)

    def _goes_bad(self, at):
        if not self.bad or self.bad[-1][1] is not None:
            self.bad.append((at, None))

    async def worse(self, at):
        self._goes_bad(at)
        await self.put(at, "worse", severity=Status.ERROR)

    async def milder(self, at):
        await self.put(at, "note", severity=Status.WARNING)

    async def acknowledge(self, at):
        self.first_ack = self.first_ack or at
        await self.put(at, "acknowledged", acknowledged=Acknowledgement("kim", at, at + 60 * MINUTE))

    async def give_back(self, at):
        await self.put(at, "unacknowledged", acknowledged=None)

    async def resolve(self, at):
        self._ends(at)
        await self.put(at, "resolved", resolved_at=at, acknowledged=None)

    async def remove(self, at):
        self._ends(at)
        self.incident = replace(self.incident, resolved_at=at)
        await self.connection.execute(sql("resolve_incidents"), [self.incident.program], at)

    def _ends(self, at):
        self.resolved = at
        if self.bad and self.bad[-1][1] is None:
            self.bad[-1] = (self.bad[-1][0], at)

    async def reopen(self, at, severity=Status.ERROR):
        self.resolved = None
        if severity is Status.ERROR:
            self._goes_bad(at)
        await self.put(
            at, "reopened", severity=severity, resolved_at=None, begun_at=at, reopened=self.incident.reopened + 1
        )


async def history(connection, program, chance):
    """A program's incidents from BEGIN to NOW, one after the other, at whole minutes."""
    told, at = [], BEGIN + chance.randrange(3000) * MINUTE
    while at < NOW - 60 * MINUTE:
        severity = chance.choice((Status.ERROR, Status.ERROR, Status.WARNING))
        one = await Told(connection, program, at, severity).open()
        told.append(one)
        for _ in range(chance.randrange(6)):
            at += chance.choice((0, 1, 7, 61, 1500, 3100)) * MINUTE
            if at >= NOW:
                return told
            moves = [one.acknowledge, one.give_back, one.worse, one.milder]
            if one.resolved is not None:
                await one.reopen(at, chance.choice((Status.ERROR, Status.WARNING)))
            elif chance.random() < 0.3:
                await one.resolve(at)
            else:
                await chance.choice(moves)(at)
        if one.resolved is None:
            at += chance.choice((0, 3, 47, 2000, 20_000)) * MINUTE
            if at >= NOW:
                return told
            await chance.choice((one.resolve, one.resolve, one.remove))(at)
        at += chance.choice((0, 1, 30, 700, 9000)) * MINUTE
    return told


def bad_minutes(told):
    """Every minute from BEGIN in which one of them was an open ERROR, in order."""
    spans = [
        (int((begun - BEGIN) / MINUTE), int(((ended or NOW) - BEGIN) / MINUTE))
        for one in told for begun, ended in one.bad
    ]  # fmt: skip
    return sorted({minute for first, last in spans for minute in range(first, last)})


def by_minutes(told, minutes, since, until):
    """The same figures by looking at each minute: ``told`` are the incidents of one program."""
    first, last = (int((at - BEGIN) / MINUTE) for at in (since, until))
    bad = minutes[bisect_left(minutes, first) : bisect_left(minutes, last)]
    longest = run = 0
    for before, minute in zip([None, *bad], bad, strict=False):
        run = run + 1 if before == minute - 1 else 1
        longest = max(longest, run)
    opened = [one for one in told if since <= one.opened < until]
    resolved = [one for one in told if one.resolved is not None and since <= one.resolved < until]
    acknowledged = [one for one in opened if one.first_ack is not None]
    return IncidentTotals(
        opened=len(opened),
        resolved=len(resolved),
        open_at_end=sum(one.opened < until and (one.resolved is None or one.resolved >= until) for one in told),
        acknowledged=len(acknowledged),
        repair_seconds=float(sum((one.resolved - one.opened).total_seconds() for one in resolved)),
        acknowledge_seconds=float(sum((one.first_ack - one.opened).total_seconds() for one in acknowledged)),
        outage_seconds=60.0 * len(bad),
        longest_seconds=60.0 * longest,
        errors_opened=sum(bool(one.bad) for one in opened),
    )


@pytest.fixture
async def connection(owner_url):
    opened = await asyncpg.connect(owner_url, server_settings={"search_path": "public", "timezone": "UTC"})
    yield opened
    await opened.close()


def made_up(seed):
    return random.Random(seed)  # noqa: S311 - a history, no secret


def together(parts):
    return sum(parts, IncidentTotals())


@pytest.mark.parametrize("seed", range(3))
async def test_figures_are_those_of_a_count_by_minutes_over_any_period_and_split(store, connection, seed):
    chance = made_up(seed)
    programs = {name: await history(connection, name, chance) for name in ("fund_mail", "공시", "http://x")}
    minutes = {name: bad_minutes(told) for name, told in programs.items()}
    assert sum(len(told) for told in programs.values()) > 15
    assert all(minutes.values())
    figures = IncidentFigures(store)
    for _ in range(12):
        since, middle, until = sorted(BEGIN + chance.randrange(72_000) * MINUTE for _ in range(3))
        until = min(until, NOW)
        expected = {name: by_minutes(told, minutes[name], since, until) for name, told in programs.items()}
        found = await figures.totals(since, until)
        assert {name: found.get(name, IncidentTotals()) for name in programs} == expected
        whole = await figures.overall(since, until)
        assert whole == together(expected.values())
        assert await figures.totals(since, until, ["FUND_mail"]) == {
            name: totals for name, totals in found.items() if name == "fund_mail"
        }
        if since < middle < until:
            parts = [await figures.overall(since, middle), await figures.overall(middle, until)]
            added = replace(together(parts), open_at_end=parts[1].open_at_end)
            assert replace(added, longest_seconds=0.0) == replace(whole, longest_seconds=0.0)
            assert added.longest_seconds <= whole.longest_seconds


@pytest.mark.parametrize("timezone", ["America/New_York", "Europe/Berlin", "Australia/Lord_Howe"])
async def test_days_and_months_are_cut_at_the_midnights_of_the_zone(store, connection, timezone):
    programs = {name: await history(connection, name, made_up(name)) for name in ("a", "b")}
    minutes = {name: bad_minutes(told) for name, told in programs.items()}
    figures, zone, period = IncidentFigures(store), ZoneInfo(timezone), Period(date(2026, 3, 5), date(2026, 4, 30))

    def moments(day, after):
        since = datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
        return since, min(datetime(after.year, after.month, after.day, tzinfo=zone).astimezone(UTC), NOW)

    days = dict(await figures.by_day(period, timezone, NOW))
    assert list(days) == [day for day in period if moments(day, day)[0] < NOW]
    for day, found in days.items():
        span = moments(day, day + timedelta(days=1))
        assert found == together(by_minutes(told, minutes[name], *span) for name, told in programs.items()), day
    months = await figures.by_month(period, timezone, NOW, ["A"])
    spans = {date(2026, 3, 5): date(2026, 4, 1), date(2026, 4, 1): date(2026, 5, 1)}
    assert months == [
        (first, by_minutes(programs["a"], minutes["a"], *moments(first, after))) for first, after in spans.items()
    ]


async def test_each_edge_by_itself(store, connection):
    figures, hour = IncidentFigures(store), 60 * MINUTE
    since, until = BEGIN, BEGIN + 24 * hour

    async def one(program, opened, *moves, severity=Status.ERROR):
        told = await Told(connection, program, opened, severity).open()
        for name, at in moves:
            await getattr(told, name)(at)
        return program

    before = await one("before", since - 2 * hour, ("resolve", since + hour))
    still = await one("still", until - hour)
    ends = await one("ends as it begins", since - hour, ("resolve", since))
    begins = await one("begins as it ends", until - hour, ("resolve", until))
    warned = await one("warned", since + hour, ("worse", since + 3 * hour), ("resolve", since + 4 * hour),
                       severity=Status.WARNING)  # fmt: skip
    mild = await one("mild", since + hour, ("resolve", since + 2 * hour), severity=Status.WARNING)
    again = await one("again", since, ("resolve", since + hour), ("reopen", since + 2 * hour),
                      ("resolve", since + 5 * hour))  # fmt: skip
    twice = await one("twice", since, ("acknowledge", since + hour), ("give_back", since + 2 * hour),
                      ("acknowledge", since + 3 * hour), ("resolve", since + 4 * hour))  # fmt: skip
    removed = await one("removed", since, ("acknowledge", since + hour), ("remove", since + 2 * hour))
    moment = await one("moment", since + hour, ("resolve", since + hour))
    found = await figures.totals(since, until)
    assert found == {
        before: IncidentTotals(resolved=1, repair_seconds=3 * 3600, outage_seconds=3600, longest_seconds=3600),
        still: IncidentTotals(opened=1, errors_opened=1, open_at_end=1, outage_seconds=3600, longest_seconds=3600),
        ends: IncidentTotals(resolved=1, repair_seconds=3600),
        begins: IncidentTotals(opened=1, errors_opened=1, open_at_end=1, outage_seconds=3600, longest_seconds=3600),
        warned: IncidentTotals(opened=1, errors_opened=1, resolved=1, repair_seconds=3 * 3600, outage_seconds=3600,
                               longest_seconds=3600),
        mild: IncidentTotals(opened=1, resolved=1, repair_seconds=3600),
        again: IncidentTotals(opened=1, errors_opened=1, resolved=1, repair_seconds=5 * 3600, outage_seconds=4 * 3600,
                              longest_seconds=3 * 3600),
        twice: IncidentTotals(opened=1, errors_opened=1, resolved=1, repair_seconds=4 * 3600, acknowledged=1,
                              acknowledge_seconds=3600, outage_seconds=4 * 3600, longest_seconds=4 * 3600),
        removed: IncidentTotals(opened=1, errors_opened=1, resolved=1, repair_seconds=2 * 3600, acknowledged=1,
                                acknowledge_seconds=3600, outage_seconds=2 * 3600, longest_seconds=2 * 3600),
        moment: IncidentTotals(opened=1, errors_opened=1, resolved=1),
    }  # fmt: skip
    assert await figures.totals(until, since) == {}
    assert (await figures.totals(since - 10 * hour, since))[ends].open_at_end == 1
    listed = await figures.listed("AGAIN", since, since + 3 * hour, 10)
    assert [(one.reopened, one.outage_seconds, one.severity) for one in listed] == [(1, 7200.0, "ERROR")]
    assert (await figures.listed("twice", since, until, 10))[0].acknowledged_at == since + hour
    assert await figures.listed("twice", since - 2 * hour, since - hour, 10) == []


async def test_the_view_for_others_says_the_same_by_month(connection):
    told = await history(connection, "a", made_up(7))
    rows = await connection.fetch("SELECT * FROM batmon_incident_months('Asia/Seoul') ORDER BY month LIMIT 1")
    zone = ZoneInfo("Asia/Seoul")
    month = rows[0]["month"]
    since = datetime(month.year, month.month, 1, tzinfo=zone)
    until = datetime(month.year, month.month + 1, 1, tzinfo=zone)
    expected = by_minutes(told, bad_minutes(told), since.astimezone(UTC), until.astimezone(UTC))
    assert (rows[0]["opened"], rows[0]["resolved"]) == (expected.opened, expected.resolved)
    assert float(rows[0]["outage_hours"]) == pytest.approx(expected.outage_seconds / 3600, abs=0.005)
    assert float(rows[0]["mttr_hours"]) == pytest.approx(expected.mttr_hours, abs=0.005)
    assert await connection.fetchval("SELECT count(*) FROM v_incident_figures_month") >= 1


async def test_incidents_from_before_these_figures_are_read_from_their_timelines(connection):
    columns = "SELECT incident_id, was_error, outages, first_acknowledged_at FROM incidents ORDER BY incident_id"
    await history(connection, "a", made_up(3))
    kept = await connection.fetch(columns)
    assert any(row["was_error"] for row in kept)
    assert not all(row["was_error"] for row in kept)
    older = await connection.fetchval(
        "INSERT INTO incidents (program, reason, opened_at, begun_at, resolved_at, first_verdict, last_verdict)"
        " VALUES ('old', 'failed', $1, $1, $2, 1, 1) RETURNING incident_id",
        BEGIN,
        BEGIN + MINUTE,
    )
    kept = await connection.fetch(columns)
    assert [(row["was_error"], len(row["outages"])) for row in kept if row["incident_id"] == older] == [(True, 1)]
    await connection.execute("ALTER TABLE incidents DISABLE TRIGGER batmon_incident_turned")
    await connection.execute("UPDATE incidents SET was_error = false, outages = '{}', first_acknowledged_at = NULL")
    text = next(one.sql for one in migrations() if one.version == 13)
    update = text[text.index("WITH turns AS") : text.index("CREATE FUNCTION batmon_incident_turned")]
    await connection.execute(update)
    assert await connection.fetch(columns) == kept


async def test_the_example_of_the_document(store, connection):
    """docs/metrics.md: kindscrap had A and B in November, fund_mail had C; B is still open."""
    zone = ZoneInfo("Asia/Seoul")

    def at(month, day, hour, minute=0):
        return datetime(2026, month, day, hour, minute, tzinfo=zone)

    one = await Told(connection, "kindscrap", at(11, 3, 6, 10)).open()
    await one.acknowledge(at(11, 3, 6, 40))
    await one.resolve(at(11, 3, 9, 10))
    await Told(connection, "kindscrap", at(11, 30, 22)).open()
    other = await Told(connection, "fund_mail", at(10, 31, 23)).open()
    await other.resolve(at(11, 1, 2))
    figures, november = IncidentFigures(store), Period(date(2026, 11, 1), date(2026, 11, 30)).moments("Asia/Seoul")
    every = await figures.overall(*november)
    assert (every.opened, every.resolved, every.open_at_end) == (2, 2, 1)
    assert every.completion_rate == pytest.approx(0.667, abs=0.001)
    assert (every.mttr_hours, every.mtta_hours) == (3, 0.5)
    assert (every.outage_seconds, every.longest_seconds) == (7 * 3600, 3 * 3600)
    kindscrap = (await figures.totals(*november))["kindscrap"]
    assert kindscrap.mtbf_hours((november[1] - november[0]).total_seconds()) == 357.5
