-- name: savings
-- Hours that people were spared in one month, by bot, the most first.
-- $1 timestamptz: a moment before the month begins in any time zone
-- $2 timestamptz: a moment after it ends in any time zone
-- $3 date: the first of the month
SELECT bot_name, month, runs, total_count, minutes_per_item, saved_hours, avg_runtime_sec
FROM batmon_savings($1, $2) WHERE month = $3 ORDER BY saved_hours DESC, bot_name;
