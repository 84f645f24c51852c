"""Search a log of 1 GiB for a rare word, beside ripgrep and grep; what it costs the process that answers meanwhile.

The log is lines of a Korean program, each second one in CP949. ripgrep and grep are given the word in both encodings,
BATMON finds it in both and in its decomposed spelling by itself.
"""

import asyncio
import json
import os
import random
import shutil
import sys
import tempfile
import time
import unicodedata
from contextlib import asynccontextmanager
from pathlib import Path

import psutil

from batmon.gate.client import GateClient
from batmon.places import gate_address
from tests.bench.figures import quantile, say, table, verdict

GIB = 1 << 30
ROUNDS = 5
SAMPLE_SEC = 0.05
LAG_SEC = 0.002
"""How often the gate is asked for something small during a search."""

GOAL_RATIO = 2.0
GOAL_MB = 200
MB = 1 << 20

KOREAN = "공시정보 수집 시작 목록 페이지 읽음 처리 완료 응답 문서 다운로드 메일 펀드 계정 사용자 보고서 첨부 저장"
ENGLISH = "login page read done cache hit miss connect retry request response status account report file saved"
ASCII_WORD = "unsettled"
KOREAN_WORD = "보고서실패"


def write(path):
    """1 GiB of log with one line near its beginning for each word that is searched for."""
    draw = random.Random(4711)  # noqa: S311 - no secret
    korean, english = KOREAN.split(), ENGLISH.split()
    lines = []
    for number in range(100_000):
        level = draw.choice(["INFO", "INFO", "DEBUG", "WARNING"])
        words = " ".join(draw.choice(korean if draw.random() < 0.6 else english) for _ in range(draw.randint(5, 14)))
        at = f"2026-11-21 {number // 3600 % 24:02}:{number // 60 % 60:02}:{number % 60:02},{number % 1000:03}"
        line = f"{at} {level} [batch] {words} id={draw.randint(0, 10**9)}\n"
        lines.append(line.encode("cp949" if number % 2 else "utf-8"))
    block = b"".join(lines)
    with path.open("wb") as file:
        for word, encoding in ((ASCII_WORD, "ascii"), (KOREAN_WORD, "utf-8"), (KOREAN_WORD, "cp949")):
            file.write(f"2026-11-20 23:59:59,000 INFO [batch] {word}\n".encode(encoding))
        while file.tell() < GIB:
            file.write(block)


def peers(word, path):
    """Name -> command line of the programs that search for the same."""
    forms = dict.fromkeys((word.encode(), word.encode("cp949")))
    escaped = ["(?-u)" + "".join(f"\\x{byte:02x}" for byte in form) if not word.isascii() else word for form in forms]
    found = {}
    if shutil.which("rg"):
        found["ripgrep"] = ["rg", "-a", "-c", *(part for one in escaped for part in ("-e", one)), str(path)]
    found["grep"] = ["grep", "-a", "-c", "-F", *(part for form in forms for part in ("-e", form)), str(path)]
    return found


async def taken(*command, environ=None):
    """Seconds that a process takes as a whole, and what it prints."""
    began = time.perf_counter()
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, env=environ)
    out, _ = await process.communicate()
    return time.perf_counter() - began, out


async def asked(client, word, **how):
    """Seconds of the verb alone, and its hits."""
    began = time.perf_counter()
    async with client.stream("log.search", pattern=word, **how) as items:
        hits = [hit["text"] async for item in items for hit in item.get("hits", ())]
    return time.perf_counter() - began, hits


@asynccontextmanager
async def watched(daemon):
    """The largest memory of the daemon's own processes (PSS in MB) meanwhile; Postgres apart."""
    peak = [0.0]

    def held():
        processes = [daemon, *(one for one in daemon.children() if "search_process" in " ".join(one.cmdline()))]
        return sum(process.memory_full_info().pss for process in processes) / MB

    async def look():
        while True:
            peak[0] = max(peak[0], held())
            await asyncio.sleep(SAMPLE_SEC)

    looking = asyncio.create_task(look())
    try:
        yield peak
    finally:
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)


async def lag(address, searching):
    """Seconds that the gate takes for its smallest answer, again and again until the search is over."""
    took = []
    async with await GateClient.connect(address) as client:
        while not searching.done():
            began = time.perf_counter()
            await client.request("ping")
            took.append(time.perf_counter() - began)
            await asyncio.sleep(LAG_SEC)
    return took


