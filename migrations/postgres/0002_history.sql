-- What people did: events, and the visitors that they are left by.
--
-- A visitor is somebody behind an identifier of any kind, not of cookies alone.

ALTER TABLE visitors RENAME COLUMN cookie TO value;
ALTER TABLE visitors ADD COLUMN kind smallint NOT NULL DEFAULT 8;
ALTER TABLE visitors ALTER COLUMN kind DROP DEFAULT;
DROP INDEX visitors_open;
CREATE UNIQUE INDEX visitors_open ON visitors (workspace_id, kind, value) WHERE closed_at IS NULL;
CREATE INDEX visitors_by_key ON visitors (workspace_id, kind, value, since, follows);

-- The open visitor behind an identifier that nobody holds: known with the key, so that contacts are written without looking for one.
ALTER TABLE identifier_keys ADD COLUMN waiting uuid;
ALTER TABLE identifier_keys ADD COLUMN waiting_since timestamptz;

-- Never rewritten. Who left an event is a contact, a visitor, or nobody. Partitions are months of occurred_at, made ahead; what is older
-- or newer than they are is in the default one.
CREATE TABLE events (
    workspace_id bigint      NOT NULL,
    occurred_at  timestamptz NOT NULL,
    event_id     uuid        NOT NULL,
    type_key     text        NOT NULL COLLATE "C",
    key_value    text,
    contact_id   bigint,
    visitor_id   uuid,
    received_at  timestamptz NOT NULL,
    origin       text        NOT NULL,
    params       json        NOT NULL,
    PRIMARY KEY (workspace_id, occurred_at, event_id)
) PARTITION BY RANGE (occurred_at);
CREATE INDEX events_by_contact ON events (workspace_id, contact_id, occurred_at DESC, event_id DESC)
    WHERE contact_id IS NOT NULL;
CREATE INDEX events_by_visitor ON events (workspace_id, visitor_id, occurred_at DESC, event_id DESC)
    WHERE visitor_id IS NOT NULL;
CREATE TABLE events_other PARTITION OF events DEFAULT;

-- Identities that senders gave to events, of any time: an event is stored once.
CREATE TABLE sent_events (
    workspace_id bigint      NOT NULL,
    event_id     uuid        NOT NULL,
    received_at  timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, event_id)
);

CREATE TABLE event_types (
    workspace_id     bigint  NOT NULL,
    key              text    NOT NULL COLLATE "C",
    creates_contacts boolean NOT NULL DEFAULT false,
    first_seen       timestamptz,
    last_seen        timestamptz,
    count            bigint  NOT NULL DEFAULT 0,
    PRIMARY KEY (workspace_id, key)
);

-- Makes the partition of the month that begins at the given time (UTC), unless it is there; says whether it did. Events of that month that
-- came before it stay in the default partition, and so do those that follow them.
CREATE FUNCTION make_events_partition(month timestamptz) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    partition text := 'events_' || to_char(month AT TIME ZONE 'UTC', 'YYYY_MM');
    upper timestamptz := (month AT TIME ZONE 'UTC' + interval '1 month') AT TIME ZONE 'UTC';
BEGIN
    -- Servers that start at once take turns.
    PERFORM pg_advisory_xact_lock(hashtext('make_events_partition'));
    IF to_regclass(partition) IS NOT NULL
        OR EXISTS (SELECT FROM events_other WHERE occurred_at >= month AND occurred_at < upper) THEN
        RETURN false;
    END IF;
    EXECUTE format('CREATE TABLE %I PARTITION OF events FOR VALUES FROM (%L) TO (%L)', partition, month, upper);
    RETURN true;
END
$$;
