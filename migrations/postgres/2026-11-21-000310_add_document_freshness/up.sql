-- Of a client that a document describes: until when the document need not be read again. It was read at created_at.
ALTER TABLE clients ADD COLUMN document_fresh_until BIGINT;
