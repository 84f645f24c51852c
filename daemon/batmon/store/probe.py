"""Whether a database answers and is one that BATMON can use, without changing anything in it."""

from __future__ import annotations

import asyncpg

from batmon.store.mapping import errors_mapped
from batmon.store.migrate import require_server

PROBE_SEC = 5.0


async def probe(url: str) -> int:
    """The major version of the server at ``url``.

    Raises:
        StoreError: it does not answer, does not let us in, or is too old; the message says which.
    """
    with errors_mapped():
        connection = await asyncpg.connect(url, timeout=PROBE_SEC, command_timeout=PROBE_SEC)
        try:
            return require_server(connection)
        finally:
            await connection.close(timeout=PROBE_SEC)
