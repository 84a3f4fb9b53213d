-- Takes back what up.sql made. Messages that were not heard yet are lost; nothing depends on them.

DROP TABLE replica_messages;
