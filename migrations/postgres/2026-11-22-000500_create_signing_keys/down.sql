-- Takes back what up.sql made. Signed access tokens are refused then; their clients refresh.

DROP TABLE signing_keys;
