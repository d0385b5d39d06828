-- The contacts that the given ones absorbed, at any depth.
CREATE FUNCTION absorbed_by_v1(asked_workspace bigint, survivors bigint[]) RETURNS bigint[] LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (
        SELECT array_agg(c.contact_id)
        FROM unnest(survivors) AS survivor (contact_id)
        CROSS JOIN LATERAL (
            SELECT contact_id FROM contacts
            WHERE workspace_id = asked_workspace AND canonical_id = survivor.contact_id AND state = 3 OFFSET 0
        ) c);
END
$$;

-- Reads the snapshot of a batch in one statement: the function is stable, so all of its queries see the state at the
-- start of the statement. Parts that were not requested are skipped. Every look-up is a lateral sub-query with OFFSET
-- 0, which prevents the planner from rewriting it: an index serves it, once for each requested row. Otherwise the
-- planner would read all rows of the workspace, because the statistics of a new table say that it is nearly empty.
--
-- asks_for_tokens: whether asked_keys has tokens without their apps, that is, of any app; asks_for_changeable: whether it
-- has tokens, devices or cookies.
--
-- When the policy is not the known one, only the revisions and the access version are read. Without such a workspace
-- they are null.
CREATE FUNCTION read_v1(
    asked_workspace bigint,
    known_policy bigint,
    asked_keys asked_key_v1[],
    asks_for_tokens boolean,
    asks_for_changeable boolean,
    asked_late late_key_v1[],
    asked_contacts bigint[],
    asked_merges uuid[],
    asked_orders text[],
    asked_events uuid[],
    asked_event_types text[],
    asked_segments bigint[],
    asked_segment_names text[],
    asked_categories bigint[],
    asked_category_keys text[],
    asked_all_categories boolean,
    asked_fields bigint[],
    asked_field_keys field_key_v1[],
    asked_numbers text[],
    deleting_from timestamptz,
    deleting_until timestamptz,
    deleting_most bigint,
    asked_replies text[],
    replies_at timestamptz,
    OUT found_revision bigint,
    OUT found_policy bigint,
    OUT found_access bigint,
    OUT found_replies reply_v1[],
    OUT found_contacts contact_v1[],
    OUT found_identifiers identifier_v1[],
    OUT found_memberships membership_v1[],
    OUT found_values value_v1[],
    OUT found_visitors visitor_v1[],
    -- For each value and time: the latest visitor that began by then, and the first one that began later; open ones
    -- included.
    OUT found_late visitor_v1[],
    OUT found_answers answer_v1[],
    OUT found_merges merge_v1[],
    OUT found_apart parties_v1[],
    OUT found_orders order_v1[],
    OUT found_segments segment_v1[],
    OUT found_categories category_v1[],
    OUT found_fields field_v1[],
    OUT found_creating text[],
    OUT found_events uuid[],
    OUT found_deletable stored_event_v1[],
    OUT found_numbers number_v1[]
) LANGUAGE plpgsql STABLE
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET enable_material = off SET jit = off
-- The shape of a plan does not depend on the values, and planning costs more than executing.
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    -- Contacts to read whole, including absorbed ones of the groups of merges.
    ids bigint[] := '{}';
    named bigint[] := asked_contacts;
    -- Held tokens of any app that were requested without their apps.
    tokens asked_key_v1[];
    moving asked_key_v1[];
    some_ids bigint[];
    parties bigint[];
    members bigint[];
