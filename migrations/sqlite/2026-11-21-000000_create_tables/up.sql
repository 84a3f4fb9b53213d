-- Everything that survives a restart. Times are microseconds since the Unix epoch. Secrets are kept as 32-byte digests,
-- what must be read again is sealed. The file of the same name for PostgreSQL says the same; change both.

CREATE TABLE master_keys (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    key_id BLOB NOT NULL UNIQUE CHECK (length(key_id) = 8),
    noted_at INTEGER NOT NULL
) STRICT;

CREATE TABLE users (
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    identity TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    last_login_at INTEGER NOT NULL,
    PRIMARY KEY (issuer, subject)
) STRICT;

CREATE TABLE clients (
    id TEXT NOT NULL PRIMARY KEY,
    fingerprint BLOB CHECK (length(fingerprint) = 32),
    origin TEXT NOT NULL,
    name TEXT,
    secret_place TEXT,
    secret_digest BLOB CHECK (length(secret_digest) = 32),
    keys TEXT,
    keys_address TEXT,
    redirect_uris TEXT NOT NULL,
    grant_types TEXT NOT NULL,
    scopes TEXT NOT NULL,
    metadata TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    last_used_at INTEGER,
    expires_at INTEGER,
    CHECK ((secret_place IS NULL) = (secret_digest IS NULL)),
    CHECK ((secret_digest IS NOT NULL) + (keys IS NOT NULL) + (keys_address IS NOT NULL) <= 1)
) STRICT;
CREATE UNIQUE INDEX clients_by_fingerprint ON clients (fingerprint) WHERE fingerprint IS NOT NULL;
CREATE INDEX clients_by_end ON clients (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX clients_unused ON clients (created_at, id) WHERE last_used_at IS NULL;

-- The identifier is the digest of user, client and receiver, which together are too long for an index.
CREATE TABLE consents (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 32),
    user_issuer TEXT NOT NULL,
    user_subject TEXT NOT NULL,
    client_id TEXT NOT NULL,
    receiver TEXT NOT NULL,
    scopes TEXT NOT NULL,
    redirect_uris_fingerprint BLOB NOT NULL CHECK (length(redirect_uris_fingerprint) = 32),
    given_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX consents_of_user ON consents (user_issuer, user_subject);
CREATE INDEX consents_by_end ON consents (expires_at);

-- A grant is pending, then active (activated_at), then ended (ended_at, end_reason). tokens_end_at is the latest end of
-- its tokens, kept here so that idle grants are found without looking at tokens.
CREATE TABLE grants (
    id TEXT NOT NULL PRIMARY KEY,
    client_id TEXT NOT NULL,
    user_issuer TEXT NOT NULL,
    user_subject TEXT NOT NULL,
    user_account TEXT NOT NULL,
    scopes TEXT NOT NULL,
    resource TEXT NOT NULL,
    upstream_tokens BLOB,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    activated_at INTEGER,
    tokens_end_at INTEGER NOT NULL,
    ended_at INTEGER,
    end_reason TEXT,
    CHECK ((ended_at IS NULL) = (end_reason IS NULL))
) STRICT;
CREATE INDEX grants_live_of_user ON grants (user_issuer, user_subject, created_at, id) WHERE ended_at IS NULL;
CREATE INDEX grants_pending ON grants (created_at) WHERE activated_at IS NULL AND ended_at IS NULL;
CREATE INDEX grants_by_lifetime ON grants (expires_at) WHERE expires_at IS NOT NULL AND ended_at IS NULL;
CREATE INDEX grants_by_tokens_end ON grants (tokens_end_at) WHERE activated_at IS NOT NULL AND ended_at IS NULL;
CREATE INDEX grants_ended ON grants (ended_at) WHERE ended_at IS NOT NULL;

CREATE TABLE authorization_codes (
    digest BLOB NOT NULL PRIMARY KEY CHECK (length(digest) = 32),
    grant_id TEXT NOT NULL REFERENCES grants (id) ON DELETE CASCADE,
    client_id TEXT NOT NULL,
    redirect_uri TEXT NOT NULL,
    challenge TEXT NOT NULL,
    resource TEXT NOT NULL,
    scopes TEXT NOT NULL,
    issued_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    failed_verifications INTEGER NOT NULL,
    consumed_at INTEGER
) STRICT;
CREATE INDEX authorization_codes_of_grant ON authorization_codes (grant_id);
CREATE INDEX authorization_codes_by_end ON authorization_codes (expires_at);

CREATE TABLE access_tokens (
    digest BLOB NOT NULL PRIMARY KEY CHECK (length(digest) = 32),
    grant_id TEXT NOT NULL REFERENCES grants (id) ON DELETE CASCADE,
    refresh_token BLOB CHECK (length(refresh_token) = 32),
    scopes TEXT NOT NULL,
    resource TEXT NOT NULL,
    issued_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    first_used_at INTEGER,
    revoked_at INTEGER
) STRICT;
CREATE INDEX access_tokens_of_grant ON access_tokens (grant_id);
CREATE INDEX access_tokens_by_end ON access_tokens (expires_at);

CREATE TABLE refresh_tokens (
    digest BLOB NOT NULL PRIMARY KEY CHECK (length(digest) = 32),
    grant_id TEXT NOT NULL REFERENCES grants (id) ON DELETE CASCADE,
    client_id TEXT NOT NULL,
    scopes TEXT NOT NULL,
    resource TEXT NOT NULL,
    issued_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    pair_first_used_at INTEGER,
    rotated_at INTEGER,
    rotation_key BLOB CHECK (length(rotation_key) = 8),
    next_access_token BLOB CHECK (length(next_access_token) = 32),
    next_refresh_token BLOB CHECK (length(next_refresh_token) = 32),
    CHECK ((rotated_at IS NULL) = (rotation_key IS NULL)),
    CHECK ((rotated_at IS NULL) = (next_access_token IS NULL)),
    CHECK ((rotated_at IS NULL) = (next_refresh_token IS NULL))
) STRICT;
CREATE INDEX refresh_tokens_of_grant ON refresh_tokens (grant_id);
CREATE INDEX refresh_tokens_by_end ON refresh_tokens (expires_at);

CREATE TABLE pending_logins (
    state BLOB NOT NULL PRIMARY KEY CHECK (length(state) = 32),
    browser BLOB NOT NULL CHECK (length(browser) = 32),
    provider TEXT NOT NULL,
    request TEXT,
    upstream_secrets BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX pending_logins_by_end ON pending_logins (expires_at);

CREATE TABLE interactions (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 32),
    browser BLOB NOT NULL CHECK (length(browser) = 32),
    request TEXT,
    stage TEXT NOT NULL,
    user_issuer TEXT,
    user_subject TEXT,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    CHECK ((user_issuer IS NULL) = (user_subject IS NULL))
) STRICT;
CREATE INDEX interactions_by_end ON interactions (expires_at);

CREATE TABLE browser_sessions (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 32),
    user_issuer TEXT NOT NULL,
    user_subject TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX browser_sessions_of_user ON browser_sessions (user_issuer, user_subject);
CREATE INDEX browser_sessions_by_end ON browser_sessions (expires_at);

CREATE TABLE replay_identifiers (
    identifier BLOB NOT NULL PRIMARY KEY CHECK (length(identifier) = 32),
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX replay_identifiers_by_end ON replay_identifiers (expires_at);
