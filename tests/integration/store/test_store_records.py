import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import asyncpg
import pytest

from batmon.model import (
    LogEvidence,
    LogSpan,
    Origin,
    ProcessEvidence,
    RecordEvidence,
    Run,
    RunStatus,
)
from batmon.store import Cursor
from batmon.store.run_rows import run_json
from tests.rpa_document import logger_at

NOW = datetime(2026, 11, 21, 3, 0, 0, 123456, tzinfo=UTC)


class Ear:
    """Collects what is heard, and waits for it."""

    def __init__(self):
        self.heard = asyncio.Queue()

    def __call__(self, channel, bot_name):
        self.heard.put_nowait((channel, bot_name))

    async def next(self):
        return await asyncio.wait_for(self.heard.get(), 10)


def a_run(program="kindscrap", start=NOW, **more):
    return Run(uuid4(), program, more.pop("status", RunStatus.SUCCESS), start, **more)


async def test_the_documents_logger_works_unchanged_and_is_heard(store, database_url):
    await store.ensure_partitions(datetime.now(UTC))
    ear, logger = Ear(), logger_at(database_url)
    await store.listen(ear)
    log_id = await asyncio.to_thread(logger.start_log, "Invoice_Bot", "Daily_Extraction")
    assert await ear.next() == ("batmon_runs", "Invoice_Bot")
    (run,) = await store.recent_runs("invoice_bot")
    assert (run.log_id, run.status, run.origin, run.finished) == (log_id, RunStatus.RUNNING, Origin.RECORD, False)
    await asyncio.to_thread(logger.end_log, log_id, "SUCCESS", "100건 처리 완료", processed_count=100)
    assert await ear.next() == ("batmon_runs", "Invoice_Bot")
    run = await store.run_by_log_id(log_id)
    assert run.record == RecordEvidence(RunStatus.SUCCESS, "SUCCESS", "100건 처리 완료", "")
    assert (run.processed_count, run.message) == (100, "100건 처리 완료")
    assert await store.run(run.run_id) == run
    assert run_json(run)["origin"] == "record"


async def test_what_the_daemon_writes_is_not_announced(store, database_url):
    ear = Ear()
    await store.listen(ear)
    await store.put_runs([a_run("ours")], [])
    await asyncio.to_thread(logger_at(database_url).start_log, "theirs", "t")
    assert await ear.next() == ("batmon_runs", "theirs")
    assert await store.foreign_changes_since(datetime.now(UTC) - timedelta(minutes=1)) == ["theirs"]


async def test_an_update_by_others_is_found_without_having_been_heard(store, database_url):
    run = a_run("kindscrap", status=RunStatus.RUNNING)
    await store.put_runs([run], [])
    assert await store.foreign_changes_since(NOW - timedelta(days=1)) == []
    connection = await asyncpg.connect(database_url)
    await connection.execute("UPDATE rpa_execution_logs SET status = 'FAILED' WHERE run_id = $1", run.run_id)
    await connection.close()
    assert await store.foreign_changes_since(datetime.now(UTC) - timedelta(minutes=1)) == ["kindscrap"]
    assert await store.foreign_changes_since(datetime.now(UTC) + timedelta(minutes=1)) == []


async def test_updates_by_others_stay_on_their_page(store, owner_url):
    await store.ensure_partitions(datetime.now(UTC))
    connection = await asyncpg.connect(owner_url)
    for _ in range(20):
        log_id = await connection.fetchval(
            "INSERT INTO rpa_execution_logs (bot_name, task_name, status) VALUES ('b', 't', 'RUNNING') RETURNING log_id"
        )
        await connection.execute(
            "UPDATE rpa_execution_logs SET status = 'SUCCESS', end_time = now() WHERE log_id = $1", log_id
        )
    await connection.execute("SELECT pg_stat_force_next_flush()")
    counts = await connection.fetchrow(
        "SELECT sum(n_tup_upd) AS updates, sum(n_tup_hot_upd) AS hot FROM pg_stat_user_tables"
        " WHERE relname LIKE 'rpa_execution_logs%'"
    )
    await connection.close()
    assert counts["updates"] == counts["hot"] == 20


