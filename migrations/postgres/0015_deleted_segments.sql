-- Segments that were deleted, for exports, which show them as deleted. `revision` is the commit that deleted the segment.
CREATE TABLE deleted_segments (
    workspace_id bigint      NOT NULL,
    segment_id   bigint      NOT NULL,
    revision     bigint      NOT NULL,
    name         text        NOT NULL COLLATE "C",
    is_dynamic   boolean     NOT NULL,
    created_at   timestamptz NOT NULL,
    deleted_at   timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, segment_id)
);
