"""`batmon up` in a terminal, with the reference configuration: from the command to the console's first full frame."""

import asyncio
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

from batmon.store import EmbeddedPostgres, Store
from tests.bench.figures import quantile, say, spread, table, verdict
from tests.bench.terminal import Terminal

ROOT = Path(__file__).resolve().parents[2]
ROUNDS = 10
PROGRAMS = ("kindscrap", "auto_esafe", "fund_mail")
GOAL_SEC = 5.0


def compiled(cache):
    """The environment of an installation as pip leaves it: its modules are compiled, into the folder ``cache``."""
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return environ | {"PYTHONPYCACHEPREFIX": str(cache)}


def up(state, environ):
    """Seconds to the first bytes of the console, and to a frame with every program in it; then leave."""
    environ = {
        **environ,
        "BATMON_CONFIG": str(ROOT / "config.toml"),
        "BATMON_STATE": str(state),
        "BATMON_SSH_LISTEN": "127.0.0.1:0",
        "BATMON_LANGUAGE": "en",
    }
    terminal = Terminal([sys.executable, "-m", "batmon", "up"], environ)
    said = terminal.wait_for("the daemon is up after")
    alternate = terminal.wait_for("\x1b[?1049h")
    full = terminal.wait_for(*PROGRAMS, "acknowledge")
    terminal.leave()
    return said, alternate, full


async def database(state):
    """Seconds for what no start can do without: a new cluster, started, with our tables."""
    began = time.perf_counter()
    server = await EmbeddedPostgres.start(state)
    store = await Store.open(server.url, server.owner_url)
    took = time.perf_counter() - began
    await store.close()
    await server.stop()
    return took


async def bench():
    """Print the table."""
    first, warm, floor, imports = [], [], [], []
    with tempfile.TemporaryDirectory(prefix="bm-start-", ignore_cleanup_errors=True) as made:
        environ = compiled(Path(made) / "compiled")
        for number in range(ROUNDS + 1):
            state = Path(made) / f"{number}"
            times = up(state, environ), up(state, environ)
            if number == 0:  # compiles
                continue
            first.append(times[0])
            warm.append(times[1])
            floor.append(await database(Path(made) / f"{number}f"))
            began = time.perf_counter()
            command = (sys.executable, "-c", "import batmon_tui.app")
            process = await asyncio.create_subprocess_exec(*command, env=environ)
            await process.wait()
            imports.append(time.perf_counter() - began)
            shutil.rmtree(state, ignore_errors=True)
    rows = []
    for title, times in (("first start", first), ("warm start", warm)):
        for step, seconds in zip(
            ("daemon answers", "console begins", "full frame"), zip(*times, strict=True), strict=True
        ):
            rows.append((f"{title}: {step}", len(seconds), *spread(seconds)))
    rows.append(("floor: new cluster, started, tables made", len(floor), *spread(floor)))
    rows.append(("floor: a process that imports the console", len(imports), *spread(imports)))
    table(("ms since the command", "n", "p50", "p95", "max"), rows)
    full = [one[-1] for one in first]
    least = quantile(floor, 0.5) + quantile(imports, 0.5)
    say(f"\nThe first start is {quantile(full, 0.5) / least:.1f} x the floors' sum ({least * 1000:.0f} ms).")
    say(f"Goal <= {GOAL_SEC:g} s to the first full frame: {verdict(max(full), GOAL_SEC)} (slowest {max(full):.1f} s).")
