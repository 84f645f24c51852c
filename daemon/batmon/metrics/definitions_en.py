"""What every figure means, in English: its key, what it is called, and what it is."""

from __future__ import annotations

from collections.abc import Mapping

MEANINGS: Mapping[str, tuple[str, str]] = {
    "period": (
        "Period",
        (
            "Whole days, the first and the last included. A run belongs to the day on which it started in its "
            "program's time zone; incidents are cut at the midnights of the report's. A period that is under way is "
            "counted up to now."
        ),
    ),
    "change": (
        "Change",
        (
            "Against the period before: whole months against the calendar months before, a month so far against the "
            "same days of the month before, anything else against as many days before. Shares differ in percentage "
            "points, all else in % of what it was."
        ),
    ),
    "runs": (
        "Runs",
        (
            "Runs that started in the period and have ended: succeeded and failed, re-runs included. What was missed "
            "or has not ended is none."
        ),
    ),
    "succeeded": (
        "Succeeded",
        "Runs that ended well.",
    ),
    "failed": (
        "Failed",
        (
            "Runs that ended in any other way: an error, a process that died, a stop. A status that nobody knows "
            "counts as a failure."
        ),
    ),
    "missed": (
        "Missed",
        "Runs that were due and did not start within their grace.",
    ),
    "unfinished": (
        "Unfinished",
        "Runs that have not ended, or of which nobody ever said how. They are part of no rate.",
    ),
    "reruns": (
        "Re-runs",
        (
            "Of the runs that ended, those that BATMON started because a person asked for it. They are part of the "
            "runs and of the success rate, never of availability."
        ),
    ),
    "success_rate": (
        "Success rate",
        "Of the runs that ended, the share that succeeded. What was missed is not in it.",
    ),
    "due": (
        "Due",
        (
            "What availability is held against: runs that ended, without re-runs, and missed ones, without what is "
            "excused."
        ),
    ),
    "kept": (
        "Kept",
        "Of what was due, the runs that succeeded; re-runs are not among them.",
    ),
    "excused": (
        "Excused",
        (
            "Scheduled runs that failed or were missed in planned maintenance: they are taken out of what was due. A "
            "silence is no planned maintenance."
        ),
    ),
    "availability": (
        "Availability",
        (
            "Against schedule: of what was due, the share that succeeded. A missed run counts as a failed one, and a "
            "re-run does not heal it. Programs without a schedule have none."
        ),
    ),
    "target": (
        "Target",
        (
            "The availability that was promised; it is met by an availability that is no less. Where nothing was "
            "due, there is nothing to meet."
        ),
    ),
    "sr_total": (
        "New incidents",
        (
            "Incidents that were first opened in the period. One that comes back soon after its end is the same one, "
            "and is not counted again."
        ),
    ),
    "sr_done": (
        "Resolved incidents",
        (
            "Incidents that were resolved in the period, also those that were opened before it. One that was opened "
            "again counts once, when it was last resolved."
        ),
    ),
    "sr_open": (
        "Open incidents",
        "Incidents that were open when the period ended, or are open now if it has not.",
    ),
    "completion_rate": (
        "Completion rate",
        (
            "Of the incidents that were open at any time in the period, the share that was resolved in it: resolved "
            "/ (resolved + open)."
        ),
    ),
    "mttr": (
        "Mean time to repair (MTTR)",
        "From opened to resolved, the mean over the incidents that were resolved in the period.",
    ),
    "mtta": (
        "Mean time to acknowledge (MTTA)",
        (
            "From opened until somebody first took it on, the mean over the incidents that were opened in the "
            "period. Those that nobody took on are not in it."
        ),
    ),
    "mtbf": (
        "Mean time between failures (MTBF)",
        (
            "The time that was watched and was no outage, by the number of ERROR incidents that were opened in the "
            "period. Without any there is no such figure."
        ),
    ),
    "outage": (
        "Outage",
        (
            "How long in the period an ERROR incident was open, of each program, what overlaps counted once. A "
            "warning is no outage."
        ),
    ),
    "longest_outage": (
        "Longest outage",
        "The longest time inside the period that one program's ERROR was open without a break.",
    ),
    "processed": (
        "Items processed",
        "What runs that succeeded counted as processed. What failed ones counted is not in it.",
    ),
    "mean": (
        "Mean duration",
        "The mean time that runs took which succeeded; those of which it is not known are not in it.",
    ),
    "p50": (
        "Duration p50",
        "The time that half of the runs that succeeded did not exceed (the median), good to 2.5 %.",
    ),
    "p95": (
        "Duration p95",
        "The time that 95 of 100 runs that succeeded did not exceed, good to 2.5 %.",
    ),
    "saved_hours": (
        "Hours saved",
        (
            "The hours that people were spared: items processed x minutes per item / 60. The minutes are configured "
            "for each program."
        ),
    ),
    "saved_money": (
        "Money saved",
        (
            "Hours saved x hourly cost. The hourly cost is the one that is configured; what running the programs "
            "costs is not taken off."
        ),
    ),
}
