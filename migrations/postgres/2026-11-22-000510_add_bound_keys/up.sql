-- Tokens and codes that only the owner of a key may use (RFC 9449): the thumbprint of that key. The file of the same name
-- for SQLite says the same; change both.
ALTER TABLE access_tokens ADD COLUMN bound_to TEXT;
ALTER TABLE refresh_tokens ADD COLUMN bound_to TEXT;
ALTER TABLE authorization_codes ADD COLUMN bound_to TEXT;
