-- Segments that were deleted, for exports, which show them as deleted. `revision` is the commit that deleted the segment.
CREATE TABLE deleted_segments (
    workspace_id INTEGER NOT NULL,
    segment_id   INTEGER NOT NULL,
    revision     INTEGER NOT NULL,
    name         TEXT    NOT NULL,
    is_dynamic   INTEGER NOT NULL,
    created_at   INTEGER NOT NULL,
    deleted_at   INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, segment_id)
) STRICT, WITHOUT ROWID;
