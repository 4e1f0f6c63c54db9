-- When the activity's current round was first opened. Absent: it was not yet, or before this column was there.
ALTER TABLE activities ADD COLUMN round_opened_at BIGINT;
