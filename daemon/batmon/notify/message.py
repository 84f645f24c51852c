"""What a channel is handed to send, and what it gives back."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, get_args
from uuid import UUID

from batmon.errors import ModelError

Event = Literal["opened", "reminder", "escalated", "acknowledged", "resolved", "test", "plain"]
"""What a message tells: a change of incidents, a test of the channel, or anything else (``plain``)."""

EVENTS: tuple[Event, ...] = get_args(Event)
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9.+-]{0,60}/[a-z0-9][a-z0-9.+-]{0,80}")


@dataclass(frozen=True, slots=True)
class Attached:
    """A file that goes with a message. ``media_type`` is like ``application/pdf``."""

    name: str
    media_type: str
    data: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if not _MEDIA_TYPE.fullmatch(self.media_type):
            raise ModelError(f"{self.media_type!r:.80} is no media type")


@dataclass(frozen=True, slots=True)
class Message:
    """One message to one recipient, rendered; every channel shows of it what it can.

    ``subject`` and ``title`` are one line without control characters; ``html`` is a whole document or None.
    """

    id: UUID
    """The same for each attempt, so that who gets it twice can know."""
    recipient: str
    """An address or a number as the channel's kind has it; empty where the channel has one place only."""
    subject: str
    text: str
    html: str | None = field(default=None, repr=False)
    language: str = "en"
    event: Event = "plain"
    correlation: str = ""
    """What messages about the same incident or group share; empty: it stands alone."""
    title: str = ""
    """What it is about, shorter than the subject; empty: the subject."""
    status: str = ""
    """``OK``, ``WARNING``, ``ERROR``, ``UNKNOWN`` or empty."""
    fields: tuple[tuple[str, str], ...] = ()
    """Names and values that are worth a line each."""
    link: str = ""
    """Where a person can look further: an ``http(s)`` address, or empty."""
    at: datetime | None = None
    """When it was owed."""
    attachments: tuple[Attached, ...] = ()
    """Only mail carries them; the text says where else they are."""

    def __post_init__(self) -> None:
        if self.event not in EVENTS:
            raise ModelError(f"event {self.event!r} of a message; known: {', '.join(EVENTS)}")
        for name, value in (("subject", self.subject), ("title", self.title), ("recipient", self.recipient)):
            if any(ord(char) < 0x20 or 0x7F <= ord(char) <= 0x9F or char in "\u2028\u2029" for char in value):
                raise ModelError(f"the {name} of a message holds control characters: {value!r:.80}")


@dataclass(frozen=True, slots=True)
class Sent:
    """A message was taken over by the other side. ``reference`` is its own id of it, ``detail`` its words; both may
    be empty."""

    reference: str = ""
    detail: str = ""
