-- The tables: those of migrations/postgres with the same names, in the types of SQLite.
--
-- Times are integers, microseconds since 1970 in UTC. Booleans are 0 and 1. UUIDs are blobs of 16 bytes, JSON is text.
-- Texts compare by their bytes, which is the order of Rust and of Postgres with the collation C. kind: 1 external_id, 2
-- email, 3 phone, 4 mobile_push, 5 web_push, 6 telegram, 7 device_id, 8 cookie, 9 field, 10 contact key.
--
-- Tables with small rows that are found by the primary key are WITHOUT ROWID. Wide rows (identifiers, the log, merges,
-- recorded replies) keep their rowid: rows that are written together are then stored together, so a batch changes few
-- pages. A revision column contains the number of the commit that wrote the row (see `revisions`).

CREATE TABLE workspaces (
    workspace_id INTEGER PRIMARY KEY AUTOINCREMENT,
    name         TEXT    NOT NULL UNIQUE,
    policy       TEXT    NOT NULL,
    created_at   INTEGER NOT NULL
) STRICT;

CREATE TABLE api_keys (
    workspace_id INTEGER NOT NULL REFERENCES workspaces (workspace_id),
    key_id       BLOB    NOT NULL,
    name         TEXT    NOT NULL,
    prefix       TEXT    NOT NULL,
    digest       BLOB    NOT NULL UNIQUE,
    rights       TEXT    NOT NULL,
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER,
    last_used_at INTEGER,
    revoked_at   INTEGER,
    PRIMARY KEY (workspace_id, key_id)
) STRICT;

-- The revisions of a workspace: of its last commit, and of the last commits that changed its policy, changed its
-- definitions (segments, categories, custom fields, types of events that create contacts), or deleted rows without a
-- trace; the next numbers of each kind, none of which is assigned twice; and the number of its active contacts. access
-- is raised by every change after which a key that was read before must be read again: a revocation, a new policy.
CREATE TABLE revisions (
    workspace_id    INTEGER PRIMARY KEY,
    latest          INTEGER NOT NULL DEFAULT 0,
    policy          INTEGER NOT NULL DEFAULT 0,
    definitions     INTEGER NOT NULL DEFAULT 0,
    deleted         INTEGER NOT NULL DEFAULT 0,
    next_contact    INTEGER NOT NULL DEFAULT 1,
    next_segment    INTEGER NOT NULL DEFAULT 1,
    next_category   INTEGER NOT NULL DEFAULT 1,
    next_field      INTEGER NOT NULL DEFAULT 1,
    active_contacts INTEGER NOT NULL DEFAULT 0,
    access          INTEGER NOT NULL DEFAULT 0
) STRICT;

-- A contact. canonical_id is the contact itself, or the survivor at the end of its chain of merged_into. The
-- application writes the two match columns in lower case. attributes is null when empty.
CREATE TABLE contacts (
    workspace_id     INTEGER NOT NULL,
    contact_id       INTEGER NOT NULL,
    state            TEXT    NOT NULL CHECK (state IN ('active', 'removed', 'merged')),
    canonical_id     INTEGER NOT NULL,
    merged_into      INTEGER,
    source           TEXT    NOT NULL,
    created_at       INTEGER NOT NULL,
    updated_at       INTEGER NOT NULL,
    revision         INTEGER NOT NULL,
    first_name_match TEXT,
    last_name_match  TEXT,
    attributes       TEXT,
    PRIMARY KEY (workspace_id, contact_id),
    CHECK ((state = 'merged') = (merged_into IS NOT NULL)),
    CHECK ((state = 'merged') = (canonical_id <> contact_id))
) STRICT, WITHOUT ROWID;
CREATE INDEX contacts_by_update ON contacts (workspace_id, updated_at DESC, contact_id DESC) WHERE state = 'active';
CREATE INDEX contacts_absorbed ON contacts (workspace_id, canonical_id) WHERE state = 'merged';
CREATE INDEX contacts_by_last_name ON contacts (workspace_id, last_name_match, first_name_match)
    WHERE last_name_match IS NOT NULL;
