"""The read-only tree of what programs leave: /programs/NAME/logs, /programs/NAME/files, /reports, /exports.

A path's text leads to an area (a configured folder and what of it is shown to whom) and to names below it; only
``evidence.access`` opens anything there. Every method blocks: call them in a thread.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from batmon.errors import NotFound, Refused
from batmon.evidence.access import HeldFolder, Root, Seen, seen
from batmon.evidence.access_rules import names_of, refused
from batmon.evidence.file_names import meant_name, shown_name
from batmon.evidence.log_folders import LogFolder, log_at, log_folders, unlike
from batmon.model import Program, Role
from batmon.refusals import because

MOST_ENTRIES = 200_000
"""Entries of one folder that are listed."""

_DUMP = re.compile(r".*\.(?:dump|backup|pgdump|sql)(?:\.(?:gz|zst|bz2|xz))?", re.IGNORECASE | re.DOTALL)
_OWN_FOLDERS = frozenset({"exports", "logs", "output", "postgres", "run", "spool", "unpacked"})
"""What BATMON makes in its state folder for itself; the samples lie there too, as programs."""
Names = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Area:
    """A configured folder in the tree.

    ``shows`` says whether an entry (its names, whether it is a folder) is part of it, ``refuses`` why a role may not
    open what has these names (empty when it may). ``optional``: a missing folder is an empty one.
    """

    root: Path
    below: Names = ()
    shows: Callable[[Names, bool], bool] = lambda _names, _folder: True
    refuses: Callable[[Names, Role], str] = lambda _names, _role: ""
    optional: bool = False
    extra: Mapping[str, Area] | None = None
    """More folders at its top, by name."""
    closed: Names | None = None
    """Names below ``root`` that lead to the state folder, which nobody sees from outside; None when they do not."""

    def refusal(self, names: Names, role: Role) -> str:
        """Why a role may not open what has these names; empty when it may."""
        whole = (*self.below, *names)
        if self.closed is not None and whole[: len(self.closed)] == self.closed:
            return "it is BATMON's own folder, with its keys and its database"
        return self.refuses(names, role)

    def path_of(self, names: Names) -> str:
        """The path of these names below ``root``."""
        return "/".join((*self.below, *names))


@dataclass(frozen=True, slots=True)
class Place:
    """Where a path leads: ``names`` below ``area``, or a folder of the tree itself with these ``children``."""

    path: str
    area: Area | None = None
    names: Names = ()
    children: Names = ()
    encoding: str = "auto"
    """Of the text there, as the program's own key says it for its logs."""

    @property
    def name(self) -> str:
        """Its last name, in the printable form; empty for the tree's root."""
        return self.path.rpartition("/")[2]


