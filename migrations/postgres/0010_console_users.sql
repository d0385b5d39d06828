-- People of the console.
--
-- `email` is as typed, `email_match` the form by which addresses are compared. `password` is a PHC string.
CREATE TABLE users (
    user_id     uuid        NOT NULL PRIMARY KEY,
    email       text        NOT NULL COLLATE "C",
    email_match text        NOT NULL COLLATE "C" UNIQUE,
    password    text        NOT NULL,
    created_at  timestamptz NOT NULL
);

-- Who works in which workspace, and as what.
CREATE TABLE members (
    workspace_id bigint      NOT NULL REFERENCES workspaces (workspace_id),
    user_id      uuid        NOT NULL REFERENCES users (user_id),
    role         text        NOT NULL COLLATE "C",
    since        timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, user_id)
);
CREATE INDEX members_by_user ON members (user_id, workspace_id);

-- Invitations that nobody accepted. `digest` is the SHA-256 of the secret. `email` is NULL when whoever accepts says it.
CREATE TABLE invitations (
    workspace_id  bigint      NOT NULL REFERENCES workspaces (workspace_id),
    invitation_id uuid        NOT NULL,
    digest        bytea       NOT NULL UNIQUE,
    email         text        COLLATE "C",
    role          text        NOT NULL COLLATE "C",
    created_at    timestamptz NOT NULL,
    expires_at    timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, invitation_id)
);
CREATE INDEX invitations_by_end ON invitations (expires_at);

-- Sessions. `digest` is the SHA-256 of the secret, by which a session is found before its workspace is known.
CREATE TABLE sessions (
    digest       bytea       NOT NULL PRIMARY KEY,
    session_id   uuid        NOT NULL UNIQUE,
    user_id      uuid        NOT NULL REFERENCES users (user_id),
    workspace_id bigint      NOT NULL REFERENCES workspaces (workspace_id),
    created_at   timestamptz NOT NULL,
    last_used_at timestamptz NOT NULL,
    agent        text        NOT NULL
);
CREATE INDEX sessions_by_user ON sessions (user_id, created_at);
CREATE INDEX sessions_by_start ON sessions (created_at);
CREATE INDEX sessions_by_use ON sessions (last_used_at);

-- What people did. `user_id` is NULL for whoever runs the server.
CREATE TABLE audit_log (
    workspace_id bigint      NOT NULL REFERENCES workspaces (workspace_id),
    audit_id     uuid        NOT NULL,
    at           timestamptz NOT NULL,
    user_id      uuid,
    acted_by     text        NOT NULL,
    action       text        NOT NULL COLLATE "C",
    object       text        NOT NULL,
    PRIMARY KEY (workspace_id, audit_id)
);
