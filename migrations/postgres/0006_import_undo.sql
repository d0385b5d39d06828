-- What imports changed, so that they can be taken back.
ALTER TABLE imports ADD COLUMN is_undoing boolean NOT NULL DEFAULT false;

-- What stayed when the row was taken back: JSON, without values of the contact.
ALTER TABLE import_rows ADD COLUMN kept text;

-- What a row changed of a contact, as JSON. It holds values of that contact alone, and is deleted with it, with the import, or as soon as the row is
-- taken back.
CREATE TABLE import_undo (
    workspace_id bigint NOT NULL,
    import_id    uuid   NOT NULL,
    row_number   bigint NOT NULL,
    contact_id   bigint NOT NULL,
    part         text   NOT NULL,
    PRIMARY KEY (workspace_id, import_id, row_number, contact_id)
);
CREATE INDEX import_undo_by_contact ON import_undo (workspace_id, contact_id);
