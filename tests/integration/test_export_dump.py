"""The dump of the database: whole, as of one moment, while others write; and its password in no command line."""

from __future__ import annotations

import asyncio
import hashlib
import stat
import subprocess
import uuid
from datetime import UTC, datetime

import asyncpg
import pytest

from batmon.engine.files.database_dump import DatabaseDump
from batmon.errors import Refused, StoreError
from batmon.gate.verbs import Caller, Done
from batmon.model import Role
from batmon.store.binaries import find_binaries
from batmon.store.dump import dump, without_secret
from tests.conftest import of_database

ADMIN = Caller("kim", Role.ADMIN, "local", "")
NOW = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)


def inside(folder):
    return sorted(path.name for path in folder.iterdir())


def dumping(url, state):
    return DatabaseDump(url=lambda: url, state=state, node="서울-01/../x", now=lambda: NOW)


async def all_of(answers):
    steps, done = [], None
    async for step in answers.dump(ADMIN, {}):
        if isinstance(step, Done):
            done = step.value
        else:
            steps.append(step["bytes"])
    return steps, done


async def test_it_is_restored_as_of_one_moment_while_writers_write(postgres, owner_url, database_url, tmp_path):
    """Each transaction writes one run and three items: a dump that is not of one moment would part some of them."""
    writing, stop = asyncio.Event(), asyncio.Event()

    async def write(number):
        connection = await asyncpg.connect(database_url)
        while not stop.is_set():
            run_id = uuid.uuid4()
            async with connection.transaction():
                await connection.execute(
                    "INSERT INTO rpa_execution_logs (run_id, bot_name, task_name, status, start_time)"
                    " VALUES ($1, $2, 't', 'RUNNING', now())", run_id, f"bot{number}",
                )  # fmt: skip
                for item in range(3):
                    await connection.execute(
                        "INSERT INTO run_items (run_id, account) VALUES ($1, $2)", run_id, str(item)
                    )
            writing.set()
        await connection.close()

    writers = [asyncio.create_task(write(number)) for number in range(3)]
    async with asyncio.timeout(10):
        await writing.wait()
    steps, done = await all_of(dumping(owner_url, tmp_path))
    stop.set()
    await asyncio.gather(*writers)
    file = tmp_path / "exports" / done["path"].removeprefix("/exports/")
    assert done["path"] == "/exports/batmon-서울-01____x-20261121T060000Z.dump"
    assert done["size"] == file.stat().st_size == steps[-1]
    assert done["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert inside(tmp_path) == ["exports"]

    owner = await asyncpg.connect(postgres.owner_url)
    await owner.execute("CREATE DATABASE restored")
    target = of_database(postgres.owner_url, "restored")
    try:
        tool = find_binaries().path("pg_restore")
        command = [tool, "--exit-on-error", "--no-owner", f"--dbname={target}", file]
        done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        restored = await asyncpg.connect(target)
        runs = await restored.fetchval("SELECT count(*) FROM rpa_execution_logs")
        halves = await restored.fetchval(
            "SELECT count(*) FROM rpa_execution_logs r"
            " WHERE 3 <> (SELECT count(*) FROM run_items i WHERE i.run_id = r.run_id)"
        )
        items = await restored.fetchval("SELECT count(*) FROM run_items")
        await restored.close()
    finally:
        await owner.execute("DROP DATABASE restored WITH (FORCE)")
        await owner.close()
    assert runs > 0
    assert (halves, items) == (0, 3 * runs)
    now = await asyncpg.connect(database_url)
    assert await now.fetchval("SELECT count(*) FROM rpa_execution_logs") >= runs
    await now.close()


async def test_one_at_a_time_and_nothing_is_left_of_one_that_is_given_up(owner_url, tmp_path):
    answers = dumping(owner_url, tmp_path)
    (tmp_path / ".batmon-old.dump.part").write_text("of a daemon that was killed")
    first = answers.dump(ADMIN, {})
    await anext(first)
    with pytest.raises(Refused, match="another dump"):
        await anext(answers.dump(ADMIN, {}))
    await first.aclose()
    assert inside(tmp_path / "exports") == []
    assert inside(tmp_path) == ["exports"]
    assert (await all_of(answers))[1]


async def test_a_database_that_is_not_there_is_said_in_pg_dumps_words(postgres, tmp_path):
    with pytest.raises(StoreError, match="does not exist"):
        await all_of(dumping(of_database(postgres.owner_url, "nowhere"), tmp_path))
    assert inside(tmp_path) == ["exports"]


async def test_no_password_is_in_the_command_line(tmp_path, monkeypatch):
    """Every user of the machine can read command lines; environments only their owner."""
    seen = {}

    async def start(*command, env, **_):
        seen.update(command=command, env=env)
        raise FileNotFoundError(2, "enough")

    monkeypatch.setattr(asyncio, "create_subprocess_exec", start)
    url = "postgresql://batmon:gehe%40im@db.example.com:5433/batmon?sslmode=require"
    with pytest.raises(StoreError):
        async for _ in dump(url, tmp_path / "x.dump"):
            pass
    assert "gehe" not in " ".join(seen["command"])
    assert seen["env"]["PGPASSWORD"] == "gehe@im"
    assert "--dbname=postgresql://batmon@db.example.com:5433/batmon?sslmode=require" in seen["command"]


@pytest.mark.parametrize(
    ("url", "bare", "secret"),
    [
        ("postgresql:///batmon?host=/run/x&user=a", "postgresql:///batmon?host=/run/x&user=a", None),
        ("postgresql:///batmon?host=/run/x&password=p%26q", "postgresql:///batmon?host=/run/x", "p&q"),
        ("postgres://u:p@[::1]:5432,h2/db", "postgres://u@[::1]:5432,h2/db", "p"),
        ("postgresql://h/db", "postgresql://h/db", None),
        ("postgresql://:p@h/db", "postgresql://@h/db", "p"),
    ],
)
def test_passwords_are_taken_out_wherever_they_stand(url, bare, secret):
    found, environment = without_secret(url)
    assert found == bare
    assert environment.get("PGPASSWORD") == secret
