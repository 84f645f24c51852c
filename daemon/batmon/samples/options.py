"""The command line that the sample programs share."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass

SLOW_FACTOR = 10.0


@dataclass(frozen=True, slots=True)
class Options:
    """How one run of a sample goes. ``pace`` is about how many seconds it takes."""

    pace: float
    fail: bool = False
    hang: bool = False


def parse(program: str, description: str, argv: Sequence[str] | None, *, pace: float) -> Options:
    """The options in ``argv`` (None: of this process); wrong ones end the process with 2 and the usage."""
    parser = argparse.ArgumentParser(prog=f"python -m batmon.samples.{program}", description=description)
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--fail", action="store_true", help="meet a real fault: log its traceback, exit with 1")
    how.add_argument("--hang", action="store_true", help="wait for ever for an answer that does not come")
    how.add_argument("--slow", action="store_true", help=f"take {SLOW_FACTOR:.0f} times as long")
    parser.add_argument(
        "--pace", type=float, default=pace, metavar="SEC", help="take about this long (default: %(default)s)"
    )
    given = parser.parse_args(argv)
    if given.pace < 0:
        parser.error("--pace may not be negative")
    return Options(pace=given.pace * (SLOW_FACTOR if given.slow else 1.0), fail=given.fail, hang=given.hang)
