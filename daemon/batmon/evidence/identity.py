"""Which file is this? A name moves in a rotation, an inode is used again, the first bytes may be a banner.

A fingerprint is ``inode-n-digest``: the first ``n`` (1 to 256) bytes that were there when its first line was read,
hashed. It stays the same while the file grows, because ``n`` stays. The device is left out: its number may change
when the machine starts again, and then everything would be read twice.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass

FINGERPRINT_BYTES = 256


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """A fingerprint taken apart; ``generation`` counts files that had the same inode and the same beginning."""

    inode: int
    length: int
    digest: str
    generation: int = 0

    @classmethod
    def parse(cls, text: str) -> Fingerprint | None:
        """The fingerprint that ``str()`` wrote; None for anything else."""
        parts = text.split("-")
        try:
            inode, length, digest = int(parts[0], 16), int(parts[1]), parts[2]
            return cls(inode, length, digest, int(parts[3]) if len(parts) > 3 else 0)
        except (IndexError, ValueError):
            return None

    @classmethod
    def of(cls, file: io.FileIO, inode: int, generation: int = 0) -> Fingerprint:
        """The fingerprint of an open file that holds at least one byte."""
        head = read_at(file, 0, FINGERPRINT_BYTES)
        return cls(inode, len(head), _digest(head), generation)

    def begins(self, file: io.FileIO) -> bool:
        """Whether the open file still begins with the bytes that this fingerprint was taken of."""
        head = read_at(file, 0, self.length)
        return len(head) == self.length and _digest(head) == self.digest

    def __str__(self) -> str:
        tail = f"-{self.generation}" if self.generation else ""
        return f"{self.inode:x}-{self.length}-{self.digest}{tail}"


def read_at(file: io.FileIO, offset: int, length: int) -> bytes:
    """Up to ``length`` bytes at ``offset``; fewer only at the end of the file."""
    file.seek(offset)
    parts, missing = [], length
    while missing > 0:
        part = file.read(missing)
        if not part:
            break
        parts.append(part)
        missing -= len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _digest(head: bytes) -> str:
    return hashlib.sha256(head).hexdigest()[:16]
