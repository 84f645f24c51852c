"""Exports from the database to files: what stands in the table is what stands in CSV, workbook and JSON lines."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import uuid
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import asyncpg
import openpyxl
import pytest

from batmon.commands.export import rows_of
from batmon.commands.export_formats import CsvRows, JsonRows, harmless
from batmon.commands.export_workbook import WorkbookRows
from batmon.engine.files.export_answers import ExportAnswers
from batmon.errors import BadRequest, NotFound
from batmon.gate.client import GateClient
from batmon.gate.keyring import KeyRing
from batmon.gate.server import GateServer
from batmon.moments import moment_of
from batmon.places import gate_address
from batmon.report.workbook.cells import CELL_UNITS, fitting
from batmon.store.export import DETAIL_CHARS, ITEM_COLUMNS, RUN_COLUMNS

SEOUL = ZoneInfo("Asia/Seoul")
START = datetime(2026, 11, 1, tzinfo=UTC)
NOW = datetime(2026, 11, 21, tzinfo=UTC)
FORMULAS = ('=HYPERLINK("http://evil","x")', "+1+1", "-2+3", "@SUM(1)", "\t=1", "\r=1", "＝1+1", "#N/A", "TRUE", "007")


@pytest.fixture
async def gate(store, tmp_path):
    """A gate that answers exports of the program kindscrap, and a client of it."""
    answers = ExportAnswers(
        store=store,
        rows=lambda: {"kindscrap": {"name": "kindscrap", "timezone": "Asia/Seoul"}},
        state=tmp_path,
        now=lambda: NOW,
    )
    notes = []

    async def note(entry):
        notes.append(entry)

    greeting = {"version": "0", "node": "here", "started_at": NOW, "language": "en", "timezone": "UTC"}
    server = GateServer(
        answers.verbs(), greeting=lambda: greeting, keyring=KeyRing(tmp_path / "keys"), audit=note, now=lambda: NOW
    )
    await server.start(gate_address(str(tmp_path)))
    client = await GateClient.connect(gate_address(str(tmp_path)))
    yield client
    await client.close()
    await server.stop()


async def fill(url, runs, items=lambda _number: ()):
    """Write runs as anybody would: ``runs`` are (start, message, error_details)."""
    connection = await asyncpg.connect(url)
    ids = [uuid.UUID(int=number + 1) for number in range(len(runs))]
    await connection.executemany(
        "INSERT INTO rpa_execution_logs (run_id, bot_name, task_name, status, start_time, end_time, message,"
        " error_details, duration_sec, processed_count)"
        " VALUES ($1, 'KindScrap', '수집', 'SUCCESS', $2, $3, $4, $5, 12, 7)",
        [(i, start, start + timedelta(seconds=12), message, detail)
         for i, (start, message, detail) in zip(ids, runs, strict=True)],
    )  # fmt: skip
    rows = [(run_id, *item) for number, run_id in enumerate(ids) for item in items(number)]
    await connection.executemany(
        "INSERT INTO run_items (run_id, account, processed, failed, error) VALUES ($1, $2, $3, $4, $5)", rows
    )
    await connection.close()


async def exported(gate, rows, **asked):
    async def drain():
        await asyncio.sleep(0)

    async with gate.stream("export.runs", program="kindscrap", **asked) as stream:
        return await rows_of(stream, rows, drain)


async def as_csv(gate, **asked):
    held = []
    done = await exported(gate, CsvRows(held.append, bom=True, newline="\r\n"), **asked)
    text = "".join(held)
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text[1:], newline=""))), done


async def as_json(gate, **asked):
    held = []
    done = await exported(gate, JsonRows(held.append), **asked)
    return [json.loads(line) for line in "".join(held).splitlines()], done


async def as_book(gate, tmp_path, **asked):
    rows = WorkbookRows()
    done = await exported(gate, rows, **asked)
    rows.book.save(tmp_path / "book.xlsx")
    return openpyxl.load_workbook(tmp_path / "book.xlsx"), done


async def test_every_run_once_and_oldest_first_over_many_pages(gate, database_url):
    """Runs that start at the same moment, too: a page may end between them."""
    moments = [START + timedelta(minutes=number // 7) for number in range(751)]
    await fill(database_url, [(moment, f"{number}", "") for number, moment in enumerate(moments)])
    found, done = await as_json(gate)
    assert done == {"runs": 751, "items": 0}
    assert sorted(int(run["message"]) for run in found) == list(range(751))
    starts = [(run["start_time"], run["log_id"]) for run in found]
    assert starts == sorted(starts)
    assert list(found[0]) == list(RUN_COLUMNS)
    some, _ = await as_json(
        gate, since=(START + timedelta(minutes=10)).isoformat(), until=(START + timedelta(minutes=12)).isoformat()
    )
    assert {run["start_time"] for run in some} == {(START + timedelta(minutes=m)).isoformat() for m in (10, 11)}
    assert len(some) == 14


async def test_items_stand_with_their_runs_however_many_there_are(gate, database_url, tmp_path):
    counts = {0: 2, 3: 2503, 4: 0, 120: 5}
    items = lambda number: [(f"계정{n:05d}", n, 0, "") for n in range(counts.get(number, 0))]  # noqa: E731
    await fill(database_url, [(START + timedelta(minutes=n), f"{n}", "") for n in range(150)], items)
    found, done = await as_json(gate, items=True)
    assert done == {"runs": 150, "items": 2510}
    assert {int(run["message"]): len(run["items"]) for run in found if run["items"]} == {0: 2, 3: 2503, 120: 5}
    assert [item["processed"] for item in found[3]["items"]] == list(range(2503))
    assert list(found[0]["items"][0]) == list(ITEM_COLUMNS)
    table, _ = await as_csv(gate, items=True)
    assert len(table) == 2510 + 147
    assert [row["item_account"] for row in table if row["message"] == "120"] == [f"계정{n:05d}" for n in range(5)]
    assert [row["item_account"] for row in table if row["message"] == "4"] == [""]
    book, _ = await as_book(gate, tmp_path, items=True)
    assert book["runs"].max_row == 151
    assert book["items"].max_row == 2511
    ids = {run["run_id"]: run for run in found}
    first = [cell.value for cell in book["items"][2]]
    assert ids[first[1]]["message"] == "0"
    assert first[0] == ids[first[1]]["log_id"]


async def test_no_cell_of_a_table_is_ever_a_formula(gate, database_url, tmp_path):
    await fill(database_url, [(START + timedelta(hours=n), text, text) for n, text in enumerate(FORMULAS)])
    table, _ = await as_csv(gate)
    for row in table:
        assert not row["message"].startswith(("=", "+", "-", "@", "\t", "\r", "＝")), row
    assert table[0]["message"] == f"'{FORMULAS[0]}"
    book, _ = await as_book(gate, tmp_path)
    column = [name.value for name in book["runs"][1]].index("message") + 1
    for number, text in enumerate(FORMULAS):
        cell = book["runs"].cell(number + 2, column)
        assert cell.data_type == "s", text
        if text.isprintable():
            assert cell.value == text


async def test_a_workbook_has_types_zone_filter_and_a_row_that_stays(gate, database_url, tmp_path):
    nasty = "bell\x07 esc\x1b[31m _x0041_ \ufffe[/b]\n둘째 줄"
    await fill(database_url, [(START, nasty, "긴 " * DETAIL_CHARS)])
    book, _ = await as_book(gate, tmp_path)
    sheet = book["runs"]
    heads = [cell.value for cell in sheet[1]]
    cells = dict(zip(heads, sheet[2], strict=True))
    assert "start_time (Asia/Seoul)" in heads
    assert cells["start_time (Asia/Seoul)"].value == datetime(2026, 11, 1, 9, 0)  # noqa: DTZ001 - Excel knows no zones
    assert cells["start_time (Asia/Seoul)"].is_date
    assert cells["processed_count"].value == 7
    assert cells["verified_late"].value is False
    assert cells["task_name"].value == "수집"
    assert "\x1b" not in cells["message"].value
    assert "\x07" not in cells["message"].value
    long = cells["error_details"].value
    assert len(long) <= CELL_UNITS
    assert long.endswith("characters)")
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:P2"
    assert sheet.column_dimensions["E"].width == 48


async def test_csv_tells_times_with_their_zone_and_survives_lines_and_quotes(gate, database_url):
    message = 'er sagte "ja", dann\r\nnichts; 한글'
    await fill(database_url, [(START, "m", message)])
    ((row,), _) = await as_csv(gate)
    assert row["start_time"] == "2026-11-01 09:00:00+09:00"
    assert row["error_details"] == message.replace("\r\n", "\n")
    assert row["exit_code"] == ""
    assert row["verified_late"] == "false"


async def test_what_cannot_be_exported_is_said(gate):
    for asked, error in (
        ({"program": "nobody"}, NotFound),
        ({"program": "kindscrap", "since": "yesterday"}, BadRequest),
        ({"program": "kindscrap", "since": "2026-11-01T00:00:00"}, BadRequest),
        ({"program": "kindscrap", "since": "2026-12-01T00:00:00+00:00"}, BadRequest),
    ):
        with pytest.raises(error):
            await anext(gate.stream("export.runs", **asked))
    found, done = await as_json(gate)
    assert (found, done) == ([], {"runs": 0, "items": 0})


def test_moments_as_people_write_them():
    def said(text, **how):
        return moment_of(text, SEOUL, NOW, **how)

    assert said("30d") == NOW - timedelta(days=30)
    assert said("1h30m") == NOW - timedelta(minutes=90)
    assert said("2026-11-01") == datetime(2026, 10, 31, 15, tzinfo=UTC)
    assert said("2026-11-01", end=True) == datetime(2026, 11, 1, 15, tzinfo=UTC)
    assert said("2026-11-01T06:00") == datetime(2026, 10, 31, 21, tzinfo=UTC)
    assert said("2026-11-01 06:00+00:00") == datetime(2026, 11, 1, 6, tzinfo=UTC)
    for wrong in ("", "soon", "2026-13-01", "30", "9999-12-31", "-5x"):
        with pytest.raises(BadRequest, match="is no time"):
            said(wrong, end=True)


def test_texts_for_cells():
    assert harmless("-") == "'-"
    assert harmless("안녕") == "안녕"
    assert fitting("_x0041_") == "_x005F_x0041_"
    assert fitting("a\x00b") == "a␀b"
    emoji = "😀" * 20_000
    assert len(fitting(emoji).encode("utf-16-le")) // 2 <= CELL_UNITS
    assert fitting(emoji).endswith("(20,000 characters)")
    assert fitting("가" * CELL_UNITS) == "가" * CELL_UNITS
