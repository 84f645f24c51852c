"""What the demo does with the sample programs: when each of its starts begins, and how it goes. Pure.

Index 0 is the start that follows the daemon's own; index 1 is at the next of the demo's minutes, and so on. Within
two minutes each case has been on the board: one program fails, one starts late, one hangs and is ended; in between all
is well.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from batmon.config import Demo
from batmon.model import Program

_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Start:
    """One start: so many seconds after its moment, with these arguments behind the program's ``rerun`` command."""

    delay_sec: float = 0.0
    arguments: tuple[str, ...] = ()


def effective(program: Program, demo: Demo) -> Program:
    """The program as the daemon judges it while the demo goes on; one that takes no part comes back as it is.

    The demo's firings stand beside the true schedule, and grace and longest run time are as short as the demo.
    """
    if program.name not in demo.programs:
        return program
    return replace(
        program, schedule=(*program.schedule, _cron(demo.every)), grace=demo.grace, max_runtime=demo.max_runtime
    )


def _cron(every: timedelta) -> str:
    minutes = every // timedelta(minutes=1)
    if every >= _HOUR:
        return "0 * * * *"
    return "* * * * *" if minutes == 1 else f"*/{minutes} * * * *"


def plan(program: Program, demo: Demo, index: int) -> Start | None:
    """How the ``index``-th start of the program goes; None for one that takes no part.

    Every delay is inside the grace. Index 0 is at any moment of a minute: what follows at index 1 waits a little, so
    that it has ended. What follows a hanging run waits until that has been ended.
    """
    grace = demo.grace.total_seconds()
    pause = 0.2 * grace if index == 1 else 0.0
    if program.name == demo.failing:
        return Start(pause, () if index % 3 == 2 else ("--fail",))
    if program.name == demo.late:
        return Start(0.7 * grace if index % 2 else 0.0)
    if program.name == demo.hanging:
        if index % 3 == 1:
            return Start(pause, ("--hang",))
        return Start(0.4 * grace if index % 3 == 2 else 0.0)
    return None
