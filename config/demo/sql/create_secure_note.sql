INSERT INTO notes
SELECT 'note_' || replace(uuidv7()::VARCHAR, '-', ''),
       get_user_id(),
       $title,
       CASE
           WHEN calls_this_month < calls_per_month THEN $content
           ELSE error('The quota of ' || calls_per_month || ' calls a month is used up.')
       END,
       make_timestamp(epoch_us(now()))
FROM my_usage
RETURNING note_id, title, created_at
