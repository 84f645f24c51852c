"""Each slot once, whatever happens to the daemons and to Postgres meanwhile: with real processes and real signals."""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import sys
from collections import Counter
from pathlib import Path

import asyncpg
import pytest

from batmon.store import EmbeddedPostgres, Store
from tests.integration.automation_world import World, ended, statuses
from tests.state_folders import new_state_folder

PATIENCE_SEC = 60.0
ROOT = Path(__file__).resolve().parents[3]


class Process:
    """One daemon's automations."""

    def __init__(self, process, errors):
        self.process = process
        self.errors = errors

    @property
    def pid(self):
        return self.process.pid

    def signal(self, number):
        os.kill(self.pid, number)

    def said(self):
        return self.errors.read_text()


@pytest.fixture
async def world(tmp_path, store, database_url, owner_url):
    made = World(tmp_path, store, database_url, owner_url)
    await made.fetch("CREATE TABLE done (job text, slot timestamptz, node text)")
    await made.fetch("GRANT ALL ON done TO batmon_app")
    return made


@contextlib.asynccontextmanager
async def daemon(world, node, tables):
    """A process that is ended in the end, whatever became of it."""
    world.config(tables, node)
    errors = world.folder / f"{node}.log"
    with errors.open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.integration.automation_process", str(world.folder), node, world.url,
            world.owner_url, cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=log,
            env={**os.environ, "PYTHONPATH": f"{ROOT}/daemon:{ROOT}"},
        )  # fmt: skip
    try:
        async with asyncio.timeout(PATIENCE_SEC):
            assert await process.stdout.readline() == b"ready\n", errors.read_text()
        yield Process(process, errors)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGCONT)
            process.kill()
        await process.wait()
        process._transport.close()


def hourly(names, seconds):
    """Automations with 26 slots to catch up with, each of which takes a while in the middle of its transaction."""
    return "".join(
        f"""
[[automations]]
name = "{name}"
schedule = "0 * * * *"
catch_up = "all"
[[automations.steps]]
do = "sql"
sql = "INSERT INTO done (job, slot, node) VALUES ('{name}', :slot::timestamptz, current_setting('application_name'))"
[[automations.steps]]
do = "sql"
sql = "SELECT pg_sleep({seconds})"
"""  # noqa: S608 - a configuration
        for name in names
    )


async def down_for_26_hours(world, names):
    """What a daemon that was last here 26 hours ago has left in the database."""
    for name in names:
        await world.fetch(
            "INSERT INTO automation_state (job_name, nodes, last_slot)"
            " VALUES ($1, '{left,right}', date_trunc('hour', now()) - interval '26 hours')",
            name,
        )


async def wait_for(world, wanted, patience=PATIENCE_SEC):
    rows = []
    try:
        async with asyncio.timeout(patience):
            while not wanted(rows):
                await asyncio.sleep(0.05)
                rows = await world.logs()
    except TimeoutError:
        raise AssertionError([(row["id"], row["job_name"], row["status"], row["attempts"]) for row in rows]) from None
    return rows


def all_done(count):
    return lambda rows: len(rows) >= count and ended(rows)


async def each_once(world, rows):
    """Every slot that was executed did its work exactly once."""
    assert set(statuses(rows)) == {"success"}, [row for row in rows if row["status"] != "success"]
    done = Counter((row["job"], row["slot"]) for row in await world.fetch("SELECT job, slot FROM done"))
    assert done == Counter({(row["job_name"], row["slot"]): 1 for row in rows})


async def test_one_of_two_daemons_is_killed_in_the_middle(world):
    names = ("a", "b", "c")
    await down_for_26_hours(world, names)
    async with daemon(world, "left", hourly(names, 0.1)) as left, daemon(world, "right", hourly(names, 0.1)):
        await wait_for(world, lambda rows: any(row["status"] == "running" and row["node"] == "left" for row in rows))
        left.signal(signal.SIGKILL)
        rows = await wait_for(world, all_done(78))
    await each_once(world, rows)
    assert len(rows) >= 78
    broken = [one for row in rows for one in row["attempts"]]
    assert all(one["broke_off"] and one["node"] == "left" for one in broken)


async def test_one_of_two_daemons_is_stopped_and_goes_on_later(world):
    names = ("a", "b", "c")
    await down_for_26_hours(world, names)
    async with daemon(world, "left", hourly(names, 0.1)) as left, daemon(world, "right", hourly(names, 0.1)) as right:
        await wait_for(world, lambda rows: any(row["status"] == "running" and row["node"] == "left" for row in rows))
        left.signal(signal.SIGSTOP)
        await wait_for(world, all_done(78))
        left.signal(signal.SIGCONT)
        right.signal(signal.SIGKILL)
        await world.fetch(
            "UPDATE automation_logs SET status = 'queued' WHERE id IN (SELECT min(id) FROM automation_logs)"
        )
        await world.fetch(
            "DELETE FROM done WHERE (job, slot) IN (SELECT job_name, slot FROM automation_logs WHERE status = 'queued')"
        )
        rows = await wait_for(world, all_done(78))  # the one that was stopped is of use again
        assert left.process.returncode is None
    await each_once(world, rows)


