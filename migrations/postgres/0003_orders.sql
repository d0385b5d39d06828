-- What people ordered. An order stays with the contact that it was given to: whoever reads a contact's orders reads those of whom it
-- absorbed. Money is exact.
CREATE TABLE orders (
    workspace_id      bigint      NOT NULL,
    external_order_id text        NOT NULL COLLATE "C",
    contact_id        bigint      NOT NULL,
    status            text        NOT NULL,
    ordered_at        timestamptz NOT NULL,
    total_cost        numeric     NOT NULL,
    currency          text        NOT NULL,
    shipping          numeric,
    discount          numeric,
    taxes             numeric,
    details           json        NOT NULL,
    items             json        NOT NULL,
    created_at        timestamptz NOT NULL,
    updated_at        timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, external_order_id)
);
CREATE INDEX orders_by_contact ON orders (workspace_id, contact_id, ordered_at DESC, external_order_id DESC);
