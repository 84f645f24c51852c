"""Each event is handled once, whole or not at all, whoever else works and whatever goes wrong with others."""

import asyncio
import logging
from datetime import timedelta

import pytest

from batmon.engine.automations.events import BACKOFF, EventHandling
from batmon.engine.tasks import Tasks
from batmon.store import Store
from tests.integration.events.events_bed import MAIL, PATIENCE_SEC, WELCOME, opened

POISON = """
[[events]]
name = "poison"
table = "users"
on = "insert"
when = "NEW.name = 'poison'"
[[events.steps]]
do = "sql"
sql = "UPDATE users SET seen = 1 WHERE id = :row.id"
[[events.steps]]
do = "feed"
title = "before"
[[events.steps]]
do = "counter"
name = "tried"
[[events.steps]]
do = "email"
to = "admins"
template = "x"
[[events.steps]]
do = "sql"
sql = "SELECT 1 / :row.seen"
"""


async def test_steps_and_mark_are_one_transaction(bed):
    handling = await bed.handling(WELCOME)
    await bed.owner.execute("INSERT INTO users (name) VALUES ('Kim')")
    assert await bed.all_handled(handling) == 1
    assert await bed.value("SELECT seen FROM users") == 1
    (event,) = await bed.rows("SELECT state, attempts, node, error, done_at FROM events")
    assert event == {"state": "done", "attempts": 1, "node": "seoul-01", "error": "", "done_at": bed.at}


async def test_a_lower_id_that_commits_later_is_handled_too(bed):
    handling = await bed.handling(WELCOME)
    slow = await opened(bed.owner_url)
    writing = slow.transaction()
    await writing.start()
    await slow.execute("INSERT INTO users (name) VALUES ('early, committed late')")
    await bed.owner.execute("INSERT INTO users (name) VALUES ('late, committed early')")
    assert await bed.all_handled(handling) == 1
    await writing.commit()
    await slow.close()
    assert await bed.all_handled(handling) == 1
    handled = await bed.rows("SELECT id, row->>'name' AS name FROM events WHERE state = 'done' ORDER BY id")
    assert [row["name"] for row in handled] == ["early, committed late", "late, committed early"]


async def test_events_wait_while_no_daemon_is_there(bed):
    await bed.handling(WELCOME)
    await bed.owner.execute("INSERT INTO users (name) SELECT 'u' FROM generate_series(1, 30)")
    bed.later(26 * 3600)
    back = await bed.handling(WELCOME)
    assert await bed.all_handled(back) == 30
    assert await bed.value("SELECT sum(seen) FROM users") == 30


async def test_several_daemons_share_a_thousand_events_and_none_is_handled_twice(bed, database_url):
    handling = await bed.handling(WELCOME)
    other_store = await Store.open(database_url)
    other = EventHandling(other_store, bed.configured(WELCOME), owner_url=lambda: bed.owner_url, now=lambda: bed.at)
    await bed.owner.execute("INSERT INTO users (name) SELECT 'u' FROM generate_series(1, 1000)")
    done = await asyncio.gather(*(bed.all_handled(one) for one in (handling, handling, other, other)))
    await other_store.close()
    assert sum(done) == 1000
    assert await bed.value("SELECT count(*) FROM users WHERE seen = 1") == 1000


async def test_what_fails_leaves_nothing_is_tried_again_and_given_up_and_stops_no_other(bed, caplog):
    handling = await bed.handling(MAIL, POISON, WELCOME)
    await bed.owner.execute("INSERT INTO users (name) VALUES ('poison'), ('good')")
    waits = [timedelta(0), *BACKOFF]
    with caplog.at_level(logging.WARNING):
        for number, wait in enumerate(waits, start=1):
            bed.later(wait.total_seconds())
            await bed.all_handled(handling)
            assert await bed.value("SELECT attempts FROM events WHERE rule = 'poison'") == number
            assert await bed.all_handled(handling) == 0
    assert await bed.rows("SELECT name, seen FROM users ORDER BY name") == [
        {"name": "good", "seen": 1}, {"name": "poison", "seen": 1},
    ]  # fmt: skip
    assert await bed.value("SELECT count(*) FROM counters") == 0
    told = "SELECT recipient, template, data->>'error' AS error FROM notifications ORDER BY recipient"
    assert [(row["recipient"], row["template"]) for row in await bed.rows(told)] == [
        ("ops@example.com", "event_failed"), ("two@example.com", "event_failed"),
    ]  # fmt: skip
    assert [row["title"] for row in await bed.rows("SELECT title FROM feed_entries")] == ["event given up: poison"]
    (event,) = await bed.rows("SELECT state, error FROM events WHERE rule = 'poison'")
    assert event["state"] == "dead"
    assert "config.toml" in event["error"]
    assert "division by zero" in event["error"]
    assert caplog.records[-1].levelno == logging.ERROR


