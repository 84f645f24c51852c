"""Reports composed from a real database: what is in them agrees with what was recorded."""

import json
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import asyncpg
import openpyxl
import pytest

from batmon.engine.reports.making import Asked, ReportSettings, compose, templates
from batmon.errors import BadRequest, NotFound, StepFailed
from batmon.metrics.periods import Period
from batmon.report import json_text, markdown
from batmon.report.document import Figures, Table
from batmon.report.render import SUFFIX, render
from batmon.store.statistics import Statistics

DOCUMENT = (Path(__file__).resolve().parents[3] / "docs" / "reports.md").read_text("utf-8")
EXAMPLE = re.search(r"```toml\n# reports/(\w+)\.toml\n(.*?)```", DOCUMENT, re.DOTALL)
NOW = datetime(2026, 11, 21, 0, 30, tzinfo=UTC)
WEEK = Period(date(2026, 11, 14), date(2026, 11, 20))
SETTINGS = ReportSettings(organisation="한빛", currency="KRW")
SEOUL = "Asia/Seoul"


def asked(template, **more):
    return Asked(**{"template": template, "timezone": SEOUL, "by": "ops", "now": NOW, "node": "n1"} | more)


async def add_program(owner, name, *, title="", schedule=("0 6 * * *",), department="", cost=0, target=None):
    await owner.execute(
        "INSERT INTO programs (name, node, title, base_dir, schedule, timezone, grace_sec, max_runtime_sec, scheduler,"
        " logs, rerun, configured, seen_at, minutes_per_item, department, hourly_cost, availability_target)"
        " VALUES ($1, 'n1', $2, '', $3, $4, 60, 600, '', '{}', '{}', true, $5, 6, $6, $7, $8)",
        name,
        title or name,
        list(schedule),
        SEOUL,
        NOW,
        department,
        cost,
        target,
    )
    await owner.execute(
        "INSERT INTO program_state (program, node, status, reason, since, checked_at, judged_until, watch_since)"
        " VALUES ($1, 'n1', 'OK', 'succeeded', $2, $2, $2, $3)",
        name,
        NOW,
        NOW - timedelta(days=400),
    )


async def add_runs(owner, rows):
    """Rows of: bot, start, seconds, status, processed."""
    await owner.executemany(
        "INSERT INTO rpa_execution_logs (bot_name, task_name, status, message, error_details, start_time, end_time,"
        " duration_sec, processed_count) VALUES ($1, 'daily', $4, $6, $7, $2, $3, $8, $5)",
        [
            (
                bot,
                start,
                None if seconds is None else start + timedelta(seconds=seconds),
                status,
                processed,
                "로그인 실패" if status == "FAILED" else "",
                "Traceback" if status == "FAILED" else "",
                seconds,
            )
            for bot, start, seconds, status, processed in rows
        ],
    )


def at(day, hour=6):
    """That hour in Seoul on a day of November 2026."""
    return datetime(2026, 11, day, hour, tzinfo=UTC) - timedelta(hours=9)


@pytest.fixture
async def owner(owner_url):
    connection = await asyncpg.connect(owner_url)
    yield connection
    await connection.close()


@pytest.fixture
async def history(owner, store):
    """Two programs of two weeks: one good, one that failed twice and was missed once in the later week."""
    await add_program(owner, "good", title="좋은 봇", department="재무팀", cost=20_000, target=0.99)
    await add_program(owner, "poor", title="나쁜 봇", department="인사팀", cost=30_000, target=0.99)
    rows = [("good", at(day), 60, "SUCCESS", 10) for day in range(7, 21)]
    rows += [("poor", at(day), 90, "SUCCESS", 5) for day in (*range(7, 14), 14, 15, 18, 20)]
    rows += [("poor", at(day), 30, "FAILED", 0) for day in (16, 17)] + [("poor", at(19), None, "MISSED", 0)]
    await add_runs(owner, rows)
    await owner.execute(
        "INSERT INTO incidents (program, reason, opened_at, begun_at, resolved_at, first_verdict, last_verdict,"
        " severity, was_error, outages, first_acknowledged_at, acknowledged_by) VALUES"
        " ('poor', 'failed', $1, $1, $2, 1, 1, 'ERROR', true, tstzmultirange(tstzrange($1, $2)), $3, 'kim'),"
        " ('poor', 'missed', $4, $4, NULL, 1, 1, 'ERROR', true, tstzmultirange(tstzrange($4, NULL)), NULL, NULL)",
        at(16),
        at(16) + timedelta(hours=3),
        at(16) + timedelta(hours=1),
        at(19, 7),
    )
    await settle(store)
    return store


