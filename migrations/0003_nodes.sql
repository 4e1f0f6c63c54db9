-- Which nodes live, and who is connected to them. Only nodes that share a database write here, with every pulse; all of
-- it is ephemeral: emptied, it is written anew.

-- seen_at is by the database's clock, which is the same for all nodes.
CREATE TABLE nodes (
    id UUID NOT NULL PRIMARY KEY,
    seen_at BIGINT NOT NULL
);

-- Without constraints on the other tables: a seat is written for a room that was read, and checking again would cost more
-- than the row. A node writes seats only while it holds the lock on its own row in nodes.
CREATE TABLE seats (
    event_id UUID NOT NULL,
    participant_id UUID NOT NULL,
    node_id UUID NOT NULL,
    PRIMARY KEY (event_id, participant_id, node_id)
);

CREATE INDEX seats_by_node ON seats (node_id);

-- How many clients a node told to come to an event a little later, who have not come yet. No row: none.
CREATE TABLE arrivals (
    node_id UUID NOT NULL,
    event_id UUID NOT NULL,
    arriving BIGINT NOT NULL,
    PRIMARY KEY (event_id, node_id)
);
