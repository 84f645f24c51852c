import asyncio

import pytest

from batmon.engine.tasks import TaskDied, Tasks


async def test_the_death_of_a_task_is_loud():
    tasks = Tasks()

    async def breaks():
        raise ValueError("no more")

    tasks.keep("breaks", breaks())
    with pytest.raises(TaskDied, match="breaks") as caught:
        async with asyncio.timeout(5):
            await tasks.died()
    assert isinstance(caught.value.__cause__, ValueError)
    await tasks.stop()


async def test_a_task_that_should_go_on_may_not_just_return():
    tasks = Tasks()

    async def returns():
        return None

    tasks.keep("returns", returns())
    with pytest.raises(TaskDied, match="returns"):
        async with asyncio.timeout(5):
            await tasks.died()
    await tasks.stop()


async def test_short_work_may_end_but_not_fail():
    tasks = Tasks()
    done = asyncio.Event()

    async def short():
        done.set()

    await tasks.once("short", short())
    assert done.is_set()

    async def fails():
        raise KeyError("x")

    tasks.once("fails", fails())
    with pytest.raises(TaskDied, match="fails"):
        async with asyncio.timeout(5):
            await tasks.died()
    await tasks.stop()


async def test_stop_ends_what_runs():
    tasks = Tasks()
    ended = asyncio.Event()

    async def runs():
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    tasks.keep("runs", runs())
    await asyncio.sleep(0)
    await tasks.stop()
    assert ended.is_set()
