"""The channel kind ``webhook``: JSON for any program, signed after Standard Webhooks when there is a secret."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from typing import Any

from batmon.config.channels import WebhookConfig
from batmon.model import aware
from batmon.notify.channel import Clock, utc_now
from batmon.notify.http import Http, as_json
from batmon.notify.message import Message, Sent
from batmon.notify.visible import one_line

VERSION = 1
"""Of the body; a key may be added within a version, never taken away."""


class WebhookChannel:
    """Messages as JSON to one address."""

    kind = "webhook"

    def __init__(self, config: WebhookConfig, *, now: Clock = utc_now) -> None:
        self.name = config.name
        self._config = config
        self._now = now
        self._http = Http(config, f"the webhook {config.name}", now)

    async def send(self, message: Message) -> Sent:
        """Post it; the reference is what the receiver calls it, if its answer is JSON with an ``id``.

        Raises:
            DeliveryFailed: the receiver did not take it.
        """
        body = as_json(payload(message))
        headers = {name: value.reveal() for name, value in self._config.headers.items()}
        timestamp = str(int(self._now().timestamp()))
        headers |= {"webhook-id": str(message.id), "webhook-timestamp": timestamp}
        if self._config.secret is not None:
            headers["webhook-signature"] = signature(self._config.secret.reveal(), str(message.id), timestamp, body)
        answer = await self._http.request("POST", self._config.url.reveal(), body=body, headers=headers)
        said = answer.json()
        reference = said.get("id") if isinstance(said, dict) else None
        return Sent(
            reference=one_line(str(reference))[:200] if isinstance(reference, (str, int)) else "",
            detail=str(answer.status),
        )

    async def close(self) -> None:
        """End the connections."""
        await self._http.close()


def payload(message: Message) -> dict[str, Any]:
    """The body, as docs/notifications.md describes it."""
    return {
        "version": VERSION,
        "id": str(message.id),
        "event": message.event,
        "status": message.status or None,
        "title": message.title or message.subject,
        "subject": message.subject,
        "text": message.text,
        "fields": [{"name": name, "value": value} for name, value in message.fields],
        "link": message.link or None,
        "correlation": message.correlation or None,
        "recipient": message.recipient or None,
        "language": message.language,
        "at": None if message.at is None else aware(message.at).isoformat(),
    }


def signature(secret: str, webhook_id: str, timestamp: str, body: bytes) -> str:
    """``v1,`` and the HMAC-SHA256 of ``id.timestamp.body`` in Base64 (https://www.standardwebhooks.com).

    A secret ``whsec_...`` is Base64 of the key, as the standard has it; any other is the key itself, in UTF-8.
    """
    signed = b".".join((webhook_id.encode(), timestamp.encode(), body))
    return "v1," + base64.b64encode(hmac.new(_key(secret), signed, hashlib.sha256).digest()).decode()


def _key(secret: str) -> bytes:
    if secret.startswith("whsec_"):
        try:
            return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
        except binascii.Error:
            pass  # somebody's own words that begin like a key
    return secret.encode("utf-8")
