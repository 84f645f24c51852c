"""History that is there at the first start: lines and runs a second from the logs into Postgres."""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta

import asyncpg

from batmon.judge.logscan import Scanner
from batmon.judge.scan_state import ScanState
from batmon.model import Program
from tests.acceptance.installation import SEOUL, Installation
from tests.bench.figures import say, table
from tests.bench.plant import all_judged

FILES = 4
LINES = 250_000
PIECE_LINES = 1500
"""About what the follower hands over at a time."""
RUN_LINES = 50
"""Lines of one run: its start, its work, its end."""
EVERY = timedelta(minutes=30)


def write(path, began, encoding):
    """A log of ``LINES`` lines; every tenth run fails."""
    runs = LINES // RUN_LINES
    with path.open("w", encoding=encoding) as file:
        for number in range(runs):
            at = began + number * EVERY
            stamps = [f"{at + timedelta(seconds=s):%Y-%m-%d %H:%M:%S},000" for s in range(RUN_LINES)]
            file.write(f"{stamps[0]} - INFO - 공시정보 수집 작업 시작\n")
            for step, stamp in enumerate(stamps[1:-1], 1):
                file.write(f"{stamp} - INFO - 문서 내려받기 {step}: https://kind.example/document/{number}/{step}\n")
            if number % 10 == 9:
                file.write(f"{stamps[-1]} - ERROR - 공시정보 수집 작업 실패: 로그인할 수 없습니다\n")
            else:
                file.write(f"{stamps[-1]} - INFO - 공시정보 수집 작업 완료: 37건 처리\n")
    return runs


def plain(paths):
    """Seconds to read and decode the same files line by line, and nothing else: the floor."""
    began = time.perf_counter()
    count = 0
    for path, encoding in paths:
        with path.open(encoding=encoding) as file:
            for line in file:
                count += len(line) > 0
    return time.perf_counter() - began


@dataclass(frozen=True, slots=True)
class Line:
    """A line as the scanner takes it."""

    offset: int
    end: int
    text: str


def scanned(path):
    """Seconds to find the runs in one file's lines that are in memory already."""
    end = 0
    with path.open("rb") as file:
        lines = [Line(end, end := end + len(raw), raw.decode().rstrip("\n")) for raw in file]
    scanner, state = Scanner(Program(name="batch", base_dir=path.parent)), ScanState()
    began = time.perf_counter()
    for first in range(0, len(lines), PIECE_LINES):
        state = scanner.scan(state, lines[first : first + PIECE_LINES], str(path)).state
    return time.perf_counter() - began


async def runs_stored(installation):
    """How many runs are in the table."""
    url = (await installation.ask("doctor"))["database_url"]
    database = await asyncpg.connect(url)
    try:
        return await database.fetchval("SELECT count(*) FROM rpa_execution_logs WHERE origin = 'log'")
    finally:
        await database.close()


async def bench():
    """Print the table."""
    installation = Installation()
    try:
        paths = []
        now = datetime.now(SEOUL)
        began = now - (LINES // RUN_LINES) * EVERY
        runs = 0
        for number in range(FILES):
            encoding = "cp949" if number == FILES - 1 else "utf-8"
            path = installation.add_program(f"batch-{number}", schedule="*/30 * * * *")
            runs += write(path, began, encoding)
            paths.append((path, encoding))
        size = sum(path.stat().st_size for path, _ in paths)
        floor = plain(paths)
        started = time.perf_counter()
        await installation.start()
        gate = time.perf_counter() - started
        await all_judged(installation)
        took = time.perf_counter() - started
        stored = await runs_stored(installation)
        scan = scanned(paths[0][0])
    finally:
        await installation.remove()
    lines = FILES * LINES
    rows = [
        ("start to all judged", f"{took:.1f}", f"{lines / took:,.0f}", f"{stored / took:,.0f}"),
        ("of that, until the gate answers", f"{gate:.1f}", "", ""),
        ("judge.logscan alone, in memory", f"{scan * FILES:.1f}", f"{LINES / scan:,.0f}", ""),
        ("floor: reading and decoding the lines", f"{floor:.2f}", f"{lines / floor:,.0f}", ""),
    ]
    say(
        f"{lines:,} lines in {FILES} files, {size / 1e6:.0f} MB, one of them CP949;"
        f" {runs:,} runs in them, {stored:,} stored\n"
    )
    table(("", "seconds", "lines/s", "runs/s"), rows)
    say(f"\n{took / floor:.0f} x the floor, {took / (scan * FILES):.1f} x the scanning alone.")
