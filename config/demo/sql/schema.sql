-- What the definitions rely on. It runs at every start, so each statement can run again.

CREATE TABLE IF NOT EXISTS notes (
    note_id    VARCHAR PRIMARY KEY,
    owner      VARCHAR NOT NULL,
    title      VARCHAR NOT NULL,
    content    VARCHAR NOT NULL,
    created_at TIMESTAMP NOT NULL
);

CREATE TABLE IF NOT EXISTS preferences (
    owner    VARCHAR PRIMARY KEY,
    language VARCHAR NOT NULL,
    theme    VARCHAR NOT NULL
);

-- How many calls each user has in a month. An operator may change the number; a start does not change it back.
CREATE TABLE IF NOT EXISTS call_quota (
    calls_per_month INTEGER NOT NULL
);
INSERT INTO call_quota SELECT 10000 WHERE NOT EXISTS (FROM call_quota);

-- The caller's own notes: whoever reads them through this view cannot forget the condition.
CREATE OR REPLACE VIEW my_notes AS
    SELECT note_id, title, content, created_at
    FROM notes
    WHERE owner = get_user_id();

-- What the audit log says about the caller in this month (UTC). The log is the durable count of calls: the server writes a
-- record whenever a call ends, whatever became of it. logs-none.jsonl is empty and only there so that there is always a file to
-- read. A line that is just being written is not JSON yet, and is passed over.
CREATE OR REPLACE VIEW my_records AS
    SELECT operation_type, operation_name, operation_status
    FROM read_json('data/audit/logs-*.jsonl', format = 'newline_delimited', ignore_errors = true, columns = {
        timestamp: 'TIMESTAMP', operation_type: 'VARCHAR', operation_name: 'VARCHAR', operation_status: 'VARCHAR',
        user_id: 'VARCHAR', user_provider: 'VARCHAR' })
    WHERE user_id = get_user_id()
      AND user_provider = get_user_provider()
      AND timestamp >= date_trunc('month', make_timestamp(epoch_us(now())));

-- What the caller has used of the quota.
CREATE OR REPLACE VIEW my_usage AS
    SELECT count(*) FILTER (operation_type <> 'auth') AS calls_this_month,
           count(*) FILTER (operation_type <> 'auth' AND operation_status = 'error') AS failed_calls_this_month,
           count(*) FILTER (operation_type = 'auth' AND operation_name = 'login_succeeded') AS logins_this_month,
           count(*) FILTER (operation_name IN ('token_issued', 'token_refreshed') AND operation_status = 'success')
               AS tokens_this_month,
           (SELECT calls_per_month FROM call_quota) AS calls_per_month
    FROM my_records;
