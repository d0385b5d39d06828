-- Imports of files: the tables of migrations/postgres/0009_import_files.sql.
--
-- `found` is what the inspection of a file found, for the reader of its rows; `problems` is what is wrong with whole columns, as JSON.
ALTER TABLE imports ADD COLUMN is_dry_run INTEGER NOT NULL DEFAULT 0;
ALTER TABLE imports ADD COLUMN found TEXT;
ALTER TABLE imports ADD COLUMN problems TEXT;

-- Bodies that are being uploaded: their chunks stand in import_chunks, under the ID of an import that is not accepted yet.
CREATE TABLE import_uploads (
    workspace_id INTEGER NOT NULL REFERENCES workspaces (workspace_id),
    import_id    BLOB    NOT NULL,
    touched_at   INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, import_id)
) STRICT, WITHOUT ROWID;
