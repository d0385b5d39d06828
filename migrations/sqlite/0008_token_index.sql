-- The SQLite programs of distributions are often older than octet_length, and refuse to copy a database whose schema has it.
DROP INDEX identifiers_by_token;
CREATE INDEX identifiers_by_token ON identifiers (workspace_id, kind, typed)
    WHERE kind IN (4, 5, 6) AND length(CAST(typed AS BLOB)) < 1000;
