-- What happened at one moment is listed as it arrived: by the decision that kept it, or that changed the order last. Identities of decisions
-- begin with their times; those of rows from before are made of when they came.
ALTER TABLE events ADD COLUMN decision_id uuid;
UPDATE events SET decision_id = (lpad(to_hex((extract(epoch FROM received_at) * 1000)::bigint), 12, '0') || '7000'
    || substr(replace(event_id::text, '-', ''), 17))::uuid;
ALTER TABLE events ALTER COLUMN decision_id SET NOT NULL;
DROP INDEX events_by_contact;
DROP INDEX events_by_visitor;
CREATE INDEX events_by_contact ON events
    (workspace_id, contact_id, (type_key = 'PageView'), occurred_at DESC, decision_id DESC) WHERE contact_id IS NOT NULL;
CREATE INDEX events_by_visitor ON events
    (workspace_id, visitor_id, (type_key = 'PageView'), occurred_at DESC, decision_id DESC) WHERE visitor_id IS NOT NULL;

-- An order is one by its number within its shop. Blank where no request has named a shop.
ALTER TABLE orders ADD COLUMN store_id text COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE orders ADD COLUMN decision_id uuid;
UPDATE orders SET store_id = trim(left(coalesce(details ->> 'store_id', ''), 100)),
    decision_id = (lpad(to_hex((extract(epoch FROM updated_at) * 1000)::bigint), 12, '0') || '7000'
        || substr(md5(external_order_id), 17))::uuid;
ALTER TABLE orders ALTER COLUMN store_id DROP DEFAULT;
ALTER TABLE orders ALTER COLUMN decision_id SET NOT NULL;
ALTER TABLE orders DROP CONSTRAINT orders_pkey;
ALTER TABLE orders ADD PRIMARY KEY (workspace_id, external_order_id, store_id);
DROP INDEX orders_by_contact;
CREATE INDEX orders_by_contact ON orders (workspace_id, contact_id, ordered_at DESC, decision_id DESC);
