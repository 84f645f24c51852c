"""Reading the outside world: log files (found, followed, paged, searched) and processes."""

from batmon.evidence.events import CaughtUp, FileCursor, LogBatch, LogEvent, SightChanged
from batmon.evidence.follow import LogFollower
from batmon.evidence.lines import RawLine
from batmon.evidence.rotation import log_series

__all__ = ["CaughtUp", "FileCursor", "LogBatch", "LogEvent", "LogFollower", "RawLine", "SightChanged", "log_series"]
