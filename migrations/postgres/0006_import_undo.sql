-- The changes of imports, for their undo.
ALTER TABLE imports ADD COLUMN is_undoing boolean NOT NULL DEFAULT false;

-- What the undo of the row left in place: JSON, without values of the contact.
ALTER TABLE import_rows ADD COLUMN kept text;

-- The change of a contact by a row, as JSON. It contains values of that contact only, and is deleted with the contact,
-- with the import, or when the row is undone.
CREATE TABLE import_undo (
    workspace_id bigint NOT NULL,
    import_id    uuid   NOT NULL,
    row_number   bigint NOT NULL,
    contact_id   bigint NOT NULL,
    part         text   NOT NULL,
    PRIMARY KEY (workspace_id, import_id, row_number, contact_id)
);
CREATE INDEX import_undo_by_contact ON import_undo (workspace_id, contact_id);
