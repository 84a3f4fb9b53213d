ALTER TABLE clients DROP COLUMN document_fresh_until;
