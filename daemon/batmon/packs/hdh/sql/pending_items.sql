-- What waits for a person.
SELECT academy, referral, sunny, support, academy + referral + sunny + support AS total
FROM (
    SELECT (SELECT count(*) FROM academy_applications WHERE status = '신청 대기') AS academy,
        (SELECT count(*) FROM referral_requests WHERE status = '신청 대기') AS referral,
        (SELECT count(*) FROM sunny_chat_logs WHERE status = '답변 실패') AS sunny,
        (SELECT count(*) FROM support_tickets WHERE status = '미답변') AS support
) AS waiting
