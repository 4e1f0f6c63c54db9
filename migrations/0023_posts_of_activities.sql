-- Posts that were sent to an activity, in one of its rounds, in place of answers. Both absent: a question of the event.
ALTER TABLE posts ADD COLUMN activity_id UUID REFERENCES activities (id);
ALTER TABLE posts ADD COLUMN round BIGINT;

-- Who has sent something to an activity.
CREATE INDEX posts_by_activity ON posts (activity_id, round, participant_id) WHERE activity_id IS NOT NULL;
