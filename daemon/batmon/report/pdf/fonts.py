"""Fonts for the PDF: found in the system or named in the configuration, embedded as TrueType, one behind another.

A font must have TrueType outlines, regular weight and Korean letters; what it lacks is taken from the ones behind it,
and where none has it, from :data:`STAND_IN`.
"""

from __future__ import annotations

import os
import re
import struct
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from reportlab.pdfbase import pdfmetrics, ttfonts
from reportlab.pdfbase.ttfonts import TTFError, TTFont

from batmon.errors import ReportError
from batmon.refusals import because

STAND_IN = "□"
"""What is drawn for a letter that no font has."""
FAULTS = (OSError, TTFError, ValueError, LookupError, struct.error)
"""What reading a file that is no font, or half of one, may raise."""
KOREAN = "한글값"
"""A font without these is none for Korean."""

PAIRS = (
    ("NanumGothic.ttf", "NanumGothicBold.ttf"),
    ("NanumBarunGothic.ttf", "NanumBarunGothicBold.ttf"),
    ("malgun.ttf", "malgunbd.ttf"),
    ("NotoSansKR-Regular.ttf", "NotoSansKR-Bold.ttf"),
    ("Pretendard-Regular.ttf", "Pretendard-Bold.ttf"),
    ("NanumSquareR.ttf", "NanumSquareB.ttf"),
    ("NanumGothic.ttc", "NanumGothic.ttc"),
    ("UnDotum.ttf", "UnDotumBold.ttf"),
    ("AppleGothic.ttf", "AppleGothic.ttf"),
    ("gulim.ttc", "gulim.ttc"),
)
"""Regular and bold of the fonts that are looked for, the best first."""
MONO = ("NanumGothicCoding.ttf", "D2Coding.ttf", "D2Coding-Ver1.3.2-20180524.ttf")
EMOJI = (
    "Symbola.ttf", "Symbola_hint.ttf", "NotoEmoji-Regular.ttf", "NotoEmoji-VariableFont_wght.ttf",
    "NotoEmoji[wght].ttf", "NotoSansSymbols2-Regular.ttf", "seguiemj.ttf",
)  # fmt: skip
"""Emoji as outlines, without colour."""
BEHIND = (
    "DejaVuSans.ttf", "seguisym.ttf", "Arial Unicode.ttf", "DroidSansFallbackFull.ttf", "wqy-microhei.ttc", *EMOJI,
)  # fmt: skip
"""For letters that the first one lacks: signs, Chinese characters, emoji. None is read before a letter needs it."""


_BEYOND = re.compile(r" <([0-9A-F]{5,6})>")
_map_of_letters = ttfonts.makeToUnicodeCMap


def _map_of_all_letters(name: str, letters: Sequence[int]) -> str:
    """What a font's codes mean when a text is searched or copied; reportlab's own has no emoji: it is UTF-16."""
    return _BEYOND.sub(
        lambda found: f" <{chr(int(found[1], 16)).encode('utf-16-be').hex().upper()}>", _map_of_letters(name, letters)
    )


ttfonts.makeToUnicodeCMap = _map_of_all_letters  # type: ignore[assignment]  # other names of its arguments


@dataclass(frozen=True, slots=True)
class FontFiles:
    """Which files the letters come from."""

    regular: Path
    bold: Path
    mono: Path
    """Not looked into before it is needed: :func:`usable` says whether it can be."""
    behind: tuple[Path, ...]


def font_folders() -> Iterator[Path]:
    """Where fonts are on this kind of system, a user's own first."""
    home = Path.home()
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA")
        if local:
            yield Path(local) / "Microsoft/Windows/Fonts"
        yield Path(os.environ.get("WINDIR", r"C:\Windows")) / "Fonts"
    elif sys.platform == "darwin":
        yield from (home / "Library/Fonts", Path("/Library/Fonts"), Path("/System/Library/Fonts"))
    else:
        yield from (home / ".local/share/fonts", home / ".fonts", Path("/usr/local/share/fonts"))
        yield Path("/usr/share/fonts")
    spec = find_spec("koreanize_matplotlib")
    if spec is not None and spec.origin:
        yield Path(spec.origin).parent / "fonts"


def find_fonts(
    font: Path | None = None, bold_font: Path | None = None, folders: Sequence[Path] | None = None
) -> FontFiles:
    """The fonts of a report: ``font`` and ``bold_font`` are files; None: the best that the system has.

    ReportError: a file that is named cannot be used, or there is no Korean font at all.
    """
    there = _names(tuple(font_folders() if folders is None else folders))
    behind = tuple(there[name] for name in BEHIND if name in there)
    mono = next((there[name] for name in MONO if name in there), None)
    if font is not None:
        regular = _named(font, "font")
        bold = _named(bold_font, "bold_font") if bold_font is not None else regular
        return FontFiles(regular, bold, mono or regular, behind)
    for first, second in PAIRS:
        if first in there and _fault(there[first]) is None:
            regular = there[first]
            bold = there[second] if second in there and _fault(there[second]) is None else regular
            return FontFiles(regular, bold, mono or regular, behind)
    raise ReportError(because("no-korean-font"))


def _named(path: Path, key: str) -> Path:
    fault = _fault(path)
    if fault is not None:
        raise ReportError(because("font-unusable", key=key, path=path, why=fault))
    return path


@lru_cache(maxsize=4)
def _names(folders: tuple[Path, ...]) -> dict[str, Path]:
    """Every font file below ``folders`` that we know by name; the first folder that has it counts."""
    wanted = {name.casefold(): name for name in (*(one for pair in PAIRS for one in pair), *MONO, *BEHIND)}
    found: dict[str, Path] = {}
    for folder in folders:
        for root, _, files in os.walk(folder):
            for file in files:
                name = wanted.get(file.casefold())
                if name is not None:
                    found.setdefault(name, Path(root) / file)
    return found


def usable(path: Path) -> bool:
    """Whether a file can be the font of a report."""
    return _fault(path) is None


def _fault(path: Path) -> str | None:
    """Why ``path`` cannot be the font of a report; None if it can."""
    try:
        font = load(path)
    except (OSError, TTFError) as error:
        return str(error)
    except FAULTS:
        return "it is damaged"
    return None if all(ord(one) in font.face.charToGlyph for one in KOREAN) else "it has no Korean letters"


@lru_cache(maxsize=16)
def load(path: Path) -> TTFont:
    """The font of a file, ready to be drawn with. OSError, TTFError: it cannot be read, or has no TrueType outlines."""
    font = TTFont(f"{path.stem}-{_number(path)}", str(path), shapable=False)
    pdfmetrics.registerFont(font)
    return font


_numbers: dict[Path, int] = {}


def _number(path: Path) -> int:
    """Tells fonts apart whose files have one name."""
    return _numbers.setdefault(path, len(_numbers) + 1)
