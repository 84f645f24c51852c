"""The few words that the PDF itself says, in both languages."""

from __future__ import annotations

from typing import Final

from batmon.report.document import Tone

WORDS: Final[dict[str, dict[str, str]]] = {
    "ko": {
        "made": "작성 {at}",
        "by": "작성자 {by}",
        "zone": "시간대 {zone}",
        "day": "하루",
        "days": "{days}일",
        "more_rows": "행이 {total}개여서 앞의 {shown}개만 실었습니다. 나머지는 Excel 보고서에 있습니다.",
        "more_bars": "{total}개 가운데 앞의 {shown}개입니다.",
        "more_lines": "전체 {total}줄 가운데 앞의 {shown}줄만 실었습니다.",
        "columns": "열 {part}/{parts}",
        "limits": "● 기준을 크게 벗어남   ○ 주의",
        "no_values": "이 기간에는 값이 없습니다.",
        "only_zero": "이 기간의 값은 모두 0입니다.",
        "unknown_time": "시각 모름",
        "heat": "칸의 숫자는 100 % 미만인 성공률(%)입니다. 진할수록 나쁘고, 점은 실행이 없던 날입니다.",
        "worst_of": "한 칸은 {count}개 열 가운데 가장 나쁜 값입니다.",
        "empty": "이 보고서에는 내용이 없습니다.",
    },
    "en": {
        "made": "Made {at}",
        "by": "by {by}",
        "zone": "times in {zone}",
        "day": "one day",
        "days": "{days} days",
        "more_rows": "The first {shown} of {total} rows; all of them are in the Excel report.",
        "more_bars": "The first {shown} of {total}.",
        "more_lines": "The first {shown} of {total} lines.",
        "columns": "columns {part}/{parts}",
        "limits": "● far beyond the limit   ○ to be watched",
        "no_values": "There are no values in this period.",
        "only_zero": "Every value in this period is 0.",
        "unknown_time": "time unknown",
        "heat": "Figures are rates of success below 100 %, in percent. Darker is worse; a dot: no runs.",
        "worst_of": "Each cell is the worst of {count} columns.",
        "empty": "There is nothing in this report.",
    },
}
TONE_WORDS: Final[dict[str, dict[Tone, str]]] = {
    "ko": {"": "", "good": "양호", "warn": "주의", "bad": "심각", "muted": "참고"},
    "en": {"": "", "good": "Good", "warn": "Watch", "bad": "Serious", "muted": "Note"},
}
