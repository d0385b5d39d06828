-- The formulas of dynamic segments in their JSON form. Members are computed when a segment is read.
CREATE TABLE segment_formulas (
    workspace_id bigint NOT NULL,
    segment_id   bigint NOT NULL,
    revision     bigint NOT NULL,
    formula      text   NOT NULL,
    PRIMARY KEY (workspace_id, segment_id)
);
