import asyncio
from datetime import UTC, datetime, timedelta

from batmon.engine.scheduler import Scheduler

START = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.at = START

    def __call__(self) -> datetime:
        return self.at


async def take(names, count):
    taken = []
    async with asyncio.timeout(5):
        async for name in names:
            taken.append(name)
            if len(taken) == count:
                return taken
    return taken


async def test_deadlines_come_in_their_order_and_once():
    clock = Clock()
    scheduler = Scheduler(clock)
    scheduler.set("b", START + timedelta(seconds=2))
    scheduler.set("a", START + timedelta(seconds=1))
    clock.at = START + timedelta(seconds=3)
    assert await take(scheduler.due(), 2) == ["a", "b"]


async def test_a_new_deadline_replaces_the_old_one():
    clock = Clock()
    scheduler = Scheduler(clock)
    scheduler.set("a", START + timedelta(seconds=1))
    scheduler.set("a", START + timedelta(hours=1))
    scheduler.set("b", START + timedelta(seconds=2))
    clock.at = START + timedelta(seconds=5)
    assert await take(scheduler.due(), 1) == ["b"]


async def test_a_forgotten_deadline_does_not_come():
    clock = Clock()
    scheduler = Scheduler(clock)
    scheduler.set("a", START)
    scheduler.set("b", START)
    scheduler.set("a", None)
    assert await take(scheduler.due(), 1) == ["b"]


async def test_an_earlier_deadline_wakes_a_sleeper():
    clock = Clock()
    scheduler = Scheduler(clock)
    scheduler.set("late", START + timedelta(hours=1))
    waiting = asyncio.create_task(take(scheduler.due(), 1))
    while not scheduler._earlier._waiters:
        await asyncio.sleep(0)
    clock.at = START + timedelta(minutes=1)
    scheduler.set("soon", clock.at)
    assert await waiting == ["soon"]


async def test_ten_thousand_deadlines_are_all_given():
    clock = Clock()
    scheduler = Scheduler(clock)
    for number in range(10_000):
        scheduler.set(f"p{number}", START + timedelta(milliseconds=number % 997))
    clock.at = START + timedelta(seconds=1)
    assert len(set(await take(scheduler.due(), 10_000))) == 10_000
