-- How guesses at secrets are held back, what a session knows of its browser, and the way back in.

-- Until when no further guess under this key is looked at (a key with a wait), or when all of its pace is there again.
ALTER TABLE login_failures ADD COLUMN until_at BIGINT NOT NULL DEFAULT 0;

-- When a session was last used, to within some minutes. Absent: not since it began.
ALTER TABLE sessions ADD COLUMN used_at BIGINT;
-- When it ends however much it is used. Absent: it is not prolonged by use at all.
ALTER TABLE sessions ADD COLUMN ends_at BIGINT;
-- Which browser on which system, roughly, such as 'firefox linux'. Absent: not known.
ALTER TABLE sessions ADD COLUMN device TEXT;

CREATE INDEX sessions_by_member ON sessions (member_id);

-- Absent: never since the account was created.
ALTER TABLE members ADD COLUMN password_changed_at BIGINT;

-- Failed attempts to sign in to a member's account that the member has not been told of and dismissed.
CREATE TABLE failed_sign_ins (
    member_id UUID NOT NULL PRIMARY KEY REFERENCES members (id),
    attempts BIGINT NOT NULL,
    since_at BIGINT NOT NULL
);

-- Links with which a member who forgot the password sets another: one per member, each for one use.
CREATE TABLE sign_in_links (
    token_hash TEXT NOT NULL PRIMARY KEY,
    member_id UUID NOT NULL UNIQUE REFERENCES members (id),
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