BEGIN
    SELECT r.latest, r.policy, r.access INTO found_revision, found_policy, found_access
    FROM revisions r WHERE r.workspace_id = asked_workspace;
    IF found_policy IS DISTINCT FROM known_policy THEN
        RETURN;
    END IF;

    IF cardinality(asked_keys) > 0 THEN
        -- The holders of the values, and the sightings that their rows store. A value that was not requested with its
        -- holders may have any number of them; one is enough to find its sighting, which only a single holder stores.
        -- Removed contacts are found by exclusive identifiers only.
        SELECT array_agg(DISTINCT c.contact_id) FILTER (WHERE c.contact_id IS NOT NULL),
               array_agg(ROW(asked.kind, asked.value, ARRAY[i.seen_with], NULL, NULL, NULL)::value_v1)
                   FILTER (WHERE i.seen_with IS NOT NULL)
        INTO some_ids, found_values
        FROM unnest(asked_keys) AS asked
        CROSS JOIN LATERAL (
            SELECT owner_id, seen_with FROM identifiers
            WHERE workspace_id = asked_workspace AND kind = asked.kind AND value = asked.value
            LIMIT CASE WHEN asked.held THEN NULL ELSE 1 END
        ) i
        LEFT JOIN LATERAL (
            SELECT contact_id FROM contacts
            WHERE asked.held AND workspace_id = asked_workspace AND contact_id = i.owner_id
              AND (state = 1 OR (state = 2 AND asked.kind IN (1, 4, 5, 6, 7, 8)))
            OFFSET 0
        ) c ON true;
        ids := ids || some_ids;

        IF asks_for_tokens THEN
            SELECT array_agg(ROW(i.kind, i.value, true)::asked_key_v1), array_agg(DISTINCT i.owner_id),
                   found_values || array_agg(ROW(i.kind, i.value, ARRAY[i.seen_with], NULL, NULL, NULL)::value_v1)
                       FILTER (WHERE i.seen_with IS NOT NULL)
            INTO tokens, some_ids, found_values
            FROM unnest(asked_keys) AS asked
            CROSS JOIN LATERAL (
                SELECT kind, value, owner_id, seen_with FROM identifiers
                WHERE workspace_id = asked_workspace AND kind = asked.kind AND typed = substr(asked.value, 2)
                  AND kind IN (4, 5, 6) AND octet_length(typed) < 1000 AND value <> asked.value OFFSET 0
            ) i
            WHERE asked.held AND asked.kind BETWEEN 4 AND 6 AND asked.value LIKE '/%';
            ids := ids || some_ids;
        END IF;

        -- While several contacts hold a value, no row of `identifiers` has its sighting: the row of identifier_values
        -- has it. A value that was also found as a token is there twice.
        SELECT found_values || array_agg(v.record) INTO found_values
        FROM (SELECT kind, value FROM unnest(asked_keys) UNION ALL SELECT kind, value FROM unnest(tokens)) AS asked
        CROSS JOIN LATERAL (
            SELECT ROW(kind, value, seen_with, unsubscribed_at, waiting, waiting_since)::value_v1 AS record
            FROM identifier_values
            WHERE workspace_id = asked_workspace AND kind = asked.kind AND value = asked.value OFFSET 0
        ) v;

        IF asks_for_changeable THEN
            SELECT array_agg(ROW(kind, value, true)::asked_key_v1) INTO moving
            FROM (SELECT kind, value FROM unnest(asked_keys) WHERE kind BETWEEN 4 AND 8
                  UNION SELECT kind, value FROM unnest(tokens)) AS asked;
            -- A waiting visitor of a token or a device is named by the record of its value, so it is not read here.
            SELECT array_agg(v.record), array_agg(v.owner_id) FILTER (WHERE v.owner_id IS NOT NULL)
            INTO found_visitors, some_ids
            FROM unnest(moving) AS asked
            CROSS JOIN LATERAL (
                SELECT record, owner_id, kind FROM visitor_rows
                WHERE workspace_id = asked_workspace AND kind = asked.kind AND value = asked.value AND closed_at IS NULL OFFSET 0
            ) v
            WHERE v.kind = 8 OR v.owner_id IS NOT NULL;
            ids := ids || some_ids;
        END IF;
    END IF;

    IF cardinality(asked_late) > 0 THEN
        SELECT array_agg(DISTINCT v.record), array_agg(DISTINCT v.owner_id) FILTER (WHERE v.owner_id IS NOT NULL)
        INTO found_late, some_ids
        FROM (SELECT kind, value, at FROM unnest(asked_late)
              UNION
              SELECT token.kind, token.value, late.at
              FROM unnest(asked_late) AS late
              JOIN unnest(tokens) AS token ON token.kind = late.kind
                AND substr(token.value, strpos(token.value, '/')) = late.value) AS asked
        CROSS JOIN LATERAL (
            (SELECT record, owner_id FROM visitor_rows
             WHERE workspace_id = asked_workspace AND kind = asked.kind AND value = asked.value AND since <= asked.at
               AND (closed_at IS NULL OR closed_at > since)
             ORDER BY since DESC LIMIT 1)
            UNION ALL
            (SELECT record, owner_id FROM visitor_rows
             WHERE workspace_id = asked_workspace AND kind = asked.kind AND value = asked.value AND since > asked.at
             ORDER BY since, follows, visitor_id LIMIT 1)
        ) v;
    END IF;

    IF cardinality(asked_orders) > 0 THEN
        SELECT array_agg(o.record), named || array_agg(o.contact_id) INTO found_orders, named
        FROM unnest(asked_orders) AS asked (external_order_id)
        CROSS JOIN LATERAL (
            SELECT record, contact_id FROM order_rows
            WHERE workspace_id = asked_workspace AND external_order_id = asked.external_order_id OFFSET 0
        ) o;
    END IF;

    IF cardinality(asked_merges) > 0 THEN
        SELECT array_agg(DISTINCT c.canonical_id) INTO parties
        FROM unnest(asked_merges) AS asked (merge_id)
        CROSS JOIN LATERAL (
            SELECT survivor_id, absorbed_id FROM merges
            WHERE workspace_id = asked_workspace AND merge_id = asked.merge_id OFFSET 0
        ) m
        CROSS JOIN LATERAL (VALUES (m.survivor_id), (m.absorbed_id)) AS party (contact_id)
        CROSS JOIN LATERAL (
            SELECT canonical_id FROM contacts
            WHERE workspace_id = asked_workspace AND contact_id = party.contact_id OFFSET 0
        ) c;
        members := parties || absorbed_by_v1(asked_workspace, parties);
        ids := ids || members;
        SELECT array_agg(m.record) INTO found_merges
        FROM (
            SELECT g.merge_id
            FROM unnest(members) AS member (contact_id)
            CROSS JOIN LATERAL (
                SELECT merge_id, absorbed_id FROM merges
                WHERE workspace_id = asked_workspace AND survivor_id = member.contact_id OFFSET 0
            ) g
            WHERE g.absorbed_id = ANY (members)
            UNION
            SELECT unnest(asked_merges)
        ) AS asked
        CROSS JOIN LATERAL (
            SELECT record FROM merge_rows WHERE workspace_id = asked_workspace AND merge_id = asked.merge_id OFFSET 0
        ) m;
    END IF;

    IF cardinality(named) > 0 THEN
        SELECT array_agg(ROW(c.contact_id, c.canonical_id)::answer_v1), array_agg(c.canonical_id) INTO found_answers, some_ids
        FROM (SELECT DISTINCT unnest(named) AS contact_id) AS asked
        CROSS JOIN LATERAL (
            SELECT contact_id, canonical_id FROM contacts
            WHERE workspace_id = asked_workspace AND contact_id = asked.contact_id OFFSET 0
        ) c;
        ids := ids || some_ids;
    END IF;

    -- Owners of past visitors are read as well; the caller chooses which of these visitors count.
    IF cardinality(ids) > 0 OR found_late IS NOT NULL THEN
        SELECT array_agg(DISTINCT id) INTO ids
        FROM unnest(ids || (SELECT array_agg(l.owner_id) FROM unnest(found_late) l)) AS id
        WHERE id IS NOT NULL;
    END IF;
    IF cardinality(ids) > 0 THEN
        SELECT array_agg(c.record) INTO found_contacts
        FROM unnest(ids) AS id
        CROSS JOIN LATERAL (
            SELECT record FROM contact_rows WHERE workspace_id = asked_workspace AND contact_id = id OFFSET 0
        ) c;
        SELECT array_agg(i.record) INTO found_identifiers
        FROM unnest(ids) AS id
        CROSS JOIN LATERAL (
            SELECT record FROM identifier_rows WHERE workspace_id = asked_workspace AND owner_id = id OFFSET 0
        ) i;
        SELECT array_agg(m.record) INTO found_memberships
        FROM unnest(ids) AS id
        CROSS JOIN LATERAL (
            SELECT record FROM membership_rows WHERE workspace_id = asked_workspace AND owner_id = id OFFSET 0
        ) m;
    END IF;

    -- Undone merges among contacts that may be absorbed. Needed only where there are two contacts and one of them
    -- brought no external ID.
    IF cardinality(ids) > 1 AND (
        SELECT count(DISTINCT held.owner_id) FROM unnest(found_identifiers) AS held
        WHERE held.kind = 1 AND held.home_id = held.owner_id AND held.hidden_by IS NULL) < cardinality(ids) THEN
        members := ids || absorbed_by_v1(asked_workspace, ids);
        SELECT array_agg(ROW(m.survivor_id, s.canonical_id, m.absorbed_id, a.canonical_id)::parties_v1) INTO found_apart
        FROM unnest(members) AS member (contact_id)
        CROSS JOIN LATERAL (
            SELECT survivor_id, absorbed_id FROM merges
            WHERE workspace_id = asked_workspace AND survivor_id = member.contact_id AND undone_at IS NOT NULL OFFSET 0
        ) m
        CROSS JOIN LATERAL (
            SELECT canonical_id FROM contacts WHERE workspace_id = asked_workspace AND contact_id = m.survivor_id OFFSET 0
        ) s
        CROSS JOIN LATERAL (
            SELECT canonical_id FROM contacts WHERE workspace_id = asked_workspace AND contact_id = m.absorbed_id OFFSET 0
        ) a
        WHERE m.absorbed_id = ANY (members) AND s.canonical_id <> a.canonical_id;
    END IF;

    IF asked_all_categories OR cardinality(asked_segments || asked_categories) > 0
        OR cardinality(asked_segment_names || asked_category_keys) > 0 THEN
        SELECT array_agg(y.record), asked_segments || array_agg(y.segment_id) INTO found_categories, some_ids
        FROM category_rows y
        WHERE y.workspace_id = asked_workspace
          AND (asked_all_categories OR y.key = ANY (asked_category_keys) OR y.category_id = ANY (asked_categories)
               OR y.segment_id IN (
                SELECT s.segment_id FROM segments s
                WHERE s.workspace_id = asked_workspace AND s.name = ANY (asked_segment_names)));
        SELECT array_agg(s.record) INTO found_segments
        FROM segment_rows s
        WHERE s.workspace_id = asked_workspace
          AND s.segment_id IN (
            SELECT unnest(some_ids)
            UNION
            SELECT n.segment_id FROM segments n
            WHERE n.workspace_id = asked_workspace AND n.name = ANY (asked_segment_names));
    END IF;

    IF cardinality(asked_fields) > 0 OR cardinality(asked_field_keys) > 0 THEN
        SELECT array_agg(f.record) INTO found_fields
        FROM field_rows f
        WHERE f.workspace_id = asked_workspace
          AND f.field_id IN (
            SELECT unnest(asked_fields)
            UNION
            SELECT n.field_id FROM unnest(asked_field_keys) AS asked
            JOIN custom_fields n ON n.workspace_id = asked_workspace AND n.profile_key = asked.profile_key
                AND n.field_key = asked.field_key);
    END IF;

    IF cardinality(asked_event_types) > 0 THEN
        SELECT array_agg(t.key) INTO found_creating
        FROM unnest(asked_event_types) AS asked (key)
        CROSS JOIN LATERAL (
            SELECT key FROM event_types WHERE workspace_id = asked_workspace AND key = asked.key AND creates_contacts OFFSET 0
        ) t;
    END IF;

    IF cardinality(asked_events) > 0 THEN
        SELECT array_agg(e.event_id) INTO found_events
        FROM unnest(asked_events) AS asked (event_id)
        CROSS JOIN LATERAL (
            SELECT event_id FROM sent_events WHERE workspace_id = asked_workspace AND event_id = asked.event_id OFFSET 0
        ) e;
    END IF;

    IF deleting_from IS NOT NULL THEN
        SELECT array_agg(ROW(e.occurred_at, e.event_id, e.type_key)::stored_event_v1) INTO found_deletable
        FROM (SELECT occurred_at, event_id, type_key FROM events
              WHERE workspace_id = asked_workspace AND occurred_at >= deleting_from AND occurred_at < deleting_until
              ORDER BY occurred_at, event_id LIMIT deleting_most) e;
    END IF;

    IF cardinality(asked_numbers) > 0 THEN
        SELECT array_agg(ROW(n.name, n.next)::number_v1) INTO found_numbers
        FROM counters n
        WHERE n.workspace_id = asked_workspace AND n.name = ANY (asked_numbers);
    END IF;

    IF cardinality(asked_replies) > 0 THEN
        SELECT array_agg(r.record) INTO found_replies
        FROM unnest(asked_replies) AS asked (key)
        CROSS JOIN LATERAL (
            SELECT record FROM reply_rows
            WHERE workspace_id = asked_workspace AND key = asked.key AND expires_at > replies_at OFFSET 0
        ) r;
    END IF;
