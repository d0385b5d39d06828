-- The composite types of rows between server and database, and views that have the rows in these types.
--
-- A type is never changed: a server of the previous release may be using it. A new column needs a new type and a new
-- function that takes it.

CREATE TYPE contact_v1 AS (
    contact_id bigint, canonical_id bigint, merged_into bigint, revision bigint, created_at timestamptz, updated_at timestamptz,
    state smallint, source smallint, first_name_match text, last_name_match text, attributes text
);

CREATE VIEW contact_rows AS
    SELECT workspace_id, contact_id, canonical_id, state,
           ROW(contact_id, canonical_id, merged_into, revision, created_at, updated_at, state, source, NULL, NULL,
               attributes::text)::contact_v1 AS record
    FROM contacts;

-- A contact of which only the attributes (null to keep them) and the revision are written.
CREATE TYPE touched_contact_v1 AS (
    contact_id bigint, first_name_match text, last_name_match text, attributes text
);

CREATE TYPE identifier_v1 AS (
    home_id bigint, owner_id bigint, first_seen timestamptz, last_seen timestamptz, hidden_by bigint, kind smallint, state smallint,
    channels smallint, source smallint, confirmed boolean, value text, typed text, details text, seen_with uuid
);

CREATE VIEW identifier_rows AS
    SELECT workspace_id, owner_id, home_id, kind, value, hidden_by,
           ROW(home_id, owner_id, first_seen, last_seen, hidden_by, kind, state, channels, source, confirmed, value, typed,
               details::text, seen_with)::identifier_v1 AS record
    FROM identifiers;

CREATE TYPE value_v1 AS (
    kind smallint, value text, seen_with uuid[], unsubscribed_at timestamptz, waiting uuid, waiting_since timestamptz
);

CREATE VIEW value_rows AS
    SELECT workspace_id, kind, value,
           ROW(kind, value, seen_with, unsubscribed_at, waiting, waiting_since)::value_v1 AS record
    FROM identifier_values
    UNION ALL
    SELECT workspace_id, kind, value, ROW(kind, value, ARRAY[seen_with], NULL, NULL, NULL)::value_v1
    FROM identifiers
    WHERE seen_with IS NOT NULL;

CREATE TYPE membership_v1 AS (
    segment_id bigint, home_id bigint, owner_id bigint, hidden_by bigint, since timestamptz
);

CREATE VIEW membership_rows AS
    SELECT workspace_id, segment_id, home_id, owner_id,
           ROW(segment_id, home_id, owner_id, hidden_by, since)::membership_v1 AS record
    FROM segment_members;

CREATE TYPE visitor_v1 AS (
    visitor_id uuid, home_id bigint, owner_id bigint, since timestamptz, closed_at timestamptz, kind smallint, follows boolean,
    value text
);

CREATE VIEW visitor_rows AS
    SELECT workspace_id, visitor_id, kind, value, owner_id, since, closed_at, follows,
           ROW(visitor_id, home_id, owner_id, since, closed_at, kind, follows, value)::visitor_v1 AS record
    FROM visitors;

CREATE TYPE merge_v1 AS (
    merge_id uuid, survivor_id bigint, absorbed_id bigint, rule text, evidence_kind smallint, evidence_value text, forced boolean,
    decision_id uuid, merged_at timestamptz, moved text, undone_at timestamptz
);

CREATE VIEW merge_rows AS
    SELECT workspace_id, merge_id, survivor_id, absorbed_id, merged_at, undone_at,
           ROW(merge_id, survivor_id, absorbed_id, rule, evidence_kind, evidence_value, forced, decision_id, merged_at,
               moved::text, undone_at)::merge_v1 AS record
    FROM merges;

CREATE TYPE segment_v1 AS (
    segment_id bigint, name text, created_at timestamptz
);

CREATE VIEW segment_rows AS
    SELECT workspace_id, segment_id, name, ROW(segment_id, name, created_at)::segment_v1 AS record
    FROM segments;

CREATE TYPE category_v1 AS (
    category_id bigint, segment_id bigint, key text, name text, created_at timestamptz, updated_at timestamptz, archived boolean
);

CREATE VIEW category_rows AS
    SELECT workspace_id, category_id, segment_id, key,
           ROW(category_id, segment_id, key, name, created_at, updated_at, archived)::category_v1 AS record
    FROM categories;

