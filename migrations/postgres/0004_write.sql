-- Whether a commit after the one that a batch read wrote anything that the batch has read. Called while the writer
-- holds the lock on the workspace's row, when the batch did not read the latest commit. read_keys says of each value
-- whether its holders were read as well; read_tokens whether there are tokens without their apps among them, and
-- read_changeable whether there are tokens, devices or cookies.
CREATE FUNCTION is_stale_v1(
    asked_workspace bigint,
    read_revision bigint,
    read_keys asked_key_v1[],
    read_tokens boolean,
    read_changeable boolean,
    read_contacts bigint[],
    read_merges uuid[],
    read_orders text[],
    read_events uuid[],
    read_replies text[]
) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM unnest(read_contacts) AS asked (contact_id)
    CROSS JOIN LATERAL (
        SELECT FROM contacts
        WHERE workspace_id = asked_workspace AND contact_id = asked.contact_id AND revision > read_revision OFFSET 0
    ) c
    LIMIT 1;
    IF FOUND THEN
        RETURN true;
    END IF;
    -- Of a value that was read without its holders, any row shows whether its sighting has changed.
    PERFORM FROM unnest(read_keys) AS asked
    CROSS JOIN LATERAL (
        SELECT owner_id, revision, seen_with FROM identifiers
        WHERE workspace_id = asked_workspace AND kind = asked.kind AND value = asked.value
        LIMIT CASE WHEN asked.held THEN NULL ELSE 1 END
    ) i
    LEFT JOIN LATERAL (
        SELECT revision FROM contacts
        WHERE asked.held AND workspace_id = asked_workspace AND contact_id = i.owner_id OFFSET 0
    ) c ON true
    WHERE (i.revision > read_revision AND (asked.held OR i.seen_with IS NOT NULL)) OR c.revision > read_revision
    LIMIT 1;
    IF FOUND THEN
        RETURN true;
    END IF;
    IF read_tokens THEN
        PERFORM FROM unnest(read_keys) AS asked
        CROSS JOIN LATERAL (
            SELECT owner_id, revision FROM identifiers
            WHERE workspace_id = asked_workspace AND kind = asked.kind AND typed = substr(asked.value, 2)
              AND kind IN (4, 5, 6) AND octet_length(typed) < 1000 OFFSET 0
        ) i
        CROSS JOIN LATERAL (
            SELECT revision FROM contacts WHERE workspace_id = asked_workspace AND contact_id = i.owner_id OFFSET 0
        ) c
        WHERE asked.held AND asked.kind BETWEEN 4 AND 6 AND asked.value LIKE '/%'
          AND (i.revision > read_revision OR c.revision > read_revision)
        LIMIT 1;
        IF FOUND THEN
            RETURN true;
        END IF;
    END IF;
    PERFORM FROM unnest(read_keys) AS asked
    CROSS JOIN LATERAL (
        SELECT FROM identifier_values
        WHERE workspace_id = asked_workspace AND kind = asked.kind AND value = asked.value AND revision > read_revision
        OFFSET 0
    ) v
    LIMIT 1;
    IF FOUND THEN
        RETURN true;
    END IF;
    -- A visitor behind another kind of value is named by the record of the value, and changes with it.
    IF read_changeable THEN
        PERFORM FROM unnest(read_keys) AS asked
        CROSS JOIN LATERAL (
            SELECT FROM visitors
            WHERE workspace_id = asked_workspace AND kind = asked.kind AND value = asked.value AND revision > read_revision
            OFFSET 0
        ) v
        WHERE asked.kind BETWEEN 4 AND 8
        LIMIT 1;
        IF FOUND THEN
            RETURN true;
        END IF;
    END IF;
    IF cardinality(read_merges) > 0 THEN
        PERFORM FROM unnest(read_merges) AS asked (merge_id)
        CROSS JOIN LATERAL (
            SELECT FROM merges
            WHERE workspace_id = asked_workspace AND merge_id = asked.merge_id AND revision > read_revision OFFSET 0
        ) m
        LIMIT 1;
        IF FOUND THEN
            RETURN true;
        END IF;
    END IF;
    IF cardinality(read_orders) > 0 THEN
        PERFORM FROM unnest(read_orders) AS asked (external_order_id)
        CROSS JOIN LATERAL (
            SELECT FROM orders
            WHERE workspace_id = asked_workspace AND external_order_id = asked.external_order_id AND revision > read_revision
            OFFSET 0
        ) o
        LIMIT 1;
        IF FOUND THEN
            RETURN true;
        END IF;
    END IF;
    IF cardinality(read_events) > 0 THEN
        PERFORM FROM unnest(read_events) AS asked (event_id)
        CROSS JOIN LATERAL (
            SELECT FROM sent_events
            WHERE workspace_id = asked_workspace AND event_id = asked.event_id AND revision > read_revision OFFSET 0
        ) e
        LIMIT 1;
        IF FOUND THEN
            RETURN true;
        END IF;
    END IF;
    IF cardinality(read_replies) > 0 THEN
        PERFORM FROM unnest(read_replies) AS asked (key)
        CROSS JOIN LATERAL (
            SELECT FROM recorded_replies
            WHERE workspace_id = asked_workspace AND key = asked.key AND revision > read_revision OFFSET 0
        ) r
        LIMIT 1;
        RETURN FOUND;
    END IF;
    RETURN false;
