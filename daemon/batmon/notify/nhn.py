"""What NHN Cloud's notification services say inside an answer of 200, and how they write telephone numbers.

Codes: https://docs.nhncloud.com/en/Notification/KakaoTalk%20Bizmessage/en/error-code/ and the SMS guide's own list.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from batmon.config.addresses import phone
from batmon.errors import DeliveryFailed
from batmon.notify.http import Answer
from batmon.notify.message import Message
from batmon.notify.visible import one_line

DUPLICATE = -1005
"""The same idempotency key came twice within ten minutes."""
_TEMPORARY = frozenset({-1017, -9999})
"""The day's quota is used up; trouble of their own system."""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of the one recipient of a request. ``code`` 0 is well."""

    code: int
    words: str
    reference: str = ""

    @property
    def failed(self) -> bool:
        """Whether the message was refused."""
        return self.code != 0

    def failure(self, who: str) -> DeliveryFailed:
        """The refusal as an error."""
        return DeliveryFailed(f"{who} refuses: {self.code} {self.words}".strip(), permanent=self.code not in _TEMPORARY)


def result_of(answer: Answer, who: str) -> Result:
    """The result for the only recipient, else that of the request.

    Raises:
        DeliveryFailed: the answer is none of theirs, so that nobody knows what became of it.
    """
    said = answer.json()
    header = said.get("header") if isinstance(said, dict) else None
    if not isinstance(header, dict) or not isinstance(header.get("isSuccessful"), bool):
        shown = one_line(answer.text)[:200]
        raise DeliveryFailed(f"{who} gives an answer that nobody understands: {shown!r}", permanent=False,
                             sent_nothing=False)  # fmt: skip
    message = said.get("message") or (said.get("body") or {}).get("data") or {}
    results = message.get("sendResults") or message.get("sendResultList") or []
    first = results[0] if isinstance(results, list) and results and isinstance(results[0], dict) else {}
    if first and _code(first) != 0:
        return Result(_code(first), _words(first))
    if not header["isSuccessful"]:
        return Result(_code(header) or -1, _words(header))
    reference = ":".join(str(part) for part in (message.get("requestId"), first.get("recipientSeq")) if part)
    return Result(0, _words(header), one_line(reference)[:200])


def number_of(message: Message) -> str:
    """The recipient's number as they write it.

    Raises:
        DeliveryFailed: it is no number.
    """
    try:
        return domestic(phone(message.recipient))
    except ValueError as error:
        raise DeliveryFailed(str(error), permanent=True) from None


def domestic(number: str) -> str:
    """``+8210...`` as they write numbers at home, ``010...``; others with their country, without the ``+``."""
    if number.startswith("+82"):
        return "0" + number.removeprefix("+82").lstrip("0")
    return number.removeprefix("+")


def _code(value: dict[str, Any]) -> int:
    code = value.get("resultCode")
    if isinstance(code, str) and re.fullmatch(r"-?\d{1,9}", code):
        return int(code)
    return code if isinstance(code, int) else -1


def _words(value: dict[str, Any]) -> str:
    return one_line(str(value.get("resultMessage") or ""))[:200]
