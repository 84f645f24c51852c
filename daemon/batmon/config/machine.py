"""What the machine itself says where a configuration says nothing: its name and its time zone."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

_LOCALTIME = Path("/etc/localtime")
_TIMEZONE = Path("/etc/timezone")


def host_name(environ: Mapping[str, str]) -> str:
    """The machine's name without its domain."""
    name = os.uname().nodename if hasattr(os, "uname") else environ.get("COMPUTERNAME", "")
    return name.partition(".")[0] or "localhost"


def local_timezone(environ: Mapping[str, str]) -> str | None:
    """The IANA name of the zone that cron on this machine goes by; None where it cannot be found out (Windows).

    From ``TZ``, the link ``/etc/localtime`` or ``/etc/timezone``, in this order; a POSIX system with none is in UTC.
    """
    if os.name == "nt":
        return None
    for name in (environ.get("TZ", "").lstrip(":"), _linked(), _written()):
        zone = name.partition("zoneinfo/")[2] or name
        if zone and _known(zone):
            return zone
    return None if _LOCALTIME.exists() else "UTC"


def _linked() -> str:
    try:
        return os.readlink(_LOCALTIME) if _LOCALTIME.is_symlink() else ""  # noqa: PTH115 - keep "zoneinfo/..." as written
    except OSError:
        return ""


def _written() -> str:
    try:
        return _TIMEZONE.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _known(zone: str) -> bool:
    import zoneinfo  # noqa: PLC0415 - 5 ms that a client without programs does not need

    try:
        zoneinfo.ZoneInfo(zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
