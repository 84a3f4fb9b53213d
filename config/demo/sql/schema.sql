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

-- How much each user may store in a month. An operator may change the numbers; a start does not change them back.
CREATE TABLE IF NOT EXISTS quota (
    notes_per_month INTEGER NOT NULL
);
INSERT INTO quota SELECT 1000 WHERE NOT EXISTS (FROM quota);

-- The caller's own notes: whoever reads them through this view cannot forget the condition.
CREATE OR REPLACE VIEW my_notes AS
    SELECT note_id, title, content, created_at
    FROM notes
    WHERE owner = get_user_id();

-- What the caller has used of the quota in this month.
CREATE OR REPLACE VIEW my_usage AS
    SELECT count(*) AS notes_this_month,
           coalesce(sum(length(content)), 0)::BIGINT AS characters_this_month,
           (SELECT notes_per_month FROM quota) AS notes_per_month
    FROM my_notes
    WHERE date_trunc('month', created_at) = date_trunc('month', current_localtimestamp());
