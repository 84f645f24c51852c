"""Pictures made small enough for a screen: at most 800 x 600, as PNG."""

from __future__ import annotations

import base64
import io
from typing import Any, BinaryIO

from PIL import Image, ImageOps, UnidentifiedImageError

from batmon.previews.cells import CannotShow, Request

_FORMATS = ("PNG", "JPEG", "GIF", "BMP", "WEBP")
_MOST_PIXELS = 50_000_000
_SHOWN = (800, 600)
_PNG_BYTES = 480 * 1024
"""Of the small picture: as base64 it must fit a line of the gate."""


def picture(file: BinaryIO, _request: Request) -> dict[str, Any]:
    """The true size, and the (first) picture scaled down."""
    Image.MAX_IMAGE_PIXELS = None  # the limit below says its own words
    try:
        image = Image.open(file, formats=_FORMATS)
    except (UnidentifiedImageError, ValueError) as error:
        raise CannotShow(f"it is no picture that can be read: {error}") from error
    with image:
        width, height = image.size
        if width * height > _MOST_PIXELS:
            raise CannotShow(f"{width} x {height} points are more than {_MOST_PIXELS:,}")
        image.draft("RGB", _SHOWN)
        small: Image.Image = ImageOps.exif_transpose(image)
        if small.mode not in ("RGB", "RGBA", "L"):
            small = small.convert("RGBA" if "transparency" in image.info or image.mode in ("LA", "PA") else "RGB")
        small.thumbnail(_SHOWN)
        png = _png(small)
        while len(png) > _PNG_BYTES:
            small = small.resize((max(1, small.width * 3 // 4), max(1, small.height * 3 // 4)))
            png = _png(small)
    shown = {"width": width, "height": height, "shown": [small.width, small.height]}
    return shown | {"png": base64.b64encode(png).decode("ascii"), "more": False}


def _png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()