END
$$;

-- The part of write_v1 that stores and deletes events and orders.
CREATE FUNCTION write_history_v1(
    asked_workspace bigint,
    now_revision bigint,
    old_events stored_event_v1[],
    less_event_counts event_count_v1[],
    new_events event_v1[],
    new_sent_events uuid[],
    new_event_counts event_count_v1[],
    new_creating creating_v1[],
    old_orders order_key_v1[],
    new_orders order_v1[],
    changed_orders order_v1[]
) RETURNS void LANGUAGE plpgsql
AS $$
DECLARE
    less event_count_v1;
    gone order_key_v1;
    changed order_v1;
    ids uuid[];
    earliest timestamptz;
    latest timestamptz;
    deleted bigint;
BEGIN
    IF cardinality(old_events) > 0 THEN
        SELECT array_agg(old.event_id), min(old.occurred_at), max(old.occurred_at) INTO ids, earliest, latest
        FROM unnest(old_events) AS old;
        DELETE FROM sent_events s WHERE s.workspace_id = asked_workspace AND s.event_id = ANY (ids);
        -- IS TRUE prevents the planner from making this a join: it scans the period by the primary key, and looks each
        -- event up in a hash table.
        DELETE FROM events e
        WHERE e.workspace_id = asked_workspace AND e.occurred_at >= earliest AND e.occurred_at <= latest
          AND ((e.occurred_at, e.event_id) IN (SELECT old.occurred_at, old.event_id FROM unnest(old_events) AS old)) IS TRUE;
        GET DIAGNOSTICS deleted = ROW_COUNT;
        IF deleted <> cardinality(old_events) THEN
            RAISE EXCEPTION 'a row of events to be written is not there' USING ERRCODE = 'SS003';
        END IF;
    END IF;
    FOREACH less IN ARRAY less_event_counts LOOP
        UPDATE event_types t
        SET count = GREATEST(t.count - less.count, 0),
            first_seen = CASE WHEN t.count > less.count THEN t.first_seen END,
            last_seen = CASE WHEN t.count > less.count THEN t.last_seen END
        WHERE t.workspace_id = asked_workspace AND t.key = less.key;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'a row of event_types to be written is not there' USING ERRCODE = 'SS003';
        END IF;
    END LOOP;
    IF cardinality(new_events) > 0 THEN
        INSERT INTO sent_events (workspace_id, event_id, revision, received_at)
        SELECT asked_workspace, new.event_id, now_revision, new.received_at
        FROM unnest(new_events) AS new
        WHERE new.event_id = ANY (new_sent_events);
        INSERT INTO events
            (workspace_id, occurred_at, event_id, decision_id, contact_id, visitor_id, revision, received_at, origin, type_key,
             key_value, params)
        SELECT asked_workspace, new.occurred_at, new.event_id, new.decision_id, new.contact_id, new.visitor_id, now_revision, new.received_at,
               new.origin, new.type_key, new.key_value, new.params::json
        FROM unnest(new_events) AS new;
    END IF;
    IF cardinality(new_event_counts) > 0 THEN
        INSERT INTO event_types AS t (workspace_id, key, first_seen, last_seen, count)
        SELECT asked_workspace, new.key, new.first_seen, new.last_seen, new.count FROM unnest(new_event_counts) AS new
        ON CONFLICT (workspace_id, key) DO UPDATE SET
            first_seen = LEAST(t.first_seen, EXCLUDED.first_seen), last_seen = GREATEST(t.last_seen, EXCLUDED.last_seen),
            count = t.count + EXCLUDED.count;
    END IF;
    IF cardinality(new_creating) > 0 THEN
        INSERT INTO event_types (workspace_id, key, creates_contacts)
        SELECT asked_workspace, new.key, new.creates_contacts FROM unnest(new_creating) AS new
        ON CONFLICT (workspace_id, key) DO UPDATE SET creates_contacts = EXCLUDED.creates_contacts;
    END IF;
    FOREACH gone IN ARRAY old_orders LOOP
        DELETE FROM orders o
        WHERE o.workspace_id = asked_workspace AND o.external_order_id = gone.external_order_id AND o.store_id = gone.store_id;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'a row of orders to be written is not there' USING ERRCODE = 'SS003';
        END IF;
    END LOOP;
    IF cardinality(new_orders) > 0 THEN
        INSERT INTO orders
            (workspace_id, external_order_id, store_id, decision_id, contact_id, revision, status, ordered_at, total_cost, currency, shipping, discount,
             taxes, details, items, created_at, updated_at)
        SELECT asked_workspace, new.external_order_id, new.store_id, new.decision_id, new.contact_id, now_revision, new.status, new.ordered_at,
               new.total_cost::numeric, new.currency, new.shipping::numeric, new.discount::numeric, new.taxes::numeric,
               new.details::json, new.items::json, new.created_at, new.updated_at
        FROM unnest(new_orders) AS new;
    END IF;
    FOREACH changed IN ARRAY changed_orders LOOP
        UPDATE orders o
        SET decision_id = changed.decision_id, contact_id = changed.contact_id, revision = now_revision, status = changed.status, ordered_at = changed.ordered_at,
            total_cost = changed.total_cost::numeric, currency = changed.currency, shipping = changed.shipping::numeric,
            discount = changed.discount::numeric, taxes = changed.taxes::numeric, details = changed.details::json,
            items = changed.items::json, created_at = changed.created_at, updated_at = changed.updated_at
        WHERE o.workspace_id = asked_workspace AND o.external_order_id = changed.external_order_id
          AND o.store_id = changed.store_id;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'a row of orders to be written is not there' USING ERRCODE = 'SS003';
        END IF;
    END LOOP;
