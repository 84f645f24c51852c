-- Events from tables, the bell, counters and the inbox.
-- An event is written by a trigger in the transaction of the row that it is about, so that it is there if and only if
-- the row is. Its steps run later, once, in a transaction together with its mark.
CREATE TABLE events (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    rule text NOT NULL,
    source text NOT NULL,
    op text NOT NULL,
    "row" jsonb NOT NULL,
    old jsonb,
    row_key text,
    depth smallint NOT NULL DEFAULT 0,
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'done', 'dead')),
    attempts integer NOT NULL DEFAULT 0,
    next_try timestamptz NOT NULL DEFAULT '-infinity',
    error text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    done_at timestamptz,
    took_ms integer,
    node text NOT NULL DEFAULT ''
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02);

CREATE INDEX events_waiting ON events (next_try, id) WHERE state = 'waiting';
CREATE INDEX events_waiting_of_row ON events (rule, row_key, id) WHERE state = 'waiting';
CREATE INDEX events_rule ON events (rule, id DESC);
CREATE INDEX events_dead ON events (id DESC) WHERE state = 'dead';

COMMENT ON TABLE events IS 'rows inserted or changed in watched tables; written by triggers, handled once by a daemon';
COMMENT ON COLUMN events.row_key IS 'the primary key of the row as JSON text: events of one rule and row are handled in order (a long one as its SHA-256); NULL: no order';
COMMENT ON COLUMN events.depth IS 'how many events the change that made it followed from, one from the other';

-- Which rules each node's configuration has, and whether their triggers could be installed.
CREATE TABLE event_rules (
    rule text NOT NULL,
    node text NOT NULL,
    source text NOT NULL,
    fingerprint text NOT NULL,
    problem text NOT NULL DEFAULT '',
    synced_at timestamptz NOT NULL,
    PRIMARY KEY (rule, node)
);

-- Writes one event a row. Arguments: rule, columns that it carries (JSON array; empty: all), key columns (JSON array; empty:
-- none), how many events may follow one from the other. SECURITY DEFINER: whoever may write the table need not know of ours.
-- Whatever the row is like, its own statement goes through: an event that cannot carry it is given up, and says why.
CREATE FUNCTION batmon_event() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    after_row jsonb := '{}';
    before_row jsonb;
    key text;
    problem text := '';
    above text := current_setting('batmon.event_depth', true);
    deep smallint := CASE WHEN above ~ '^[0-9]{1,4}$' THEN above::smallint ELSE 0 END;
BEGIN
    BEGIN
        after_row := to_jsonb(NEW);
        before_row := CASE WHEN TG_OP = 'UPDATE' THEN to_jsonb(OLD) END;
        IF TG_ARGV[2] <> '' THEN
            SELECT jsonb_agg(after_row -> c.name ORDER BY c.n)::text INTO key
            FROM jsonb_array_elements_text(TG_ARGV[2]::jsonb) WITH ORDINALITY AS c (name, n);
            key := CASE WHEN length(key) > 600 THEN encode(sha256(convert_to(key, 'UTF8')), 'hex') ELSE key END;
        END IF;
        IF TG_ARGV[1] <> '' THEN
            SELECT coalesce(jsonb_object_agg(c.name, after_row -> c.name), '{}'),
                CASE WHEN before_row IS NOT NULL THEN coalesce(jsonb_object_agg(c.name, before_row -> c.name), '{}') END
            INTO after_row, before_row
            FROM jsonb_array_elements_text(TG_ARGV[1]::jsonb) AS c (name);
        END IF;
    EXCEPTION WHEN OTHERS THEN  -- that the row cannot be said in JSON is no reason not to write it
        problem := 'the row cannot be carried: ' || SQLERRM;
    END;
    IF pg_column_size(after_row) + coalesce(pg_column_size(before_row), 0) > 4194304 THEN
        problem := 'the row cannot be carried: it is larger than 4 MB; name the columns that are needed with columns = [...]';
    END IF;
    IF problem <> '' THEN
        after_row := '{}';
        before_row := NULL;
    ELSIF deep > TG_ARGV[3]::smallint THEN
        problem := 'a loop: the steps of events have changed rows that are events again, ' || deep || ' times one from the other';
    END IF;
    INSERT INTO public.events (rule, source, op, "row", old, row_key, depth, state, error)
    VALUES (TG_ARGV[0], TG_TABLE_SCHEMA || '.' || TG_TABLE_NAME, lower(TG_OP), after_row, before_row, key, deep,
        CASE WHEN problem = '' THEN 'waiting' ELSE 'dead' END, problem);
    PERFORM pg_notify('batmon_events', '');
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION batmon_event() FROM PUBLIC;

-- The first event of these rules that may be handled now, held until the transaction ends; of one rule and row an earlier
-- one that waits, even one that somebody handles now, goes first. The settings hold one plan, which looks at as few events
-- as it can however many wait and whatever the statistics say.
CREATE FUNCTION batmon_claim_event(rules text[], at timestamptz) RETURNS SETOF events LANGUAGE plpgsql
SET enable_seqscan = off SET enable_sort = off SET enable_bitmapscan = off SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN QUERY
    SELECT e.* FROM events e
    WHERE e.state = 'waiting' AND e.rule = ANY (rules) AND e.next_try <= at
        AND NOT EXISTS (
            SELECT FROM events o WHERE o.state = 'waiting' AND o.rule = e.rule AND o.row_key = e.row_key AND o.id < e.id
        )
    ORDER BY e.next_try, e.id
    LIMIT 1
    FOR UPDATE OF e SKIP LOCKED;
END $$;

-- The bell.
CREATE TABLE feed_entries (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    level text NOT NULL CHECK (level IN ('urgent', 'attention', 'info')),
    title text NOT NULL,
    text text NOT NULL DEFAULT '',
    source text NOT NULL DEFAULT '',
    program text,
    incident bigint,
    inbox text
);
CREATE INDEX feed_entries_at ON feed_entries (at, id);

CREATE TABLE feed_reads (
    person text NOT NULL,
    entry bigint NOT NULL REFERENCES feed_entries (id) ON DELETE CASCADE,
    read_at timestamptz NOT NULL,
    PRIMARY KEY (person, entry)
);
CREATE INDEX feed_reads_entry ON feed_reads (entry);

COMMENT ON TABLE feed_entries IS 'what the bell shows to everybody';
COMMENT ON TABLE feed_reads IS 'who has read which entry; a person is a key''s fingerprint or a local user';

-- Numbers that steps count; day is -infinity for one that is counted for ever.
CREATE TABLE counters (
    name text NOT NULL,
    day date NOT NULL,
    value bigint NOT NULL,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (name, day)
) WITH (fillfactor = 70);

-- Who did what with an item of an inbox, written in the transaction that did it.
CREATE TABLE inbox_actions (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    inbox text NOT NULL,
    item text NOT NULL,
    title text NOT NULL DEFAULT '',
    action text NOT NULL,
    by text NOT NULL,
    at timestamptz NOT NULL,
    asks jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX inbox_actions_item ON inbox_actions (inbox, item, id DESC);
