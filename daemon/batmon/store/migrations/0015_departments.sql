-- How much work each department was spared.
CREATE VIEW v_department_savings_month AS
WITH known AS (
    SELECT DISTINCT ON (lower(name)) lower(name) AS folded, department, minutes_per_item, hourly_cost
    FROM programs ORDER BY lower(name), configured DESC, name
)
SELECT coalesce(k.department, '') AS department, m.month, count(*) AS bots, sum(m.succeeded) AS runs,
    sum(m.processed) AS total_count,
    round(sum(m.processed * coalesce(k.minutes_per_item, 5.0)) / 60, 1) AS saved_hours,
    round(sum(m.processed * coalesce(k.minutes_per_item, 5.0) * coalesce(k.hourly_cost, 0)) / 60, 0) AS saved_money
FROM run_stats_monthly m LEFT JOIN known k ON k.folded = m.program
WHERE m.succeeded > 0 GROUP BY 1, m.month;
COMMENT ON VIEW v_department_savings_month IS 'hours that people were spared and what they would have cost, by department and month';
