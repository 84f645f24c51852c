"""How a run's status is shown where the table's own word would mislead."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from batmon.commands.table import run_status
from batmon_tui.view import View
from batmon_tui.widgets.runs_view import outcome, shown_status

DEAD, ALIVE = {"process": {"pid": 7, "alive": False}}, {"process": {"pid": 7, "alive": True}}


@pytest.mark.parametrize(
    ("status", "evidence", "shown"),
    [
        ("RUNNING", DEAD, "DIED"),
        ("RUNNING", ALIVE, "RUNNING"),
        ("RUNNING", {"process": None}, "RUNNING"),
        ("RUNNING", None, "RUNNING"),
        ("FAILED", DEAD, "FAILED"),
        ("SUCCESS", DEAD, "SUCCESS"),
    ],
)
def test_a_run_whose_process_is_gone_does_not_run(status, evidence, shown):
    run = {"status": status} if evidence is None else {"status": status, "evidence": evidence}
    assert run_status(run) == shown_status(run) == shown


def test_it_has_a_word_in_both_languages():
    run = {"status": "RUNNING", "evidence": DEAD}
    views = [View(language, ZoneInfo("UTC"), datetime(2026, 11, 21, tzinfo=UTC)) for language in ("en", "ko")]
    assert [outcome(run, view) for view in views] == ["died", "비정상 종료"]