END
$$;

-- The revision of a workspace's policy.
CREATE FUNCTION policy_revision_v1(asked_workspace bigint) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT r.policy FROM revisions r WHERE r.workspace_id = asked_workspace);
END
$$;

-- The access version of a workspace.
CREATE FUNCTION access_version_v1(asked_workspace bigint) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT r.access FROM revisions r WHERE r.workspace_id = asked_workspace);
END
$$;

-- The API key with a given digest of its secret, and its workspace; no row where no such key exists. Every node of a
-- cluster has the table of keys, but the revisions are on the workspace's own node, and only the key names the
-- workspace. Therefore these are several look-ups in one round trip.
--
-- The access version is read before the key, and the function is volatile, so that each look-up sees the latest state:
-- the key is never older than the version. On a cluster a revocation becomes visible here before it does on the node of
-- the workspace.
CREATE FUNCTION credentials_v1(asked_digest bytea) RETURNS TABLE (
    workspace_id bigint,
    key_id uuid,
    name text,
    prefix text,
    rights text,
    created_at timestamptz,
    expires_at timestamptz,
    last_used_at timestamptz,
    revoked_at timestamptz,
    workspace_name text,
    workspace_created_at timestamptz,
    policy_revision bigint,
    access bigint
) LANGUAGE plpgsql VOLATILE AS $$
#variable_conflict use_column
DECLARE
    owner bigint;
