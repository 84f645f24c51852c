"""``python -m tests.bench NAME...``: run benchmarks one after the other, each a minute or two."""

import argparse
import asyncio
import importlib
import sys

from tests.bench.figures import say, surroundings

NAMES = {
    "line": "a line lands -> verdict committed -> row painted, 1,000 programs watched",
    "check": "`batmon check` as a whole process against the bare interpreter",
    "ssh": "connect -> first full frame, key -> frame, memory a session; 50 sessions attached",
    "memory": "the daemon's memory with 1,000 programs watched",
    "start": "`batmon up` with an empty state folder -> first full frame",
    "record": "recorded runs a second: the document's logger, pgbench, our socket",
    "statistics": "what statistics cost: those who record, counting a long history, those who ask",
    "signatures": "error lines grouped by kind, beside drain3",
    "baseline": "how often a run is called unusual that is not, by kind of history",
    "backtest": "a year of runs, one every five minutes, replayed with two rules",
    "backfill": "history read from logs at the first start",
    "events": "a row is committed -> its mail is handed to a mail server",
    "deliveries": "notifications delivered a second, beside PgQueuer's own jobs that do nothing",
    "probes": "1,000 probes, each looked at twice a minute: how late, and what the loop makes others wait",
    "dispatch": "10,000 schedules due in one minute: how late each is, beside APScheduler 3",
    "pdf": "a report of 20 pages as a PDF, beside reportlab's bare drawString",
    "log": "a log of 1 GiB: to the first screen, to its end, followed; beside lnav and toolong",
    "incidents": "figures of incidents, at 1,000 to 100,000 incidents a year",
    "insights": "how often a finding of a report is wrong, and how many real drifts are found",
    "report": "a year of 20 million runs as each report: time and memory",
    "search": "a rare word in a log of 1 GiB, beside ripgrep and grep",
    "workbook": "a workbook with 100,000 rows, beside openpyxl's own write-only sheet",
}


def main() -> int:
    """Run what is named on the command line."""
    lines = [f"  {name:<10} {words}" for name, words in NAMES.items()]
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench",
        description=__doc__,
        epilog="\n".join(["benchmarks:", *lines]),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="+", choices=[*NAMES, "all"], metavar="NAME")
    asked = parser.parse_args().names
    for name in NAMES if "all" in asked else asked:
        say(f"\n## {name}: {NAMES[name]}\n\n{surroundings()}\n")
        asyncio.run(importlib.import_module(f"tests.bench.{name}").bench())
        say(f"\n{surroundings()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
