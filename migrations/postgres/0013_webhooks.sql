-- Endpoints that receive changes. `kinds` lists the wanted kinds with commas between them, NULL for all. `sealed` is the secret, encrypted;
-- `sealed_before` the secret before it, which signs until `before_until` too. `position` is the last commit whose changes are messages.
CREATE TABLE webhooks (
    workspace_id  bigint      NOT NULL REFERENCES workspaces (workspace_id),
    webhook_id    uuid        NOT NULL,
    url           text        NOT NULL COLLATE "C",
    kinds         text,
    sealed        bytea       NOT NULL,
    sealed_before bytea,
    before_until  timestamptz,
    is_enabled    boolean     NOT NULL,
    failures      integer     NOT NULL,
    paused_until  timestamptz,
    problem       text,
    position      bigint      NOT NULL,
    created_at    timestamptz NOT NULL,
    updated_at    timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, webhook_id),
    UNIQUE (workspace_id, url)
);

-- Messages for endpoints. A change is the one at `place` among those of its commit. `status` is pending, delivered or dead.
CREATE TABLE webhook_deliveries (
    workspace_id bigint      NOT NULL REFERENCES workspaces (workspace_id),
    webhook_id   uuid        NOT NULL,
    message_id   uuid        NOT NULL,
    revision     bigint      NOT NULL,
    place        integer     NOT NULL,
    contact_id   bigint      NOT NULL,
    kind         text        NOT NULL,
    body         text        NOT NULL,
    status       text        NOT NULL,
    attempts     integer     NOT NULL,
    next_try_at  timestamptz NOT NULL,
    last_status  integer,
    last_detail  text,
    last_at      timestamptz,
    PRIMARY KEY (workspace_id, webhook_id, message_id)
);
CREATE INDEX webhook_deliveries_pending ON webhook_deliveries (workspace_id, webhook_id, contact_id, revision, place) WHERE status = 'pending';
CREATE INDEX webhook_deliveries_in_order ON webhook_deliveries (workspace_id, webhook_id, revision, place);
CREATE INDEX webhook_deliveries_by_contact ON webhook_deliveries (workspace_id, contact_id);
