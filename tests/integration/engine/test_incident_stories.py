"""The report ``incident_rca`` of incidents that a whole daemon found in real logs."""

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import uuid4

import asyncpg
import pytest

from batmon.engine.reports.making import compose
from batmon.errors import NotFound
from batmon.gate.client import GateClient
from batmon.gate.verbs import AuditEntry as GateEntry
from batmon.metrics.periods import Period
from batmon.model import Origin, Run, RunStatus
from batmon.places import gate_address
from batmon.report.asked import Asked, ReportSettings
from batmon.report.document import Findings, Lines, Table, Timeline
from batmon.report.markdown import text as markdown
from batmon.store import Store
from tests.integration.engine.test_signatures import failed_run, good_run, wrote
from tests.integration.engine.test_time_goes_by import SIX, place, until  # noqa: F401 - place is a fixture
from tests.integration.incident_world import World

HOSTILE = "ERROR 로그인 실패: password=hunter2 \x1b[31m|<b>" + "가" * 40_000


@asynccontextmanager
async def opened(owner_url):
    store = await Store.open(owner_url)
    try:
        yield store
    finally:
        await store.close()


async def act(daemon, verb, **args):
    async with await GateClient.connect(gate_address(str(daemon.config.state)), client="test") as client:
        async with asyncio.timeout(20):
            return await client.request(verb, **args)


def asked(daemon_now, **more):
    return Asked(
        template="incident_rca", language="en", timezone="Asia/Seoul", by="ops", node="n", now=daemon_now, **more
    )


def part(document, key):
    return next(one for one in document.sections if one.key.endswith(key))


def blocks(document, kind):
    return [block for section in document.sections for block in section.blocks if isinstance(block, kind)]


async def told(place, owner_url, now, **more):  # noqa: F811 - the fixture
    async with opened(owner_url) as store:
        settings = ReportSettings(organisation="Acme", programs=tuple(place.programs))
        return await compose(store, settings, asked(now, **more))


async def lived(place):  # noqa: F811 - as above
    """A good run, a failure that two programs share, an acknowledgement with notes, and a recovery."""
    log, other = place.add("kindscrap", "0 6 * * *"), place.add("fundmail", "0 6 * * *")
    good_run(log, SIX - timedelta(days=1))
    good_run(other, SIX - timedelta(days=1))
    async with place.daemon(SIX + timedelta(minutes=1)) as daemon:
        failed_run(log, SIX)
        wrote(log, SIX + timedelta(seconds=4), HOSTILE)
        failed_run(other, SIX + timedelta(seconds=30), attempt=7)
        await until(daemon, "kindscrap", lambda row: row["status"] == "ERROR" and row["incident"])
        await until(daemon, "fundmail", lambda row: row["status"] == "ERROR" and row["incident"])
        found = (await act(daemon, "incidents", program="kindscrap"))["incidents"][0]
        await act(daemon, "incident.ack", id=found["id"], note="calling the vendor", for_sec=3600)
        await act(daemon, "incident.note", id=found["id"], note="token=abcdef123456 was revoked")
    return log, found["id"]


