"""What strangers wrote acts neither on a terminal that shows the daemon's log nor on its lines."""

import json
import logging

from batmon.engine.logs import JsonLines, Words

HOSTILE = "\x1b[2J\x9b1m\u202e\r\nforged line"


def record():
    failed = (ValueError, ValueError(HOSTILE), None)
    made = logging.LogRecord("batmon.x", logging.WARNING, "", 1, "event 7: %s", (HOSTILE,), failed)
    made.rule = HOSTILE
    return made


def test_a_terminal_is_not_commanded():
    shown = Words().format(record())
    assert not any(sign in shown for sign in "\x1b\x9b\u202e\r")
    first, *rest = shown.split("\n")
    assert first.count("forged line") == 2
    assert rest[0].startswith("ValueError")


def test_a_line_of_json_is_one_and_holds_what_can_be_looked_at():
    line = JsonLines().format(record())
    assert "\n" not in line
    assert not any(sign in line for sign in "\x1b\x9b\u202e")
    assert json.loads(line)["rule"].startswith("␛[2J⟨U+009B⟩1m⟨U+202E⟩")
