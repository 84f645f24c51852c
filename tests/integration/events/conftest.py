import pytest

from tests.integration.events.events_bed import USERS, Bed, opened


@pytest.fixture
async def bed(store, owner_url, tmp_path):
    owner = await opened(owner_url)
    await owner.execute(USERS)
    yield Bed(store, owner, owner_url, tmp_path)
    await owner.close()
