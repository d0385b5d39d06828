-- Jobs and imports.
--
-- Jobs: background work that continues after its request was answered. Servers look for jobs of all workspaces, so this
-- table stays on the coordinator where the other tables are distributed, and no statement joins it with them. `number`
-- is the order in which the jobs of a workspace were enqueued.
CREATE TABLE jobs (
    workspace_id  bigint      NOT NULL REFERENCES workspaces (workspace_id),
    job_id        uuid        NOT NULL,
    number        bigint      NOT NULL,
    kind          text        NOT NULL COLLATE "C",
    queue         text        NOT NULL COLLATE "C",
    payload       text        NOT NULL,
    state         text        NOT NULL COLLATE "C",
    attempts      integer     NOT NULL DEFAULT 0,
    is_cancelling boolean     NOT NULL DEFAULT false,
    lease_owner   uuid,
    lease_until   timestamptz,
    heartbeat_at  timestamptz,
    not_before    timestamptz NOT NULL,
    created_at    timestamptz NOT NULL,
    finished_at   timestamptz,
    error         text,
    PRIMARY KEY (workspace_id, job_id),
    UNIQUE (workspace_id, number)
);
CREATE INDEX jobs_open ON jobs (workspace_id, queue, number) WHERE state IN ('queued', 'running');

-- Imports: many contacts at once. The counts are the outcomes of the rows 1 to their sum.
CREATE TABLE imports (
    workspace_id   bigint      NOT NULL REFERENCES workspaces (workspace_id),
    import_id      uuid        NOT NULL,
    job_id         uuid        NOT NULL,
    format         text        NOT NULL,
    options        text        NOT NULL,
    status         text        NOT NULL,
    total          bigint,
    rows_created   bigint      NOT NULL DEFAULT 0,
    rows_updated   bigint      NOT NULL DEFAULT 0,
    rows_restored  bigint      NOT NULL DEFAULT 0,
    rows_unchanged bigint      NOT NULL DEFAULT 0,
    rows_merged    bigint      NOT NULL DEFAULT 0,
    rows_rejected  bigint      NOT NULL DEFAULT 0,
    error          text,
    is_cancelling  boolean     NOT NULL DEFAULT false,
    replay_key     text COLLATE "C",
    replay_digest  bytea,
    created_at     timestamptz NOT NULL,
    started_at     timestamptz,
    heartbeat_at   timestamptz NOT NULL,
    finished_at    timestamptz,
    PRIMARY KEY (workspace_id, import_id)
);
CREATE UNIQUE INDEX imports_replays ON imports (workspace_id, replay_key) WHERE replay_key IS NOT NULL;

-- The body of an import, kept until the import is over.
CREATE TABLE import_chunks (
    workspace_id bigint  NOT NULL,
    import_id    uuid    NOT NULL,
    place        integer NOT NULL,
    bytes        bytea   NOT NULL,
    PRIMARY KEY (workspace_id, import_id, place)
);

-- The result of a row. outcome: 0 created, 1 updated, 2 restored, 3 unchanged, 4 merged, 5 rejected. The dedupe value
-- is an identifier: it is deleted after a day, or with its contact.
CREATE TABLE import_rows (
    workspace_id bigint   NOT NULL,
    import_id    uuid     NOT NULL,
    row_number   bigint   NOT NULL,
    line         bigint   NOT NULL,
    contact_id   bigint,
    decision_id  uuid,
    outcome      smallint NOT NULL,
    error        text,
    dedupe_value text,
    PRIMARY KEY (workspace_id, import_id, row_number)
);
CREATE INDEX import_rows_by_outcome ON import_rows (workspace_id, import_id, outcome, row_number);
CREATE INDEX import_rows_with_values ON import_rows (workspace_id, contact_id) WHERE dedupe_value IS NOT NULL;
