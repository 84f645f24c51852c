"""The triggers that write events: installed, changed and removed by the database's owner as the configuration says."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import asyncpg

from batmon.config.events import EventRule
from batmon.store.mapping import errors_mapped
from batmon.store.statements import sql

log = logging.getLogger(__name__)

PREFIX = "batmon_event_"
LOCK = 0x62617465766E74
"""The advisory lock under which one daemon at a time changes triggers: 'batevnt' in ASCII."""
DEEPEST = 8
"""How many events may follow one from the other before it is taken for a loop."""
HERE = timedelta(minutes=5)
FORGET_NODE = timedelta(days=30)
"""The rules of a node that was not here for so long are forgotten, and their triggers removed."""
CONNECT_SEC = 10.0
STATEMENT_SEC = 15.0
LOCK_WAIT = "1s"
"""How long a table's writers are kept waiting at most while its trigger is made."""


@dataclass(frozen=True, slots=True)
class Installed:
    """A trigger of ours. ``fingerprint`` is empty where it is unknown, as after somebody changed its comment."""

    name: str
    table: str
    fingerprint: str
    enabled: bool


async def synchronise(owner_url: str, node: str, rules: Sequence[EventRule], now: datetime) -> dict[str, str]:
    """Make the triggers what the rules of all nodes say; each rule's problem by name, empty where all is well.

    A rule that no node has any more loses its trigger, and events of it that still wait are given up.

    Raises:
        StoreUnavailable: Postgres is away.
        StoreError: this role may not do it.
    """
    with errors_mapped():
        connection = await asyncpg.connect(
            owner_url,
            timeout=CONNECT_SEC,
            command_timeout=STATEMENT_SEC,
            server_settings={"search_path": "public", "timezone": "UTC", "lock_timeout": LOCK_WAIT},
        )
    try:
        with errors_mapped():
            await connection.execute("SET lock_timeout = 0")
            await connection.execute("SELECT pg_advisory_lock($1)", LOCK)
            await connection.execute(f"SET lock_timeout = '{LOCK_WAIT}'")
            return await _synchronise(connection, node, rules, now)
    finally:
        await connection.close(timeout=CONNECT_SEC)  # and with it the lock


async def _synchronise(
    connection: asyncpg.Connection, node: str, rules: Sequence[EventRule], now: datetime
) -> dict[str, str]:
    await connection.execute(sql("forget_event_rules"), node, [rule.name for rule in rules], now - FORGET_NODE)
    wanted = {row["rule"] for row in await connection.fetch(sql("event_rule_names"))} | {rule.name for rule in rules}
    problems: dict[str, str] = {}
    there = await _installed(connection)
    for rule in rules:
        other = await connection.fetchval(sql("other_event_rule"), rule.name, node, rule.fingerprint, now - HERE)
        problem = f"{rule.place}: {other} has a rule of this name for other rows, and that one counts" if other else ""
        problems[rule.name] = problem = problem or await _install(connection, rule, there)
        await connection.execute(sql("put_event_rule"), rule.name, node, rule.table, rule.fingerprint, problem, now)
    for trigger in await _installed(connection):
        if trigger.name.removeprefix(PREFIX) not in wanted:
            await _drop(connection, trigger)
    await connection.execute(sql("give_up_events"), sorted(wanted), now)
    return problems


async def _install(connection: asyncpg.Connection, rule: EventRule, installed: Sequence[Installed]) -> str:
    """Make the rule's trigger what it should be; what is wrong with it."""
    there = [one for one in installed if one.name == PREFIX + rule.name]
    try:
        target = await connection.fetchrow(sql("event_table"), quoted(rule.table))
        if target is None:
            return f"{rule.place}: there is no table {rule.table} yet"
        missing = [column for column in rule.columns if column not in target["columns"]]
        if missing:
            return f"{rule.place}: {rule.table} has no column {', '.join(missing)}"
        stamp = f"{rule.fingerprint} {','.join(target['keys'])}"
        if [(one.table, one.fingerprint, one.enabled) for one in there] == [(target["name"], stamp, True)]:
            return ""
        async with connection.transaction():
            for one in there:
                await connection.execute(f'DROP TRIGGER "{one.name}" ON {one.table}')
            await connection.fetch(_statement(rule, target["name"], target["keys"]))  # which takes one statement only
            await connection.execute(f"COMMENT ON TRIGGER \"{PREFIX}{rule.name}\" ON {target['name']} IS '{stamp}'")
    except asyncpg.LockNotAvailableError:
        return f"{rule.place}: {rule.table} is in use by somebody; it is tried again"
    except asyncpg.PostgresConnectionError:
        raise
    except asyncpg.PostgresError as error:
        place = rule.when_place or rule.place
        return f"{place}: {str(error).splitlines()[0]}" + (f" ({error.hint})" if error.hint else "")
    log.info("watching %s of %s", rule.on, rule.table, extra={"rule": rule.name})
    return ""


def _statement(rule: EventRule, table: str, keys: Sequence[str]) -> str:
    """The trigger in SQL. The condition is the configuration's own, one expression by its parentheses."""
    arguments = [
        rule.name,
        json.dumps(list(rule.columns), ensure_ascii=False) if rule.columns else "",
        json.dumps(list(keys), ensure_ascii=False) if keys else "",
        str(DEEPEST),
    ]
    written = ", ".join("'" + text.replace("'", "''") + "'" for text in arguments)
    when = f" WHEN (({rule.when}\n))" if rule.when else ""
    return (
        f'CREATE TRIGGER "{PREFIX}{rule.name}" AFTER {rule.on.upper()} ON {table} FOR EACH ROW{when}'
        f" EXECUTE FUNCTION public.batmon_event({written})"
    )


async def _drop(connection: asyncpg.Connection, trigger: Installed) -> None:
    try:
        async with connection.transaction():
            await connection.execute(f'DROP TRIGGER IF EXISTS "{trigger.name}" ON {trigger.table}')
    except (asyncpg.UndefinedTableError, asyncpg.InvalidSchemaNameError):  # dropped meanwhile, the trigger with it
        return
    except (asyncpg.LockNotAvailableError, asyncpg.InsufficientPrivilegeError) as error:
        log.warning("the trigger %s of %s could not be removed: %s", trigger.name, trigger.table, error)
        return
    log.info("no longer watching %s", trigger.table, extra={"rule": trigger.name.removeprefix(PREFIX)})


async def _installed(connection: asyncpg.Connection) -> list[Installed]:
    return [Installed(**row) for row in await connection.fetch(sql("event_triggers"))]


def quoted(table: str) -> str:
    """A table's name as ``to_regclass`` takes it; one that names no schema is found as Postgres finds it."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in table.split("."))
