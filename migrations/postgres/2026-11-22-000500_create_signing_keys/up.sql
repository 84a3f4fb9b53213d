-- The keys that access tokens are signed with (auth.tokens.format: jwt), sealed. Replicas that make the next key at the same
-- time meet in its generation. The file of the same name for SQLite says the same; change both.

CREATE TABLE signing_keys (
    generation BIGINT NOT NULL PRIMARY KEY,
    key_id TEXT NOT NULL UNIQUE,
    algorithm TEXT NOT NULL,
    private_key BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    usable_from BIGINT NOT NULL
);
