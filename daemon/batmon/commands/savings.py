"""``batmon savings``: the hours that people were spared in a month, by bot."""

from __future__ import annotations

from batmon.commands.session import DONE, Session
from batmon.commands.table import duration, table
from batmon.report.values import tenths

_HEADS = {
    "en": ("bot", "runs", "items", "min/item", "average", "hours saved"),
    "ko": ("봇", "실행", "처리 건수", "건당 분", "평균 시간", "절감 시간(h)"),
}
_TOTAL = {"en": "total", "ko": "합계"}
_NONE = {"en": "no successful run in {month}", "ko": "{month}에 성공한 실행이 없습니다"}
_MORE = {"en": "only the first {n} bots are shown", "ko": "처음 {n}개 봇만 표시합니다"}


async def savings(session: Session, *, month: str | None, as_json: bool) -> int:
    """Print the bots of ``month`` (``2026-11``; None: this one), the most spared hours first, and their sum."""
    gate = await session.gate()
    answer = await gate.request("savings", **({} if month is None else {"month": month}))
    if as_json:
        session.out_json({key: answer[key] for key in ("month", "bots", "hours")})
        return DONE
    language, bots = session.language, answer["bots"]
    if not bots:
        session.err(_NONE[language].format(month=answer["month"]))
        return DONE
    rows = [
        (
            bot["bot"],
            f"{bot['runs']:,}",
            f"{bot['count']:,}",
            f"{bot['minutes_per_item']:g}",
            duration(bot["average_sec"]),
            f"{tenths(bot['hours']):,}",
        )
        for bot in bots
    ]
    rows.append((_TOTAL[language], "", "", "", "", f"{tenths(answer['hours']):,}"))
    first, *others = _HEADS[language]
    heads = (f"{first} ({answer['month']})", *others)
    for line in table(heads, rows, session.width):
        session.out(line)
    if answer["more"]:
        session.err(_MORE[language].format(n=len(bots)))
    return DONE
