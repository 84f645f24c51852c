"""The whole way: a log line, the daemon, the SSH console, OpenSSH's own client in a terminal, and a person at it."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys

import pytest_asyncio

from batmon.evidence.processes import identify, is_alive
from tests.acceptance.installation import PATIENCE_SEC, log_line

PASSWORD = "night-shift-1"


def append(path, *lines):
    with path.open("a", encoding="cp949") as file:
        file.write("".join(lines))


class Site:
    """An installation with its SSH console up, and keys of two people."""

    def __init__(self, installation):
        self.installation = installation
        self.port = 0
        self.log = None

    async def set_up(self):
        self.installation.tables[0] = '[ssh]\nlisten = "127.0.0.1:0"\n[ui]\nlanguage = "ko"\n'
        script = self.installation.home / "job.sh"
        script.write_text("echo 하나; while [ ! -e go ]; do sleep 0.05; done; echo 둘\n")
        self.log = self.installation.add_program("kindscrap", extra=f'rerun = ["sh", "{script}"]')
        self.installation.add_program("auto_esafe")
        await self.installation.start()
        for name, role in (("ops", "operator"), ("guest", "viewer")):
            key = self.installation.home / name
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
            added = await self.installation.batmon("user", "add", name, "--key", f"{key}.pub", "--role", role)
            assert added[0] == 0, added
        await self.installation.batmon("password", "set", "--password-file", "-", stdin=f"{PASSWORD}\n")
        self.port = await self.listening()

    async def listening(self):
        async with asyncio.timeout(PATIENCE_SEC):
            while not (at := (await self.installation.ask("doctor"))["console"]):
                await asyncio.sleep(0.05)
        return int(at.rpartition(":")[2])

    def ssh(self, name, *command, tty=False):
        home = self.installation.home
        return [
            "ssh", *(["-tt"] if tty else []), "-p", str(self.port), "-i", str(home / name), "-o", "IdentitiesOnly=yes",
            "-o", "StrictHostKeyChecking=no", "-o", f"UserKnownHostsFile={home / 'known_hosts'}",
            "-o", "LogLevel=ERROR", f"{name}@127.0.0.1", *command,
        ]  # fmt: skip

    async def run(self, name, *command):
        """A verb over SSH: (exit code, stdout, stderr)."""
        process = await asyncio.create_subprocess_exec(
            *self.ssh(name, *command), stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        async with asyncio.timeout(PATIENCE_SEC):
            out, err = await process.communicate()
        return process.returncode, out.decode(), err.decode()


@pytest_asyncio.fixture
async def site(installation):
    made = Site(installation)
    await made.set_up()
    return made


async def test_a_failing_run_is_seen_opened_read_and_run_again_over_ssh(site, terminal):
    terminal.run(*site.ssh("ops"), environ={"LC_ALL": "C.UTF-8", "TERM": "tmux-256color"}, width=120, height=36)
    await terminal.until("kindscrap", "auto_esafe", "ops")
    append(site.log, log_line("공시정보 수집 시작"), log_line("로그인 실패: 비밀번호가 올바르지 않습니다", "ERROR"))
    await terminal.until("✗", "실행 실패: 로그인 실패")
    terminal.type("g")
    terminal.type("l")
    await terminal.until("공시정보 수집 시작", "로그인 실패: 비밀번호가 올바르지 않습니다", "kindscrap.log")
    terminal.type("Escape")
    await terminal.until("auto_esafe")
    terminal.type("r")
    await terminal.until("비밀번호")
    terminal.type("-l", "wrong-password")
    terminal.type("Enter")
    await terminal.until("틀렸습니다")  # and the box is empty again by itself
    terminal.type("-l", PASSWORD)
    terminal.type("Enter")
    await terminal.until("하나")
    (site.installation.home / "kindscrap" / "go").touch()
    await terminal.until("둘")
    row = await site.installation.until("kindscrap", lambda row: row["status"] == "OK" and not row["running"])
    assert (row["last_run"]["origin"], row["last_run"]["started_by"]) == ("rerun", "ops")
    terminal.type("Escape")
    await terminal.until("auto_esafe")
    terminal.resize(80, 24)
    shown = await terminal.until("kindscrap")
    assert max(len(line) for line in shown.splitlines()) <= 80
    terminal.type("q")
    await terminal.until("ended with 0")


async def test_verbs_over_ssh_print_and_return_their_exit_code(site):
    append(site.log, log_line("공시정보 수집 시작"), log_line("공시정보 수집 실패: 시간 초과", "ERROR"))
    await site.installation.until("kindscrap", lambda row: row["status"] == "ERROR")
    code, out, _ = await site.run("guest", "check", "kindscrap")
    assert (code, out.startswith("BATMON ERROR - kindscrap: ")) == (2, True)
    assert re.search(r"\| 'ok'=0 'warning'=0 'error'=1 'unknown'=0", out)
    code, out, _ = await site.run("guest", "check", "--json")
    assert (code, json.loads(out)["status"]) == (2, "ERROR")
    code, out, _ = await site.run("guest", "runs", "kindscrap", "--json")
    assert (code, json.loads(out)[0]["status"]) == (0, "FAILED")
    code, out, _ = await site.run("guest", "logs", "kindscrap", "-n", "1")
    assert (code, "시간 초과" in out) == (0, True)
    code, _, err = await site.run("guest", "check", "no-such-program")
    assert (code, "no-such-program" in err) != (0, False)


async def test_a_viewer_is_refused_by_the_daemon_itself(site):
    code, _, err = await site.run("guest", "rerun", "kindscrap", "--no-follow")
    assert code == 1
    assert "운영자 권한이 필요" in err
    entries = (await site.installation.ask("audit"))["entries"]
    assert ("guest", "rerun", "refused") in {(e["actor"], e["action"], e["outcome"]) for e in entries}
    row = await site.installation.until("kindscrap", bool)
    assert row["running"] is None


async def test_a_lost_daemon_is_said_and_found_again_in_the_same_session(site, terminal):
    terminal.run(*site.ssh("ops"), environ={"LC_ALL": "C.UTF-8"})
    await terminal.until("kindscrap")
    console = site.installation.state / "console.json"
    pid = json.loads(console.read_text())["pid"]
    await site.installation.kill()
    await terminal.until("데몬")
    await site.installation.start()
    assert await site.listening() == site.port
    append(site.log, log_line("공시정보 수집 시작"), log_line("공시정보 수집 실패: 시간 초과", "ERROR"))
    await terminal.until("실행 실패: 공시정보")
    assert json.loads(console.read_text())["pid"] == pid


async def test_a_console_that_is_killed_comes_back_and_the_daemon_does_not_notice(site, terminal):
    terminal.run(*site.ssh("ops"), environ={"LC_ALL": "C.UTF-8"})
    await terminal.until("kindscrap")
    before = await site.installation.ask("doctor")
    note = json.loads((site.installation.state / "console.json").read_text())
    console = identify(note["pid"])
    os.kill(note["pid"], signal.SIGKILL)
    await terminal.until("ended with 0")  # its workers restore the terminals first
    async with asyncio.timeout(PATIENCE_SEC):
        while is_alive(console) or (await site.installation.ask("doctor"))["console"] in ("", note["listening"]):
            await asyncio.sleep(0.05)
    site.port = await site.listening()
    code, out, _ = await site.run("ops", "check")
    assert out.startswith("BATMON")
    assert code in (0, 1, 2, 3)
    assert (await site.installation.ask("doctor"))["pid"] == before["pid"]


async def test_a_local_console_attaches_through_ssh(site, terminal):
    home = site.installation.home
    known = (await site.run("ops", "check"))[0]
    assert known in (0, 1, 2, 3)
    url = f"ssh://ops@127.0.0.1:{site.port}"
    (home / ".ssh").mkdir(mode=0o700)
    (home / ".ssh" / "known_hosts").write_text((home / "known_hosts").read_text())
    terminal.run(
        sys.executable, "-m", "batmon", "tui", url, "--identity", str(home / "ops"),
        environ={"LC_ALL": "C.UTF-8", "HOME": str(home)},
    )  # fmt: skip
    await terminal.until("kindscrap", "auto_esafe")
    append(site.log, log_line("공시정보 수집 시작"), log_line("공시정보 수집 실패: 시간 초과", "ERROR"))
    await terminal.until("실행 실패: 공시정보")
    terminal.type("q")
    await terminal.until("ended with 0")
