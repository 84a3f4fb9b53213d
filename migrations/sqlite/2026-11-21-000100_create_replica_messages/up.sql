-- What replicas say to each other in PostgreSQL. An SQLite file has one process, so nothing is ever said here; the table
-- exists because both databases have one schema. The file of the same name for PostgreSQL says the same; change both.

CREATE TABLE replica_messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    origin TEXT NOT NULL,
    payload TEXT NOT NULL CHECK (length(payload) <= 4096),
    said_at INTEGER NOT NULL
) STRICT;
CREATE INDEX replica_messages_by_time ON replica_messages (said_at);
