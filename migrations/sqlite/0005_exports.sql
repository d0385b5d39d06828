-- Exports: the tables of migrations/postgres/0008_exports.sql.
--
-- Connectors: destinations. `settings` is JSON without credentials; `sealed` contains the credentials, encrypted with
-- the installation's key.
CREATE TABLE connectors (
    workspace_id INTEGER NOT NULL REFERENCES workspaces (workspace_id),
    connector_id BLOB    NOT NULL,
    name         TEXT    NOT NULL,
    settings     TEXT    NOT NULL,
    sealed       BLOB,
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, connector_id),
    UNIQUE (workspace_id, name)
) STRICT, WITHOUT ROWID;

-- Definitions of exports. `definition` is JSON; `version` counts the changes. `synced` is the last commit that the
-- destination contains.
CREATE TABLE exports (
    workspace_id INTEGER NOT NULL REFERENCES workspaces (workspace_id),
    export_id    BLOB    NOT NULL,
    connector_id BLOB    NOT NULL,
    version      INTEGER NOT NULL,
    name         TEXT    NOT NULL,
    definition   TEXT    NOT NULL,
    is_paused    INTEGER NOT NULL,
    must_fill    INTEGER NOT NULL,
    synced       INTEGER,
    next_run_at  INTEGER,
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, export_id),
    UNIQUE (workspace_id, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX exports_by_connector ON exports (workspace_id, connector_id);

-- Runs of exports. `report` is JSON. At most one run of an export is queued.
CREATE TABLE export_runs (
    workspace_id INTEGER NOT NULL REFERENCES workspaces (workspace_id),
    run_id       BLOB    NOT NULL,
    export_id    BLOB    NOT NULL,
    job_id       BLOB    NOT NULL,
    status       TEXT    NOT NULL,
    report       TEXT    NOT NULL,
    created_at   INTEGER NOT NULL,
    finished_at  INTEGER,
    PRIMARY KEY (workspace_id, run_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX export_runs_by_export ON export_runs (workspace_id, export_id, run_id);
CREATE UNIQUE INDEX export_runs_queued ON export_runs (workspace_id, export_id) WHERE status = 'queued';

-- Deletion records: what was erased or deleted, by the commit that did it, so that exports delete it too. They contain
-- numbers and IDs only. kind: 1 contact, 2 visitor, 3 order, 4 event.
CREATE TABLE deletions (
    workspace_id INTEGER NOT NULL,
    revision     INTEGER NOT NULL,
    kind         INTEGER NOT NULL,
    id           TEXT    NOT NULL,
    PRIMARY KEY (workspace_id, revision, kind, id)
) STRICT, WITHOUT ROWID;

-- Indexes to read what changed since a commit.
CREATE INDEX contacts_by_revision ON contacts (workspace_id, revision);
CREATE INDEX orders_by_revision ON orders (workspace_id, revision);
CREATE INDEX events_by_revision ON events (workspace_id, revision);
CREATE INDEX visitors_by_revision ON visitors (workspace_id, revision);
