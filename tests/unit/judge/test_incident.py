"""Verdicts open and resolve incidents."""

# ruff: noqa: E501 - a case is read best on one line
from __future__ import annotations

from datetime import UTC, datetime

import pytest

from batmon.judge.incident import step
from batmon.model import Reason, Status, Verdict


@pytest.mark.parametrize(
    ("previous", "status", "expected"),
    [
        (None, Status.ERROR, "open"), (Status.OK, Status.ERROR, "open"), (Status.WARNING, Status.ERROR, "open"),
        (Status.UNKNOWN, Status.ERROR, "open"), (Status.ERROR, Status.ERROR, None),
        (Status.ERROR, Status.OK, "resolve"), (Status.WARNING, Status.OK, "resolve"), (Status.UNKNOWN, Status.OK, "resolve"),
        (Status.OK, Status.OK, None), (Status.ERROR, Status.WARNING, None), (Status.ERROR, Status.UNKNOWN, None),
    ],
)  # fmt: skip
def test_steps(previous, status, expected):
    assert step(previous, Verdict(status, Reason.FAILED, datetime(2026, 11, 21, tzinfo=UTC))) == expected
