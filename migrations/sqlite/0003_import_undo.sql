-- The changes of imports, for their undo: the tables of migrations/postgres/0006_import_undo.sql.
ALTER TABLE imports ADD COLUMN is_undoing INTEGER NOT NULL DEFAULT 0;

-- What the undo of the row left in place: JSON, without values of the contact.
ALTER TABLE import_rows ADD COLUMN kept TEXT;

-- The change of a contact by a row, as JSON. It contains values of that contact only, and is deleted with the contact,
-- with the import, or when the row is undone.
CREATE TABLE import_undo (
    workspace_id INTEGER NOT NULL,
    import_id    BLOB    NOT NULL,
    row_number   INTEGER NOT NULL,
    contact_id   INTEGER NOT NULL,
    part         TEXT    NOT NULL,
    PRIMARY KEY (workspace_id, import_id, row_number, contact_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX import_undo_by_contact ON import_undo (workspace_id, contact_id);
