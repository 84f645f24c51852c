"""What people name for a report: programs by names or patterns, an incident, a run. Whether there are such."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from uuid import UUID

from batmon.errors import BadRequest, NotFound, Sentence
from batmon.judge.incident_state import Incident
from batmon.judge.quiet import matches
from batmon.model import Run
from batmon.refusals import because
from batmon.store import Store
from batmon.store.incidents import Incidents
from batmon.store.reports import Reports

_SHOWN = 20
_MOST_COMPARED = 2_000
"""Names that one is compared with, which takes a thread 20 µs each."""
_LONGEST_NUMBER = 9
"""Digits of a run's number, an integer of Postgres."""


async def programs_named(store: Store, patterns: Sequence[str]) -> list[str]:
    """The programs, probes and bots with runs or incidents that ``patterns`` name, in any case, by name.

    Raises:
        BadRequest: one of them names nothing; the hint has the nearest names.
        Refused: there are too many names.
        StoreError: as ``Store``.
    """
    known = await Reports(store).program_names()
    return await asyncio.to_thread(_named, patterns, known)  # whoever may write runs may make up any number of names


def _named(patterns: Sequence[str], known: Sequence[str]) -> list[str]:
    folded, written = {name.casefold() for name in known}, {pattern.casefold() for pattern in patterns}
    for pattern in patterns:
        if pattern.casefold() not in folded and not any(matches(name, (pattern,)) for name in known):
            raise BadRequest(_unknown(pattern, known))
    return [name for name in known if name.casefold() in written or matches(name, patterns)]


def _unknown(pattern: str, known: Sequence[str]) -> Sentence:
    import difflib  # noqa: PLC0415 - 4 ms that only a mistake needs

    written = {name.casefold(): name for name in known[:_MOST_COMPARED]}
    near = [written[one] for one in difflib.get_close_matches(pattern.casefold(), written)]
    if near:
        return because("programs-meant", name=pattern, near=", ".join(near))
    more = ", ..." if len(known) > _SHOWN else ""
    return because("no-program", name=pattern, known=", ".join(known[:_SHOWN]) + more)


async def incident_named(store: Store, number: int) -> Incident:
    """The incident of this id.

    Raises:
        NotFound: there is none.
        StoreError: as ``Store``.
    """
    incident = await Incidents(store).get(number)
    if incident is None:
        raise NotFound(because("no-incident", number=number))
    return incident


async def run_named(store: Store, name: str) -> Run:
    """The run of this ``log_id`` or id, which has ended.

    Raises:
        BadRequest: it is neither.
        NotFound: there is no such run, or it has not ended.
        StoreError: as ``Store``.
    """
    run: Run | None = None
    if not (name.isascii() and name.isdigit()):
        try:
            run = await store.run(UUID(name))
        except ValueError:
            raise BadRequest(because("no-run-name", value=name)) from None
    elif len(name) <= _LONGEST_NUMBER:
        run = await store.run_by_log_id(int(name))
    if run is None:
        raise NotFound(because("no-run", name=name))
    if run.end_time is None:
        raise NotFound(because("run-not-ended", run=name))
    return run
