-- How much work people were spared, by bot and month.
ALTER TABLE programs ADD COLUMN minutes_per_item numeric NOT NULL DEFAULT 5.0;
COMMENT ON COLUMN programs.minutes_per_item IS 'how long a person takes for what a run counts as one';

-- Successful runs that started from since until before until_, by bot and month of its time zone. A bot that is no program any
-- more counts in UTC and with 5 minutes. The words for success are those that BATMON understands.
CREATE FUNCTION batmon_savings(since timestamptz, until_ timestamptz) RETURNS TABLE (
    bot_name text, month date, runs bigint, total_count bigint, minutes_per_item numeric, saved_hours numeric, avg_runtime_sec numeric)
    LANGUAGE sql STABLE
BEGIN ATOMIC
WITH known AS (
    SELECT DISTINCT ON (lower(name)) lower(name) AS folded, name::text AS name, timezone, minutes_per_item
    FROM programs ORDER BY lower(name), configured DESC, name
), counted AS (
    SELECT coalesce(k.name, min(l.bot_name)) AS bot_name,
        date_trunc('month', l.start_time AT TIME ZONE coalesce(k.timezone, 'UTC'))::date AS month,
        count(*) AS runs, coalesce(sum(l.processed_count), 0) AS total_count, avg(l.duration_sec) AS seconds,
        coalesce(k.minutes_per_item, 5.0) AS minutes
    FROM rpa_execution_logs l LEFT JOIN known k ON k.folded = lower(l.bot_name)
    WHERE l.start_time >= since AND l.start_time < until_
        AND upper(btrim(l.status)) IN ('SUCCESS', 'SUCCEEDED', 'OK', 'COMPLETED', 'DONE', '성공', '완료', '정상')
    GROUP BY lower(l.bot_name), k.name, 2, coalesce(k.minutes_per_item, 5.0)
)
SELECT bot_name, month, runs, total_count, minutes, round(total_count * minutes / 60, 1), round(seconds, 0) FROM counted;
END;

CREATE VIEW v_bot_savings_month AS SELECT * FROM batmon_savings('-infinity', 'infinity');
COMMENT ON VIEW v_bot_savings_month IS 'hours that people were spared, by bot and month in the time zone of its program; it reads all history';