CREATE INDEX contacts_by_first_name ON contacts (workspace_id, first_name_match) WHERE first_name_match IS NOT NULL;

-- The record of an identifier's value, independent of its holders. A missing row means an empty record. The
-- corresponding table of Postgres is identifier_values, where the column seen_with of identifiers replaces most rows;
-- here every sighting is in this table.
CREATE TABLE identifier_keys (
    workspace_id    INTEGER NOT NULL,
    kind            INTEGER NOT NULL,
    value           TEXT    NOT NULL,
    seen_with       TEXT    NOT NULL DEFAULT '[]',
    unsubscribed_at INTEGER,
    waiting         BLOB,
    waiting_since   INTEGER,
    revision        INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, kind, value)
) STRICT, WITHOUT ROWID;

-- Held identifiers. home_id is the contact that brought the identifier, owner_id the one that owns it now, after
-- merges.
CREATE TABLE identifiers (
    workspace_id INTEGER NOT NULL,
    kind         INTEGER NOT NULL,
    value        TEXT    NOT NULL,
    home_id      INTEGER NOT NULL,
    owner_id     INTEGER NOT NULL,
    typed        TEXT    NOT NULL,
    state        TEXT    NOT NULL CHECK (state IN ('active', 'quarantined', 'blocked')),
    hidden_by    INTEGER,
    channels     TEXT    NOT NULL DEFAULT '',
    details      TEXT,
    confirmed    INTEGER NOT NULL,
    source       TEXT    NOT NULL,
    first_seen   INTEGER NOT NULL,
    last_seen    INTEGER NOT NULL,
    revision     INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, kind, value, home_id)
) STRICT;
CREATE UNIQUE INDEX identifiers_exclusive ON identifiers (workspace_id, kind, value) WHERE kind IN (1, 4, 5, 6, 7, 8);
CREATE INDEX identifiers_by_owner ON identifiers (workspace_id, owner_id);
-- Finds tokens that are named without their apps.
CREATE INDEX identifiers_by_token ON identifiers (workspace_id, kind, typed)
    WHERE kind IN (4, 5, 6) AND length(CAST(typed AS BLOB)) < 1000;

CREATE TABLE merges (
    workspace_id   INTEGER NOT NULL,
    merge_id       BLOB    NOT NULL,
    survivor_id    INTEGER NOT NULL,
    absorbed_id    INTEGER NOT NULL,
    rule           TEXT    NOT NULL,
    evidence_kind  INTEGER,
    evidence_value TEXT,
    forced         INTEGER NOT NULL,
    decision_id    BLOB    NOT NULL,
    merged_at      INTEGER NOT NULL,
    moved          TEXT    NOT NULL,
    undone_at      INTEGER,
    revision     INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, merge_id)
) STRICT;
CREATE INDEX merges_by_survivor ON merges (workspace_id, survivor_id);
CREATE INDEX merges_by_absorbed ON merges (workspace_id, absorbed_id);
CREATE INDEX merges_by_time ON merges (workspace_id, merged_at, merge_id);

