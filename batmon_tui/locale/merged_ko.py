"""What the page of all logs by time says, in Korean."""

WORDS = {
    "merged.ask": "언제 무슨 일이 있었습니까?",
    "merged.hint": "02:10 · 2026-11-21 02:10 · 2h (전) · 어제 · 비우면 지금",
    "merged.bad_time": "시각이 아닙니다: {what}",
    "merged.open": "해당 로그",
    "merged.program": "한 프로그램만",
    "merged.key": "모든 로그를 시간순으로",
    "merged.title": "모든 로그를 시간순으로 볼 때",
}