async def test_a_daemon_that_is_started_again_takes_up_what_it_was_killed_in(world):
    await down_for_26_hours(world, ("a",))
    async with daemon(world, "left", hourly(("a",), 1)) as left:
        await wait_for(world, lambda rows: any(row["status"] == "running" for row in rows))
        left.signal(signal.SIGKILL)
        await left.process.wait()
    async with daemon(world, "left", hourly(("a",), 0)):
        rows = await wait_for(world, all_done(26))
    await each_once(world, rows)


def writing(file, retries):
    """An automation whose command leaves a line when it begins, and then does not end."""
    code = f"import time; open({str(file)!r}, 'a').write('x'); time.sleep(600)"
    step = f'[[automations.steps]]\ndo = "command"\ncommand = {json.dumps([sys.executable, "-c", code])}\n'
    insert = "INSERT INTO done (job) VALUES ('after')"
    after = f'[[automations.steps]]\ndo = "sql"\nsql = "{insert}"\n'
    return f'[[automations]]\nname = "cmd"\nschedule = "0 0 1 1 *"\nretries = {retries}\n{step}{after}'


@pytest.mark.parametrize("retries", [0, 1])
async def test_a_command_is_repeated_only_as_often_as_it_may_and_the_log_says_so(world, tmp_path, retries):
    marks = tmp_path / "marks"
    tables = writing(marks, retries)
    async with daemon(world, "left", tables) as left:
        async with world.store.connection() as connection:
            await connection.execute("INSERT INTO automation_logs (job_name, status) VALUES ('cmd', 'queued')")
        async with asyncio.timeout(PATIENCE_SEC):
            while not marks.exists() or not marks.read_text():
                await asyncio.sleep(0.02)
        (row,) = await world.logs()
        assert row["status"] == "running"
        assert row["attempt"] == 1
        left.signal(signal.SIGKILL)
        await left.process.wait()
    async with daemon(world, "left", tables):
        if retries:
            async with asyncio.timeout(PATIENCE_SEC):
                while marks.read_text() != "xx":
                    await asyncio.sleep(0.02)
            (row,) = await world.logs()
            assert row["status"] == "running"
            assert row["attempt"] == 2
        else:
            (row,) = await wait_for(world, ended)
            assert row["status"] == "failed"
            assert "broke off" in row["error_message"]
            assert marks.read_text() == "x"
            assert [one["template"] for one in await world.fetch("SELECT template FROM notifications")] == [
                "automation_failed"
            ]
        assert [one["broke_off"] for one in row["attempts"]] == [True]
        import psutil  # noqa: PLC0415

        alive = [p for p in psutil.process_iter(["cmdline"]) if str(marks) in " ".join(p.info["cmdline"] or ())]
        assert len(alive) == retries, "what the killed daemon had started was ended before it began again"
        for process in alive:
            process.kill()


async def test_postgres_is_restarted_in_the_middle():
    state = new_state_folder()
    server = await EmbeddedPostgres.start(state)
    store = await Store.open(server.url, server.owner_url)
    world = World(state, store, server.url, server.owner_url)
    try:
        await world.fetch("CREATE TABLE done (job text, slot timestamptz, node text)")
        await world.fetch("GRANT ALL ON done TO batmon_app")
        await down_for_26_hours(world, ("a", "b"))
        flag = state / "flag"
        code = f"import os, time\nwhile not os.path.exists({str(flag)!r}): time.sleep(0.02)"
        step = f'[[automations.steps]]\ndo = "command"\ncommand = {json.dumps([sys.executable, "-c", code])}\n'
        after = '[[automations.steps]]\ndo = "sql"\nsql = "INSERT INTO done (job) VALUES (\'after\')"\n'
        tables = hourly(("a", "b"), 0.1) + f'[[automations]]\nname = "cmd"\nschedule = "0 0 1 1 *"\n{step}{after}'
        async with world.running(tables) as automations:
            await automations.run_now("cmd", "kim")
            await wait_for(world, lambda rows: sum(row["status"] == "running" for row in rows) >= 2)
            await server.stop()
            server = await EmbeddedPostgres.start(state)
            flag.touch()
            rows = await wait_for(world, all_done(53))
        (command,) = [row for row in rows if row["job_name"] == "cmd"]
        assert (command["status"], command["attempt"]) == ("success", 1), "it was done, so it is not repeated"
        assert len(await world.fetch("SELECT FROM done WHERE job = 'after'")) == 1
        await world.fetch("DELETE FROM done WHERE job = 'after'")
        await each_once(world, [row for row in rows if row["job_name"] != "cmd"])
    finally:
        await store.close()
        await server.stop()
        shutil.rmtree(state, ignore_errors=True)


async def test_a_lock_that_somebody_holds_ends_with_the_time_of_the_automation(world):
    tables = '[[automations]]\nname = "blocked"\nschedule = "0 0 1 1 *"\ntimeout = "500ms"\n'
    tables += '[[automations.steps]]\ndo = "sql"\nsql = "DELETE FROM done"\n'
    holder = await asyncpg.connect(world.owner_url)
    try:
        await holder.execute("BEGIN; LOCK TABLE done")
        async with world.running(tables) as automations:
            await automations.run_now("blocked", "kim")
            (row,) = await world.until(ended)
    finally:
        await holder.close()
    assert row["status"] == "failed"
    assert "longer than 0.5 seconds" in row["error_message"]
