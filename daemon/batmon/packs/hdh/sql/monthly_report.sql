-- Count the month before into monthly_reports; counting again replaces the row. Gives the figures as the mail says them.
WITH span AS (
    SELECT (date_trunc('month', :today::date) - interval '1 month')::date AS month,
        (date_trunc('month', :today::date) - interval '1 month') AT TIME ZONE :pack.timezone::text AS since,
        date_trunc('month', :today::date::timestamp) AT TIME ZONE :pack.timezone::text AS until
), counted AS (
    SELECT month,
        (SELECT count(*) FROM users WHERE created_at >= since AND created_at < until) AS new_members,
        (SELECT count(*) FROM users WHERE created_at < until AND (withdrawn_at IS NULL OR withdrawn_at >= until)) AS total_members,
        (SELECT count(*) FROM users WHERE withdrawn_at >= since AND withdrawn_at < until) AS left_members,
        (SELECT count(*) FROM academy_applications WHERE created_at >= since AND created_at < until) AS academy_applications,
        (SELECT count(*) FROM academy_applications WHERE completed_at >= since AND completed_at < until) AS education_completed,
        (SELECT count(*) FROM referral_requests WHERE created_at >= since AND created_at < until) AS referral_requests,
        (SELECT count(*) FROM referral_requests
            WHERE status = '승인 완료' AND decided_at >= since AND decided_at < until) AS referral_issued,
        (SELECT count(*) FROM sunny_chat_logs WHERE created_at >= since AND created_at < until) AS sunny_inquiries,
        (SELECT count(*) FROM sunny_chat_logs
            WHERE created_at >= since AND created_at < until AND status = '답변 완료') AS sunny_answered,
        (SELECT count(*) FROM support_tickets WHERE created_at >= since AND created_at < until) AS support_tickets,
        (SELECT round((avg(extract(epoch FROM answered_at - created_at)) / 3600)::numeric, 1) FROM support_tickets
            WHERE answered_at >= since AND answered_at < until) AS average_answer_hours
    FROM span
), kept AS (
    INSERT INTO monthly_reports (month, new_members, total_members, left_members, academy_applications, education_completed,
        referral_requests, referral_issued, inquiries, sunny_inquiries, sunny_answered, support_tickets, average_answer_hours)
    SELECT month, new_members, total_members, left_members, academy_applications, education_completed, referral_requests,
        referral_issued, sunny_inquiries + support_tickets, sunny_inquiries, sunny_answered, support_tickets, average_answer_hours
    FROM counted
    ON CONFLICT (month) DO UPDATE SET new_members = excluded.new_members, total_members = excluded.total_members,
        left_members = excluded.left_members, academy_applications = excluded.academy_applications,
        education_completed = excluded.education_completed, referral_requests = excluded.referral_requests,
        referral_issued = excluded.referral_issued, inquiries = excluded.inquiries,
        sunny_inquiries = excluded.sunny_inquiries, sunny_answered = excluded.sunny_answered,
        support_tickets = excluded.support_tickets, average_answer_hours = excluded.average_answer_hours,
        created_at = CURRENT_TIMESTAMP
    RETURNING *
)
SELECT kept.*,
    to_char(month, 'YYYY"년" FMMM"월"') AS label,
    coalesce(round(100.0 * education_completed / nullif(academy_applications, 0), 1) || '%', '-') AS education_rate,
    coalesce(round(100.0 * referral_issued / nullif(referral_requests, 0), 1) || '%', '-') AS referral_rate,
    coalesce(round(100.0 * sunny_inquiries / nullif(inquiries, 0), 1) || '%', '-') AS sunny_share,
    coalesce(round(100.0 * sunny_answered / nullif(sunny_inquiries, 0), 1) || '%', '-') AS sunny_success_rate,
    coalesce(average_answer_hours || '시간', '-') AS average_answer
FROM kept
