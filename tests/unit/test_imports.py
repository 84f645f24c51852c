"""What a process does not load before it needs it."""

import subprocess
import sys

import pytest

ENGINE = ("pgqueuer", "pydantic", "jinja2", "croniter", "psutil", "watchfiles", "batmon.evidence", "batmon.notify")
CONFIGURATION = ("batmon.config", "batmon.report", "batmon.store", "batmon.engine", "asyncpg", "jinja2", "croniter")


@pytest.mark.parametrize(
    ("code", "later"),
    [
        pytest.param("import batmon.engine.start", ("typer", "batmon.engine.daemon", *ENGINE), id="database first"),
        pytest.param("from batmon.commands.app import _grammar; _grammar(remote=False)", CONFIGURATION, id="a verb"),
    ],
)
def test_what_is_loaded_later(code, later):
    code += f"\nimport sys; print([name for name in {later!r} if name in sys.modules])"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout == "[]\n"
