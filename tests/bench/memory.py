"""The daemon's memory with 1,000 programs watched: after catching up, and after 10,000 lines more. Postgres apart."""

import asyncio

import psutil

from tests.acceptance.installation import log_line
from tests.bench.figures import say, table, verdict
from tests.bench.plant import all_judged, name_of, planted

PROGRAMS = 1000
DAYS = 30
ROUNDS = 5
"""Each is a run of each program: two lines."""
WITHIN_SEC = 120.0
GOAL_MB = 150
MB = 1024 * 1024


def held(process):
    """(RSS, PSS, USS) of one process in MB."""
    info = process.memory_full_info()
    return tuple(f"{value / MB:.1f}" for value in (info.rss, info.pss, info.uss)), info.pss / MB


def postgres(process):
    """PSS in MB of everything that the daemon started: the embedded Postgres, the SSH console being off."""
    return sum(child.memory_full_info().pss for child in process.children(recursive=True)) / MB


async def caught_up(installation, wanted, programs):
    """Wait until the board shows ``wanted`` in the last line of every program."""
    async with asyncio.timeout(WITHIN_SEC), installation.client() as client:
        done: set[str] = set()
        async with client.stream("watch") as frames:
            async for frame in frames:
                rows = frame.get("snapshot", frame.get("rows", []))
                done.update(row["name"] for row in rows if wanted in row["last_log"] and row["running"] is None)
                if len(done) == programs:
                    return


async def lines_more(installation, logs):
    """Let every program run ``ROUNDS`` times."""
    for number in range(ROUNDS):
        for word in ("시작", f"완료: {number + 1:05d}건 처리"):
            for log in logs:
                with log.open("a", encoding="utf-8") as file:
                    file.write(log_line(f"공시정보 수집 작업 {word}"))
        await caught_up(installation, f"{number + 1:05d}건", len(logs))


async def of_daemon(programs, rows):
    """Add the rows for a daemon that watches so many programs; the largest PSS in MB."""
    async with planted(programs, DAYS) as (installation, logs):
        await installation.start()
        daemon = psutil.Process(installation.process.pid)
        await all_judged(installation)
        sizes, first = held(daemon)
        rows.append((f"{programs:,} programs, caught up", *sizes, f"{postgres(daemon):.1f}"))
        await lines_more(installation, logs)
        assert name_of(0) in {row["name"] for row in (await installation.ask("check"))["programs"]}
        sizes, last = held(daemon)
        rows.append(
            (f"{programs:,} programs, {2 * ROUNDS * programs:,} lines later", *sizes, f"{postgres(daemon):.1f}")
        )
        return max(first, last)


async def bench():
    """Print the table."""
    rows = []
    least = await of_daemon(1, rows)
    most = await of_daemon(PROGRAMS, rows)
    table(("MB", "RSS", "PSS", "USS", "Postgres, PSS"), rows)
    each = (most - least) * 1024 / (PROGRAMS - 1)
    say(f"\n{most / least:.1f} x a daemon with one program (the floor); {each:.0f} kB for each program more.")
    say(f"Goal <= {GOAL_MB} MB: {verdict(most, GOAL_MB)} ({most:.0f} MB PSS).")
