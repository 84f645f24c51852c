import pytest
import pytest_asyncio

from tests.acceptance.installation import Installation
from tests.acceptance.terminal import Terminal
from tests.state_folders import new_state_folder


@pytest_asyncio.fixture
async def installation():
    """An empty installation; the test adds programs and starts it."""
    made = Installation(new_state_folder())
    yield made
    await made.remove()


@pytest.fixture
def terminal():
    """A terminal to run one command in."""
    made = Terminal()
    yield made
    made.close()
