-- The formulas of dynamic segments, in their JSON form. Who is in one is asked of the contacts when it is read.
CREATE TABLE segment_formulas (
    workspace_id bigint NOT NULL,
    segment_id   bigint NOT NULL,
    revision     bigint NOT NULL,
    formula      text   NOT NULL,
    PRIMARY KEY (workspace_id, segment_id)
);
