"""The step ``backup``: a real dump, restored to try it, kept in a folder or in a store that speaks S3."""

import asyncio
import hashlib
import json
import os
from datetime import UTC, datetime

import pytest

from batmon.config.outside_steps import S3Place
from batmon.config.secrets import Secret
from batmon.engine.automations import s3
from batmon.engine.automations.backup_step import file_name, made_by, prune
from batmon.errors import StoreError
from batmon.store.dump import dump
from batmon.store.restoring import frozen, try_restore
from tests.integration.automation_world import Clock, World, ended
from tests.s3_server import ACCESS, REGION, SECRET, Store

FIRST_OF_DECEMBER = "2025-12-01T02:00:00+09:00"
LIST = "SELECT datname FROM pg_database WHERE datname LIKE 'batmon_restore%'"


@pytest.fixture
async def world(tmp_path, store, database_url, owner_url):
    made = World(tmp_path, store, database_url, owner_url, Clock("2025-12-01T01:59:30+09:00"))
    await made.fetch('CREATE TABLE "odd name" (id int)')
    await made.fetch('INSERT INTO "odd name" SELECT generate_series(1, 1234)')
    return made


@pytest.fixture
async def bucket():
    there = Store()
    async with there.serving() as address:
        there.address = address
        yield there


def table(step, more=""):
    return f"""
[[automations]]
name = "monthly"
title = "데이터베이스 백업"
schedule = "0 2 1 * *"
timeout = "2m"
{more}
[[automations.steps]]
do = "backup"
as = "backup"
{step}
[[automations.steps]]
do = "email"
to = "admins"
template = "backup_done"
data = {{ file = "{{{{ backup.file }}}}", where = "{{{{ backup.stored }}}}" }}
"""


def in_bucket(address, **more):
    given = {"endpoint": address, "region": REGION, "bucket": "backups", "access_key": ACCESS, "secret_key": SECRET}
    return "s3 = { " + ", ".join(f"{key} = {json.dumps(value)}" for key, value in (given | more).items()) + " }"


async def on_the_first(world, tables):
    """Let the first of December come; the row of the log."""
    async with world.running(tables) as automations:
        world.clock.at = datetime.fromisoformat(FIRST_OF_DECEMBER).astimezone(UTC)
        automations._scheduler._earlier.set()
        (row,) = await world.until(ended)
    return row


@pytest.mark.parametrize("name", ["backup_{year}_{month}.sql", "backup_{year}_{month}", "backup_{year}_{month}.dump"])
async def test_the_backup_of_november_is_made_tried_and_announced(world, name):
    row = await on_the_first(world, table(f'name = "{name}"\nfolder = "kept"'))
    assert row["status"] == "success", row["error_message"]
    file = world.folder / "kept" / ("backup_2025_11.dump" if name.endswith(".dump") else "backup_2025_11.sql")
    content = file.read_bytes()
    assert (b"PostgreSQL database dump" in content[:100]) is file.name.endswith(".sql")
    sha256 = hashlib.sha256(content).hexdigest()
    assert file.with_name(file.name + ".sha256").read_text() == f"{sha256}  {file.name}\n"
    assert file.stat().st_mode & 0o077 == 0
    assert sorted(each.name for each in file.parent.iterdir()) == [file.name, file.name + ".sha256"]
    assert sha256 in row["output"]
    assert "restored" in row["output"]
    assert await world.fetch(LIST) == []
    (owed,) = await world.fetch("SELECT template, recipient, data FROM notifications")
    assert (owed["template"], owed["recipient"]) == ("backup_done", "ops@example.com")
    data = json.loads(owed["data"])
    assert data["file"] == file.name
    assert data["where"] == str(file)
    assert data["backup"]["size"] == len(content)
    assert data["backup"]["restored"] is True


