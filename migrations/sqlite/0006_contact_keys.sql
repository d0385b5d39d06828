-- Contact keys identify in events: kind 10 of identifiers. Those that contacts have of their own become identifiers of theirs.
INSERT INTO identifiers
    (workspace_id, kind, value, home_id, owner_id, typed, state, confirmed, source, first_seen, last_seen)
SELECT c.workspace_id, 10, p.attributes ->> '$.contactKey.v', c.contact_id, c.canonical_id, p.attributes ->> '$.contactKey.v', 'active',
       0, c.source, c.created_at, c.updated_at
FROM profiles p
JOIN contacts c ON c.workspace_id = p.workspace_id AND c.contact_id = p.contact_id
WHERE p.attributes ->> '$.contactKey.v' IS NOT NULL AND p.attributes ->> '$.contactKey.from' IS NULL
ON CONFLICT (workspace_id, kind, value, home_id) DO NOTHING;