CREATE TABLE segments (
    workspace_id INTEGER NOT NULL,
    segment_id   INTEGER NOT NULL,
    name         TEXT    NOT NULL,
    created_at   INTEGER NOT NULL,
    revision     INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, segment_id),
    UNIQUE (workspace_id, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE segment_members (
    workspace_id INTEGER NOT NULL,
    segment_id   INTEGER NOT NULL,
    home_id      INTEGER NOT NULL,
    owner_id     INTEGER NOT NULL,
    hidden_by    INTEGER,
    since        INTEGER NOT NULL,
    revision     INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, segment_id, home_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX segment_members_by_owner ON segment_members (workspace_id, owner_id);

CREATE TABLE categories (
    workspace_id INTEGER NOT NULL,
    category_id  INTEGER NOT NULL,
    key          TEXT    NOT NULL,
    name         TEXT    NOT NULL,
    segment_id   INTEGER NOT NULL,
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL,
    archived     INTEGER NOT NULL,
    revision     INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, category_id),
    UNIQUE (workspace_id, key),
    UNIQUE (workspace_id, segment_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE custom_fields (
    workspace_id INTEGER NOT NULL,
    field_id     INTEGER NOT NULL,
    profile_key  TEXT    NOT NULL,
    field_key    TEXT    NOT NULL,
    name         TEXT    NOT NULL,
    field_type   TEXT    NOT NULL,
    allowed      TEXT    NOT NULL,
    required     INTEGER NOT NULL,
    identifying  INTEGER NOT NULL,
    archived     INTEGER NOT NULL,
    revision     INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, field_id),
    UNIQUE (workspace_id, profile_key, field_key)
) STRICT;

-- A visitor: the history of an identifier between two changes of its owner. At most one visitor of an identifier is
-- open. A contact may own very many visitors, so they are read by pages.
CREATE TABLE visitors (
    workspace_id INTEGER NOT NULL,
    visitor_id   BLOB    NOT NULL,
    kind         INTEGER NOT NULL,
    value        TEXT    NOT NULL,
    home_id      INTEGER,
    owner_id     INTEGER,
    since        INTEGER NOT NULL,
    closed_at    INTEGER,
    follows      INTEGER NOT NULL,
    revision     INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, visitor_id)
) STRICT;
CREATE UNIQUE INDEX visitors_open ON visitors (workspace_id, kind, value) WHERE closed_at IS NULL;
CREATE INDEX visitors_by_key ON visitors (workspace_id, kind, value, since, follows);
CREATE INDEX visitors_by_owner ON visitors (workspace_id, owner_id, since, visitor_id) WHERE owner_id IS NOT NULL;
CREATE INDEX visitors_by_home ON visitors (workspace_id, home_id) WHERE home_id IS NOT NULL;

-- The identity log: one row for every contact that a decision touched. decision_id orders by time.
CREATE TABLE identity_log (
    workspace_id INTEGER NOT NULL,
    contact_id   INTEGER NOT NULL,
    decision_id  BLOB    NOT NULL,
    body         TEXT    NOT NULL,
    revision     INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, contact_id, decision_id)
) STRICT;
CREATE INDEX identity_log_by_decision ON identity_log (workspace_id, decision_id);

-- The contacts that a decision touches or names, where these are more than one: erasing one of them redacts the
-- decision in the logs of the others. Postgres has the column mentions with an index instead; here a table, in which
-- most decisions have no row.
CREATE TABLE identity_log_mentions (
    workspace_id INTEGER NOT NULL,
    decision_id  BLOB    NOT NULL,
    contact_id   INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, decision_id, contact_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX identity_log_mentions_by_contact ON identity_log_mentions (workspace_id, contact_id);

-- Replies that are kept for idempotency keys and to detect duplicated requests.
CREATE TABLE recorded_replies (
    workspace_id INTEGER NOT NULL,
    key          TEXT    NOT NULL,
    digest       BLOB    NOT NULL,
    decisions    TEXT    NOT NULL,
    contacts     TEXT    NOT NULL,
    expires_at   INTEGER NOT NULL,
    revision     INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, key)
) STRICT;
CREATE INDEX recorded_replies_by_end ON recorded_replies (workspace_id, expires_at);

