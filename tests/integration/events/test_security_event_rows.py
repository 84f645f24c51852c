"""Rows of strangers, hostile or unlucky, neither break the service that writes them nor go where they should not."""

import asyncio

import pytest

from batmon.engine.automations.inbox import InboxAnswers
from batmon.errors import StepFailed
from batmon.gate.verbs import Caller
from batmon.model import Role
from batmon.store.steps import MOST_BYTES, MOST_ROWS
from tests.integration.events.events_bed import MAIL, WELCOME

ADDRESS = """
[[events]]
name = "address"
table = "users"
on = "insert"
[[events.steps]]
do = "email"
to = "{{ row.email }}"
template = "x"
[[events.steps]]
do = "feed"
title = "{{ row.name }}"
"""


def asking(sql):
    return WELCOME.replace("UPDATE users SET seen = seen + 1 WHERE id = :row.id", sql)


@pytest.mark.parametrize(
    ("column", "value", "why"),
    [
        ("extra json", '\'{"a": "\\u0000"}\'', "unsupported Unicode escape sequence"),
        ("extra text", "repeat('x', 4200000)", "larger than 4 MB; name the columns"),
        ("extra text", "repeat('x', 270000000)", "string too long to represent as jsonb string"),
    ],
)
async def test_a_row_that_no_event_can_carry_is_written_all_the_same(bed, column, value, why):
    await bed.owner.execute(f"ALTER TABLE users ADD COLUMN {column}")
    handling = await bed.handling(WELCOME)
    await bed.owner.execute(f"INSERT INTO users (name, extra) VALUES ('a', {value})")  # noqa: S608 - written above
    assert await bed.value("SELECT count(*) FROM users WHERE extra IS NOT NULL") == 1
    (event,) = await bed.rows("SELECT state, row, error FROM events")
    assert (event["state"], event["row"]) == ("dead", "{}")
    assert why in event["error"]
    assert await bed.all_handled(handling) == 0
    assert any("given up" in said for said in await handling.described())


async def test_a_row_of_a_megabyte_is_carried(bed):
    handling = await bed.handling(WELCOME)
    await bed.owner.execute("INSERT INTO users (name, secret) VALUES ('a', repeat('가', 400000))")
    assert await bed.all_handled(handling) == 1
    assert await bed.value("SELECT seen FROM users") == 1


async def test_a_long_key_is_no_reason_to_refuse_its_row_and_still_keeps_the_order(bed):
    await bed.owner.execute("CREATE TABLE codes (k bytea PRIMARY KEY, n int)")
    await bed.handling(WELCOME.replace('"users"', '"codes"').replace('on = "insert"', 'on = "update"'))
    await bed.owner.execute(
        "INSERT INTO codes SELECT string_agg(sha512(g::text::bytea), ''), 0 FROM generate_series(1, 38) g"
    )
    for number in (1, 2):
        await bed.owner.execute("UPDATE codes SET n = $1", number)
    assert [row["length"] for row in await bed.rows("SELECT length(row_key) FROM events")] == [64, 64]
    assert await bed.value("SELECT count(DISTINCT row_key) FROM events") == 1


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("WITH x AS (SELECT 1) SELECT g FROM x, generate_series(1, 2000000) g", f"more than {MOST_ROWS:,} rows"),
        ("SELECT repeat('x', 1000000) FROM generate_series(1, 200)", f"more than {MOST_BYTES >> 20} MiB"),
        (
            "INSERT INTO users (status) SELECT 'x' FROM generate_series(1, 20000) RETURNING id",
            f"more than {MOST_ROWS:,} rows",
        ),
    ],
)
async def test_what_a_statement_brings_back_is_bounded_however_it_begins(bed, sql, said):
    handling = await bed.handling(asking(sql))
    await bed.owner.execute("INSERT INTO users (name) VALUES ('a')")
    await handling.handle_one()
    assert said in await bed.value("SELECT error FROM events ORDER BY id LIMIT 1")
    assert await bed.value("SELECT count(*) FROM users") == 1


async def test_a_message_is_not_given_megabytes(bed):
    more = '\n[[events.steps]]\ndo = "email"\nto = "admins"\ntemplate = "x"\n'
    step = asking("SELECT repeat('x', 1000000) FROM generate_series(1, 5)").replace("sql = ", 'as = "big"\nsql = ')
    handling = await bed.handling(MAIL, step + more)
    await bed.owner.execute("INSERT INTO users (name) VALUES ('a')")
    await handling.handle_one()
    assert "characters, and 4,000,000 are taken" in await bed.value("SELECT error FROM events")


