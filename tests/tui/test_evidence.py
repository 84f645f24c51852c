from __future__ import annotations

import io
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from rich.console import Console

from batmon.model import LogEvidence, LogSpan, ProcessEvidence, RecordEvidence, Run, RunStatus
from batmon.store.run_rows import run_json
from batmon_tui.theme import DARK
from batmon_tui.view import View
from batmon_tui.widgets.evidence import beside

START = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
COLOURS = dict.fromkeys(("foreground", "error", "warning", "success", "accent", "quiet", "doubt"), "#ffffff")
RUN = Run(
    uuid.UUID(int=1), "invoice", RunStatus.SUCCESS, START, START + timedelta(seconds=20), log_id=7,
    log=LogEvidence(RunStatus.FAILED, LogSpan("logs/a.log", 10, 2000), START, line="끝", errors=2, first_error="거절"),
    record=RecordEvidence(RunStatus.SUCCESS, "완료", "송장 20건"),
    process=ProcessEvidence(None, alive=False, exit_code=0),
)  # fmt: skip


def told(run: Run, language: str = "en") -> str:
    console = Console(width=120, file=io.StringIO())
    view = View(language, ZoneInfo("Asia/Seoul"), START)
    console.print(beside(run_json(run), view, {**DARK.variables, **COLOURS}))
    return console.file.getvalue()


def test_kinds_that_contradict_each_other_are_shown_beside_each_other():
    said = told(RUN)
    assert "! the evidence disagrees" in said
    assert "✗ failed" in said
    assert said.count("✓ succeeded") == 2
    for words in ("2 lines with errors", "first: 거절", "as it was written: 완료", "송장 20건", "exit code 0", "row 7"):
        assert words in said
    assert "근거가 서로 다릅니다" in told(RUN, "ko")


def test_what_agrees_or_is_not_there_is_no_contradiction():
    assert "disagrees" not in told(replace(RUN, record=None, process=None))
    said = told(replace(RUN, log=None, record=None, process=ProcessEvidence(4242, alive=True)))
    assert "nothing in a log" in said
    assert "alive, pid 4242" in said


def test_a_long_line_is_cut_before_it_goes_out():
    log = replace(RUN.log, line="가" * 4000, first_error="나" * 4000)
    shown = run_json(replace(RUN, log=log))["evidence"]
    assert (len(shown["log"]["line"]), len(shown["log"]["first_error"])) == (500, 500)
    assert run_json(replace(RUN, log=None, record=None, process=None))["evidence"] == {
        "log": None, "record": None, "process": None,
    }  # fmt: skip
