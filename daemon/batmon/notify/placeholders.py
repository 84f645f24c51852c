"""``{title}`` and its like in texts of the configuration -> what the message has for them."""

from __future__ import annotations

import re

from batmon.model import aware
from batmon.notify.message import Message

_PLACEHOLDER = re.compile(r"\{([a-z]+)\}")


def filled(text: str, message: Message) -> str:
    """``text`` with each placeholder replaced once; what comes in is text and is not looked at again."""
    values = {
        "title": message.title or message.subject,
        "subject": message.subject,
        "text": message.text,
        "status": message.status,
        "link": message.link,
        "recipient": message.recipient,
        "event": message.event,
        "correlation": message.correlation,
        "at": "" if message.at is None else aware(message.at).isoformat(),
    }
    return _PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), text)
