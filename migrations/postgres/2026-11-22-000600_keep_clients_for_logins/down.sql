DROP INDEX clients_unused;
ALTER TABLE clients DROP COLUMN needed_until;
CREATE INDEX clients_unused ON clients (created_at, id) WHERE last_used_at IS NULL;
