-- The change feed: reading the identity log in the order of the commits.
CREATE INDEX identity_log_by_revision ON identity_log (workspace_id, revision);
CREATE INDEX deletions_of_contacts ON deletions (workspace_id, revision) WHERE kind = 1;

-- Up to which commit notes of erased contacts are forgotten: the feed has all changes after it. Until now notes were deleted without saying so.
ALTER TABLE revisions ADD COLUMN feed_begins bigint NOT NULL DEFAULT 0;
UPDATE revisions SET feed_begins = latest;
