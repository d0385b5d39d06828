-- What people did: events, and the visitors that they are left by.
--
-- A visitor is somebody behind an identifier of any kind, not of cookies alone.

DROP INDEX visitors_open;
ALTER TABLE visitors RENAME COLUMN cookie TO value;
ALTER TABLE visitors ADD COLUMN kind INTEGER NOT NULL DEFAULT 8;
CREATE UNIQUE INDEX visitors_open ON visitors (workspace_id, kind, value) WHERE closed_at IS NULL;
CREATE INDEX visitors_by_key ON visitors (workspace_id, kind, value, since, follows);

-- The open visitor behind an identifier that nobody holds: known with the key, so that contacts are written without looking for one.
ALTER TABLE identifier_keys ADD COLUMN waiting BLOB;
ALTER TABLE identifier_keys ADD COLUMN waiting_since INTEGER;

-- Never rewritten. Who left an event is a contact, a visitor, or nobody.
CREATE TABLE events (
    workspace_id INTEGER NOT NULL,
    occurred_at  INTEGER NOT NULL,
    event_id     BLOB    NOT NULL,
    type_key     TEXT    NOT NULL,
    key_value    TEXT,
    contact_id   INTEGER,
    visitor_id   BLOB,
    received_at  INTEGER NOT NULL,
    origin       TEXT    NOT NULL,
    params       TEXT    NOT NULL,
    PRIMARY KEY (workspace_id, occurred_at, event_id)
) STRICT;
CREATE INDEX events_by_contact ON events (workspace_id, contact_id, occurred_at, event_id) WHERE contact_id IS NOT NULL;
CREATE INDEX events_by_visitor ON events (workspace_id, visitor_id, occurred_at, event_id) WHERE visitor_id IS NOT NULL;

-- Identities that senders gave to events, of any time: an event is stored once.
CREATE TABLE sent_events (
    workspace_id INTEGER NOT NULL,
    event_id     BLOB    NOT NULL,
    received_at  INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, event_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE event_types (
    workspace_id     INTEGER NOT NULL,
    key              TEXT    NOT NULL,
    creates_contacts INTEGER NOT NULL DEFAULT 0,
    first_seen       INTEGER,
    last_seen        INTEGER,
    count            INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (workspace_id, key)
) STRICT, WITHOUT ROWID;
