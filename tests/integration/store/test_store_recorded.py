"""Operations on recorded runs: said in any order and any number of times, they leave the same rows."""

import asyncio
import random
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import asyncpg
import pytest

from batmon.errors import StoreUnavailable
from batmon.store.record_ops import Beat, End, Item, Start
from tests.rpa_document import logger_at

NOW = datetime(2026, 11, 21, 3, 0, 0, 123456, tzinfo=UTC)
ROW = (
    "SELECT bot_name, task_name, status, message, error_details, start_time, end_time, duration_sec, processed_count,"
    " exit_code, node, started_by, origin FROM rpa_execution_logs WHERE run_id = $1"
)


def a_start(run_id, **more):
    return Start(run_id, "Invoice_Bot", "Daily", NOW, node="seoul-01", pid=77, process_started=1.5, **more)


def an_end(run_id, seconds=60, **more):
    more = {"bot_name": "Invoice_Bot", "task_name": "Daily", "start_time": NOW, "node": "seoul-01", **more}
    return End("SUCCESS", NOW + timedelta(seconds=seconds), run_id=run_id, message=f"after {seconds} s", **more)


async def rows(url, run_id):
    connection = await asyncpg.connect(url)
    found = [tuple(row) for row in await connection.fetch(ROW, run_id)]
    still_open = await connection.fetchval("SELECT count(*) FROM open_runs WHERE run_id = $1", run_id)
    items = [tuple(row) for row in await connection.fetch("SELECT * FROM run_items WHERE run_id = $1", run_id)]
    await connection.close()
    return found, still_open, sorted(items)


async def test_a_run_starts_goes_on_and_ends(store, database_url):
    run_id = uuid4()
    there = await store.record([a_start(run_id, started_by="rpa")])
    run = await store.run(run_id)
    assert (run.log_id, run.program, run.finished, run.started_by) == (
        there[run_id].log_id,
        "Invoice_Bot",
        False,
        "rpa",
    )
    assert there[run_id].bot_name == "Invoice_Bot"
    (open_run,) = await store.open_runs(["seoul-01"], 10)
    assert (open_run.run_id, open_run.pid, open_run.process_started, open_run.silent_sec) == (run_id, 77, 1.5, None)
    await store.record([Item(run_id, "user1@example.com", NOW, processed=100)])
    end = End("성공", NOW + timedelta(seconds=61.6), run_id=run_id, message="100건", processed_count=100, exit_code=0)
    assert await store.record([end]) == there
    found, still_open, items = await rows(database_url, run_id)
    assert found == [
        ("Invoice_Bot", "Daily", "성공", "100건", "", NOW, end.end_time, 62, 100, 0, "seoul-01", "rpa", "record"),
    ]
    assert still_open == 0
    assert items == [(run_id, "user1@example.com", 100, 0, "", NOW, None)]
    assert await store.open_runs(["seoul-01"], 10) == []


async def test_an_end_without_a_count_counts_what_its_items_processed(store, database_url):
    told, spooled, empty, said = (uuid4() for _ in range(4))
    await store.record([a_start(told)])
    await store.record([Item(told, "a", NOW, processed=5), Item(told, "b", NOW, processed=2, failed=1)])
    await store.record([End("SUCCESS", NOW + timedelta(seconds=60), run_id=told)])
    items = [Item(run_id, "a", NOW, processed=2_000_000_000) for run_id in (spooled, said)]
    more = Item(spooled, "b", NOW, processed=2_000_000_000)
    ends = [an_end(spooled), an_end(said, processed_count=0), an_end(empty)]
    await store.record([a_start(spooled), *items, more, *ends])
    counts = [(await rows(database_url, run_id))[0][0][8] for run_id in (told, spooled, empty, said)]
    assert counts == [7, 2**31 - 1, 0, 0]


@pytest.mark.parametrize("seed", range(12))
async def test_whatever_the_order_and_however_often_the_rows_are_the_same(store, database_url, seed):
    chance = random.Random(seed)  # noqa: S311 - no secret
    run_id = uuid4()
    ops = [
        a_start(run_id, started_by="rpa"),
        an_end(run_id, 60, processed_count=7),
        an_end(run_id, 90, processed_count=9, exit_code=3),
        Item(run_id, "a", NOW, processed=1),
        Item(run_id, "a", NOW, processed=5),
        Item(run_id, "a", NOW, processed=5, failed=1, error="x", ended_at=NOW + timedelta(seconds=3)),
        Item(run_id, "b", NOW, processed=2, ended_at=NOW),
        Beat(run_id),
    ]
    said = [*ops, *chance.choices(ops, k=chance.randrange(20))]
    chance.shuffle(said)
    while said:
        size = chance.randrange(1, len(said) + 1)
        await store.record(said[:size])
        said = said[size:]
    assert await rows(database_url, run_id) == (
        [
            (
                "Invoice_Bot", "Daily", "SUCCESS", "after 90 s", "", NOW, NOW + timedelta(seconds=90), 90, 9, 3,
                "seoul-01", "rpa", "record",
            )
        ],
        0,
        [
            (run_id, "a", 5, 1, "x", NOW, NOW + timedelta(seconds=3)),
            (run_id, "b", 2, 0, "", NOW, NOW),
        ],
    )  # fmt: skip


