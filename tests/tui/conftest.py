from __future__ import annotations

import pytest
import pytest_asyncio
from stage import Stage


@pytest_asyncio.fixture
async def stage(tmp_path):
    stage = Stage(tmp_path)
    await stage.start()
    yield stage
    await stage.stop()


@pytest.fixture(autouse=True)
def _colours(monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
