"""``batmon export`` and ``batmon database dump`` as people type them, on this machine."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import stat

import openpyxl
import pytest
import pytest_asyncio

from tests.acceptance.installation import Installation, log_line
from tests.state_folders import new_state_folder

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house():
    """A daemon that has seen one run of a program with a Korean name."""
    installation = Installation(new_state_folder())
    try:
        log = installation.add_program("공시 수집")
        log.write_text(log_line("시작") + log_line("37건 처리 완료"), "utf-8")
        await installation.start()
        await installation.until("공시 수집", lambda row: row["last_run"] is not None and row["last_run"]["end_time"])
        yield installation
    finally:
        await installation.remove()


async def test_to_standard_output_as_csv_and_json_lines(house):
    code, out, err = await house.batmon("export", "공시 수집", "--runs")
    assert (code, err) == (0, "1 run\n")
    assert out.startswith("\ufefflog_id,")
    assert "\r" not in out
    (row,) = csv.DictReader(io.StringIO(out[1:]))
    assert row["bot_name"] == "공시 수집"
    assert row["start_time"].endswith("+09:00")
    code, out, _ = await house.batmon("export", "공시 수집", "--no-bom", "--since", "1d", LANG="C")
    assert out.startswith("log_id,")
    assert "공시 수집" in out, "UTF-8 whatever the terminal speaks"
    code, out, err = await house.batmon("export", "공시 수집", "--format", "jsonl", "--items")
    assert (code, err) == (0, "1 run, 0 items\n")
    assert json.loads(out)["items"] == []
    code, out, err = await house.batmon("export", "공시 수집", "--until", "2020-01-01", "--format", "jsonl")
    assert (code, out, err) == (0, "", "0 runs\n")


async def test_to_a_file_whole_or_not_at_all_and_never_over_another(house, tmp_path):
    target = tmp_path / "runs.csv"
    code, out, err = await house.batmon("export", "공시 수집", "-o", str(target))
    assert (code, out) == (0, ""), err
    assert target.read_bytes().startswith(b"\xef\xbb\xbflog_id,")
    assert b"\r\n" in target.read_bytes()
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    target.write_text("mine")
    code, _, err = await house.batmon("export", "공시 수집", "-o", str(target))
    assert code == 2
    assert "is there already" in err
    assert target.read_text() == "mine"
    code, _, _ = await house.batmon("export", "nobody", "-o", str(target), "--force")
    assert code == 1
    assert target.read_text() == "mine"
    code, _, _ = await house.batmon("export", "공시 수집", "-o", str(target), "--force")
    assert code == 0
    assert target.read_bytes() != b"mine"
    assert [path.name for path in tmp_path.iterdir()] == ["runs.csv"]
    for wrong, said in ((tmp_path, "is a folder"), (tmp_path / "no" / "x.csv", "is not there")):
        code, _, err = await house.batmon("export", "공시 수집", "-o", str(wrong))
        assert code == 2
        assert said in err


async def test_a_workbook_to_a_file_or_into_a_pipe(house, tmp_path):
    target = tmp_path / "runs.xlsx"
    code, _, err = await house.batmon("export", "공시 수집", "--format", "xlsx", "--items", "-o", str(target))
    assert code == 0, err
    book = openpyxl.load_workbook(target)
    assert book.sheetnames == ["runs", "items"]
    assert book["runs"]["B2"].value == "공시 수집"
    code, _, err = await house.batmon("export", "공시 수집", "--format", "xlsx")
    assert code == 2
    assert "--output FILE.xlsx, or --save" in err


async def test_on_the_server(house):
    code, out, err = await house.batmon("export", "공시 수집", "--format", "xlsx", "--save")
    assert code == 0, err
    path = out.strip()
    assert path.startswith("/exports/공시_수집-runs-")
    file = house.state / path.lstrip("/")
    assert openpyxl.load_workbook(file)["runs"].max_row == 2
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    entry = (await house.ask("audit"))["entries"][0]
    assert (entry["action"], entry["target"], entry["outcome"]) == ("export.save", "공시 수집", "done")
    assert path in entry["detail"]
    code, _, err = await house.batmon("export", "공시 수집", "--save", "-o", "x.csv")
    assert code == 2
    assert "not both" in err


async def test_times_that_are_none(house):
    for option, text in (("--since", "gestern"), ("--until", "2026-02-30")):
        code, _, err = await house.batmon("export", "공시 수집", option, text)
        assert code == 2
        assert f"{text!r} is no time" in err
    code, _, err = await house.batmon("export", "공시 수집", "--since", "1d", "--until", "2d")
    assert code == 2
    assert "since is later than until" in err


async def test_the_database_as_a_file(house, tmp_path):
    target = tmp_path / "all.dump"
    code, out, err = await house.batmon("database", "dump", "-o", str(target))
    assert (code, out) == (0, f"{target}\n"), err
    assert target.read_bytes().startswith(b"PGDMP")
    assert hashlib.sha256(target.read_bytes()).hexdigest() in err
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert list((house.state / "exports").glob("*.dump")) == [], "it was moved"
    code, out, _ = await house.batmon("database", "dump")
    assert code == 0
    assert (house.state / out.strip().lstrip("/")).read_bytes().startswith(b"PGDMP")
    entries = [entry for entry in (await house.ask("audit"))["entries"] if entry["action"] == "database.dump"]
    assert [entry["outcome"] for entry in entries] == ["done", "done"]
