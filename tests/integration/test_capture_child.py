"""A desktop that hurts whoever looks at it hurts only the child that looks."""

from __future__ import annotations

import base64
import io
import socket
import stat
from datetime import UTC, datetime

import pytest
from PIL import Image

from batmon.config.settings import CaptureConfig
from batmon.engine import capture, capture_child
from batmon.engine.capture import Capture
from batmon.errors import BatmonError, NoDesktop, Refused
from batmon.gate.verbs import Caller
from batmon.model import Role

ADMIN = Caller("kim", Role.ADMIN, "local", "")


def taker(state, display=":0", environ=None, **config):
    settings = CaptureConfig(display=display, **config)
    return Capture(settings, state=state, node="here", now=lambda: datetime.now(UTC), environ=environ or {})


async def test_one_that_never_answers_is_left_after_a_while(tmp_path, monkeypatch):
    monkeypatch.setattr(capture, "CAPTURE_SEC", 1.0)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        display = f"127.0.0.1:{silent.getsockname()[1] - 6000}"
        with pytest.raises(BatmonError, match="did not answer within 1 s"):
            await taker(tmp_path, display).capture(ADMIN, {})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["exports"]
    assert list((tmp_path / "exports" / "captures").iterdir()) == []
    assert stat.S_IMODE((tmp_path / "exports" / "captures").stat().st_mode) == 0o700


async def test_what_a_killed_daemon_left_is_removed(tmp_path):
    (tmp_path / ".here-1.png.part").touch()
    with pytest.raises(NoDesktop, match="no desktop that can be looked at :4711"):
        await taker(tmp_path, ":4711").capture(ADMIN, {})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["exports"]


@pytest.mark.parametrize(
    ("environ", "said"), [({}, "no X display is known"), ({"WAYLAND_DISPLAY": "wayland-0"}, "its desktop is Wayland")]
)
async def test_a_server_without_one_says_so(tmp_path, environ, said):
    with pytest.raises(NoDesktop, match=said):
        await taker(tmp_path, "", environ).capture(ADMIN, {})


async def test_exports_that_lead_elsewhere_are_not_followed(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "exports").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(BatmonError, match="is a link"):
        await taker(tmp_path).capture(ADMIN, {})
    with pytest.raises(Refused, match="switched off"):
        await taker(tmp_path, enabled=False).capture(ADMIN, {})


def test_the_copy_to_look_at_fits_the_gate_however_little_can_be_packed():
    noise = Image.merge("RGB", [Image.effect_noise((2000, 1500), 200) for _ in range(3)])
    text = capture_child.scaled(noise)
    assert len(text) <= capture_child.SHOWN_BYTES
    with Image.open(io.BytesIO(base64.b64decode(text))) as small:
        assert small.width / small.height == pytest.approx(4 / 3, rel=0.02)
        assert small.width > 300
