-- From when until when contacts were in segments, static and dynamic. from_revision and to_revision are the commits that made the contact enter and leave;
-- entered_in and left_in are later commits, which recorded that. Current members are computed when they are read.
CREATE TABLE segment_periods (
    workspace_id  INTEGER NOT NULL,
    segment_id    INTEGER NOT NULL,
    contact_id    INTEGER NOT NULL,
    entered_in    INTEGER NOT NULL,
    from_revision INTEGER NOT NULL,
    from_cause    INTEGER NOT NULL,
    from_at       INTEGER NOT NULL,
    left_in       INTEGER,
    to_revision   INTEGER,
    to_cause      INTEGER,
    to_at         INTEGER,
    PRIMARY KEY (workspace_id, segment_id, contact_id, entered_in)
) STRICT, WITHOUT ROWID;
CREATE INDEX segment_periods_by_contact ON segment_periods (workspace_id, contact_id);
CREATE INDEX segment_periods_entered ON segment_periods (workspace_id, entered_in);
CREATE INDEX segment_periods_left ON segment_periods (workspace_id, left_in) WHERE left_in IS NOT NULL;

-- How far the periods of a workspace are recorded: up to the commit `recorded`, and whole from the commit `begins` on. A workspace without a row has nothing
-- recorded yet, and a whole record.
CREATE TABLE segment_records (
    workspace_id INTEGER PRIMARY KEY,
    recorded     INTEGER NOT NULL,
    begins       INTEGER NOT NULL,
    checked_at   INTEGER NOT NULL
) STRICT;
INSERT INTO segment_records (workspace_id, recorded, begins, checked_at)
SELECT workspace_id, 0, latest, 0 FROM revisions WHERE latest > 0;
