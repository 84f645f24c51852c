"""A line lands in one of 1,000 watched logs -> its verdict is committed -> its row is painted in an attached console.

The daemon is a process of its own on its embedded Postgres. The console is the real app on a driver that keeps the
time of what it would write to a terminal; a row counts as painted when the text that only it can show is written.
"""

import asyncio
import re
import time
from contextlib import asynccontextmanager
from datetime import UTC
from pathlib import Path

import asyncpg
from textual.app import App, ComposeResult
from textual.driver import Driver
from textual.events import Resize
from textual.geometry import Size
from textual.widgets import Static

import batmon_tui
from batmon_tui.app import BatmonApp
from batmon_tui.link import BoardFrame
from tests.acceptance.installation import log_line
from tests.bench.figures import pause, quantile, say, spread, table, verdict
from tests.bench.plant import all_judged, connect, planted

PROGRAMS = 1000
DAYS = 30
LINES = 240
PAUSE_SEC = (0.1, 0.2)
"""Between two lines at the easy rate, evenly spread, so that no timer is always met in the same phase."""
BURST = 100
FLOOR_ROUNDS = 60
GOAL_SEC = 0.250
PATIENCE_SEC = 30.0
TOKEN = re.compile(r"T\d{5}")


class Stamped(Driver):
    """Writes to nobody and keeps when each token was first written."""

    def __init__(self, app, *, size, painted, **options):
        super().__init__(app, size=size, **options)
        self.painted = painted

    def write(self, data):
        now = time.time()
        for token in TOKEN.findall(data):
            self.painted.setdefault(token, now)

    def start_application_mode(self):
        size = Size(*self._size)
        self._app.post_message(Resize(size, size))

    def disable_input(self):
        pass

    def stop_application_mode(self):
        pass


class Watched(BatmonApp):
    """The console, which also keeps when the frame that brought a token arrived."""

    CSS_PATH = Path(batmon_tui.__file__).with_name("batmon.tcss")  # a plain name is looked for beside this file

    def __init__(self, connect):
        super().__init__(connect, language="ko")
        self.arrived = {}

    def post_message(self, message):
        if isinstance(message, BoardFrame):
            now = time.time()
            for row in message.frame.get("rows", ()):
                for token in TOKEN.findall(row["last_log"]):
                    self.arrived.setdefault(token, now)
        return super().post_message(message)


@asynccontextmanager
async def shown(app, size):
    """The app on a terminal of this size; the times at which tokens were painted."""
    painted = {}
    app.driver_class = lambda app, **options: Stamped(app, **{**options, "size": size}, painted=painted)
    running = asyncio.create_task(app.run_async(size=size))
    try:
        yield painted
    finally:
        app.exit()
        await running


async def until(true):
    """Wait until ``true()``; looked at more often than anything here is fast."""
    async with asyncio.timeout(PATIENCE_SEC):
        while not true():
            await asyncio.sleep(0.005)


def fail(log, number):
    """Let a run fail with a token of its own; token and moment."""
    token = f"T{number:05d}"
    line = log_line(f"작업 실패: {token} 로그인할 수 없습니다", level="ERROR")
    with log.open("a", encoding="utf-8") as file:
        now = time.time()
        file.write(line)
    return token, now


async def committed(installation):
    """By token: when the transaction with its verdict was committed, by Postgres's own note."""
    async with installation.client() as client:
        url = (await client.request("doctor"))["database_url"]
    database = await asyncpg.connect(url)
    try:
        rows = await database.fetch("SELECT facts::text AS facts, pg_xact_commit_timestamp(xmin) AS at FROM verdicts")
    finally:
        await database.close()
    return {token: row["at"].astimezone(UTC).timestamp() for row in rows for token in TOKEN.findall(row["facts"])}


async def floor(installation, folder):
    """What the pieces take by themselves: seconds of (tail -F tells, one row committed, a text painted)."""
    return await _told(folder), await _inserted(installation), await _painted()


async def _told(folder):
    path = folder / "floor.log"
    path.touch()
    took = []
    tail = await asyncio.create_subprocess_exec("tail", "-n0", "-F", path, stdout=asyncio.subprocess.PIPE)
    try:
        for number in range(FLOOR_ROUNDS):
            await (pause(0.3, 0.4) if number == 0 else pause(0.005, 0.02))
            _, began = fail(path, number)
            await asyncio.wait_for(tail.stdout.readline(), PATIENCE_SEC)
            took.append(time.time() - began)
    finally:
        tail.kill()
        await tail.wait()
    return took[1:]


