"""What Prometheus is told, read back by its own client's parser."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics
from prometheus_client.parser import text_string_to_metric_families as plain

from batmon.engine.http.open_metrics import families, text
from batmon.metrics.figures import Totals

STARTED = datetime(2026, 11, 21, 1, 2, 3, tzinfo=UTC)


def row(name, **more):
    return {
        "name": name, "status": "OK", "probe": "", "since": "2026-11-21T00:00:00+00:00", "incident": None,
        "next_due": None, "running": None, "last_run": None, **more,
    }  # fmt: skip


def measured(rows, **more):
    given = {"node": "n1", "version": "1.0", "started_at": STARTED, "today": {}, "deliveries": {}}
    return families(rows, **{**given, **more})


def samples(rows, **more):
    found = open_metrics(text(measured(rows, **more), open_metrics=True))
    return {(one.name, *sorted(one.labels.items())): one.value for family in found for one in family.samples}


def test_each_program_has_a_line_of_each_figure():
    last = {"start_time": "2026-11-21T06:00:00+09:00", "duration_sec": 12, "processed_count": 37}
    due = "2026-11-22T06:00:00+09:00"
    bad = row("공시", status="ERROR", last_run=last, next_due=due, incident={"state": "acknowledged"})
    found = samples([bad], today={"공시": Totals(succeeded=3, failed=2, missed=1, processed=100)})
    of = ("program", "공시")
    assert found["batmon_program_status", ("kind", "program"), of] == 2
    assert found["batmon_program_incident", of, ("state", "acknowledged")] == 1
    assert found["batmon_program_last_run_timestamp_seconds", of] == datetime(2026, 11, 20, 21, tzinfo=UTC).timestamp()
    assert found["batmon_program_last_run_duration_seconds", of] == 12
    assert found["batmon_program_last_run_processed", of] == 37
    assert found["batmon_program_next_due_timestamp_seconds", of] == datetime(2026, 11, 21, 21, tzinfo=UTC).timestamp()
    outcomes = {
        outcome: found["batmon_program_today_runs", ("outcome", outcome), of]
        for outcome in ("succeeded", "failed", "missed")
    }
    assert outcomes == {"succeeded": 3, "failed": 2, "missed": 1}
    assert found["batmon_program_today_processed", of] == 100
    assert found["batmon_programs", ("status", "ERROR")] == 1
    assert found["batmon_programs", ("status", "OK")] == 0


def test_what_is_not_known_has_no_line():
    names = {key[0] for key in samples([row("new", status="UNKNOWN")])}
    assert "batmon_program_last_run_timestamp_seconds" not in names
    assert "batmon_program_next_due_timestamp_seconds" not in names
    assert "batmon_program_today_runs" in names


def test_a_probe_has_no_runs():
    found = samples([row("db", probe="database")])
    assert found["batmon_program_status", ("kind", "database"), ("program", "db")] == 0
    assert not any(key[0] == "batmon_program_running" for key in found)


def test_hostile_names_stay_one_label():
    name = 'a"} 1\nbatmon_build_info{x="\\'
    found = samples([row(name)])
    (key,) = [key for key in found if key[0] == "batmon_program_status"]
    assert dict(key[1:])["program"] == 'a"} 1␊batmon_build_info{x="\\'


def test_the_older_form_says_the_same():
    said = text(measured([row("p")], deliveries={"owed": 4}), open_metrics=False)
    found = {one.name: one.value for family in plain(said) for one in family.samples}
    assert found["batmon_build_info"] == 1
    assert found["batmon_deliveries"] == 4
    assert found["batmon_start_time_seconds"] == STARTED.timestamp()
    assert "# EOF" not in said


def test_every_metric_is_documented_and_the_other_way_round():
    page = (Path(__file__).parents[3] / "docs" / "dashboards.md").read_text("utf-8")
    documented = set(re.findall(r"^\| `(batmon_\w+)` \|", page, re.MULTILINE))
    known = {family.name + ("_info" if family.kind == "info" else "") for family in measured([])}
    assert documented == known
