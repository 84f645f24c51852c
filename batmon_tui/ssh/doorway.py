"""How many may stand in the door: limits on connections, above all on those that have not said who they are."""

from __future__ import annotations

import ipaddress


class Doorway:
    """Counts connections. Each has a number of its own, and an address; IPv6 addresses count by their /64 network."""

    def __init__(self, *, connections: int, unauthenticated: int, per_address: int) -> None:
        self._connections = connections
        self._unauthenticated = unauthenticated
        self._per_address = per_address
        self._inside: set[int] = set()
        self._waiting: dict[int, str] = {}

    def admit(self, number: int, address: str) -> str:
        """Let a connection in and count it; otherwise why not, in words for the person at the other end."""
        origin = _origin(address)
        if len(self._waiting) >= self._unauthenticated:
            return "too many logins at once, try again in a moment"
        if sum(1 for other in self._waiting.values() if other == origin) >= self._per_address:
            return "too many logins at once from your address, try again in a moment"
        if len(self._inside) + len(self._waiting) >= self._connections:
            return "all places of this console are taken"
        self._waiting[number] = origin
        return ""

    def authenticated(self, number: int) -> None:
        """A connection has said who it is."""
        if self._waiting.pop(number, None) is not None:
            self._inside.add(number)

    def gone(self, number: int) -> None:
        """A connection has ended."""
        self._waiting.pop(number, None)
        self._inside.discard(number)

    @property
    def waiting(self) -> int:
        """Connections that have not said who they are."""
        return len(self._waiting)

    @property
    def inside(self) -> int:
        """Connections that have."""
        return len(self._inside)


def _origin(address: str) -> str:
    try:
        known = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(known, ipaddress.IPv6Address):
        if known.ipv4_mapped is not None:
            return str(known.ipv4_mapped)
        return str(ipaddress.ip_network((known, 64), strict=False))
    return str(known)
