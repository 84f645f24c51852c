"""What somebody does who means harm: as another user of the server, over SSH with a key, in the folder it starts in.

One daemon with its console, started where a module called like one of Python's own lies; a record socket and a spool of
a group, as docs/recording.md has them.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import uuid
from pathlib import Path

import psutil
import pytest
import pytest_asyncio

import batmon
from batmon.record.spool import Spool
from tests.acceptance.installation import PATIENCE_SEC, Installation
from tests.acceptance.test_ssh_files import Bed
from tests.state_folders import new_state_folder

NOBODY, GROUP = "nobody", "nogroup"
NOW = "2026-11-21T05:00:00+00:00"
POISON = "import pathlib\npathlib.Path(__file__).with_name('WAS_IMPORTED').touch()\nraise SystemExit(3)\n"
root = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0 or shutil.which("runuser") is None,
    reason="only root can become another user",
)
pytestmark = [pytest.mark.asyncio(loop_scope="module")]


class Poisoned(Installation):
    """Its daemon is started in a folder of somebody else's modules."""

    async def start(self, **environ):
        self.poisoned = self.home / "poisoned"
        self.poisoned.mkdir(exist_ok=True)
        for name in ("asyncio", "csv", "json", "openpyxl", "PIL", "mss", "sqlite3", "select", "re"):
            (self.poisoned / f"{name}.py").write_text(POISON)
        (self.poisoned / "batmon").mkdir(exist_ok=True)
        (self.poisoned / "batmon" / "__init__.py").write_text(POISON.replace("__file__", "__path__[0]"))
        self.config.write_text("\n".join(self.tables), "utf-8")
        self.errors = (self.home / "daemon.log").open("ab")
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", "batmon", "daemon", env={**self.environ, **environ}, stderr=self.errors,
            cwd=self.poisoned,
        )  # fmt: skip
        async with asyncio.timeout(PATIENCE_SEC):
            while not await self._answers():
                assert self.process.returncode is None, (self.home / "daemon.log").read_text()
                await asyncio.sleep(0.02)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bed():
    installation = Poisoned(new_state_folder())
    made = Bed(installation)
    made.shared = Path(tempfile.mkdtemp(prefix="bm-"))
    made.shared.chmod(0o755)
    for name, mode in (("run", 0o2750), ("spool", 0o2770)):
        (made.shared / name).mkdir()
        if os.geteuid() == 0:
            shutil.chown(made.shared / name, group=GROUP)
        (made.shared / name).chmod(mode)
    group = f'group = "{GROUP}"\n' if os.geteuid() == 0 else ""
    installation.tables.append(
        f"[record]\nsocket = '{made.shared}/run/record.sock'\n{group}spools = ['{made.shared}/spool']\n"
    )
    try:
        await made.prepare()
        async with asyncio.timeout(PATIENCE_SEC):
            while not (made.shared / "run" / "record.sock").exists():
                await asyncio.sleep(0.05)
        yield made
    finally:
        await installation.remove()
        shutil.rmtree(made.shared, ignore_errors=True)


PYTHON = shutil.which("python3", path="/usr/bin:/bin")
PLACES = {"PYTHONPATH": str(Path(batmon.__file__).parents[1]), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}