async def test_a_backup_in_a_bucket_with_old_ones_removed(world, bucket):
    for month in (7, 8, 9, 10):
        bucket.objects["backups", f"hdh/backup_2025_{month:02d}.sql"] = (
            b"old",
            datetime(2025, month + 1, 1, tzinfo=UTC),
        )
        bucket.objects["backups", f"hdh/backup_2025_{month:02d}.sql.sha256"] = (
            b"x",
            datetime(2025, month + 1, 1, tzinfo=UTC),
        )
    bucket.objects["backups", "hdh/backup_of_kim.sql"] = (b"not ours", datetime(2020, 1, 1, tzinfo=UTC))
    bucket.page = 3
    step = f'name = "backup_{{year}}_{{month}}.sql"\nkeep = 2\n{in_bucket(bucket.address, prefix="hdh")}'
    row = await on_the_first(world, table(step))
    assert row["status"] == "success", row["error_message"]
    kept = sorted(key for _, key in bucket.objects)
    assert kept == [
        "hdh/backup_2025_10.sql", "hdh/backup_2025_10.sql.sha256", "hdh/backup_2025_11.sql",
        "hdh/backup_2025_11.sql.sha256", "hdh/backup_of_kim.sql",
    ]  # fmt: skip
    content, _ = bucket.objects["backups", "hdh/backup_2025_11.sql"]
    assert content.startswith(b"--\n-- PostgreSQL database dump")
    assert bucket.objects["backups", "hdh/backup_2025_11.sql.sha256"][0].startswith(
        hashlib.sha256(content).hexdigest().encode()
    )
    (owed,) = await world.fetch("SELECT data FROM notifications")
    assert json.loads(owed["data"])["where"] == "s3://backups/hdh/backup_2025_11.sql"


@pytest.mark.parametrize("secret", ["wrong", SECRET])
async def test_a_store_that_refuses_makes_it_fail_and_nothing_says_the_secret(world, bucket, secret):
    if secret == SECRET:
        bucket.refuse = [503] * 10
    step = f'name = "b.sql"\ntest_restore = false\n{in_bucket(bucket.address, secret_key=secret)}'
    row = await on_the_first(world, table(step))
    assert row["status"] == "failed"
    assert ("SignatureDoesNotMatch" if secret == "wrong" else "HTTP 503") in row["error_message"]
    said = json.dumps([dict(each) for each in await world.fetch("SELECT data::text, template FROM notifications")])
    assert SECRET not in said + str(row)
    assert "automation_failed" in said


async def test_a_store_that_stumbles_is_asked_again(world, bucket):
    bucket.refuse = [503, 429]
    row = await on_the_first(world, table(f'name = "b.sql"\ntest_restore = false\n{in_bucket(bucket.address)}'))
    assert row["status"] == "success", row["error_message"]


async def test_a_large_file_goes_in_parts_and_a_failed_one_leaves_none(bucket, tmp_path, monkeypatch):
    monkeypatch.setattr(s3, "PART_BYTES", 1 << 20)
    monkeypatch.setattr(s3, "AGAIN_SEC", 0.01)
    file = tmp_path / "large"
    content = b"".join(hashlib.sha256(str(n).encode()).digest() for n in range(100_000))
    file.write_bytes(content)
    place = S3Place(bucket.address, "backups", Secret(ACCESS), Secret(SECRET), REGION, "한글/")
    async with s3.opened(place, lambda: datetime.now(UTC)) as opened:
        await opened.put(file, "한글/large +1.dump")
        assert bucket.objects["backups", "한글/large +1.dump"][0] == content
        assert sum("partNumber" in path for _, path, _ in bucket.requests) == 4
        bucket.refuse = [200]  # an answer that is no XML of an upload
        with pytest.raises(s3.S3Failed):
            await opened.put(file, "second")
        original = bucket._complete
        bucket._complete = lambda *_: bucket._error(200, "InternalError", "We encountered an internal error")
        with pytest.raises(s3.S3Failed, match="InternalError"):
            await opened.put(file, "third")
        bucket._complete = original
    assert bucket.uploads == {}
    assert ("backups", "third") not in bucket.objects


async def test_what_does_not_come_back_is_a_failure_and_leaves_no_database(world, tmp_path):
    file = tmp_path / "half.dump"
    async with frozen(world.owner_url) as moment:
        async for _ in dump(world.owner_url, file, "custom", moment.snapshot):
            pass
        with pytest.raises(StoreError, match="rows of 99"):
            await try_restore(world.owner_url, file, "custom", {**moment.rows, 'public."odd name"': 99})
    file.write_bytes(file.read_bytes()[:2000])
    with pytest.raises(StoreError, match="cannot be restored"):
        await try_restore(world.owner_url, file, "custom", moment.rows)
    assert await world.fetch(LIST) == []


