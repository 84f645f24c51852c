-- Count yesterday (00:00 to 24:00 in the automation's zone) into daily_statistics; counting again replaces the row.
WITH day AS (
    SELECT :yesterday::date AS date,
        (:yesterday::date)::timestamp AT TIME ZONE :pack.timezone::text AS since,
        (:yesterday::date + 1)::timestamp AT TIME ZONE :pack.timezone::text AS until
)
INSERT INTO daily_statistics (date, new_members, academy_applications, education_completed, referral_requests,
    referral_issued, sunny_inquiries, support_tickets)
SELECT date,
    (SELECT count(*) FROM users WHERE created_at >= since AND created_at < until),
    (SELECT count(*) FROM academy_applications WHERE created_at >= since AND created_at < until),
    (SELECT count(*) FROM academy_applications WHERE completed_at >= since AND completed_at < until),
    (SELECT count(*) FROM referral_requests WHERE created_at >= since AND created_at < until),
    (SELECT count(*) FROM referral_requests WHERE status = '승인 완료' AND decided_at >= since AND decided_at < until),
    (SELECT count(*) FROM sunny_chat_logs WHERE created_at >= since AND created_at < until),
    (SELECT count(*) FROM support_tickets WHERE created_at >= since AND created_at < until)
FROM day
ON CONFLICT (date) DO UPDATE SET new_members = excluded.new_members,
    academy_applications = excluded.academy_applications, education_completed = excluded.education_completed,
    referral_requests = excluded.referral_requests, referral_issued = excluded.referral_issued,
    sunny_inquiries = excluded.sunny_inquiries, support_tickets = excluded.support_tickets,
    created_at = CURRENT_TIMESTAMP
RETURNING *
