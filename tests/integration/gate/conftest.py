"""A gate that is open for each test."""

import asyncio
import shutil
import tempfile
from pathlib import Path

import pytest
from gate_world import World


@pytest.fixture
async def world():
    folder = Path(tempfile.mkdtemp(prefix="gate-"))  # a socket's path must be short
    folder.chmod(0o700)
    world = World(folder)
    await world.gate.start(world.address)
    try:
        async with asyncio.timeout(30):
            yield world
    finally:
        world.go.set()
        await world.gate.stop()
        shutil.rmtree(folder)
