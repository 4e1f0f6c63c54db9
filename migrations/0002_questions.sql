-- Questions from the room: posts, votes, what moderators did, and private links for moderators and speakers.

-- The settings of questions, as JSON; what is absent in it has its default.
ALTER TABLE events ADD COLUMN qa TEXT NOT NULL DEFAULT '{}';
-- Whether the screen shows the list of questions in place of the stage.
ALTER TABLE events ADD COLUMN qa_on_screen BOOLEAN NOT NULL DEFAULT FALSE;
-- The number of the post that the screen shows; absent: none.
ALTER TABLE events ADD COLUMN highlight BIGINT;

-- Since when the device may not ask; absent: it may. The version tells its owner's pages of the last change.
ALTER TABLE participants ADD COLUMN blocked_at BIGINT;
ALTER TABLE participants ADD COLUMN blocked_rev BIGINT NOT NULL DEFAULT 0;

-- Few are blocked, of thousands.
CREATE INDEX participants_blocked ON participants (event_id) WHERE blocked_at IS NOT NULL;

-- number counts from 1 within the event; it is given under the event's lock.
-- name is absent where one asked anonymously; original is what the author wrote, where a moderator has reworded it;
-- binned_from is the list to which a post in the bin returns; published_at the first time; version the event's when
-- anything but votes last changed. merged_into is the post that it was made a part of; root the one at the end of that
-- chain, or the post itself: kept, so that a group of posts is found and counted without following chains.
CREATE TABLE posts (
    event_id UUID NOT NULL REFERENCES events (id),
    number BIGINT NOT NULL,
    participant_id UUID NOT NULL REFERENCES participants (id),
    name TEXT,
    text TEXT NOT NULL,
    original TEXT,
    state TEXT NOT NULL CHECK (state IN ('review', 'reviewed', 'published', 'declined', 'hidden', 'withdrawn')),
    binned_from TEXT CHECK (binned_from IN ('review', 'reviewed', 'published')),
    reason TEXT,
    flagged BOOLEAN NOT NULL,
    starred BOOLEAN NOT NULL,
    pinned BOOLEAN NOT NULL,
    labels TEXT NOT NULL,
    reply TEXT,
    merged_into BIGINT,
    root BIGINT NOT NULL,
    at BIGINT NOT NULL,
    published_at BIGINT,
    answered_at BIGINT,
    version BIGINT NOT NULL,
    PRIMARY KEY (event_id, number)
);

CREATE INDEX posts_by_participant ON posts (participant_id);
CREATE INDEX posts_by_root ON posts (event_id, root, number);

-- The last vote of each on each post: 1 for, -1 against, 0 taken back. Who asks has a vote for it.
CREATE TABLE votes (
    participant_id UUID NOT NULL,
    post BIGINT NOT NULL,
    event_id UUID NOT NULL REFERENCES events (id),
    vote BIGINT NOT NULL CHECK (vote IN (-1, 0, 1)),
    rev BIGINT NOT NULL,
    PRIMARY KEY (participant_id, post)
);

CREATE INDEX votes_by_post ON votes (event_id, post, vote);

-- What participants did with posts, so that a command that comes again is not done again.
CREATE TABLE receipts (
    participant_id UUID NOT NULL,
    cid UUID NOT NULL,
    event_id UUID NOT NULL REFERENCES events (id),
    at BIGINT NOT NULL,
    PRIMARY KEY (participant_id, cid)
);

-- The ledger of moderation, and the receipts of moderators. actor_id is a member's or a link's id; act is what was asked
-- for and changes what it changed, before and after, both JSON; absent: nothing, so that it is a receipt only.
CREATE TABLE acts (
    actor_id UUID NOT NULL,
    cid UUID NOT NULL,
    event_id UUID NOT NULL REFERENCES events (id),
    actor TEXT NOT NULL,
    act TEXT NOT NULL,
    changes TEXT,
    at BIGINT NOT NULL,
    rev BIGINT NOT NULL,
    PRIMARY KEY (actor_id, cid)
);

CREATE INDEX acts_by_event ON acts (event_id, rev);
CREATE INDEX acts_by_command ON acts (event_id, cid);

-- Private links. label: which posts a speaker sees; absent: all.
CREATE TABLE links (
    id UUID NOT NULL PRIMARY KEY,
    event_id UUID NOT NULL REFERENCES events (id),
    kind TEXT NOT NULL CHECK (kind IN ('moderator', 'speaker')),
    name TEXT NOT NULL,
    label BIGINT,
    token_hash TEXT NOT NULL UNIQUE,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT
);

CREATE INDEX links_by_event ON links (event_id);
