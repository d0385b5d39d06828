-- People of the console: the tables of migrations/postgres/0010_console_users.sql.
--
-- `email` is as typed, `email_match` the form by which addresses are compared. `password` is a PHC string.
CREATE TABLE users (
    user_id     BLOB    NOT NULL PRIMARY KEY,
    email       TEXT    NOT NULL,
    email_match TEXT    NOT NULL UNIQUE,
    password    TEXT    NOT NULL,
    created_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Who works in which workspace, and as what.
CREATE TABLE members (
    workspace_id INTEGER NOT NULL REFERENCES workspaces (workspace_id),
    user_id      BLOB    NOT NULL REFERENCES users (user_id),
    role         TEXT    NOT NULL,
    since        INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX members_by_user ON members (user_id, workspace_id);

-- Invitations that nobody accepted. `digest` is the SHA-256 of the secret. `email` is NULL when whoever accepts says it.
CREATE TABLE invitations (
    workspace_id  INTEGER NOT NULL REFERENCES workspaces (workspace_id),
    invitation_id BLOB    NOT NULL,
    digest        BLOB    NOT NULL UNIQUE,
    email         TEXT,
    role          TEXT    NOT NULL,
    created_at    INTEGER NOT NULL,
    expires_at    INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, invitation_id)
) STRICT;
CREATE INDEX invitations_by_end ON invitations (expires_at);

-- Sessions. `digest` is the SHA-256 of the secret, by which a session is found before its workspace is known.
CREATE TABLE sessions (
    digest       BLOB    NOT NULL PRIMARY KEY,
    session_id   BLOB    NOT NULL UNIQUE,
    user_id      BLOB    NOT NULL REFERENCES users (user_id),
    workspace_id INTEGER NOT NULL REFERENCES workspaces (workspace_id),
    created_at   INTEGER NOT NULL,
    last_used_at INTEGER NOT NULL,
    agent        TEXT    NOT NULL
) STRICT;
CREATE INDEX sessions_by_user ON sessions (user_id, created_at);
CREATE INDEX sessions_by_start ON sessions (created_at);
CREATE INDEX sessions_by_use ON sessions (last_used_at);

-- What people did. `user_id` is NULL for whoever runs the server.
CREATE TABLE audit_log (
    workspace_id INTEGER NOT NULL REFERENCES workspaces (workspace_id),
    audit_id     BLOB    NOT NULL,
    at           INTEGER NOT NULL,
    user_id      BLOB,
    acted_by     TEXT    NOT NULL,
    action       TEXT    NOT NULL,
    object       TEXT    NOT NULL,
    PRIMARY KEY (workspace_id, audit_id)
) STRICT, WITHOUT ROWID;