async def settle(store):
    statistics = Statistics(store)
    while await statistics.settle_some(NOW):
        pass


def figures(document):
    """Every key figure of a document by its key."""
    return {
        one.key: one.value
        for section in document.sections
        for block in section.blocks
        if isinstance(block, Figures)
        for one in block.items
    }


def table(document, key):
    """The rows of a table."""
    for section in document.sections:
        for block in section.blocks:
            if isinstance(block, Table) and block.key == key:
                return [dict(zip((c.key for c in block.columns), row, strict=True)) for row in block.rows]
    raise AssertionError(f"no table {key}")


async def test_a_week_is_told_as_it_was(history):
    made = await compose(history, SETTINGS, asked("weekly_ops", period=WEEK))
    found = figures(made)
    assert found["runs"] == 13
    assert (found["failed"], found["missed"], found["processed"]) == (2, 1, 90)
    assert found["success_rate"] == pytest.approx(11 / 13)
    assert found["availability"] == pytest.approx(11 / 14)
    assert found["saved_hours"] == pytest.approx(9.0)
    assert found["saved_money"] == pytest.approx(7 * 20_000 + 2 * 30_000)
    assert (found["sr_total"], found["sr_done"], found["sr_open"]) == (2, 1, 1)
    assert found["completion_rate"] == pytest.approx(0.5)
    assert found["mttr"] == pytest.approx(3.0)
    assert table(made, "worst")[0]["program"] == "나쁜 봇"
    assert made.summary["sr_total"] == 2
    assert made.summary["completion_rate"] == 50.0
    assert made.summary["mttr_hours"] == 3.0
    assert made.summary["period"] == {"start": "2026-11-14", "end": "2026-11-20"}
    text = markdown.text(made)
    assert "나쁜 봇 실패·미실행 0건 → 3건" in text
    assert "성공률 84.6%" in text
    still, over = table(made, "incidents")
    assert still["seconds"] == pytest.approx((at(21, 0) - at(19, 7)).total_seconds())
    assert (over["seconds"], over["acknowledged_by"]) == (pytest.approx(10_800), "kim")
    assert json_text.tree(made)["summary"]["sr_total"] == 2


async def test_a_month_tells_which_promises_were_broken_on_which_days(history):
    made = await compose(history, SETTINGS, asked("monthly_sla", period=Period(date(2026, 11, 1), date(2026, 11, 20))))
    broken, kept = table(made, "targets")
    assert (broken["program"], broken["met"]) == ("나쁜 봇", "미달")
    assert (broken["due"], broken["kept"]) == (14, 11)
    assert broken["lost_days"] == "11-16 (0/1), 11-17 (0/1), 11-19 (0/1)"
    assert (kept["program"], kept["met"], kept["availability"]) == ("좋은 봇", "달성", 1.0)
    assert [row["day"] for row in table(made, "lost_days")] == [date(2026, 11, day) for day in (16, 17, 19)]
    assert len(table(made, "outages")) == 2


async def test_every_template_can_be_made_in_both_languages(history):
    for name, template in templates(None).items():
        for language in ("ko", "en"):
            run = "1" if template.needs == "run" else ""
            made = await compose(history, SETTINGS, asked(name, language=language, run=run))
            assert made.title == template.titles[language]
            assert made.made_by == "ops"
            assert markdown.text(made)
            json_text.text(made)


async def test_every_template_can_be_made_of_an_empty_database(store):
    for name, template in templates(None).items():
        if template.needs != "run":
            made = await compose(store, SETTINGS, asked(name))
            assert markdown.text(made)
            json_text.text(made)
            assert [list(data.rows()) for data in made.data] == [[] for _ in made.data]