async def test_a_given_up_event_can_be_handled_again(bed):
    handling = await bed.handling(
        MAIL, POISON.replace("1 / :row.seen", "1 / (SELECT count(*) FROM users WHERE status = 'mended')")
    )
    await bed.owner.execute("INSERT INTO users (name) VALUES ('poison')")
    for wait in (timedelta(0), *BACKOFF):
        bed.later(wait.total_seconds())
        await bed.all_handled(handling)
    await bed.owner.execute("UPDATE users SET status = 'mended'")
    assert await handling.events.retry(1, bed.at)
    assert await bed.all_handled(handling) == 1
    assert await bed.rows("SELECT state FROM events") == [{"state": "done"}]
    assert not await handling.events.retry(1, bed.at)
    owed = await bed.rows("SELECT recipient, key, event_id FROM notifications WHERE template = 'x' ORDER BY key")
    assert owed == [
        {"recipient": "ops@example.com", "key": "event:1:4:0", "event_id": 1},
        {"recipient": "two@example.com", "key": "event:1:4:1", "event_id": 1},
    ]


async def test_events_of_one_row_are_handled_in_order_and_a_dead_one_does_not_stop_the_next(bed):
    rules = """
[[events]]
name = "history"
table = "users"
on = "update"
when = "OLD.status <> NEW.status"
[[events.steps]]
do = "sql"
sql = "SELECT 1 / CASE :row.status::text WHEN 'bad' THEN 0 ELSE 1 END"
[[events.steps]]
do = "feed"
title = "{{ row.id }} {{ old.status }} -> {{ row.status }}"
"""
    handling = await bed.handling(rules)
    await bed.owner.execute("INSERT INTO users (name) VALUES ('a'), ('b')")
    for status in ("bad", "good"):
        await bed.owner.execute("UPDATE users SET status = $1 WHERE id = 1", status)
    await bed.owner.execute("UPDATE users SET status = 'good' WHERE id = 2")
    await bed.all_handled(handling)
    titles = "SELECT title FROM feed_entries WHERE level = 'info' ORDER BY id"
    assert await bed.rows(titles) == [{"title": "2 new -> good"}]
    for wait in BACKOFF:
        bed.later(wait.total_seconds())
        await bed.all_handled(handling)
    assert [row["title"] for row in await bed.rows(titles)] == ["2 new -> good", "1 bad -> good"]


async def test_steps_that_cause_their_own_event_again_are_stopped(bed):
    handling = await bed.handling(WELCOME.replace('on = "insert"', 'on = "update"'))
    await bed.owner.execute("INSERT INTO users (name) VALUES ('round and round')")
    await bed.owner.execute("UPDATE users SET status = 'x'")
    assert await bed.all_handled(handling) == 9
    states = "SELECT state, count(*) AS n, max(depth) AS depth FROM events GROUP BY state ORDER BY state"
    assert await bed.rows(states) == [
        {"state": "dead", "n": 1, "depth": 9}, {"state": "done", "n": 9, "depth": 8},
    ]  # fmt: skip
    assert "a loop" in await bed.value("SELECT error FROM events WHERE state = 'dead'")


async def test_what_the_steps_need_from_a_row_is_data_and_nothing_else(bed):
    rules = """
[[events]]
name = "hostile"
table = "users"
on = "insert"
[[events.steps]]
do = "sql"
sql = "SELECT :row.name::text AS name, :row.email::text AS email"
as = "said"
[[events.steps]]
do = "feed"
title = "{{ row.name }}"
text = "{{ said.email }}"
[[events.steps]]
do = "email"
to = "{{ row.email }}"
template = "welcome"
data = { greeting = "{{ row.name }}", n = 3 }
"""
    handling = await bed.handling(MAIL, rules)
    name = "'; DROP TABLE users; -- {{ 7*7 }} {% for x in range(9) %}"
    email = "kim@example.com\r\nBcc: everybody@example.com"
    await bed.owner.execute("INSERT INTO users (name, email) VALUES ($1, $2)", name, email)
    await bed.owner.execute("INSERT INTO users (name, email) VALUES ('no address', NULL)")
    assert await bed.all_handled(handling) == 2
    (entry, _) = await bed.rows("SELECT title, text FROM feed_entries ORDER BY id")
    assert entry == {"title": name, "text": email}
    (owed,) = await bed.rows("SELECT recipient, data->>'greeting' AS greeting, data->>'n' AS n FROM notifications")
    assert owed["greeting"] == name
    assert owed["n"] == "3"
    assert not set(owed["recipient"]) & {"\r", "\n"}
    assert await bed.value("SELECT count(*) FROM users") == 2


