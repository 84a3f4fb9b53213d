-- Bound tokens and codes must not become good for whoever has them.
DELETE FROM access_tokens WHERE bound_to IS NOT NULL;
DELETE FROM refresh_tokens WHERE bound_to IS NOT NULL;
DELETE FROM authorization_codes WHERE bound_to IS NOT NULL;
ALTER TABLE access_tokens DROP COLUMN bound_to;
ALTER TABLE refresh_tokens DROP COLUMN bound_to;
ALTER TABLE authorization_codes DROP COLUMN bound_to;
