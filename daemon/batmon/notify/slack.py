"""The channel kind ``slack``: an incoming webhook and Block Kit."""

from __future__ import annotations

from typing import Any

from batmon.config.channels import SlackConfig
from batmon.errors import DeliveryFailed
from batmon.notify.channel import Clock, utc_now
from batmon.notify.http import Http
from batmon.notify.message import Message, Sent

MOST_BLOCKS = 50
HEADER_CHARS = 150
SECTION_CHARS = 3000
FIELD_CHARS = 2000
FIELDS_EACH = 10
BUTTON_CHARS = 75
URL_CHARS = 3000
"""Limits of https://docs.slack.dev/reference/block-kit/blocks; a message over one of them is refused whole."""
_MOST_SECTIONS = 10
_SIGNS = {"OK": "✅", "WARNING": "⚠️", "ERROR": "🔴", "UNKNOWN": "❔"}
_KOREAN = {
    "OK": "정상", "WARNING": "주의", "ERROR": "오류", "UNKNOWN": "미확인", "opened": "발생", "reminder": "다시 알림",
    "escalated": "상위 보고", "acknowledged": "확인", "resolved": "해결", "test": "시험",
}  # fmt: skip
_TEMPORARY = ("rollup_error", "internal_error", "service_unavailable", "request_timeout", "ratelimited")


class SlackChannel:
    """Messages to the one place that the webhook belongs to."""

    kind = "slack"

    def __init__(self, config: SlackConfig, *, now: Clock = utc_now) -> None:
        self.name = config.name
        self._url = config.url
        self._http = Http(config, "Slack", now)

    async def send(self, message: Message) -> Sent:
        """Post it; Slack gives no reference.

        Raises:
            DeliveryFailed: Slack did not take it.
        """
        answer = await self._http.post(self._url.reveal(), payload(message))
        said = answer.text.strip()
        if said not in {"ok", ""}:  # an error inside a 200 is not documented, but seen from proxies before Slack
            raise DeliveryFailed(f"Slack answers: {said[:200]!r}", permanent=said not in _TEMPORARY)
        return Sent(detail="ok")

    async def close(self) -> None:
        """End the connections."""
        await self._http.close()


def payload(message: Message) -> dict[str, Any]:
    """The body for the webhook, within Slack's limits. ``text`` is what a notification shows."""
    title = message.title or message.subject
    sign = _SIGNS.get("OK" if message.event == "resolved" else message.status, "")
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": _plain(f"{sign} {title}".strip(), HEADER_CHARS)},
    ]
    lead = message.text.strip().split("\n\n")[0] if message.fields else message.text  # fields say the rest in short
    blocks += [{"type": "section", "text": _mrkdwn(piece)} for piece in _pieces(lead)]
    for start in range(0, len(message.fields), FIELDS_EACH):
        fields = message.fields[start : start + FIELDS_EACH]
        blocks.append({"type": "section", "fields": [_field(name, value) for name, value in fields]})
    if message.link and len(message.link) <= URL_CHARS:
        words = "대시보드 열기" if message.language == "ko" else "Open the dashboard"
        button = {"type": "button", "text": _plain(words, BUTTON_CHARS), "url": message.link}
        blocks.append({"type": "actions", "elements": [button]})
    said: tuple[str, str] = (message.status, "" if message.event == "plain" else message.event)
    if message.language == "ko":
        said = (_KOREAN.get(said[0], said[0]), _KOREAN.get(said[1], said[1]))
    context = " · ".join(part for part in ("BATMON", *said) if part)
    blocks.append({"type": "context", "elements": [_mrkdwn(escaped(context))]})
    text = escaped(message.subject)
    return {"text": text, "blocks": blocks[:MOST_BLOCKS], "unfurl_links": False, "unfurl_media": False}


def escaped(text: str) -> str:
    """``text`` as mrkdwn that calls nobody and links nowhere by itself.

    Slack has three characters of control (``&``, ``<``, ``>``): mentions, channels and links all begin with ``<``.
    """
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _pieces(text: str) -> list[str]:
    """The text in escaped pieces of at most SECTION_CHARS, cut between lines where that is possible."""
    pieces: list[str] = []
    rest = text.strip()
    while rest and len(pieces) < _MOST_SECTIONS:
        last = len(pieces) == _MOST_SECTIONS - 1
        piece = _fitting(rest, SECTION_CHARS - 1)
        if len(piece) < len(rest) and (line_end := piece.rfind("\n")) > 0:
            piece = piece[:line_end]
        rest = rest[len(piece) :].lstrip("\n")
        pieces.append(escaped(piece) + ("…" if last and rest else ""))
    return pieces


def _fitting(text: str, chars: int) -> str:
    """The longest beginning of ``text`` that is no longer than ``chars`` once it is escaped."""
    length = 0
    for index, char in enumerate(text):
        length += len(escaped(char))
        if length > chars:
            return text[:index]
    return text


def _field(name: str, value: str) -> dict[str, Any]:
    head = f"*{escaped(_fitting(name, 200))}*\n"
    return _mrkdwn(head + escaped(_fitting(value or "-", FIELD_CHARS - len(head))))


def _mrkdwn(text: str) -> dict[str, Any]:
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _plain(text: str, chars: int) -> dict[str, Any]:
    return {"type": "plain_text", "text": text if len(text) <= chars else text[: chars - 1] + "…", "emoji": True}
