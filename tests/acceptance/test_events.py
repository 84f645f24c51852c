"""Events and the inbox with a real daemon: what a table's row leads to, whatever becomes of the daemon meanwhile."""

import asyncio
import json

import asyncpg
import pytest

from tests.acceptance.installation import PATIENCE_SEC, Installation
from tests.state_folders import new_state_folder

CONFIGURED = """
[node]
name = "seoul-01"
timezone = "Asia/Seoul"

[[events]]
name = "slow"
title = "느린 일"
table = "users"
on = "insert"
[[events.steps]]
do = "sql"
sql = "UPDATE users SET seen = seen + 1 WHERE id = :row.id"
[[events.steps]]
do = "sql"
sql = "SELECT pg_sleep(:row.takes)"
[[events.steps]]
do = "feed"
title = "{{ row.name }}"

[[inboxes]]
name = "people"
title = "사람"
query = "SELECT id, name AS title, seen FROM users WHERE status IS NULL ORDER BY id"
[[inboxes.actions]]
name = "answer"
title = "답변"
asks = ["text"]
[[inboxes.actions.steps]]
do = "sql"
sql = "UPDATE users SET status = :asks.text WHERE id = :row.id"
expect = "one"
"""
TABLE = """
CREATE TABLE users (
    id serial PRIMARY KEY, name text, takes double precision DEFAULT 0, seen int DEFAULT 0, status text
);
GRANT SELECT, INSERT, UPDATE ON users TO batmon_app; GRANT USAGE ON SEQUENCE users_id_seq TO batmon_app;
"""

ASLEEP = (
    "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep%' AND state = 'active'"
    " AND pid <> pg_backend_pid()"
)


@pytest.fixture
async def installation():
    made = Installation(new_state_folder())
    made.tables.append(CONFIGURED)
    await made.start()
    made.url = await made.database_url()
    owner = await asyncpg.connect(made.url.replace("user=batmon_app", "user=batmon"))
    await owner.execute(TABLE)
    await owner.close()
    yield made
    await made.remove()


async def until(url, sql, wanted):
    """Ask until the answer is ``wanted``."""
    connection = await asyncpg.connect(url)
    try:
        async with asyncio.timeout(PATIENCE_SEC):
            while (found := await connection.fetchval(sql)) != wanted:
                await asyncio.sleep(0.02)
        return found
    finally:
        await connection.close()


async def insert(url, *values):
    connection = await asyncpg.connect(url)
    await connection.executemany("INSERT INTO users (name, takes) VALUES ($1, $2)", values)
    await connection.close()


async def test_a_daemon_that_is_killed_in_the_middle_has_done_nothing_and_the_next_one_does_it_once(installation):
    said = await installation.ask("doctor")
    assert any("there is no table users yet" in problem for problem in said["problems"])
    await installation.stop()
    await installation.start()
    url = await installation.database_url()
    await insert(url, ("quick", 0.0), ("slow", 4.0))
    await until(url, "SELECT count(*) FROM events WHERE state = 'done'", 1)
    await until(
        url,
        ASLEEP,
        1,
    )
    await installation.kill()
    await installation.start()
    url = await installation.database_url()
    assert await until(url, "SELECT seen FROM users WHERE name = 'slow'", 0) == 0
    await until(url, "SELECT count(*) FROM events WHERE state = 'done'", 2)
    await until(url, "SELECT array_agg(seen) FROM users", [1, 1])
    feed = await installation.ask("feed")
    assert [entry["title"] for entry in feed["entries"]] == ["slow", "quick"]


async def test_the_command_line_shows_events_and_decides_what_waits(installation):
    await installation.stop()
    await installation.start()
    url = await installation.database_url()
    await insert(url, ("Kim", 0.0), ("Lee\x1b[31m", 0.0))
    await until(url, "SELECT count(*) FROM events WHERE state = 'done'", 2)

    code, out, _ = await installation.batmon("event", "list", "--language", "ko")
    assert code == 0
    assert out.splitlines()[0].split()[:4] == ["번호", "규칙", "테이블", "상태"]
    assert "완료" in out.splitlines()[1]
    code, out, _ = await installation.batmon("event", "show", "2", "--json")
    assert json.loads(out)["row"]["name"] == "Lee␛[31m"
    assert (await installation.batmon("event", "retry", "2"))[0] == 1
    code, out, err = await installation.batmon("event", "retry", "x")
    assert (code, "is not an event's number" in err) == (2, True)

    code, out, _ = await installation.batmon("inbox", "--language", "ko")
    assert (code, out.splitlines()[1].split()) == (0, ["people", "2", "answer(text)", "사람"])
    code, out, _ = await installation.batmon("inbox", "people", "--json")
    assert [item["title"] for item in json.loads(out)] == ["Kim", "Lee␛[31m"]
    code, _, err = await installation.batmon("inbox", "people", "answer", "1")
    assert (code, "asks for text" in err) == (2, True)
    code, out, err = await installation.batmon("inbox", "people", "answer", "1", "--set", "text=네, a=b")
    assert (code, out) == (0, "answer: Kim\n"), err
    code, _, err = await installation.batmon("inbox", "people", "answer", "1", "--set", "text=again")
    assert code == 1
    assert "does not wait in 사람 any more: 답변 by" in err
    await until(url, "SELECT status FROM users WHERE id = 1", "네, a=b")
    assert (await installation.batmon("inbox", "nowhere"))[0] == 1
    assert (await installation.batmon("inbox", "people", "answer"))[0] == 2
    audit = await installation.ask("audit")
    acted = [entry for entry in audit["entries"] if entry["action"] == "inbox.act"]
    assert [entry["outcome"] for entry in acted] == ["refused", "done", "failed"]
    assert acted[1]["target"] == "people answer 1"
