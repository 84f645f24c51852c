"""``batmon record start|item|end``: record a run from tools that can only call a command.

They go the way that ``batmon.record`` finds (daemon, DSN, spool) and work when the daemon is away.
"""

from __future__ import annotations

import sys

from batmon.record import RunLog

DONE, FAILED = 0, 1  # those of batmon.commands.session, which costs 100 ms
LARGEST_DETAILS = 1 << 20
"""Bytes of a file or of standard input that are read for ``--error-details``: its end counts."""


def start(bot: str, task: str, *, pid: int | None, state: str | None) -> int:
    """Record that a run has begun, and print its id. ``pid`` is its process, if there is one to watch."""
    log = RunLog(state=state)
    run = log.run(bot, task).begin(pid=pid or 0, outlives=True)
    sys.stdout.write(f"{run.id}\n")
    sys.stdout.flush()
    return _durable(log)


def item(run_id: str, account: str, *, processed: int, failed: int, error: str, state: str | None) -> int:
    """Record how an account of a run stands."""
    log = RunLog(state=state)
    log.record_item(run_id, account, processed=processed, failed=failed, error=error)
    return _durable(log)


def end(
    run_id: str,
    *,
    status: str,
    message: str,
    error_details: str,
    processed_count: int | None,
    state: str | None,
) -> int:
    """Record that a run has ended. ``error_details`` of ``-`` is what standard input says."""
    log = RunLog(state=state)
    details = _read_input() if error_details == "-" else error_details
    log.end_log(run_id, status, message, details, processed_count)
    return _durable(log)


def _read_input() -> str:
    """The end of standard input, which may be of any length."""
    kept = b""
    while block := sys.stdin.buffer.read(1 << 16):
        kept = (kept + block)[-LARGEST_DETAILS:]
    return kept.decode("utf-8", "backslashreplace")


def _durable(log: RunLog) -> int:
    if log.durable:
        return DONE
    sys.stderr.write("batmon: not recorded: neither the daemon nor the spool took it; BATMON_DEBUG=1 shows why\n")
    return FAILED