class Tree:
    """The tree of one daemon. ``programs`` gives those that are watched now."""

    def __init__(self, programs: Callable[[], Mapping[str, Program]], state: Path) -> None:
        self._programs = programs
        self._state = state

    def find(self, path: str) -> Place:
        """Where a path of the tree leads, whether or not anything is there.

        Raises:
            Refused: it leads out, or is no path of the tree.
            NotFound: there is no such folder in the tree.
        """
        names = _names(path)
        shown = "/" + "/".join(map(shown_name, names))
        match names:
            case ():
                return Place("/", children=("exports", "programs", "reports"))
            case ("reports", *rest):
                return Place(shown, Area(self._state / "reports", optional=True), tuple(rest))
            case ("exports", *rest):
                area = Area(self._state / "exports", refuses=_export_refusal, optional=True)
                return Place(shown, area, tuple(rest))
            case ("programs",):
                known = [name for name, program in self._programs().items() if program.configured]
                return Place(shown, children=tuple(sorted(known)))
            case ("programs", name):
                self._program(name)
                return Place(shown, children=("files", "logs"))
            case ("programs", name, "logs", *rest):
                return self._closing(_in_logs(shown, self._program(name), tuple(rest)))
            case ("programs", name, "files", *rest):
                return self._closing(_in_files(shown, self._program(name), tuple(rest)))
        raise NotFound(because("not-in-tree", known="/programs, /reports, /exports", path=shown))

    def locate(self, program: Program, file: str) -> str:
        """The tree's path of a file that a log names: absolute, or from ``base_dir`` on.

        Raises:
            NotFound: it lies in none of the program's folders.
        """
        whole = Path(program.base_dir).absolute() / file
        if (found := log_at(program, str(whole))) is not None:
            folder, names = found
            return _joined("programs", program.name, "logs", *([folder.name] if folder.name else []), *names)
        areas = [("", Path(program.base_dir).absolute()), *((n, a.root) for n, a in _extras(program).items())]
        for name, root in areas:
            if whole.is_relative_to(root) and ".." not in whole.parts:
                rest = whole.relative_to(root).parts
                return _joined("programs", program.name, "files", *([name] if name else []), *rest)
        raise NotFound(because("in-no-folder", file=file, program=program.name))

    @contextmanager
    def folder(self, place: Place, role: Role) -> Iterator[HeldFolder | None]:
        """The folder at a place, open; None for one that is not made yet.

        Raises:
            Refused: it leads out, is no folder, or is not for this role.
            NotFound: it is not there.
            EvidenceError: it cannot be opened.
        """
        area = _area(place)
        _may(area, place, role, folder=True)
        if area.optional and not place.names and not area.root.is_dir():
            yield None
            return
        with Root(area.root) as root, root.folder(area.path_of(place.names)) as folder:
            yield folder

    def open_file(self, place: Place, role: Role) -> io.FileIO:
        """The regular file at a place, open for reading.

        Raises:
            Refused: it leads out, is no regular file with one name, or is not for this role.
            NotFound: it is not there.
            EvidenceError: it cannot be read.
        """
        area = _area(place)
        if not place.names:
            raise refused(place.path, "it is a folder, not a file")
        _may(area, place, role, folder=False)
        with Root(area.root) as root:
            return root.open_file(area.path_of(place.names))

    def stat(self, place: Place, role: Role) -> Seen:
        """What is at a place; a folder of the tree itself has no time (0).

        Raises:
            Refused, NotFound, EvidenceError: as ``folder``, for the folders on the way.
        """
        area = place.area
        if area is not None and place.names and (why := area.refusal(place.names[:-1], role)):
            raise Refused(because("path-not-for-role", path=place.path, why=why))
        if area is None or (not place.names and area.optional and not area.root.is_dir()):
            return Seen(place.name, "dir", 0, 0)
        if not area.path_of(place.names):
            with Root(area.root) as root:
                return root.stat("")
        with Root(area.root) as root:
            found = root.stat(area.path_of(place.names))
        if place.names and not area.shows(place.names, found.kind == "dir"):
            raise _absent(place)
        return _for_role(found, area, place.names, role)

    def seen(self, place: Place, folder: HeldFolder, name: str, role: Role) -> Seen:
        """One entry of an open folder at a place.

        Raises:
            NotFound: it is gone.
        """
        return _for_role(seen(folder, name), _area(place), (*place.names, name), role)

    def entries(self, place: Place, folder: HeldFolder | None) -> tuple[list[tuple[str, bool]], bool]:
        """(name, whether it is a folder) of what an open folder shows, up to MOST_ENTRIES; whether there are more."""
        area = _area(place)
        found: list[tuple[str, bool]] = []
        for name, is_folder in folder.entries() if folder is not None else ():
            if not area.shows((*place.names, name), is_folder):
                continue
            if len(found) == MOST_ENTRIES:
                return found, True
            found.append((name, is_folder))
        return found, False

    def extras(self, place: Place) -> Names:
        """Folders that stand at the top of an area beside its own entries."""
        area = _area(place)
        return tuple(area.extra or ()) if not place.names else ()

    def _closing(self, place: Place) -> Place:
        """The place, with the state folder closed if it lies in its area."""
        if place.area is None:
            return place
        root, state = Path(os.path.realpath(place.area.root)), Path(os.path.realpath(self._state))
        closed = state.relative_to(root).parts if state.is_relative_to(root) else None
        if root.is_relative_to(state) and not _OWN_FOLDERS.isdisjoint(root.relative_to(state).parts[:1]):
            closed = ()
        return replace(place, area=replace(place.area, closed=closed))

    def _program(self, name: str) -> Program:
        program = self._programs().get(name)
        if program is None or not program.configured:
            known = ", ".join(sorted(name for name, one in self._programs().items() if one.configured)[:20])
            raise NotFound(because("no-program-with-files", name=name, known=known))
        return program


