"""The strip of a program's last runs."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from batmon.engine.known_runs import strip
from batmon.model import Origin, ProcessEvidence, Run, RunStatus

START = datetime(2026, 11, 21, tzinfo=UTC)


def a_run(number, **more):
    return Run(
        program="a", run_id=UUID(int=number), start_time=START + timedelta(hours=number), origin=Origin.RECORD, **more
    )


@pytest.mark.parametrize(("alive", "shown"), [(True, "RUNNING"), (False, "FAILED")])
def test_a_run_that_left_no_end_and_whose_process_is_gone_has_failed(alive, shown):
    ended = a_run(1, status=RunStatus.SUCCESS, end_time=START + timedelta(hours=1, seconds=4))
    open_run = a_run(2, status=RunStatus.RUNNING, process=ProcessEvidence(pid=7, alive=alive))
    assert strip([open_run, ended]) == [["SUCCESS", 4], [shown, None]]