async def test_a_replay_changes_nothing_and_uses_up_no_number(store, owner_url):
    first, other = uuid4(), uuid4()
    there = await store.record([a_start(first), an_end(first)])
    connection = await asyncpg.connect(owner_url)
    before = await connection.fetchval("SELECT xmin::text || ctid::text FROM rpa_execution_logs")
    for _ in range(5):
        assert await store.record([a_start(first)]) == there
        assert await store.record([an_end(first)]) == there
    assert await connection.fetchval("SELECT xmin::text || ctid::text FROM rpa_execution_logs") == before
    await connection.close()
    assert (await store.record([a_start(other)]))[other].log_id == there[first].log_id + 1


async def test_an_end_needs_no_start_if_it_says_all_and_else_is_unknown(store):
    told, bare = uuid4(), uuid4()
    there = await store.record([an_end(told), an_end(bare, bot_name=None, task_name=None, start_time=None)])
    assert set(there) == {told}
    assert (await store.run(told)).finished
    assert await store.run(bare) is None
    await store.record([a_start(told)])
    assert (await store.run(told)).finished


async def test_an_end_that_knows_only_the_run_finds_its_start_in_any_month(store):
    await store.ensure_partitions(NOW)
    run_id = uuid4()
    old = Start(run_id, "b", "t", NOW - timedelta(days=400))
    await store.record([old])
    await store.record([an_end(run_id, bot_name=None, task_name=None, start_time=None)])
    run = await store.run(run_id)
    assert (run.finished, run.program) == (True, "b")


async def test_a_moment_that_two_clients_round_apart_makes_no_second_row(store, database_url):
    run_id = uuid4()
    await store.record([a_start(run_id)])
    await store.record([an_end(run_id, start_time=NOW.replace(microsecond=123000))])
    found, still_open, _ = await rows(database_url, run_id)
    assert (len(found), found[0][5], still_open) == (1, NOW, 0)


async def test_an_end_by_number_ends_also_what_the_documents_logger_began(store, database_url):
    log_id = await asyncio.to_thread(logger_at(database_url).start_log, "Invoice_Bot", "Daily")
    end = End("FAILED", datetime.now(UTC), log_id=log_id, error_details="Traceback ...")
    there = await store.record([end, End("FAILED", NOW, log_id=log_id + 1), End("FAILED", NOW, log_id=2**40)])
    assert list(there) == [end.run_id]
    run = await store.run_by_log_id(log_id)
    assert (run.finished, run.error_details) == (True, "Traceback ...")


async def test_figures_that_the_columns_cannot_hold_are_brought_inside(store):
    run_id = uuid4()
    end = End("FAILED", NOW + timedelta(days=80_000), run_id=run_id, processed_count=2**70, exit_code=0xC0000005)
    await store.record([Start(run_id, "b", "t", NOW), end])
    run = await store.run(run_id)
    assert (run.processed_count, run.process.exit_code) == (2**31 - 1, 0xC0000005 - 2**32)


async def test_an_exit_code_and_who_started_it_outlive_a_judgement(store):
    run_id = uuid4()
    await store.record([a_start(run_id, started_by="rpa"), an_end(run_id, exit_code=3)])
    run = await store.run(run_id)
    await store.put_runs([run], [])
    assert await store.run(run_id) == run
    assert run.process.exit_code == 3


async def test_open_runs_are_those_that_beat_and_those_of_this_machine(store):
    here, beating, elsewhere, nobody = (uuid4() for _ in range(4))
    await store.record(
        [
            a_start(here),
            Start(beating, "b", "t", NOW, node="x", pid=1, beats=True),
            Start(elsewhere, "b", "t", NOW, node="x", pid=1),
            Start(nobody, "b", "t", NOW, node="seoul-01"),
        ]
    )
    await store.record([Beat(beating), Beat(uuid4())])
    found = {run.run_id: run.silent_sec for run in await store.open_runs(["seoul-01", "other"], 10)}
    assert set(found) == {here, beating}
    assert found[here] is None
    assert 0 <= found[beating] < 30
    await store.forget_open_runs([here])
    assert [run.run_id for run in await store.open_runs(["seoul-01"], 10)] == [beating]


async def test_several_daemons_and_programs_write_the_same_at_once(store, database_url):
    ids = [uuid4() for _ in range(200)]
    ops = [op for run_id in ids for op in (a_start(run_id), an_end(run_id), Item(run_id, "a", NOW, processed=1))]

    async def say(seed):
        said = ops.copy()
        random.Random(seed).shuffle(said)  # noqa: S311 - no secret
        for start in range(0, len(said), 50):
            for _ in range(5):
                try:
                    await store.record(said[start : start + 50])
                    break
                except StoreUnavailable:  # a deadlock: whoever is in doubt says it again
                    continue

    await asyncio.gather(*(say(seed) for seed in range(4)))
    connection = await asyncpg.connect(database_url)
    counts = await connection.fetchrow(
        "SELECT count(*), count(DISTINCT run_id), count(end_time), (SELECT count(*) FROM open_runs),"
        " (SELECT count(*) FROM run_items) FROM rpa_execution_logs"
    )
    await connection.close()
    assert tuple(counts) == (200, 200, 200, 0, 200)


async def test_items_and_their_totals(store):
    run_id, none = uuid4(), uuid4()
    minute = timedelta(minutes=1)
    await store.record(
        [
            Item(run_id, "b", NOW + minute, processed=1, failed=2, error="x"),
            Item(run_id, "a", NOW, processed=10, ended_at=NOW + minute),
        ]
    )
    assert [(item["account"], item["processed"]) for item in await store.items(run_id, 10)] == [("a", 10), ("b", 1)]
    assert len(await store.items(run_id, 1)) == 1
    assert await store.item_totals([run_id, none]) == {
        run_id: {"items": 2, "failed_items": 1, "processed": 11, "failed": 2}
    }
