-- Sites: pages and apps that speak with a public key. The key is no secret; it is published.
CREATE TABLE sites (
    site_id        INTEGER PRIMARY KEY AUTOINCREMENT,
    workspace_id   INTEGER NOT NULL REFERENCES workspaces (workspace_id),
    name           TEXT    NOT NULL,
    key            TEXT    NOT NULL UNIQUE,
    allow_unsigned INTEGER NOT NULL,
    created_at     INTEGER NOT NULL,
    UNIQUE (workspace_id, name)
) STRICT;

-- The origins whose pages may use the key of a site.
CREATE TABLE site_origins (
    site_id INTEGER NOT NULL REFERENCES sites (site_id) ON DELETE CASCADE,
    origin  TEXT    NOT NULL,
    PRIMARY KEY (site_id, origin)
) STRICT, WITHOUT ROWID;
CREATE INDEX site_origins_by_origin ON site_origins (origin);

-- Secrets that sign identity tokens. A signature is checked with the secret itself, so that a digest would not do.
CREATE TABLE signing_secrets (
    secret_id    INTEGER PRIMARY KEY AUTOINCREMENT,
    workspace_id INTEGER NOT NULL REFERENCES workspaces (workspace_id),
    secret       TEXT    NOT NULL,
    created_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX signing_secrets_newest ON signing_secrets (workspace_id, secret_id DESC);
