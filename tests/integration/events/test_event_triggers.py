"""The triggers are what the configuration says: made, changed, removed, and clear about what cannot be."""

import re

import asyncpg
import pytest

from batmon.errors import ConfigError
from tests.integration.events.events_bed import WELCOME

TRIGGERS = (
    "SELECT tgname::text AS name, tgrelid::regclass::text AS table FROM pg_trigger"
    " WHERE tgname LIKE 'batmon_event_%' ORDER BY 1, 2"
)


def rule(name="changed", table="users", on="update", when="", more=""):
    return (
        f'[[events]]\nname = "{name}"\ntable = "{table}"\non = "{on}"\nwhen = "{when}"\n{more}\n'
        '[[events.steps]]\ndo = "feed"\ntitle = "{{ row.name }}"\n'
    )


async def test_a_row_of_a_watched_table_is_an_event_in_its_own_transaction(bed):
    await bed.handling(WELCOME)
    await bed.owner.execute("BEGIN; INSERT INTO users (name) VALUES ('gone'); ROLLBACK")
    await bed.owner.execute("INSERT INTO users (name, email) VALUES ('Kim', 'kim@example.com')")
    (event,) = await bed.rows("SELECT rule, source, op, row->>'name' AS name, old, row_key, state FROM events")
    assert event == {
        "rule": "welcome", "source": "public.users", "op": "insert", "name": "Kim", "old": None, "row_key": "[2]",
        "state": "waiting",
    }  # fmt: skip


async def test_a_thousand_rows_in_one_statement_are_a_thousand_events(bed):
    await bed.handling(WELCOME)
    await bed.owner.execute("INSERT INTO users (name) SELECT 'u' || g FROM generate_series(1, 1000) g")
    assert await bed.value("SELECT count(DISTINCT row->>'id') FROM events") == 1000


async def test_whoever_may_write_the_table_makes_events_and_sees_none(bed):
    await bed.handling(WELCOME)
    name = f"webshop_{await bed.value('SELECT pg_backend_pid()')}"
    await bed.owner.execute(
        f"CREATE ROLE {name}; GRANT INSERT ON users TO {name}; GRANT USAGE ON SEQUENCE users_id_seq TO {name}"
    )
    try:
        await bed.owner.execute(f"SET ROLE {name}")
        await bed.owner.execute("INSERT INTO users (name) VALUES ('x')")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await bed.owner.fetch("SELECT * FROM events")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await bed.owner.execute(
                "CREATE TEMP TABLE mine (id int);"
                "CREATE TRIGGER t AFTER INSERT ON mine FOR EACH ROW EXECUTE FUNCTION batmon_event('a', '', '', '8')"
            )
        await bed.owner.execute("RESET ROLE")
        assert await bed.value("SELECT count(*) FROM events") == 1
    finally:
        await bed.owner.execute(f"RESET ROLE; DROP OWNED BY {name}; DROP ROLE {name}")


async def test_an_update_says_what_the_row_was_and_only_where_the_condition_holds(bed):
    await bed.handling(rule(when="OLD.status IS DISTINCT FROM NEW.status AND NEW.status = 'done' -- ends here"))
    await bed.owner.execute("INSERT INTO users (name) VALUES ('a'), ('b')")
    await bed.owner.execute("UPDATE users SET name = name || '!'")
    await bed.owner.execute("UPDATE users SET status = 'done' WHERE name = 'a!'")
    (event,) = await bed.rows("SELECT op, row->>'status' AS now, old->>'status' AS was FROM events")
    assert event == {"op": "update", "now": "done", "was": "new"}


async def test_only_the_columns_that_were_named_are_carried(bed):
    await bed.handling(rule(on="insert", more='columns = ["name", "email"]'))
    await bed.owner.execute("INSERT INTO users (name, secret) VALUES ('a', 'hash')")
    assert await bed.value("SELECT row::text FROM events") == '{"name": "a", "email": null}'
    assert await bed.value("SELECT row_key FROM events") == "[1]"


async def test_two_rules_on_one_table_both_fire_and_a_changed_condition_replaces_the_trigger(bed):
    await bed.handling(rule("one", on="insert"), rule("two", on="insert", when="NEW.name = 'x'"))
    await bed.owner.execute("INSERT INTO users (name) VALUES ('x')")
    assert [row["rule"] for row in await bed.rows("SELECT rule FROM events ORDER BY rule")] == ["one", "two"]
    before = await bed.value("SELECT oid FROM pg_trigger WHERE tgname = 'batmon_event_one'")
    await bed.handling(rule("one", on="insert"), rule("two", on="insert", when="NEW.name = 'y'"))
    await bed.owner.execute("INSERT INTO users (name) VALUES ('x')")
    assert await bed.value("SELECT count(*) FROM events WHERE rule = 'two'") == 1
    assert await bed.value("SELECT oid FROM pg_trigger WHERE tgname = 'batmon_event_one'") == before


