"""Bots whose records changed are looked at at once, and only now and then while they go on changing."""

import asyncio
from itertools import pairwise

from batmon.engine.told import LONGEST_REST_SEC, SHORTEST_REST_SEC, Told

BOUND = 10.0


async def taken(told):
    async with asyncio.timeout(BOUND):
        return await told.next()


async def test_each_waits_once_and_the_first_is_first():
    told = Told()
    for bot in ("a", "b", "a", "a"):
        told.tell(bot)
    assert [await taken(told), await taken(told)] == ["a", "b"]
    assert not told


async def test_whoever_waits_is_woken():
    told = Told()
    waiting = asyncio.create_task(taken(told))
    await asyncio.sleep(0)
    told.tell("a")
    assert await waiting == "a"


async def test_what_goes_on_and_on_is_looked_at_ever_more_rarely():
    told, clock = Told(), asyncio.get_running_loop().time
    looks = []
    for _ in range(4):
        told.tell("busy")
        assert await taken(told) == "busy"
        looks.append(clock())
    pauses = [after - before for before, after in pairwise(looks)]
    assert pauses[0] >= SHORTEST_REST_SEC * 0.9
    assert pauses[1] >= 2 * SHORTEST_REST_SEC * 0.9
    assert pauses[2] >= 4 * SHORTEST_REST_SEC * 0.9
    told.tell("busy")
    told.tell("calm")
    assert await taken(told) == "calm"  # it does not wait for the busy one
    assert told._rests["busy"].length <= LONGEST_REST_SEC


async def test_after_a_calm_time_it_is_looked_at_at_once_again():
    told = Told()
    told.tell("a")
    await taken(told)
    await asyncio.sleep(SHORTEST_REST_SEC * 1.2)
    told.tell("a")
    await taken(told)
    assert told._rests["a"].length == SHORTEST_REST_SEC
