-- The keys of the links that make the owner: each node that starts while there is none says a link of its own, which works
-- on every node. Only hashes are kept, and none once there is an owner.

CREATE TABLE setup_keys (
    key_hash TEXT NOT NULL PRIMARY KEY,
    made_at BIGINT NOT NULL
);
