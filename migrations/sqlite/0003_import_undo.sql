-- What imports changed, so that they can be taken back: the tables of migrations/postgres/0006_import_undo.sql.
ALTER TABLE imports ADD COLUMN is_undoing INTEGER NOT NULL DEFAULT 0;

-- What stayed when the row was taken back: JSON, without values of the contact.
ALTER TABLE import_rows ADD COLUMN kept TEXT;

-- What a row changed of a contact, as JSON. It holds values of that contact alone, and is deleted with it, with the import, or as soon as the row is
-- taken back.
CREATE TABLE import_undo (
    workspace_id INTEGER NOT NULL,
    import_id    BLOB    NOT NULL,
    row_number   INTEGER NOT NULL,
    contact_id   INTEGER NOT NULL,
    part         TEXT    NOT NULL,
    PRIMARY KEY (workspace_id, import_id, row_number, contact_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX import_undo_by_contact ON import_undo (workspace_id, contact_id);
