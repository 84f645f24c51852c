import gc

import pytest
from rich.segment import Segment
from textual.strip import Strip

from batmon_tui.ssh import strips


@pytest.fixture
def installed(monkeypatch):
    for name in ("adjust_cell_length", "divide"):
        monkeypatch.setattr(Strip, name, getattr(Strip, name))
    strips.install()


def strips_alive():
    return sum(type(known) is Strip for known in gc.get_objects())


def texts(parts):
    return [part.text for part in parts]


@pytest.mark.usefixtures("installed")
def test_a_strip_that_was_drawn_goes_without_the_collector():
    gc.collect()
    gc.disable()
    try:
        before = strips_alive()
        strip = Strip([Segment("kindscrap"), Segment(" ERROR")])
        strip.adjust_cell_length(15)
        strip.divide([15])
        strip.crop(0, 15)
        assert strips_alive() == before + 1
        del strip
        assert strips_alive() == before
    finally:
        gc.enable()


@pytest.mark.usefixtures("installed")
def test_the_answers_are_textuals_own():
    strip = Strip([Segment("공시"), Segment("정보")])

    assert strip.adjust_cell_length(8) is strip
    assert strip.adjust_cell_length(10).text == "공시정보  "
    assert strip.adjust_cell_length(5).text == "공시 "
    assert texts(strip.divide([8])) == ["공시정보"]
    assert texts(strip.divide([4, 8])) == ["공시", "정보"]
    assert texts(strip.divide([4, 8, 99])) == ["공시", "정보"]
