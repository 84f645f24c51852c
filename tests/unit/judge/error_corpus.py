"""Error lines by kind, for the tests and for the benchmark: (kind, what the line says after time and level)."""

from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from batmon.judge.patterns import head_of
from batmon.judge.timestamps import TimeReader

_SOME_DAY = datetime(2026, 11, 21, tzinfo=UTC)


def corpus(name):
    """The lines of ``error_lines.txt`` or ``error_lines_unseen.txt``."""
    reader = TimeReader(ZoneInfo("Asia/Seoul"))
    kind, found = "", []
    for line in (Path(__file__).parent / name).read_text("utf-8").splitlines():
        if line.startswith("## "):
            kind = line[3:]
        elif line and not line.startswith("# "):
            time = reader.find(line, _SOME_DAY)
            found.append((kind, head_of(line[time.end :])[1] if time else line))
    return found


def grouping_accuracy(pairs):
    """Share of the lines (true group, found group) whose found group holds just the lines of their true group."""
    pairs, true, found = list(pairs), defaultdict(set), defaultdict(set)
    for number, (kind, group) in enumerate(pairs):
        true[kind].add(number)
        found[group].add(number)
    return sum(true[kind] == found[group] for kind, group in pairs) / len(pairs)