async def test_rows_that_come_while_it_is_dumped_are_no_difference(world, tmp_path):
    file = tmp_path / "moment.sql"
    async with frozen(world.owner_url) as moment:
        await world.fetch('INSERT INTO "odd name" VALUES (0)')
        async for _ in dump(world.owner_url, file, "plain", moment.snapshot):
            pass
    await try_restore(world.owner_url, file, "plain", moment.rows)
    assert moment.rows['public."odd name"'] == 1234


async def test_what_a_killed_one_left_is_dropped_by_the_next(world, tmp_path):
    oid = (await world.fetch("SELECT oid::bigint FROM pg_database WHERE datname = current_database()"))[0]["oid"]
    await world.fetch(f"CREATE DATABASE batmon_restore_{oid}_0123456789ab")
    await world.fetch("CREATE DATABASE batmon_restore_1_0123456789ab")  # of another installation on this server
    file = tmp_path / "a.dump"
    async with frozen(world.owner_url) as moment:
        async for _ in dump(world.owner_url, file, "custom", moment.snapshot):
            pass
    await try_restore(world.owner_url, file, "custom", moment.rows)
    assert [row["datname"] for row in await world.fetch(LIST)] == ["batmon_restore_1_0123456789ab"]
    await world.fetch("DROP DATABASE batmon_restore_1_0123456789ab")


async def test_a_restore_that_is_cancelled_leaves_no_database(world, tmp_path):
    file = tmp_path / "a.sql"
    file.write_text("SELECT pg_sleep(60);\n")
    restoring = asyncio.create_task(try_restore(world.owner_url, file, "plain", {}))
    sleeping = (
        "SELECT 1 AS a FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(60)%' AND state = 'active'"
        " AND datname LIKE 'batmon_restore%'"
    )
    async with asyncio.timeout(20):
        while not await world.fetch(sleeping):
            await asyncio.sleep(0.02)
    restoring.cancel()
    with pytest.raises(asyncio.CancelledError):
        await restoring
    assert await world.fetch(LIST) == []


async def test_without_the_right_to_make_databases_it_says_what_to_do(database_url, tmp_path):
    with pytest.raises(StoreError, match="test-restored") as caught:
        await try_restore(database_url, tmp_path / "x.sql", "plain", {})
    assert "test_restore = false" in caught.value.hint


def test_names():
    first = datetime.fromisoformat(FIRST_OF_DECEMBER)
    assert file_name("backup_{year}_{month}.sql", first, "Asia/Seoul", "n") == "backup_2025_11.sql"
    assert file_name("b_{year}{month}{day}-{hour}{minute}.sql", first, "Asia/Seoul", "n") == "b_20251201-0200.sql"
    january = datetime(2026, 1, 1, tzinfo=UTC)
    assert file_name("{node}_{year}_{month}.dump", january, "UTC", "seoul/01") == "seoul_01_2025_12.dump"
    names = made_by("backup_{year}_{month}.sql")
    assert names.fullmatch("backup_2025_11.sql")
    assert not names.fullmatch("backup_of_kim.sql")
    assert not names.fullmatch("backup_2025_11.sql.sha256")


def test_old_ones_are_removed_and_others_stay(tmp_path):
    for month in range(1, 6):
        file = tmp_path / f"backup_2025_{month:02d}.sql"
        for each in (file, tmp_path / f"{file.name}.sha256"):
            each.write_text("x")
            os.utime(each, (month, month))
    (tmp_path / "backup_of_kim.sql").write_text("x")
    gone = prune(tmp_path, "backup_{year}_{month}.sql", 2)
    assert gone == [f"backup_2025_0{month}.sql" for month in (1, 2, 3)]
    left = sorted(each.name for each in tmp_path.iterdir())
    assert left == sorted(
        [f"backup_2025_0{n}.sql{end}" for n in (4, 5) for end in ("", ".sha256")] + ["backup_of_kim.sql"]
    )
