-- When a contact has to be evaluated again for a segment although nothing was written, because a condition on the time changes then. Rows of deleted segments
-- are deleted when they are due.
CREATE TABLE segment_due (
    workspace_id INTEGER NOT NULL,
    contact_id   INTEGER NOT NULL,
    segment_id   INTEGER NOT NULL,
    due_at       INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, contact_id, segment_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX segment_due_by_time ON segment_due (workspace_id, due_at);

-- All segments count as edited in the last commit, so that due times are found for them.
UPDATE segment_formulas
SET revision = (SELECT r.latest FROM revisions AS r WHERE r.workspace_id = segment_formulas.workspace_id);
UPDATE segment_records
SET recorded = min(recorded, (SELECT r.latest FROM revisions AS r WHERE r.workspace_id = segment_records.workspace_id) - 1);

-- Conditions on imports look for the rows of a contact, as erasures do.
DROP INDEX import_rows_with_values;
CREATE INDEX import_rows_by_contact ON import_rows (workspace_id, contact_id) WHERE contact_id IS NOT NULL;