async def test_the_rows_for_counting_again_are_all_there(history):
    made = await compose(history, SETTINGS, asked("weekly_ops", period=WEEK))
    found = {data.key: data for data in made.data}
    days = list(found["days"].rows())
    assert days == list(found["days"].rows())
    assert len(days) == 14
    assert sum(row[2] for row in days) == 13
    runs = [dict(zip((c.key for c in found["runs"].columns), row, strict=True)) for row in found["runs"].rows()]
    assert [(row["status"], row["start_time"]) for row in runs] == [
        ("MISSED", at(19)),
        ("FAILED", at(17)),
        ("FAILED", at(16)),
    ]
    assert (runs[1]["program"], runs[1]["message"], runs[1]["error"]) == ("나쁜 봇", "로그인 실패", "Traceback")
    assert len(list(found["incidents"].rows())) == 2
    without = await compose(history, SETTINGS, asked("weekly_ops", period=WEEK, data=False))
    assert without.data == ()


async def test_a_report_can_be_written_in_every_format(history, tmp_path):
    made = await compose(history, SETTINGS, asked("weekly_ops", period=WEEK))
    for form, suffix in SUFFIX.items():
        render(made, form, tmp_path / f"weekly{suffix}")
    book = openpyxl.load_workbook(tmp_path / "weekly.xlsx", read_only=True)
    texts = {str(value) for sheet in book for row in sheet.iter_rows(values_only=True) for value in row if value}
    assert {"나쁜 봇", "로그인 실패", "Traceback", "주간 운영 보고서"} <= texts
    assert {data.title for data in made.data} <= set(book.sheetnames)
    book.close()
    assert (tmp_path / "weekly.pdf").read_bytes().startswith(b"%PDF-")
    assert json.loads((tmp_path / "weekly.json").read_text("utf-8"))["summary"]["failed"] == 2


async def test_secrets_and_people_stay_out_of_what_is_sent_around(store, owner):
    await add_program(owner, "poor")
    await add_runs(owner, [("poor", at(20), 30, "FAILED", 0)])
    await owner.execute(
        "UPDATE rpa_execution_logs SET message = 'password=hunter2',"
        " error_details = 'kim.minsu@example.com: 로그인 실패'"
    )
    await owner.execute(
        "INSERT INTO incidents (program, reason, opened_at, begun_at, first_verdict, last_verdict, facts)"
        " VALUES ('poor', 'failed', $1, $1, 1, 1, $2)",
        at(20),
        json.dumps({"line": "login failed: password=hunter2", "at": at(20).isoformat()}),
    )
    await settle(store)
    made = await compose(store, SETTINGS, asked("weekly_ops", period=WEEK))
    written = "\n".join([json_text.text(made), *(str(row) for data in made.data for row in data.rows())])
    assert "password=***" in written
    assert "ki***@example.com" in written
    assert "hunter2" not in written
    assert "minsu" not in written


async def test_some_programs_alone(history):
    made = await compose(history, SETTINGS, asked("weekly_ops", period=WEEK, programs=("GOO*",)))
    assert figures(made)["runs"] == 7
    assert figures(made)["sr_total"] == 0
    assert "GOO*" in made.subtitle
    with pytest.raises(BadRequest, match="no program is called 'nobody'") as raised:
        await compose(history, SETTINGS, asked("weekly_ops", programs=("nobody",)))
    assert "good" in raised.value.hint


async def test_what_cannot_be_made_is_said(store):
    with pytest.raises(NotFound, match="no template is called 'nothing'") as raised:
        await compose(store, SETTINGS, asked("nothing"))
    assert "weekly_ops" in raised.value.hint
    with pytest.raises(BadRequest, match="yet to come"):
        await compose(store, SETTINGS, asked("weekly_ops", period=Period(date(2027, 1, 1), date(2027, 1, 2))))
    with pytest.raises(BadRequest, match="which run"):
        await compose(store, SETTINGS, asked("batch_run"))
    with pytest.raises(BadRequest, match="neither the number nor the id"):
        await compose(store, SETTINGS, asked("batch_run", run="x"))
    with pytest.raises(NotFound, match="there is no run 99"):
        await compose(store, SETTINGS, asked("batch_run", run="99"))


