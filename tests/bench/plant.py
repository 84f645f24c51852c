"""An installation with many programs and the history that each of them logged."""

import asyncio
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import asyncpg

from batmon.gate.client import GateClient
from batmon.places import gate_address
from batmon.store import EmbeddedPostgres
from tests.acceptance.installation import SEOUL, Installation, log_line

READY_WITHIN = 300.0


def name_of(number: int) -> str:
    """The program with this number."""
    return f"batch-{number:04d}"


def history(days: int, until: datetime) -> str:
    """One good run a day, two lines each, the last one on the day of ``until``."""
    lines = []
    for day in range(days, 0, -1):
        began = until - timedelta(days=day - 1, minutes=5)
        lines.append(log_line("공시정보 수집 작업 시작", at=began))
        lines.append(log_line("공시정보 수집 작업 완료: 37건 처리", at=began + timedelta(seconds=20 + day % 7)))
    return "".join(lines)


@asynccontextmanager
async def planted(programs: int, days: int, *, under_way: bool = False, commit_times: bool = False):
    """An installation with ``programs`` programs of ``days`` days of history, not started yet, and their log files.

    Each is due once a day at the minute of its latest run. ``under_way``: a run of each has just begun.
    ``commit_times``: Postgres keeps when each transaction was committed.
    """
    installation = Installation()
    try:
        now = datetime.now(SEOUL)
        text = history(days, now - timedelta(minutes=10))
        due = now - timedelta(minutes=15)
        if under_way:
            text += log_line("공시정보 수집 작업 시작", at=now)
        logs = []
        for number in range(programs):
            log = installation.add_program(
                name_of(number), schedule=f"{due.minute} {due.hour} * * *", extra='max_runtime = "2h"\ngrace = "1h"\n'
            )
            log.write_text(text, "utf-8")
            logs.append(log)
        if commit_times:
            await _keep_commit_times(installation)
        yield installation, logs
    finally:
        await installation.remove()


async def _keep_commit_times(installation: Installation) -> None:
    server = await EmbeddedPostgres.start(installation.state)
    owner = await asyncpg.connect(server.owner_url)
    await owner.execute("ALTER SYSTEM SET track_commit_timestamp = on")
    await owner.close()
    await server.stop()


async def all_judged(installation: Installation) -> None:
    """Wait until the daemon has judged every program."""
    async with asyncio.timeout(READY_WITHIN), installation.client() as client:
        waiting = (await client.request("doctor"))["programs"]
        async with client.stream("watch") as frames:
            judged: set[str] = set()
            async for frame in frames:
                rows = frame.get("snapshot", frame.get("rows", []))
                judged.update(row["name"] for row in rows if row["reason"] != "blind")
                if len(judged) == waiting:
                    return


async def connect(installation: Installation) -> GateClient:
    """A console's connection."""
    return await GateClient.connect(gate_address(str(installation.state)), client="bench")
