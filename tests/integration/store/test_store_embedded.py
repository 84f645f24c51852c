import asyncio
import errno
import os
import shutil
import signal
import stat
import subprocess
import sys
import textwrap
from pathlib import Path

import asyncpg
import psutil
import psycopg2
import pytest
import pytest_asyncio

from batmon import places
from batmon.errors import EmbeddedError
from batmon.store import EmbeddedPostgres, data_folder, embedded
from tests.state_folders import new_state_folder

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Unix sockets, signals and modes")


@pytest.fixture
def state():
    folder = new_state_folder()
    yield folder / "state"
    shutil.rmtree(folder)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def made():
    """A state folder with a database, for tests that leave it as they found it: making one takes a second."""
    folder = new_state_folder()
    await (await EmbeddedPostgres.start(folder)).stop()
    yield folder
    shutil.rmtree(folder)


async def gone(pid, seconds=10.0):
    """Wait for the end of a process that is not our child."""
    async with asyncio.timeout(seconds):
        while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
            await asyncio.sleep(0.01)


async def test_one_url_serves_psql_psycopg2_and_asyncpg_and_nothing_listens_on_tcp(state):
    odd = state / "상태 folder"
    server = await EmbeddedPostgres.start(odd)
    try:
        command = [server.binaries.path("psql"), server.url, "-Atc", "SELECT current_user"]
        said = subprocess.run(command, capture_output=True, text=True, check=False)
        assert (said.stdout.strip(), said.stderr) == ("batmon_app", "")
        with psycopg2.connect(server.url) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT current_database(), current_setting('listen_addresses')")
            assert cursor.fetchone() == ("batmon", "")
        connection.close()
        owner = await asyncpg.connect(server.owner_url)
        assert await owner.fetchval("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        assert await owner.fetchval("SELECT datcollate FROM pg_database WHERE datname = 'batmon'") == "C.UTF-8"
        await owner.close()
        assert not [c for c in psutil.Process(server.pid).net_connections(kind="inet") if c.status == "LISTEN"]
    finally:
        await server.stop()


@pytest.mark.parametrize("name", ["상태 폴더", 'it\'s "quoted"', "a,b", "$HOME %20"])
async def test_a_state_folder_may_be_called_anything(state, name):
    server = await EmbeddedPostgres.start(state / name)
    try:
        connection = await asyncpg.connect(server.url)
        assert await connection.fetchval("SELECT 1") == 1
        await connection.close()
        psycopg2.connect(server.url).close()
    finally:
        await server.stop()


async def test_folders_are_private_and_those_above_keep_their_mode(state):
    state.parent.chmod(0o711)
    server = await EmbeddedPostgres.start(state)
    try:
        sockets = Path(places.socket_folder(str(state)))
        modes = [stat.S_IMODE(path.stat().st_mode) for path in (state.parent, state, state / "postgres", sockets)]
        assert modes == [0o711, 0o700, 0o700, 0o700]
        assert stat.S_IMODE((sockets / ".s.PGSQL.5432").stat().st_mode) == 0o700
    finally:
        await server.stop()


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root needs another identity")
async def test_root_runs_it_as_nobody_in_a_user_namespace(made):
    server = await EmbeddedPostgres.start(made)
    try:
        assert Path(f"/proc/{server.pid}/uid_map").read_text().split() == ["65534", "0", "1"]
        assert (made / "postgres").stat().st_uid == 0
    finally:
        await server.stop()


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root needs another identity")
def test_root_runs_it_as_the_owner_of_the_state_folder(tmp_path):
    assert data_folder.identity_for(tmp_path) == "namespace"
    os.chown(tmp_path, 12345, 12346)
    assert data_folder.identity_for(tmp_path) == "12345:12346"


async def test_a_stop_is_clean_and_a_second_start_keeps_what_was_written(made):
    server = await EmbeddedPostgres.start(made)
    owner = await asyncpg.connect(server.owner_url)
    await owner.execute("CREATE TABLE kept AS SELECT 1 AS one")
    await server.stop()
    await owner.close()
    control = subprocess.run(
        [server.binaries.path("pg_controldata"), made / "postgres"], capture_output=True, text=True, check=True
    )
    assert "shut down\n" in control.stdout
    server = await EmbeddedPostgres.start(made)
    try:
        owner = await asyncpg.connect(server.owner_url)
        assert await owner.fetchval("SELECT one FROM kept") == 1
        await owner.close()
    finally:
        await server.stop()


async def test_another_owner_is_refused_with_words_until_the_first_lets_go(made):
    server = await EmbeddedPostgres.start(made)
    with pytest.raises(EmbeddedError, match=f"another daemon \\(pid {os.getpid()}\\) owns the database"):
        await EmbeddedPostgres.start(made)
    await server.stop()
    await (await EmbeddedPostgres.start(made)).stop()


DAEMON = textwrap.dedent("""
    import asyncio, sys
    from pathlib import Path
    from batmon.store import EmbeddedPostgres

    async def main():
        server = await EmbeddedPostgres.start(Path(sys.argv[1]))
        print(server.pid, flush=True)
        await asyncio.Event().wait()

    asyncio.run(main())
""")


async def test_a_kill_while_the_database_is_made_leaves_nothing_that_matters(state):
    with subprocess.Popen([sys.executable, "-c", DAEMON, state]) as daemon:
        async with asyncio.timeout(20):
            while not list(state.glob("postgres.new-*/base")):
                await asyncio.sleep(0.005)
        daemon.kill()
    assert not (state / "postgres").exists()
    server = await EmbeddedPostgres.start(state)
    await server.stop()
    assert not data_folder.half_made(state / "postgres")


async def test_a_database_that_is_not_on_the_disk_is_none(state, monkeypatch):
    seen = []

    def unplugged(folder):
        seen.append((folder / "PG_VERSION").exists() and not (state / "postgres").exists())
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(data_folder, "put_on_disk", unplugged)
    with pytest.raises(EmbeddedError, match="could not be made: Input/output error"):
        await EmbeddedPostgres.start(state)
    assert seen == [True]
    assert not list(state.glob("postgres*/"))


def test_every_file_and_folder_is_put_on_the_disk(tmp_path, monkeypatch):
    for number in range(40):
        file = tmp_path / f"base/{number % 3}" / str(number)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("page")
    synced = []
    monkeypatch.setattr(os, "fsync", lambda opened: synced.append(os.fstat(opened).st_ino))
    data_folder.put_on_disk(tmp_path)
    assert sorted(synced) == sorted(path.stat().st_ino for path in (tmp_path, *tmp_path.rglob("*")))


async def test_it_ends_with_the_process_that_started_it_even_by_kill(made):
    with subprocess.Popen([sys.executable, "-c", DAEMON, made], stdout=subprocess.PIPE, text=True) as daemon:
        pid = int(daemon.stdout.readline())
        daemon.kill()
    server = await EmbeddedPostgres.start(made)  # at once, while the orphan is still on its way down
    try:
        await gone(pid)
        assert data_folder.postmaster(made / "postgres") == (server.pid, True)
    finally:
        await server.stop()


async def test_after_kill_9_died_returns_and_a_new_start_ends_busy_backends_and_recovers(made):
    server = await EmbeddedPostgres.start(made)
    owner = await asyncpg.connect(server.owner_url)
    await owner.execute("CREATE TABLE survived AS SELECT 1 AS one")
    busy = await asyncpg.connect(server.owner_url)
    backend = await busy.fetchval("SELECT pg_backend_pid()")
    working = asyncio.create_task(busy.execute("SELECT sum(n) FROM generate_series(1, 10000000000) AS n"))
    while not await owner.fetchval("SELECT 1 FROM pg_stat_activity WHERE pid = $1 AND state = 'active'", backend):
        await asyncio.sleep(0.01)
    os.kill(server.pid, signal.SIGKILL)
    await asyncio.wait_for(server.died(), 10)
    assert psutil.pid_exists(backend)  # it has not noticed: nobody but us would end it
    server = await EmbeddedPostgres.start(made)
    try:
        await gone(backend)
        with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
            await working
        again = await asyncpg.connect(server.owner_url)
        assert await again.fetchval("SELECT one FROM survived") == 1
        await again.close()
    finally:
        await server.stop()
        busy.terminate()
        owner.terminate()


async def test_died_does_not_return_for_a_stop(made):
    server = await EmbeddedPostgres.start(made)
    waiting = asyncio.create_task(server.died())
    await server.stop()
    done, _ = await asyncio.wait((waiting,), timeout=0.05)
    assert not done
    waiting.cancel()


async def test_a_pid_file_that_names_a_stranger_is_no_obstacle(made):
    await (await EmbeddedPostgres.start(made)).stop()
    with subprocess.Popen(["sleep", "60"]) as stranger:
        try:
            text = f"{stranger.pid}\n{made}/postgres\n1700000000\n5432\n{made}/run\n\n     1         1\nready\n"
            (made / "postgres" / "postmaster.pid").write_text(text)
            (Path(places.socket_folder(str(made))) / ".s.PGSQL.5432.lock").write_text(text)
            await (await EmbeddedPostgres.start(made)).stop()
            assert stranger.poll() is None
        finally:
            stranger.kill()


async def test_data_of_another_version_and_a_folder_that_is_none_are_refused(state):
    (state / "postgres").mkdir(parents=True)
    with pytest.raises(EmbeddedError, match="is not a PostgreSQL data folder"):
        await EmbeddedPostgres.start(state)
    (state / "postgres" / "PG_VERSION").write_text("13\n")
    with pytest.raises(EmbeddedError, match="made by PostgreSQL 13, and this installation has") as refused:
        await EmbeddedPostgres.start(state)
    assert "docs/operations.md" in refused.value.hint
    assert sorted(path.name for path in (state / "postgres").iterdir()) == ["PG_VERSION"]


async def test_a_socket_folder_that_somebody_else_prepared_is_refused(state):
    deep = state / ("long" * 20)
    folder = Path(places.socket_folder(str(deep)))
    assert not folder.is_relative_to(deep)
    folder.symlink_to(state.parent)
    try:
        with pytest.raises(EmbeddedError, match="not a folder of ours"):
            await EmbeddedPostgres.start(deep)
    finally:
        folder.unlink()
    server = await EmbeddedPostgres.start(deep)
    await server.stop()
    shutil.rmtree(folder)


async def test_why_it_did_not_start_is_told_from_its_log(made):
    settings = made / "postgres" / "postgresql.auto.conf"
    before = settings.read_text()
    settings.write_text("no_such_setting = 1\n")
    try:
        with pytest.raises(EmbeddedError, match="no_such_setting"):
            await EmbeddedPostgres.start(made)
    finally:
        settings.write_text(before)


def test_the_servers_log_starts_again_beyond_its_cap_while_it_is_open(tmp_path):
    path = tmp_path / "postgres.log"
    writer = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(writer, b"old\n" * (embedded.LOG_BYTES // 4 + 1))
    embedded._shorten(path)
    os.write(writer, b"new\n")
    os.close(writer)
    assert path.read_bytes() == b"new\n"
    assert (tmp_path / "postgres.log.1").stat().st_size == embedded.LOG_BYTES


async def test_a_port_in_the_environment_leads_nobody_astray(made, monkeypatch):
    monkeypatch.setenv("PGPORT", "1")
    monkeypatch.setenv("PGDATABASE", "elsewhere")
    server = await EmbeddedPostgres.start(made)
    connection = await asyncpg.connect(server.url)
    assert await connection.fetchval("SELECT current_database()") == "batmon"
    await connection.close()
    await server.stop()
