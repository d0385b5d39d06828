-- The formulas of dynamic segments in their JSON form. Members are computed when a segment is read.
CREATE TABLE segment_formulas (
    workspace_id INTEGER NOT NULL,
    segment_id   INTEGER NOT NULL,
    revision     INTEGER NOT NULL,
    formula      TEXT    NOT NULL,
    PRIMARY KEY (workspace_id, segment_id)
) STRICT, WITHOUT ROWID;
