-- Takes back what up.sql made. Clients of the legacy revisions start over, as after any unknown session.

DROP TABLE mcp_sessions;