BEGIN
    SELECT k.workspace_id INTO owner FROM api_keys k WHERE k.digest = asked_digest;
    access := access_version_v1(owner);
    SELECT k.workspace_id, k.key_id, k.name, k.prefix, k.rights, k.created_at, k.expires_at, k.last_used_at, k.revoked_at, w.name,
           w.created_at
    INTO workspace_id, key_id, name, prefix, rights, created_at, expires_at, last_used_at, revoked_at, workspace_name,
         workspace_created_at
    FROM api_keys k
    JOIN workspaces w ON w.workspace_id = k.workspace_id
    WHERE k.digest = asked_digest;
    IF FOUND THEN
        policy_revision := policy_revision_v1(workspace_id);
        RETURN NEXT;
    END IF;
END
$$;

-- The site with a given public key, its workspace and signing secrets; no row where no such key exists.
CREATE FUNCTION site_access_v1(asked_key text, most_secrets bigint) RETURNS TABLE (
    site_id bigint,
    workspace_id bigint,
    name text,
    key text,
    allow_unsigned boolean,
    created_at timestamptz,
    origins text[],
    workspace_name text,
    workspace_created_at timestamptz,
    secrets text[],
    secrets_created_at timestamptz[],
    policy_revision bigint
) LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_column
BEGIN
    SELECT s.site_id, s.workspace_id, s.name, s.key, s.allow_unsigned, s.created_at, w.name, w.created_at,
           ARRAY(SELECT o.origin FROM site_origins o WHERE o.site_id = s.site_id),
           ARRAY(SELECT g.secret FROM signing_secrets g
                 WHERE g.workspace_id = s.workspace_id ORDER BY g.secret_id DESC LIMIT most_secrets),
           ARRAY(SELECT g.created_at FROM signing_secrets g
                 WHERE g.workspace_id = s.workspace_id ORDER BY g.secret_id DESC LIMIT most_secrets)
    INTO site_id, workspace_id, name, key, allow_unsigned, created_at, workspace_name, workspace_created_at, origins, secrets,
         secrets_created_at
    FROM sites s
    JOIN workspaces w ON w.workspace_id = s.workspace_id
    WHERE s.key = asked_key;
    IF FOUND THEN
        policy_revision := policy_revision_v1(workspace_id);
        RETURN NEXT;
    END IF;
END
$$;
