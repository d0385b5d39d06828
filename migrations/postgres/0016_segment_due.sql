-- When a contact has to be evaluated again for a segment although nothing was written, because a condition on the time changes then. Rows of deleted segments
-- are deleted when they are due.
CREATE TABLE segment_due (
    workspace_id bigint      NOT NULL,
    contact_id   bigint      NOT NULL,
    segment_id   bigint      NOT NULL,
    due_at       timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, contact_id, segment_id)
);
CREATE INDEX segment_due_by_time ON segment_due (workspace_id, due_at);

-- All segments count as edited in the last commit, so that due times are found for them.
UPDATE segment_formulas f SET revision = r.latest FROM revisions r WHERE r.workspace_id = f.workspace_id;
UPDATE segment_records k SET recorded = LEAST(k.recorded, r.latest - 1) FROM revisions r WHERE r.workspace_id = k.workspace_id;

-- Conditions on imports look for the rows of a contact, as erasures do.
DROP INDEX import_rows_with_values;
CREATE INDEX import_rows_by_contact ON import_rows (workspace_id, contact_id) WHERE contact_id IS NOT NULL;
