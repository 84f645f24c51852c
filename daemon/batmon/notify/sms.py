"""The channel kind ``sms``: text messages over NHN Cloud SMS, API v3.0.

https://docs.nhncloud.com/ko/Notification/SMS/ko/api-guide/: an SMS has 90 bytes of EUC-KR, a long message (LMS) a title
of 40 and a text of 2,000; a character that EUC-KR does not have makes the whole message fail.
"""

from __future__ import annotations

from urllib.parse import quote

from batmon.config.channels import SmsConfig
from batmon.notify.channel import Clock, utc_now
from batmon.notify.http import Http
from batmon.notify.message import Message, Sent
from batmon.notify.nhn import domestic, number_of, result_of

SHORT_BYTES = 90
TITLE_BYTES = 40
LONG_BYTES = 2000
_ENCODING = "cp949"
"""What Korean carriers call EUC-KR."""
_WHO = "NHN Cloud SMS"


class SmsChannel:
    """Text messages from one registered number."""

    kind = "sms"

    def __init__(self, config: SmsConfig, *, now: Clock = utc_now) -> None:
        self.name = config.name
        self._config = config
        self._http = Http(config, _WHO, now)

    async def send(self, message: Message) -> Sent:
        """Send it short where it fits, else long; the reference is their request id.

        Raises:
            DeliveryFailed: they did not take it.
        """
        title = message.title or message.subject
        whole = f"{title}\n{message.text}" if title not in message.text else message.text
        short = fits(whole, SHORT_BYTES)
        long = self._config.long and not short
        text = whole if short or long else title
        body: dict[str, object] = {
            "body": korean(text, LONG_BYTES if long else SHORT_BYTES),
            "sendNo": domestic(self._config.sender),
            "recipientList": [{"recipientNo": number_of(message)}],
        }
        if long:
            body["title"] = korean(title, TITLE_BYTES)
        appkey = quote(self._config.appkey.reveal(), safe="")
        url = f"{self._config.url.rstrip('/')}/sms/v3.0/appKeys/{appkey}/sender/{'mms' if long else 'sms'}"
        answer = await self._http.post(url, body, {"X-Secret-Key": self._config.secret_key.reveal()})
        result = result_of(answer, _WHO)
        if result.failed:
            raise result.failure(_WHO)
        return Sent(reference=result.reference, detail="LMS" if long else "SMS")

    async def close(self) -> None:
        """End the connections."""
        await self._http.close()


def fits(text: str, most: int) -> bool:
    """Whether ``text`` takes no more than ``most`` bytes of EUC-KR."""
    return len(_encoded(text)) <= most


def korean(text: str, most: int) -> str:
    """``text`` in characters that EUC-KR has, cut to ``most`` bytes of it; ``…`` says that something was cut."""
    encoded = _encoded(text)
    if len(encoded) <= most:
        return encoded.decode(_ENCODING)
    return encoded[: most - 2].decode(_ENCODING, "ignore") + "…"


def _encoded(text: str) -> bytes:
    """Characters that EUC-KR does not have (emoji, mostly) are left out."""
    return text.encode(_ENCODING, "ignore")
