"""Where the files of reports are: ``<state>/reports/TEMPLATE/...`` (folders 0700, files 0600). Every method blocks."""

from __future__ import annotations

import logging
import secrets
import shutil
from pathlib import Path

from batmon.engine.files.exports import file_word
from batmon.errors import ReportError
from batmon.refusals import because

log = logging.getLogger(__name__)

AREA = "/reports/"
"""How paths of the tree begin that lead here."""
_HALF = ".report-*.part"
_MOST_ALIKE = 10_000
_FOREIGN = frozenset("/\\:\0")
"""What no part of a report's path has, and with which it could lead somewhere else on some system."""


class ReportShelf:
    """The reports of one state folder. Only its daemon writes there."""

    def __init__(self, state: Path) -> None:
        self._state = state
        self._folder = state / "reports"
        self._promised: set[Path] = set()

    def prepare(self, template: str, stem: str, suffix: str) -> tuple[Path, str]:
        """A file to write a report into, which nobody sees, and the path of the tree at which it is to be.

        The file is in a folder of its own, where whoever writes it may keep others for that time.

        Raises:
            ReportError: the folders cannot be made.
        """
        folder = self._folder / file_word(template)
        try:
            for place in (self._folder, folder):
                place.mkdir(mode=0o700, exist_ok=True)
                if place.is_symlink():
                    raise ReportError(because("folder-is-link", path=place))
            place = self._free(folder, stem, suffix)
            half = self._state / _HALF.replace("*", secrets.token_hex(8))  # in no tree, where it could be fetched
            half.mkdir(mode=0o700)
        except OSError as error:
            why = error.strerror or error
            raise ReportError(because("no-reports-folder", why=why, path=error.filename)) from error
        self._promised.add(place)
        return half / f"report{suffix}", self.tree_path(place)

    def _free(self, folder: Path, stem: str, suffix: str) -> Path:
        """The first name that is not taken: ``stem.pdf``, ``stem_2.pdf``, ..."""
        for number in range(1, _MOST_ALIKE):
            place = folder / f"{stem}{f'_{number}' if number > 1 else ''}{suffix}"
            if place not in self._promised and not (place.exists() or place.is_symlink()):
                return place
        raise ReportError(because("too-many-alike", count=_MOST_ALIKE, name=stem))

    def put(self, half: Path, path: str) -> None:
        """Show what was written under its name.

        Raises:
            ReportError: it is not there, or cannot be moved.
        """
        place = self.place(path)
        try:
            half.replace(place)
        except OSError as error:
            raise ReportError(because("report-not-put", name=place.name, why=error.strerror or error)) from error
        finally:
            self._promised.discard(place)
        _forget(half.parent)

    def give_up(self, half: Path, path: str) -> None:
        """Leave nothing of a report that did not come to be."""
        place = self.place(path)
        self._promised.discard(place)
        _forget(half.parent)
        place.unlink(missing_ok=True)

    def place(self, path: str) -> Path:
        """The file of a path of the tree that ``prepare`` gave, as it is kept in the database.

        Raises:
            ReportError: it is none: somebody else wrote it, and it may lead anywhere.
        """
        parts = path.removeprefix(AREA).split("/")
        named = len(parts) == 2 and all(part.strip(".") and not _FOREIGN.intersection(part) for part in parts)
        place = self._folder.joinpath(*parts) if named and path.startswith(AREA) else None
        if place is None or self._folder.is_symlink() or place.parent.is_symlink() or place.is_symlink():
            raise ReportError(because("not-a-report-path", path=path))
        return place

    def tree_path(self, place: Path) -> str:
        """The path of the tree of a file here."""
        return AREA + "/".join(place.relative_to(self._folder).parts)

    def forget_halves(self) -> None:
        """Remove what a daemon that was killed left half made; none is being made now."""
        for left in self._state.glob(_HALF):
            _forget(left)

    def remove(self, path: str) -> None:
        """Remove a report's file, if it is still there; a path that leads elsewhere is left alone.

        Raises:
            ReportError: it cannot be removed.
        """
        try:
            place = self.place(path)
        except ReportError as error:
            log.warning("a report's file is not removed: %s", error)
            return
        try:
            place.unlink(missing_ok=True)
        except OSError as error:
            raise ReportError(because("report-not-removed", name=place.name, why=error.strerror or error)) from error

    def size(self, path: str) -> int | None:
        """How large a report's file is; None if it is not there."""
        try:
            return self.place(path).stat().st_size
        except (OSError, ReportError):
            return None

    def read(self, path: str, most: int) -> bytes | None:
        """A report's file, if it has at most ``most`` bytes; None if it has more.

        Raises:
            ReportError: it is not there, or cannot be read.
        """
        place = self.place(path)
        try:
            with place.open("rb") as file:
                data = file.read(most + 1)
        except OSError as error:
            raise ReportError(because("report-file-unreadable", why=error.strerror or error, path=path)) from error
        return None if len(data) > most else data


def _forget(half: Path) -> None:
    """Remove a folder of something half made, with all that is in it."""
    shutil.rmtree(half, onerror=_say)


def _say(_function: object, path: str, error: tuple[type[BaseException], BaseException, object]) -> None:
    if not isinstance(error[1], FileNotFoundError):
        log.warning("what is left of a report cannot be removed: %s: %s", path, error[1])
