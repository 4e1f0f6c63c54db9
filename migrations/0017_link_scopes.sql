-- What may be done by a moderator's link: `review` is looking through questions and nothing else; those that were made
-- before have all that moderators may do. Of no meaning for a speaker's.
ALTER TABLE links ADD COLUMN scope TEXT NOT NULL DEFAULT 'full' CHECK (scope IN ('review', 'full'));
