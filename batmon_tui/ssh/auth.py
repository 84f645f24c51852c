"""Who may log in: a user's name together with one of the keys that the key ring has under that name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from batmon.gate.keyring import KeyRing


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who came in. ``restricted``: the key may run verbs but gets no terminal (OpenSSH's ``restrict``)."""

    user: str
    fingerprint: str
    peer: str
    restricted: bool

    @property
    def act_as(self) -> dict[str, Any]:
        """How the gate is told for whom the console speaks: hello's ``as``."""
        return {"user": self.user, "key": self.fingerprint, "peer": self.peer}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one key: ``person`` if it may come in, else ``why`` not, for the log."""

    person: Person | None
    why: str = ""


def judge_key(ring: KeyRing, user: str, fingerprint: str, peer: str, now: datetime) -> Verdict:
    """Whether ``user`` may come in with the key that has this fingerprint from the address ``peer`` at ``now``."""
    entry = ring.find(user, fingerprint)
    if entry is None:
        return Verdict(None, "no such user with this key")
    if why := entry.refusal(now, peer):
        return Verdict(None, why)
    return Verdict(Person(user, fingerprint, peer, restricted=entry.restricted))


class Attempts:
    """The keys that one connection has tried.

    A key is shown twice, once as a question and once with a signature; more than that, or more than ``limit``
    different keys, is too much.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._keys: set[str] = set()
        self._shown = 0

    def too_many(self, fingerprint: str) -> bool:
        """Count one more; whether that is beyond the limit."""
        self._keys.add(fingerprint)
        self._shown += 1
        return len(self._keys) > self._limit or self._shown > 2 * self._limit


def utc_now() -> datetime:
    """The moment, aware, in UTC."""
    return datetime.now(UTC)