CREATE TYPE field_v1 AS (
    field_id bigint, profile_key text, field_key text, name text, field_type text, allowed text, required boolean,
    identifying boolean, archived boolean
);

CREATE VIEW field_rows AS
    SELECT workspace_id, field_id, profile_key, field_key,
           ROW(field_id, profile_key, field_key, name, field_type, allowed::text, required, identifying, archived)::field_v1
               AS record
    FROM custom_fields;

CREATE TYPE reply_v1 AS (
    key text, digest bytea, decisions text, contacts bigint[], expires_at timestamptz
);

CREATE VIEW reply_rows AS
    SELECT workspace_id, key, expires_at,
           ROW(key, digest, decisions::text, contacts, expires_at)::reply_v1 AS record
    FROM recorded_replies;

CREATE TYPE order_v1 AS (
    external_order_id text, store_id text, decision_id uuid, contact_id bigint, status text, ordered_at timestamptz, total_cost text, currency text, shipping text,
    discount text, taxes text, details text, items text, created_at timestamptz, updated_at timestamptz
);

CREATE VIEW order_rows AS
    SELECT workspace_id, external_order_id, contact_id, ordered_at, decision_id,
           ROW(external_order_id, store_id, decision_id, contact_id, status, ordered_at, total_cost::text, currency, shipping::text, discount::text,
               taxes::text, details::text, items::text, created_at, updated_at)::order_v1 AS record
    FROM orders;

CREATE TYPE event_v1 AS (
    event_id uuid, decision_id uuid, occurred_at timestamptz, received_at timestamptz, contact_id bigint, visitor_id uuid, origin smallint,
    type_key text, key_value text, params text
);

CREATE VIEW event_rows AS
    SELECT workspace_id, occurred_at, decision_id, contact_id, visitor_id, type_key,
           ROW(event_id, decision_id, occurred_at, received_at, contact_id, visitor_id, origin, type_key, key_value, params::text)::event_v1
               AS record
    FROM events;

-- The columns of an event that a deletion needs.
CREATE TYPE stored_event_v1 AS (
    occurred_at timestamptz, event_id uuid, type_key text
);

CREATE TYPE event_count_v1 AS (
    key text, first_seen timestamptz, last_seen timestamptz, count bigint
);

CREATE TYPE creating_v1 AS (
    key text, creates_contacts boolean
);

CREATE TYPE log_entry_v1 AS (
    contact_id bigint, decision_id uuid, body bytea, mentions bigint[]
);

-- A value that a batch reads, and whether it reads the holders as well.
CREATE TYPE asked_key_v1 AS (
    kind smallint, value text, held boolean
);

-- A value, and the past time of an event that names it.
CREATE TYPE late_key_v1 AS (
    kind smallint, value text, at timestamptz
);

CREATE TYPE field_key_v1 AS (
    profile_key text, field_key text
);

-- An identifier by its primary key.
CREATE TYPE held_key_v1 AS (
    kind smallint, value text, home_id bigint
);

CREATE TYPE order_key_v1 AS (
    external_order_id text, store_id text
);

CREATE TYPE member_key_v1 AS (
    segment_id bigint, home_id bigint
);

-- A contact number and its canonical contact.
CREATE TYPE answer_v1 AS (
    contact_id bigint, canonical_id bigint
);

-- The two contacts of a merge, with their canonical contacts.
CREATE TYPE parties_v1 AS (
    survivor_id bigint, survivor_canonical_id bigint, absorbed_id bigint, absorbed_canonical_id bigint
);

CREATE TYPE number_v1 AS (
    name text, next bigint
);

-- The group of every contact number: its canonical contact (root_id) and the contacts that this one absorbed.
CREATE VIEW group_members AS
    SELECT asked.workspace_id, asked.contact_id AS asked_id, asked.canonical_id AS root_id, asked.canonical_id AS contact_id
    FROM contacts asked
    UNION ALL
    SELECT asked.workspace_id, asked.contact_id, asked.canonical_id, c.contact_id
    FROM contacts asked
    JOIN contacts c ON c.workspace_id = asked.workspace_id AND c.canonical_id = asked.canonical_id AND c.state = 3;
