"""``batmon config check|show``: what is wrong with the configuration, and what holds."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

from batmon.commands.local_session import LocalSession
from batmon.commands.session import DONE, FAILED
from batmon.config import Config, ConfigError
from batmon.config.secrets import Secret
from batmon.gate.frames import plain
from batmon.model import Program
from batmon.notify.checking import problems


async def config_check(session: LocalSession, *, as_json: bool) -> int:
    """Say every problem of the configuration with its file, line and key."""
    try:
        config = _checked(session)
    except ConfigError as error:
        if not as_json:
            raise
        listed = [{key: getattr(p, key) for key in ("file", "line", "key", "message", "hint")} for p in error.problems]
        session.out_json({"ok": False, "problems": listed})
        return FAILED
    if as_json:
        session.out_json({"ok": True, "problems": []})
    else:
        watched = _counted(len(config.programs), "program")
        if config.probes:
            watched += f", {_counted(len(config.probes), 'probe')}"
        session.out(f"{config.source or 'defaults'}: ok, {watched}, state in {config.state}")
    return DONE


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _checked(session: LocalSession) -> Config:
    """The configuration, whose templates and messages can be used too."""
    config = session.places.load()
    if found := problems(config):
        raise ConfigError("\n".join(map(str, found)), hint="see docs/notifications.md", problems=found)
    from batmon.engine.reports.problems import report_problems  # noqa: PLC0415 - half a second that only this pays

    if found := report_problems(config):
        raise ConfigError("\n".join(map(str, found)), hint="see docs/reports.md", problems=found)
    return config


async def config_show(session: LocalSession) -> int:
    """Print the configuration that holds, as JSON, with defaults filled in and the database's password hidden."""
    config = session.places.load()
    shown = {**_shown(config), "database_url": config.database}
    session.out_json(plain(shown))
    return DONE


def _shown(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        shown = {field.name: _shown(getattr(value, field.name)) for field in fields(value)}
        if isinstance(value, Program):
            shown["env"] = dict.fromkeys(value.env, "***")  # passwords are handed to programs in it
        return shown
    if isinstance(value, (list, tuple)):
        return [_shown(item) for item in value]
    if isinstance(value, Secret):
        return str(value)
    return {key: _shown(item) for key, item in value.items()} if hasattr(value, "items") else value
