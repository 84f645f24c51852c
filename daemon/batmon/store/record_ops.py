"""What a program says of its own run: start, item, end, beat. The shapes of the record protocol and of the spool.

Each may be said any number of times, in any order, and leaves the same rows. Times are aware; counts are absolute; the
texts are such as Postgres can hold (``storable``).
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from batmon.store.texts import storable

Moment = Annotated[datetime, Meta(tz=True)]
BotName = Annotated[str, Meta(min_length=1, max_length=50)]
"""As wide as the column ``bot_name``."""
TaskName = Annotated[str, Meta(max_length=100)]
"""As wide as the column ``task_name``."""
StatusWord = Annotated[str, Meta(min_length=1, max_length=20)]
"""As wide as the column ``status``; stored as it was written."""
Pid = Annotated[int, Meta(ge=1, le=2**31 - 1)]


class Start(Struct, tag_field="op", tag="start"):
    """A run has begun. ``node`` is the name of its machine, ``process_started`` seconds since the epoch.

    ``beats``: it promises to say that it lives every 15 seconds; else it is looked after by its process, if it named
    one.
    """

    run_id: UUID
    bot_name: BotName
    task_name: TaskName
    start_time: Moment
    seq: int = 0
    node: str = ""
    pid: Pid | None = None
    process_started: float | None = None
    cwd: str = ""
    started_by: str = ""
    beats: bool = False


class End(Struct, tag_field="op", tag="end"):
    """A run has ended; named by ``run_id`` or by ``log_id``.

    With ``bot_name``, ``task_name`` and ``start_time`` it needs no start before it. Of two ends the later one counts.
    """

    status: StatusWord
    end_time: Moment
    seq: int = 0
    run_id: UUID | None = None
    log_id: int | None = None
    message: str = ""
    error_details: str = ""
    processed_count: int | None = None
    exit_code: int | None = None
    bot_name: BotName | None = None
    task_name: TaskName | None = None
    start_time: Moment | None = None
    node: str = ""


class Item(Struct, tag_field="op", tag="item"):
    """How an account (or file, or page) of a run stands, in absolute counts. Of two reports the later one counts."""

    run_id: UUID
    account: Annotated[str, Meta(min_length=1, max_length=500)]
    started_at: Moment
    seq: int = 0
    processed: int = 0
    failed: int = 0
    error: str = ""
    ended_at: Moment | None = None


class Beat(Struct, tag_field="op", tag="beat"):
    """A run lives."""

    run_id: UUID
    seq: int = 0


Op = Start | End | Item | Beat


def made_storable(op: Op) -> None:
    """Give ``op`` texts that Postgres can hold, with visible signs in the place of what it cannot."""
    for name in op.__struct_fields__:
        value = getattr(op, name)
        if isinstance(value, str):
            setattr(op, name, storable(value))
