"""What the page of all logs by time says, in English."""

WORDS = {
    "merged.ask": "What happened at …?",
    "merged.hint": "02:10 · 2026-11-21 02:10 · 2h (ago) · yesterday · nothing: now",
    "merged.bad_time": "not a time: {what}",
    "merged.open": "its log",
    "merged.program": "one program",
    "merged.key": "all logs by time",
    "merged.title": "In all logs by time",
}
