"""What the log view asks of the app that it stands in."""

from __future__ import annotations

from typing import Protocol

from batmon.gate.client import GateClient
from batmon_tui.locale import Language


class LogHost(Protocol):
    """What the log view asks of the app."""

    language: Language
    """Resolved."""

    async def gate(self) -> GateClient:
        """The connection to the daemon.

        Raises:
            DaemonUnreachable: it is lost.
        """
