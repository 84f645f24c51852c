"""A log of 1 GiB on a real screen, beside lnav and toolong: to the first lines, to its end, and followed.

All are shown by tmux. The peers read the file in their own process, from its start on; BATMON's console asks a daemon
that has read the log before, as it is in daily use. ``BATMON_BENCH_TOOLONG`` names toolong's ``tl`` if it is not on the
PATH; a peer that is not there is left out.
"""

import asyncio
import os
import random
import re
import shutil
import sys
import tempfile
import threading
import time
from datetime import date, timedelta
from pathlib import Path

import asyncpg

from batmon.store import EmbeddedPostgres
from tests.acceptance.installation import Installation
from tests.bench.figures import quantile, say, spread, table
from tests.bench.search import ENGLISH, GIB, KOREAN
from tests.bench.tmux import Screen

ROUNDS = 3
FIRST, LAST = "THE-FIRST-LINE", "THE-LAST-LINE"
A_LINE = "[batch]"
FIRST_DAY = date(2026, 7, 1)
STAMP = "2026-11-21 00:00:00,000 INFO [batch]"
RATE = 10_000
FOLLOW_SEC = 8.0
PIECES = 100
"""Writes a second while a log is followed."""
SETTLE_SEC = 2.0
SEQUENCE = re.compile(r"seq=(\d+)")


def write(path):
    """1 GiB of log, all of it UTF-8: lnav 0.11 crashes on lines in CP949."""
    draw = random.Random(4711)  # noqa: S311 - no secret
    vocabulary = [*KOREAN.split(), *ENGLISH.split()]
    lines = []
    for number in range(100_000):
        words = " ".join(draw.choice(vocabulary) for _ in range(draw.randint(5, 14)))
        at = f"{FIRST_DAY} {number // 3600 % 24:02}:{number // 60 % 60:02}:{number % 60:02},{number % 1000:03}"
        lines.append(f"{at} {draw.choice(('INFO', 'DEBUG', 'WARNING'))} [batch] {words} id={draw.randint(0, 10**9)}\n")
    block = "".join(lines).encode()
    with path.open("ab") as file:
        day = FIRST_DAY
        while file.tell() < GIB:
            file.write(block.replace(str(FIRST_DAY).encode(), str(day).encode()))
            day += timedelta(days=1)
        file.write(f"{STAMP} {LAST} of all\n".encode())


def peers(path):
    """Name -> command line of the programs that show a log."""
    found = {}
    toolong = os.environ.get("BATMON_BENCH_TOOLONG") or shutil.which("tl")
    for name, command in (("lnav", shutil.which("lnav")), ("toolong", toolong)):
        if command and Path(command).exists():
            found[name] = [command, str(path)]
        else:
            say(f"{name} is not there: left out")
    return found


async def read_before(installation, log):
    """Make the daemon take the whole log for read, as it would be after some minutes."""
    server = await EmbeddedPostgres.start(installation.state)
    owner = await asyncpg.connect(server.owner_url)
    changed = await owner.execute('UPDATE log_cursors SET "offset" = $1', log.stat().st_size)
    await owner.close()
    await server.stop()
    if changed != "UPDATE 1":
        raise SystemExit(f"one cursor was expected: {changed}")


KEYS = {"toolong": ("Home", "End")}
"""To the first and the last line, where it is not ``g`` and ``G``."""


def opened(screen, keys):
    """Seconds from the start to the first lines, and to the last line with its key pressed then; then top to end."""
    first = screen.wait_for(A_LINE) - screen.began
    if LAST not in screen.text():
        screen.press(keys[1])
    last = screen.wait_for(LAST) - screen.began
    return first, last, jumped(screen, keys)


def jumped(screen, keys=("g", "G")):
    """Seconds from the key to the last line, from the top of a log that is wholly known."""
    time.sleep(SETTLE_SEC)
    pressed(screen, keys[0], FIRST)
    time.sleep(SETTLE_SEC)
    return pressed(screen, keys[1], LAST)


def pressed(screen, key, wanted):
    """Seconds from a key to what it shows; pressed anew when it was not heard, as toolong does not while it scans."""
    for _ in range(10):
        began = time.perf_counter()
        screen.press(key)
        try:
            return screen.wait_for(wanted, bound=10.0) - began
        except TimeoutError:
            continue
    raise SystemExit(f"{key} does not lead to {wanted}:\n{screen.text()}")


class Writer(threading.Thread):
    """Appends numbered lines, ``RATE`` a second; ``at`` has when each piece was written, with its last number."""

    def __init__(self, path, number):
        super().__init__(daemon=True)
        self._path, self._number = path, number
        self.at = []

    def run(self):
        each, number, began = RATE // PIECES, self._number, time.perf_counter()
        with self._path.open("ab", buffering=0) as log:
            for piece in range(int(FOLLOW_SEC * PIECES)):
                time.sleep(max(0.0, began + piece / PIECES - time.perf_counter()))
                number += each
                log.write(
                    b"".join(
                        b"%s seq=%08d row of a table\n" % (STAMP.encode(), n) for n in range(number - each, number)
                    )
                )
                self.at.append((time.perf_counter(), number - 1))

    def written(self, number):
        """When the line with this number was written."""
        return next(moment for moment, last in self.at if last >= number)


