-- From when until when contacts were in segments, static and dynamic. from_revision and to_revision are the commits that made the contact enter and leave;
-- entered_in and left_in are later commits, which recorded that. Current members are computed when they are read.
CREATE TABLE segment_periods (
    workspace_id  bigint      NOT NULL,
    segment_id    bigint      NOT NULL,
    contact_id    bigint      NOT NULL,
    entered_in    bigint      NOT NULL,
    from_revision bigint      NOT NULL,
    from_cause    smallint    NOT NULL,
    from_at       timestamptz NOT NULL,
    left_in       bigint,
    to_revision   bigint,
    to_cause      smallint,
    to_at         timestamptz,
    PRIMARY KEY (workspace_id, segment_id, contact_id, entered_in)
);
CREATE INDEX segment_periods_by_contact ON segment_periods (workspace_id, contact_id);
CREATE INDEX segment_periods_entered ON segment_periods (workspace_id, entered_in);
CREATE INDEX segment_periods_left ON segment_periods (workspace_id, left_in) WHERE left_in IS NOT NULL;

-- How far the periods of a workspace are recorded: up to the commit `recorded`, and whole from the commit `begins` on. A workspace without a row has nothing
-- recorded yet, and a whole record.
CREATE TABLE segment_records (
    workspace_id bigint      PRIMARY KEY,
    recorded     bigint      NOT NULL,
    begins       bigint      NOT NULL,
    checked_at   timestamptz NOT NULL
);
INSERT INTO segment_records (workspace_id, recorded, begins, checked_at)
SELECT workspace_id, 0, latest, to_timestamp(0) FROM revisions WHERE latest > 0;
