import re

import asyncpg
import pytest
from asyncpg import exceptions

from batmon.errors import SchemaError, StoreError, StoreUnavailable
from batmon.store.mapping import ASYNCPG_BASES, mapped
from batmon.store.statements import statements


async def test_every_statement_can_be_prepared_and_names_its_parameters(database_url):
    connection = await asyncpg.connect(database_url)
    for statement in statements().values():
        prepared = await connection.prepare(statement.sql)
        used = {f"${number}" for number in range(1, len(prepared.get_parameters()) + 1)}
        named = re.findall(r"^-- (\$\d+) [\w\[\]]+: \S", statement.header, re.MULTILINE)
        assert set(named) == used, statement.name
    await connection.close()
    assert len(statements()) > 25


def exception_classes():
    for value in vars(exceptions).values():
        if isinstance(value, type) and issubclass(value, Exception):
            yield value


def test_every_base_of_the_drivers_errors_is_mapped():
    classes = list(exception_classes())
    assert len(classes) > 200
    for kind in classes:
        assert issubclass(kind, ASYNCPG_BASES), kind
        assert isinstance(mapped(kind("words")), StoreError), kind


@pytest.mark.parametrize(
    ("error", "ours"),
    [
        (ConnectionRefusedError("no"), StoreUnavailable),
        (FileNotFoundError("no socket"), StoreUnavailable),
        (TimeoutError(), StoreUnavailable),
        (asyncpg.InterfaceError("connection is closed"), StoreUnavailable),
        (asyncpg.CannotConnectNowError("starting up"), StoreUnavailable),
        (asyncpg.AdminShutdownError("bye"), StoreUnavailable),
        (asyncpg.LockNotAvailableError("held"), StoreUnavailable),
        (asyncpg.UndefinedTableError("none"), SchemaError),
        (asyncpg.DataError("bad"), StoreError),
        (asyncpg.UniqueViolationError("twice"), StoreError),
    ],
)
def test_an_error_becomes_the_one_that_says_what_to_do(error, ours):
    assert type(mapped(error)) is ours


def test_what_does_not_come_from_the_database_is_left_alone():
    assert mapped(ZeroDivisionError()) is None
