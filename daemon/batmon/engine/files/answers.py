"""What the daemon answers at the gate about files: tree.list, tree.stat, tree.read, tree.preview, tree.locate.

Everything is looked up again for each request: a role that changes, a program that goes, a file that is swapped.
"""

from __future__ import annotations

import asyncio
import base64
import functools
import heapq
import io
import os
import threading
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any, TypeVar

from batmon.engine.files.previewing import Previewing
from batmon.engine.files.tree import Place, Tree
from batmon.errors import BadRequest, BatmonError, NotFound, Refused
from batmon.evidence.access import HeldFolder, Kind, Seen, identity_of
from batmon.evidence.file_names import shown_name
from batmon.gate.arguments import Args, number, text
from batmon.gate.verbs import Caller, Done, Verb
from batmon.model import Program, Role
from batmon.refusals import because

LONGEST_PATH = 20_000
T = TypeVar("T")

PAGE_ENTRIES = 500
MOST_PAGE = 1000
READ_BYTES = 512 * 1024
AT_ONCE = 4
"""Requests that look at the disk at the same time, in threads of their own: the followers of logs need the others."""
KEPT_SEC = 60.0
"""For how long the pages of a listing are parts of one look."""
KEPT_ENTRIES = 400_000
"""Of all listings that are kept."""
SORTS = ("name", "size", "modified")
SORTED_AT_ONCE = 4096
PAGE_CHARS = 200_000
"""Of the names on one page: escaped, cleaned and encoded they must fit a line of the gate."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """Which page of which listing, for whom."""

    path: str
    role: Role
    sort: str
    reverse: bool
    offset: int
    limit: int


@dataclass(frozen=True, slots=True)
class _Look:
    """One look into a folder: names in order, each with whether it is a folder."""

    at: float
    names: list[tuple[str, bool]]
    cut: bool


class TreeAnswers:
    """The verbs about files. ``programs`` gives those that are watched now; ``state`` is the state folder."""

    def __init__(self, *, programs: Callable[[], Mapping[str, Program]], state: Path) -> None:
        self._programs = programs
        self._tree = Tree(programs, state)
        self._threads = ThreadPoolExecutor(AT_ONCE, "files")
        self._previewing = Previewing(self._work)
        self._looks: OrderedDict[tuple[object, ...], _Look] = OrderedDict()
        self._looking = threading.Lock()

    def verbs(self) -> dict[str, Verb]:
        """Verb name to what answers it: all for viewers; some files are for admins only."""
        return {
            "tree.list": Verb(Role.VIEWER, answer=self.list),
            "tree.stat": Verb(Role.VIEWER, answer=self.stat),
            "tree.read": Verb(Role.VIEWER, answer=self.read),
            "tree.preview": Verb(Role.VIEWER, stream=self.preview),
            "tree.locate": Verb(Role.VIEWER, answer=self.locate),
        }

    async def list(self, caller: Caller, args: Args) -> Args:
        """A page of a folder's entries, folders first."""
        path = text(args, "path", LONGEST_PATH)
        sort = args.get("sort", "name")
        if sort not in SORTS:
            raise BadRequest(because("must-be-one-of", key="sort", known=", ".join(SORTS)))
        offset, limit = number(args, "offset", 0), max(1, number(args, "limit", PAGE_ENTRIES, MOST_PAGE))
        asked = _Asked(path, caller.role, str(sort), args.get("reverse") is True, offset, limit)
        return await self._work(lambda: self._page(asked))

    async def stat(self, caller: Caller, args: Args) -> Args:
        """One entry; a file that may be read carries its id."""
        path = text(args, "path", LONGEST_PATH)

        def work() -> Args:
            place = self._tree.find(path)
            found = self._tree.stat(place, caller.role)
            entry = _entry(found, place.name)
            if found.kind == "file" and not found.why:
                with self._tree.open_file(place, caller.role) as file:
                    entry["id"] = identity_of(file)
            return {"path": place.path, "entry": entry}

        return await self._work(work)

    async def read(self, caller: Caller, args: Args) -> Args:
        """A piece of a file."""
        path, known = text(args, "path", LONGEST_PATH), args.get("id")
        offset = number(args, "offset", 0)
        length = number(args, "length", READ_BYTES)
        if length > READ_BYTES:
            raise BadRequest(because("too-much-at-once", key="length", most=READ_BYTES))

        def work() -> Args:
            place = self._tree.find(path)
            with self._tree.open_file(place, caller.role) as file:
                identity = _same(identity_of(file), known, place)
                data = _read_at(file.fileno(), offset, length)
                after = os.fstat(file.fileno())
            return {
                "data": base64.b64encode(data).decode("ascii"),
                "offset": offset,
                "size": after.st_size,
                "modified": _time(after.st_mtime_ns),
                "id": identity,
                "eof": offset + len(data) >= after.st_size,
            }

        return await self._work(work)

    async def preview(self, caller: Caller, args: Args) -> AsyncIterator[Args | Done]:
        """What is in a file, by its kind. A stream without items: one that takes long holds up no other answers."""
        path, known = text(args, "path", LONGEST_PATH), args.get("id")
        wanted = self._previewing.wanted(args)
        place = await self._work(lambda: self._tree.find(path))
        with await self._opened(place, caller.role) as file:
            identity = _same(identity_of(file), known, place)
            known_now = os.fstat(file.fileno())
            shown = await self._previewing.preview(file, place.name, wanted, place.encoding)
        about = {
            "path": place.path,
            "size": known_now.st_size,
            "modified": _time(known_now.st_mtime_ns),
            "id": identity,
        }
        yield Done(about | shown)

    async def locate(self, _caller: Caller, args: Args) -> Args:
        """Where in the tree a file stands that a log names."""
        name, file = text(args, "program"), text(args, "file", LONGEST_PATH)
        program = self._programs().get(name)
        if program is None or not program.configured:
            raise NotFound(because("no-program-with-files", known="", name=name))
        return {"path": await self._work(lambda: self._tree.locate(program, file))}

    async def _opened(self, place: Place, role: Role) -> io.FileIO:
        """The file, open; closed again if whoever asks has gone by the time it is."""
        opening = asyncio.ensure_future(self._work(lambda: self._tree.open_file(place, role)))
        try:
            return await asyncio.shield(opening)
        except asyncio.CancelledError:
            opening.add_done_callback(_close)
            raise

    async def _work(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def _page(self, asked: _Asked) -> Args:
        """A page of a listing. Blocks."""
        place, role, offset, end = self._tree.find(asked.path), asked.role, asked.offset, asked.offset + asked.limit
        if place.area is None:
            children = [self._entry_of(place, None, child, role) for child in place.children[offset:end]]
            return _paged(place, children, len(place.children), offset, cut=False)
        with self._tree.folder(place, role) as folder:
            look = self._look(place, folder, asked)
            entries, chars = [], 0
            for name, _ in look.names[offset:end]:
                entries.append(self._entry_of(place, folder, name, role))
                chars += len(entries[-1]["name"])
                if chars > PAGE_CHARS:
                    break
        return _paged(place, entries, len(look.names), offset, cut=look.cut)

    def _entry_of(self, place: Place, folder: HeldFolder | None, name: str, role: Role) -> Args:
        """An entry of a page; one that cannot be looked at (any more) says why."""
        try:
            if folder is not None and name not in self._tree.extras(place):
                return _entry(self._tree.seen(place, folder, name, role), name)
            inner = self._tree.find(f"{place.path.rstrip('/')}/{shown_name(name)}")
            return _entry(self._tree.stat(inner, role), name)
        except BatmonError as error:
            kind: Kind = "other" if folder is not None else "dir"
            return _entry(Seen(name, kind, 0, 0, str(error)), name)

    def _look(self, place: Place, folder: HeldFolder | None, asked: _Asked) -> _Look:
        """The folder's names in order: those of the last look, for a page further on."""
        key = (place.path, asked.role, asked.sort, asked.reverse)
        look = self._looks.get(key)
        if look is not None and asked.offset and monotonic() - look.at < KEPT_SEC:
            return look
        names, cut = self._tree.entries(place, folder)
        names += [(name, True) for name in self._tree.extras(place)]
        measure: Callable[[str], Any] = _folded
        if asked.sort != "name" and folder is not None:
            measure = functools.partial(_measure, folder, asked.sort)
        names = _in_order(names, measure, reverse=asked.reverse)
        look = _Look(monotonic(), names, cut)
        with self._looking:
            self._looks.pop(key, None)
            self._looks[key] = look
            held = sum(len(one.names) for one in self._looks.values())
            for old, one in list(self._looks.items()):
                if one is not look and (held > KEPT_ENTRIES or look.at - one.at > KEPT_SEC):
                    held -= len(one.names)
                    del self._looks[old]
        return look


def _paged(place: Place, entries: list[Args], total: int, offset: int, *, cut: bool) -> Args:
    after = offset + len(entries)
    answer: Args = {
        "path": place.path,
        "entries": entries,
        "total": total,
        "next": after if after < total and entries else None,
    }
    return answer | {"cut": True} if cut else answer


def _entry(found: Seen, name: str) -> Args:
    """An entry as it stands on the wire."""
    entry: Args = {
        "name": shown_name(name),
        "kind": found.kind,
        "size": found.size,
        "modified": _time(found.mtime_ns) if found.mtime_ns else None,
        "readable": not found.why,
    }
    return entry | {"why": found.why} if found.why else entry


def _in_order(names: list[tuple[str, bool]], measure: Callable[[str], Any], *, reverse: bool) -> list[tuple[str, bool]]:
    """Folders first, then by measure and name; in small pieces that are merged, for a long sort stops all threads."""
    found: list[tuple[str, bool]] = []
    for of_folders in (True, False):
        group = [name for name, is_folder in names if is_folder is of_folders]
        pieces = (group[at : at + SORTED_AT_ONCE] for at in range(0, len(group), SORTED_AT_ONCE))
        runs = [sorted(((measure(name), name) for name in piece), reverse=reverse) for piece in pieces]
        found += ((name, of_folders) for _, name in heapq.merge(*runs, reverse=reverse))
    return found


def _folded(name: str) -> str:
    return shown_name(name).casefold()


def _measure(folder: HeldFolder, sort: str, name: str) -> int:
    try:
        known = folder.stat(name)
    except NotFound:
        return 0
    return known.st_size if sort == "size" else known.st_mtime_ns


def _close(opened: asyncio.Future[io.FileIO]) -> None:
    if not opened.cancelled() and opened.exception() is None:
        opened.result().close()


def _same(identity: str, known: object, place: Place) -> str:
    """The identity, if it is the known one.

    Raises:
        Refused: another file stands there now.
    """
    if known is not None and known != identity:
        raise Refused(because("file-swapped", path=place.path))
    return identity


def _read_at(descriptor: int, offset: int, length: int) -> bytes:
    if hasattr(os, "pread"):
        return os.pread(descriptor, length, offset)
    os.lseek(descriptor, offset, os.SEEK_SET)
    return os.read(descriptor, length)


def _time(nanoseconds: int) -> datetime | None:
    try:
        return datetime.fromtimestamp(nanoseconds / 1e9, UTC)
    except (OverflowError, ValueError, OSError):
        return None  # a date that no calendar has: somebody set it
