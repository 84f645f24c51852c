"""The daemon's automations put together from its configuration: what they share, the engine, and their verbs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from batmon.config import Config
from batmon.config.outside_steps import BackupStep
from batmon.engine.automations.automations import Automations
from batmon.engine.automations.execution import Attempt, House, MakeReport, no_reports
from batmon.engine.automations.steps import admins, message_language, places
from batmon.store import Store


def automations_of(
    config: Config,
    store: Store,
    *,
    dump_url: Callable[[], str],
    now: Callable[[], datetime],
    report: MakeReport = no_reports,
) -> Automations:
    """The engine; to be started. ``dump_url`` is the database as somebody who may read all of it."""
    house = house_of(config, store, dump_url=dump_url, now=now, report=report)
    return Automations(config.automations, store, node=config.node, now=now, house=house)


def house_of(
    config: Config,
    store: Store,
    *,
    dump_url: Callable[[], str],
    now: Callable[[], datetime],
    report: MakeReport = no_reports,
) -> House:
    """What all attempts have in common."""

    async def backup(one: Attempt, step: BackupStep) -> dict[str, Any]:
        from batmon.engine.automations.backup_step import Backups  # noqa: PLC0415 - what speaks S3 takes 12 MB

        return await Backups(dump_url, config.node).make(one, step)

    return House(
        url=store.url,
        node=config.node,
        now=now,
        folder=config.source.parent if config.source is not None else Path(config.state),
        language=message_language(config),
        backup=backup,
        report=report,
        admins=admins(config),
        watched=any(probe.kind == "automations" for probe in config.probes),
        places=places(config),
    )


def language_of(config: Config) -> str:
    """That of messages where nothing names one."""
    return message_language(config)
