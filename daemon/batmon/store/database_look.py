"""Whether a Postgres lets us in and answers a query, in a transaction that changes nothing."""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg

LOGIN = (asyncpg.InvalidAuthorizationSpecificationError, asyncpg.InvalidCatalogNameError)
_CLOSE_SEC = 1.0
_FOR_POOLERS: dict[str, Any] = {"server_settings": {"application_name": "batmon probe"}, "statement_cache_size": 0}
"""Between us and the server a pooler may stand, which knows no other settings and no prepared statements."""


async def ask(url: str, query: str, seconds: float) -> tuple[str, str]:
    """The fault of ``probe_words.FAULTS`` and what the server said of it; empty if it answered.

    Raises:
        OSError: it cannot be reached; TimeoutError: not within ``seconds``.
    """
    async with asyncio.timeout(seconds):
        try:
            connection = await asyncpg.connect(url, timeout=seconds, **_FOR_POOLERS)
        except LOGIN as error:
            return "login", _said(error)
        except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            return "protocol", _said(error)
        try:
            async with connection.transaction(readonly=True):
                await connection.execute(f"SET LOCAL statement_timeout = {max(1, int(seconds * 1000))}")
                await connection.fetchrow(query)
        except asyncpg.QueryCanceledError as error:
            raise TimeoutError from error
        except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            return "query", _said(error)
        finally:
            await _let_go(connection)
    return "", ""


async def _let_go(connection: asyncpg.Connection) -> None:
    try:
        await connection.close(timeout=_CLOSE_SEC)
    except (TimeoutError, OSError, asyncpg.InterfaceError, asyncpg.PostgresError):
        connection.terminate()


def _said(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)[:300]
