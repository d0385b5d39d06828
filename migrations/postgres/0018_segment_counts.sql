-- How many contacts the record shows in a segment: rows of segment_periods without left_in. Without a row there are none.
CREATE TABLE segment_counts (
    workspace_id bigint NOT NULL,
    segment_id   bigint NOT NULL,
    members      bigint NOT NULL,
    PRIMARY KEY (workspace_id, segment_id)
);
INSERT INTO segment_counts (workspace_id, segment_id, members)
SELECT workspace_id, segment_id, count(*) FROM segment_periods WHERE left_in IS NULL GROUP BY workspace_id, segment_id;
