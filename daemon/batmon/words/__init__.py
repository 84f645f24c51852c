"""What BATMON says to a person, in Korean and English: verdicts, schedules, moments, durations and the plug-in's lines.

Facts may come straight from a verdict or over the gate: a moment is an aware ``datetime`` or its ISO text.
"""

from batmon.words.plugin import plugin_lines
from batmon.words.schedules import schedule_in_words
from batmon.words.short import error_in_words, in_short
from batmon.words.statuses import RUN_STATUS_WORDS, STATUS_WORDS, run_status_word, status_word
from batmon.words.teller import line_in_words
from batmon.words.times import Language, clock, duration, moment
from batmon.words.verdicts import say

__all__ = [
    "RUN_STATUS_WORDS",
    "STATUS_WORDS",
    "Language",
    "clock",
    "duration",
    "error_in_words",
    "in_short",
    "line_in_words",
    "moment",
    "plugin_lines",
    "run_status_word",
    "say",
    "schedule_in_words",
    "status_word",
]
