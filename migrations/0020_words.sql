-- What moderators have decided of the words that people sent to an activity (hidden, shown all the same, counted as another),
-- as JSON. It holds in every round. A node of the former release shows all words, as before.
ALTER TABLE activities ADD COLUMN words TEXT NOT NULL DEFAULT '[]';