async def test_a_batch_is_told_as_it_told_itself(store, owner):
    await add_runs(owner, [("batch", at(20), 50, "FAILED", 7)])
    await owner.execute("UPDATE rpa_execution_logs SET task_name = 'single_step_2'")
    run_id, log_id = await owner.fetchrow("SELECT run_id, log_id FROM rpa_execution_logs")
    await owner.executemany(
        "INSERT INTO run_items (run_id, account, processed, failed, error, started_at, ended_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7)",
        [
            (run_id, "account1@gmail.com", 7, 0, "", at(20), at(20) + timedelta(seconds=20)),
            (run_id, "`두번째`", 0, 3, "로그인 실패", at(20) + timedelta(seconds=20), at(20) + timedelta(seconds=50)),
        ],
    )
    made = await compose(store, SETTINGS, asked("batch_run", run=str(log_id)))
    assert made.text == markdown.text(made)
    lines = made.text.splitlines()
    assert lines[0] == "# 배치 실행 보고서"
    assert f"**작업 ID:** single_step_2_{log_id}" in lines
    assert "**실행 시간:** 2026-11-20 06:00:00.000000" in lines
    assert "### ❌ \\`두번째\\`" in lines
    assert "- **처리 완료:** 7개" in lines
    assert "- **성공률:** 50.0%" in lines
    same = await compose(store, SETTINGS, asked("batch_run", run=str(run_id), language="en"))
    assert same.text == made.text
    await add_runs(owner, [("batch", at(20, 7), 50, "SUCCESS", 7), ("batch", at(21), 50, "SUCCESS", 7)])
    whole = await compose(store, SETTINGS, asked("batch_summary", period=WEEK))
    assert "**전체 배치 작업 수:** 1개" in whole.text.splitlines()
    assert f"### ❌ single_step_2_{log_id}" in whole.text.splitlines()
    assert whole.summary["accounts"] == 2


async def test_an_own_template_is_made_of_sections_and_queries(history, tmp_path):
    folder = tmp_path / "reports"
    folder.mkdir()
    example = EXAMPLE[2].replace('["invoice_*", "tax_*"]', '["good", "poor"]').replace('["invoice_*"]', '["go*"]')
    (folder / "finance_month.toml").write_text(example, "utf-8")
    settings = ReportSettings(folder=folder)
    made = await compose(history, settings, asked("finance_month", period=WEEK))
    assert made.title == "재무팀 자동화 월간 보고"
    assert [section.title for section in made.sections][-2:] == ["세금계산서 봇", "부서별 처리 건수"]
    rows = table(made, "own_3")
    assert [row["department"] for row in rows] == ["재무팀", "인사팀"]
    assert [row["items"] for row in rows] == [70, 20]
    assert rows[0]["hours"] == pytest.approx(7.0)
    assert rows[0]["latest"] == date(2026, 11, 20)
    assert [row["program"] for row in table(made, "programs")] == ["좋은 봇"]
    assert made.definitions
    assert markdown.text(made)
    json_text.text(made)


@pytest.mark.parametrize(
    ("sql", "more", "words"),
    [
        ("SELECT 1 AS a", 'columns = [{ key = "b" }]', "the SQL gives no column 'b'"),
        ("SELECT 'x' AS a", 'columns = [{ key = "a", kind = "count" }]', "'x' in row 1 of the column a is no count"),
        ("SELECT nothing FROM nowhere", "", 'relation "nowhere" does not exist'),
        ("WITH x AS (DELETE FROM programs RETURNING name) SELECT * FROM x", "", "read-only transaction"),
        ("SELECT n FROM generate_series(1, 20000) AS n", "", "more than 10,000 rows"),
    ],
)  # fmt: skip
async def test_a_query_that_does_not_do_is_named_with_its_place(store, tmp_path, sql, more, words):
    (tmp_path / "ours.toml").write_text(f'title = "x"\n[[sections]]\ntitle = "y"\nsql = "{sql}"\n{more}\n', "utf-8")
    with pytest.raises(StepFailed, match=r"ours\.toml:4: sections\[0\]\.sql") as raised:
        await compose(store, ReportSettings(folder=tmp_path), asked("ours", period=WEEK))
    assert words in str(raised.value)


async def test_a_capacity_plan_shows_the_busy_hours(history):
    made = await compose(
        history, SETTINGS, asked("capacity_plan", period=Period(date(2026, 10, 1), date(2026, 11, 20)))
    )
    hours = table(made, "hours")
    assert len(hours) == 24
    assert hours[6]["starts"] == pytest.approx(27 / 28)
    assert hours[6]["at_once"] == pytest.approx((14 * 60 + 11 * 90 + 2 * 30) / 3600 / 28)
    assert sum(row["starts"] for row in hours) == pytest.approx(27 / 28)
    budgets = table(made, "time_budget")
    assert [row["program"] for row in budgets] == ["나쁜 봇", "좋은 봇"]
    assert budgets[0]["used"] == pytest.approx(90 / 600, rel=0.03)
