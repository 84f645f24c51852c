"""The logger and the SQL of RPA teams, unchanged, against the database of a real daemon: seen live, and judged."""

import asyncio
import json

import psycopg2
import pytest

from tests.rpa_document import MONTHLY_SAVINGS, connection_parameters, logger_at


class Bot:
    """A program that records its runs with the document's logger, in a thread, as a bot does."""

    def __init__(self, url, name):
        self._logger = logger_at(url)
        self.name = name

    async def start(self, task="Daily_Extraction"):
        return await asyncio.to_thread(self._logger.start_log, self.name, task)

    async def end(self, log_id, status, **said):
        await asyncio.to_thread(self._logger.end_log, log_id, status, **said)


@pytest.fixture
async def url(installation):
    installation.add_program("Invoice_Bot", extra='max_runtime = "3s"')
    installation.add_program("HR_Batch_Bot", extra="minutes_per_item = 2.5")
    await installation.start()
    return await installation.database_url()


def asked(url, question):
    """The rows that psycopg2 gives, by the name in the first column."""
    connection = psycopg2.connect(**connection_parameters(url))
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(question)
            return {row[0]: tuple(None if value is None else float(value) for value in row[1:]) for row in cursor}
    finally:
        connection.close()


async def test_rows_written_by_the_logger_appear_live_and_are_judged(installation, url):
    bot = Bot(url, "Invoice_Bot")
    log_id = await bot.start()
    row = await installation.until("Invoice_Bot", lambda row: row["running"] is not None)
    assert (row["running"]["log_id"], row["running"]["origin"]) == (log_id, "record")
    await bot.end(log_id, "SUCCESS", message="100건 처리 완료", processed_count=100)
    row = await installation.until("Invoice_Bot", lambda row: row["status"] == "OK" and not row["running"])
    assert (row["last_run"]["log_id"], row["last_run"]["processed_count"]) == (log_id, 100)
    assert row["last_run"]["message"] == "100건 처리 완료"
    log_id = await bot.start()
    await bot.end(log_id, "FAILED", message="", error_details="Traceback ...\nKeyError: '계정'")
    row = await installation.until("Invoice_Bot", lambda row: row["status"] == "ERROR")
    assert (row["reason"], row["last_run"]["log_id"]) == ("failed", log_id)
    assert "KeyError: '계정'" in row["facts"]["line"]
    answer, code = await installation.check("Invoice_Bot")
    assert (answer["status"], code) == ("ERROR", 2)
    await bot.end(await bot.start(), "SUCCESS", processed_count=1)
    await installation.until("Invoice_Bot", lambda row: row["status"] == "OK")


async def test_a_run_that_never_ends_is_hung_at_max_runtime(installation, url):
    bot = Bot(url, "Invoice_Bot")
    log_id = await bot.start()
    row = await installation.until("Invoice_Bot", lambda row: row["reason"] == "hung")
    assert (row["status"], row["running"]["log_id"], row["facts"]["max_runtime_sec"]) == ("ERROR", log_id, 3.0)
    await bot.end(log_id, "SUCCESS", processed_count=1)  # it was only slow
    row = await installation.until("Invoice_Bot", lambda row: row["status"] == "OK")
    assert row["running"] is None


async def test_a_bot_that_nobody_configured_appears_when_it_records(installation, url):
    bot = Bot(url, "Unknown_Bot")
    await bot.end(await bot.start("급여"), "FAILED", message="계정 잠김")
    row = await installation.until("Unknown_Bot", lambda row: row["status"] == "ERROR")
    assert row["configured"] is False


async def test_many_bots_record_at_once_and_each_row_is_there_once(installation, url):
    bots = [Bot(url, f"bot-{number}") for number in range(6)]

    async def runs_of(bot):
        for count in range(5):
            await bot.end(await bot.start(), "SUCCESS", processed_count=count)

    await asyncio.gather(*(runs_of(bot) for bot in bots))
    for bot in bots:
        await installation.until(bot.name, lambda row: len(row["strip"]) == 5 and row["status"] == "OK")
        runs = (await installation.ask("runs", program=bot.name))["runs"]
        assert sorted(run["processed_count"] for run in runs) == [0, 1, 2, 3, 4]


async def test_the_monthly_sql_runs_unchanged_and_batmon_reckons_with_each_programs_minutes(installation, url):
    for name, counts in (("Invoice_Bot", (100, 20)), ("HR_Batch_Bot", (240,))):
        bot = Bot(url, name)
        for count in counts:
            await bot.end(await bot.start(), "SUCCESS", processed_count=count)
        await bot.end(await bot.start(), "FAILED", processed_count=1000)
        await bot.start()  # still running
    theirs = await asyncio.to_thread(asked, url, MONTHLY_SAVINGS)
    assert {name: row[:2] for name, row in theirs.items()} == {"Invoice_Bot": (120, 10.0), "HR_Batch_Bot": (240, 20.0)}
    code, out, err = await installation.batmon("savings", "--json")
    assert code == 0, err
    said = json.loads(out)
    assert [(bot["bot"], bot["count"], bot["hours"]) for bot in said["bots"]] == [
        ("HR_Batch_Bot", 240, 10.0),
        ("Invoice_Bot", 120, 10.0),
    ]
    assert said["hours"] == 20.0
    ours = await asyncio.to_thread(  # whoever asks BATMON has it counted; a view may lag by seconds
        asked, url, "SELECT bot_name, total_count, saved_hours, avg_runtime_sec FROM v_bot_savings_month"
    )
    assert ours["Invoice_Bot"] == theirs["Invoice_Bot"]
    assert ours["HR_Batch_Bot"][:2] == (240, 10.0)
    code, out, _ = await installation.batmon("--language", "ko", "savings")
    assert code == 0
    assert out.splitlines()[0].split()[0] == "봇"
