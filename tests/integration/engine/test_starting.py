"""The start of a daemon's process: told to stop meanwhile, and in folders that it cannot use."""

import asyncio
import signal
import subprocess
import sys

import pytest

WITHIN_SEC = 20


def command(state):
    return [sys.executable, "-m", "batmon", "--state", str(state), "daemon"]


@pytest.mark.skipif(sys.platform == "win32", reason="no signals there")
async def test_a_daemon_that_is_told_to_stop_while_its_database_is_made_leaves_nothing_half_made(tmp_path):
    state = tmp_path / "s"
    daemon = await asyncio.create_subprocess_exec(*command(state), cwd=tmp_path, stderr=asyncio.subprocess.PIPE)
    async with asyncio.timeout(WITHIN_SEC):
        while not list(state.glob("postgres.new-*/PG_VERSION")):  # initdb is at work
            await asyncio.sleep(0.005)
        daemon.send_signal(signal.SIGTERM)
        _, said = await daemon.communicate()
    assert (daemon.returncode, said) == (0, b"")
    assert [path.name for path in state.iterdir() if path.is_dir()] == ["run"]


@pytest.mark.parametrize("name", ["daemon.lock", "postgres.lock"])
def test_a_state_folder_that_cannot_be_used_is_said_in_a_sentence(tmp_path, name):
    (tmp_path / name).mkdir()
    options = {"cwd": tmp_path, "capture_output": True, "text": True, "timeout": WITHIN_SEC}
    said = subprocess.run(command(tmp_path), check=False, **options)
    assert said.returncode == 1
    assert said.stderr.startswith(f"batmon: {tmp_path / name} cannot be used: Is a directory\n  see to that disk")
