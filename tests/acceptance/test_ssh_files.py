"""Files over SSH with the programs that people use: scp, scp -O, sftp, and those of PuTTY."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path

import asyncssh
import openpyxl
import psutil
import pytest
import pytest_asyncio

from batmon.gate.keyring import KeyRing
from batmon.model import Role
from batmon_tui.ssh.sftp_packets import Kind, packet, string
from tests.acceptance.installation import PATIENCE_SEC, Installation, log_line
from tests.state_folders import new_state_folder

KOREAN = "한글 로그 2026.log"
MEGABYTE = 1024 * 1024


class Bed:
    """An installation with its console, two people, and folders that hold what people look for and what hurts."""

    def __init__(self, installation: Installation):
        self.installation = installation
        self.home = installation.home
        self.keys = {}
        self.base = installation.home / "kindscrap"
        self.logs = self.base / "logs"

    async def prepare(self):
        log = self.installation.add_program("kindscrap")
        log.write_text(log_line("시작") + log_line("완료"), "utf-8")
        (self.logs / KOREAN).write_text("안녕하세요\n", "utf-8")
        deep = self.base / "out" / "깊은 폴더" / "더"
        deep.mkdir(parents=True)
        (deep / "result.csv").write_text("a,b\n1,2\n")
        (self.base / "out" / "empty.txt").touch()
        (self.base / "out" / b"bad\xff\nname".decode(errors="surrogateescape")).write_text("strange\n")
        self.big = self.base / "out" / "big.bin"
        self.big.write_bytes(os.urandom(3 * MEGABYTE + 12_345))
        secret = self.home / "secret.txt"
        secret.write_text("geheim")
        (self.base / "out" / "escape.txt").symlink_to(secret)
        (self.base / "out" / "outside").symlink_to(self.home)
        os.mkfifo(self.base / "out" / "pipe")
        os.link(secret, self.base / "out" / "twin.txt")
        self.installation.tables[0] = '[ssh]\nenabled = true\nlisten = "127.0.0.1:0"\n'
        await self.installation.start()
        ring = KeyRing(self.installation.state / "authorized_keys")
        for name, role in (("kim", Role.ADMIN), ("guest", Role.VIEWER)):
            key = self.home / name
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
            ring.add(name, role, key.with_suffix(".pub").read_text())
            self.keys[name] = key
        async with asyncio.timeout(PATIENCE_SEC):
            while not (listening := (await self.installation.ask("doctor"))["console"]):
                await asyncio.sleep(0.05)
        self.port = int(listening.rpartition(":")[2])

    def options(self, user="kim", port_flag="-P"):
        return [
            "-F", "none", port_flag, str(self.port), "-i", str(self.keys[user]), "-o", "IdentitiesOnly=yes",
            "-o", "IdentityAgent=none", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no",
            "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR",
        ]  # fmt: skip

    async def run(self, *command, stdin=b""):
        process = await asyncio.create_subprocess_exec(
            *map(str, command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        async with asyncio.timeout(PATIENCE_SEC):
            out, err = await process.communicate(stdin)
        return process.returncode, out.decode(errors="replace"), err.decode(errors="replace")

    async def scp(self, source, target, *flags, user="kim"):
        return await self.run("scp", *flags, *self.options(user), f"{user}@127.0.0.1:{source}", target)

    async def sftp(self, *lines, user="kim"):
        batch = "".join(f"{line}\n" for line in lines).encode()
        return await self.run("sftp", "-b", "-", *self.options(user), f"{user}@127.0.0.1", stdin=batch)

    async def ssh(self, command, user="kim"):
        return await self.run("ssh", *self.options(user, "-p"), f"{user}@127.0.0.1", command)

    def connect(self, user="kim"):
        return asyncssh.connect(
            "127.0.0.1", self.port, username=user, client_keys=[str(self.keys[user])], known_hosts=None, config=None
        )

    async def refusals(self, text):
        return [e for e in (await self.installation.ask("audit", limit=200))["entries"]
                if e["outcome"] == "refused" and text in str(e["detail"])]  # fmt: skip


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bed():
    installation = Installation(new_state_folder())
    made = Bed(installation)
    try:
        await made.prepare()
        yield made
    finally:
        await installation.remove()


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.parametrize("flags", [(), ("-O",), ("-p",), ("-O", "-p")], ids=" ".join)
async def test_scp_fetches_a_log_and_a_korean_name(bed, tmp_path, flags):
    for name in ("kindscrap.log", KOREAN):
        source = f"/programs/kindscrap/logs/{name}"
        asked = source.replace(" ", "\\ ") if "-O" in flags else source
        code, _, err = await bed.scp(asked, tmp_path, *flags)
        assert code == 0, err
        assert (tmp_path / name).read_bytes() == (bed.logs / name).read_bytes()
        if "-p" in flags:
            assert int((tmp_path / name).stat().st_mtime) == int((bed.logs / name).stat().st_mtime)


@pytest.mark.parametrize("flags", [(), ("-O",)], ids=["sftp protocol", "old protocol"])
async def test_a_folder_with_all_that_is_in_it(bed, tmp_path, flags):
    """What cannot be given is said, everything else arrives, and nothing from outside."""
    code, out, err = await bed.scp("/programs/kindscrap/files/out", tmp_path / "got", "-r", *flags)
    got = {str(path.relative_to(tmp_path / "got")) for path in (tmp_path / "got").rglob("*") if path.is_file()}
    assert got >= {"깊은 폴더/더/result.csv", "empty.txt", "big.bin", "bad\\xff\\nname"}
    assert (tmp_path / "got" / "big.bin").read_bytes() == bed.big.read_bytes()
    assert (tmp_path / "got" / "bad\\xff\\nname").read_text() == "strange\n"
    for path in (tmp_path / "got").rglob("*"):
        assert not path.is_symlink()
        assert not path.is_file() or b"geheim" not in path.read_bytes()
    assert code == 1
    assert "twin.txt" in out + err


async def test_patterns_are_matched_without_a_shell(bed, tmp_path):
    for flags in ((), ("-O",)):
        folder = tmp_path / f"at{len(flags)}"
        folder.mkdir()
        code, _, err = await bed.scp("/programs/*/logs/*.log", folder, *flags)
        assert code == 0, err
        assert {path.name for path in folder.iterdir()} == {"kindscrap.log", KOREAN}


async def test_sftp_goes_about_and_shows_hostile_names_harmless(bed, tmp_path):
    code, out, err = await bed.sftp(
        "pwd", "cd programs/kindscrap", "cd logs", "ls -l", "cd ..", "pwd", "ls -la files/out", "cd /",
        f"get {KOREAN!r} {tmp_path}".replace("get '", "get '/programs/kindscrap/logs/"), "reget /exports/none",
    )  # fmt: skip
    assert "Remote working directory: /programs/kindscrap\n" in out
    assert "bad\\xff\\nname" in out
    assert "\nname" not in out
    assert "lrwxrwxrwx" in out
    assert (tmp_path / KOREAN).exists(), err
    assert code == 1  # the last one is not there


LOG = "/programs/kindscrap/logs/kindscrap.log"
REFUSED = (
    "put {file} /programs/kindscrap/logs/new.log", "put {file} /reports/x", f"put {{file}} {LOG}",
    f"rename {LOG} {LOG}.1", f"rm {LOG}", "ln -s /etc/passwd /exports/p", f"ln {LOG} /exports/l", "mkdir /exports/new",
    "symlink a /b", "rmdir /programs/kindscrap/logs", f"chmod 600 {LOG}", f"chown 0 {LOG}",
)  # fmt: skip


@pytest.mark.parametrize("user", ["kim", "guest"])
@pytest.mark.parametrize("line", REFUSED)
async def test_nothing_can_be_changed(bed, tmp_path, line, user):
    (tmp_path / "file").write_text("evil")
    before = {path: path.lstat() for path in bed.home.joinpath("kindscrap").rglob("*")}
    code, _, err = await bed.sftp(line.format(file=tmp_path / "file"), user=user)
    assert code == 1
    assert "denied" in err or "not support" in err or "Can't get current ownership" in err, err
    after = {path: path.lstat() for path in bed.home.joinpath("kindscrap").rglob("*")}
    assert {path: (s.st_ino, s.st_size, s.st_mode) for path, s in before.items()} == {
        path: (s.st_ino, s.st_size, s.st_mode) for path, s in after.items()
    }


async def test_putting_by_scp_is_refused_with_a_sentence(bed, tmp_path):
    (tmp_path / "file").write_text("evil")
    for flags in ((), ("-O",)):
        command = ("scp", *flags, *bed.options(), tmp_path / "file", "kim@127.0.0.1:/exports/file")
        code, _, err = await bed.run(*command)
        assert code == 1
        assert "denied" in err or "read-only view" in err, err
    assert not (bed.installation.state / "exports" / "file").exists()


@pytest.mark.parametrize("user", ["kim", "guest"])
async def test_a_viewer_reads_too_but_what_is_for_admins_stays_there(bed, tmp_path, user):
    exports = bed.installation.state / "exports"
    (exports / "captures").mkdir(parents=True, exist_ok=True)
    for name in ("all.dump", "captures/screen.png", "runs.csv"):
        (exports / name).write_text(name)
        code, _, err = await bed.scp(f"/exports/{name}", tmp_path, user=user)
        allowed = user == "kim" or name == "runs.csv"
        assert (code == 0) is allowed, err
        assert (tmp_path / Path(name).name).exists() is allowed


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/programs/kindscrap/files/../../secret.txt", ".."),
        ("/../../../etc/passwd", ".."),
        ("/programs/kindscrap/files/out/escape.txt", "escape.txt"),
        ("/programs/kindscrap/files/out/outside/secret.txt", "outside"),
        ("/programs/kindscrap/files/out/pipe", "pipe"),
        ("/programs/kindscrap/files/out/twin.txt", "twin.txt"),
        ("/programs/kindscrap/files/C:\\\\windows", "windows"),
        ("/etc/passwd", None),
    ],
)
async def test_nothing_outside_is_read_and_the_trail_tells_who_tried(bed, tmp_path, path, said):
    async with bed.connect("guest") as connection, connection.start_sftp_client() as sftp:
        before = len(await bed.refusals(said)) if said else 0
        with pytest.raises((asyncssh.SFTPPermissionDenied, asyncssh.SFTPNoSuchFile)):
            await sftp.open(path, "rb")
    for flags in ((), ("-O",)):
        code, _, _ = await bed.scp(path, tmp_path / "got", *flags, user="guest")
        assert code == 1
    assert not (tmp_path / "got").exists()
    if said:
        found = await bed.refusals(said)
        assert len(found) > before
        assert found[0]["actor"] == "guest"


async def test_reads_at_any_place_and_a_log_that_grows(bed):
    whole = bed.big.read_bytes()
    growing = bed.base / "out" / "growing.txt"
    growing.write_bytes(b"one\n")
    async with bed.connect() as connection, connection.start_sftp_client() as sftp:
        async with sftp.open("/programs/kindscrap/files/out/big.bin", "rb") as file:
            assert (await file.stat()).size == len(whole)
            for offset, length in (
                (0, 1),
                (524_287, 2),
                (524_288, 524_288),
                (len(whole) - 3, 100),
                (MEGABYTE, 261_120),
            ):
                assert await file.read(length, offset) == whole[offset : offset + length]
            assert await file.read(10, len(whole)) == b""
            assert await file.read(10, 2**62) == b""
        async with sftp.open("/programs/kindscrap/files/out/growing.txt", "rb") as file:
            assert await file.read(100, 0) == b"one\n"
            with growing.open("ab") as more:
                more.write(b"two\n")
            async with asyncio.timeout(PATIENCE_SEC):
                while not (found := await file.read(100, 4)):
                    await asyncio.sleep(0.05)
            assert found == b"two\n"
        async with sftp.open("/programs/kindscrap/files/out/growing.txt", "rb") as file:
            growing.unlink()
            growing.write_bytes(b"another file\n" * 100_000)
            with pytest.raises(asyncssh.SFTPError):
                await file.read(1000, MEGABYTE)
    growing.unlink()


async def test_handles_are_bounded_and_come_back(bed):
    async with bed.connect() as connection, connection.start_sftp_client() as sftp:
        path = "/programs/kindscrap/logs/kindscrap.log"
        held = [await sftp.open(path, "rb") for _ in range(64)]
        for attempt in (sftp.open(path, "rb"), sftp.listdir("/")):
            with pytest.raises(asyncssh.SFTPFailure, match="64 files and folders are open"):
                await attempt
        await held[0].close()
        assert sorted(await sftp.listdir("/")) == [".", "..", "exports", "programs", "reports"]
        again = await sftp.open(path, "rb")
        assert await again.read(10)


async def test_a_client_that_asks_for_100_000_reads_and_takes_none_costs_nothing(bed):
    """They wait on its side: the server answers no more than the client takes."""
    console = psutil.Process((await _note(bed))["pid"])
    workers = console.children() or [console]
    async with bed.connect() as connection:
        writer, reader, _ = await connection.open_session(subsystem="sftp", encoding=None, window=256 * 1024)
        writer.write(b"\0\0\0\5\1\0\0\0\3")
        size = int.from_bytes(await reader.readexactly(4), "big")
        await reader.readexactly(size)
        path = string("/programs/kindscrap/files/out/big.bin")
        writer.write(packet(Kind.OPEN, 1, path, (1).to_bytes(4, "big"), bytes(4)))
        answer = await reader.readexactly(int.from_bytes(await reader.readexactly(4), "big"))
        handle = answer[9:]
        before = sum(process.memory_info().rss for process in workers)
        asked = b"".join(
            packet(Kind.READ, n, string(handle), bytes(8), (261_120).to_bytes(4, "big")) for n in range(100_000)
        )
        writer.write(asked)
        most = 0
        for _ in range(30):
            await asyncio.sleep(0.1)
            most = max(most, sum(process.memory_info().rss for process in workers) - before)
        assert most < 16 * MEGABYTE, f"{most / MEGABYTE:.1f} MiB"
        code, out, _ = await bed.ssh("check kindscrap")  # and others are served
        assert out, code
        connection.abort()


async def _note(bed):
    return json.loads((bed.installation.state / "console.json").read_text())


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xff\xff\xff", b"\0\0\0\0", b"\0\0\0\5\1\0\0\0\3\0\0\0\1\3", b"\0\0\0\5\1\0\0\0\3\0\0\0\5\3\0\0\0\1",
        b"GET / HTTP/1.0\r\n\r\n", b"\0\0\0\5\x09\0\0\0\3",
    ],
)  # fmt: skip
async def test_what_is_no_sftp_ends_or_is_told_and_hurts_nobody(bed, data):
    async with bed.connect() as connection:
        writer, reader, _ = await connection.open_session(subsystem="sftp", encoding=None)
        writer.write(data)
        writer.write_eof()
        async with asyncio.timeout(PATIENCE_SEC):
            await reader.read()
    code, _, _ = await bed.sftp("pwd")
    assert code == 0


@pytest.mark.parametrize("command", ["scp -f", "scp -x -f /a", "scp /a", "scp -f 'open", "scp -t -- /exports"])
async def test_commands_of_scp_that_mean_nothing_here(bed, command):
    code, out, err = await bed.ssh(command)
    assert code == 1
    assert "scp: " in out, err


async def test_a_key_that_goes_away_takes_its_files_along(bed):
    key = bed.home / "lee"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    ring = KeyRing(bed.installation.state / "authorized_keys")
    ring.add("lee", Role.VIEWER, key.with_suffix(".pub").read_text())
    bed.keys["lee"] = key
    async with bed.connect("lee") as connection, connection.start_sftp_client() as sftp:
        assert await sftp.listdir("/programs")
        ring.remove("lee", None)
        with pytest.raises((asyncssh.SFTPError, asyncssh.ConnectionLost)):
            await sftp.listdir("/exports")
        async with asyncio.timeout(PATIENCE_SEC):
            await connection.wait_closed()


async def test_a_daemon_that_comes_back_is_found_again(bed):
    async with bed.connect() as connection, connection.start_sftp_client() as sftp:
        assert "kindscrap" in await sftp.listdir("/programs")
        await bed.installation.kill()
        with pytest.raises(asyncssh.SFTPFailure, match="daemon"):
            await sftp.listdir("/programs")
        await bed.installation.start()
        assert "kindscrap" in await sftp.listdir("/programs")


async def test_exports_by_ssh_and_then_by_scp(bed, tmp_path):
    code, out, err = await bed.ssh("export kindscrap --format jsonl", user="guest")
    assert code == 0, err
    assert all(json.loads(line)["bot_name"] == "kindscrap" for line in out.splitlines())
    code, _, err = await bed.ssh("export kindscrap -o here.csv", user="guest")
    assert code == 2
    assert "cannot be written over SSH" in err
    code, _, err = await bed.ssh("export kindscrap --format xlsx --save", user="guest")
    assert code == 1
    assert "needs the role operator" in err
    code, out, err = await bed.ssh("export kindscrap --format xlsx --save")
    assert code == 0, err
    code, _, err = await bed.scp(out.strip(), tmp_path)
    assert code == 0, err
    assert openpyxl.load_workbook(next(tmp_path.iterdir())).sheetnames == ["runs"]


async def test_reports_by_ssh_and_then_by_scp(bed, tmp_path):
    code, out, err = await bed.ssh("report generate weekly_ops --format md", user="guest")
    assert (code, "needs the role operator" in err) == (1, True), err
    code, out, err = await bed.ssh("report generate weekly_ops --format md -o here.md")
    assert (code, "cannot be written over SSH" in err) == (2, True), err
    code, out, err = await bed.ssh("report generate weekly_ops --format pdf")
    assert code == 0, err
    code, _, err = await bed.scp(out.strip(), tmp_path / "weekly.pdf", user="guest")
    assert code == 0, err
    [report] = json.loads((await bed.ssh("report list --json", user="guest"))[1])
    assert hashlib.sha256((tmp_path / "weekly.pdf").read_bytes()).hexdigest() == report["sha256"]
    code, printed, err = await bed.ssh(f"report export {report['id']} -o - | sha256sum", user="guest")
    assert code == 2, printed  # no shell sees it
    process = await asyncio.create_subprocess_exec(
        "ssh", *bed.options("guest", "-p"), "guest@127.0.0.1", f"report export {report['id']} -o -",
        stdout=subprocess.PIPE,
    )  # fmt: skip
    printed, _ = await process.communicate()
    assert hashlib.sha256(printed).hexdigest() == report["sha256"]


async def test_the_whole_database_is_for_admins(bed, tmp_path):
    for command in ("database dump", "capture"):
        code, _, err = await bed.ssh(command, user="guest")
        assert code == 1
        assert "needs the role admin" in err
    code, out, err = await bed.ssh("database dump")
    assert code == 0, err
    for user, fetched in (("guest", False), ("kim", True)):
        code, _, _ = await bed.scp(out.strip(), tmp_path / "all.dump", user=user)
        assert (tmp_path / "all.dump").exists() is fetched
    assert (tmp_path / "all.dump").read_bytes().startswith(b"PGDMP")
    assert await bed.refusals("database.dump needs the role admin")


@pytest.mark.skipif(not (shutil.which("psftp") and shutil.which("puttygen")), reason="PuTTY's programs are needed")
async def test_psftp_of_which_winscp_and_filezilla_are_made(bed, tmp_path):
    """PuTTY's own implementation of SFTP and of the old copy protocol."""
    key = tmp_path / "key.ppk"
    code, _, err = await bed.run("puttygen", bed.keys["guest"], "-O", "private", "-o", key)
    assert code == 0, err
    host_key = (bed.installation.state / "ssh_host_ed25519_key").read_bytes()
    fingerprint = asyncssh.import_private_key(host_key).get_fingerprint()
    common = ("-batch", "-hostkey", fingerprint, "-P", bed.port, "-i", key)
    target, batch = tmp_path / "big.bin", tmp_path / "batch"
    batch.write_text(f"cd /programs/kindscrap/files/out\nls\nget big.bin {target}\nrm big.bin\nmkdir x\nquit\n")
    _, out, err = await bed.run("psftp", *common, "-be", "-b", batch, "guest@127.0.0.1")
    assert target.read_bytes() == bed.big.read_bytes(), err
    assert "bad\\xff\\nname" in out
    assert out.count("permission denied") == 2, out
    for protocol in ("-sftp", "-scp"):
        copied = tmp_path / f"copied{protocol}"
        source = "guest@127.0.0.1:/programs/kindscrap/files/out/big.bin"
        code, out, err = await bed.run("pscp", *common, protocol, source, copied)
        assert code == 0, out + err
        assert copied.read_bytes() == bed.big.read_bytes()
