-- Reports of the network test, each under an id that nobody guesses, and the key that signs them.

CREATE TABLE signing_keys (
    purpose TEXT NOT NULL PRIMARY KEY,
    secret TEXT NOT NULL,
    made_at BIGINT NOT NULL
);

CREATE TABLE netcheck_reports (
    id TEXT NOT NULL PRIMARY KEY,
    made_at BIGINT NOT NULL,
    -- The text that was signed, byte for byte.
    document TEXT NOT NULL,
    signature TEXT NOT NULL
);
CREATE INDEX netcheck_reports_by_age ON netcheck_reports (made_at);
