import os
import shutil
import tempfile
import time
from pathlib import Path

import pytest

from batmon.places import record_address
from batmon.record.line import Line
from batmon.record.spool import Spool
from tests.integration.record.record_server import RecordServer

ANSWERED_SEC = 1.0
"""Programs wait thirty times shorter; a thread of the tests may need longer for its answer on a busy machine."""


@pytest.fixture
def state(monkeypatch):
    """A state folder with a path that is short enough for a socket, and nothing of this machine's in the way."""
    for name in [name for name in os.environ if name.startswith("BATMON_")]:
        monkeypatch.delenv(name)
    folder = Path(tempfile.mkdtemp(prefix="bmr-"))
    monkeypatch.setenv("BATMON_STATE", str(folder))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def server(state, monkeypatch):
    """A daemon's record socket in that state folder.

    Its answers are waited for on a busy machine too; only where it is silent no longer than programs wait.
    """
    made = RecordServer(record_address(str(state)))
    said = Line._said

    def patient(line, op, until):
        return said(line, op, until if made.manner == "silent" else time.monotonic() + ANSWERED_SEC)

    monkeypatch.setattr(Line, "_said", patient)
    yield made
    made.remove()


@pytest.fixture
def spooled(state):
    """What lies in the spool: a function that gives the operations in order."""

    def ops():
        spool = Spool(state / "spool")
        try:
            return [op for _, op in spool.batch(100_000)]
        finally:
            spool.close()

    return ops
