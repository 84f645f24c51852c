-- Kinds of error: each once, with what is counted of it by program. Counts stand in rows of one program only, so that a
-- thousand programs that fail by one cause at once do not wait for each other.
CREATE TABLE error_signatures (
    id text PRIMARY KEY,
    template text NOT NULL,
    sample text NOT NULL,
    level text NOT NULL,
    noted_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP
);
COMMENT ON TABLE error_signatures IS 'kinds of error; id is made from the template, which never changes';
COMMENT ON COLUMN error_signatures.sample IS 'one such line as it was written';

CREATE TABLE error_signature_programs (
    signature text NOT NULL,
    program varchar(50) NOT NULL,
    first_seen timestamptz NOT NULL,
    last_seen timestamptz NOT NULL,
    count bigint NOT NULL,
    last_run uuid,
    PRIMARY KEY (signature, program)
) WITH (fillfactor = 70);
CREATE INDEX error_signature_programs_program ON error_signature_programs (program);

CREATE VIEW v_error_signatures AS
SELECT s.id, s.template, s.sample, s.level, min(p.first_seen) AS first_seen, max(p.last_seen) AS last_seen,
    sum(p.count)::bigint AS count, count(*)::integer AS programs
FROM error_signatures s
JOIN error_signature_programs p ON p.signature = s.id
WHERE p.count > 0
GROUP BY s.id;
COMMENT ON VIEW v_error_signatures IS 'kinds of error with how often, where, since and until when each was seen';
