"""Take a picture of the screen and end: ``python -m batmon.engine.capture_child FILE DISPLAY``.

A process of its own because the libraries behind it are the desktop's: what hangs or crashes in them must not hurt the
daemon. Prints one JSON object: ``{"width", "height", "png"}``, or ``{"problem"}``; ``png`` is a scaled copy, base64.
"""

from __future__ import annotations

import base64
import io
import json
import sys
from pathlib import Path

import mss
from mss.exception import ScreenShotError
from PIL import Image

SHOWN = (1280, 800)
"""The scaled copy fits into these pixels: more than any terminal has half cells."""
SHOWN_BYTES = 700 * 1024
"""Of the scaled copy as base64, so that it fits a line of the gate."""


def taken(file: Path, display: str) -> dict[str, object]:
    """Write the whole screen, all monitors side by side, to ``file`` as PNG; what to print."""
    try:
        with mss.MSS(display=display) if sys.platform.startswith("linux") else mss.MSS() as screen:
            shot = screen.grab(screen.monitors[0])
    except (ScreenShotError, OSError) as error:
        return {"problem": str(error)}
    picture = Image.frombytes("RGB", shot.size, shot.bgra, "raw", "BGRX")
    picture.save(file, "PNG")
    return {"width": picture.width, "height": picture.height, "png": scaled(picture)}


def scaled(picture: Image.Image) -> str:
    """A copy that is small enough, as base64 of its PNG."""
    small = picture.copy()
    small.thumbnail(SHOWN)
    while True:
        held = io.BytesIO()
        small.save(held, "PNG", optimize=True)
        text = base64.b64encode(held.getvalue()).decode()
        if len(text) <= SHOWN_BYTES:
            return text
        small = small.resize((max(1, small.width * 3 // 4), max(1, small.height * 3 // 4)))


if __name__ == "__main__":
    sys.stdout.write(json.dumps(taken(Path(sys.argv[1]), sys.argv[2])))