-- The contacts that a reply involves. Postgres has a GIN index on recorded_replies.contacts instead.
CREATE TABLE recorded_reply_contacts (
    workspace_id INTEGER NOT NULL,
    key          TEXT    NOT NULL,
    contact_id   INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, key, contact_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX recorded_reply_contacts_by_contact ON recorded_reply_contacts (workspace_id, contact_id);

-- Events are never rewritten. An event belongs to a contact, to a visitor, or to neither. The indexes separate page
-- views from other events, so that pages of either are found without reading the other. Events of the same time are
-- ordered by the decision that stored them.
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
    decision_id  BLOB    NOT NULL,
    revision     INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, occurred_at, event_id)
) STRICT;
CREATE INDEX events_by_contact ON events (workspace_id, contact_id, type_key = 'PageView', occurred_at, decision_id)
    WHERE contact_id IS NOT NULL;
CREATE INDEX events_by_visitor ON events (workspace_id, visitor_id, type_key = 'PageView', occurred_at, decision_id)
    WHERE visitor_id IS NOT NULL;

-- IDs that senders gave to events, of any time: an event is stored once. They are deleted by the time of arrival, after
-- the events themselves have expired.
CREATE TABLE sent_events (
    workspace_id INTEGER NOT NULL,
    event_id     BLOB    NOT NULL,
    received_at  INTEGER NOT NULL,
    revision     INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, event_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX sent_events_by_time ON sent_events (workspace_id, received_at);

CREATE TABLE event_types (
    workspace_id     INTEGER NOT NULL,
    key              TEXT    NOT NULL,
    creates_contacts INTEGER NOT NULL DEFAULT 0,
    first_seen       INTEGER,
    last_seen        INTEGER,
    count            INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (workspace_id, key)
) STRICT, WITHOUT ROWID;

-- Orders. An order is identified by its number within its store; the store is blank until a request names one. A merge
-- does not move orders: the orders of a contact include those of the contacts that it absorbed. Orders of the same time
-- are ordered by the decision that last changed them. Amounts are exact: decimals as text.
CREATE TABLE orders (
    workspace_id      INTEGER NOT NULL,
    external_order_id TEXT    NOT NULL,
    store_id          TEXT    NOT NULL,
    contact_id        INTEGER NOT NULL,
    status            TEXT    NOT NULL,
    ordered_at        INTEGER NOT NULL,
    total_cost        TEXT    NOT NULL,
    currency          TEXT    NOT NULL,
    shipping          TEXT,
    discount          TEXT,
    taxes             TEXT,
    details           TEXT    NOT NULL,
    items             TEXT    NOT NULL,
    decision_id       BLOB    NOT NULL,
    created_at        INTEGER NOT NULL,
    updated_at        INTEGER NOT NULL,
    revision          INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, external_order_id, store_id)
) STRICT;
CREATE INDEX orders_by_contact ON orders (workspace_id, contact_id, ordered_at, decision_id);

-- Sites: pages and apps that use a public key. The key is published, not secret.
CREATE TABLE sites (
    site_id        INTEGER PRIMARY KEY AUTOINCREMENT,
    workspace_id   INTEGER NOT NULL REFERENCES workspaces (workspace_id),
    name           TEXT    NOT NULL,
    key            TEXT    NOT NULL UNIQUE,
    allow_unsigned INTEGER NOT NULL,
    created_at     INTEGER NOT NULL,
    UNIQUE (workspace_id, name)
) STRICT;

-- The origins whose pages may use the key of a site.
CREATE TABLE site_origins (
    site_id INTEGER NOT NULL REFERENCES sites (site_id) ON DELETE CASCADE,
    origin  TEXT    NOT NULL,
    PRIMARY KEY (site_id, origin)
) STRICT, WITHOUT ROWID;
CREATE INDEX site_origins_by_origin ON site_origins (origin);

-- Secrets that sign identity tokens. Checking a signature needs the secret itself, so a digest is not enough.
CREATE TABLE signing_secrets (
    secret_id    INTEGER PRIMARY KEY AUTOINCREMENT,
    workspace_id INTEGER NOT NULL REFERENCES workspaces (workspace_id),
    secret       TEXT    NOT NULL,
    created_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX signing_secrets_newest ON signing_secrets (workspace_id, secret_id DESC);
