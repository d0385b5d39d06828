-- Endpoints that receive changes. `kinds` lists the wanted kinds with commas between them, NULL for all. `sealed` is the secret, encrypted;
-- `sealed_before` the secret before it, which signs until `before_until` too. `position` is the last commit whose changes are messages.
CREATE TABLE webhooks (
    workspace_id  INTEGER NOT NULL REFERENCES workspaces (workspace_id),
    webhook_id    BLOB    NOT NULL,
    url           TEXT    NOT NULL,
    kinds         TEXT,
    sealed        BLOB    NOT NULL,
    sealed_before BLOB,
    before_until  INTEGER,
    is_enabled    INTEGER NOT NULL,
    failures      INTEGER NOT NULL,
    paused_until  INTEGER,
    problem       TEXT,
    position      INTEGER NOT NULL,
    created_at    INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, webhook_id),
    UNIQUE (workspace_id, url)
) STRICT, WITHOUT ROWID;

-- Messages for endpoints. A change is the one at `place` among those of its commit. `status` is pending, delivered or dead.
CREATE TABLE webhook_deliveries (
    workspace_id INTEGER NOT NULL REFERENCES workspaces (workspace_id),
    webhook_id   BLOB    NOT NULL,
    message_id   BLOB    NOT NULL,
    revision     INTEGER NOT NULL,
    place        INTEGER NOT NULL,
    contact_id   INTEGER NOT NULL,
    kind         TEXT    NOT NULL,
    body         TEXT    NOT NULL,
    status       TEXT    NOT NULL,
    attempts     INTEGER NOT NULL,
    next_try_at  INTEGER NOT NULL,
    last_status  INTEGER,
    last_detail  TEXT,
    last_at      INTEGER,
    PRIMARY KEY (workspace_id, webhook_id, message_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX webhook_deliveries_pending ON webhook_deliveries (workspace_id, webhook_id, contact_id, revision, place) WHERE status = 'pending';
CREATE INDEX webhook_deliveries_in_order ON webhook_deliveries (workspace_id, webhook_id, revision, place);
CREATE INDEX webhook_deliveries_by_contact ON webhook_deliveries (workspace_id, contact_id);
