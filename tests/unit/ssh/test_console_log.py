"""The console's log: strangers cannot fill a disk with it."""

import logging

from batmon_tui.ssh.logs import Sparing


def record(message="turned away", level=logging.WARNING, at=0.0):
    made = logging.LogRecord("x", level, "", 0, message, None, None)
    made.created = at
    return made


def test_a_flood_of_one_message_is_counted_and_others_are_written():
    sparing = Sparing()
    assert sum(sparing.filter(record(at=n / 1000)) for n in range(10_000)) == Sparing.A_MINUTE
    assert sparing.filter(record("login"))
    later = record(at=61.0)
    assert sparing.filter(later)
    assert later.unsaid == 10_000 - Sparing.A_MINUTE
    assert not hasattr(record(at=62.0), "unsaid")


def test_what_went_wrong_is_always_written():
    sparing = Sparing()
    assert all(sparing.filter(record(level=logging.ERROR)) for _ in range(1000))