END
$$;

-- The part of write_v1 that stores identifiers and records of values. value_places has for each of new_values the place
-- in new_identifiers of the row that stores the whole record if it is the first one of its value, 0 when there is none.
CREATE FUNCTION write_identifiers_v1(
    asked_workspace bigint,
    now_revision bigint,
    old_identifiers held_key_v1[],
    new_identifiers identifier_v1[],
    new_values value_v1[],
    value_places integer[]
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    old held_key_v1;
    new identifier_v1;
    new_value value_v1;
    -- For each of new_identifiers: whether its row exists, and whether it is the first holder of a value without a record.
    is_there boolean[];
    is_first boolean[] := '{}';
    -- Indexes in new_values of existing rows, of records that need a row of their own, and of values whose sighting is in
    -- `identifiers`.
    there bigint[];
    apart bigint[];
    with_identifier bigint[];
    seen uuid;
    -- Sightings in rows of `identifiers` that must move to identifier_values.
    known value_v1[] := '{}';
    shared value_v1[];
BEGIN
    FOREACH old IN ARRAY old_identifiers LOOP
        DELETE FROM identifiers i
        WHERE i.workspace_id = asked_workspace AND i.kind = old.kind AND i.value = old.value AND i.home_id = old.home_id
        RETURNING i.seen_with INTO seen;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'a row of identifiers to be written is not there' USING ERRCODE = 'SS003';
        END IF;
        IF seen IS NOT NULL THEN
            known := known || ROW(old.kind, old.value, ARRAY[seen], NULL, NULL, NULL)::value_v1;
        END IF;
    END LOOP;

    IF cardinality(new_identifiers) > 0 THEN
        -- The sighting of a value that gets a second holder moves to identifier_values.
        SELECT array_agg(same.home_id IS NOT NULL ORDER BY new_row.ordinality),
               array_agg(holder.home_id IS NULL AND v.kind IS NULL ORDER BY new_row.ordinality),
               array_agg(ROW(new_row.kind, new_row.value, ARRAY[holder.seen_with], NULL, NULL, NULL)::value_v1)
                   FILTER (WHERE holder.seen_with IS NOT NULL AND holder.home_id <> new_row.home_id)
        INTO is_there, is_first, shared
        FROM unnest(new_identifiers) WITH ORDINALITY AS new_row
        LEFT JOIN LATERAL (
            SELECT home_id, seen_with FROM identifiers
            WHERE workspace_id = asked_workspace AND kind = new_row.kind AND value = new_row.value LIMIT 1
        ) holder ON true
        LEFT JOIN LATERAL (
            SELECT home_id FROM identifiers
            WHERE holder.home_id IS NOT NULL AND workspace_id = asked_workspace AND kind = new_row.kind
              AND value = new_row.value
              AND place = CASE WHEN new_row.kind IN (1, 4, 5, 6, 7, 8) THEN 0 ELSE new_row.home_id END
              AND home_id = new_row.home_id
            OFFSET 0
        ) same ON true
        LEFT JOIN LATERAL (
            SELECT kind FROM identifier_values
            WHERE workspace_id = asked_workspace AND kind = new_row.kind AND value = new_row.value OFFSET 0
        ) v ON true;
        IF true = ANY (is_there) THEN
            FOR new IN
                SELECT new_row.home_id, new_row.owner_id, new_row.first_seen, new_row.last_seen, new_row.hidden_by, new_row.kind,
                       new_row.state, new_row.channels, new_row.source, new_row.confirmed, new_row.value, new_row.typed,
                       new_row.details, new_row.seen_with
                FROM unnest(new_identifiers) WITH ORDINALITY AS new_row
                WHERE is_there[new_row.ordinality]
            LOOP
                UPDATE identifiers i
                SET owner_id = new.owner_id, revision = now_revision, first_seen = new.first_seen, last_seen = new.last_seen,
                    hidden_by = new.hidden_by, state = new.state, channels = new.channels, source = new.source,
                    confirmed = new.confirmed, typed = new.typed, details = new.details::json
                WHERE i.workspace_id = asked_workspace AND i.kind = new.kind AND i.value = new.value AND i.home_id = new.home_id;
            END LOOP;
        END IF;
    END IF;
    IF false = ANY (is_there) THEN
        known := known || shared;
        FOREACH new_value IN ARRAY known LOOP
            UPDATE identifiers i SET seen_with = NULL, revision = now_revision
            WHERE i.workspace_id = asked_workspace AND i.kind = new_value.kind AND i.value = new_value.value
              AND i.seen_with IS NOT NULL;
        END LOOP;

        -- A first holder's row stores the sighting of a value that has no other record.
        INSERT INTO identifiers
            (workspace_id, home_id, owner_id, place, revision, first_seen, last_seen, hidden_by, kind, state, channels, source,
             confirmed, seen_with, value, typed, details)
        SELECT asked_workspace, new_row.home_id, new_row.owner_id,
               CASE WHEN new_row.kind IN (1, 4, 5, 6, 7, 8) THEN 0 ELSE new_row.home_id END, now_revision, new_row.first_seen,
               new_row.last_seen, new_row.hidden_by, new_row.kind, new_row.state, new_row.channels, new_row.source,
               new_row.confirmed, CASE WHEN is_first[new_row.ordinality] THEN new_row.seen_with END,
               new_row.value, new_row.typed, new_row.details::json
        FROM unnest(new_identifiers) WITH ORDINALITY AS new_row
        WHERE NOT is_there[new_row.ordinality];
    END IF;

    IF 0 = ANY (value_places) OR (cardinality(new_values) > 0 AND false = ANY (is_first)) THEN
        -- A record that a row of `identifiers` contains completely needs no row. One that it contains in part moves to
        -- identifier_values.
        SELECT array_agg(new_row.ordinality) FILTER (WHERE v.kind IS NOT NULL),
               array_agg(new_row.ordinality) FILTER (
                   WHERE v.kind IS NULL
                     AND (new_row.seen_with IS NOT NULL OR new_row.unsubscribed_at IS NOT NULL OR new_row.waiting IS NOT NULL)
                     AND NOT (
                       cardinality(new_row.seen_with) = 1 AND new_row.unsubscribed_at IS NULL AND new_row.waiting IS NULL
                       AND new_row.seen_with[1] IS NOT DISTINCT FROM i.seen_with)),
               array_agg(new_row.ordinality) FILTER (WHERE i.seen_with IS NOT NULL)
        INTO there, apart, with_identifier
        FROM unnest(new_values) WITH ORDINALITY AS new_row
        LEFT JOIN LATERAL (
            SELECT kind FROM identifier_values
            WHERE workspace_id = asked_workspace AND kind = new_row.kind AND value = new_row.value OFFSET 0
        ) v ON true
        LEFT JOIN LATERAL (
            SELECT seen_with FROM identifiers
            WHERE workspace_id = asked_workspace AND kind = new_row.kind AND value = new_row.value LIMIT 1
        ) i ON true
        -- What the rows of first holders store is written.
        WHERE is_first[value_places[new_row.ordinality]] IS NOT TRUE;
        IF there IS NOT NULL THEN
            FOR new_value IN SELECT (new_values[place]).* FROM unnest(there) AS place LOOP
                UPDATE identifier_values v
                SET revision = now_revision, unsubscribed_at = new_value.unsubscribed_at, waiting = new_value.waiting,
                    waiting_since = new_value.waiting_since, seen_with = new_value.seen_with
                WHERE v.workspace_id = asked_workspace AND v.kind = new_value.kind AND v.value = new_value.value;
            END LOOP;
        END IF;
        IF cardinality(apart) > 0 THEN
            INSERT INTO identifier_values
                (workspace_id, revision, unsubscribed_at, waiting, waiting_since, kind, value, seen_with)
            SELECT asked_workspace, now_revision, new_row.unsubscribed_at, new_row.waiting, new_row.waiting_since, new_row.kind,
                   new_row.value, new_row.seen_with
            FROM unnest(new_values) WITH ORDINALITY AS new_row
            WHERE new_row.ordinality = ANY (apart);
        END IF;
    END IF;
    IF cardinality(known) > 0 THEN
        INSERT INTO identifier_values (workspace_id, revision, kind, value, seen_with)
        SELECT asked_workspace, now_revision, was.kind, was.value, was.seen_with
        FROM unnest(known) AS was
        WHERE NOT EXISTS (SELECT FROM unnest(new_values) AS new_row WHERE new_row.kind = was.kind AND new_row.value = was.value)
        ON CONFLICT (workspace_id, kind, value) DO NOTHING;
    END IF;

    -- A sighting is stored in one place only.
    IF with_identifier IS NOT NULL THEN
        FOR new_value IN
            SELECT (new_values[place]).* FROM unnest(with_identifier) AS place WHERE place = ANY (there || apart)
        LOOP
            UPDATE identifiers i SET seen_with = NULL, revision = now_revision
            WHERE i.workspace_id = asked_workspace AND i.kind = new_value.kind AND i.value = new_value.value
              AND i.seen_with IS NOT NULL;
        END LOOP;
    END IF;
END
$$;

-- Writes the decisions of a batch as one commit; returns its revision. The parts come in the order of the fields of
-- ChangeSet, so that an exclusive identifier is freed before another contact takes it. SQLSTATE SS001: what the batch
-- has read has changed since. SS003: a row to change or delete does not exist. 02000: the workspace does not exist.
--
-- The numbers of new_contacts were never used before; changed_contacts are all others, and may be new as well.
--
-- New rows are inserted together; existing rows are updated one by one, by their primary keys. A join with the array
-- would allow the planner to read all rows of the workspace, which it does while the statistics of a new table say that
-- it is nearly empty.
CREATE FUNCTION write_v1(
    asked_workspace bigint,
    read_revision bigint,
    read_keys asked_key_v1[],
    read_tokens boolean,
    read_changeable boolean,
    read_contacts bigint[],
    read_merges uuid[],
    read_orders text[],
    read_events uuid[],
    read_replies text[],
    read_definitions boolean,
    read_everything boolean,
    changes_definitions boolean,
    deletes boolean,
    more_active_contacts bigint,
    new_contacts contact_v1[],
    changed_contacts contact_v1[],
    new_touched touched_contact_v1[],
    new_answers answer_v1[],
    new_visitor_owners answer_v1[],
    old_identifiers held_key_v1[],
    new_identifiers identifier_v1[],
    new_values value_v1[],
    value_places integer[],
    new_visitors visitor_v1[],
    new_segments segment_v1[],
    emptied_segments bigint[],
    old_memberships member_key_v1[],
    new_memberships membership_v1[],
    new_categories category_v1[],
    new_fields field_v1[],
    new_merges merge_v1[],
    old_events stored_event_v1[],
    less_event_counts event_count_v1[],
    new_events event_v1[],
    new_sent_events uuid[],
    new_event_counts event_count_v1[],
    new_creating creating_v1[],
    old_orders order_key_v1[],
    new_orders order_v1[],
    changed_orders order_v1[],
    new_policy text,
    new_log log_entry_v1[],
    new_replies reply_v1[],
    new_numbers number_v1[]
) RETURNS bigint LANGUAGE plpgsql
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET enable_material = off SET jit = off
-- The shape of a plan does not depend on the values, and planning costs more than executing. The called functions
-- inherit all of these settings.
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    now_revision bigint;
    last revisions;
    contact contact_v1;
    touched touched_contact_v1;
    answer answer_v1;
    visitor visitor_v1;
    member member_key_v1;
    owner bigint;
    emptied bigint[];
    -- The indexes of existing visitors.
    there bigint[];
BEGIN
    UPDATE revisions r SET latest = r.latest + 1, active_contacts = r.active_contacts + more_active_contacts
    WHERE r.workspace_id = asked_workspace
    RETURNING r.* INTO last;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no such workspace' USING ERRCODE = '02000';
    END IF;
    now_revision := last.latest;
    IF now_revision <> read_revision + 1 AND (
        read_everything OR last.policy > read_revision OR last.deleted > read_revision
        OR (read_definitions AND last.definitions > read_revision)
        OR is_stale_v1(asked_workspace, read_revision, read_keys, read_tokens, read_changeable, read_contacts, read_merges,
                       read_orders, read_events, read_replies)) THEN
        RAISE EXCEPTION 'what was read has changed' USING ERRCODE = 'SS001';
    END IF;
    IF new_policy IS NOT NULL OR changes_definitions OR deletes THEN
        UPDATE revisions r
        SET policy = CASE WHEN new_policy IS NULL THEN r.policy ELSE now_revision END,
            definitions = CASE WHEN changes_definitions THEN now_revision ELSE r.definitions END,
            deleted = CASE WHEN deletes THEN now_revision ELSE r.deleted END,
            access = CASE WHEN new_policy IS NULL THEN r.access ELSE r.access + 1 END
        WHERE r.workspace_id = asked_workspace;
    END IF;

    FOREACH contact IN ARRAY changed_contacts LOOP
        UPDATE contacts c
        SET canonical_id = contact.canonical_id, merged_into = contact.merged_into, revision = now_revision,
            created_at = contact.created_at, updated_at = contact.updated_at, state = contact.state,
            source = contact.source,
            first_name_match = CASE WHEN contact.attributes IS NULL THEN c.first_name_match ELSE contact.first_name_match END,
            last_name_match = CASE WHEN contact.attributes IS NULL THEN c.last_name_match ELSE contact.last_name_match END,
            attributes = COALESCE(contact.attributes::jsonb, c.attributes)
        WHERE c.workspace_id = asked_workspace AND c.contact_id = contact.contact_id;
        IF NOT FOUND THEN
            new_contacts := new_contacts || contact;
        END IF;
    END LOOP;
    IF cardinality(new_contacts) > 0 THEN
        INSERT INTO contacts
            (workspace_id, contact_id, canonical_id, merged_into, revision, created_at, updated_at, state, source,
             first_name_match, last_name_match, attributes)
        SELECT asked_workspace, new_row.contact_id, new_row.canonical_id, new_row.merged_into, now_revision, new_row.created_at,
               new_row.updated_at, new_row.state, new_row.source, new_row.first_name_match, new_row.last_name_match,
               new_row.attributes::jsonb
        FROM unnest(new_contacts) AS new_row;
    END IF;

    FOREACH touched IN ARRAY new_touched LOOP
        UPDATE contacts c
        SET revision = now_revision,
            first_name_match = CASE WHEN touched.attributes IS NULL THEN c.first_name_match ELSE touched.first_name_match END,
            last_name_match = CASE WHEN touched.attributes IS NULL THEN c.last_name_match ELSE touched.last_name_match END,
            attributes = COALESCE(touched.attributes::jsonb, c.attributes)
        WHERE c.workspace_id = asked_workspace AND c.contact_id = touched.contact_id;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'a row of contacts to be written is not there' USING ERRCODE = 'SS003';
        END IF;
    END LOOP;

    -- Contacts whose canonical contact was the first number get the second. The first contact itself is among the
    -- written contacts.
    FOREACH answer IN ARRAY new_answers LOOP
        UPDATE contacts c SET canonical_id = answer.canonical_id, revision = now_revision
        WHERE c.workspace_id = asked_workspace AND c.canonical_id = answer.contact_id AND c.state = 3
          AND c.contact_id <> answer.contact_id;
        UPDATE visitors v SET owner_id = answer.canonical_id, revision = now_revision
        WHERE v.workspace_id = asked_workspace AND v.owner_id = answer.contact_id;
    END LOOP;
    FOREACH answer IN ARRAY new_visitor_owners LOOP
        UPDATE visitors v SET owner_id = answer.canonical_id, revision = now_revision
        WHERE v.workspace_id = asked_workspace AND v.home_id = answer.contact_id;
    END LOOP;

    IF cardinality(old_identifiers) > 0 OR cardinality(new_identifiers) > 0 OR cardinality(new_values) > 0 THEN
        PERFORM write_identifiers_v1(asked_workspace, now_revision, old_identifiers, new_identifiers, new_values, value_places);
    END IF;

    -- Closed visitors come first, because an identifier has at most one open visitor.
    IF cardinality(new_visitors) > 0 THEN
        SELECT array_agg(new_row.ordinality ORDER BY new_row.ordinality) INTO there
        FROM unnest(new_visitors) WITH ORDINALITY AS new_row
        CROSS JOIN LATERAL (
            SELECT FROM visitors WHERE workspace_id = asked_workspace AND visitor_id = new_row.visitor_id OFFSET 0
        ) v;
        FOR visitor IN SELECT (new_visitors[place]).* FROM unnest(there) AS place LOOP
            UPDATE visitors v
            SET home_id = visitor.home_id, owner_id = visitor.owner_id, revision = now_revision, since = visitor.since,
                closed_at = visitor.closed_at
            WHERE v.workspace_id = asked_workspace AND v.visitor_id = visitor.visitor_id;
        END LOOP;
        INSERT INTO visitors
            (workspace_id, visitor_id, home_id, owner_id, revision, since, closed_at, kind, follows, value)
        SELECT asked_workspace, new_row.visitor_id, new_row.home_id, new_row.owner_id, now_revision, new_row.since,
               new_row.closed_at, new_row.kind, new_row.follows, new_row.value
        FROM unnest(new_visitors) WITH ORDINALITY AS new_row
        WHERE there IS NULL OR new_row.ordinality <> ALL (there);
    END IF;

    IF cardinality(new_segments) > 0 THEN
        INSERT INTO segments (workspace_id, segment_id, revision, name, created_at)
        SELECT asked_workspace, new.segment_id, now_revision, new.name, new.created_at FROM unnest(new_segments) AS new
        ON CONFLICT (workspace_id, segment_id) DO UPDATE SET name = EXCLUDED.name, revision = EXCLUDED.revision;
    END IF;
    IF cardinality(emptied_segments) > 0 THEN
        WITH gone AS (
            DELETE FROM segment_members m
            WHERE m.workspace_id = asked_workspace AND m.segment_id = ANY (emptied_segments)
            RETURNING m.owner_id
        )
        SELECT array_agg(DISTINCT gone.owner_id) INTO emptied FROM gone;
        FOREACH owner IN ARRAY COALESCE(emptied, '{}') LOOP
            UPDATE contacts c SET revision = now_revision
            WHERE c.workspace_id = asked_workspace AND c.contact_id = owner;
        END LOOP;
    END IF;
    FOREACH member IN ARRAY old_memberships LOOP
        DELETE FROM segment_members m
        WHERE m.workspace_id = asked_workspace AND m.segment_id = member.segment_id AND m.home_id = member.home_id;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'a row of segment_members to be written is not there' USING ERRCODE = 'SS003';
        END IF;
    END LOOP;
    IF cardinality(new_memberships) > 0 THEN
        INSERT INTO segment_members (workspace_id, segment_id, home_id, owner_id, revision, hidden_by, since)
        SELECT asked_workspace, new.segment_id, new.home_id, new.owner_id, now_revision, new.hidden_by, new.since
        FROM unnest(new_memberships) AS new
        ON CONFLICT (workspace_id, segment_id, home_id) DO UPDATE SET
            owner_id = EXCLUDED.owner_id, revision = EXCLUDED.revision, hidden_by = EXCLUDED.hidden_by, since = EXCLUDED.since;
    END IF;
    IF cardinality(new_categories) > 0 THEN
        INSERT INTO categories
            (workspace_id, category_id, segment_id, revision, key, name, created_at, updated_at, archived)
        SELECT asked_workspace, new.category_id, new.segment_id, now_revision, new.key, new.name, new.created_at, new.updated_at,
               new.archived
        FROM unnest(new_categories) AS new
        ON CONFLICT (workspace_id, category_id) DO UPDATE SET
            revision = EXCLUDED.revision, name = EXCLUDED.name, updated_at = EXCLUDED.updated_at, archived = EXCLUDED.archived;
    END IF;
    IF cardinality(new_fields) > 0 THEN
        INSERT INTO custom_fields
            (workspace_id, field_id, revision, profile_key, field_key, name, field_type, allowed, required, identifying, archived)
        SELECT asked_workspace, new.field_id, now_revision, new.profile_key, new.field_key, new.name, new.field_type,
               new.allowed::json, new.required, new.identifying, new.archived
        FROM unnest(new_fields) AS new
        ON CONFLICT (workspace_id, field_id) DO UPDATE SET
            revision = EXCLUDED.revision, name = EXCLUDED.name, allowed = EXCLUDED.allowed, required = EXCLUDED.required,
            identifying = EXCLUDED.identifying, archived = EXCLUDED.archived;
    END IF;
    IF cardinality(new_merges) > 0 THEN
        INSERT INTO merges
            (workspace_id, merge_id, survivor_id, absorbed_id, revision, rule, evidence_kind, evidence_value, forced, decision_id,
             merged_at, moved, undone_at)
        SELECT asked_workspace, new.merge_id, new.survivor_id, new.absorbed_id, now_revision, new.rule, new.evidence_kind,
               new.evidence_value, new.forced, new.decision_id, new.merged_at, new.moved::json, new.undone_at
        FROM unnest(new_merges) AS new
        ON CONFLICT (workspace_id, merge_id) DO UPDATE SET
            revision = EXCLUDED.revision, evidence_value = EXCLUDED.evidence_value, moved = EXCLUDED.moved,
            undone_at = EXCLUDED.undone_at;
    END IF;
    IF cardinality(old_events) > 0 OR cardinality(new_events) > 0 OR cardinality(new_creating) > 0
        OR cardinality(old_orders) > 0 OR cardinality(new_orders) > 0 OR cardinality(changed_orders) > 0 THEN
        PERFORM write_history_v1(asked_workspace, now_revision, old_events, less_event_counts, new_events, new_sent_events,
                                 new_event_counts, new_creating, old_orders, new_orders, changed_orders);
    END IF;

    IF new_policy IS NOT NULL THEN
        UPDATE policies p SET policy = new_policy::json WHERE p.workspace_id = asked_workspace;
    END IF;
    IF cardinality(new_log) > 0 THEN
        INSERT INTO identity_log (workspace_id, contact_id, revision, decision_id, body, mentions)
        SELECT asked_workspace, new.contact_id, now_revision, new.decision_id, new.body, new.mentions
        FROM unnest(new_log) AS new;
    END IF;
    IF cardinality(new_replies) > 0 THEN
        INSERT INTO recorded_replies (workspace_id, revision, key, digest, decisions, contacts, expires_at)
        SELECT asked_workspace, now_revision, new.key, new.digest, new.decisions::json, new.contacts, new.expires_at
        FROM unnest(new_replies) AS new
        ON CONFLICT (workspace_id, key) DO UPDATE SET
            revision = EXCLUDED.revision, digest = EXCLUDED.digest, decisions = EXCLUDED.decisions,
            contacts = EXCLUDED.contacts, expires_at = EXCLUDED.expires_at;
    END IF;
    IF cardinality(new_numbers) > 0 THEN
        INSERT INTO counters AS c (workspace_id, name, next)
        SELECT asked_workspace, new.name, new.next FROM unnest(new_numbers) AS new
        ON CONFLICT (workspace_id, name) DO UPDATE SET next = GREATEST(c.next, EXCLUDED.next);
    END IF;
    RETURN now_revision;
END
$$;
