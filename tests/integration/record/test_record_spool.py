import json
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
import time

import pytest

from batmon.record.spool import MOST_FILES, Spool

root = pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="needs root")


FIRST = f"ops-{os.getpid() % MOST_FILES:03d}.sqlite"
"""The file that this process begins with."""


def op(number):
    return json.dumps({"op": "beat", "run_id": str(number)})


def numbers(entries):
    return [int(entry["run_id"]) for _, entry in entries]


@pytest.fixture
def spool(tmp_path):
    made = Spool(tmp_path / "spool")
    yield made
    made.close()


def test_in_order_and_gone_when_discarded(spool, tmp_path):
    for number in range(5):
        spool.put((op(number),))
    other = Spool(tmp_path / "spool")
    batch = other.batch(3)
    assert numbers(batch) == [0, 1, 2]
    assert numbers(other.batch(3)) == [0, 1, 2]
    batch = other.batch(3)
    other.discard(batch[1][0])
    assert numbers(other.batch(10)) == [2, 3, 4]
    other.discard(other.batch(10)[-1][0])
    assert other.batch(10) == []
    assert spool.waiting_count() == 0
    other.close()


def test_a_spool_that_nobody_needed_is_empty_and_stays_unmade(tmp_path):
    spool = Spool(tmp_path / "none")
    assert (spool.batch(10), spool.waiting_count(), spool.refused_count()) == ([], 0, 0)
    assert not (tmp_path / "none").exists()


def test_what_is_in_it_is_its_owners_alone(spool, tmp_path):
    spool.put((op(1),))
    modes = {path.name: oct(path.stat().st_mode & 0o777) for path in (tmp_path / "spool").iterdir()}
    assert set(modes.values()) == {"0o600"}
    assert (tmp_path / "spool").stat().st_mode & 0o777 == 0o700


def test_a_groups_spool_is_the_groups(tmp_path):
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o2770)
    Spool(shared).put((op(1),))
    assert {oct(path.stat().st_mode & 0o777) for path in shared.iterdir()} == {"0o660"}


