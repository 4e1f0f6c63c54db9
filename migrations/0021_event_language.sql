-- The language in which an event is held, as a tag of BCP 47 such as fr or pt-BR. Absent: nobody has said, and pages take what
-- people write for their own language, as before.
ALTER TABLE events ADD COLUMN language TEXT;
