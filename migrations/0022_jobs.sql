-- Work in the background, done by whichever node comes first. A job that is done has no row any more; one that recurs has its
-- next run in the same row.
CREATE TABLE jobs (
    id UUID NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    -- At most one job with the same key is pending, running ones included. Absent: any number.
    unique_key TEXT,
    -- JSON, by the kind's own type.
    payload TEXT NOT NULL,
    -- Not to be done before; after a failed attempt, not to be tried again before.
    run_at BIGINT NOT NULL,
    -- How much later it is done again, in milliseconds. Absent: it is done once.
    repeat_ms BIGINT,
    -- Attempts of this run that were begun, and how many there may be.
    attempts BIGINT NOT NULL,
    max_attempts BIGINT NOT NULL,
    -- The node that is at it, and until when it has to be done or renewed. Absent: nobody is.
    leased_by UUID,
    leased_until BIGINT,
    -- Why the last attempt failed. Absent: none did.
    last_error TEXT,
    created_at BIGINT NOT NULL,
    -- When it was given up, after its last attempt. Absent: it is pending.
    failed_at BIGINT,
    CHECK ((leased_by IS NULL) = (leased_until IS NULL))
);

CREATE UNIQUE INDEX jobs_pending_by_key ON jobs (unique_key) WHERE unique_key IS NOT NULL AND failed_at IS NULL;
CREATE INDEX jobs_pending_by_time ON jobs (COALESCE(leased_until, run_at)) WHERE failed_at IS NULL;
CREATE INDEX jobs_failed ON jobs (failed_at) WHERE failed_at IS NOT NULL;
