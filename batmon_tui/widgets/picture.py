"""A picture in half cells: two pixels above one another in each cell, in any terminal that knows colours."""

from __future__ import annotations

import io
import sys
import warnings
from collections.abc import Iterator
from typing import Any

from PIL import Image, UnidentifiedImageError
from rich.console import Console
from rich.segment import Segment
from textual import events
from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget

MOST_PIXELS = 16_000_000
"""A picture that claims to be larger is not decoded: a few bytes can claim anything."""

CELL = (10, 20)
"""Width and height of a cell, of which only the proportion matters here."""


class Picture(Widget):
    """Shows a PNG (or what else Pillow reads) as large as fits, in its own proportions, in the middle.

    It is never shown larger than a half cell for each of its pixels. Colours are true; the driver makes fewer of them
    where the terminal has fewer.
    """

    DEFAULT_CSS = "Picture { width: 1fr; height: 1fr; }"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._image: Image.Image | None = None
        self._strips: list[Strip] = []
        self._fitted: Size | None = None

    def show(self, data: bytes | None) -> bool:
        """Show a picture, or none; False, and nothing shown, if this is no picture or too large a one."""
        try:
            self._image = None if data is None else decoded(data)
        except ValueError:
            self._image = None
        self._fitted = None
        self.refresh()
        return data is None or self._image is not None

    def on_resize(self, _event: events.Resize) -> None:
        """It is fitted anew."""
        self._fitted = None

    def render_line(self, y: int) -> Strip:
        """One line of cells."""
        size = self.size
        if self._fitted != size:
            self._fitted = size
            self._strips = [] if self._image is None else half_cells(self._image, size)
        ground = self.rich_style
        line = y - (size.height - len(self._strips)) // 2
        if not 0 <= line < len(self._strips):
            return Strip.blank(size.width, ground)
        strip = self._strips[line]
        left = (size.width - strip.cell_length) // 2
        right = size.width - strip.cell_length - left
        return Strip([Segment(" " * left, ground), *strip, Segment(" " * right, ground)], size.width)


def decoded(data: bytes) -> Image.Image:
    """The picture in RGB; what is transparent in it becomes black.

    Raises:
        ValueError: it is none, is broken, or larger than ``MOST_PIXELS``.
    """
    try:
        with warnings.catch_warnings(), Image.open(io.BytesIO(data)) as image:
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # the limit here is far below that one
            if image.width * image.height > MOST_PIXELS:
                raise ValueError(f"{image.width} x {image.height} pixels are too many")
            if "A" in image.getbands() or "transparency" in image.info:
                whole = image.convert("RGBA")
                ground = Image.new("RGBA", whole.size, (0, 0, 0, 255))
                return Image.alpha_composite(ground, whole).convert("RGB")
            return image.convert("RGB")
    except (UnidentifiedImageError, OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError(f"this is no picture: {error}") from error


def half_cells(image: Image.Image, room: Size) -> list[Strip]:
    """The lines of ``image`` as large as fits into ``room``; none where there is no room."""
    if room.width < 1 or room.height < 1:
        return []
    scale = min(1.0, room.width / image.width, 2 * room.height / image.height)
    width, height = max(1, round(image.width * scale)), max(1, round(image.height * scale / 2))
    small = image.resize((width, 2 * height), Image.Resampling.LANCZOS if scale < 1 else Image.Resampling.NEAREST)
    return list(_drawn(small, width, height))


def _drawn(image: Image.Image, width: int, height: int) -> Iterator[Strip]:
    console = Console(file=io.StringIO(), width=width, height=height, color_system="truecolor", force_terminal=True)
    options = console.options.update(width=width, height=height)
    for line in Segment.split_lines(
        _renderable()(image, width=width, height=height).__rich_console__(console, options)
    ):
        yield Strip(line, width).simplify()


def _renderable() -> Any:
    """textual-image's half cells, made to ask the terminal nothing.

    Importing its package asks the terminal of ``sys.__stdout__`` what it can do, and drawing asks how large its cells
    are: here that would be the server's terminal, or one that Textual is reading. Without a ``sys.__stdout__`` the
    import asks nobody; the size, of which half cells need only the proportion, is given.
    """
    if "textual_image.renderable" not in sys.modules:
        terminal, sys.__stdout__ = sys.__stdout__, None  # type: ignore[misc]  # Final for a type checker only
        try:
            import textual_image.renderable  # noqa: PLC0415, F401 - see above
        finally:
            sys.__stdout__ = terminal  # type: ignore[misc]  # as above
    from textual_image.renderable import halfcell  # noqa: PLC0415 - as above

    asking: Any = halfcell
    asking.get_cell_size = lambda: CELL
    return halfcell.Image
