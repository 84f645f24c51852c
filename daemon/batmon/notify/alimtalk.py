"""The channel kind ``alimtalk``: Kakao Alimtalk over NHN Cloud's KakaoTalk Bizmessage, API v2.3.

https://docs.nhncloud.com/en/Notification/KakaoTalk%20Bizmessage/en/alimtalk-api-guide/: what people read is a template
that Kakao has approved; a message only fills in its variables.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any
from urllib.parse import quote
from uuid import UUID

from batmon.config.channels import AlimtalkConfig
from batmon.errors import DeliveryFailed
from batmon.notify.channel import Clock, utc_now
from batmon.notify.http import Http
from batmon.notify.message import Message, Sent
from batmon.notify.nhn import DUPLICATE, Result, domestic, number_of, result_of
from batmon.notify.placeholders import filled
from batmon.notify.sms import LONG_BYTES, SHORT_BYTES, TITLE_BYTES, SmsChannel, fits, korean

VARIABLE_CHARS = 900
"""A message has 1,000 characters together with the words of its template."""
_REMEMBERED = 1000
_WHO = "NHN Cloud Alimtalk"


class AlimtalkChannel:
    """Approved templates to telephone numbers; ``fallback`` is used for what is refused for good."""

    kind = "alimtalk"

    def __init__(self, config: AlimtalkConfig, fallback: SmsChannel | None, *, now: Clock = utc_now) -> None:
        self.name = config.name
        self._config = config
        self._fallback = fallback
        self._http = Http(config, _WHO, now)
        self._attempts: OrderedDict[UUID, _Attempt] = OrderedDict()

    async def send(self, message: Message) -> Sent:
        """Send it, or hand it to the fallback when it is refused for good; the reference is their request id.

        Raises:
            DeliveryFailed: it was not taken here, nor by the fallback.
        """
        try:
            return await self._sent(message, number_of(message))
        except DeliveryFailed as error:
            if not error.permanent or self._fallback is None:
                raise
            sent = await self._fallback.send(message)
            return Sent(reference=sent.reference, detail=f"{sent.detail} instead of Alimtalk: {error}"[:300])

    async def close(self) -> None:
        """End the connections; the fallback, a channel of its own, stays."""
        await self._http.close()

    async def _sent(self, message: Message, number: str) -> Sent:
        attempt = self._attempts.pop(message.id, _Attempt())
        appkey = quote(self._config.appkey.reveal(), safe="")
        url = f"{self._config.url.rstrip('/')}/alimtalk/v2.3/appkeys/{appkey}/messages"
        headers = {
            "X-Secret-Key": self._config.secret_key.reveal(),
            "X-NC-API-IDEMPOTENCY-KEY": attempt.key(message.id),
        }
        try:
            result = result_of(await self._http.post(url, self._body(message, number), headers), _WHO)
        except DeliveryFailed as error:
            self._remember(message.id, attempt.after(refused=error.sent_nothing))
            raise
        if result.code == DUPLICATE:
            return _duplicate(attempt, result)
        if result.failed:
            self._remember(message.id, attempt.after(refused=True))
            raise result.failure(_WHO)
        return Sent(reference=result.reference, detail=result.words)

    def _remember(self, id_: UUID, attempt: _Attempt) -> None:
        self._attempts[id_] = attempt
        if len(self._attempts) > _REMEMBERED:
            self._attempts.popitem(last=False)

    def _body(self, message: Message, number: str) -> dict[str, Any]:
        config = self._config
        recipient: dict[str, Any] = {
            "recipientNo": number,
            "templateParameter": {
                name: _cut(filled(text, message), VARIABLE_CHARS) for name, text in config.variables.items()
            },
            "resendParameter": self._resend(message),
        }
        return {
            "senderKey": config.sender_key.reveal(),
            "templateCode": config.template_codes.get(message.event, config.template_code),
            "recipientList": [recipient],
        }

    def _resend(self, message: Message) -> dict[str, Any]:
        """What the provider sends as a text message when Kakao cannot deliver (no KakaoTalk, blocked)."""
        if not self._config.resend_from:
            return {"isResend": False}
        title = message.title or message.subject
        whole = f"{title}\n{message.text}" if title not in message.text else message.text
        long = not fits(whole, SHORT_BYTES)
        return {
            "isResend": True,
            "resendType": "LMS" if long else "SMS",
            "resendTitle": korean(title, TITLE_BYTES),
            "resendContent": korean(whole, LONG_BYTES if long else SHORT_BYTES),
            "resendSendNo": domestic(self._config.resend_from),
        }


class _Attempt:
    """What is remembered of the attempts at one message, so that the idempotency key means what it should: the same
    key again after no answer, another one after a refusal."""

    __slots__ = ("number", "unanswered")

    def __init__(self, number: int = 0, *, unanswered: bool = False) -> None:
        self.number = number
        self.unanswered = unanswered

    def key(self, id_: UUID) -> str:
        return f"{id_}-{self.number}" if self.number else str(id_)

    def after(self, *, refused: bool) -> _Attempt:
        return _Attempt(self.number + 1) if refused else _Attempt(self.number, unanswered=True)


def _duplicate(attempt: _Attempt, result: Result) -> Sent:
    """The key is known there: well, if it is that of an attempt whose answer we never saw; else wait it out."""
    if attempt.unanswered:
        return Sent(detail=f"taken before: {result.words}"[:300])
    raise DeliveryFailed(f"{_WHO}: {result.code} {result.words}", permanent=False, sent_nothing=False)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