async def test_counters_branches_and_stops(bed):
    rules = """
[[events]]
name = "failures"
table = "users"
on = "insert"
[[events.steps]]
do = "counter"
name = "failed"
per = "day"
as = "n"
[[events.steps]]
do = "counter"
name = "ever"
add = 2
[[events.steps]]
do = "if"
when = ":n >= 3 -- the third of the day"
then = [{ do = "feed", level = "urgent", title = "{{ n }} failures" }]
else = [{ do = "stop" }]
[[events.steps]]
do = "feed"
title = "after"
"""
    handling = await bed.handling(rules)
    await bed.owner.execute("INSERT INTO users (name) SELECT 'x' FROM generate_series(1, 4)")
    await bed.all_handled(handling)
    titles = [row["title"] for row in await bed.rows("SELECT title FROM feed_entries ORDER BY id")]
    assert titles == ["3 failures", "after", "4 failures", "after"]
    bed.later(24 * 3600)
    await bed.owner.execute("INSERT INTO users (name) VALUES ('x')")
    await bed.all_handled(handling)
    counted = await bed.rows("SELECT name, day::text, value FROM counters ORDER BY name, day")
    assert counted == [
        {"name": "ever", "day": "-infinity", "value": 10},
        {"name": "failed", "day": "2026-11-21", "value": 4},
        {"name": "failed", "day": "2026-11-22", "value": 1},
    ]


CODES = """
[[events]]
name = "codes"
table = "users"
on = "insert"
[[events.steps]]
do = "code"
format = "HDH{year}{digits:1}"
table = "users"
column = "status"
as = "code"
[[events.steps]]
do = "sql"
sql = "UPDATE users SET status = :code WHERE id = :row.id"
"""


async def test_codes_are_unique_until_there_are_none_left(bed):
    handling = await bed.handling(CODES)
    await bed.owner.execute("INSERT INTO users (name) SELECT 'x' FROM generate_series(1, 9)")
    await asyncio.gather(*(bed.all_handled(handling) for _ in range(3)))
    codes = {row["status"] for row in await bed.rows("SELECT status FROM users")}
    assert len(codes) >= 8  # of ten; a hundred tries may miss one of the last
    assert all(code.startswith("HDH2026") or code == "new" for code in codes)
    await bed.owner.execute("UPDATE users SET status = 'HDH2026' || (id - 1)")
    await bed.owner.execute("INSERT INTO users (name, status) VALUES ('tenth', 'HDH20269'), ('none left', 'new')")
    await bed.all_handled(handling)
    assert "100 codes in a row are taken" in await bed.value("SELECT error FROM events ORDER BY id DESC LIMIT 1")


async def test_a_notification_wakes_the_daemon_and_a_sweep_finds_what_none_announced(bed):
    config = bed.configured(WELCOME)
    tasks = Tasks()
    handling = EventHandling(bed.store, config, owner_url=lambda: bed.owner_url, now=lambda: bed.at)
    await handling.synchronise()
    await handling.start(tasks)
    try:
        await bed.owner.execute("INSERT INTO users (name) VALUES ('announced')")
        await until(bed, "SELECT seen FROM users WHERE name = 'announced'", 1)
        await bed.owner.execute(
            "INSERT INTO events (rule, source, op, row) VALUES ('welcome', 'public.users', 'insert', '{\"id\": 1}')"
        )
        await until(bed, "SELECT seen FROM users WHERE name = 'announced'", 2)
    finally:
        await tasks.stop()


async def until(bed, sql, wanted):
    async with asyncio.timeout(PATIENCE_SEC):
        while await bed.value(sql) != wanted:
            await asyncio.sleep(0.02)


async def test_runs_that_steps_record_are_announced_like_anybodys(bed):
    rules = WELCOME.replace(
        "UPDATE users SET seen = seen + 1 WHERE id = :row.id",
        "INSERT INTO rpa_execution_logs (bot_name, task_name, status, start_time)"
        " VALUES (:row.name, 't', 'SUCCESS', :now::timestamptz)",
    )
    heard = asyncio.Event()
    await bed.owner.add_listener("batmon_runs", lambda *_: heard.set())
    handling = await bed.handling(rules)
    await bed.owner.execute("INSERT INTO users (name) VALUES ('bot')")
    await bed.all_handled(handling)
    async with asyncio.timeout(PATIENCE_SEC):
        await heard.wait()


