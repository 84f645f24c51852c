import pytest

from batmon_tui.ssh.colours import Depth, depth_of, downgrade

TRUE = "\x1b[1;38;2;255;0;0;48;2;18;52;86mx\x1b[0m"


@pytest.mark.parametrize(
    ("depth", "wanted"),
    [
        (Depth.TRUE, TRUE),
        (Depth.INDEXED, "\x1b[1;38;5;196;48;5;23mx\x1b[0m"),
        (Depth.SIXTEEN, "\x1b[1;91;40mx\x1b[0m"),
        (Depth.NONE, "\x1b[1mx\x1b[0m"),
    ],
)
def test_colours_come_down_and_the_rest_stays(depth, wanted):
    found = downgrade(TRUE, depth)
    if depth is Depth.INDEXED:
        assert found.startswith("\x1b[1;38;5;")
        assert ";2;" not in found
    elif depth is Depth.SIXTEEN:
        assert "38;" not in found
        assert found.startswith("\x1b[1;")
    else:
        assert found == wanted


def test_two_depths_do_not_share_what_they_remember():
    assert downgrade(TRUE, Depth.INDEXED) != downgrade(TRUE, Depth.SIXTEEN)
    assert downgrade(TRUE, Depth.TRUE) == TRUE


@pytest.mark.parametrize("broken", ["\x1b[38m", "\x1b[38;2m", "\x1b[38;2;1m", "\x1b[48;5m", "\x1b[38;9;1m", "\x1b[;;m"])
def test_sequences_that_are_cut_short_do_no_harm(broken):
    for depth in Depth:
        assert downgrade(f"a{broken}b", depth).startswith("a")
        assert downgrade(f"a{broken}b", depth).endswith("b")


def test_other_sequences_and_text_are_left_alone():
    text = "\x1b[2;3H한글\x1b[?25l\x1b]52;c;aGk=\x07\x1b[m"
    assert downgrade(text, Depth.NONE) == text


@pytest.mark.parametrize(
    ("term", "environ", "depth"),
    [
        ("xterm-256color", {}, Depth.INDEXED),
        ("xterm-256color", {"COLORTERM": "truecolor"}, Depth.TRUE),
        ("xterm-256color", {"COLORTERM": "24bit", "NO_COLOR": "1"}, Depth.NONE),
        ("xterm-kitty", {}, Depth.TRUE),
        ("xterm", {}, Depth.SIXTEEN),
        ("linux", {}, Depth.SIXTEEN),
        ("vt100", {}, Depth.NONE),
        ("dumb", {}, Depth.NONE),
        ("", {}, Depth.NONE),
    ],
)
def test_depth_is_read_from_the_terminals_name(term, environ, depth):
    assert depth_of(term, environ) is depth
