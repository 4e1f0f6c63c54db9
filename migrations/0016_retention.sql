-- What goes by its age is found without going through all of it.

CREATE INDEX receipts_by_age ON receipts (at);
CREATE INDEX commands_by_age ON commands (at);
