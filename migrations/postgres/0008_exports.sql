-- Exports.
--
-- Connectors: destinations. `settings` is JSON without credentials; `sealed` contains the credentials, encrypted with
-- the installation's key.
CREATE TABLE connectors (
    workspace_id bigint      NOT NULL REFERENCES workspaces (workspace_id),
    connector_id uuid        NOT NULL,
    name         text        NOT NULL COLLATE "C",
    settings     text        NOT NULL,
    sealed       bytea,
    created_at   timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, connector_id),
    UNIQUE (workspace_id, name)
);

-- Definitions of exports. `definition` is JSON; `version` counts the changes. `synced` is the last commit that the
-- destination contains.
CREATE TABLE exports (
    workspace_id bigint      NOT NULL REFERENCES workspaces (workspace_id),
    export_id    uuid        NOT NULL,
    connector_id uuid        NOT NULL,
    version      bigint      NOT NULL,
    name         text        NOT NULL COLLATE "C",
    definition   text        NOT NULL,
    is_paused    boolean     NOT NULL,
    must_fill    boolean     NOT NULL,
    synced       bigint,
    next_run_at  timestamptz,
    created_at   timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, export_id),
    UNIQUE (workspace_id, name)
);
CREATE INDEX exports_by_connector ON exports (workspace_id, connector_id);

-- Runs of exports. `report` is JSON. At most one run of an export is queued.
CREATE TABLE export_runs (
    workspace_id bigint      NOT NULL REFERENCES workspaces (workspace_id),
    run_id       uuid        NOT NULL,
    export_id    uuid        NOT NULL,
    job_id       uuid        NOT NULL,
    status       text        NOT NULL COLLATE "C",
    report       text        NOT NULL,
    created_at   timestamptz NOT NULL,
    finished_at  timestamptz,
    PRIMARY KEY (workspace_id, run_id)
);
CREATE INDEX export_runs_by_export ON export_runs (workspace_id, export_id, run_id);
CREATE UNIQUE INDEX export_runs_queued ON export_runs (workspace_id, export_id) WHERE status = 'queued';

-- Deletion records: what was erased or deleted, by the commit that did it, so that exports delete it too. They contain
-- numbers and IDs only. kind: 1 contact, 2 visitor, 3 order, 4 event.
CREATE TABLE deletions (
    workspace_id bigint   NOT NULL,
    revision     bigint   NOT NULL,
    kind         smallint NOT NULL,
    id           text     NOT NULL COLLATE "C",
    PRIMARY KEY (workspace_id, revision, kind, id)
);

-- Indexes to read what changed since a commit.
CREATE INDEX contacts_by_revision ON contacts (workspace_id, revision);
CREATE INDEX orders_by_revision ON orders (workspace_id, revision);
CREATE INDEX events_by_revision ON events (workspace_id, revision);
CREATE INDEX visitors_by_revision ON visitors (workspace_id, revision);
