"""``batmon exec BOT TASK -- CMD...``: run any program without a shell, and record the run.

The program comes first: it is started before anything is recorded, its input, output, signals and exit code are its
own, and it runs just the same when nothing of BATMON is there.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self

from batmon.commands.exec_output import Output

if TYPE_CHECKING:
    from batmon.record import Run

NOT_FOUND, NOT_EXECUTABLE = 127, 126
"""What shells return for a command that is not there, or cannot be started."""
RUN_ID_VARIABLE = "BATMON_RUN_ID"
_PASSED_ON = ("SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGBREAK")
_OF_THE_TERMINAL = ("SIGINT", "SIGQUIT")


def run(bot: str, task: str, command: Sequence[str], *, state: str | None = None) -> int:
    """Run ``command`` and record it as a run; the exit code of the program, 128 + n when signal n ended it.

    Raises:
        ValueError: no bot may have that name; nothing was started.
    """
    from batmon.record import RunLog  # noqa: PLC0415 - what this module is for, but not what `--help` needs

    recorded = RunLog(state=state).run(bot, task)
    with _Signals() as signals, Output() as output:
        try:
            child = subprocess.Popen(  # noqa: S603 - what a person typed, without a shell
                command, stdout=output.stdout, stderr=output.stderr, env={**os.environ, RUN_ID_VARIABLE: recorded.id}
            )
        except (OSError, ValueError) as error:
            return _not_started(recorded, command[0], error)
        signals.pass_on_to(child)
        output.started()
        recorded.begin(pid=child.pid)
        code = child.wait()
        output.finish()
    return _ended(recorded, code, output)


def _not_started(recorded: Run, name: str, error: OSError | ValueError) -> int:
    missing = isinstance(error, FileNotFoundError)
    why = "command not found" if missing else getattr(error, "strerror", None) or str(error)
    code = NOT_FOUND if missing else NOT_EXECUTABLE
    print(f"batmon exec: {name}: {why}", file=sys.stderr)  # noqa: T201 - as the shell says it
    recorded.begin()
    recorded.end("FAILED", f"{name}: {why}", exit_code=code)
    return code


def _ended(recorded: Run, code: int, output: Output) -> int:
    last = output.last_line()
    if code == 0:
        recorded.end("SUCCESS", last, exit_code=0)
        return 0
    if code < 0:
        how = f"ended by {_name(-code)}"
        code = 128 - code
    else:
        how = f"exit code {code}"
    recorded.end("FAILED", f"{how}: {last}" if last else how, output.last_lines(), exit_code=code)
    return code


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


class _Signals:
    """Passes signals on to the program; one that comes before it was started, as soon as it is."""

    def __init__(self) -> None:
        self._child: subprocess.Popen[bytes] | None = None
        self._early: list[int] = []
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        for name in _PASSED_ON:
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) is not signal.SIG_IGN:  # nohup: it stays so
                self._before[number] = signal.signal(number, self._pass_on)
        return self

    def __exit__(self, *_: object) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)

    def pass_on_to(self, child: subprocess.Popen[bytes]) -> None:
        """This is the program."""
        self._child = child
        while self._early:
            child.send_signal(self._early.pop(0))

    def _pass_on(self, number: int, _frame: object) -> None:
        if number in {getattr(signal, name, None) for name in _OF_THE_TERMINAL} and _in_foreground():
            return  # the terminal has told the program too: twice would mean "at once" to many
        if self._child is None:
            self._early.append(number)
        else:
            self._child.send_signal(number)


def _in_foreground() -> bool:
    """Whether a terminal sends its signals to us and to the program alike."""
    if os.name == "nt":
        return True
    with _terminal() as handle:
        return handle is not None and os.tcgetpgrp(handle) == os.getpgrp()


@contextmanager
def _terminal() -> Iterator[int | None]:
    try:
        handle = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
    except OSError:
        yield None
        return
    try:
        yield handle
    finally:
        os.close(handle)
