-- Tickets without an answer for 24 hours and longer: how many, and the 20 oldest.
SELECT count(*) AS n,
    coalesce(jsonb_agg(jsonb_build_object('id', id, 'title', title, 'name', name, 'hours', hours) ORDER BY created_at)
        FILTER (WHERE place <= 20), '[]') AS tickets
FROM (
    SELECT id, title, name, created_at, row_number() OVER (ORDER BY created_at, id) AS place,
        floor(extract(epoch FROM :now::timestamptz - created_at) / 3600)::integer AS hours
    FROM support_tickets
    WHERE status = '미답변' AND created_at <= :now::timestamptz - interval '24 hours'
) AS waiting
