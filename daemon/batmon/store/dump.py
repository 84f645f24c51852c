"""A consistent dump of the whole database by pg_dump, while everybody goes on reading and writing."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncGenerator, Mapping
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from batmon.errors import StoreError
from batmon.refusals import because
from batmon.store.binaries import find_binaries

LOOK_SEC = 0.5
LOCK_SEC = 30
"""How long it waits for a table that somebody holds, before it gives up."""
CONNECT_SEC = 10


Form = Literal["custom", "plain"]
"""pg_dump's own compressed format for pg_restore, or SQL for psql."""


async def dump(url: str, file: Path, form: Form = "custom", snapshot: str = "") -> AsyncGenerator[int, None]:
    """Write the database at ``url`` to ``file`` (new, 0600) in one of pg_dump's formats; its size again and again.

    All of it is as of one moment: that of ``snapshot``, if somebody exported one. The file is whole when the iterator
    has ended; whoever leaves it early, or gets an error from it, has a part of a dump to remove.

    Raises:
        StoreError: pg_dump is not there, or refused; the message is its own.
    """
    tools = await asyncio.to_thread(find_binaries)
    address, secret = without_secret(url)
    environment = {
        **os.environ, **secret,
        "PGCONNECT_TIMEOUT": str(CONNECT_SEC), "PGAPPNAME": "batmon dump", "LC_ALL": "C",
    }  # fmt: skip
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    try:
        process = await asyncio.create_subprocess_exec(
            tools.path("pg_dump"), f"--format={form}", "--no-password", f"--lock-wait-timeout={LOCK_SEC}s",
            *([f"--snapshot={snapshot}"] if snapshot else []), f"--dbname={address}",
            stdin=asyncio.subprocess.DEVNULL, stdout=descriptor, stderr=asyncio.subprocess.PIPE, env=environment,
        )  # fmt: skip
    except OSError as error:
        raise StoreError(because("dump-not-started", why=error.strerror)) from error
    finally:
        os.close(descriptor)
    said = asyncio.ensure_future(process.communicate())
    try:
        while not said.done():
            await asyncio.wait((said,), timeout=LOOK_SEC)
            yield file.stat().st_size  # noqa: ASYNC240 - one look at a file that is being written
        _, words = said.result()
        if process.returncode:
            lines = words.decode(errors="replace").strip().splitlines() or [f"it ended with {process.returncode}"]
            why = lines[-1].removeprefix("pg_dump: ").removeprefix("error: ")
            raise StoreError(because("cannot-be-dumped", why=why))
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
        await asyncio.gather(said, return_exceptions=True)


def without_secret(url: str) -> tuple[str, Mapping[str, str]]:
    """The URL without its password, which every user of the machine could read in a command line; and the password.

    The second is the environment that hands it to libpq: only root and this user can read it there.
    """
    parts = urlsplit(url)
    user, at, place = parts.netloc.rpartition("@")
    name, _, password = user.partition(":")
    query = parse_qsl(parts.query, keep_blank_values=True)
    secrets = [unquote(password)] if password else []
    secrets += [value for key, value in query if key == "password"]
    kept = urlencode([(key, value) for key, value in query if key != "password"], quote_via=quote, safe="/")
    bare = f"{parts.scheme}://{name}{at}{place}{parts.path}" + (f"?{kept}" if kept else "")
    return bare, {"PGPASSWORD": secrets[-1]} if secrets else {}
