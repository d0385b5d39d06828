-- Imports of files.
--
-- `found` is what the inspection of a file found, for the reader of its rows; `problems` is what is wrong with whole columns, as JSON.
ALTER TABLE imports
    ADD COLUMN is_dry_run boolean NOT NULL DEFAULT false,
    ADD COLUMN found      text,
    ADD COLUMN problems   text;

-- Bodies that are being uploaded: their chunks stand in import_chunks, under the ID of an import that is not accepted yet.
CREATE TABLE import_uploads (
    workspace_id bigint      NOT NULL REFERENCES workspaces (workspace_id),
    import_id    uuid        NOT NULL,
    touched_at   timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, import_id)
);