async def test_a_run_comes_back_as_it_was_put(store):
    log = LogEvidence(
        RunStatus.FAILED, LogSpan("/로그/a.log", 10, 99), NOW, NOW, "로그인 실패", 2, "first", "Traceback\n  …", 37
    )
    run = a_run(
        status=RunStatus.FAILED,
        end_time=NOW + timedelta(seconds=12.4),
        task_name="t",
        message="m",
        error_details="e",
        processed_count=37,
        origin=Origin.RERUN,
        started_by="kim",
        slot=NOW,
        verified_late=True,
        log=log,
        record=RecordEvidence(RunStatus.SUCCESS, "완료", "x", "y"),
        process=ProcessEvidence(4711, alive=False, exit_code=3, stopped_by="lee"),
    )
    await store.put_runs([run], [])
    back = await store.run(run.run_id)
    shown = run_json(back)
    assert back.log == log
    assert back.process == run.process
    assert back.record.word == "완료"
    assert (shown["duration_sec"], shown["exit_code"], shown["log"]) == (
        12, 3, {"path": "/로그/a.log", "start": 10, "end": 99},
    )  # fmt: skip
    assert {key: value for key, value in shown.items() if key != "log_id"} == {
        key: value for key, value in run_json(run).items() if key != "log_id"
    }


async def test_text_that_postgres_cannot_hold_is_made_visible(store):
    log = LogEvidence(RunStatus.FAILED, LogSpan("/a\udcff.log", 0), NOW, line="nul\0 and \udc80")
    run = a_run(status=RunStatus.FAILED, message="a\0b", error_details="\udcb0", log=log, task_name="x" * 300)
    await store.put_runs([run], [Cursor("n", "kindscrap", "f", "/a\udcff.log", 5, {"half": "\0"})])
    back = await store.run(run.run_id)
    assert (back.message, back.error_details, len(back.task_name)) == ("a␀b", "?", 100)
    assert back.log.line == "nul␀ and ?"
    assert (await store.cursors("n"))[0].scan_state == {"half": "␀"}


async def test_evidence_that_somebody_spoiled_does_not_stop_the_reading(store, database_url):
    connection = await asyncpg.connect(database_url)
    await connection.execute(
        "INSERT INTO rpa_execution_logs (bot_name, task_name, status, evidence, origin, processed_count)"
        " VALUES ('b', 't', '완료?', '{\"log\": [1]}', 'whoever', NULL)"
    )
    await connection.close()
    (run,) = await store.recent_runs("b")
    assert (run.status, run.record.word, run.log, run.processed_count) == (RunStatus.FAILED, "완료?", None, 0)


async def test_pages_spans_and_neighbours(store):
    runs = [a_run(start=NOW - timedelta(minutes=minute)) for minute in range(10)]
    await store.put_runs(runs, [])
    ids = [run.run_id for run in runs]

    async def found(answer):
        return [ids.index(run.run_id) for run in await answer]

    assert await found(store.recent_runs("KindScrap", 3)) == [0, 1, 2]
    assert await found(store.runs_page("kindscrap", 3, runs[2].start_time)) == [3, 4, 5]
    assert await found(store.runs_between("kindscrap", runs[5].start_time, runs[3].start_time)) == [3, 4, 5]
    assert await found(store.runs_near("kindscrap", runs[5].start_time, 2)) == [3, 4, 5, 6]
    assert await store.run(uuid4()) is None


async def test_putting_again_changes_the_row_and_uses_no_new_id(store):
    run = a_run(status=RunStatus.RUNNING)
    await store.put_runs([run], [])
    log_id = (await store.run(run.run_id)).log_id
    ended = Run(run.run_id, run.program, RunStatus.SUCCESS, run.start_time, NOW + timedelta(seconds=3))
    for _ in range(5):
        await store.put_runs([ended], [])
    other = a_run()
    await store.put_runs([other], [])
    assert (await store.run(run.run_id)).status is RunStatus.SUCCESS
    assert (await store.run(other.run_id)).log_id == log_id + 1