def followed(screen, path, number):
    """Seconds that the newest line on the screen was behind, again and again; and for the last line of all.

    The lines are numbered from ``number`` on.
    """
    writer = Writer(path, number)
    behind = []
    writer.start()
    while writer.is_alive():
        text, now = screen.text(), time.perf_counter()
        numbers = [seen for one in SEQUENCE.findall(text) if (seen := int(one)) >= number]
        if numbers and writer.at and max(numbers) <= writer.at[-1][1]:
            behind.append(now - writer.written(max(numbers)))
        time.sleep(0.03)
    end, number = writer.at[-1]
    try:
        last = screen.wait_for(f"seq={number:08d}", bound=60.0) - end
    except TimeoutError:
        last = float("inf")
    return behind, last


def shown_by(name, command, environ, times):
    """One round of a peer."""
    screen = Screen(command, environ)
    try:
        for step, seconds in zip(("first", "last", "jump"), opened(screen, KEYS.get(name, ("g", "G"))), strict=True):
            times.setdefault(step, []).append(seconds)
    finally:
        screen.close()


def shown_by_console(environ, times):
    """One round of the console: from the command, and from the key ``l`` on the board."""
    screen = Screen([sys.executable, "-m", "batmon", "tui"], environ)
    try:
        screen.wait_for("batch")
        board = time.perf_counter()
        screen.press("l")
        seen = screen.wait_for(LAST)
        for step, seconds in (
            ("first", seen - screen.began), ("last", seen - screen.began), ("key", seen - board),
            ("jump", jumped(screen)),
        ):  # fmt: skip
            times.setdefault(step, []).append(seconds)
    finally:
        screen.close()


def follow_with(name, command, path, environ, number=0):
    """The lag of one way to follow; the log ends with ``LAST``, or the line before ``number``.

    What is appended stays: a daemon reads a log that became shorter anew.
    """
    screen = Screen(command, environ)
    try:
        if name == "batmon tui":
            screen.wait_for("batch")
            screen.press("l")
        else:
            screen.wait_for(A_LINE)
            screen.press(KEYS.get(name, ("g", "G"))[1])
        screen.wait_for(f"seq={number - 1:08d}" if number else LAST)
        time.sleep(SETTLE_SEC)
        return followed(screen, path, number)
    finally:
        screen.close()


async def bench():
    """Print the tables."""
    installation = Installation()
    with tempfile.TemporaryDirectory(prefix="bm-log-", ignore_cleanup_errors=True) as home:
        try:
            await compare(installation, {**os.environ, "HOME": home})
        finally:
            await installation.remove()


async def compare(installation, environ):
    """Both tables, with a daemon that has the log behind it."""
    log = installation.add_program("batch")
    begin = STAMP.replace("2026-11-21", "2026-06-30")
    head = f"{begin} {FIRST} of all\n" + f"{begin} before\n" * 20
    log.write_text(head)
    await installation.start()
    async with installation.client() as client:
        await client.request("doctor")
    await installation.until("batch", lambda row: row["reason"] != "blind")
    await installation.stop()
    await asyncio.to_thread(write, log)
    await read_before(installation, log)
    await installation.start()
    console = {**installation.environ, "BATMON_LANGUAGE": "en"}
    found = peers(log)
    times = {name: {} for name in (*found, "batmon tui")}
    for _ in range(ROUNDS):
        for name, command in found.items():
            await asyncio.to_thread(shown_by, name, command, environ, times[name])
        await asyncio.to_thread(shown_by_console, console, times["batmon tui"])
    titles = {
        "first": "command → first lines", "last": "command → last line", "key": "key on the board → last line",
        "jump": "key at the top → last line",
    }  # fmt: skip
    rows = [
        (f"{name}: {titles[step]}", len(seconds), *spread(seconds)) for step in titles for name in times
        if (seconds := times[name].get(step))
    ]  # fmt: skip
    table(("ms", "n", "p50", "p95", "max"), rows)
    for step in ("first", "last", "jump"):
        ours = quantile(times["batmon tui"][step], 0.5)
        behind = [name for name in found if quantile(times[name][step], 0.5) < ours]
        say(f"Goal: {titles[step]}, ahead of every peer: {'met' if not behind else 'MISSED: ' + ', '.join(behind)}.")
    say("")
    rows = []
    ways = {**found, "batmon tui": [sys.executable, "-m", "batmon", "tui"]}
    for turn, (name, command) in enumerate(ways.items()):
        which = console if name == "batmon tui" else environ
        number = turn * int(RATE * FOLLOW_SEC)
        behind, last = await asyncio.to_thread(follow_with, name, command, log, which, number)
        rows.append(
            (f"{name}: behind the writer", len(behind), *spread(behind or [float("nan")]), f"{last * 1000:.0f}")
        )
    table((f"ms, {RATE:,} lines/s for {FOLLOW_SEC:g} s", "n", "p50", "p95", "max", "the last line"), rows)
