-- What people ordered. An order stays with the contact that it was given to: whoever reads a contact's orders reads those of whom it
-- absorbed. Money is exact: decimals as text.
CREATE TABLE orders (
    workspace_id      INTEGER NOT NULL,
    external_order_id TEXT    NOT NULL,
    contact_id        INTEGER NOT NULL,
    status            TEXT    NOT NULL,
    ordered_at        INTEGER NOT NULL,
    total_cost        TEXT    NOT NULL,
    currency          TEXT    NOT NULL,
    shipping          TEXT,
    discount          TEXT,
    taxes             TEXT,
    details           TEXT    NOT NULL,
    items             TEXT    NOT NULL,
    created_at        INTEGER NOT NULL,
    updated_at        INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, external_order_id)
) STRICT;
CREATE INDEX orders_by_contact ON orders (workspace_id, contact_id, ordered_at, external_order_id);
