"""Tells the admins, and the bell, that an event was given up: of one rule once a day, however many there are."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from batmon.config.events import EventRule
from batmon.store import feed
from batmon.store.events import Event
from batmon.store.judgements import Connection
from batmon.store.notifications import Owed, owe

TEMPLATE = "event_failed"
_TITLE = {"ko": "이벤트 처리 포기: {title}", "en": "event given up: {title}"}


async def tell(
    connection: Connection,
    rule: EventRule,
    event: Event,
    error: str,
    *,
    today: date,
    language: str,
    admins: tuple[str, ...],
    node: str,
    now: datetime,
) -> None:
    """Owe the news in the transaction that gives the event up."""
    data: dict[str, Any] = {
        "name": rule.name,
        "title": rule.title,
        "table": event.source,
        "id": event.id,
        "attempts": event.attempts + 1,
        "made": event.created_at.isoformat(),
        "error": error[:2000],
        "node": node,
        "at": now.isoformat(),
    }
    key = f"event_failed:{rule.name}:{today.isoformat()}"
    owed = [Owed("email", admin, TEMPLATE, language, data, key=f"{key}:{admin}", event_id=event.id) for admin in admins]
    news = await owe(connection, owed, now)
    source = f"event:{rule.name}"
    title = _TITLE[language].format(title=rule.title)
    if news or not await feed.is_there(connection, source, title, now - feed.SAME_WITHIN):
        await feed.add(connection, feed.Entry("attention", title, now, text=error[:2000], source=source))