async def test_what_others_own_keeps_its_words_and_cannot_be_removed(store, database_url):
    log_id = await asyncio.to_thread(logger_at(database_url).start_log, "bot", "task")
    record = await store.run_by_log_id(log_id)
    log = LogEvidence(RunStatus.FAILED, LogSpan("/a", 0, 9), NOW, NOW, "실패")
    ours = Run(
        record.run_id, "bot", RunStatus.FAILED, record.start_time, NOW, message="ours", origin=Origin.LOG, log=log,
        verified_late=True,
    )  # fmt: skip
    await store.put_runs([ours], [], removed=[record.run_id])
    back = await store.run_by_log_id(log_id)
    assert (back.status, back.message, back.end_time, back.origin) == (RunStatus.RUNNING, "", None, Origin.RECORD)
    assert (back.log, back.verified_late) == (log, True)


@pytest.mark.parametrize("count", [2500])
async def test_history_goes_in_by_thousands_into_months_of_its_own(store, owner_url, count):
    runs = [a_run(start=NOW - timedelta(hours=6 * number)) for number in range(count)]
    cursor = Cursor("n", "kindscrap", "f", "/a", 77, {})
    await store.put_runs(runs, [cursor])
    await store.put_runs(runs[:50], [])
    connection = await asyncpg.connect(owner_url)
    assert await connection.fetchval("SELECT count(*) FROM rpa_execution_logs") == count
    assert await connection.fetchval("SELECT count(*) FROM rpa_execution_logs_rest") == 0
    await connection.close()
    assert await store.cursors("n") == [cursor]
    removed = [run.run_id for run in runs[:2]]
    await store.put_runs([], [], removed=removed)
    assert await store.run(removed[0]) is None


async def test_partitions_are_made_ahead_and_take_over_what_lay_in_the_rest(store, owner_url):
    connection = await asyncpg.connect(owner_url)
    old, strange = NOW - timedelta(days=400), datetime(1, 1, 2, tzinfo=UTC)
    insert = "INSERT INTO rpa_execution_logs (bot_name, task_name, status, start_time) VALUES ('b', 't', 'OK', $1)"
    for moment in (NOW, old, strange):
        await connection.execute(insert, moment)
    assert await connection.fetchval("SELECT count(*) FROM rpa_execution_logs_rest") == 3
    assert await store.ensure_partitions(NOW) == 6
    assert await store.ensure_partitions(NOW) == 0
    rows = await connection.fetch("SELECT tableoid::regclass::text AS part FROM rpa_execution_logs ORDER BY start_time")
    assert [row["part"] for row in rows] == [
        "rpa_execution_logs_rest",
        "rpa_execution_logs_y2025m10",
        "rpa_execution_logs_y2026m11",
    ]
    await connection.execute(insert, NOW + timedelta(days=90))
    assert await connection.fetchval("SELECT count(*) FROM rpa_execution_logs_rest") == 1
    await connection.close()


async def test_two_daemons_make_partitions_at_once_under_writers(store, database_url):
    connection = await asyncpg.connect(database_url)

    async def write():
        for day in range(60):
            await connection.execute(
                "INSERT INTO rpa_execution_logs (bot_name, task_name, status, start_time) VALUES ('b', 't', 'OK', $1)",
                NOW - timedelta(days=day),
            )

    moments = [NOW - timedelta(days=30 * n) for n in range(4)]
    made = await asyncio.gather(
        write(), *(store._fetch("make_partitions", [moment]) for moment in (*moments, *moments))
    )
    assert sum(rows[0][0] for rows in made[1:]) == 4
    assert len(await store.recent_runs("b", 100)) == 60
    await connection.close()
