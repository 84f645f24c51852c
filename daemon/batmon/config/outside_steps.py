"""The steps that reach outside of Postgres, which only automations have: ``command`` and ``backup``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from batmon.config.secrets import Secret, read_secret
from batmon.config.section import Section
from batmon.config.step_texts import Reading, expression, read_name
from batmon.config.steps import Step
from batmon.config.variables import Variables, without_nul

ENDINGS = (".sql", ".dump")
"""Of a backup: plain SQL, or pg_dump's custom form."""
MOST_KEPT = 100_000
_PLACE = re.compile(r"\{(\w*)\}")
_PLACES = ("year", "month", "day", "hour", "minute", "node")
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_REGION = re.compile(r"[A-Za-z0-9-]{1,40}")


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandStep(Step):
    """Run a program without a shell; ``name`` holds its ``exit_code`` and the end of its ``output``.

    ``command`` and the values of ``env``, which nobody is shown, are texts with expressions. ``timeout`` None: that of
    the automation.
    """

    command: tuple[str, ...]
    cwd: Path | None = None
    env: Mapping[str, Secret] = field(default_factory=dict)
    timeout: timedelta | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class S3Place:
    """A bucket of a store that speaks S3, and the ``prefix`` (a folder, with its last ``/``) of what is put there."""

    endpoint: str
    """``https://host[:port]``."""
    bucket: str
    access_key: Secret
    secret_key: Secret
    region: str = "us-east-1"
    prefix: str = ""
    path_style: bool = True
    """Whether the bucket is the first part of the path; else of the host's name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupStep(Step):
    """Dump the database to ``file`` in ``folder``, in ``s3``, or both; ``name`` holds what became of it.

    ``file`` has places such as ``{year}``; it ends with one of ``ENDINGS``. ``keep``: of the backups that this pattern
    made, how many stay; None all.
    """

    file: str
    folder: Path | None = None
    s3: S3Place | None = None
    test_restore: bool = True
    keep: int | None = None
    name: str = ""


def read_command(table: Section, reading: Reading, variables: Variables) -> CommandStep:
    """``do = "command"``."""
    table.require("command")
    argument = without_nul(lambda text: expression(variables.expand(text), reading))
    command = table.texts("command", (), argument, single=False)
    if isinstance(table.peek("command"), list) and (not command or not command[0].strip()):
        table.bad("command", "the command is empty", 'write program and arguments, as in ["python", "main.py"]')
    elif command and "{" in command[0]:
        table.bad("command", "the program to start cannot come from an expression")
    cwd = table.text("cwd", None, variables.path)
    if cwd is not None and not cwd.is_dir():
        table.bad("cwd", f"folder {cwd} does not exist", "create it, or correct the path")
    limit = table.duration("timeout", timedelta(0), positive=True)
    return CommandStep(
        place=table.problems.where(table.place),
        command=command,
        cwd=cwd,
        env={name: Secret(value) for name, value in table.text_table("env", _variable_name, argument).items()},
        timeout=limit or None,
        name=read_name(table),
    )


def read_backup(table: Section, _reading: Reading, variables: Variables) -> BackupStep:
    """``do = "backup"``."""
    table.require("name")
    if not table.has("folder") and not table.has("s3"):
        table.problems.add(table.place, 'neither "folder" nor "s3" is given', "say where the backup is to be kept")
    file = table.text("name", "backup.sql", _file_pattern)
    keep = table.whole("keep", 0, low=1, high=MOST_KEPT) if table.has("keep") else None
    if keep is not None and not _PLACE.search(file):
        table.bad(
            "keep", "the name is the same each time, so there is only one to keep", 'as in "backup_{year}_{month}"'
        )
    return BackupStep(
        place=table.problems.where(table.place),
        file=file,
        folder=table.text("folder", None, variables.path),
        s3=_s3(table.section("s3"), variables) if table.has("s3") else None,
        test_restore=table.flag("test_restore", default=True),
        keep=keep,
        name=read_name(table),
    )


def _s3(table: Section, variables: Variables) -> S3Place | None:
    before = len(table.problems)
    table.require("endpoint", "bucket")
    for key in ("access_key", "secret_key"):
        if not table.has(key) and not table.has(f"{key}_file"):
            table.problems.add(table.place, f'"{key}" is missing', f'{key} = "${{env:...}}" or {key}_file')
    access, secret = read_secret(table, variables, "access_key"), read_secret(table, variables, "secret_key")
    endpoint = table.text("endpoint", "", lambda text: _endpoint(variables.expand(text)))
    bucket = table.text("bucket", "", _bucket)
    region = table.text("region", "us-east-1", _region)
    prefix = table.text("prefix", "", _prefix)
    path_style = table.flag("path_style", default=True)
    table.finish()
    if access is None or secret is None or len(table.problems) > before:
        if len(table.problems) == before:
            table.problems.add(table.place, "access_key and secret_key may not be empty")
        return None
    return S3Place(endpoint, bucket, access, secret, region, prefix, path_style)


def _file_pattern(text: str) -> str:
    name = text.strip()
    unknown = [place for place in _PLACE.findall(name) if place not in _PLACES]
    if unknown:
        raise ValueError(f"{{{unknown[0]}}} is not known; known are {', '.join(f'{{{place}}}' for place in _PLACES)}")
    if not name or not name.isprintable() or set(_PLACE.sub("", name)) & set('/\\{}:*?"<>|') or name.startswith("."):
        raise ValueError(f'{text!r} is not a file\'s name; write it as "backup_{{year}}_{{month}}.sql"')
    if name.lower().endswith(ENDINGS):
        return name
    if re.search(r"\.[a-z]{1,5}$", name):
        raise ValueError(f"{text!r}: a backup ends with {' (plain SQL) or '.join(ENDINGS)} (pg_dump's custom form)")
    return f"{name}.sql"


def _endpoint(text: str) -> str:
    parts = urlsplit(text.strip())
    try:
        port = parts.port
    except ValueError:
        port = -1
    if parts.scheme not in {"http", "https"} or not parts.hostname or port == -1 or "@" in parts.netloc:
        raise ValueError('not an address without a user; write it as "https://s3.ap-northeast-2.amazonaws.com"')
    if parts.path not in {"", "/"} or parts.query or parts.fragment:
        raise ValueError(f"{text!r}: only scheme and host; the folder in the bucket is the key prefix")
    return f"{parts.scheme}://{parts.netloc}"


def _bucket(text: str) -> str:
    if not _BUCKET.fullmatch(text):
        raise ValueError(f"{text!r} is not a bucket's name: 3 to 63 small letters, digits, '-' and '.'")
    return text


def _region(text: str) -> str:
    if not _REGION.fullmatch(text):
        raise ValueError(f'{text!r} is not a region; write it as "ap-northeast-2"')
    return text


def _prefix(text: str) -> str:
    prefix = text.strip("/")
    if not prefix:
        return ""
    if not prefix.isprintable() or len(prefix) > 500 or any(part in {"", ".", ".."} for part in prefix.split("/")):
        raise ValueError(f'{text!r} is not a prefix; write it as "batmon/backups/"')
    return f"{prefix}/"


def _variable_name(text: str) -> str:
    if not text or "=" in text or "\0" in text:
        raise ValueError("an environment variable's name may not be empty or hold '='")
    return text
