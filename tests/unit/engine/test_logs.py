"""The daemon's own log: one JSON object a line whose own fields nothing overwrites."""

import io
import json
import logging

from batmon.engine.logs import JsonLines


def written(**extra):
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    logger = logging.getLogger("test.of.logs")
    logger.propagate = False
    logger.handlers[:] = [handler]
    logger.warning("two\nlines", extra=extra)
    (line,) = stream.getvalue().splitlines()
    return json.loads(line)


def test_extras_stand_beside_the_entry():
    entry = written(program="kindscrap", pid=7)
    assert (entry["message"], entry["level"]) == ("two\nlines", "warning")
    assert (entry["program"], entry["pid"]) == ("kindscrap", 7)


def test_an_extra_cannot_take_the_place_of_the_time():
    assert written(at="127.0.0.1:8022", level="x")["at"].startswith("20")
    assert written(at="127.0.0.1:8022", level="x")["level"] == "warning"
