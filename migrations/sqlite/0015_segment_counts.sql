-- How many contacts the record shows in a segment: rows of segment_periods without left_in. Without a row there are none.
CREATE TABLE segment_counts (
    workspace_id INTEGER NOT NULL,
    segment_id   INTEGER NOT NULL,
    members      INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, segment_id)
) STRICT, WITHOUT ROWID;
INSERT INTO segment_counts (workspace_id, segment_id, members)
SELECT workspace_id, segment_id, count(*) FROM segment_periods WHERE left_in IS NULL GROUP BY workspace_id, segment_id;

-- A statement cannot return what it deleted to another one, so triggers count.
CREATE TRIGGER segment_entered AFTER INSERT ON segment_periods WHEN new.left_in IS NULL BEGIN
    INSERT INTO segment_counts (workspace_id, segment_id, members) VALUES (new.workspace_id, new.segment_id, 1)
    ON CONFLICT (workspace_id, segment_id) DO UPDATE SET members = members + 1;
END;
CREATE TRIGGER segment_left AFTER UPDATE OF left_in ON segment_periods WHEN old.left_in IS NULL AND new.left_in IS NOT NULL BEGIN
    UPDATE segment_counts SET members = members - 1 WHERE workspace_id = new.workspace_id AND segment_id = new.segment_id;
END;
CREATE TRIGGER segment_forgotten AFTER DELETE ON segment_periods WHEN old.left_in IS NULL BEGIN
    UPDATE segment_counts SET members = members - 1 WHERE workspace_id = old.workspace_id AND segment_id = old.segment_id;
END;
