-- name: savings
-- Hours that people were spared in one month, by bot, the most first.
-- $1 date: the first of the month
-- $2 bigint: how many at most
SELECT bot_name, month, runs, total_count, minutes_per_item, saved_hours, avg_runtime_sec
FROM v_bot_savings_month WHERE month = $1 ORDER BY saved_hours DESC, bot_name LIMIT $2;

-- name: savings_total
-- The same of all bots together: how many, and their hours, each rounded as it is shown.
-- $1 date: the first of the month
SELECT count(*) AS bots, coalesce(sum(round(total_count * minutes_per_item / 60, 6)), 0)::float8 AS hours
FROM v_bot_savings_month WHERE month = $1;
