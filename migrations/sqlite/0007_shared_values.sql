-- A value is shared while it was seen with as many external IDs as the policy says, so that a policy that changes counts for what was seen
-- before, too. Of values that were shared before, it is not known any more with which: they are given as many that nobody has.
UPDATE identifier_keys
SET seen_with = (
    WITH RECURSIVE seen (number) AS (
        SELECT 1
        UNION ALL
        SELECT number + 1 FROM seen
        WHERE number < (
            SELECT COALESCE(w.policy ->> '$.shared_threshold', 3) FROM workspaces AS w
            WHERE w.workspace_id = identifier_keys.workspace_id)
    )
    SELECT json_group_array(substr(random, 1, 8) || '-' || substr(random, 9, 4) || '-4' || substr(random, 14, 3) || '-8'
        || substr(random, 18, 3) || '-' || substr(random, 21, 12))
    FROM (SELECT lower(hex(randomblob(16))) AS random FROM seen)
)
WHERE shared;

ALTER TABLE identifier_keys DROP COLUMN shared;
