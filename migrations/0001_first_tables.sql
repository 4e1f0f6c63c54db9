-- Members and how they sign in; events, their rundown, their participants and their answers.

CREATE TABLE workspaces (
    id UUID NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE members (
    id UUID NOT NULL PRIMARY KEY,
    workspace_id UUID NOT NULL REFERENCES workspaces (id),
    name TEXT NOT NULL,
    email TEXT NOT NULL UNIQUE,
    role TEXT NOT NULL CHECK (role IN ('owner', 'admin', 'facilitator', 'moderator')),
    password_hash TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

-- Two browsers that finish the set-up page at the same time make one owner.
CREATE UNIQUE INDEX members_one_owner ON members (role) WHERE role = 'owner';

CREATE TABLE sessions (
    token_hash TEXT NOT NULL PRIMARY KEY,
    member_id UUID NOT NULL REFERENCES members (id),
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE TABLE login_failures (
    key TEXT NOT NULL PRIMARY KEY,
    failures BIGINT NOT NULL,
    last_at BIGINT NOT NULL
);

-- rev is the version of everything in the event; whoever changes something in it locks its row here first.
CREATE TABLE events (
    id UUID NOT NULL PRIMARY KEY,
    workspace_id UUID NOT NULL REFERENCES workspaces (id),
    name TEXT NOT NULL,
    code TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('draft', 'live', 'ended')),
    names BOOLEAN NOT NULL,
    staged UUID,
    rev BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    deleted_at BIGINT
);

CREATE INDEX events_by_workspace ON events (workspace_id);

-- The code of a deleted event may be given to another.
CREATE UNIQUE INDEX events_one_code ON events (code) WHERE deleted_at IS NULL;

-- place orders the rundown; a deleted activity keeps its own, so that it can come back to it.
CREATE TABLE activities (
    id UUID NOT NULL PRIMARY KEY,
    event_id UUID NOT NULL REFERENCES events (id),
    place BIGINT NOT NULL,
    kind TEXT NOT NULL,
    question TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('draft', 'open', 'closed')),
    round BIGINT NOT NULL,
    results BOOLEAN NOT NULL,
    deleted_at BIGINT
);

CREATE INDEX activities_by_event ON activities (event_id);

CREATE TABLE participants (
    id UUID NOT NULL PRIMARY KEY,
    event_id UUID NOT NULL REFERENCES events (id),
    token_hash TEXT NOT NULL,
    name TEXT,
    joined_at BIGINT NOT NULL,
    UNIQUE (event_id, token_hash)
);

-- Every answer ever stored. A row is also the receipt of its command: a cid that is here is not stored again.
-- given: the answer holds anything; a word cloud's answer without words does not.
-- participant_id refers to participants without a constraint: the commit has looked the participant up, and checking
-- again, which on Postgres also writes a lock into every participant's row, took as long as storing the answer.
CREATE TABLE responses (
    participant_id UUID NOT NULL,
    cid UUID NOT NULL,
    event_id UUID NOT NULL REFERENCES events (id),
    activity_id UUID NOT NULL REFERENCES activities (id),
    round BIGINT NOT NULL,
    answer TEXT NOT NULL,
    given BOOLEAN NOT NULL,
    at BIGINT NOT NULL,
    rev BIGINT NOT NULL,
    replaced_at BIGINT,
    PRIMARY KEY (participant_id, cid)
);

-- One current answer each; also what counting reads.
CREATE UNIQUE INDEX responses_one_current ON responses (activity_id, round, participant_id) WHERE replaced_at IS NULL;

-- What facilitators have done, so that a command that comes again is not done again.
CREATE TABLE commands (
    member_id UUID NOT NULL REFERENCES members (id),
    cid UUID NOT NULL,
    event_id UUID NOT NULL REFERENCES events (id),
    at BIGINT NOT NULL,
    PRIMARY KEY (member_id, cid)
);
