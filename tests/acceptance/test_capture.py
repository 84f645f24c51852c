"""The picture of the server's screen: a real daemon looking at a virtual display that shows something known."""

from __future__ import annotations

import base64
import io
import json
import select
import shutil
import stat
import subprocess

import pytest
from PIL import Image

from tests.acceptance.installation import PATIENCE_SEC, log_line

pytestmark = pytest.mark.skipif(
    not (shutil.which("Xvfb") and shutil.which("xlogo")), reason="Xvfb and xlogo are needed"
)

SIZE = (640, 480)
WHITE, RED = (255, 255, 255), (200, 30, 30)
INSIDE = (104, 170)
"""A point of the window that the logo leaves free."""


@pytest.fixture
def display():
    """A virtual desktop, white, with one window of a known colour at a known place."""
    screen = f"{SIZE[0]}x{SIZE[1]}x24"
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", "1", "-screen", "0", screen, "-nolisten", "tcp", "-wr"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    ready, _, _ = select.select([server.stdout], [], [], PATIENCE_SEC)
    name = f":{int(server.stdout.readline())}" if ready else ""
    assert name, "the virtual display did not start"
    red = "#{:02x}{:02x}{:02x}".format(*RED)
    window = subprocess.Popen(
        ["xlogo", "-display", name, "-geometry", "200x200+100+100", "-bw", "0", "-bg", red, "-fg", "black"],
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    yield name
    for process in (window, server):
        process.terminate()
        process.wait(PATIENCE_SEC)
    server.stdout.close()


async def taken(installation):
    """A capture in which the window is drawn: it takes a moment after its program has started."""
    for _ in range(100):
        answer = await installation.ask("capture")
        with Image.open(installation.state / answer["path"].lstrip("/")) as picture:
            if picture.getpixel(INSIDE) == RED:
                return answer
    raise AssertionError("the window never appeared")


async def test_what_is_on_the_screen_is_in_the_picture(installation, display):
    log = installation.add_program("kindscrap")
    log.write_text(log_line("시작"), "utf-8")
    installation.tables.append(f'[capture]\ndisplay = "{display}"\n')
    await installation.start(DISPLAY="")
    answer = await taken(installation)
    file = installation.state / answer["path"].lstrip("/")
    assert (answer["width"], answer["height"]) == SIZE
    assert file.parent == installation.state / "exports" / "captures"
    assert answer["size"] == file.stat().st_size
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with Image.open(file) as whole:
        assert whole.size == SIZE
        assert whole.getpixel((5, 5)) == WHITE
        assert whole.getpixel((299, 104)) in (RED, (0, 0, 0))
        assert whole.getpixel((301, 200)) == WHITE
    shown = base64.b64decode(answer["png"])
    with Image.open(io.BytesIO(shown)) as scaled:
        assert scaled.size == SIZE
        assert scaled.getpixel(INSIDE) == RED

    copy = installation.home / "screen.png"
    code, out, err = await installation.batmon("capture", "-o", str(copy))
    assert (code, out) == (0, f"{copy}\n"), err
    with Image.open(copy) as picture:
        assert picture.getpixel(INSIDE) == RED
    code, out, err = await installation.batmon("audit", "--json")
    entries = [entry for entry in json.loads(out) if entry["action"] == "capture"]
    assert entries
    assert {entry["outcome"] for entry in entries} == {"done"}
    assert list(installation.state.glob(".*.part")) == []


async def test_a_server_without_a_desktop_says_so_and_goes_on(installation):
    installation.add_program("kindscrap")
    await installation.start(DISPLAY="")
    code, _, err = await installation.batmon("capture")
    assert code == 1
    assert "no desktop" in err
    assert "[capture] display" in err
    await installation.stop()
    installation.tables.append('[capture]\ndisplay = ":4711"\n')
    await installation.start()
    code, _, err = await installation.batmon("capture")
    assert code == 1
    assert "no desktop that can be looked at :4711" in err
    assert "Traceback" not in err
    assert (await installation.check())[0]["status"]


async def test_it_can_be_switched_off(installation, display):
    installation.add_program("kindscrap")
    installation.tables.append("[capture]\nenabled = false\n")
    await installation.start(DISPLAY=display)
    code, _, err = await installation.batmon("capture")
    assert code == 1
    assert "switched off" in err
