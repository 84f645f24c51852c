import asyncio
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4, uuid5

import asyncpg
import psycopg2
import pytest

from batmon.errors import StoreError, StoreUnavailable
from batmon.judge.incident import on_verdict
from batmon.judge.incident_state import Policy, Surroundings
from batmon.model import NAMESPACE, Origin, Program, Reason, Run, RunStatus, Status, Verdict
from batmon.store import Cursor, Judgement
from batmon.store.incident_rows import IncidentChange

NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)
NODE = "seoul-01"


@dataclass(frozen=True)
class Entry:
    at: datetime = NOW
    actor: str = "kim"
    role: str = "operator"
    peer: str = "10.0.0.7"
    action: str = "rerun"
    target: str = "kindscrap"
    outcome: str = "done"
    detail: object = "by hand"


def program(name="kindscrap", **more):
    return Program(name, Path("/srv") / name, ("0 6 * * *",), node=NODE, timezone="Asia/Seoul", **more)


def a_run(status=RunStatus.FAILED, **more):
    return Run(uuid4(), "kindscrap", status, NOW, **more)


def judgement(state, status=Status.ERROR, reason=Reason.FAILED, at=LATER, runs=(), *, weighed=False, **more):
    last = runs[-1] if runs else None
    verdict = Verdict(status, reason, at, {"line": "로그인 실패", "due": NOW}, LATER, None, last_run=last)
    if weighed:
        policy = Policy(state.program, NODE, reopen=timedelta(0))
        more["incident"] = IncidentChange(
            state.program, lambda found, _silences, _down: on_verdict(found, verdict, policy, Surroundings())
        )
    given = {"since": at, "judged_until": at, "log_seen": True, "last_log": "실패", "strip": [["FAILED", 12]]}
    return Judgement(
        program=state.program, node=NODE, expected_version=state.version, verdict=verdict, runs=runs, **(given | more)
    )


@pytest.fixture
async def state(store):
    """The state of kindscrap, freshly registered."""
    return (await store.register(NODE, [program()], NOW))["kindscrap"]


async def test_a_new_program_is_watched_from_now_on(store, state):
    assert (state.status, state.reason, state.version) == (Status.UNKNOWN, Reason.NEVER_SEEN, 0)
    assert state.watch_since == state.judged_until == state.since == NOW
    assert (state.last_run, state.running, state.strip, state.log_seen) == (None, None, [], False)
    again = (await store.register(NODE, [program(), program("fund_mail")], LATER))["kindscrap"]
    assert again == state


async def test_a_judgement_is_written_whole(store, state):
    run, cursor = a_run(end_time=LATER), Cursor(NODE, "kindscrap", "f1", "/srv/a.log", 512, {"open": None})
    after = await store.commit(judgement(state, runs=(run,), cursors=(cursor,), weighed=True, audits=(Entry(),)))
    assert after == await store.state("kindscrap") == (await store.states(NODE))["kindscrap"]
    assert (after.status, after.reason, after.version, after.since) == (Status.ERROR, Reason.FAILED, 1, LATER)
    assert after.facts == {"line": "로그인 실패", "due": NOW.isoformat()}
    assert (after.strip, after.last_log, after.watch_since) == ([["FAILED", 12]], "실패", NOW)
    stored = await store.run(run.run_id)
    assert after.last_run["log_id"] == stored.log_id is not None
    assert after.last_run["duration_sec"] == 300
    assert await store.cursors(NODE) == [cursor]
    (verdict,) = await store.verdicts("kindscrap")
    (incident,) = await store.incidents("kindscrap")
    assert (verdict["status"], verdict["at"]) == ("ERROR", LATER)
    assert incident["first_verdict"] == incident["last_verdict"] == verdict["verdict_id"]
    assert await store.audit_entries() == [Entry().__dict__ | {"at": NOW.isoformat()}]


async def test_of_two_writers_the_second_writes_nothing(store, state):
    first, second = a_run(), a_run()
    assert (await store.commit(judgement(state, runs=(first,)))).version == 1
    lost = judgement(
        state, Status.WARNING, Reason.LATE, runs=(second,), cursors=(Cursor(NODE, "kindscrap", "f", "/a", 1, {}),),
        removed_runs=(first.run_id,), weighed=True, audits=(Entry(),),
    )  # fmt: skip
    assert await store.commit(lost) is None
    assert await store.run(second.run_id) is None
    assert await store.run(first.run_id) is not None
    assert [v["status"] for v in await store.verdicts("kindscrap")] == ["ERROR"]
    assert await store.cursors(NODE) == await store.incidents("kindscrap") == await store.audit_entries() == []


async def test_of_many_writers_at_once_exactly_one_wins(store, state):
    answers = await asyncio.gather(*(store.commit(judgement(state, runs=(a_run(),))) for _ in range(12)))
    assert sum(answer is not None for answer in answers) == 1
    assert len(await store.recent_runs("kindscrap")) == len(await store.verdicts("kindscrap")) == 1


async def test_a_judgement_that_fails_half_way_leaves_nothing(store, state):
    bad = judgement(state, runs=(a_run(),), audits=(replace(Entry(), at="not a time"),))
    with pytest.raises(StoreError):
        await store.commit(bad)
    assert await store.recent_runs("kindscrap") == await store.verdicts("kindscrap") == []
    assert await store.state("kindscrap") == state


async def test_the_same_missed_run_is_one_row_whoever_finds_it(store, state):
    missed = Run(
        uuid5(NAMESPACE, "kindscrap 06:00"), "kindscrap", RunStatus.MISSED, NOW, origin=Origin.SCHEDULE, slot=NOW
    )
    after = await store.commit(judgement(state, reason=Reason.MISSED, runs=(missed,)))
    await store.commit(judgement(after, reason=Reason.MISSED, runs=(missed, missed)))
    (run,) = await store.recent_runs("kindscrap")
    assert (run.status, run.origin, run.slot) == (RunStatus.MISSED, Origin.SCHEDULE, NOW)


