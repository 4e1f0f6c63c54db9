-- Results that are shown to others than the facilitators: by a link, and on phones once the event has ended.

-- Whether phones lead to them at the end. In `events`, since it is part of what the stage tells.
ALTER TABLE events ADD COLUMN results_shared BOOLEAN NOT NULL DEFAULT FALSE;

CREATE TABLE shared_results (
    event_id UUID NOT NULL PRIMARY KEY REFERENCES events (id),
    -- The ids of the activities whose results are shown, as a JSON list.
    activities TEXT NOT NULL,
    -- Whether the published questions are shown as well.
    questions BOOLEAN NOT NULL,
    -- What the link's token is the signature of; null where there is no link. Another id is another link.
    link_id UUID UNIQUE,
    link_expires_at BIGINT
);
