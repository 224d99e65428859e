-- Whether the store that speaks for a device has gone back in time or was copied (server/intake_past.c, FORMAT.md section 10).
-- A store's life under one incarnation is a line: each request it makes has a higher contact number and more commits than the one before.
-- A request that fits no line known of its incarnation begins a new one. What is kept here decides about words only, never about edits.

CREATE TABLE store_line (          -- the lines of each incarnation, and the newest request of each
  site      INTEGER NOT NULL REFERENCES site,
  line      INTEGER NOT NULL,      -- from 1, in the order in which they showed themselves
  parent    INTEGER,               -- line from which it parted; NULL: the first
  first     INTEGER NOT NULL,      -- its first contact number: what is below belongs to the parent
  born      INTEGER NOT NULL,      -- turn (store_contact) in which it showed itself
  contact   INTEGER NOT NULL,      -- of the newest request, likewise the five below
  commits   INTEGER NOT NULL,
  head      INTEGER NOT NULL,
  answered  INTEGER NOT NULL,      -- contact number of the newest answer it knows
  stamp     BLOB NOT NULL,         -- of that answer
  nonce     BLOB NOT NULL,         -- first 8 bytes
  state     INTEGER NOT NULL DEFAULT 0, -- enum message_notice: what its requests are told
  is_copy   INTEGER NOT NULL DEFAULT 0, -- a line before it spoke after it had begun: both live, and that is recorded
  PRIMARY KEY (site, line)
) WITHOUT ROWID;

CREATE TABLE store_contact (       -- the newest requests of each incarnation, in the order of their arrival, and the stamps of their answers
  site      INTEGER NOT NULL REFERENCES site,
  turn      INTEGER NOT NULL,      -- counts up with each request taken that had not come before
  line      INTEGER NOT NULL,
  nonce     BLOB NOT NULL,         -- first 8 bytes: the same request again is told by it
  stamp     BLOB NOT NULL,         -- of its answer
  highest   INTEGER NOT NULL,      -- highest contact number of its line when the answer was given: whoever knows the answer has made more
  contact   INTEGER NOT NULL,      -- as the request said, likewise below
  commits   INTEGER NOT NULL,
  head      INTEGER NOT NULL,
  answered  INTEGER NOT NULL,
  known     BLOB NOT NULL,         -- stamp that it knew
  PRIMARY KEY (site, turn)
) WITHOUT ROWID;

CREATE TABLE store_event (         -- what was seen and what people said about it; rows are only ever added
  event_id  INTEGER PRIMARY KEY,
  device    INTEGER NOT NULL REFERENCES device,
  at_ms     INTEGER NOT NULL,      -- the centre's clock
  kind      INTEGER NOT NULL,      -- enum past_kind
  site      INTEGER REFERENCES site, -- incarnation that spoke; NULL: a person did, likewise below
  contact   INTEGER,               -- what the request said
  commits   INTEGER,
  head      INTEGER,
  known_contact INTEGER,           -- what the line that it does not fit, or the other copy, had reached
  known_commits INTEGER,
  known_head    INTEGER,
  about     INTEGER REFERENCES store_event, -- restored: the announcement; announced: the event that it explains, NULL: one to come
  person_id INTEGER REFERENCES person, -- who announced; NULL otherwise
  reason    TEXT                   -- of the announcement
);
CREATE INDEX store_event_device ON store_event (device);

CREATE TRIGGER store_event_stays BEFORE UPDATE ON store_event BEGIN
  SELECT raise(ABORT, 'events are only added');
END;
CREATE TRIGGER store_event_remains BEFORE DELETE ON store_event BEGIN
  SELECT raise(ABORT, 'events are only added');
END;
