"""What a batch program imports to record its runs: standard library only, and never in the program's way.

::

    from batmon.record import RunLog

    with RunLog().run("Invoice_Bot", "Daily") as run:
        run.item("user1@example.com", processed=100, failed=0)
"""

from __future__ import annotations

from batmon.record.run_log import Run, RunLog, current_run

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from batmon.record.batch import BatchManager

__all__ = ["BatchManager", "Run", "RunLog", "current_run"]


def __getattr__(name: str) -> Any:
    if name == "BatchManager":
        from batmon.record.batch import BatchManager  # noqa: PLC0415 - whoever only records runs does not pay for it

        return BatchManager
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
