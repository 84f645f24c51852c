"""What asyncpg raises, in our words: nobody outside this room needs to know that it exists."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import asyncpg

from batmon.errors import SchemaError, StoreError, StoreUnavailable
from batmon.refusals import because

AWAY = (
    OSError,  # no socket, connection refused or reset; asyncio's TimeoutError is one
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.LockNotAvailableError,
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.QueryCanceledError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)
"""Trying again later may work. Somebody's open transaction that holds a row is among them."""

SCHEMA = (
    asyncpg.UndefinedTableError,
    asyncpg.UndefinedColumnError,
    asyncpg.UndefinedFunctionError,
    asyncpg.InvalidCatalogNameError,
)

ASYNCPG_BASES = (
    asyncpg.PostgresError,
    asyncpg.PostgresWarning,
    asyncpg.InterfaceError,
    asyncpg.InterfaceWarning,
    asyncpg.InternalClientError,
)
"""Every base that asyncpg's own exceptions have."""


def mapped(error: Exception) -> StoreError | None:
    """The error of our tree that says the same; None for what does not come from the database."""
    words = str(error).strip().splitlines()
    said = words[0] if words else type(error).__name__
    if isinstance(error, SCHEMA):
        if isinstance(error, asyncpg.InvalidCatalogNameError):
            return SchemaError(because("database-unusable", why=said))
        return SchemaError(because("database-strange", why=said))
    if isinstance(error, AWAY):
        if isinstance(error, asyncpg.InterfaceError) and isinstance(error, ValueError):  # a value of ours was wrong
            return StoreError(because("database-wrong-value", why=said))
        return StoreUnavailable(because("database-away", why=said))
    if isinstance(error, asyncpg.InvalidAuthorizationSpecificationError):
        return StoreError(because("database-login", why=said))
    if isinstance(error, ASYNCPG_BASES):
        return StoreError(because("database-refused", why=said))
    return None


@contextlib.contextmanager
def errors_mapped() -> Iterator[None]:
    """Raise StoreError, StoreUnavailable or SchemaError where the block raises what the driver raises."""
    try:
        yield
    except StoreError:
        raise
    except Exception as error:
        ours = mapped(error)
        if ours is None:
            raise
        raise ours from error
