-- What replicas say to each other, for as long as it may be news. NOTIFY carries the id of a row here. The file of the
-- same name for SQLite says the same; change both.

CREATE TABLE replica_messages (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    origin TEXT NOT NULL,
    payload TEXT NOT NULL CHECK (length(payload) <= 4096),
    said_at BIGINT NOT NULL
);
CREATE INDEX replica_messages_by_time ON replica_messages (said_at);