@pytest.mark.parametrize("kind", ["pool gone", "listener gone"])
async def test_a_restarted_connection_costs_nothing(bed, kind):
    tasks = Tasks()
    handling = EventHandling(bed.store, bed.configured(WELCOME), owner_url=lambda: bed.owner_url, now=lambda: bed.at)
    await handling.synchronise()
    await handling.start(tasks)
    try:
        which = "query LIKE 'LISTEN%'" if kind == "listener gone" else "usename = 'batmon_app'"
        await bed.owner.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"  # noqa: S608 - both are ours
            f" WHERE datname = current_database() AND {which} AND pid <> pg_backend_pid()"
        )
        await bed.owner.execute("INSERT INTO users (name) SELECT 'x' FROM generate_series(1, 20)")
        await until(bed, "SELECT count(*) FROM events WHERE state = 'done'", 20)
        assert await bed.value("SELECT count(*) FROM users WHERE seen = 1") == 20
    finally:
        await tasks.stop()


async def test_what_is_old_is_forgotten_and_what_waits_is_not(bed):
    handling = await bed.handling(MAIL, POISON)
    await bed.owner.execute(
        "INSERT INTO events (rule, source, op, row, state, created_at, done_at)"
        " SELECT 'e', 's', 'insert', '{}', state, at, at"
        " FROM (VALUES ('done', 31), ('done', 29), ('dead', 181), ('dead', 179)) AS x (state, days),"
        " LATERAL (SELECT $1::timestamptz - make_interval(days => days) AS at) AS y",
        bed.at,
    )
    await bed.owner.execute(
        "INSERT INTO events (rule, source, op, row, created_at)"
        " VALUES ('e', 's', 'insert', '{}', $1::timestamptz - interval '2 years')",
        bed.at,
    )
    await bed.owner.execute(
        "INSERT INTO counters VALUES ('c', '-infinity', 1, $1), ('c', '2020-01-01', 1, $1), ('c', '2026-11-20', 1, $1)",
        bed.at,
    )
    assert await handling.described() == ["2 events were given up: batmon event list --only dead"]
    await handling.prune()
    assert await bed.rows("SELECT state, count(*) AS n FROM events GROUP BY state ORDER BY state") == [
        {"state": "dead", "n": 1}, {"state": "done", "n": 1}, {"state": "waiting", "n": 1},
    ]  # fmt: skip
    assert await bed.value("SELECT count(*) FROM counters") == 2


CHANNELS = """
[[channels]]
name = "ops-slack"
kind = "slack"
url = "https://hooks.slack.example.com/services/x"
[[channels]]
name = "texts"
kind = "sms"
appkey = "k"
secret_key = "s"
sender = "0212345678"
to = ["+821011111111", "+821022222222"]
"""


async def test_other_channels_are_told_at_their_own_places_or_by_number(bed):
    def notify(channel, to=""):
        return f'[[events.steps]]\ndo = "notify"\nchannel = "{channel}"\n{to}\ntemplate = "x"\n'

    steps = notify("ops-slack") + notify("texts") + notify("texts", 'to = "{{ row.email }}"')
    handling = await bed.handling(MAIL, CHANNELS, WELCOME, steps)
    await bed.owner.execute("INSERT INTO users (email) VALUES ('+821033333333')")
    await bed.all_handled(handling)
    owed = await bed.rows("SELECT channel, recipient FROM notifications ORDER BY number")
    assert [tuple(row.values()) for row in owed] == [
        ("ops-slack", ""), ("texts", "+821011111111"), ("texts", "+821022222222"), ("texts", "+821033333333"),
    ]  # fmt: skip


SLOW = """
[[events]]
name = "slow"
table = "users"
on = "insert"
when = "NEW.name = 'slow'"
[[events.steps]]
do = "sql"
sql = "SELECT pg_sleep(10)"
"""


async def test_a_slow_rule_leaves_room_for_others(bed):
    tasks = Tasks()
    config = bed.configured(SLOW, WELCOME.replace('on = "insert"', 'on = "insert"\nwhen = "NEW.name = \'quick\'"'))
    handling = EventHandling(bed.store, config, owner_url=lambda: bed.owner_url, now=lambda: bed.at)
    await handling.synchronise()
    await handling.start(tasks)
    try:
        await bed.owner.execute("INSERT INTO users (name) SELECT 'slow' FROM generate_series(1, 8)")
        sleeping = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(10)%' AND state = 'active'"
        await until(bed, sleeping, 3)
        await bed.owner.execute("INSERT INTO users (name) VALUES ('quick')")
        await until(bed, "SELECT seen FROM users WHERE name = 'quick'", 1)
        assert await bed.value("SELECT count(*) FROM events WHERE rule = 'slow' AND state = 'waiting'") == 8
    finally:
        await tasks.stop()