@pytest.mark.parametrize(
    "address",
    [
        "a@b.example,x@y.example", "a@b.example\r\nBcc: q@r.example", "admins", '"a b"@c.example',
        "{{ event.id }}@b.example", "A <a@b.example>, B <x@y.example>", "a@b.example;x@y.example",
    ],
)  # fmt: skip
async def test_an_address_out_of_a_row_is_one_recipient_and_never_an_expression(bed, address):
    handling = await bed.handling(MAIL, ADDRESS)
    await bed.owner.execute("INSERT INTO users (name, email) VALUES ('{{ 7 * 7 }} :row.id', $1)", address)
    assert await bed.all_handled(handling) == 1
    (found,) = await bed.rows("SELECT recipient FROM notifications")
    assert found["recipient"] == address.replace("\r", "␍").replace("\n", "␊")
    assert await bed.value("SELECT title FROM feed_entries") == "{{ 7 * 7 }} :row.id"


async def test_loops_over_what_somebody_wrote_end_and_keep_nobody_waiting(bed):
    title = "{% for a in row.name %}{% for b in row.name %}{% endfor %}{% endfor %}"
    feed = f'[[events.steps]]\ndo = "feed"\ntitle = "{title}"\n'
    handling = await bed.handling(WELCOME + feed)
    await bed.owner.execute("INSERT INTO users (name) VALUES (repeat('x', 20000))")
    looked, handled = 0, asyncio.create_task(handling.handle_one())
    while not handled.done():
        await asyncio.sleep(0.01)
        looked += 1
    assert looked > 1
    assert "the loops and calls take more than" in await bed.value("SELECT error FROM events")


async def test_many_who_look_at_an_inbox_have_it_counted_once_and_not_for_long(bed):
    await bed.owner.execute("INSERT INTO users (name) VALUES ('a')")
    viewer = Caller("v", Role.VIEWER, "10.0.0.1", "SHA256:v")
    clock = asyncio.get_running_loop().time

    async def asked(seconds, times):
        config = bed.configured(f'[[inboxes]]\nname = "slow"\nquery = "SELECT id, pg_sleep({seconds}) FROM users"\n')  # noqa: S608 - a number
        answers, began = InboxAnswers(bed.store, config, now=lambda: bed.at), clock()
        said = await asyncio.gather(*(answers.inboxes(viewer, {}) for _ in range(times)))
        return said[-1]["inboxes"][0], clock() - began

    shown, took = await asked(1.5, 8)
    assert shown["count"] == 1
    assert took < 5  # two at a time they would take six
    shown, took = await asked(60, 1)
    assert "took longer than 5 seconds" in shown["problem"]
    assert took < 20


async def test_an_inbox_only_reads(bed):
    config = bed.configured(
        '[[inboxes]]\nname = "x"\nquery = "WITH d AS (DELETE FROM users RETURNING id) SELECT id FROM d"\n'
    )
    await bed.owner.execute("INSERT INTO users (name) VALUES ('a')")
    answers = InboxAnswers(bed.store, config, now=lambda: bed.at)
    operator = Caller("o", Role.OPERATOR, "10.0.0.1", "SHA256:o")
    with pytest.raises(StepFailed):
        await answers.items(operator, {"inbox": "x"})
    (shown,) = (await answers.inboxes(operator, {}))["inboxes"]
    assert shown["problem"]
    assert await bed.value("SELECT count(*) FROM users") == 1


async def test_many_decisions_at_a_time_leave_connections_for_others(bed):
    config = bed.configured(
        '[[inboxes]]\nname = "x"\nquery = "SELECT id FROM users"\n[[inboxes.actions]]\nname = "slow"\n'
        '[[inboxes.actions.steps]]\ndo = "sql"\nsql = "SELECT pg_sleep(0.3)"\n'
    )
    await bed.owner.execute("INSERT INTO users (name) SELECT 'a' FROM generate_series(1, 60)")
    answers, operator = InboxAnswers(bed.store, config, now=lambda: bed.at), Caller("o", Role.OPERATOR, "x", "SHA256:o")
    ids = [row["id"] for row in await bed.rows("SELECT id FROM users")]
    acting = [asyncio.create_task(answers.act(operator, {"inbox": "x", "action": "slow", "id": one})) for one in ids]
    await asyncio.wait(acting, return_when=asyncio.FIRST_COMPLETED)
    async with asyncio.timeout(1), bed.store.connection() as connection:  # behind fifty others it would take longer
        assert await connection.fetchval("SELECT 1") == 1
    assert not all(one.done() for one in acting)
    assert len(await asyncio.gather(*acting)) == 60
