-- What happened to accounts and links, kept for some days; no names, no addresses, nothing that anybody wrote.

CREATE TABLE security_events (
    id UUID NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    -- Whose account it was about. Absent: nobody's that is known.
    member_id UUID,
    -- From which network, as a digest by a key that is forgotten after a day. Absent: from none.
    network TEXT
);

CREATE INDEX security_events_by_age ON security_events (at);

-- When a private link was first opened. Absent: not yet.
ALTER TABLE links ADD COLUMN used_at BIGINT;
