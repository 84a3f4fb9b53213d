INSERT INTO notes
SELECT 'note_' || replace(uuidv7()::VARCHAR, '-', ''),
       get_user_id(),
       $title,
       CASE
           WHEN notes_this_month < notes_per_month THEN $content
           ELSE error('The quota of ' || notes_per_month || ' notes a month is used up.')
       END,
       current_localtimestamp()
FROM my_usage
RETURNING note_id, title, created_at
