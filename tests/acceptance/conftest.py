import pytest_asyncio

from tests.acceptance.installation import Installation


@pytest_asyncio.fixture
async def installation():
    """An empty installation; the test adds programs and starts it."""
    made = Installation()
    yield made
    await made.remove()
