-- Which versions an activity's question has had, as JSON: the current one, and since which one it asks, and its options say, what
-- they do. Of questions from before this: the first, from the first. A node of the former release changes a question without it,
-- which is no worse than before.
ALTER TABLE activities ADD COLUMN versions TEXT NOT NULL DEFAULT '{}';
