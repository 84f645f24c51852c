"""A year of runs of many programs in a database, made where it lies: minutes for tens of millions."""

from datetime import UTC, datetime, timedelta

PROGRAMS = 500
DAYS = 365
KINDS = 24
"""Kinds of error that failed runs have."""
ZONE = "Asia/Seoul"

MAKE = """\
CREATE TABLE {name} (LIKE rpa_execution_logs INCLUDING DEFAULTS INCLUDING CONSTRAINTS) WITH (fillfactor = 85)"""
FILL = """\
INSERT INTO {name} (bot_name, task_name, status, message, start_time, end_time, duration_sec, processed_count, origin,
    error_details, evidence)
SELECT 'bot-' || to_char(bot, 'FM0000'), 'Daily_Extraction', status, '37건 처리', start_time,
    start_time + seconds * interval '1 second', round(seconds), (n * 31 + bot) % 100, 'log',
    CASE WHEN status = 'FAILED' THEN 'Login failed: code ' || n % {kinds} END, CASE WHEN status = 'FAILED'
        THEN jsonb_build_object('signature', 'kind-' || to_char(n % {kinds}, 'FM00')) ELSE '{{}}' END
FROM (
    SELECT bot, n, timestamptz '{since}'
            + (n * {every} + (bot * 7919 + n * 104729) % 997 * {every} / 997) * interval '1 second' AS start_time,
        20 * (1 + bot % 50) * (0.7 + ((n * 7919 + bot * 31) % 600) / 1000.0) AS seconds,
        CASE WHEN (n * 13 + bot) % 50 = 0 THEN 'FAILED' WHEN (n * 17 + bot) % 211 = 0 THEN 'MISSED'
            ELSE 'SUCCESS' END AS status
    FROM generate_series(0, {each} - 1) AS n, generate_series(1, {programs}) AS bot
) made"""
ATTACH = "ALTER TABLE rpa_execution_logs ATTACH PARTITION {name} FOR VALUES FROM ('{since}') TO ('{until}')"


async def plant(owner, runs, until):
    """``runs`` runs over the year before the month of ``until``, in partitions, as ``owner``; how many there are.

    They come in as a partition that is attached, which no trigger sees: everything is marked as not counted.
    """
    await owner.execute("SET maintenance_work_mem = '512MB'")
    month = until.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    planted = 0
    for _ in range(12):
        month, end = (month - timedelta(days=1)).replace(day=1), month
        each = round(runs / DAYS / PROGRAMS * (end - month).days)
        facts = {
            "name": f"rpa_execution_logs_y{month:%Y}m{month:%m}", "since": month.isoformat(), "until": end.isoformat(),
            "every": (end - month).total_seconds() / each, "each": each, "programs": PROGRAMS, "kinds": KINDS,
        }  # fmt: skip
        await owner.execute(f"DROP TABLE IF EXISTS {facts['name']}")
        for statement in (MAKE, FILL, ATTACH):
            await owner.execute(statement.format(**facts))
        planted += each * PROGRAMS
    await owner.execute(
        "INSERT INTO programs (name, node, title, base_dir, schedule, timezone, grace_sec, max_runtime_sec, scheduler,"
        " logs, rerun, configured, seen_at) SELECT 'bot-' || to_char(bot, 'FM0000'), 'n', '', '', '{}', $1, 0, 0, '',"
        " '{}', '{}', true, now() FROM generate_series(1, $2) AS bot ON CONFLICT (name) DO NOTHING",
        ZONE,
        PROGRAMS,
    )
    await owner.execute("DELETE FROM run_stats_queue")
    await owner.execute("INSERT INTO run_stats_queue (since, until) VALUES ('-infinity', 'infinity')")
    await owner.execute("ANALYZE rpa_execution_logs")
    return planted


def now():
    """The moment that benchmarks of a planted year are at."""
    return datetime.now(UTC)
