"""What every kind of channel offers, and the channels that a configuration names."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

from batmon.notify.message import Message, Sent

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The moment, where nobody hands in a clock."""
    return datetime.now(UTC)


class Channel(Protocol):
    """One way to reach people. It may be used for several messages at the same time, on one event loop."""

    @property
    def name(self) -> str:
        """What the configuration calls it; ``email`` for mail."""
        ...

    @property
    def kind(self) -> str:
        """``email``, ``slack``, ``webhook``, ``alimtalk``, ``sms``, ``servicenow`` or ``apprise``."""
        ...

    async def send(self, message: Message) -> Sent:
        """Hand the message over; returns once the other side has taken it.

        Raises:
            DeliveryFailed: it was not taken, or nobody knows; it says whether trying again can help.
        """
        ...

    async def close(self) -> None:
        """Let go of connections; no ``send`` after it."""
        ...