async def as_nobody(program, *words, given=""):
    """Run a Python program as another user of the group: (exit code, what it said)."""
    process = await asyncio.create_subprocess_exec(
        "runuser", "-u", NOBODY, "-g", GROUP, "--", PYTHON, "-c", program, *map(str, words), cwd="/",
        env=PLACES, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    async with asyncio.timeout(PATIENCE_SEC):
        out, _ = await process.communicate(given.encode())
    return process.returncode, out.decode(errors="replace")


def python_for_nobody():
    """Whether another user may run a Python that knows the spool."""
    if PYTHON is None:
        return False
    words = ["runuser", "-u", NOBODY, "--", PYTHON, "-c", "import batmon.record.spool"]
    return subprocess.run(words, capture_output=True, check=False, env=PLACES, cwd="/").returncode == 0


async def test_modules_in_the_folder_where_it_is_started_are_nobodys(bed):
    """Previews, exports, searches, the console: children are Python's, with Python's own modules."""
    ask = bed.installation.ask
    (bed.base / "table.csv").write_text("a,b\n1,2\n")
    async with (
        bed.installation.client() as client,
        client.stream("tree.preview", path="/programs/kindscrap/files/table.csv") as stream,
    ):
        async for _ in stream:
            pass
        assert stream.result["kind"] == "table"
    saved = await ask("export.save", program="kindscrap", format="xlsx")
    assert saved["size"] > 1000
    code, out, err = await bed.ssh("logs kindscrap --find 시작 --regex")
    assert "WAS_IMPORTED" not in out + err, code
    assert not list(bed.installation.poisoned.rglob("WAS_IMPORTED"))


@root
async def test_another_user_reaches_the_shared_socket_and_nothing_else(bed):
    state = bed.installation.state
    if not python_for_nobody():
        pytest.skip("another user may not run this Python")
    connect = "import socket, sys; socket.socket(socket.AF_UNIX).connect(sys.argv[1])"
    for private in (state / "run" / "gate.sock", state / "run" / "record.sock"):
        code, said = await as_nobody(connect, private)
        assert code == 1
        assert "PermissionError" in said or "FileNotFoundError" in said
    code, said = await as_nobody(connect, bed.shared / "run" / "record.sock")
    assert code == 0, said
    for change in (
        "os.remove(sys.argv[1])",
        "os.rename(sys.argv[1], sys.argv[1] + 'x')",
        "os.chmod(sys.argv[1], 0o777)",
    ):
        code, said = await as_nobody(f"import os, sys; {change}", bed.shared / "run" / "record.sock")
        assert code == 1
        assert "PermissionError" in said
    assert stat.S_IMODE((bed.shared / "run" / "record.sock").stat().st_mode) == 0o660


def start(name="Planted", **more):
    return {
        "op": "start", "run_id": str(uuid.uuid4()), "bot_name": name, "task_name": "t", "start_time": NOW, **more,
    }  # fmt: skip


PLANT = """
import json, os, sqlite3, sys
os.umask(0)
folder, ops = sys.argv[1], json.load(sys.stdin)
from batmon.record.spool import Spool
spool = Spool(folder)
for op in ops:
    spool.put([op])
spool.close()
names = [f"{folder}/ops-{number:03d}.sqlite" for number in range(32)]
view_file, link, fifo, inner = [name for name in names if not os.path.exists(name)][:4]
view = sqlite3.connect(view_file)
view.execute("CREATE VIEW ops AS WITH RECURSIVE t(seq, at, op) AS (SELECT 1, 1, '{}' UNION ALL"
             " SELECT seq + 1, 1, '{}' FROM t) SELECT * FROM t WHERE seq < 0")
view.commit()
os.symlink(sys.argv[2], link)
os.mkfifo(fifo)
os.mkdir(inner)
print(json.dumps([view_file, link, fifo, inner]))
"""


@root
async def test_a_spool_full_of_harm_is_emptied_of_what_is_good_in_it(bed):
    if not python_for_nobody():
        pytest.skip("another user may not run this Python")
    odd = [
        "[" * 100_000, "null", "", "\x00", json.dumps(start(start_time="0001-01-01T00:00:00+00:00")),
        json.dumps(start("\x1b]0;x\x07")), json.dumps(start("a/b")),
        json.dumps(start(node="\x1b[2J", cwd="x" * 100_000)),
        json.dumps({"op": "end", "log_id": 10**30, "status": "x", "end_time": NOW}), json.dumps({"op": "drop"}),
        json.dumps(start(process_started=-1e308, pid=2**31 - 1)), json.dumps(start("-x", task_name="\u202e\x9b31m")),
    ]  # fmt: skip
    victim = bed.home / "victim.sqlite"
    victim.write_bytes(b"")
    ops = json.dumps([*odd, json.dumps(start("Good"))])
    code, said = await as_nobody(PLANT, bed.shared / "spool", victim, given=ops)
    assert code == 0, said
    await bed.installation.until("Good", lambda _: True)
    assert bed.installation.process.returncode is None
    assert victim.read_bytes() == b""
    planted = json.loads(said)
    async with asyncio.timeout(PATIENCE_SEC):
        while planted[-1] not in (told := json.dumps((await bed.installation.ask("doctor"))["problems"])):
            await asyncio.sleep(0.1)
    assert all(name in told for name in planted)
    assert "can never be written" in told
    for words in (("check",), ("check", "--json"), ("runs", "Good"), ("runs", "-x"), ("runs", "--", "-x")):
        _, out, err = await bed.installation.batmon(*words)
        assert [char for char in out + err if char != "\n" and not char.isprintable()] == []
    spool = Spool(bed.installation.state / "spool")  # and the daemon's own is emptied too
    spool.put([json.dumps(start("OwnSpool"))])
    spool.close()
    await bed.installation.until("OwnSpool", lambda _: True)


@root
async def test_one_bots_user_may_end_another_ones_run_by_its_number(bed):
    """The group is one circle of trust, and docs/operations.md says so; a stranger has no way in."""

    async def say(*ops):
        reader, writer = await asyncio.open_unix_connection(bed.shared / "run" / "record.sock")
        answers = []
        for op in ops:
            writer.write(json.dumps({"seq": 1, **op}).encode() + b"\n")
            answers.append(json.loads(await reader.readline()))
        writer.close()
        return answers

    (begun,) = await say(start("Mine"))
    (ended,) = await say({"op": "end", "log_id": begun["log_id"], "status": "FAILED", "end_time": NOW})
    assert ended["ok"]
    words = Path(__file__).parents[2].joinpath("docs", "operations.md").read_text("utf-8")
    assert "can end or change the runs of the others" in words


COMMANDS = [
    "scp -f -S/bin/sh /exports", "scp -f -o ProxyCommand=id /exports", "scp -f /exports; id", "scp -f $(id)",
    "scp -f `id`", "scp -f -- -rf", "scp  -f '/exports\n/etc/passwd'", "scp -f /etc/passwd | cat",
    "scp -f ~/.ssh/id_rsa",
    "scp -f '/programs/*/../../../etc/passwd'", "scp -f '/programs/*/files/.*/*'", "scp -f " + "/*" * 3000,
    "scp -f '" + "[" * 3000 + "'", "scp -f /proc/self/environ", "scp -ft /exports",
    "/bin/sh -c id", "sh", "scp-f /etc/passwd", "sftp-server", "/usr/lib/openssh/sftp-server", "internal-sftp",
    "batmon exec a b -- id", "exec a b -- id", "record start a b", "daemon", "--config /etc/passwd check",
    "--state /tmp check", "export kindscrap -o /tmp/x", "get /exports/x -o /tmp/x", "capture -o /tmp/x",
]  # fmt: skip


async def test_no_command_is_smuggled_in(bed):
    async def one(command):
        code, out, err = await bed.ssh(command, user="guest")
        assert code != 0, (command, out, err)
        assert "uid=" not in out + err, command
        assert "root:" not in out, command
        assert "Traceback" not in out + err, command

    for at in range(0, len(COMMANDS), 4):
        await asyncio.gather(*map(one, COMMANDS[at : at + 4]))


@pytest.mark.parametrize("flags", [(), ("-O",)], ids=["sftp protocol", "old protocol"])
async def test_a_folder_of_many_thousand_files_costs_no_memory(bed, flags, tmp_path):
    many = bed.base / "many"
    if not many.exists():
        many.mkdir()
        for number in range(20_000):
            (many / f"{number:06d}.skip").touch()
        (many / "000500.take").write_text("taken")
    note = json.loads((bed.installation.state / "console.json").read_text())
    console = psutil.Process(note["pid"])
    before = sum(process.memory_info().rss for process in (console, *console.children()))
    code, _, err = await bed.scp("/programs/kindscrap/files/many/*.take", tmp_path, *flags)
    assert code == 0, err
    assert (tmp_path / "000500.take").read_text() == "taken"
    after = sum(process.memory_info().rss for process in (console, *console.children()))
    assert after - before < 64 << 20


async def test_while_the_database_is_dumped_no_password_can_be_seen_and_a_kill_leaves_nothing_readable(bed):
    password = (await bed.installation.database_url()).partition("password=")[2] or "\0"
    seen = []
    async with bed.installation.client() as client, client.stream("database.dump") as stream:
        async for _ in stream:
            for process in psutil.Process(bed.installation.process.pid).children(recursive=True):
                try:
                    seen.append(" ".join(process.cmdline()))
                except psutil.Error:
                    continue
    assert not [line for line in seen if password in line or "PGPASSWORD" in line]
    for folder, inner, names in os.walk(bed.installation.state):
        if "postgres" in Path(folder).parts:
            continue
        for name in (*inner, *names):
            mode = Path(folder, name).lstat().st_mode
            if stat.S_ISREG(mode) and Path(folder).name in ("exports", "captures", "spool"):
                assert not mode & 0o077, (folder, name)
    assert not stat.S_IMODE(bed.installation.state.stat().st_mode) & 0o077


async def test_half_a_line_and_many_who_wait_hurt_nobody(bed):
    address = str(bed.shared / "run" / "record.sock")
    held = []
    try:
        for _ in range(520):
            sock = socket.socket(socket.AF_UNIX)
            sock.setblocking(False)
            try:
                sock.connect(address)
                sock.send(b'{"op":"start"')
            except OSError:
                pass
            held.append(sock)
        code, out, _ = await bed.installation.batmon("check")
        assert out, code
    finally:
        for sock in held:
            sock.close()
    spool = Spool(bed.installation.state / "spool")
    spool.put([json.dumps(start("AfterTheCrowd"))])
    spool.close()
    await bed.installation.until("AfterTheCrowd", lambda _: True)
