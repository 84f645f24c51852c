"""What BATMON is told of a batch, as it lies in a real spool; a daemon is in tests/acceptance/test_batch_sample.py."""

from datetime import datetime
from uuid import UUID

import pytest

from batmon.errors import RecordError
from batmon.record import BatchManager, Run, RunLog
from batmon.record.spool import Spool


@pytest.fixture
def run_log(tmp_path, monkeypatch):
    """A RunLog on a machine without a daemon."""
    for name in ("BATMON_STATE", "BATMON_DATABASE_URL", "BATMON_RECORD_SOCKET", "BATMON_SPOOL"):
        monkeypatch.delenv(name, raising=False)
    return RunLog(state=tmp_path / "state")


@pytest.fixture
def told(tmp_path):
    """What was spooled since it was last asked."""
    spool = Spool(tmp_path / "state" / "spool")

    def ask():
        found = spool.batch(10_000)
        if found:
            spool.discard(found[-1][0])
        return [op for _, op in found]

    yield ask
    spool.close()


def test_a_step_is_a_run_and_its_accounts_are_its_items(tmp_path, run_log, told):
    manager = BatchManager(logs=tmp_path / "logs", bot_name="퍼센티", record=run_log)

    @manager.step(3)
    def work(account, quantity, _log):
        if account == "b":
            raise ValueError("두 줄\n오류")
        return {"processed": quantity, "failed": 2, "success": account == "a"}

    result = manager.run_single_step(3, ["a", "b", "c"], 100)
    start, *items, end = told()
    assert (start["op"], start["bot_name"], start["task_name"]) == ("start", "퍼센티", "single_step_3")
    assert {op["run_id"] for op in (start, *items, end)} == {str(UUID(start["run_id"]))}
    assert [(op["account"], op["processed"], op["failed"], op["error"]) for op in items] == [
        ("a", 100, 2, ""),
        ("b", 0, 0, "ValueError: 두 줄␊오류"),
        ("c", 100, 2, "실패 2건"),
    ]
    for op, each in zip(items, result.accounts, strict=True):
        assert (op["started_at"], op["ended_at"]) == (each.started_at.isoformat(), each.ended_at.isoformat())
    assert (end["op"], end["status"], end["processed_count"]) == ("end", "FAILED", 200)
    assert end["message"] == "계정 3개 중 2개 실패: b: ValueError: 두 줄␊오류, c: 실패 2건 (처리 200건, 실패 4건)"
    assert end["error_details"] == "b: ValueError: 두 줄␊오류\nc: 실패 2건"
    assert datetime.fromisoformat(end["end_time"]) >= datetime.fromisoformat(start["start_time"])


def test_each_step_is_a_run_of_its_own_and_success_is_told_as_such(tmp_path, run_log, told):
    manager = BatchManager({1: lambda *_: 5}, logs=tmp_path / "logs", bot_name="b", record=run_log)
    for _ in range(2):
        manager.run_single_step(1, ["a", "b"], 5, concurrent=True)
    ops = told()
    ends = [op for op in ops if op["op"] == "end"]
    assert len({op["run_id"] for op in ops}) == 2
    assert [(op["status"], op["processed_count"], op["error_details"]) for op in ends] == [("SUCCESS", 10, "")] * 2
    assert ends[0]["message"] == "계정 2개 성공, 처리 10건, 실패 0건"


def test_many_failures_stay_small_in_the_record(tmp_path, run_log, told):
    def fail(account, *_):
        raise RuntimeError(f"{account} " + "x" * 5000)

    manager = BatchManager({1: fail}, logs=tmp_path / "logs", bot_name="b", record=run_log)
    manager.run_single_step(1, [f"user{n}" for n in range(300)] + ["y" * 600, "y" * 601], 1, concurrent=True)
    *items, end = told()[1:]
    assert len({op["account"] for op in items}) == 302
    assert end["message"].startswith("계정 302개 중 302개 실패: user0: RuntimeError: user0 xxx")
    assert "외 297개" in end["message"]
    assert len(end["error_details"]) < 100_000


def test_a_spool_that_cannot_be_written_disturbs_no_batch(tmp_path, run_log):
    (tmp_path / "state").write_text("in the way")
    manager = BatchManager({1: lambda *_: 5}, logs=tmp_path / "logs", bot_name="b", record=run_log)
    result = manager.run_single_step(1, ["a", "b"], 5)
    assert (result.success, result.processed) == (True, 10)
    assert result.report.is_file()
    assert not run_log.durable
    (tmp_path / "state").unlink()
    run_log.flush(0)
    assert run_log.durable


def test_a_fault_in_the_recording_is_said_once_in_the_batches_log(tmp_path, run_log, monkeypatch):
    def broken(*_args, **_more):
        raise MemoryError("out of anything")

    monkeypatch.setattr(Run, "item", broken)
    monkeypatch.setattr(Run, "end", broken)
    manager = BatchManager({1: lambda *_: 5}, logs=tmp_path / "logs", bot_name="b", record=run_log)
    assert manager.run_single_step(1, ["a", "b"], 5, concurrent=True).success
    (log,) = (tmp_path / "logs").glob("batch_processor_*.log")
    assert log.read_text("utf-8").count("BATMON에 기록하지 못했습니다") == 1
    assert "MemoryError: out of anything" in log.read_text("utf-8")


def test_counts_beyond_the_table_are_cut(tmp_path, run_log, told):
    count = 2**40
    manager = BatchManager({1: lambda *_: count}, logs=tmp_path / "logs", bot_name="b", record=run_log)
    assert manager.run_single_step(1, ["a"], 5).processed == count
    assert [op["processed"] for op in told() if op["op"] == "item"] == [2**31 - 1]


def test_nobody_is_told_when_nobody_is_to_be_told(tmp_path, monkeypatch):
    monkeypatch.setenv("BATMON_STATE", str(tmp_path / "state"))
    manager = BatchManager({1: lambda *_: 5}, logs=tmp_path / "logs", record=False)
    manager.run_single_step(1, ["a"], 5)
    assert not (tmp_path / "state").exists()


def test_the_bot_is_called_as_its_folder_unless_it_has_a_name(tmp_path, monkeypatch, run_log, told):
    home = tmp_path / ("percenty " + "가" * 60)
    home.mkdir()
    monkeypatch.chdir(home)
    BatchManager({1: lambda *_: 5}, record=run_log).run_single_step(1, ["a"], 5)
    assert told()[0]["bot_name"] == ("percenty " + "가" * 60)[:50]


@pytest.mark.parametrize("name", ["a/b", "x" * 51, "줄\n바꿈"])
def test_a_name_that_no_bot_can_have_is_refused(tmp_path, name):
    with pytest.raises(RecordError, match="bot_name"):
        BatchManager(logs=tmp_path / "logs", bot_name=name)
