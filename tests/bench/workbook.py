"""A workbook with a sheet of 100,000 rows of 12 cells, beside openpyxl's own write-only sheet with lxml.

Each is made in a process of its own. openpyxl gets the bare values: no styles but those of dates, no harm looked for.
"""

import asyncio
import json
import sys
import tempfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from tests.bench.figures import say, table, verdict

ROWS = 100_000
ROUNDS = 3
GOAL_TIMES = 1.2
GOAL_MB = 100
DAY = date(2026, 11, 1)
AT = datetime(2026, 11, 1, 6, 0, 12, tzinfo=UTC)
CHILD = """
import json, resource, sys, time
from pathlib import Path
from tests.bench import workbook
path = Path(sys.argv[2])
make = getattr(workbook, sys.argv[1])
make(path, 100)
before, began = time.process_time(), time.perf_counter()
make(path, workbook.ROWS)
print(json.dumps({
    "cpu": time.process_time() - before, "wall": time.perf_counter() - began,
    "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "bytes": path.stat().st_size,
}))
"""


def rows(count):
    """What a sheet of failed runs holds: names, dates, moments, words, numbers."""
    for number in range(count):
        yield (
            f"fund_mail_{number % 500:03d}", DAY + timedelta(days=number % 30), "FAILED", number, number % 7,
            AT + timedelta(seconds=number), number * 0.37, 0.993,
            f"로그인 실패: 비밀번호가 올바르지 않습니다 ({number})", "seoul-01", number * 1250.0, "ops",
        )  # fmt: skip


def ours(path, count):
    """A whole report with that sheet."""
    from batmon.report.document import Column, Data, Document, Kind, Paragraph, Section  # noqa: PLC0415 - child only
    from batmon.report.workbook import write  # noqa: PLC0415 - child only

    kinds = (Kind.TEXT, Kind.DATE, Kind.STATUS, Kind.COUNT, Kind.COUNT, Kind.TIME, Kind.SECONDS, Kind.PERCENT,
             Kind.TEXT, Kind.TEXT, Kind.MONEY, Kind.TEXT)  # fmt: skip
    heads = tuple(Column(key=f"c{place}", title=f"column {place}", kind=kind) for place, kind in enumerate(kinds))
    data = Data(key="runs", title="runs", columns=heads, rows=lambda: rows(count))
    summary = Section(key="summary", title="Summary", summary=True, blocks=(Paragraph(text="All runs that failed."),))
    write(
        Document(template="bench", title="Bench", language="en", timezone="Asia/Seoul", made_at=AT, sections=(summary,),
                 data=(data,)),
        path,
    )  # fmt: skip


def plain(path, count):
    """The same values through openpyxl alone."""
    from openpyxl import Workbook  # noqa: PLC0415 - child only

    book = Workbook(write_only=True)
    sheet = book.create_sheet("runs")
    for row in rows(count):
        sheet.append([value.replace(tzinfo=None) if isinstance(value, datetime) else value for value in row])
    book.save(path)


async def _made(name, path):
    """One file by one of the two, in a process of its own: seconds of processor and clock, MB of memory, bytes."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", CHILD, name, str(path), stdout=asyncio.subprocess.PIPE
    )
    answer, _ = await child.communicate()
    if child.returncode:
        raise RuntimeError(f"{name} ended with {child.returncode}")
    return json.loads(answer)


async def bench():
    """Print the table."""
    best = {}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(ROUNDS):
            for name in ("plain", "ours"):
                found = await _made(name, Path(folder, f"{name}.xlsx"))
                best[name] = min(best.get(name, found), found, key=lambda one: one["cpu"])
    said = {"plain": "openpyxl, write-only, lxml", "ours": "our workbook"}
    lines = [
        (words, f"{one['cpu']:.2f}", f"{one['wall']:.2f}", f"{one['memory']:.0f}", f"{one['bytes'] / 1e6:.1f}")
        for words, one in ((words, best[name]) for name, words in said.items())
    ]
    table(("", "processor s", "clock s", "memory MB", "file MB"), lines)
    times, memory = best["ours"]["cpu"] / best["plain"]["cpu"], best["ours"]["memory"]
    say(f"\n{ROWS:,} rows of 12 cells, best of {ROUNDS}.")
    say(f"Goal <= {GOAL_TIMES} x openpyxl: {verdict(times, GOAL_TIMES)} ({times:.2f} x).")
    say(f"Goal <= {GOAL_MB} MB: {verdict(memory, GOAL_MB)} ({memory:.0f} MB).")
