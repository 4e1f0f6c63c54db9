-- Who has been in an event: what "joined" counts. Somebody is here from their first connection on, or from the first
-- thing that they sent or the name that they gave; of a participant without a row in participants nothing else is kept.
--
-- Without constraints on the other tables: it is written of a room that was read, and checking again would cost more than
-- the row.
CREATE TABLE attendance (
    event_id UUID NOT NULL,
    participant_id UUID NOT NULL,
    PRIMARY KEY (event_id, participant_id)
);

INSERT INTO attendance (event_id, participant_id) SELECT event_id, id FROM participants;

-- From now on a participant's id comes of the device's token and the event, so it is all that devices are found by.
-- participants.token_hash, by which they were found before, only repeats it.