async def test_an_incident_is_told_with_all_that_is_known_of_it(place, owner_url):  # noqa: F811 - as above
    log, number = await lived(place)
    document = await told(place, owner_url, SIX + timedelta(minutes=30), incident_id=number)
    headline = part(document, f"incident_{number}").blocks[0].text
    assert headline.startswith("kindscrap: error since 2026-11-21 06:0")
    assert "This kind of error had never been seen before. Other programs have had it too: fundmail." in headline
    assert "acknowledged it at 2026-11-21 06:0" in headline
    assert "Nobody was sent a message" in headline
    assert (document.summary["new_kind"], document.summary["state"]) == (True, "acknowledged")
    evidence = part(document, "evidence").blocks[0]
    assert evidence.lines[evidence.marked[0]].endswith("ERROR 로그인 실패: 비밀번호가 올바르지 않습니다 (시도 1)")
    assert "password=***" in evidence.lines[-1]
    assert len(evidence.lines[-1]) < 500
    titles = [one.title for one in part(document, "timeline").blocks[0].items]
    assert [title.split(" #")[0] for title in titles] == ["Run", "Opened as error", "Acknowledged", "Note"]
    compared = [block for block in part(document, "difference").blocks if isinstance(block, Lines)]
    assert any("(시도 1)" in line for line in compared[0].lines)
    assert any("문서 37건" in line for line in compared[1].lines)
    relation = part(document, "related").blocks[0].rows
    assert [(row[1], row[5]) for row in relation] == [("fundmail", "same kind of error")]
    assert [row[2] for row in part(document, "actions").blocks[0].rows] == ["Acknowledged", "Note"]
    assert [one.key for one in part(document, "open").blocks[0].items] == ["open_incident"]
    text = markdown(document)
    assert not any(secret in text for secret in ("hunter2", "abcdef123456", "\x1b"))
    assert len(text) < 30_000
    await a_period_lists_its_incidents(place, owner_url, number)
    good_run(log, SIX + timedelta(hours=1))
    async with place.daemon(SIX + timedelta(hours=1, minutes=1)) as daemon:
        await until(daemon, "kindscrap", lambda row: row["status"] == "OK")
    document = await told(place, owner_url, SIX + timedelta(hours=2), incident_id=number)
    headline = part(document, f"incident_{number}").blocks[0].text
    assert "kindscrap: error from 2026-11-21 06:0" in headline
    assert "It ended with run #" in headline
    assert part(document, "open").blocks[0].items == ()
    await a_log_that_is_gone_is_said(place, owner_url, log, number)


async def a_period_lists_its_incidents(place, owner_url, number):  # noqa: F811 - as above
    now, period = SIX + timedelta(minutes=30), Period((SIX - timedelta(days=20)).date(), SIX.date())
    document = await told(place, owner_url, now, period=period)
    table = next(block for block in document.sections[0].blocks if isinstance(block, Table))
    assert {row[2] for row in table.rows} == {"kindscrap", "fundmail"}
    assert document.summary["sr_total"] == document.summary["sr_open"] == 2
    assert number in document.summary["told"]
    assert len(blocks(document, Timeline)) == 2
    only = await told(place, owner_url, now, period=period, programs=("FUND*",))
    assert only.summary["incidents"] == 1
    empty = await told(place, owner_url, now, period=Period(period.start, period.start))
    assert (empty.summary["incidents"], len(empty.sections)) == (0, 1)
    assert "No incident was open in this period." in markdown(empty)
    with pytest.raises(NotFound, match="no incident 999"):
        await told(place, owner_url, SIX, incident_id=999)


async def a_log_that_is_gone_is_said(place, owner_url, log, number):  # noqa: F811 - as above
    now = SIX + timedelta(hours=2)
    log.unlink()
    document = await told(place, owner_url, now, incident_id=number)
    gone, noted = part(document, "evidence").blocks
    assert "is not there any more" in gone.text
    assert any("비밀번호가 올바르지 않습니다" in line for line in noted.lines)
    assert "could not be compared" in part(document, "difference").blocks[1].text
    async with opened(owner_url) as store:  # nor does a server read logs of programs that it does not have
        document = await compose(store, ReportSettings(), asked(now, incident_id=number))
    assert "the log lies on the server n" in part(document, "evidence").blocks[0].text


async def test_what_was_missed_has_no_run_and_says_so(place, owner_url):  # noqa: F811 - as above
    place.add("kindscrap", "0 6 * * *")
    async with place.daemon(SIX - timedelta(hours=1)) as daemon:
        await until(daemon, "kindscrap", lambda row: row["next_due"])
    async with place.daemon(SIX + timedelta(minutes=21)) as daemon:
        row = await until(daemon, "kindscrap", lambda row: row["incident"])
    number = row["incident"]["id"]
    document = await told(place, owner_url, SIX + timedelta(hours=2), incident_id=number)
    assert "No run belongs to this incident" in part(document, "evidence").blocks[0].text
    assert part(document, "open").blocks[0].items[0].key == "open_incident"
    assert isinstance(part(document, "open").blocks[0], Findings)


QUICK = "[alerts]\ngroup_wait = '5s'\ngroup_interval = '10s'\n"


async def settle_messages(owner_url, now, state, error=""):
    """What the deliveries would have written."""
    connection = await asyncpg.connect(owner_url)
    await connection.execute(
        "UPDATE notifications SET state = $1, settled_at = $2, error = $3 WHERE state = 'owed'", state, now, error
    )
    await connection.close()


