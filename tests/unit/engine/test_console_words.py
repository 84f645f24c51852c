"""Why a console did not come up is taken from the end of its own log."""

import pytest

from batmon.engine.console import _last_message


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ('{"message": "first"}\n{"level": "error", "message": "Address in use"}\n', "Address in use"),
        ("a traceback of Python\n", ""),
        ('{"level": "error"}\n', ""),
        ("", ""),
    ],
)
def test_the_last_message_since_it_was_started(tmp_path, said, message):
    log = tmp_path / "console.log"
    log.write_text('{"message": "of an earlier one"}\n' + said)
    assert _last_message(log, log.stat().st_size - len(said)) == message


def test_a_log_that_is_not_there(tmp_path):
    assert _last_message(tmp_path / "console.log", 0) == ""
