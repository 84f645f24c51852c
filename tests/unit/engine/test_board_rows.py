import asyncio

from batmon.engine.board import Board

AWAY = {"cause": "database_away", "since": "2026-11-21T00:00:00+00:00"}


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


async def test_a_doubt_turns_every_row_unknown_and_its_end_gives_them_back():
    board = Board()
    board.publish("a", {"name": "a", "status": "OK", "reason": "succeeded", "facts": {"start": 1}})
    watcher = board.subscribe()
    board.doubt(AWAY)
    rows, _ = await watcher.take()
    assert rows == [
        {
            "name": "a",
            "status": "UNKNOWN",
            "reason": "blind",
            "facts": AWAY,
            "signature": None,
        }
    ]
    board.publish("a", {"name": "a", "status": "ERROR", "reason": "failed", "facts": {}})
    assert board.rows["a"]["status"] == "UNKNOWN"
    board.doubt(None)
    rows, _ = await watcher.take()
    assert rows == [{"name": "a", "status": "ERROR", "reason": "failed", "facts": {}}]
