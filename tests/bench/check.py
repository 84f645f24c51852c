"""`batmon check` as a whole process, by the script of pip, against ``python -c pass`` of that interpreter."""

import asyncio
import sys
import tempfile
import time
from pathlib import Path

from tests.bench.figures import quantile, say, spread, table, verdict
from tests.bench.plant import all_judged, name_of, planted

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = 3
DAYS = 30
RUNS = 50
GOAL = 2.0


async def took(*command, environ):
    """Seconds from start to end of a process, and its exit code."""
    began = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        *command, env=environ, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
    )
    code = await process.wait()
    return time.perf_counter() - began, code


async def installed(folder):
    """A virtual environment with BATMON in it, not editable; its folder of scripts."""
    scripts = folder / "venv" / "bin"
    for command in (
        (sys.executable, "-m", "venv", folder / "venv"),
        (scripts / "pip", "install", "--quiet", "--disable-pip-version-check", ROOT),
    ):
        process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.PIPE)
        _, said = await process.communicate()
        if process.returncode:
            raise SystemExit(f"could not install BATMON into a new virtual environment:\n{said.decode()}")
    return scripts


async def bench():
    """Print the table."""
    with tempfile.TemporaryDirectory(prefix="bm-check-") as made:
        scripts = await installed(Path(made))
        async with planted(PROGRAMS, DAYS) as (installation, _logs):
            await installation.start()
            await all_judged(installation)
            environ = installation.environ
            for name in ("PYTHONPATH", "BATMON_STATE"):
                environ.pop(name, None)
            by_state = {**environ, "BATMON_STATE": str(installation.state)}
            commands = {
                "python -c pass": ((scripts / "python", "-c", "pass"), environ),
                "python -I -c pass": ((scripts / "python", "-I", "-c", "pass"), environ),
                "batmon check (BATMON_STATE)": ((scripts / "batmon", "check"), by_state),
                "batmon check --json (BATMON_STATE)": ((scripts / "batmon", "check", "--json"), by_state),
                "batmon check PROGRAM (--state)": (
                    (scripts / "batmon", "--state", installation.state, "check", name_of(0)), environ
                ),
                "batmon check, no daemon": (
                    (scripts / "batmon", "check"), {**environ, "BATMON_STATE": str(Path(made) / "nobody")}
                ),
            }  # fmt: skip
            seconds = {name: [] for name in commands}
            codes = {}
            for number in range(RUNS + 1):
                for name, (command, env) in commands.items():
                    one, codes[name] = await took(*command, environ=env)
                    if number:  # the first round warms caches
                        seconds[name].append(one)
    floor = seconds["python -c pass"]
    rows = []
    for name, values in seconds.items():
        pairs = [mine / theirs for mine, theirs in zip(values, floor, strict=True)]
        rows.append((name, codes[name], *spread(values, 1), f"{quantile(pairs, 0.5):.2f} x"))
    table(("whole process, ms", "exit", "p50", "p95", "max", "median of pairs"), rows)
    pairs = [mine / theirs for mine, theirs in zip(seconds["batmon check (BATMON_STATE)"], floor, strict=True)]
    ratio = quantile(pairs, 0.5)
    say(f"\nGoal <= {GOAL:g} x `python -c pass`: {verdict(ratio, GOAL)} ({ratio:.2f} x, {RUNS} interleaved pairs).")