async def _inserted(installation):
    async with installation.client() as client:
        url = (await client.request("doctor"))["database_url"]
    database = await asyncpg.connect(url, server_settings={"batmon.quiet": "on"})
    took = []
    try:
        for _ in range(FLOOR_ROUNDS):
            began = time.time()
            await database.execute(
                "INSERT INTO verdicts (program, node, status, reason, at)"
                " VALUES ('floor', '', 'OK', 'succeeded', now())"
            )
            took.append(time.time() - began)
    finally:
        await database.close()
    return took


class Bare(App):
    """One text, nothing else."""

    def compose(self) -> ComposeResult:
        yield Static("", id="text")


async def _painted():
    app, took = Bare(), []
    async with shown(app, (200, 60)) as painted:
        await asyncio.sleep(0.5)
        for number in range(FLOOR_ROUNDS):
            await pause(0.02, 0.06)
            began, token = time.time(), f"T{number:05d}"
            app.query_one("#text", Static).update(token)
            await until(lambda token=token: token in painted)
            took.append(painted[token] - began)
    return took


async def at_easy_rate(logs, numbers, painted):
    """One line after the other; by token, when it landed."""
    landed = {}
    for number in numbers:
        token, now = fail(logs[number], number)
        landed[token] = now
        await pause(*PAUSE_SEC)
    await until(lambda: landed.keys() <= painted.keys())
    return landed


async def at_once(logs, numbers, painted):
    """All lines in one go; by token, when it landed."""
    landed = dict(fail(logs[number], number) for number in numbers)
    await until(lambda: landed.keys() <= painted.keys())
    return landed


async def measured(installation, logs, numbers, size, how):
    """The latencies of these programs' lines: to commit, to the frame's arrival, to the paint."""
    app = Watched(lambda: connect(installation))
    async with shown(app, size) as painted:
        await until(lambda: len(app.rows) == PROGRAMS)
        await asyncio.sleep(1.0)
        landed = await how(logs, numbers, painted)
    commits = await committed(installation)
    return tuple([times[token] - at for token, at in landed.items()] for times in (commits, app.arrived, painted))


async def bench():
    """Print the table."""
    async with planted(PROGRAMS, DAYS, under_way=True, commit_times=True) as (installation, logs):
        began = time.monotonic()
        await installation.start()
        await all_judged(installation)
        say(
            f"{PROGRAMS} programs with {DAYS} runs each are judged"
            f" {time.monotonic() - began:.1f} s after the daemon's start\n"
        )
        numbers = iter(range(PROGRAMS - 1, -1, -1))  # the board sorts faults by name: each new one is at its top
        single = await measured(installation, logs, [next(numbers) for _ in range(LINES)], (200, 60), at_easy_rate)
        burst = await measured(installation, logs, [next(numbers) for _ in range(BURST)], (200, 150), at_once)
        pieces = await floor(installation, installation.home)
    rows = []
    for title, times in (("easy rate", single), (f"burst of {BURST}", burst)):
        for step, seconds in zip(("committed", "frame arrived", "painted"), times, strict=True):
            rows.append((f"{title}: line -> {step}", len(seconds), *spread(seconds)))
    floors = ("floor: tail -F tells", "floor: one row inserted and committed", "floor: a text painted by a bare app")
    for title, seconds in zip(floors, pieces, strict=True):
        rows.append((title, len(seconds), *spread(seconds, 1)))
    table(("ms", "n", "p50", "p95", "max"), rows)
    least = sum(quantile(seconds, 0.5) for seconds in pieces)
    p50, p95 = quantile(single[-1], 0.5), quantile(single[-1], 0.95)
    say(f"\np50 at the easy rate is {p50 / least:.1f} x the floor ({least * 1000:.1f} ms).")
    say(
        f"Goal p95 <= {GOAL_SEC * 1000:.0f} ms: easy rate {verdict(p95, GOAL_SEC)} ({p95 * 1000:.0f}), "
        f"burst {verdict(quantile(burst[-1], 0.95), GOAL_SEC)} ({quantile(burst[-1], 0.95) * 1000:.0f})."
    )