async def test_verdicts_are_added_on_change_and_incidents_open_once_and_end(store, state):
    steps = [
        (Status.ERROR, Reason.FAILED, True),
        (Status.ERROR, Reason.FAILED, False),
        (Status.ERROR, Reason.MISSED, True),
        (Status.OK, Reason.SUCCEEDED, True),
        (Status.ERROR, Reason.DIED, True),
    ]
    for number, (status, reason, weighed) in enumerate(steps):
        state = await store.commit(judgement(state, status, reason, NOW + timedelta(minutes=number), weighed=weighed))
    verdicts = await store.verdicts("kindscrap")
    assert [verdict["reason"] for verdict in verdicts] == ["died", "succeeded", "missed", "failed"]
    now, before = await store.incidents("kindscrap")
    assert (now["reason"], now["resolved_at"]) == ("died", None)
    assert (before["reason"], before["opened_at"], before["resolved_at"]) == ("missed", NOW, NOW + timedelta(minutes=3))
    assert before["last_verdict"] == verdicts[1]["verdict_id"]


async def test_a_merged_log_run_gives_way_to_the_record(store, state, database_url):
    connection = await asyncpg.connect(database_url)
    run_id: UUID = await connection.fetchval(
        "INSERT INTO rpa_execution_logs (bot_name, task_name, status) VALUES ('KindScrap', 't', 'SUCCESS')"
        " RETURNING run_id"
    )
    await connection.close()
    from_log = a_run()
    state = await store.commit(judgement(state, runs=(from_log,)))
    record = await store.run(run_id)
    merged = replace(record, process=None, verified_late=True)
    await store.commit(judgement(state, runs=(merged,), removed_runs=(from_log.run_id,)))
    (left,) = await store.recent_runs("kindscrap")
    assert (left.run_id, left.verified_late, left.program) == (run_id, True, "KindScrap")


async def test_a_row_that_somebody_holds_does_not_hold_up_a_judgement_for_long(store, state, database_url):
    run = a_run(RunStatus.RUNNING)
    state = await store.commit(judgement(state, runs=(run,)))
    holder = psycopg2.connect(database_url)
    with holder.cursor() as cursor:
        cursor.execute("UPDATE rpa_execution_logs SET message = 'mine' WHERE run_id = %s", (str(run.run_id),))
        with pytest.raises(StoreUnavailable, match="lock timeout"):
            await store.commit(judgement(state, runs=(replace(run, status=RunStatus.FAILED),)))
    holder.close()
    assert await store.commit(judgement(state, runs=(replace(run, status=RunStatus.FAILED),))) is not None


async def test_a_program_that_is_no_longer_configured_is_forgotten_and_its_incident_ended(store, state):
    await store.commit(judgement(state, weighed=True))
    await store.register("other-node", [], LATER)
    states = await store.register(NODE, [program("fund_mail")], LATER)
    assert list(states) == ["fund_mail"]
    (incident,) = await store.incidents("kindscrap")
    assert incident["resolved_at"] == LATER
    with pytest.raises(KeyError):
        await store.state("kindscrap")


async def test_a_bot_that_nobody_configured_is_kept_and_begins_afresh_when_it_is(store):
    state = await store.register_unconfigured("Invoice_Bot", NODE, NOW)
    assert await store.register_unconfigured("Invoice_Bot", NODE, LATER) == state
    assert list(await store.register(NODE, [], LATER)) == ["Invoice_Bot"]
    states = await store.register(NODE, [program("Invoice_Bot")], LATER)
    assert states["Invoice_Bot"].watch_since == states["Invoice_Bot"].judged_until == LATER


async def test_nodes_remember_when_they_were_last_seen(store, owner_url):
    assert await store.node_last_seen(NODE) is None
    await store.start_node(NODE, "0.1.0", NOW)
    await store.heartbeat(NODE, LATER)
    assert await store.node_last_seen(NODE) == LATER
    await store.start_node(NODE, "0.1.0", LATER + timedelta(hours=1))
    connection = await asyncpg.connect(owner_url)
    assert await connection.fetchval("SELECT blind_from FROM nodes") == LATER
    await connection.close()


async def test_audit_entries_are_newest_first_and_keep_any_detail(store):
    for number in range(3):
        await store.audit(Entry(action=f"a{number}", detail={"n": number, "at": NOW, "text": "\0"}))
    entries = await store.audit_entries(2)
    assert [entry["action"] for entry in entries] == ["a2", "a1"]
    assert entries[0]["detail"] == {"n": 2, "at": NOW.isoformat(), "text": "␀"}


async def test_the_views_say_what_is_so(store, state, database_url):
    await store.start_node(NODE, "0.1.0", datetime.now(UTC))
    run = a_run(end_time=LATER, message="로그인 실패")
    await store.commit(judgement(state, runs=(run,), weighed=True))
    connection = await asyncpg.connect(database_url)
    seen = await connection.fetchrow("SELECT * FROM v_program_state")
    assert (seen["program"], seen["status"], seen["last_duration_sec"], seen["last_message"], seen["last_start"]) == (
        "kindscrap", "ERROR", 300, "로그인 실패", NOW,
    )  # fmt: skip
    assert (seen["incident_opened_at"], seen["is_running"], seen["schedule"]) == (LATER, False, ["0 6 * * *"])
    latest = await connection.fetchrow("SELECT * FROM v_latest_runs")
    assert (latest["program"], latest["run_id"], latest["status"]) == ("kindscrap", run.run_id, "FAILED")
    await connection.close()
