import asyncio
from datetime import UTC, datetime, timedelta

from batmon.engine.board import Board, Freshness


async def test_a_watcher_gets_the_latest_row_of_each_program_once():
    board = Board()
    watcher = board.subscribe()
    for number in range(1000):
        board.publish("a", {"n": number})
    board.publish("b", {"n": 0})
    rows, gone = await watcher.take()
    assert rows == [{"n": 999}, {"n": 0}]
    assert gone == []


async def test_what_did_not_change_is_not_told():
    board = Board()
    board.publish("a", {"n": 1})
    watcher = board.subscribe()
    board.publish("a", {"n": 1})
    board.publish("b", {"n": 2})
    rows, _ = await watcher.take()
    assert rows == [{"n": 2}]


async def test_a_watcher_that_left_keeps_nothing():
    board = Board()
    watcher = board.subscribe()
    board.unsubscribe(watcher)
    board.publish("a", {"n": 1})
    waiting = asyncio.create_task(watcher.take())
    await asyncio.sleep(0)
    assert not waiting.done()
    waiting.cancel()


def test_rows_are_not_believed_when_the_database_has_been_away_too_long():
    at = datetime(2026, 11, 21, tzinfo=UTC)
    freshness = Freshness(lambda: at)
    assert freshness.problem() == ""
    freshness.store_lost_at = at - timedelta(seconds=5)
    assert freshness.problem() == ""
    freshness.store_lost_at = at - timedelta(seconds=16)
    assert "2026-11-20T23:59:44" in freshness.problem()
