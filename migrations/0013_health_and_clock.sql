-- What nodes write to see that the database stores what it is told. Nothing in it lasts.
CREATE TABLE health (
    id UUID NOT NULL PRIMARY KEY,
    padding TEXT NOT NULL
);

-- By how much the database's clock was set ahead while nodes went by it: they go on with the time that they had. One row.
CREATE TABLE clock (
    ahead_ms BIGINT NOT NULL
);

INSERT INTO clock (ahead_ms) VALUES (0);
