"""The folder ``<state>/exports``: files made on the server to be fetched from it, as ``/exports`` in the tree."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path

from batmon.errors import BatmonError
from batmon.refusals import because

LONGEST_WORD = 24
"""Characters: three such words and a time are far from the 255 bytes that a name may have."""


def exports_folder(state: Path, *inner: str) -> Path:
    """The folder, or one inside it, made (0700) if it is not there.

    Raises:
        BatmonError: it cannot be made, or is a link to somewhere else.
    """
    folder = state / "exports"
    try:
        for place in (folder, *(folder.joinpath(*inner[: depth + 1]) for depth in range(len(inner)))):
            place.mkdir(mode=0o700, exist_ok=True)
            if place.is_symlink():
                raise BatmonError(because("folder-is-link", path=place))
    except OSError as error:
        raise BatmonError(because("no-exports-folder", why=error.strerror, path=error.filename)) from error
    return Path(os.path.abspath(folder.joinpath(*inner)))  # noqa: PTH100 - resolve() would follow links


def file_word(text: str) -> str:
    """``text`` as part of a file name on any system: letters, digits, ``_`` and ``-``, Korean ones too; never empty."""
    composed = unicodedata.normalize("NFC", text)
    kept = "".join(char if char.isalnum() or char in "_-" else "_" for char in composed)[:LONGEST_WORD]
    return kept.strip("-") or "_"
