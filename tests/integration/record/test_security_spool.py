"""A spool that somebody else of the group may write to: nothing that is planted there acts, hangs or kills."""

import json
import os
import sqlite3
import struct

import pytest

from batmon.record.spool import Spool

JOURNAL_MAGIC = bytes.fromhex("d9d505f920a163d7")
GOOD = '{"op": "beat", "run_id": "1"}'


@pytest.fixture
def spool(tmp_path):
    made = Spool(tmp_path / "spool")
    yield made
    made.close()


def plant(folder, *statements, name="ops-000.sqlite"):
    """What an SQLite shell leaves there."""
    folder.mkdir(exist_ok=True)
    connection = sqlite3.connect(folder / name)
    for statement in statements:
        connection.execute(*statement) if isinstance(statement, tuple) else connection.execute(statement)
    connection.commit()
    connection.close()
    return folder / name


def spooled(tmp_path, *ops):
    """The only file of a spool that holds ``ops``."""
    spool = Spool(tmp_path / "spool")
    spool.put(ops)
    spool.close()
    return next((tmp_path / "spool").glob("*.sqlite"))


def test_a_journal_that_names_a_file_has_nobody_delete_it(spool, tmp_path):
    """SQLite itself does: https://sqlite.org/fileformat.html#the_rollback_journal."""
    victim = tmp_path / "victim"
    victim.write_text("precious")
    file = plant(tmp_path / "spool", "CREATE TABLE x (a)")
    named = os.fsencode(victim)
    head = JOURNAL_MAGIC + struct.pack(">IIIII", 0, 1, file.stat().st_size // 4096, 512, 4096)
    tail = struct.pack(">I", 0x40000000 // 4096 + 1) + named + struct.pack(">II", len(named), sum(named))
    (tmp_path / "spool" / f"{file.name}-journal").write_bytes(head.ljust(512, b"\0") + tail + JOURNAL_MAGIC)
    assert spool.batch(10) == []
    assert "journal names a file to delete" in spool.faults[str(file)]
    spool.put([GOOD])  # and programs use another file
    assert [op for _, op in spool.batch(10)] == [json.loads(GOOD)]
    assert victim.read_text() == "precious"
    sqlite3.connect(file).execute("SELECT * FROM sqlite_schema").fetchall()
    assert not victim.exists()  # the attack was a real one


@pytest.mark.parametrize("kind", ["link", "hard link", "folder", "fifo", "journal link"])
def test_what_is_no_file_of_its_own_is_not_opened(spool, tmp_path, kind):
    other = plant(tmp_path, "CREATE TABLE mine (a)", name="other.sqlite")
    before = other.read_bytes()
    (tmp_path / "spool").mkdir()
    planted = tmp_path / "spool" / "ops-000.sqlite"
    match kind:
        case "link":
            planted.symlink_to(other)
        case "hard link":
            planted.hardlink_to(other)
        case "folder":
            planted.mkdir()
        case "fifo":
            os.mkfifo(planted)
        case "journal link":
            plant(tmp_path / "spool")
            planted.with_name(f"{planted.name}-journal").symlink_to(other)
    spool.put([GOOD] * 2)
    assert len(spool.batch(10)) == 2
    assert list(spool.faults) == [str(planted)]
    assert other.read_bytes() == before


ENDLESS = "WITH RECURSIVE t(seq, at, op) AS (SELECT 1, 1, '{}' UNION ALL SELECT seq + 1, 1, '{}' FROM t)"


@pytest.mark.parametrize(
    "statements",
    [
        ("CREATE VIEW ops AS " + ENDLESS + " SELECT * FROM t WHERE seq < 0", "CREATE TABLE refused (seq)"),  # noqa: S608 - fixed text
        (
            "CREATE TABLE ops (seq INTEGER PRIMARY KEY, at, op)",
            "CREATE VIEW refused AS " + ENDLESS + " SELECT * FROM t",  # noqa: S608 - as above
        ),
        ("CREATE TABLE ops (seq INTEGER PRIMARY KEY, at, op, big AS (zeroblob(999999999)))",),
        ("CREATE VIRTUAL TABLE ops USING fts5(seq, at, op)",),
        tuple(f"CREATE TABLE t{number} (a)" for number in range(100)),
    ],
    ids=["endless view", "view of refused", "computed column", "virtual table", "other tables"],
)
def test_another_schema_is_not_asked(spool, tmp_path, statements):
    file = plant(tmp_path / "spool", *statements)
    assert spool.batch(10) == []
    assert "no spool has" in spool.faults[str(file)]
    assert spool.waiting_count() == spool.refused_count() == 0


def test_a_trigger_that_comes_while_the_file_is_open(spool, tmp_path):
    spool.put([GOOD])
    (entry,) = spool.batch(10)
    file = next((tmp_path / "spool").glob("*.sqlite"))
    endless = "SELECT * FROM (" + ENDLESS + " SELECT count(*) FROM t)"  # noqa: S608 - as above
    plant(file.parent, "CREATE TRIGGER evil BEFORE DELETE ON ops BEGIN " + endless + "; END", name=file.name)
    with pytest.raises(sqlite3.OperationalError, match="interrupted"):
        spool.discard(entry[0])
    assert spool.batch(10) == []
    assert "triggers" in spool.faults[str(file)]
    other = Spool(tmp_path / "spool")
    other.put([GOOD])
    assert len(other.batch(10)) == 1
    other.close()


@pytest.mark.parametrize(
    "op",
    ["[" * 100_000, '{"a":' * 100_000, b"\xff\xfe\x00", "", "null", "1" * 5000, '"\\ud800"', b"\x00" * 1000],
    ids=["deep list", "deep object", "bytes", "empty", "null", "long number", "half a pair", "zeros"],
)
def test_an_operation_that_is_none_is_refused_and_the_next_one_comes(spool, tmp_path, op):
    file = spooled(tmp_path, GOOD)
    plant(file.parent, ("INSERT INTO ops (at, op) VALUES (1, ?)", (op,)), name=file.name)
    plant(file.parent, ("INSERT INTO ops (at, op) VALUES ('never', ?)", (GOOD,)), name=file.name)
    plant(file.parent, "INSERT INTO ops (at, op) VALUES (1, CAST(x'ff41' AS TEXT))", name=file.name)
    found = spool.batch(10)
    assert [op for _, op in found] == [json.loads(GOOD)] * 2
    spool.discard(found[-1][0])
    assert spool.waiting_count() <= 1  # the last one comes in the next batch
    assert spool.batch(10) == []
    assert spool.refused_count() == 2
    assert all(reason == "this is no JSON object" for _, reason in spool.refused())


def test_one_that_is_too_long_holds_up_its_own_file_only(spool, tmp_path):
    file = spooled(tmp_path, GOOD)
    plant(file.parent, ("INSERT INTO ops (at, op) VALUES (1, zeroblob(?))", (100 << 20,)), name=file.name)
    number = (int(file.stem.removeprefix("ops-")) + 1) % 32
    plant(
        file.parent, "PRAGMA journal_mode = WAL",
        "CREATE TABLE ops (seq INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, op TEXT NOT NULL)",
        ("INSERT INTO ops (at, op) VALUES (1, ?)", (GOOD,)), name=f"ops-{number:03d}.sqlite",
    )  # fmt: skip
    assert [op for _, op in spool.batch(10)] == [json.loads(GOOD)]
    assert "too big" in spool.faults[str(file)]
