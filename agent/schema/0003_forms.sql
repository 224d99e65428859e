-- Forms as data: what is being taken with which form, and the papers (forms, reference lists) that the centre has in force.

-- A store with a form of the format before cannot be read by this program: it stays as it is, for the program that made it.
CREATE TABLE form_format (is_readable INTEGER CONSTRAINT "no form of format 1, which needs the program that made this store" CHECK (is_readable));
INSERT INTO form_format SELECT count(*) = 0 FROM form WHERE text LIKE 'mandoob-form' || char(9) || '1' || char(10) || '%';
DROP TABLE form_format;

CREATE TABLE draft (               -- a case that is being taken: the form it was begun with stays until it is finished
  case_id  INTEGER PRIMARY KEY,
  form_id  INTEGER NOT NULL REFERENCES form,
  begun_ms INTEGER NOT NULL
);

CREATE TABLE draft_entry (         -- the entries of this visit, or of the one finished last: what the form asks once a visit (visit, declaration) stands on these
  case_id    INTEGER NOT NULL,
  entry_type TEXT NOT NULL,
  entry_id   INTEGER NOT NULL,
  PRIMARY KEY (case_id, entry_type)
) WITHOUT ROWID;

CREATE TABLE finished (            -- a visit that was finished here: with no hard error under its form
  finished_id INTEGER PRIMARY KEY,
  case_id     INTEGER NOT NULL,
  form_id     INTEGER NOT NULL REFERENCES form,
  finished_ms INTEGER NOT NULL,
  last_group  INTEGER NOT NULL     -- newest edit group of the case then: a later one means that it was changed since
);
CREATE INDEX finished_case ON finished (case_id);

CREATE TABLE paper (               -- the newest catalogue of the centre, in its order
  position INTEGER PRIMARY KEY,
  kind     INTEGER NOT NULL,       -- 1 form, 2 reference list
  hash     BLOB NOT NULL,          -- of its text, which may not have come yet
  name     TEXT NOT NULL,          -- form id, or name of the list
  version  TEXT NOT NULL,
  from_day INTEGER NOT NULL        -- in force from this day in Asia/Riyadh, days since 1970-01-01
);                                 -- meta catalogue_contact: contact number of the request whose answer brought it

CREATE TABLE reference_list (      -- texts of lists that a catalogue names
  hash        BLOB PRIMARY KEY,
  name        TEXT NOT NULL,
  text        TEXT NOT NULL,
  received_ms INTEGER NOT NULL
) WITHOUT ROWID;
