"""``batmon stats``: the SLA board of a period, or one program of it day by day."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from batmon.commands.session import DONE, Session
from batmon.commands.table import cells, cut, moment, table
from batmon.metrics.definitions import title
from batmon.report.document import Kind
from batmon.report.values import NOTHING, shown
from batmon.words import Language

PAGE = 500
Figures = Mapping[str, Any]
_WORDS: Mapping[Language, Mapping[str, str]] = {
    "en": {
        "program": "program", "availability": "availability", "points": "±", "target": "target", "met": "met",
        "missed_target": "missed", "success_rate": "success", "runs": "runs", "failed": "failed", "missed": "missed",
        "p50_sec": "p50", "p95_sec": "p95", "mttr_hours": "MTTR", "mtta_hours": "MTTA", "mtbf_hours": "MTBF",
        "longest_outage_sec": "longest outage", "saved_hours": "saved", "total": "total", "period": "{start} – {end}",
        "compared": "compared with {start} – {end}; incidents are cut at midnight in {zone}",
        "targets": "{missed} of {targets} targets missed", "none": "nothing was counted from {start} to {end}",
        "definitions": "what each figure means: docs/metrics.md; all of them: --json",
        "narrow": "columns that do not fit are left out: {columns}",
        "figure": "figure", "now": "now", "before": "before", "change": "change", "day": "day", "max_sec": "longest",
        "succeeded": "succeeded", "outage_sec": "outage", "opened": "new", "number": "incident", "severity": "severity",
        "opened_at": "opened ({zone})", "acknowledged_at": "acknowledged", "resolved_at": "resolved",
        "counting": "runs of the past are still being counted: some figures will change",
        "older": "only the latest {count} incidents are shown",
    },
    "ko": {
        "program": "프로그램", "availability": "가용률", "points": "±", "target": "목표", "met": "달성",
        "missed_target": "미달", "success_rate": "성공률", "runs": "실행", "failed": "실패", "missed": "미실행",
        "p50_sec": "p50", "p95_sec": "p95", "mttr_hours": "MTTR", "mtta_hours": "MTTA", "mtbf_hours": "MTBF",
        "longest_outage_sec": "최장 중단", "saved_hours": "절감", "total": "합계", "period": "{start} – {end}",
        "compared": "비교 기간 {start} – {end}; 장애는 {zone} 자정을 기준으로 셉니다",
        "targets": "목표 {targets}개 중 {missed}개 미달", "none": "{start}부터 {end}까지 집계된 것이 없습니다",
        "definitions": "지표의 뜻: docs/metrics.md, 모든 지표: --json",
        "narrow": "폭이 모자라 뺀 열: {columns}",
        "figure": "지표", "now": "현재", "before": "이전", "change": "증감", "day": "일자", "max_sec": "최장",
        "succeeded": "성공", "outage_sec": "중단", "opened": "신규", "number": "장애", "severity": "심각도",
        "opened_at": "발생 ({zone})", "acknowledged_at": "확인", "resolved_at": "해결",
        "counting": "지난 실행을 아직 집계하고 있어 일부 수치가 바뀔 수 있습니다",
        "older": "최근 장애 {count}건만 표시합니다",
    },
}  # fmt: skip
_KINDS: Mapping[str, Kind] = {
    "availability": Kind.PERCENT, "success_rate": Kind.PERCENT, "completion_rate": Kind.PERCENT, "runs": Kind.COUNT,
    "failed": Kind.COUNT, "missed": Kind.COUNT, "processed": Kind.COUNT, "opened": Kind.COUNT, "resolved": Kind.COUNT,
    "open": Kind.COUNT, "p50_sec": Kind.SECONDS, "p95_sec": Kind.SECONDS, "mttr_hours": Kind.HOURS,
    "mtta_hours": Kind.HOURS, "mtbf_hours": Kind.HOURS, "outage_sec": Kind.SECONDS, "longest_outage_sec": Kind.SECONDS,
    "saved_hours": Kind.HOURS, "saved_money": Kind.MONEY,
}  # fmt: skip
BOARD = (
    "availability", "points", "target", "success_rate", "runs", "failed", "missed", "p50_sec", "p95_sec", "mttr_hours",
    "mtta_hours", "mtbf_hours", "longest_outage_sec", "saved_hours",
)  # fmt: skip
SPARED = ("mtbf_hours", "mtta_hours", "p50_sec", "points", "mttr_hours", "success_rate", "saved_hours",
          "longest_outage_sec", "p95_sec")  # fmt: skip
"""Columns of the board that are left out on a narrow terminal, in this order."""
CALM = ("longest_outage_sec", "saved_hours")
"""Columns of the board in which nothing is better seen than 0."""
NAME_WIDTH = 30
FIGURES = (
    ("availability", "availability"), ("success_rate", "success_rate"), ("runs", "runs"), ("failed", "failed"),
    ("missed", "missed"), ("processed", "processed"), ("p50", "p50_sec"), ("p95", "p95_sec"), ("sr_total", "opened"),
    ("sr_done", "resolved"), ("sr_open", "open"), ("completion_rate", "completion_rate"), ("mttr", "mttr_hours"),
    ("mtta", "mtta_hours"), ("mtbf", "mtbf_hours"), ("outage", "outage_sec"), ("longest_outage", "longest_outage_sec"),
    ("saved_hours", "saved_hours"), ("saved_money", "saved_money"),
)  # fmt: skip
"""The figures of one program: the key of their definition, and that in the answer."""
DAYS = ("succeeded", "failed", "missed", "p50_sec", "p95_sec", "max_sec", "opened", "outage_sec")
Asked = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Teller:
    """How values are said in a language, with the currency of the answer."""

    language: Language
    currency: str

    def word(self, key: str, **values: object) -> str:
        return _WORDS[self.language][key].format(**values)

    def value(self, figures: Figures, key: str) -> str:
        return shown(figures[key], _KINDS[key], self.language, currency=self.currency)

    def change(self, figures: Figures, key: str) -> str:
        kind = Kind.POINTS if key in ("availability", "success_rate", "completion_rate") else Kind.CHANGE
        return shown(figures["change"].get(key), kind, self.language)


async def stats(
    session: Session, program: str | None, *, period: str | None, since: str | None, until: str | None, as_json: bool
) -> int:
    """Print every program of the period, the worst first, or one of them in full; as JSON the whole answer."""
    given = {"period": period, "from": since, "to": until}
    asked = {key: value for key, value in given.items() if value is not None}
    answer = await (_board(session, asked) if program is None else _one(session, program, asked))
    if as_json:
        session.out_json(answer)
        return DONE
    teller = _Teller("ko" if session.language == "ko" else "en", answer["currency"])
    for line in (_board_lines if program is None else _program_lines)(session, teller, answer):
        session.out(line)
    if answer["counting"]:
        session.err(teller.word("counting"))
    session.err(teller.word("compared", **answer["before"], zone=answer["timezone"]))
    session.err(teller.word("definitions"))
    return DONE


async def _board(session: Session, asked: Asked) -> dict[str, Any]:
    """All pages of ``stats.programs`` as one."""
    gate = await session.gate()
    answer: dict[str, Any] = await gate.request("stats.programs", **asked, limit=PAGE)
    while answer["next"] is not None:
        more = await gate.request("stats.programs", **asked, limit=PAGE, offset=answer["next"])
        answer |= {"programs": answer["programs"] + more["programs"], "next": more["next"]}
    return {key: value for key, value in answer.items() if key != "next"}


async def _one(session: Session, program: str, asked: Asked) -> dict[str, Any]:
    gate = await session.gate()
    answer: dict[str, Any] = await gate.request("stats.program", program=program, **asked)
    return answer


def _board_lines(session: Session, teller: _Teller, answer: Figures) -> list[str]:
    period, programs = answer["period"], answer["programs"]
    if not programs:
        session.err(teller.word("none", **period))
        return []
    every = [*programs, {**answer["total"], "program": teller.word("total")}]
    names = (f"{_sign(one)} {cut(one['program'], NAME_WIDTH) if session.width else one['program']}" for one in every)
    columns: dict[str, list[str]] = {"program": [teller.word("program"), *names]}
    for key in BOARD:
        columns[key] = [teller.word(key), *(_cell(teller, one, key) for one in every)]
    left_out = _narrowed(columns, session.width)
    if left_out:
        session.err(teller.word("narrow", columns=", ".join(teller.word(key) for key in left_out)))
    rows = list(zip(*columns.values(), strict=True))
    total = answer["total"]
    if total["targets"]:
        session.err(teller.word("targets", missed=total["missed_targets"], targets=total["targets"]))
    heading = f"{teller.word('period', **period)}  {answer['timezone']}"
    return [heading, "", *table(rows[0], rows[1:], session.width, right=range(1, len(columns)))]


def _sign(one: Figures) -> str:
    return {True: "✓", False: "✗", None: " "}[one["met"]]


def _cell(teller: _Teller, one: Figures, key: str) -> str:
    if key == "points":
        which = "availability" if one["scheduled"] else "success_rate"
        change = one["change"][which]
        return "" if change is None or abs(change) < 0.0005 else f"{change * 100:+.1f}"
    if key == "target":
        if one["target"] is None:
            return ""
        said = "" if one["met"] is None else " " + teller.word("met" if one["met"] else "missed_target")
        return f"{one['target'] * 100:g}%{said}"
    return NOTHING if key in CALM and not one[key] else teller.value(one, key)


def _narrowed(columns: dict[str, list[str]], width: int) -> list[str]:
    """Take columns away until the rest fits ``width`` (0: anything does); which."""

    def taken() -> int:
        return sum(max(map(cells, column)) + 2 for column in columns.values()) - 2

    gone: list[str] = []
    for key in SPARED:
        if not width or taken() <= width:
            break
        del columns[key]
        gone.append(key)
    return gone


def _program_lines(session: Session, teller: _Teller, answer: Figures) -> list[str]:
    one, language = answer["program"], teller.language
    name = one["program"] if one["title"] in ("", one["program"]) else f"{one['title']} ({one['program']})"
    lines = [f"{name}  {teller.word('period', **answer['period'])}"]
    if one["target"] is not None:
        lines[0] += f"  {teller.word('target')} {_cell(teller, one, 'target')}"
    heads = [teller.word(key) for key in ("figure", "now", "before", "change")]
    rows = [
        (title(key, language), teller.value(one, name), teller.value(one["before"], name), teller.change(one, name))
        for key, name in FIGURES
    ]
    lines += ["", *table(heads, rows, session.width, right=(1, 2, 3))]
    return lines + _day_lines(session, teller, answer) + _incident_lines(session, teller, answer)


def _day_lines(session: Session, teller: _Teller, answer: Figures) -> list[str]:
    """Those days on which there was anything."""
    days = [day for day in answer["days"] if any(day[key] for key in (*DAYS, "unfinished", "resolved"))]
    if not days:
        return []
    tellers: dict[str, Callable[[Figures, str], str]] = {
        key: _seconds(teller) if key.endswith("_sec") else _count for key in DAYS
    }
    rows = [(day["day"], *(tellers[key](day, key) for key in DAYS)) for day in days]
    heads = [teller.word(key) for key in ("day", *DAYS)]
    return ["", *table(heads, rows, session.width, right=range(1, len(heads)))]


def _seconds(teller: _Teller) -> Callable[[Figures, str], str]:
    return lambda day, key: shown(day[key], Kind.SECONDS, teller.language) if day[key] else NOTHING


def _count(day: Figures, key: str) -> str:
    return f"{day[key]:,}" if day[key] else NOTHING


def _incident_lines(session: Session, teller: _Teller, answer: Figures) -> list[str]:
    incidents: Sequence[Figures] = answer["incidents"]
    if not incidents:
        return []
    zone = ZoneInfo(answer["timezone"])
    heads = [
        teller.word(key, zone=zone.key)
        for key in ("number", "severity", "opened_at", "acknowledged_at", "resolved_at", "outage_sec")
    ]
    rows = [
        (
            str(one["id"]),
            one["severity"],
            *(moment(one[key], zone) for key in ("opened_at", "acknowledged_at", "resolved_at")),
            shown(one["outage_sec"], Kind.SECONDS, teller.language),
        )
        for one in incidents
    ]
    if answer["more"]:
        session.err(teller.word("older", count=len(incidents)))
    return ["", *table(heads, rows, session.width)]
