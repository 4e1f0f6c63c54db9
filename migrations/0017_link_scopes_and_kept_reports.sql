-- What may be done by a moderator's link: `review` is looking through questions and nothing else; those that were made
-- before have all that moderators may do. Of no meaning for a speaker's.
ALTER TABLE links ADD COLUMN scope TEXT NOT NULL DEFAULT 'full' CHECK (scope IN ('review', 'full'));

-- Which reports of the network test are kept for longer. Those that were made before are taken to be of nobody in particular.
-- maker: a digest of the report's id and the network that it came from, by which others are told from its maker; absent: not
-- known.
ALTER TABLE netcheck_reports ADD COLUMN standing TEXT NOT NULL DEFAULT 'anonymous'
    CHECK (standing IN ('anonymous', 'opened', 'facilitator'));
ALTER TABLE netcheck_reports ADD COLUMN maker TEXT;
-- How long the document is; of one whose length was not written down, the most that is taken.
ALTER TABLE netcheck_reports ADD COLUMN bytes BIGINT NOT NULL DEFAULT 32768;
