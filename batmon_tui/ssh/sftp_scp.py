"""``scp -f``: the server's side of the old copy protocol, for ``scp -O`` and clients that know no SFTP; reading only.

The same tree as SFTP's, through the same daemon. There is no shell: patterns in a path are matched here.
"""

from __future__ import annotations

import asyncio
import logging
import posixpath
import shlex
from collections.abc import AsyncIterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from batmon.errors import BatmonError
from batmon_tui.ssh.sftp import READ_ONLY, Sink, absolute, in_words
from batmon_tui.ssh.sftp_packets import Attributes
from batmon_tui.ssh.sftp_tree import RemoteTree

log = logging.getLogger(__name__)

BLOCK = 256 * 1024
DEEPEST = 64
ANSWER_SEC = 30 * 60.0
"""How long a client may take over one answer: a person may be asked meanwhile whether to go on."""
LONGEST_ANSWER = 1024


@dataclass(frozen=True, slots=True)
class _Asked:
    paths: list[str]
    sends: bool
    recursive: bool
    preserving: bool


class _Refused(Exception):
    """The client does not go on."""


def is_scp(command: str) -> bool:
    """Whether a command is what scp asks a server to run."""
    return command.startswith("scp ")


async def run_scp(command: str, tree: RemoteTree, reader: asyncio.StreamReader, sink: Sink) -> int:
    """Send what is asked for; the channel's exit code."""
    try:
        asked = _understood(command)
        if not asked.sends:
            sink.write(_error(READ_ONLY, fatal=True))
            return 1
        return await _Source(tree, reader, sink, asked).run()
    except ValueError as error:
        sink.write(_error(f"the command cannot be read: {error}", fatal=True))
        return 1
    except (_Refused, TimeoutError, asyncio.IncompleteReadError, ConnectionError) as error:
        log.info("a copy was ended: %s", error)
        return 1
    finally:
        await tree.close()


def _understood(command: str) -> _Asked:
    words = shlex.split(command)[1:]
    flags = ""
    while words and words[0].startswith("-") and words[0] != "-":
        word = words.pop(0)
        if word == "--":
            break
        flags += word[1:]
    if not words or not set(flags) & set("ft") or set(flags) - set("ftrpdvq"):
        raise ValueError("scp -f [-r] [-p] PATH is known here")
    return _Asked(words, "t" not in flags, "r" in flags, "p" in flags)


class _Source:
    """Sends files; an error of one is told and the others follow."""

    def __init__(self, tree: RemoteTree, reader: asyncio.StreamReader, sink: Sink, asked: _Asked) -> None:
        self._tree = tree
        self._reader = reader
        self._sink = sink
        self._asked = asked
        self._failed = False

    async def run(self) -> int:
        await self._confirmed()
        for path in self._asked.paths:
            found = False
            try:
                async for match, entry in self._matches(absolute(path)):
                    found = True
                    await self._send(match, entry, 0)
            except BatmonError as error:
                self._say(in_words(error))
                continue
            if not found:
                self._say(f"{path}: nothing matches")
        return 1 if self._failed else 0

    async def _matches(self, path: str) -> AsyncIterator[tuple[str, dict[str, Any]]]:
        """What a path with patterns in its names means, each with its entry."""
        names = path[1:].split("/") if path != "/" else []
        place = next((at for at, name in enumerate(names) if any(sign in name for sign in "*?[")), None)
        if place is None:
            yield path, await self._tree.stat(path)
            return
        folder = "/" + "/".join(names[:place])
        async for page in self._tree.pages(folder):
            for entry in page:
                if not fnmatchcase(entry["name"], names[place]):
                    continue
                inner = posixpath.join(folder, entry["name"], *names[place + 1 :])
                if place + 1 == len(names):
                    yield inner, entry
                elif entry["kind"] == "dir":
                    async for match in self._matches(inner):
                        yield match

    async def _send(self, path: str, entry: dict[str, Any], depth: int) -> None:
        try:
            if entry["kind"] != "dir":
                await self._send_file(path)
            elif not self._asked.recursive:
                self._say(f"{path}: not a regular file")
            elif depth == DEEPEST:
                self._say(f"{path}: more than {DEEPEST} folders deep")
            else:
                await self._send_folder(path, entry, depth)
        except BatmonError as error:
            self._say(in_words(error))

    async def _send_file(self, path: str) -> None:
        file = await self._tree.open(path)
        try:
            its = Attributes.of_entry({"kind": "file", "size": file.size, "modified": file.modified})
            await self._tell_times(its)
            await self._tell(f"C0444 {its.size} {posixpath.basename(path)}\n")
            problem = ""
            sent = 0
            while sent < its.size:
                length = min(BLOCK, its.size - sent)
                try:
                    data = b"" if problem else await file.read(sent, length)
                    problem = problem or ("" if data else f"{path}: it was shortened while it was read")
                except BatmonError as error:  # as many bytes as were announced must follow, whatever they are
                    data, problem = b"", in_words(error)
                data = data or bytes(length)
                self._sink.write(data)
                await self._sink.drain()
                sent += len(data)
            if problem:
                self._say(problem)
            else:
                self._sink.write(b"\0")
            await self._confirmed()
        finally:
            file.close()

    async def _send_folder(self, path: str, entry: dict[str, Any], depth: int) -> None:
        pages = self._tree.pages(path)
        first = await anext(pages)  # a folder that may not be looked into is not begun
        await self._tell_times(Attributes.of_entry(entry))
        await self._tell(f"D0755 0 {posixpath.basename(path) or 'batmon'}\n")
        await self._send_all(path, first, depth)
        async for page in pages:
            await self._send_all(path, page, depth)
        await self._tell("E\n")

    async def _send_all(self, path: str, entries: list[dict[str, Any]], depth: int) -> None:
        for inner in entries:
            await self._send(posixpath.join(path, inner["name"]), inner, depth + 1)

    async def _tell_times(self, its: Attributes) -> None:
        if self._asked.preserving:
            await self._tell(f"T{its.modified} 0 {its.modified} 0\n")

    async def _tell(self, line: str) -> None:
        self._sink.write(line.encode(errors="surrogateescape"))
        await self._confirmed()

    async def _confirmed(self) -> None:
        """Wait for the client's yes; a no that it can go on from is taken for one."""
        async with asyncio.timeout(ANSWER_SEC):
            said = await self._reader.readexactly(1)
            if said == b"\0":
                return
            words = (await self._reader.readuntil(b"\n"))[:LONGEST_ANSWER].decode(errors="replace").strip()
        self._failed = True
        if said != b"\x01":
            raise _Refused(words)

    def _say(self, words: str) -> None:
        self._failed = True
        self._sink.write(_error(words))


def _error(words: str, *, fatal: bool = False) -> bytes:
    return (b"\x02" if fatal else b"\x01") + f"scp: {' '.join(words.split())}\n".encode(errors="replace")
