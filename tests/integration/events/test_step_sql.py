"""SQL of the configuration against a real Postgres: parameters are bound with the types of their places."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from batmon.config.sql_text import parse
from batmon.errors import StepFailed
from batmon.store import steps
from batmon.store.step_values import from_row

VALUES = {
    "row": {
        "id": 7,
        "name": "Robert'); DROP TABLE users;--",
        "price": 12345678901234567890.12,
        "big": "123456789012345678901234.5678",
        "ok": True,
        "day": "2026-11-21",
        "at": "2026-11-21T09:00:00.123456+09:00",
        "uuid": "0e0f9f52-9f4e-4d35-8f0e-0b3a3d9a1c11",
        "tags": ["a", 'b"\\,{}', None],
        "matrix": [[1, 2], [3, 4]],
        "doc": {"k": [1, None, "x"]},
        "nothing": None,
        "word": "12",
    },
    "n": 3,
}


@pytest.fixture
async def connection(store):
    async with store.connection() as connection, connection.transaction():
        await steps.begin(connection, "Asia/Seoul")
        yield connection


@pytest.mark.parametrize(
    ("sql", "wanted"),
    [
        ("SELECT :row.id::bigint + 1 AS v", 8),
        ("SELECT :row.word::int + 1 AS v", 13),
        ("SELECT :row.name AS v", VALUES["row"]["name"]),
        ("SELECT :row.big::numeric * 2 AS v", "246913578024691357802469.1356"),
        ("SELECT :row.ok AND true AS v", True),
        ("SELECT :row.day::date + 1 AS v", "2026-11-22"),
        ("SELECT :row.at::timestamptz AS v", "2026-11-21T00:00:00.123456+00:00"),
        ("SELECT (:row.at::timestamptz)::date AS v", "2026-11-21"),
        ("SELECT :row.uuid::uuid AS v", VALUES["row"]["uuid"]),
        ("SELECT :row.tags::text[] AS v", VALUES["row"]["tags"]),
        ("SELECT :row.matrix::int[] AS v", VALUES["row"]["matrix"]),
        ("SELECT :row.doc::jsonb AS v", VALUES["row"]["doc"]),
        ("SELECT :row.name::jsonb AS v", VALUES["row"]["name"]),
        ("SELECT :row.nothing::int AS v", None),
        ("SELECT :row.nothing.deeper::text AS v", None),
        ("SELECT :n >= 3 AS v", True),
        ("SELECT id AS v FROM unnest(ARRAY[1, 2, 7]) id WHERE id = :row.id", 7),
        ("SELECT ':n' || $$:n$$ AS v -- :n", ":n:n"),
        ("SELECT :row::jsonb -> 'id' AS v", 7),
        ("SELECT interval '90 minutes' AS v", "5400.000000 seconds"),
        ("SELECT 92.10::numeric AS v", 92.1),
        ("SELECT 'NaN'::numeric AS v", "NaN"),
        ("SELECT '\\x00ff'::bytea AS v", "\\x00ff"),
        ("SELECT int4range(1, 5) AS v", "[1,5)"),
        ("SELECT '{\"a\": 1.10}'::json AS v", {"a": 1.1}),
    ],
)
async def test_a_value_arrives_as_what_its_place_wants(connection, sql, wanted):
    (row,) = await steps.run(connection, sql, VALUES)
    assert row["v"] == wanted
    json.dumps(row)


async def test_every_kind_of_column_takes_what_a_row_said_of_it(connection):
    await connection.execute(
        "CREATE TEMP TABLE many (a int, b numeric(30, 4), c bool, d date, e timestamptz, f uuid, g text, h jsonb,"
        " i text[], j bytea, k interval, l varchar(50), m time, n int4range, o double precision, p timestamp)"
    )
    await connection.execute(
        "INSERT INTO many VALUES (1, 12345678901234567890.1234, true, '2026-01-02', '2026-01-02 03:04:05.678+09',"
        " gen_random_uuid(), E'a\\n''b\\\\', '{\"x\": [1.5]}', '{a,NULL,\"b c\"}', '\\x0102', '1 day 2 hours', '가나',"
        " '12:34', '[1,5)', 0.1, '2026-01-02 03:04')"
    )
    row = from_row(await connection.fetchval("SELECT to_jsonb(whole)::text FROM many whole"))
    columns = ", ".join(f":row.{key}" for key in row)
    put = parse(f"INSERT INTO many VALUES ({columns})")  # noqa: S608 - names of the columns above
    result = await steps.execute(connection, put, {"row": row})
    assert result.count == 1
    before, after = await connection.fetch("SELECT * FROM many")
    assert before == after


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("SELECT :row.name::int", "config.toml:7: sql: :row.name does not fit integer"),
        ("SELECT :row.word::boolean", ":row.word does not fit boolean"),
        ("SELECT :row.emial", "there is no :row.emial"),
        ("SELECT :row.name.first", "there is no :row.name.first"),
        ("SELECT\n  nonsense", 'column "nonsense" does not exist .line 2 of the SQL'),
        ("SELECT :n +", "syntax error"),
        ("SELECT jsonb_build_object('a', :n)", "of what type a parameter is"),
        ("SELECT 1/0", "division by zero"),
        ("SELECT * FROM generate_series(1, 10001)", "more than 10,000 rows"),
        ("SELECT * FROM no_such_table WHERE id = :n", "no_such_table"),
    ],
)
async def test_what_is_wrong_is_said_with_its_place(connection, sql, said):
    with pytest.raises(StepFailed, match=said):
        await steps.execute(connection, parse(sql, "config.toml:7: sql"), VALUES)


async def test_a_statement_that_takes_too_long_is_ended(store):
    limit = timedelta(seconds=0.2)

    async def wait():
        async with store.connection() as connection, connection.transaction():
            await steps.begin(connection, "UTC", limit)
            await steps.execute(connection, parse("SELECT pg_sleep(5)"), {}, limit)

    with pytest.raises(StepFailed, match=r"longer than 0\.2 seconds"):
        await wait()
    async with store.connection() as connection:
        assert await connection.fetchval("SHOW statement_timeout") == "0"
        assert await connection.fetchval("SHOW enable_seqscan") == "off"
        assert await connection.fetchval("SHOW timezone") == "UTC"


async def test_the_runtime_role_may_not_change_the_schema(connection):
    with pytest.raises(StepFailed, match="permission denied"):
        await steps.execute(connection, parse("SELECT * FROM batmon_migrations FOR UPDATE"), {})


async def test_changed_rows_are_counted_and_brought_back(connection):
    await connection.execute("CREATE TEMP TABLE t (id int PRIMARY KEY, at timestamptz)")
    put = parse("INSERT INTO t SELECT g, :now::timestamptz FROM generate_series(1, 3) g")
    values = {"now": datetime(2026, 11, 21, tzinfo=UTC).isoformat()}
    assert (await steps.execute(connection, put, values)).count == 3
    result = await steps.execute(connection, parse("UPDATE t SET id = id + 10 WHERE id < 3 RETURNING id"), {})
    assert (result.count, sorted(row["id"] for row in result.rows)) == (2, [11, 12])
    empty = await steps.execute(connection, parse("SELECT id, at FROM t WHERE id = 0"), {})
    assert empty.value() == {"count": 0, "id": None, "at": None, "rows": []}
