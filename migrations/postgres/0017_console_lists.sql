-- Indexes for lists and counts of the console, and when the key of a site was last used.

-- Identifiers that contacts hold without matching by them.
CREATE INDEX identifiers_quarantined ON identifiers (workspace_id, kind, value, home_id) WHERE state = 2 AND hidden_by IS NULL;

-- Identifiers that were seen with several external IDs; the policy says how many make one shared.
CREATE INDEX identifier_values_shared ON identifier_values (workspace_id, kind, value, cardinality(seen_with))
    WHERE cardinality(seen_with) >= 2;

-- Contacts created in a period are counted from the index alone.
CREATE INDEX contacts_by_creation ON contacts (workspace_id, created_at);

-- When the key of a site was last used, to the minute.
ALTER TABLE sites ADD COLUMN seen_at timestamptz;
