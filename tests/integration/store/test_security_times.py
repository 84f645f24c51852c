"""Times that no calendar has: anybody may write them into the tables, and everything else is read all the same."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

import asyncpg
import pytest

from batmon.engine.recording.intake_lines import BadOperation, from_spool, operation
from batmon.store.timestamps import EARLIEST, LATEST

ODD = (
    "infinity",
    "-infinity",
    "20000-01-01",
    "0044-03-15 BC",
    "0001-01-01 00:00:00+00",
    "9999-12-31 23:59:59.999999+00",
)


@pytest.mark.parametrize("column", ["start_time", "end_time"])
async def test_odd_times_in_the_table_blind_nobody(store, database_url, column):
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute(
            "INSERT INTO rpa_execution_logs (bot_name, task_name, status) VALUES ('Good', 't', 'SUCCESS')"
        )
        for odd in ODD:
            await connection.execute(
                "INSERT INTO rpa_execution_logs (bot_name, task_name, status, " + column + ")"  # noqa: S608 - one of two
                " VALUES ('Good', 't', 'SUCCESS', $1::text::timestamptz)",
                odd,
            )
    finally:
        await connection.close()
    runs = await store.recent_runs("Good", 100)
    assert len(runs) == (1 + len(ODD) if column == "end_time" else len(ODD))  # what begins at infinity never began
    exported = await store.runs_for_export("Good", EARLIEST, LATEST + timedelta(days=1), None, 100)
    assert len(exported) > (column == "end_time") * len(ODD)
    zone = timezone(timedelta(hours=14))
    for run in runs:
        for moment in (run.start_time, run.end_time):
            if moment is not None:
                assert EARLIEST <= moment <= LATEST
                assert moment.astimezone(zone) + timedelta(days=3650) - moment == timedelta(days=3650)


async def test_times_come_back_as_they_were_written(store):
    wanted = [
        datetime(2026, 11, 21, 3, 4, 5, 678_901, tzinfo=UTC), EARLIEST, LATEST,
        datetime(1999, 12, 31, 23, 59, 59, 999_999, tzinfo=timezone(timedelta(hours=-11, minutes=-30))),
    ]  # fmt: skip
    async with store.connection() as connection:
        assert await connection.fetchval("SELECT $1::timestamptz[]", wanted) == wanted
        assert await connection.fetchval("SELECT $1::timestamptz", None) is None
        text = await connection.fetchval("SELECT ($1::timestamptz AT TIME ZONE 'UTC')::text", wanted[0])
        assert text == "2026-11-21 03:04:05.678901"


@pytest.mark.parametrize(
    "time", ["0001-01-01T00:00:00+00:00", "9999-12-31T23:59:59.999999+00:00", "9999-12-31T23:00:00-14:00"]
)
@pytest.mark.parametrize(
    "rest",
    [
        '"op":"start","bot_name":"B","task_name":"t","start_time":"%s"',
        '"op":"end","status":"SUCCESS","end_time":"%s"',
        '"op":"end","status":"SUCCESS","end_time":"2026-11-21T00:00:00Z","start_time":"%s"',
        '"op":"item","account":"a","started_at":"%s"',
        '"op":"item","account":"a","started_at":"2026-11-21T00:00:00Z","ended_at":"%s"',
    ],
)
def test_a_record_with_such_a_time_is_refused(time, rest):
    line = '{"seq":7,"run_id":"d9428888-122b-11e1-b85c-61cd3cbb3210",' + rest % time + "}"
    for read in (lambda: operation(line.encode()), lambda: from_spool(json.loads(line))):
        with pytest.raises(BadOperation, match="a time of") as caught:
            read()
        assert caught.value.seq == 7
