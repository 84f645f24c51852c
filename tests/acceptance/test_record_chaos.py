"""Ten thousand recorded runs while kill -9 hits who records, the daemon and Postgres: none is lost, none is double."""

import asyncio
import os
import random
import signal
import sys
import time
from collections import Counter

import asyncpg
import pytest

from batmon.record.spool import Spool
from tests.acceptance.installation import Installation

RUNS = 10_000
PROGRAMS = 5
BOUND = 240.0
RECORDER = """
import os, sys
from batmon.record import RunLog
journal = os.open(sys.argv[1], os.O_CREAT | os.O_APPEND | os.O_WRONLY)
log = RunLog()
for number in range(int(sys.argv[2])):
    run_id = log.start_log("chaos", f"run {number}")
    os.write(journal, f"S {run_id}\\n".encode())
    log.end_log(run_id, "SUCCESS", f"{number} done", "", number)
    os.write(journal, f"E {run_id} {number}\\n".encode())
"""
"""Writes down what was acknowledged only after it was; what the kernel has taken outlives the process."""


class Crowd:
    """The programs that record; one that is killed is followed by another that goes on."""

    def __init__(self, home):
        self.home = home
        self.journal = home.home / "journal"
        self.journal.touch()
        self.living = []

    async def add(self):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", RECORDER, self.journal, str(RUNS), env=self.home.environ
        )
        self.living.append(process)

    async def kill(self, process):
        process.kill()
        await process.wait()
        self.living.remove(process)

    def acknowledged(self):
        """Starts, and ends with their counts."""
        lines = [line.split() for line in self.journal.read_text().splitlines()]
        return {line[1] for line in lines if line[0] == "S"}, {
            line[1]: int(line[2]) for line in lines if line[0] == "E"
        }


def postmaster(home):
    try:
        return int((home.state / "postgres" / "postmaster.pid").read_text().splitlines()[0])
    except (OSError, ValueError, IndexError):
        return None


@pytest.fixture
async def home():
    made = Installation()
    made.tables.append("[record]\nenabled = true\n")
    yield made
    await made.remove()


def victims(chance):
    """All kinds, in any order, again and again."""
    while True:
        yield from chance.sample(("program", "program", "daemon", "postgres"), 4)


async def hit(home, crowd, victim, chance):
    """Hit one of that kind, hard; what was hit."""
    if victim == "program":
        await crowd.kill(chance.choice(crowd.living))
        await crowd.add()
    elif victim == "daemon":
        await home.kill()
        await asyncio.sleep(chance.random() * 0.5)
        await home.start()
    elif (pid := postmaster(home)) is None:
        return "nobody"  # Postgres has not come back yet
    else:
        os.kill(pid, signal.SIGKILL)
    return victim


async def emptied(home):
    """Wait until the daemon has taken everything out of the spool."""
    spool = Spool(home.state / "spool")
    try:
        async with asyncio.timeout(BOUND):
            while await asyncio.to_thread(spool.waiting_count):
                await asyncio.sleep(0.1)
    finally:
        spool.close()


async def rows(home):
    async with asyncio.timeout(BOUND):
        while True:
            try:
                connection = await asyncpg.connect((await home.ask("doctor"))["database_url"])
                break
            except (OSError, asyncpg.PostgresError):
                await asyncio.sleep(0.1)
    found = await connection.fetch(
        "SELECT run_id::text, status, processed_count, end_time FROM rpa_execution_logs WHERE bot_name = 'chaos'"
    )
    await connection.close()
    return found


async def test_ten_thousand_runs_outlive_every_kill(home):
    chance = random.Random(20261121)  # noqa: S311 - no secret
    await home.start()
    crowd = Crowd(home)
    for _ in range(PROGRAMS):
        await crowd.add()
    hits, begun, order = Counter(), time.monotonic(), victims(chance)
    async with asyncio.timeout(BOUND):
        while len(crowd.acknowledged()[0]) < RUNS:
            await asyncio.sleep(0.2 + chance.random() * 0.8)
            hits[await hit(home, crowd, next(order), chance)] += 1
    for process in list(crowd.living):
        await crowd.kill(process)
    await emptied(home)
    started, ended = crowd.acknowledged()
    found = await rows(home)
    by_id = {row["run_id"]: row for row in found}
    sys.stdout.write(f"{len(started)} runs, {dict(hits)}, {time.monotonic() - begun:.0f} s\n")
    assert len(started) >= RUNS
    assert len(by_id) == len(found), "double"
    assert started <= set(by_id), "lost"
    assert all(by_id[run_id]["end_time"] is not None for run_id in ended), "an end was lost"
    assert {run_id: by_id[run_id]["processed_count"] for run_id in ended} == ended
    assert min(hits[kind] for kind in ("program", "daemon", "postgres")) >= 1
