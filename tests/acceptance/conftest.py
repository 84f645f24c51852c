import pytest
import pytest_asyncio

from tests.acceptance.installation import Installation
from tests.acceptance.terminal import Terminal


@pytest_asyncio.fixture
async def installation():
    """An empty installation; the test adds programs and starts it."""
    made = Installation()
    yield made
    await made.remove()


@pytest.fixture
def terminal():
    """A terminal to run one command in."""
    made = Terminal()
    yield made
    made.close()
