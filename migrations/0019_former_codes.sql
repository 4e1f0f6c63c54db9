-- The join codes that events had before they got others: they lead on as long as no other event has them.
CREATE TABLE former_codes (
    code TEXT NOT NULL PRIMARY KEY,
    event_id UUID NOT NULL REFERENCES events (id)
);
CREATE INDEX former_codes_event ON former_codes (event_id);
