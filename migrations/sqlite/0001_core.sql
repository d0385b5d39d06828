-- The core: workspaces, contacts, identifiers, merges, the identity log. The same tables as in migrations/postgres, with the same
-- names and numbers, in the types of SQLite.
--
-- Times are integers, microseconds since 1970 in UTC. Booleans are 0 and 1. UUIDs are blobs of 16 bytes, JSON is text.
-- Texts compare by their bytes, which is the order of Rust and of Postgres with the collation C.
-- kind: 1 external_id, 2 email, 3 phone, 4 mobile_push, 5 web_push, 6 telegram, 7 device_id, 8 cookie, 9 field.
--
-- WITHOUT ROWID where rows are small and the primary key is the way to them. Wide rows (identifiers, profiles, the log, merges, recorded
-- replies) keep their rowid: what is written together then lies together, so that a batch dirties few pages.

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

-- Numbers of contacts, segments, categories and fields: handed out per workspace, never twice.
CREATE TABLE counters (
    workspace_id INTEGER NOT NULL,
    name         TEXT    NOT NULL,
    next         INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, name)
) STRICT, WITHOUT ROWID;

-- A contact, narrow. canonical_id is who answers for it: itself, or the end of the chain of merged_into.
CREATE TABLE contacts (
    workspace_id INTEGER NOT NULL,
    contact_id   INTEGER NOT NULL,
    state        TEXT    NOT NULL CHECK (state IN ('active', 'removed', 'merged')),
    canonical_id INTEGER NOT NULL,
    merged_into  INTEGER,
    source       TEXT    NOT NULL,
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, contact_id),
    CHECK ((state = 'merged') = (merged_into IS NOT NULL)),
    CHECK ((state = 'merged') = (canonical_id <> contact_id))
) STRICT, WITHOUT ROWID;
CREATE INDEX contacts_by_update ON contacts (workspace_id, updated_at DESC, contact_id DESC) WHERE state = 'active';
CREATE INDEX contacts_absorbed ON contacts (workspace_id, canonical_id) WHERE state = 'merged';

-- What a contact has besides identifiers. The two match columns are lower case, made by the application.
CREATE TABLE profiles (
    workspace_id     INTEGER NOT NULL,
    contact_id       INTEGER NOT NULL,
    attributes       TEXT    NOT NULL,
    first_name_match TEXT,
    last_name_match  TEXT,
    PRIMARY KEY (workspace_id, contact_id)
) STRICT;
CREATE INDEX profiles_by_last_name ON profiles (workspace_id, last_name_match, first_name_match)
    WHERE last_name_match IS NOT NULL;
CREATE INDEX profiles_by_first_name ON profiles (workspace_id, first_name_match) WHERE first_name_match IS NOT NULL;

-- What is known of an identifier's value itself, when it is anything. (In Postgres every identifier that a request ever named has a row,
-- because writers lock it. Here a writer has the whole database, and a missing row says the same as one of defaults.)
CREATE TABLE identifier_keys (
    workspace_id    INTEGER NOT NULL,
    kind            INTEGER NOT NULL,
    value           TEXT    NOT NULL,
    shared          INTEGER NOT NULL DEFAULT 0,
    seen_with       TEXT    NOT NULL DEFAULT '[]',
    unsubscribed_at INTEGER,
    PRIMARY KEY (workspace_id, kind, value)
) STRICT, WITHOUT ROWID;

-- Who holds an identifier: the contact that brought it (home) and the one that answers for it now (owner).
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
    PRIMARY KEY (workspace_id, kind, value, home_id)
) STRICT;
CREATE UNIQUE INDEX identifiers_exclusive ON identifiers (workspace_id, kind, value) WHERE kind IN (1, 4, 5, 6, 7, 8);
CREATE INDEX identifiers_by_owner ON identifiers (workspace_id, owner_id);
-- Tokens without their apps.
CREATE INDEX identifiers_by_token ON identifiers (workspace_id, kind, typed)
    WHERE kind IN (4, 5, 6) AND octet_length(typed) < 1000;

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
    PRIMARY KEY (workspace_id, field_id),
    UNIQUE (workspace_id, profile_key, field_key)
) STRICT;

-- The history behind a cookie between two changes of its owner. At most one visitor of a cookie is open.
CREATE TABLE visitors (
    workspace_id INTEGER NOT NULL,
    visitor_id   BLOB    NOT NULL,
    cookie       TEXT    NOT NULL,
    home_id      INTEGER,
    owner_id     INTEGER,
    since        INTEGER NOT NULL,
    closed_at    INTEGER,
    follows      INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, visitor_id)
) STRICT;
CREATE UNIQUE INDEX visitors_open ON visitors (workspace_id, cookie) WHERE closed_at IS NULL;
CREATE INDEX visitors_by_owner ON visitors (workspace_id, owner_id) WHERE owner_id IS NOT NULL;
CREATE INDEX visitors_by_home ON visitors (workspace_id, home_id) WHERE home_id IS NOT NULL;

-- Decisions, once for every contact that they touched. decision_id orders by time.
CREATE TABLE identity_log (
    workspace_id INTEGER NOT NULL,
    contact_id   INTEGER NOT NULL,
    decision_id  BLOB    NOT NULL,
    body         TEXT    NOT NULL,
    PRIMARY KEY (workspace_id, contact_id, decision_id)
) STRICT;
CREATE INDEX identity_log_by_decision ON identity_log (workspace_id, decision_id);

-- Whom a decision touches or names, where that is more than one contact: erasing any of them deletes the decision from the logs of all.
-- In Postgres the column mentions and an index; here a table that most decisions have no row in.
CREATE TABLE identity_log_mentions (
    workspace_id INTEGER NOT NULL,
    decision_id  BLOB    NOT NULL,
    contact_id   INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, decision_id, contact_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX identity_log_mentions_by_contact ON identity_log_mentions (workspace_id, contact_id);

-- Replies kept for idempotency keys and for the detection of duplicated requests.
CREATE TABLE recorded_replies (
    workspace_id INTEGER NOT NULL,
    key          TEXT    NOT NULL,
    digest       BLOB    NOT NULL,
    decisions    TEXT    NOT NULL,
    contacts     TEXT    NOT NULL,
    expires_at   INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, key)
) STRICT;
CREATE INDEX recorded_replies_by_end ON recorded_replies (workspace_id, expires_at);

-- Which replies are about a contact. In Postgres a GIN index on recorded_replies.contacts; here a table.
CREATE TABLE recorded_reply_contacts (
    workspace_id INTEGER NOT NULL,
    key          TEXT    NOT NULL,
    contact_id   INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, key, contact_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX recorded_reply_contacts_by_contact ON recorded_reply_contacts (workspace_id, contact_id);