def test_another_file_while_somebody_writes_and_one_order_for_all(spool, tmp_path):
    spool.put((op(0),))
    writer = sqlite3.connect(tmp_path / "spool" / FIRST, isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    began = time.monotonic()
    spool.put((op(1),))
    assert time.monotonic() - began < 1
    writer.execute("ROLLBACK")
    writer.close()
    third = Spool(tmp_path / "spool")
    third.put((op(2),))
    spool.put((op(3),))
    assert len(list((tmp_path / "spool").glob("*.sqlite"))) == 2
    assert numbers(third.batch(10)) == [0, 1, 2, 3]
    third.discard(third.batch(2)[-1][0])
    assert numbers(third.batch(10)) == [2, 3]
    third.close()


def test_refused_ones_are_kept_with_the_reason(spool):
    spool.put((op(1),))
    spool.put(("nonsense", op(2)))
    batch = spool.batch(10)
    assert numbers(batch) == [1, 2]
    spool.refuse(batch[0][0], "no such run")
    spool.refuse(batch[0][0], "no such run")
    spool.discard(batch[-1][0])
    assert spool.batch(10) == []
    assert sorted(reason for _, reason in spool.refused()) == ["no such run", "this is no JSON object"]
    assert spool.refused_count() == 2


def test_a_damaged_file_is_passed_over_and_left_as_it_is(spool, tmp_path):
    folder = tmp_path / "spool"
    folder.mkdir()
    (folder / FIRST).write_bytes(b"this is no database" * 1000)
    spool.put((op(1),))
    assert len(list(folder.glob("*.sqlite"))) == 2
    reader = Spool(folder)
    assert numbers(reader.batch(10)) == [1]
    assert list(reader.faults) == [str(folder / FIRST)]
    assert (folder / FIRST).read_bytes().startswith(b"this is no database")
    reader.close()


def test_a_file_that_is_damaged_while_it_is_open(spool, tmp_path):
    for number in range(200):
        spool.put((json.dumps({"run_id": str(number), "filler": "x" * 2000}),))
    spool.close()
    path = tmp_path / "spool" / FIRST
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(os.urandom(path.stat().st_size - 4096))
    again = Spool(tmp_path / "spool")
    again.put((op(1),))
    assert numbers(again.batch(10))[-1:] == [1]
    again.close()


def test_files_that_somebody_deleted_are_made_anew(spool, tmp_path):
    spool.put((op(1),))
    shutil.rmtree(tmp_path / "spool")
    spool.put((op(2),))
    reader = Spool(tmp_path / "spool")
    assert numbers(reader.batch(10)) == [2]
    reader.close()


def test_two_drain_and_nothing_is_lost(spool, tmp_path):
    written, seen, stop = 2000, set(), threading.Event()

    def drain():
        reader = Spool(tmp_path / "spool")
        while True:
            last = stop.is_set()
            batch = reader.batch(50)
            if batch:
                seen.update(numbers(batch))
                reader.discard(batch[-1][0])
            elif last:
                break
        reader.close()

    drains = [threading.Thread(target=drain) for _ in range(2)]
    for thread in drains:
        thread.start()
    for number in range(0, written, 10):
        spool.put([op(n) for n in range(number, number + 10)])
    stop.set()
    for thread in drains:
        thread.join()
    assert seen == set(range(written))
    assert spool.waiting_count() == 0


def test_threads_share_their_commits(spool):
    def write(first):
        for number in range(first, first + 20):
            while True:
                try:
                    spool.put((op(number),))
                    break
                except TimeoutError:  # the machine is very busy; what was not kept is said
                    continue

    threads = [threading.Thread(target=write, args=(100 * n,)) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(numbers(spool.batch(1000))) == {100 * n + m for n in range(20) for m in range(20)}


def test_a_hundred_thousand_are_drained_and_the_disk_is_given_back(spool, tmp_path):
    for start in range(0, 100_000, 5000):
        spool.put([json.dumps({"run_id": str(n), "filler": "x" * 300}) for n in range(start, start + 5000)])
    path = tmp_path / "spool" / FIRST
    began, expected = time.monotonic(), 0
    while batch := spool.batch(1000):
        assert numbers(batch)[0] == expected
        expected += len(batch)
        spool.discard(batch[-1][0])
    assert expected == 100_000
    assert time.monotonic() - began < 60
    spool.close()
    assert path.stat().st_size < 5_000_000


MANY = """
import json, os, sys, time
from batmon.record import RunLog
log = RunLog()
while not os.path.exists(sys.argv[1]): time.sleep(0.01)
took = []
for _ in range(5):
    began = time.perf_counter()
    with log.run("Bot", "Task") as run: took.append(time.perf_counter() - began)
    time.sleep(0.5)
print(json.dumps(took))
"""


def test_many_processes_at_once(state, spooled):
    go = state / "go"
    children = [
        subprocess.Popen([sys.executable, "-c", MANY, str(go)], stdout=subprocess.PIPE, text=True) for _ in range(20)
    ]
    go.touch()
    for child in children:
        child.communicate(timeout=60)
        assert child.returncode == 0
    ops = spooled()
    assert len(ops) == 20 * 5 * 2
    assert len({entry["run_id"] for entry in ops}) == 100
    assert len(list((state / "spool").glob("*.sqlite"))) <= MOST_FILES


FULL = """
import logging, sys
from batmon.record import RunLog
logging.basicConfig(level=logging.INFO, format="%(message)s")
log = RunLog("Bot", spool=sys.argv[1])
filler = "x" * 60_000
for number in range(40):
    log.end_log(log.start_log(), "FAILED", error_details=filler)
print("durable", log.durable, flush=True)
sys.stdin.readline()
log.start_log()
print("durable", log.durable, flush=True)
"""


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 1 MiB."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)], capture_output=True, text=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip(f"cannot mount: {mounted.stderr}")
    yield place
    subprocess.run(["umount", str(place)], check=True)


@root
@pytest.mark.usefixtures("state")
def test_a_full_disk(small_disk):
    (small_disk / "ballast").write_bytes(b"x" * 500_000)
    with subprocess.Popen(
        [sys.executable, "-c", FULL, str(small_disk / "spool")],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as child:  # fmt: skip
        assert child.stdout.readline() == "durable False\n"
        subprocess.run(["mount", "-o", "remount,size=20m", str(small_disk)], check=True)
        out, err = child.communicate("\n", timeout=30)
    assert (child.returncode, out) == (0, "durable True\n")
    assert "waits in memory" in err
    assert "full" in err
    assert "are safe now" in err
    spool = Spool(small_disk / "spool")
    ops = [entry for _, entry in spool.batch(1000)]
    assert sorted(entry["op"] for entry in ops) == ["end"] * 40 + ["start"] * 41
    spool.close()


@root
@pytest.mark.usefixtures("state")
def test_a_disk_that_stays_full_loses_only_what_it_says(small_disk):
    (small_disk / "ballast").write_bytes(b"x" * 500_000)
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(small_disk / "spool")], input="\n", capture_output=True, text=True, timeout=60,
        check=True,
    )  # fmt: skip
    assert done.stdout == "durable False\ndurable False\n"
    (small_disk / "ballast").unlink()  # SQLite needs some room even to read
    spool = Spool(small_disk / "spool")
    kept = len(spool.batch(1000))
    spool.close()
    assert f"{81 - kept} records are lost" in done.stderr


@root
@pytest.mark.usefixtures("state")
def test_a_folder_that_one_may_not_write_to(tmp_path):
    program = (
        "import os, logging, sys\nos.setgid(65534); os.setuid(65534)\n"
        "from batmon.record import RunLog\n"
        "log = RunLog('Bot', spool=sys.argv[1])\nlog.start_log()\nprint(log.durable)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", "import batmon.record, batmon.record.ways, sqlite3, logging\n" + program,
         str(tmp_path / "spool")], capture_output=True, text=True, timeout=30, check=True,
    )  # fmt: skip
    assert done.stdout == "False\n"
    assert "Permission denied" in done.stderr
    assert "1 records are lost" in done.stderr
