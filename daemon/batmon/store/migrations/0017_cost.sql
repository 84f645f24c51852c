-- What an hour is worth of bots that nobody configured and that are not watched: no row of programs says it of them.
ALTER TABLE nodes ADD COLUMN hourly_cost numeric NOT NULL DEFAULT 0;
COMMENT ON COLUMN nodes.hourly_cost IS 'of a person''s work, of bots without a row in programs; 0: nobody said';

CREATE OR REPLACE VIEW v_department_savings_month AS
WITH known AS (
    SELECT DISTINCT ON (lower(name)) lower(name) AS folded, department, minutes_per_item, hourly_cost
    FROM programs ORDER BY lower(name), configured DESC, name
), usual AS (
    SELECT (SELECT hourly_cost FROM nodes WHERE hourly_cost > 0 ORDER BY started_at DESC, name LIMIT 1) AS hourly_cost
)
SELECT coalesce(k.department, '') AS department, m.month, count(*) AS bots, sum(m.succeeded) AS runs,
    sum(m.processed) AS total_count,
    round(sum(m.processed * coalesce(k.minutes_per_item, 5.0)) / 60, 1) AS saved_hours,
    round(sum(m.processed * coalesce(k.minutes_per_item, 5.0) * coalesce(k.hourly_cost, u.hourly_cost, 0)) / 60, 0)
        AS saved_money
FROM run_stats_monthly m CROSS JOIN usual u LEFT JOIN known k ON k.folded = m.program
WHERE m.succeeded > 0 GROUP BY 1, m.month;
