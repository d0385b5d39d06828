-- A value is shared while it was seen with as many external IDs as the policy says, so that a policy that changes counts for what was seen
-- before, too. Of values that were shared before, it is not known any more with which: they are given as many that nobody has.
UPDATE identifier_keys k
SET seen_with = ARRAY(
    SELECT gen_random_uuid() FROM generate_series(1, COALESCE((w.policy ->> 'shared_threshold')::integer, 3)))
FROM workspaces w
WHERE w.workspace_id = k.workspace_id AND k.shared;

ALTER TABLE identifier_keys DROP COLUMN shared;