async def compared(client, path, word):
    """Seconds of each way to search for ``word``, the rounds of all of them in turn."""
    ways = peers(word, path)
    environ = {**os.environ, "BATMON_STATE": str(path.parent / "state"), "LC_ALL": "C"}
    times = {name: [] for name in (*ways, "log.search", "batmon search")}
    for _ in range(ROUNDS):
        for name, command in ways.items():
            times[name].append((await taken(*command, environ=environ))[0])
        seconds, hits = await asked(client, word)
        assert {unicodedata.normalize("NFC", hit).split()[-1] for hit in hits} == {word}, hits
        assert len(hits) == (1 if word.isascii() else 2), hits
        times["log.search"].append(seconds)
        command = (sys.executable, "-m", "batmon", "search", "--json", word)
        seconds, out = await taken(*command, environ=environ)
        assert len([json.loads(line) for line in out.splitlines()]) == len(hits)
        times["batmon search"].append(seconds)
    return times


@asynccontextmanager
async def searched(folder):
    """A process that answers at the gate about the logs in ``folder``."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.search_gate", str(folder), stdout=asyncio.subprocess.PIPE
    )
    try:
        await process.stdout.readline()
        yield psutil.Process(process.pid), gate_address(str(folder / "state"))
    finally:
        process.kill()
        await process.wait()


async def bench():
    """Print the tables."""
    folder = Path(tempfile.mkdtemp(prefix="bm-"))
    try:
        path = folder / "batch.log"
        write(path)
        async with searched(folder) as (daemon, address):
            await measured(daemon, address, path)
            await lags(address)
    finally:
        shutil.rmtree(folder)


async def measured(daemon, address, path):
    """Time and memory."""
    before = daemon.memory_full_info().pss / MB
    rows, ratios = [], []
    async with await GateClient.connect(address) as client, watched(daemon) as peak:
        for word in (ASCII_WORD, KOREAN_WORD):
            times = await compared(client, path, word)
            fastest = {name: quantile(seconds, 0.5) for name, seconds in times.items()}
            for name, seconds in times.items():
                ratio = fastest[name] / fastest["ripgrep"] if "ripgrep" in fastest else float("nan")
                rows.append((f"{word}: {name}", *(f"{one * 1000:.0f}" for one in spread(seconds)), f"{ratio:.2f}"))
                if name == "log.search":
                    ratios.append(ratio)
        for how in ({"regex": True}, {"errors": True}, {"ignore_case": True}):
            seconds = [(await asked(client, ASCII_WORD, **how))[0] for _ in range(3)]
            rows.append(
                (f"{ASCII_WORD}: log.search {next(iter(how))}", *(f"{s * 1000:.0f}" for s in spread(seconds)), "")
            )
    table(("ms", "p50", "best", "worst", "x ripgrep"), rows)
    worst = max(ratios)
    say(f"\nGoal <= {GOAL_RATIO:g} x ripgrep for the search itself: {verdict(worst, GOAL_RATIO)} ({worst:.2f} x).")
    say(f"Goal <= {GOAL_MB} MB: {verdict(peak[0], GOAL_MB)} ({before:.0f} MB PSS before, {peak[0]:.0f} MB at most).\n")


def spread(seconds):
    """p50, best, worst."""
    return quantile(seconds, 0.5), min(seconds), max(seconds)


async def lags(address):
    """How long the gate's smallest answer takes while a search runs, and while none does."""
    rows = []
    cases = (("no search", None, {}), ("rare word", ASCII_WORD, {}), ("50,000 hits", "id=1", {"limit": 50_000}))
    async with await GateClient.connect(address) as client:
        for title, word, how in (*cases, ("expression", "unsettl[e]+d$", {"regex": True})):
            again = 20 if title == "rare word" else 1
            search = asyncio.create_task(_many(client, word, again, how) if word else asyncio.sleep(2.0))
            took = await lag(address, search)
            await search
            figures = (f"{quantile(took, share) * 1000:.1f}" for share in (0.5, 0.95, 0.99))
            rows.append((title, len(took), *figures, f"{max(took) * 1000:.1f}"))
    table(("ms until an answer, during", "n", "p50", "p95", "p99", "max"), rows)


async def _many(client, word, times, how):
    for _ in range(times):
        await asked(client, word, **how)
