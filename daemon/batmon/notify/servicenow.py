"""The channel kind ``servicenow``: incidents over the Table API, one record for one incident of ours.

The record is found by ``correlation_id``. The API has no way to say "create unless it is there": two daemons may both
create one. So whoever has created one looks again, and all agree on the oldest; the other is resolved as a duplicate.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
import weakref
from typing import Any
from urllib.parse import quote, urlencode

from batmon.config.channels import ServiceNowConfig
from batmon.errors import DeliveryFailed
from batmon.notify.channel import Clock, utc_now
from batmon.notify.http import Answer, Http, as_json
from batmon.notify.message import Message, Sent
from batmon.notify.placeholders import filled
from batmon.notify.visible import one_line

SHORT_CHARS = 160
LONG_CHARS = 4000
"""Widths of ``short_description`` and ``description`` as ServiceNow ships them."""
_IN_PROGRESS = "2"
_CLOSED = frozenset({"7", "8"})
"""Closed and cancelled: nobody writes into such a record again."""
_PLAIN = re.compile(r"[A-Za-z0-9_.:/-]{1,90}")
_SYS_ID = re.compile(r"[0-9a-f]{32}")
_WHO = "ServiceNow"


class ServiceNowChannel:
    """Records of one table, made and written to as one user."""

    kind = "servicenow"

    def __init__(self, config: ServiceNowConfig, *, now: Clock = utc_now) -> None:
        self.name = config.name
        self._config = config
        self._http = Http(config, _WHO, now)
        self._url = f"{config.url.rstrip('/')}/api/now/table/{quote(config.table)}"
        self._headers = {"Accept": "application/json", "Authorization": _authorization(config)}
        self._turns: weakref.WeakValueDictionary[str, asyncio.Lock] = weakref.WeakValueDictionary()

    async def send(self, message: Message) -> Sent:
        """Make the record, write into it, or resolve it; the reference is its number.

        Raises:
            DeliveryFailed: ServiceNow did not take it.
        """
        correlation = correlation_id(message)
        turn = self._turns.setdefault(correlation, asyncio.Lock())
        async with turn:
            record = _latest(await self._records(correlation))
            if message.event == "resolved":
                return await self._resolve(record, message)
            if record is None or record["state"] in _CLOSED:
                return await self._create(correlation, message)
            return await self._write(record, message)

    async def close(self) -> None:
        """End the connections."""
        await self._http.close()

    async def _records(self, correlation: str) -> list[dict[str, str]]:
        """Up to ten records with this correlation, the oldest first."""
        query = {
            "sysparm_query": f"correlation_id={correlation}^ORDERBYsys_created_on^ORDERBYsys_id",
            "sysparm_fields": "sys_id,number,state",
            "sysparm_limit": "10",
        }
        answer = await self._http.ask("GET", f"{self._url}?{urlencode(query)}", headers=self._headers)
        if answer.status == 404 and "No Record found" in answer.text:
            return []
        if answer.status != 200:
            raise self._http.failure(answer)
        result = _result(answer)
        return [_record(row) for row in result] if isinstance(result, list) else [_record(result)]

    async def _create(self, correlation: str, message: Message) -> Sent:
        config = self._config
        values = {
            "short_description": (message.title or message.subject)[:SHORT_CHARS],
            "description": message.text[:LONG_CHARS],
            **{column: filled(text, message)[:LONG_CHARS] for column, text in config.fields.items()},
            "correlation_id": correlation,
            "correlation_display": "BATMON",
        }
        answer = await self._http.request("POST", self._url, body=as_json(values), headers=self._headers)
        ours = _record(_result(answer))
        open_ones = [one for one in await self._records_again(correlation) if one["state"] not in _CLOSED]
        if open_ones and open_ones[0]["sys_id"] != ours["sys_id"]:
            first = open_ones[0]
            note = {config.notes: f"Duplicate of {first['number']}"}
            await self._patch(ours, {**note, "state": config.resolved_state, "close_code": config.close_code,
                                     "close_notes": f"Duplicate of {first['number']}"})  # fmt: skip
            return await self._write(first, message)
        return Sent(reference=ours["number"], detail="created")

    async def _records_again(self, correlation: str) -> list[dict[str, str]]:
        """As ``_records``; the record is made by now, so trouble with looking again is no failed delivery."""
        try:
            return await self._records(correlation)
        except DeliveryFailed:
            return []

    async def _write(self, record: dict[str, str], message: Message) -> Sent:
        """One more entry in the record's journal; a resolved one is taken up again."""
        values = {self._config.notes: f"{message.subject}\n\n{message.text}"[:LONG_CHARS]}
        if record["state"] == self._config.resolved_state:
            values["state"] = _IN_PROGRESS
        await self._patch(record, values)
        return Sent(reference=record["number"], detail="reopened" if "state" in values else "updated")

    async def _resolve(self, record: dict[str, str] | None, message: Message) -> Sent:
        config = self._config
        if record is None:
            return Sent(detail="there is no record to resolve")
        if record["state"] in _CLOSED | {config.resolved_state}:
            return Sent(reference=record["number"], detail="is resolved already")
        await self._patch(
            record,
            {
                "state": config.resolved_state,
                "close_code": config.close_code,
                "close_notes": filled(config.close_notes, message)[:LONG_CHARS],
                config.notes: f"{message.subject}\n\n{message.text}"[:LONG_CHARS],
            },
        )
        return Sent(reference=record["number"], detail="resolved")

    async def _patch(self, record: dict[str, str], values: dict[str, str]) -> None:
        url = f"{self._url}/{record['sys_id']}"
        await self._http.request("PATCH", url, body=as_json(values), headers=self._headers)


def correlation_id(message: Message) -> str:
    """What the record is found by: never anything that the query language of ServiceNow would understand."""
    given = message.correlation or str(message.id)
    if not _PLAIN.fullmatch(given):
        given = hashlib.sha256(given.encode("utf-8", "backslashreplace")).hexdigest()
    return f"batmon:{given}"


def _authorization(config: ServiceNowConfig) -> str:
    if config.token is not None:
        return f"Bearer {config.token.reveal()}"
    password = config.password.reveal() if config.password is not None else ""
    return "Basic " + base64.b64encode(f"{config.username}:{password}".encode()).decode()


def _latest(records: list[dict[str, str]]) -> dict[str, str] | None:
    """The oldest open record, else the newest of all."""
    return next((one for one in records if one["state"] not in _CLOSED), records[-1] if records else None)


def _result(answer: Answer) -> Any:
    said = answer.json()
    result = said.get("result") if isinstance(said, dict) else None
    if not isinstance(result, (list, dict)):
        shown = one_line(answer.text)[:200]
        raise DeliveryFailed(f"{_WHO} gives an answer that nobody understands: {shown!r}", permanent=False,
                             sent_nothing=False)  # fmt: skip
    return result


def _record(row: Any) -> dict[str, str]:
    sys_id = str(row.get("sys_id", "")) if isinstance(row, dict) else ""
    if not _SYS_ID.fullmatch(sys_id):
        raise DeliveryFailed(f"{_WHO} gives a record without a sys_id", permanent=False, sent_nothing=False)
    return {"sys_id": sys_id, "number": one_line(str(row.get("number") or sys_id))[:80],
            "state": str(row.get("state") or "")}  # fmt: skip
