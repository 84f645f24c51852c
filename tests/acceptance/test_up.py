"""The first command of the README, on a machine that has nothing of ours: with a terminal and without."""

import asyncio
import os
import re
import shutil
import signal
import sys
import tempfile
from pathlib import Path

import pytest

from batmon.places import gate_address

ROOT = Path(__file__).parents[2]
BOUND_SEC = 90.0


@pytest.fixture
def home():
    folder = Path(tempfile.mkdtemp(prefix="bm-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def environ(home):
    """The reference configuration, its state in ``home``, its console at any free port."""
    return {
        **os.environ, "BATMON_CONFIG": str(ROOT / "config.toml"), "BATMON_STATE": str(home / "state"),
        "BATMON_SSH_LISTEN": "127.0.0.1:0", "LC_ALL": "C.UTF-8", "HOME": str(home),
    }  # fmt: skip


def processes_of(home):
    """Whoever still works for this state folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes()
        except OSError:
            continue
        ours = int(entry.name) == os.getpid() or words.startswith((b"tmux", b"sh\0-c"))  # this test and its terminal
        if str(home / "state").encode() in words and not ours:
            found.append(words.replace(b"\0", b" ").decode(errors="replace"))
    return found


async def start_up(home, *args):
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "batmon", "up", *args, env=environ(home), stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip


async def test_up_once_shows_three_verdicts_says_how_to_attach_and_leaves_nothing_behind(home):
    process = await start_up(home, "--once")
    async with asyncio.timeout(BOUND_SEC):
        out, err = (text.decode() for text in await process.communicate())
    assert process.returncode == 0, err
    for name in ("kindscrap", "auto_esafe", "fund_mail"):
        assert re.search(rf"^(OK|ERROR|WARNING)\s+{name}\s", out, re.MULTILINE), out
    assert "LoginError" in out
    assert "Traceback" not in out + err
    assert processes_of(home) == []


async def test_up_without_a_terminal_stays_until_it_is_told_to_stop(home):
    process = await start_up(home)
    said = []
    async with asyncio.timeout(BOUND_SEC):
        while not any("ssh -p" in line for line in said):
            line = (await process.stderr.readline()).decode()
            assert line, (process.returncode, said)
            said.append(line)
    assert any("batmon tui" in line for line in said)
    assert Path(gate_address(str(home / "state"))).is_socket()
    process.send_signal(signal.SIGINT)
    async with asyncio.timeout(BOUND_SEC):
        await process.communicate()
    assert process.returncode in (0, 130)
    assert processes_of(home) == []


async def test_up_in_a_terminal_opens_the_console_and_stops_what_it_started(home, terminal):
    wanted = {name: value for name, value in environ(home).items() if os.environ.get(name) != value}
    terminal.run(sys.executable, "-m", "batmon", "up", environ=wanted, width=120, height=36)
    await terminal.until("kindscrap", "auto_esafe", "fund_mail", "LoginError")
    terminal.type("?")
    await terminal.until("Esc")
    terminal.type("Escape")
    await terminal.until("kindscrap", absent=("Esc",))
    terminal.type("q")
    await terminal.until("ended with 0")
    assert processes_of(home) == []
