import asyncio
import contextvars

import pytest
from textual import events

from batmon_tui.ssh.input_pump import HOLD_ABOVE, PASTE_LIMIT, TURN_CHARACTERS, TURN_SEC, InputPump

BOUND = 5


class Bench:
    def __init__(self):
        self.messages = []
        self.held = []
        self.ended = []
        self.pump = InputPump(
            self.messages.append, hold=self.held.append, too_much=self.ended.append, context=contextvars.copy_context()
        )

    @property
    def keys(self):
        return [m.key for m in self.messages if isinstance(m, events.Key)]

    @property
    def pastes(self):
        return [m.text for m in self.messages if isinstance(m, events.Paste)]

    async def until(self, true):
        async with asyncio.timeout(BOUND):
            while not true():
                await asyncio.sleep(0.002)


@pytest.fixture
async def bench():
    bench = Bench()
    yield bench
    bench.pump.stop()


async def test_half_a_character_waits_for_the_other_half(bench):
    data = "한".encode()
    bench.pump.feed(data[:2])
    bench.pump.feed(data[2:] + b"a")
    await bench.until(lambda: len(bench.keys) == 2)
    assert bench.messages[0].character == "한"
    bench.pump.feed(b"\xff")
    await bench.until(lambda: len(bench.messages) == 3)
    assert bench.messages[2].character == "\ufffd"


async def test_a_lone_escape_becomes_a_key_and_an_arrow_in_pieces_an_arrow(bench):
    bench.pump.feed(b"\x1b")
    await bench.until(lambda: bench.keys == ["escape"])
    for piece in (b"\x1b", b"[", b"A"):
        bench.pump.feed(piece)
    await bench.until(lambda: bench.keys == ["escape", "up"])


@pytest.mark.parametrize("size", [1, 3, 64, 100_000])
async def test_a_paste_is_one_however_it_is_cut(bench, size):
    data = b"a\x1b[200~" + "붙여 넣기\n".encode() * 400 + b"\x1b[201~b"
    size = max(size, len(data) // 500)
    for at in range(0, len(data), size):
        bench.pump.feed(data[at : at + size])
    await bench.until(lambda: bench.keys == ["a", "b"])
    assert bench.pastes == ["붙여 넣기\n" * 400]


async def test_one_turn_takes_no_more_than_its_share_and_too_much_is_held(bench):
    loop = asyncio.get_running_loop()
    began = loop.time()
    bench.pump.feed(b"a" * (HOLD_ABOVE + 1))
    assert bench.held == [True]
    async with asyncio.timeout(BOUND):
        while not bench.messages:
            await asyncio.sleep(0)  # no two turns come between two looks, however slow the machine is
    assert len(bench.messages) == TURN_CHARACTERS
    for _ in range(100):
        bench.pump.feed(b"a")
        await asyncio.sleep(0)
    turns = 1 + (loop.time() - began) // TURN_SEC
    assert len(bench.messages) <= turns * TURN_CHARACTERS


async def test_holding_ends_when_there_is_room_again_and_may_feed_at_once(bench):
    bench.pump._hold = lambda on: bench.held.append(on) if on else (bench.held.append(on), bench.pump.feed(b"z"))
    bench.pump.feed(b"\x1b[200~" + b"x" * (HOLD_ABOVE + 10) + b"\x1b[201~")
    await bench.until(lambda: bench.keys == ["z"])
    assert bench.held == [True, False]


async def test_a_paste_without_end_ends_the_session(bench):
    bench.pump._used = 0.0
    bench.pump.feed(b"\x1b[200~")
    await bench.until(lambda: not bench.pump.waiting)
    bench.pump._paste = PASTE_LIMIT
    bench.pump.feed(b"xx")
    await bench.until(lambda: bench.ended)
    bench.pump.feed(b"more")
    assert bench.pump.waiting == 0


async def test_input_that_breaks_the_parser_is_dropped_and_the_next_key_works(bench):
    bench.pump.feed(b"\x1b[99999999999999999u")
    await bench.until(lambda: not bench.pump.waiting)
    bench.pump.feed(b"k")
    await bench.until(lambda: bench.keys[-1:] == ["k"])