async def test_what_was_told_done_and_waited_for_is_in_the_story(store, owner_url, tmp_path):
    world = await World(store, tmp_path, QUICK, ("database", "site"), {"site": 'depends_on = ["database"]'}).begin()
    database = await world.fail("database", line="disk full")
    site = await world.fail("site")
    world.later(seconds=20)
    await world.look()
    await settle_messages(owner_url, world.now, "sent")
    world.later(minutes=10)
    await world.incidents.add_silence(
        program="data*", tag="", pattern="", why="disk\x1b]0;x is being swapped", by="lee", now=world.now,
        until=world.now + timedelta(hours=8),
    )  # fmt: skip
    for seconds, good in ((60, False), (120, True)):
        start = world.now + timedelta(seconds=seconds)
        status = RunStatus.SUCCESS if good else RunStatus.FAILED
        again = Run(
            uuid4(), "database", status, start, start + timedelta(seconds=30), origin=Origin.RERUN, started_by="kim"
        )
        await store.put_runs([again], ())
    refused = GateEntry(world.now, "eve", "viewer", "", "rerun", "database", "refused", "")
    await store.audit(refused)
    world.later(minutes=5)
    await world.succeed("database")
    world.later(days=1)
    latest = await world.fail("database", line="disk full")
    settings = ReportSettings()
    document = await compose(store, settings, asked(world.now, incident_id=database.id))
    headline = part(document, f"incident_{database.id}").blocks[0].text
    assert "went out at 2026-11-21 15:00, 20s after it was opened, to o***@example.com (email)." in headline
    assert "It was run again 2 times; of these runs 1 succeeded. It ended with run #4" in headline
    titles = [one.title for one in part(document, "timeline").blocks[0].items]
    assert titles[:2] == ["Run #1 failed", "Opened as error"]
    assert [(row[1], row[2].split(" (")[0]) for row in part(document, "actions").blocks[0].rows][2:] == [
        ("kim", "Run again"),
        ("kim", "Run again"),
    ]
    assert {row[1] for row in part(document, "actions").blocks[0].rows[:2]} == {"lee", "eve"}
    assert part(document, "evidence").blocks[1].lines == ("disk full",)
    assert "\x1b" not in markdown(document)
    relation = part(document, "related").blocks[0].rows
    assert [(row[1], row[5]) for row in relation] == [("site", "waited for this one")]
    items = {one.key: one.text for one in part(document, "open").blocks[0].items}
    assert items.keys() >= {"open_again", "open_held", "open_cause"}
    assert "site" in items["open_held"]
    other = await compose(store, settings, asked(world.now, incident_id=site.id))
    headline = part(other, f"incident_{site.id}").blocks[0].text
    assert "Nobody was sent a message (Held back: it waits for database)." in headline
    row = part(other, "related").blocks[0].rows[0]
    assert (row[1], row[5]) == ("database", "this one waited for it")
    world.later(seconds=20)
    await world.look()
    await settle_messages(owner_url, world.now, "failed", "550 no such user; password=geheim")
    third = await compose(store, settings, asked(world.now, incident_id=latest.id))
    failed = next(one for one in part(third, "open").blocks[0].items if one.key == "open_delivery")
    assert failed.text == "Given up: 1, the latest to o***@example.com: 550 no such user; password=***"


async def test_an_incident_of_a_probe_shows_what_it_found(store, owner_url, tmp_path):
    world = await World(store, tmp_path, QUICK, ("database",)).begin()
    incident = await world.fail("database", line="connection refused")
    connection = await asyncpg.connect(owner_url)
    await connection.executemany(
        "INSERT INTO probe_samples (program, at, node, status, value, unit, seconds, fault, detail)"
        " VALUES ('database', $1, 'n', $2, $3, 's', 0.25, $4, '')",
        [
            (world.now - timedelta(minutes=1), "OK", 0.2, ""),
            (world.now, "ERROR", None, "connection\x1b[2J refused: password=geheim"),
        ],
    )
    await connection.close()
    document = await compose(store, ReportSettings(), asked(world.now, incident_id=incident.id))
    looks = part(document, "evidence").blocks[0]
    assert [(row[1], row[2]) for row in looks.rows] == [("OK", "0.2 s"), ("ERROR", None)]
    assert looks.rows[1][4] == "connection␛[2J refused: password=***"
    assert not [one for one in document.sections if one.key.endswith("_kind")]
