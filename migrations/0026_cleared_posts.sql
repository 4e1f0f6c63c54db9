-- The highest number of a post that was deleted with an event's answers. Numbers are never given twice: a vote that somebody's
-- phone still has to send must not count for another post. A node of the former release, which does not know the column, may
-- give them again after a clearing, until the roll-out is over.
ALTER TABLE events ADD COLUMN posts_cleared BIGINT NOT NULL DEFAULT 0;
