"""A recording program is killed: the board says so within seconds, however its run was recorded."""

import asyncio
import sys
import time

import pytest

from tests.acceptance.installation import Installation
from tests.state_folders import new_state_folder

SECONDS = 30.0
"""A minute is promised; what is measured is far below it."""
PROGRAM = """
import sys, time
from batmon.record import RunLog
print(RunLog().start_log("loner", "wait"), flush=True)
time.sleep(600)
"""
COMMAND = """
import sys
from batmon.record import RunLog
RunLog().end_log(sys.argv[1], "SUCCESS", "all the same", "", 4)
"""


@pytest.fixture
async def home():
    made = Installation(new_state_folder())
    yield made
    await made.remove()


@pytest.fixture
async def begin(home):
    """Begins a program that records a start and goes on for long: (process, run_id)."""
    begun = []

    async def begin():
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", PROGRAM, env=home.environ, stdout=asyncio.subprocess.PIPE
        )
        begun.append(process)
        async with asyncio.timeout(SECONDS):
            return process, (await process.stdout.readline()).decode().strip()

    yield begin
    for process in begun:
        if process.returncode is None:
            process.kill()
        await process.communicate()


def running(run_id):
    return lambda row: (row["running"] or {}).get("run_id") == run_id and row["reason"] == "running"


async def died(home, run_id):
    """Until the board says that it died: seconds."""
    begun = time.monotonic()
    row = await home.until("loner", lambda row: row["reason"] == "died")
    assert (row["status"], row["running"]["run_id"]) == ("ERROR", run_id)
    assert row["running"]["evidence"]["process"]["alive"] is False
    return time.monotonic() - begun


async def test_killed_while_connected_and_ended_later_by_somebody_else(home, begin):
    await home.start()
    process, run_id = await begin()
    await home.until("loner", running(run_id))
    process.kill()
    assert await died(home, run_id) < SECONDS
    later = await asyncio.create_subprocess_exec(sys.executable, "-c", COMMAND, run_id, env=home.environ)
    assert await later.wait() == 0
    row = await home.until("loner", lambda row: row["status"] == "OK")
    assert (row["last_run"]["run_id"], row["last_run"]["processed_count"]) == (run_id, 4)


async def test_recorded_into_the_spool_before_there_was_a_daemon(home, begin):
    process, run_id = await begin()
    await home.start()
    await home.until("loner", running(run_id))
    process.kill()
    assert await died(home, run_id) < SECONDS


async def test_killed_while_the_daemon_was_away(home, begin):
    await home.start()
    process, run_id = await begin()
    await home.until("loner", running(run_id))
    await home.kill()
    process.kill()
    await process.wait()
    await home.start()
    assert await died(home, run_id) < SECONDS


async def test_it_lives_on_when_the_daemon_is_started_again(home, begin):
    await home.start()
    process, run_id = await begin()
    await home.until("loner", running(run_id))
    await home.kill()
    await home.start()
    await asyncio.sleep(4.0)  # longer than the pause between two looks: whoever is wrongly called dead is called so now
    ended = await asyncio.create_subprocess_exec(sys.executable, "-c", COMMAND, run_id, env=home.environ)
    assert await ended.wait() == 0
    row = await home.until("loner", lambda row: row["status"] != "UNKNOWN" and row["reason"] != "running")
    assert row["status"] == "OK"
    assert process.returncode is None
    verdicts = await home.ask("program", name="loner")
    assert verdicts["row"]["reason"] == "succeeded"
