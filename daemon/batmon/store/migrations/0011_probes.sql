-- Probes are programs of their own kind; each of their looks is kept for a while.
ALTER TABLE programs ADD COLUMN probe text;
COMMENT ON COLUMN programs.probe IS 'the kind of a probe; NULL for a program';

CREATE TABLE probe_samples (
    program varchar(50) NOT NULL REFERENCES programs (name) ON DELETE CASCADE,
    at timestamptz NOT NULL,
    node text NOT NULL,
    status varchar(20) NOT NULL,
    value double precision,
    unit text NOT NULL,
    seconds double precision NOT NULL,
    fault text NOT NULL DEFAULT '',
    blind boolean NOT NULL DEFAULT false,
    said varchar(20),
    detail text NOT NULL DEFAULT '',
    facts jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (program, at)
);
COMMENT ON TABLE probe_samples IS 'each look of each probe';
COMMENT ON COLUMN probe_samples.status IS 'what the look says by itself: OK, WARNING, ERROR or UNKNOWN';
COMMENT ON COLUMN probe_samples.unit IS 'of value: s, %, B (bytes), d (days) or empty for a count';
COMMENT ON COLUMN probe_samples.fault IS 'what went wrong, empty if nothing did';
COMMENT ON COLUMN probe_samples.blind IS 'we could not look: what is looked at may be well';
COMMENT ON COLUMN probe_samples.said IS 'the state that a check command or a container named itself';
