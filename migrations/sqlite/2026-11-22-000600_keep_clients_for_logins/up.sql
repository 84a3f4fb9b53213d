-- Until when a login under way needs the registration of its client. The file of the same name for PostgreSQL says the same;
-- change both.
ALTER TABLE clients ADD COLUMN needed_until INTEGER NOT NULL DEFAULT 0;
DROP INDEX clients_unused;
CREATE INDEX clients_unused ON clients (created_at, id, needed_until) WHERE last_used_at IS NULL;
