"""What one daemon stands on: its state folder, which is its own while it lives, and the database."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from batmon.config import Config, prepare_folders
from batmon.engine.instance import InstanceLock
from batmon.errors import BatmonError
from batmon.refusals import because
from batmon.store import EmbeddedPostgres

log = logging.getLogger(__name__)


class Database:
    """A Postgres that answers: that of the configuration, or one of our own (``embedded``) below the state folder."""

    def __init__(self, config: Config, embedded: EmbeddedPostgres | None) -> None:
        self._config = config
        self.embedded = embedded
        self.url = embedded.url if embedded else str(config.database_url)

    @property
    def owner_url(self) -> str:
        """The same as somebody who may read all of it and change the schema."""
        return self.embedded.owner_url if self.embedded else self.url

    async def keep(self) -> None:
        """Start our own server again whenever it ends by itself; returns at once when there is none."""
        while self.embedded is not None:
            await self.embedded.died()
            log.error("Postgres has ended; starting it again")
            self.embedded = await EmbeddedPostgres.start(self._config.state)
            log.info("Postgres is back", extra={"pid": self.embedded.pid})


@asynccontextmanager
async def opened(config: Config) -> AsyncIterator[Database]:
    """The database, in a state folder that is made where it is missing and locked until the block ends.

    Raises:
        AlreadyRunning: another daemon has the folder.
        EmbeddedError: our own server cannot be started.
        BatmonError: the folder cannot be written to.
    """
    await asyncio.to_thread(prepare_folders, config)
    with _in_words(config.state):
        lock = InstanceLock(config.state)
    try:
        with _in_words(config.state):
            embedded = None if config.database_url else await EmbeddedPostgres.start(config.state)
        database = Database(config, embedded)
        try:
            yield database
        finally:
            if database.embedded is not None:
                await database.embedded.stop()
    finally:
        lock.release()


@contextmanager
def _in_words(state: Path) -> Iterator[None]:
    """Say which file or folder it was, and why, where the system refuses one."""
    try:
        yield
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise BatmonError(because("state-unusable", path=error.filename or state, why=why)) from error
