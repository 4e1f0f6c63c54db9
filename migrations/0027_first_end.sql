-- When the event ended first; absent before. Groups of people are counted from the answers that there were then, so that
-- they never change: what a later answer changed would tell of its author.
ALTER TABLE events ADD COLUMN first_ended_at BIGINT;

-- Of events that ended before this was kept, the last answer says when at the earliest.
UPDATE events SET first_ended_at = (SELECT MAX(at) FROM responses WHERE event_id = events.id) WHERE state = 'ended';
