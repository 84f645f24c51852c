import asyncio
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import asyncpg
import psycopg2
import pytest

from batmon import model
from batmon.model import Program
from batmon.store.statistics import Statistics
from tests.rpa_document import MONTHLY_SAVINGS, connection_parameters, logger_at

NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)


@pytest.fixture
async def owner(owner_url):
    connection = await asyncpg.connect(owner_url)
    yield connection
    await connection.close()


async def savings(store, month):
    while await Statistics(store).settle_some(NOW):
        pass
    return await store.savings(month)


async def put(owner, bot, start, count, *, seconds=60, status="SUCCESS"):
    await owner.execute(
        "INSERT INTO rpa_execution_logs"
        " (bot_name, task_name, status, start_time, end_time, duration_sec, processed_count)"
        " VALUES ($1, 't', $2, $3, $3, $4, $5)",
        bot, status, start, seconds, count,
    )  # fmt: skip


async def test_hours_are_reckoned_with_each_programs_own_minutes_and_month(store, owner):
    seoul = Program("Invoice_Bot", Path("/x"), node="n", timezone="Asia/Seoul", minutes_per_item=2.5)
    await store.register("n", [seoul, Program("HR_Bot", Path("/y"), node="n")], NOW)
    await put(owner, "Invoice_Bot", datetime(2026, 10, 31, 15, 0, tzinfo=UTC), 24, seconds=10)  # 1 November in Seoul
    await put(owner, "invoice_bot", datetime(2026, 11, 3, tzinfo=UTC), 24, seconds=21, status=" 성공")
    await put(owner, "Invoice_Bot", datetime(2026, 11, 30, 15, 0, tzinfo=UTC), 1000)  # December in Seoul
    await put(owner, "Invoice_Bot", datetime(2026, 11, 4, tzinfo=UTC), 1000, status="FAILED")
    await put(owner, "HR_Bot", datetime(2026, 10, 31, 23, 0, tzinfo=UTC), 1000)  # October in UTC
    await put(owner, "HR_Bot", datetime(2026, 11, 1, tzinfo=UTC), 100, seconds=None)
    await put(owner, "Nobody", datetime(2026, 11, 1, tzinfo=UTC), None)
    rows = await savings(store, date(2026, 11, 1))
    assert [tuple(map(str, row.values())) for row in rows] == [
        ("HR_Bot", "2026-11-01", "1", "100", "5.0", "8.3", "None"),
        ("Invoice_Bot", "2026-11-01", "2", "48", "2.5", "2.0", "16"),
        ("Nobody", "2026-11-01", "1", "0", "5.0", "0.0", "60"),
    ]
    seen = await owner.fetch("SELECT bot_name, month, total_count FROM v_bot_savings_month ORDER BY 1, 2")
    assert [tuple(row) for row in seen] == [
        ("HR_Bot", date(2026, 10, 1), 1000),
        ("HR_Bot", date(2026, 11, 1), 100),
        ("Invoice_Bot", date(2026, 11, 1), 48),
        ("Invoice_Bot", date(2026, 12, 1), 1000),
        ("Nobody", date(2026, 11, 1), 0),
    ]
    assert await savings(store, date(2027, 2, 1)) == []


async def test_a_bot_that_nobody_configured_counts_in_the_zone_of_the_daemon_that_saw_it(store, owner):
    await store.register_unconfigured("Night_Bot", "n", NOW, "Asia/Seoul")
    await put(owner, "night_bot", datetime(2026, 10, 31, 15, 30, tzinfo=UTC), 12)
    (row,) = await savings(store, date(2026, 11, 1))
    assert (row["bot_name"], row["total_count"]) == ("Night_Bot", 12)


async def test_every_word_for_success_counts_and_no_other(store, owner):
    for number, word in enumerate(model._STATUS_WORDS):
        await put(owner, f"bot-{number}", NOW, 12, status=word)
    await put(owner, "odd", NOW, 12, status="완료?")
    counted = {row["bot_name"] for row in await savings(store, date(2026, 11, 1))}
    meant = {
        f"bot-{number}" for number, word in enumerate(model._STATUS_WORDS)
        if model.run_status(word) is model.RunStatus.SUCCESS
    }  # fmt: skip
    assert counted == meant


async def test_the_documents_sql_and_the_view_agree_where_a_program_takes_five_minutes(store, database_url, owner):
    now = datetime.now(UTC)
    await store.ensure_partitions(now)
    logger = logger_at(database_url)
    for count in (100, 20):
        log_id = await asyncio.to_thread(logger.start_log, "Invoice_Bot", "Daily_Extraction")
        await asyncio.to_thread(logger.end_log, log_id, "SUCCESS", processed_count=count)
    await owner.execute("UPDATE rpa_execution_logs SET duration_sec = 7")  # however long the two took here
    await put(owner, "Invoice_Bot", now - timedelta(days=70), 5000)
    while await Statistics(store).settle_some(now):
        pass
    connection = psycopg2.connect(**connection_parameters(database_url))
    with connection, connection.cursor() as cursor:
        cursor.execute(MONTHLY_SAVINGS)
        theirs = [tuple(map(float, row[1:])) for row in cursor.fetchall()]
        cursor.execute(
            "SELECT total_count, saved_hours, avg_runtime_sec FROM v_bot_savings_month"
            " WHERE month = date_trunc('month', CURRENT_DATE)"
        )
        ours = [tuple(map(float, row)) for row in cursor.fetchall()]
    connection.close()
    assert theirs == ours == [(120.0, 10.0, 7.0)]
