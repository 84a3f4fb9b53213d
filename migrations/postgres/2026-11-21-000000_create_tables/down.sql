-- Takes back what up.sql made, what refers to something first. All logins end.

DROP TABLE replay_identifiers;
DROP TABLE browser_sessions;
DROP TABLE interactions;
DROP TABLE pending_logins;
DROP TABLE refresh_tokens;
DROP TABLE access_tokens;
DROP TABLE authorization_codes;
DROP TABLE grants;
DROP TABLE consents;
DROP TABLE clients;
DROP TABLE users;
DROP TABLE master_keys;
