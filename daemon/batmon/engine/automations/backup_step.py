"""The step ``backup``: a dump of the database, its checksum, a restore to try it, and into a folder or a bucket."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import os
import re
import tempfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from batmon.config.outside_steps import BackupStep, S3Place
from batmon.engine.automations import s3
from batmon.engine.automations.execution import Attempt
from batmon.engine.files.exports import file_word
from batmon.errors import StepFailed, StoreError
from batmon.judge.catching_up import days
from batmon.refusals import because
from batmon.store.dump import Form, dump
from batmon.store.restoring import frozen, try_restore

log = logging.getLogger(__name__)

CHECKSUM = ".sha256"
_PLACE = re.compile(r"\{(\w+)\}")


class Backups:
    """Makes backups. ``url`` gives the database as somebody who may read all of it, ``node`` is this machine's name."""

    def __init__(self, url: Callable[[], str], node: str) -> None:
        self._url = url
        self._node = node

    async def make(self, one: Attempt, step: BackupStep) -> dict[str, Any]:
        """Make one; its ``file``, ``size`` in bytes, ``sha256``, ``restored``, ``tables`` and where it is ``stored``.

        Raises:
            StepFailed: it could not be made, restored or stored; nothing half made is left.
        """
        name = file_name(step.file, one.slot, one.automation.timezone, self._node)
        try:
            if step.folder is None:
                with tempfile.TemporaryDirectory(prefix="batmon-backup-") as folder:
                    return await self._make(one, step, name, Path(folder))
            await asyncio.to_thread(step.folder.mkdir, parents=True, exist_ok=True, mode=0o700)
            return await self._make(one, step, name, step.folder)
        except OSError as error:
            where = f": {error.filename}" if error.filename else ""
            raise StepFailed(
                because("backup-unwritable", place=step.place, why=error.strerror or error, where=where)
            ) from error
        except (StoreError, s3.S3Failed) as error:
            raise StepFailed(because("step-failed", place=step.place, why=error, hint=error.hint)) from error

    async def _make(self, one: Attempt, step: BackupStep, name: str, folder: Path) -> dict[str, Any]:
        form: Form = "plain" if name.lower().endswith(".sql") else "custom"
        half = folder / f".{name}.part"
        half.unlink(missing_ok=True)  # of an attempt that was killed
        try:
            async with (
                frozen(self._url()) as moment,
                contextlib.aclosing(dump(self._url(), half, form, moment.snapshot)) as sizes,
            ):
                async for _ in sizes:
                    pass
            sha256, size = await asyncio.to_thread(_digest, half)
            if step.test_restore:
                await try_restore(self._url(), half, form, moment.rows)
            await asyncio.to_thread(_finish, half, folder / name, sha256)
        finally:
            half.unlink(missing_ok=True)
        stored = [str(folder / name)] if step.folder is not None else []
        if step.s3 is not None:
            stored.append(await self._upload(step, step.s3, folder / name, one.house.now))
        if step.keep is not None and step.folder is not None:
            await asyncio.to_thread(prune, step.folder, step.file, step.keep)
        restored = f", restored {len(moment.rows)} tables to try it" if step.test_restore else ""
        one.say(f"{name}: {size:,} bytes, SHA-256 {sha256}{restored}; {', '.join(stored)}")
        return {
            "file": name,
            "size": size,
            "sha256": sha256,
            "restored": step.test_restore,
            "tables": len(moment.rows),
            "rows": sum(moment.rows.values()),
            "stored": ", ".join(stored),
        }

    async def _upload(self, step: BackupStep, place: S3Place, file: Path, now: Callable[[], datetime]) -> str:
        key = place.prefix + file.name
        async with s3.opened(place, now) as bucket:
            await bucket.put(file, key)
            await bucket.put(file.with_name(file.name + CHECKSUM), key + CHECKSUM)
            if step.keep is not None:
                await _prune_bucket(bucket, place, step.file, step.keep)
        return f"s3://{place.bucket}/{key}"


def file_name(pattern: str, slot: datetime, timezone: str, node: str) -> str:
    """The name of the backup of ``slot``.

    Without a day in the pattern it is called after the month before: what is made on 1 December holds November.
    """
    named = slot.astimezone(ZoneInfo(timezone))
    month = named if "{day}" in pattern else days(slot, timezone)["last_month"]
    words = {
        "year": f"{month.year:04d}",
        "month": f"{month.month:02d}",
        "day": f"{named.day:02d}",
        "hour": f"{named.hour:02d}",
        "minute": f"{named.minute:02d}",
        "node": file_word(node),
    }
    return _PLACE.sub(lambda match: words[match[1]], pattern)


def made_by(pattern: str) -> re.Pattern[str]:
    """What finds the names that a pattern makes, and no others; its group is by what they are in order."""
    digits = {"year": r"\d{4}", "month": r"\d{2}", "day": r"\d{2}", "hour": r"\d{2}", "minute": r"\d{2}"}
    parts = re.split(r"(\{\w+\})", pattern)
    return re.compile(
        "".join(digits.get(part[1:-1], r"[^/]+?") if _PLACE.fullmatch(part) else re.escape(part) for part in parts)
    )


def prune(folder: Path, pattern: str, keep: int) -> list[str]:
    """Remove all but the ``keep`` latest backups that a pattern made; their names. Blocks."""
    names = made_by(pattern)
    found = sorted(
        (entry for entry in folder.iterdir() if names.fullmatch(entry.name) and entry.is_file()),
        key=lambda entry: entry.stat().st_mtime,
    )
    gone = found[: max(0, len(found) - keep)]
    for file in gone:
        file.unlink(missing_ok=True)
        file.with_name(file.name + CHECKSUM).unlink(missing_ok=True)
    if gone:
        log.info("old backups removed", extra={"files": [file.name for file in gone]})
    return [file.name for file in gone]


async def _prune_bucket(bucket: s3.Bucket, place: S3Place, pattern: str, keep: int) -> None:
    names = made_by(pattern)
    begin = place.prefix + re.split(r"\{", pattern)[0]
    found = [each for each in await bucket.listed(begin) if names.fullmatch(each.key.removeprefix(place.prefix))]
    found.sort(key=lambda each: each.modified)
    for old in found[: max(0, len(found) - keep)]:
        await bucket.delete(old.key)
        await bucket.delete(old.key + CHECKSUM)
        log.info("old backup removed from the bucket", extra={"key": old.key})


def _digest(file: Path) -> tuple[str, int]:
    with file.open("rb") as dumped:
        digest = hashlib.file_digest(dumped, "sha256")
        return digest.hexdigest(), dumped.tell()


def _finish(half: Path, whole: Path, sha256: str) -> None:
    """Give the dump its name once all of it is on the disk, its checksum beside it as sha256sum reads it."""
    with half.open("rb+") as written:
        os.fsync(written.fileno())
    half.replace(whole)
    note = whole.with_name(whole.name + CHECKSUM)
    with note.open("w", encoding="utf-8", newline="\n") as text:
        note.chmod(0o600)
        text.write(f"{sha256}  {whole.name}\n")