async def test_the_trigger_goes_with_the_rule_and_with_the_table(bed):
    await bed.owner.execute("CREATE SCHEMA shop; CREATE TABLE shop.orders (id int PRIMARY KEY)")
    await bed.handling(WELCOME, rule("orders", table="shop.orders", on="insert"))
    assert await bed.rows(TRIGGERS) == [
        {"name": "batmon_event_orders", "table": "shop.orders"},
        {"name": "batmon_event_welcome", "table": "users"},
    ]
    await bed.owner.execute("INSERT INTO users (name) VALUES ('waits')")
    await bed.owner.execute("DROP TABLE shop.orders")
    await bed.handling()
    assert await bed.rows(TRIGGERS) == []
    assert await bed.rows("SELECT rule FROM event_rules") == []
    (given_up,) = await bed.rows("SELECT state, error FROM events")
    assert given_up == {"state": "dead", "error": "the rule was removed from the configuration"}
    await bed.owner.execute("INSERT INTO users (name) VALUES ('later')")
    assert await bed.value("SELECT count(*) FROM events") == 1


async def test_a_table_that_is_not_there_yet_is_watched_once_it_is(bed):
    handling = await bed.handling(rule("orders", table="orders", on="insert"), WELCOME)
    assert handling.problems["welcome"] == ""
    (problem,) = await handling.described()
    assert "config.toml:6: events[0]: there is no table orders yet" in problem
    await bed.owner.execute("CREATE TABLE orders (id int PRIMARY KEY, name text)")
    await handling.synchronise()
    assert await handling.described() == []
    assert len(await bed.rows(TRIGGERS)) == 2


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (rule(when="NEW.statsu = 'done'"), 'column new.statsu does not exist|column "statsu"'),
        (rule(when="NEW.status ="), "syntax error"),
        (rule(when="NEW.name IN (SELECT name FROM users)"), "cannot use subquery in trigger WHEN condition"),
        (rule(when="true)) EXECUTE FUNCTION lower("), "syntax error|does not exist"),
        (rule(table="v_latest_runs"), "view"),
        (rule(on="insert", more='columns = ["nmae"]'), "has no column nmae"),
    ],
)
async def test_a_rule_that_postgres_does_not_take_is_named_with_its_place_and_stops_no_other(bed, wrong, said):
    handling = await bed.handling(wrong, WELCOME)
    problem = handling.problems["changed"]
    assert re.search(r"config.toml:(6: events\[0\]|10: events\[0\].when): ", problem)
    assert re.search(said, problem)
    assert handling.problems["welcome"] == ""
    assert await bed.value("SELECT count(*) FROM users") == 0


async def test_a_condition_that_goes_on_with_another_statement_is_refused(bed):
    with pytest.raises(ConfigError, match="one statement"):
        await bed.handling(rule(when="true)) EXECUTE FUNCTION x(); DROP TABLE users; --"))


async def test_a_trigger_that_somebody_switched_off_or_dropped_comes_back(bed):
    handling = await bed.handling(WELCOME)
    await bed.owner.execute("ALTER TABLE users DISABLE TRIGGER batmon_event_welcome")
    await handling.synchronise()
    await bed.owner.execute("INSERT INTO users (name) VALUES ('a')")
    await bed.owner.execute("DROP TRIGGER batmon_event_welcome ON users")
    await handling.synchronise()
    await bed.owner.execute("INSERT INTO users (name) VALUES ('b')")
    assert await bed.value("SELECT count(*) FROM events") == 2


async def test_several_nodes_share_a_rule_and_the_last_one_takes_it_away(bed):
    await bed.handling(WELCOME, node="a")
    await bed.handling(WELCOME, node="b")
    await bed.handling(node="a")
    assert len(await bed.rows(TRIGGERS)) == 1
    other = await bed.handling(WELCOME.replace('on = "insert"', 'on = "update"'), node="c")
    assert "b has a rule of this name" in (await other.described())[0]
    await bed.handling(node="b")
    await bed.handling(node="c")
    assert await bed.rows(TRIGGERS) == []


async def test_a_partitioned_table_is_watched_as_one(bed):
    await bed.owner.execute("CREATE TABLE days (id int, day date, PRIMARY KEY (id, day)) PARTITION BY RANGE (day)")
    await bed.owner.execute("CREATE TABLE days_26 PARTITION OF days FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')")
    handling = await bed.handling(rule("days", table="days", on="insert"))
    assert await handling.described() == []
    await bed.owner.execute("INSERT INTO days VALUES (1, '2026-11-21')")
    assert [row["row_key"] for row in await bed.rows("SELECT row_key FROM events")] == ['[1, "2026-11-21"]']
    await handling.synchronise()
    await bed.handling()
    assert await bed.rows(TRIGGERS) == []
