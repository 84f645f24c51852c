"""The tables of packs, made ready before their duties begin."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from batmon.config.packs import Pack
from batmon.errors import StoreError
from batmon.store.packs import prepare_tables

log = logging.getLogger(__name__)


async def prepare_packs(owner_url: str, packs: Sequence[Pack]) -> list[str]:
    """Make the tables of each pack; for each pack that could not have them, a sentence that says why.

    Such a pack's duties fail one by one and say so: watching goes on.
    """
    problems = []
    for pack in packs:
        try:
            await prepare_tables(owner_url, pack.schema, pack.tables)
        except StoreError as error:
            problems.append(f"the tables of the pack {pack.name} cannot be made ready: {error}")
            log.error(problems[-1])
    return problems
