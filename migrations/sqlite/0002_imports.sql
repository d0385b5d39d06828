-- Jobs and imports: the tables of migrations/postgres/0005_imports.sql.
--
-- Jobs: background work that continues after its request was answered. `number` is the order in which the jobs of a
-- workspace were enqueued.
CREATE TABLE jobs (
    workspace_id  INTEGER NOT NULL REFERENCES workspaces (workspace_id),
    job_id        BLOB    NOT NULL,
    number        INTEGER NOT NULL,
    kind          TEXT    NOT NULL,
    queue         TEXT    NOT NULL,
    payload       TEXT    NOT NULL,
    state         TEXT    NOT NULL,
    attempts      INTEGER NOT NULL DEFAULT 0,
    is_cancelling INTEGER NOT NULL DEFAULT 0,
    lease_owner   BLOB,
    lease_until   INTEGER,
    heartbeat_at  INTEGER,
    not_before    INTEGER NOT NULL,
    created_at    INTEGER NOT NULL,
    finished_at   INTEGER,
    error         TEXT,
    PRIMARY KEY (workspace_id, job_id),
    UNIQUE (workspace_id, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX jobs_open ON jobs (workspace_id, queue, number) WHERE state IN ('queued', 'running');

-- Imports: many contacts at once. The counts are the outcomes of the rows 1 to their sum.
CREATE TABLE imports (
    workspace_id   INTEGER NOT NULL REFERENCES workspaces (workspace_id),
    import_id      BLOB    NOT NULL,
    job_id         BLOB    NOT NULL,
    format         TEXT    NOT NULL,
    options        TEXT    NOT NULL,
    status         TEXT    NOT NULL,
    total          INTEGER,
    rows_created   INTEGER NOT NULL DEFAULT 0,
    rows_updated   INTEGER NOT NULL DEFAULT 0,
    rows_restored  INTEGER NOT NULL DEFAULT 0,
    rows_unchanged INTEGER NOT NULL DEFAULT 0,
    rows_merged    INTEGER NOT NULL DEFAULT 0,
    rows_rejected  INTEGER NOT NULL DEFAULT 0,
    error          TEXT,
    is_cancelling  INTEGER NOT NULL DEFAULT 0,
    replay_key     TEXT,
    replay_digest  BLOB,
    created_at     INTEGER NOT NULL,
    started_at     INTEGER,
    heartbeat_at   INTEGER NOT NULL,
    finished_at    INTEGER,
    PRIMARY KEY (workspace_id, import_id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX imports_replays ON imports (workspace_id, replay_key) WHERE replay_key IS NOT NULL;

-- The body of an import, kept until the import is over.
CREATE TABLE import_chunks (
    workspace_id INTEGER NOT NULL,
    import_id    BLOB    NOT NULL,
    place        INTEGER NOT NULL,
    bytes        BLOB    NOT NULL,
    PRIMARY KEY (workspace_id, import_id, place)
) STRICT;

-- The result of a row. outcome: 0 created, 1 updated, 2 restored, 3 unchanged, 4 merged, 5 rejected. The dedupe value
-- is an identifier: it is deleted after a day, or with its contact.
CREATE TABLE import_rows (
    workspace_id INTEGER NOT NULL,
    import_id    BLOB    NOT NULL,
    row_number   INTEGER NOT NULL,
    line         INTEGER NOT NULL,
    contact_id   INTEGER,
    decision_id  BLOB,
    outcome      INTEGER NOT NULL,
    error        TEXT,
    dedupe_value TEXT,
    PRIMARY KEY (workspace_id, import_id, row_number)
) STRICT;
CREATE INDEX import_rows_by_outcome ON import_rows (workspace_id, import_id, outcome, row_number);
CREATE INDEX import_rows_with_values ON import_rows (workspace_id, contact_id) WHERE dedupe_value IS NOT NULL;
