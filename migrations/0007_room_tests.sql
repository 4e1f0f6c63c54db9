-- Room tests: events of their own kind, with one activity whose answers are readings.

ALTER TABLE events ADD COLUMN kind TEXT NOT NULL DEFAULT 'gathering' CHECK (kind IN ('gathering', 'room_test'));
