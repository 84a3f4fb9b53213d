-- Sessions of the protocol's legacy revisions. An ended session is deleted. Issuer and subject are empty where nobody logs
-- in. The file of the same name for PostgreSQL says the same; change both.

CREATE TABLE mcp_sessions (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 32),
    user_issuer TEXT NOT NULL,
    user_subject TEXT NOT NULL,
    version TEXT NOT NULL,
    opened_at INTEGER NOT NULL,
    last_used_at INTEGER NOT NULL
) STRICT;
CREATE INDEX mcp_sessions_of_user ON mcp_sessions (user_issuer, user_subject, last_used_at);
CREATE INDEX mcp_sessions_by_use ON mcp_sessions (last_used_at);
