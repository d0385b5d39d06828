-- The second factors of people of the console (RFC 6238). `secret` is encrypted. A factor without `confirmed_at` is being set up and asks
-- for nothing. `last_step` is the latest time step whose code was accepted.
CREATE TABLE second_factors (
    user_id      uuid   NOT NULL PRIMARY KEY REFERENCES users (user_id),
    secret       bytea  NOT NULL,
    confirmed_at timestamptz,
    last_step    bigint NOT NULL
);

-- Recovery codes that are not used yet. `digest` is the SHA-256 of the code.
CREATE TABLE recovery_codes (
    user_id uuid  NOT NULL REFERENCES users (user_id),
    digest  bytea NOT NULL,
    PRIMARY KEY (user_id, digest)
);

-- The accounts of identity providers by which people sign in (OpenID Connect): one of each issuer.
CREATE TABLE user_identities (
    issuer    text        NOT NULL COLLATE "C",
    subject   text        NOT NULL COLLATE "C",
    user_id   uuid        NOT NULL REFERENCES users (user_id),
    linked_at timestamptz NOT NULL,
    PRIMARY KEY (issuer, subject),
    UNIQUE (user_id, issuer)
);
