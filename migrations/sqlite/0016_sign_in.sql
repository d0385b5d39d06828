-- The second factors of people of the console (RFC 6238). `secret` is encrypted. A factor without `confirmed_at` is being set up and asks
-- for nothing. `last_step` is the latest time step whose code was accepted.
CREATE TABLE second_factors (
    user_id      BLOB    NOT NULL PRIMARY KEY REFERENCES users (user_id),
    secret       BLOB    NOT NULL,
    confirmed_at INTEGER,
    last_step    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Recovery codes that are not used yet. `digest` is the SHA-256 of the code.
CREATE TABLE recovery_codes (
    user_id BLOB NOT NULL REFERENCES users (user_id),
    digest  BLOB NOT NULL,
    PRIMARY KEY (user_id, digest)
) STRICT, WITHOUT ROWID;

-- The accounts of identity providers by which people sign in (OpenID Connect): one of each issuer.
CREATE TABLE user_identities (
    issuer    TEXT    NOT NULL,
    subject   TEXT    NOT NULL,
    user_id   BLOB    NOT NULL REFERENCES users (user_id),
    linked_at INTEGER NOT NULL,
    PRIMARY KEY (issuer, subject),
    UNIQUE (user_id, issuer)
) STRICT, WITHOUT ROWID;
