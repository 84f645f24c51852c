"""The operation password: asked before a program is run again or stopped, kept as an argon2id hash.

It lies in ``<state>/operation.json`` (0600) with the failures of each person, which therefore outlive a restart.

Five failures of one person lock that person for five minutes. The count is the person's, not the address's: whoever
guesses with a stolen key cannot escape it by coming from elsewhere. It is not everybody's either: one operator's
mistakes must not keep the others from stopping a program. Giving out keys is the admin's business, so nobody gets more
tries by making up names.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import stat
import tempfile
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from batmon.errors import BadRequest, GateError, LockedOut, NoPassword, Sentence, WrongPassword
from batmon.refusals import because

log = logging.getLogger(__name__)

TRIES = 5
LOCK = timedelta(minutes=5)
LARGEST_FILE = 1024 * 1024
MOST_MEMORY = 1024 * 1024
"""KiB that the stored hash may ask for; ours asks for 64 MiB."""
SHORTEST, LONGEST = 8, 1024
"""Characters of a password."""


@dataclass(frozen=True, slots=True)
class _Failures:
    """How often a person failed since the last success, and when last."""

    count: int
    last: datetime

    def locked_until(self) -> datetime | None:
        return self.last + LOCK if self.count >= TRIES else None


class OperationPassword:
    """The password in one file. One check at a time, because a check takes a fifth of a second and 64 MiB."""

    def __init__(self, path: Path, *, now: Callable[[], datetime]) -> None:
        self._path = path
        self._now = now
        self._one = asyncio.Lock()
        self._hasher = PasswordHasher()

    async def is_set(self) -> bool:
        """Whether there is a password.

        Raises:
            GateError: the file is there and cannot be used.
        """
        return (await asyncio.to_thread(self._read))[0] is not None

    async def set(self, new: str) -> None:
        """Take ``new`` as the password; everybody's failures are forgotten.

        Raises:
            BadRequest: it is too short or too long.
        """
        if not SHORTEST <= len(new) <= LONGEST:
            raise BadRequest(because("password-length", shortest=SHORTEST, longest=LONGEST))
        async with self._one:
            hashed = await asyncio.to_thread(self._hasher.hash, _octets(new))
            await asyncio.to_thread(self._write, hashed, {})

    async def check(self, password: str, user: str, peer: str) -> None:
        """Return if ``password`` is right; ``peer`` is for the log.

        Raises:
            WrongPassword, LockedOut, NoPassword: as they say.
        """
        async with self._one:
            hashed, failures = await asyncio.to_thread(self._read)
            if hashed is None:
                raise NoPassword(because("no-password"))
            now = self._now()
            mine = failures.get(user)
            if mine is not None and mine.last > now:  # the clock was set back: nobody is locked for longer by that
                mine = _Failures(mine.count, now)
                failures[user] = mine
                await asyncio.to_thread(self._write, hashed, failures)
            if mine is not None and (until := mine.locked_until()) is not None:
                if now < until:
                    raise LockedOut(_locked(user, until - now))
                mine = None
            if await asyncio.to_thread(self._is_right, hashed, password):
                if failures.pop(user, None) is not None:
                    await asyncio.to_thread(self._write, hashed, failures)
                return
            mine = _Failures((mine.count if mine else 0) + 1, now)
            failures[user] = mine
            await asyncio.to_thread(self._write, hashed, failures)
            log.warning("wrong operation password", extra={"user": user, "peer": peer, "failures": mine.count})
            if mine.count >= TRIES:
                raise LockedOut(_locked(user, LOCK))
            left = TRIES - mine.count
            raise WrongPassword(because("wrong-password", left=left))

    def _is_right(self, hashed: str, password: str) -> bool:
        try:
            return self._hasher.verify(hashed, _octets(password[: LONGEST + 1]))
        except VerifyMismatchError:
            return False
        except (InvalidHashError, VerificationError) as error:
            raise GateError(because("password-no-hash", path=self._path)) from error

    def _read(self) -> tuple[str | None, dict[str, _Failures]]:
        try:
            facts = self._path.stat()
            if not stat.S_ISREG(facts.st_mode) or facts.st_size > LARGEST_FILE:
                raise GateError(because("password-no-file", path=self._path))
            if os.name != "nt" and (facts.st_mode & 0o022 or facts.st_uid not in (0, os.geteuid())):
                raise GateError(because("password-writable", path=self._path))
            stored: dict[str, Any] = json.loads(self._path.read_text("utf-8"))
            failures = {
                str(name): _Failures(int(entry["count"]), datetime.fromisoformat(entry["last"]).astimezone(UTC))
                for name, entry in stored.get("failures", {}).items()
            }
            hashed = str(stored["hash"])
            memory = extract_parameters(hashed).memory_cost
        except FileNotFoundError:
            return None, {}
        except (OSError, ValueError, KeyError, TypeError, AttributeError, InvalidHashError) as error:
            raise GateError(because("password-unreadable", path=self._path, why=error)) from error
        if memory > MOST_MEMORY:
            raise GateError(because("password-memory", path=self._path))
        return hashed, failures

    def _write(self, hashed: str, failures: dict[str, _Failures]) -> None:
        """Replace the file as a whole, 0600, and make that durable; old failures go."""
        now = self._now()
        kept = {
            name: {"count": entry.count, "last": entry.last.isoformat()}
            for name, entry in failures.items()
            if now - entry.last < timedelta(days=1)
        }
        handle, temporary = tempfile.mkstemp(prefix=".operation-", dir=self._path.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump({"hash": hashed, "failures": kept}, file, ensure_ascii=False)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(self._path)
        except OSError as error:
            with contextlib.suppress(OSError):
                Path(temporary).unlink(missing_ok=True)
            raise GateError(because("cannot-write", path=self._path, why=error.strerror)) from error


def _octets(password: str) -> bytes:
    """The same bytes however the keyboard composes Hangul."""
    return unicodedata.normalize("NFC", password).encode(errors="surrogatepass")


def _locked(user: str, left: timedelta) -> Sentence:
    seconds = max(1, round(left.total_seconds()))
    return because("locked-out", tries=TRIES, user=user, minutes=LOCK // timedelta(minutes=1), seconds=seconds)
