-- What an activity does by itself: when it opens and when it closes.

-- Absent: it does not. What happens takes the moment away, and so does whatever a person does instead.
ALTER TABLE activities ADD COLUMN opens_at BIGINT;
ALTER TABLE activities ADD COLUMN closes_at BIGINT;

-- What comes next. Few activities have a moment ahead of them, so looking costs nothing, however many there are. One that
-- has both opens first.
CREATE INDEX activities_due ON activities (COALESCE(opens_at, closes_at))
    WHERE deleted_at IS NULL AND COALESCE(opens_at, closes_at) IS NOT NULL;
