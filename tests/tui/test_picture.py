"""Pictures in half cells, and the page that shows the server's screen."""

from __future__ import annotations

import base64
import io
import subprocess
import sys

import pytest
from PIL import Image
from textual.geometry import Size

from batmon.errors import NoDesktop
from batmon.gate.verbs import Verb
from batmon.model import Role
from batmon.refusals import because
from batmon_tui.screens.capture import CaptureScreen
from batmon_tui.widgets.picture import MOST_PIXELS, Picture, decoded, half_cells
from tests.tui.stage import Stage, until

RED, BLUE = (200, 30, 30), (20, 40, 220)


def png(image):
    held = io.BytesIO()
    image.save(held, "PNG")
    return held.getvalue()


def flag(size=(64, 64)):
    """Red above, blue below."""
    image = Image.new("RGB", size, RED)
    image.paste(BLUE, (0, size[1] // 2, size[0], size[1]))
    return image


def colours(segment):
    return tuple(segment.style.color.triplet), tuple(segment.style.bgcolor.triplet)


def test_two_pixels_stand_in_a_cell():
    image = Image.new("RGB", (3, 2), RED)
    image.paste(BLUE, (0, 1, 3, 2))
    (line,) = half_cells(image, Size(80, 24))
    (segment,) = list(line)
    assert segment.text == "▀▀▀"
    assert colours(segment) == (RED, BLUE)


@pytest.mark.parametrize(
    ("pixels", "room", "cells"),
    [
        ((1280, 800), (80, 20), (64, 20)), ((800, 100), (40, 40), (40, 2)), ((16, 16), (80, 40), (16, 8)),
        ((5, 5), (0, 9), (0, 0)),
    ],
)  # fmt: skip
def test_it_fits_in_its_own_proportions_and_is_never_blown_up(pixels, room, cells):
    lines = half_cells(Image.new("RGB", pixels), Size(*room))
    assert (lines[0].cell_length if lines else 0, len(lines)) == cells


def test_what_is_no_picture_or_claims_too_much_is_refused():
    whole = png(flag())
    bomb = png(Image.new("1", (MOST_PIXELS // 1000 + 1, 1000)))
    for data in (b"", b"GIF89a", whole[:100], b"\x89PNG\r\n\x1a\n" + b"\0" * 50, bomb):
        with pytest.raises(ValueError, match=r"picture|pixels"):
            decoded(data)
    assert decoded(png(Image.new("RGBA", (4, 4), (255, 0, 0, 0)))).getpixel((0, 0)) == (0, 0, 0)


def test_no_terminal_is_asked_anything():
    """Importing textual-image's renderables asks a terminal; ours runs where it belongs to somebody else."""
    code = (
        "import sys, io\n"
        "class Terminal(io.StringIO):\n"
        "    def isatty(self): return True\n"
        "sys.__stdout__ = terminal = Terminal()\n"
        "from PIL import Image\nfrom textual.geometry import Size\n"
        "from batmon_tui.widgets.picture import half_cells\n"
        "assert half_cells(Image.new('RGB', (40, 40)), Size(20, 20))\n"
        "assert sys.__stdout__ is terminal\n"
        "sys.exit(repr(terminal.getvalue()) if terminal.getvalue() else 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == b""


async def showing(tmp_path, capture, role="admin"):
    stage = Stage(tmp_path, logs={"capture": Verb(Role.ADMIN, answer=capture)})
    stage.role = role
    await stage.start()
    return stage


def pixel(app, x, y):
    """The colours of the cell at a place on the screen."""
    strip = app.screen._compositor.render_strips()[y]
    (segment,) = list(strip.crop(x, x + 1))
    return colours(segment)


async def test_the_page_shows_what_was_taken_and_where_it_is(tmp_path):
    asked = []

    async def capture(_caller, args):
        asked.append(args)
        data = base64.b64encode(png(flag())).decode()
        path = "/exports/captures/seoul-01-20260304T171407Z.png"
        return {"path": path, "width": 1920, "height": 1080, "size": 123_456, "png": data}

    stage = await showing(tmp_path, capture)
    app = stage.app("en")
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: app.rows, "the board")
        await pilot.press("colon", *"capture", "enter")
        await until(pilot, lambda: isinstance(app.screen, CaptureScreen) and app.screen._taken, "the picture")
        await pilot.pause()
        view = app.screen.query_one(Picture).region
        middle = view.x + view.width // 2
        assert pixel(app, middle, view.y + view.height // 4) == (RED, RED)
        assert pixel(app, middle, view.bottom - view.height // 4) == (BLUE, BLUE)
        facts = str(app.screen.query_one("#capture-facts").render())
        assert "1920 x 1080" in facts
        assert "/exports/captures/seoul-01-20260304T171407Z.png" in facts
        await pilot.press("r")
        await until(pilot, lambda: len(asked) == 2, "another one")
        await pilot.press("escape")
        assert not isinstance(app.screen, CaptureScreen)
    await stage.stop()


async def test_the_page_says_why_there_is_none(tmp_path):
    async def capture(_caller, _args):
        raise NoDesktop(because("no-desktop", why="no X display is known [b]"))

    stage = await showing(tmp_path, capture)
    app = stage.app("ko")
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.rows, "the board")
        app.open_capture()
        await until(pilot, lambda: isinstance(app.screen, CaptureScreen) and app.screen._problem, "the reason")
        said = str(app.screen.query_one("#capture-note").render())
        assert "바탕화면이 없습니다" in said
        assert '[capture] display = ":0"' in said
    await stage.stop()


async def test_only_admins_get_there(tmp_path):
    async def capture(_caller, _args):
        raise AssertionError("asked for by a viewer")

    stage = await showing(tmp_path, capture, role="viewer")
    app = stage.app("en")
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.rows, "the board")
        await pilot.press("colon", *"capture", "enter")
        await pilot.pause()
        assert not isinstance(app.screen, CaptureScreen)
        assert all("screen" not in command.title for command in app.get_system_commands(app.screen))
    await stage.stop()