def _names(path: str) -> Names:
    """The names of a tree's path."""
    if not path.startswith("/"):
        raise refused(path, "a path of the tree begins with '/'")
    rest = path[1:].removesuffix("/") if len(path) > 2 else path[1:]
    try:
        plain = "/".join(meant_name(part) for part in rest.split("/"))
    except ValueError as error:
        raise refused(path, str(error)) from error
    return names_of(plain)


def _in_logs(shown: str, program: Program, rest: Names) -> Place:
    folders = log_folders(program)
    if len(folders) == 1:
        return Place(shown, _log_area(folders[0]), rest, encoding=program.encoding)
    if not rest:
        return Place(shown, children=tuple(sorted(one.name for one in folders)))
    folder = next((one for one in folders if one.name == rest[0]), None)
    if folder is None:
        raise NotFound(because("not-in-tree", path=shown, known=", ".join(one.name for one in folders)))
    return Place(shown, _log_area(folder), rest[1:], encoding=program.encoding)


def _log_area(folder: LogFolder) -> Area:
    return Area(folder.root, folder.below, lambda names, is_folder: folder.shows(names, folder=is_folder))


def _in_files(shown: str, program: Program, rest: Names) -> Place:
    extra = _extras(program)
    if rest and rest[0] in extra:
        return Place(shown, extra[rest[0]], rest[1:])
    return Place(shown, Area(program.base_dir, refuses=_hidden_refusal, extra=extra), rest)


def _extras(program: Program) -> dict[str, Area]:
    """The program's other folders, each called as itself unless ``base_dir`` or an earlier one has that name."""
    if not program.files:
        return {}
    wanted = [path.name or "root" for path in program.files]
    taken: list[str] = []
    try:
        with Root(program.base_dir) as root:
            for name in {f"{name}{end}" for name in wanted for end in ("", "~2", "~3")}:
                try:
                    root.stat(name)
                except (NotFound, Refused):
                    continue
                taken.append(name)
    except NotFound:
        taken = []
    areas = (Area(path, refuses=_hidden_refusal) for path in program.files)
    return dict(zip(unlike(wanted, taken), areas, strict=True))


def _hidden_refusal(names: Names, role: Role) -> str:
    if role is not Role.ADMIN and any(name.startswith(".") for name in names):
        return "names that begin with a dot are for admins: such files hold keys and passwords"
    return ""


def _export_refusal(names: Names, role: Role) -> str:
    if role is not Role.ADMIN and names and _DUMP.fullmatch(names[-1]):
        return "a dump of the database is for admins"
    if role is not Role.ADMIN and names[:1] == ("captures",):
        return "pictures of the server's screen are for admins"
    return ""


def _for_role(found: Seen, area: Area, names: Names, role: Role) -> Seen:
    why = found.why or area.refusal(names, role)
    return found if why == found.why else Seen(found.name, found.kind, found.size, found.mtime_ns, why)


def _may(area: Area, place: Place, role: Role, *, folder: bool) -> None:
    if why := area.refusal(place.names, role):
        raise Refused(because("path-not-for-role", path=place.path, why=why))
    if not area.shows(place.names, folder) and (place.names or not folder):
        raise _absent(place)


def _absent(place: Place) -> NotFound:
    return NotFound(because("not-shown-in-tree", path=place.path))


def _area(place: Place) -> Area:
    if place.area is None:
        raise refused(place.path, "it is a folder, not a file")
    return place.area


def _joined(*names: str) -> str:
    return "/" + "/".join(map(shown_name, names))
