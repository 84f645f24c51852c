"""A handover as Markdown, in Korean or English. Pure.

What comes from programs and people is escaped: in a mail or a chat it must not become markup.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from batmon.act_words import act_in_words
from batmon.notify.mask import mask
from batmon.words import Language, status_word

_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+|<>~!])")
_HEADS: Mapping[Language, Mapping[str, str]] = {
    "ko": {
        "title": "인수인계", "open": "지금 열려 있는 장애", "opened": "발생한 장애", "resolved": "해결된 장애",
        "acknowledged": "확인된 장애", "changed": "판정이 바뀐 프로그램", "automations": "실패한 자동화",
        "begun": "시작된 알림 중지", "ended": "끝난 알림 중지", "acts": "한 일", "nothing": "바뀐 것이 없습니다.",
        "by": "확인", "again": "재발", "until": "{end}까지", "cut": "모두 보여 주지 않았습니다.",
        "verdict": "판정에 따라",
    },
    "en": {
        "title": "Handover", "open": "Open incidents now", "opened": "Opened", "resolved": "Resolved",
        "acknowledged": "Acknowledged", "changed": "Programs whose verdict changed",
        "automations": "Automations that failed", "begun": "Silences begun", "ended": "Silences ended",
        "acts": "Who did what", "nothing": "Nothing has changed.", "by": "acknowledged by", "again": "again",
        "until": "until {end}", "cut": "Not all of it is shown.", "verdict": "by its verdict",
    },
}  # fmt: skip


def markdown(answer: Mapping[str, Any], language: Language, zone: ZoneInfo) -> str:
    """The handover (docs/gate.md, without ``markdown``) with times on the clocks of ``zone``.

    An incident that opened is listed once as that: among those that are open, or that are over. Secrets and addresses
    are masked, since this text is made to be taken elsewhere.
    """
    heads, say = _HEADS[language], _Teller(language, zone)
    silences = answer["silences"]
    still, over = ({one["id"] for one in answer[key]} for key in ("open", "resolved"))
    sections = (
        ("open", map(say.incident, answer["open"])),
        ("opened", map(say.incident, (one for one in answer["opened"] if one["id"] not in still | over))),
        ("resolved", map(say.ended, (one for one in answer["resolved"] if one["id"] not in still))),
        ("acknowledged", map(say.incident, answer["acknowledged"])),
        ("changed", map(say.changed, answer["changed"])),
        ("automations", map(say.automation, answer["automations"])),
        ("begun", map(say.silence, silences["begun"])),
        ("ended", map(say.silence, silences["ended"])),
        ("acts", map(say.act, answer["acts"])),
    )
    span = f"{say.at(answer['since'])} – {say.at(answer['until'])}"
    lines = [f"# {heads['title']} {span} ({zone.key})", ""]
    for name, entries in sections:
        lines += _section(heads[name], list(entries))
    if len(lines) == 2:
        lines += [heads["nothing"], ""]
    if answer["cut"]:
        lines += [heads["cut"], ""]
    return "\n".join(lines)


class _Teller:
    """One line for each thing that happened."""

    def __init__(self, language: Language, zone: ZoneInfo) -> None:
        self._language: Language = language
        self._heads = _HEADS[language]
        self._zone = zone

    def at(self, text: str | None) -> str:
        return "" if text is None else f"{datetime.fromisoformat(text).astimezone(self._zone):%m-%d %H:%M}"

    def status(self, status: str) -> str:
        return status_word(status, self._language).upper()

    def incident(self, one: Mapping[str, Any]) -> str:
        severity, at = self.status(one["severity"]), self.at(one["begun_at"])
        words = f"**{escaped(one['title'])}** {severity} {at}: {escaped(one['sentence'])}"
        if one["reopened"]:
            words += f" ({self._heads['again']} {one['reopened']})"
        if one["acknowledged_by"]:
            note = f", {escaped(one['acknowledged_note'])}" if one["acknowledged_note"] else ""
            words += f" ({self._heads['by']} {escaped(one['acknowledged_by'])}{note})"
        return words

    def ended(self, one: Mapping[str, Any]) -> str:
        by = escaped(one["resolved_by"]) or self._heads["verdict"]
        return f"**{escaped(one['title'])}** {self.at(one['begun_at'])} – {self.at(one['resolved_at'])}, {by}"

    def silence(self, one: Mapping[str, Any]) -> str:
        what = " ".join(escaped(one[key]) for key in ("program", "tag", "pattern") if one[key])
        end = self.at(one["ended_at"] or one["until"])
        return f"{what}: {escaped(one['why'])} ({escaped(one['by'])}, {self._heads['until'].format(end=end)})"

    def changed(self, one: Mapping[str, Any]) -> str:
        verdicts = f"{self.status(one['before'])} → {self.status(one['now'])} {self.at(one['at'])}"
        return f"**{escaped(one['title'])}** {verdicts}: {escaped(one['sentence'])}"

    def automation(self, one: Mapping[str, Any]) -> str:
        at = self.at(one["execution_time"])
        return f"**{escaped(one['job_name'])}** {at}: {escaped(one['error_message'] or '')}"

    def act(self, one: Mapping[str, Any]) -> str:
        what = f"{escaped(act_in_words(one['action'], self._language))} {escaped(one['target'])}"
        outcome = "" if one["outcome"] == "done" else f" ({one['outcome']})"
        return f"{self.at(one['at'])} {escaped(one['actor'])}: {what}{outcome}"


def _section(head: str, entries: Sequence[str]) -> list[str]:
    return [f"## {head} ({len(entries)})", "", *(f"- {entry}" for entry in entries), ""] if entries else []


def escaped(text: str) -> str:
    """Masked text that stays text in Markdown, on one line."""
    return _SPECIAL.sub(r"\\\1", " ".join(mask(text).split()))
