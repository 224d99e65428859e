-- Forms and reference lists as papers that follow each other by date (server/papers.c, FORMAT.md section 10), and what the centre found
-- when it looked through merged cases (server/recheck.c). A form is immutable; which one is in force is said by its first day,
-- and of several with one first day by the order of publishing.

-- A store with a form of the format before cannot be read by this program: it stays as it is, for the program that made it.
CREATE TABLE form_format (is_readable INTEGER CONSTRAINT "no form of format 1, which needs the program that made this store" CHECK (is_readable));
INSERT INTO form_format SELECT count(*) = 0 FROM form WHERE text LIKE 'mandoob-form' || char(9) || '1' || char(10) || '%';
DROP TABLE form_format;

-- First day in force in Asia/Riyadh, days since 1970-01-01. Forms of before this column follow each other from the beginning of time.
ALTER TABLE form ADD COLUMN in_force_from INTEGER NOT NULL DEFAULT 0;
-- What the author wrote, byte for byte, and the name of that file; NULL: published as canonical text, or shipped with the program.
ALTER TABLE form ADD COLUMN workbook BLOB;
ALTER TABLE form ADD COLUMN workbook_name TEXT;
-- Size of the text as a frame (FORMAT.md section 6), for filling answers; NULL: not known.
ALTER TABLE form ADD COLUMN frame_bytes INTEGER;

UPDATE form SET in_force_from = (SELECT count(*) FROM form o WHERE o.name = form.name AND o.form_id < form.form_id);
CREATE INDEX form_from ON form (name, in_force_from);

CREATE TABLE list (                -- reference lists, immutable; of one name the one in force is said by the day
  list_id       INTEGER PRIMARY KEY,
  hash          BLOB NOT NULL UNIQUE,
  name          TEXT NOT NULL,
  version       TEXT NOT NULL,
  text          TEXT NOT NULL,     -- canonical text, FORMAT.md section 18
  in_force_from INTEGER NOT NULL,  -- first day, as of forms
  frame_bytes   INTEGER NOT NULL,
  published_ms  INTEGER NOT NULL,
  published_by  INTEGER REFERENCES person -- NULL: shipped with the program
);

CREATE TABLE catalogue (           -- every catalogue that devices were told: from the mark of one the centre knows what a device lacks
  mark    BLOB PRIMARY KEY,        -- 8 bytes, FORMAT.md section 10
  hashes  BLOB NOT NULL,           -- of its papers, one after another
  made_ms INTEGER NOT NULL
) WITHOUT ROWID;

-- Of the branch's cases, all that changed up to this sequence number were looked through.
ALTER TABLE branch ADD COLUMN checked_at INTEGER NOT NULL DEFAULT 0;

CREATE TABLE case_check (          -- when a merged case was last looked through; no row: not yet
  case_id    INTEGER PRIMARY KEY REFERENCES aid_case,
  checked_at INTEGER NOT NULL,     -- its changed_at then: the flags hold for exactly that state
  checked_ms INTEGER NOT NULL,     -- the centre's clock
  judged_ms  INTEGER NOT NULL,     -- the moment by which it was judged: when a representative last wrote to it
  form_id    INTEGER NOT NULL REFERENCES form, -- with which form
  failed     TEXT                  -- why it could not be looked through; NULL: it was
);

CREATE TABLE flag (                -- what a person should look at; never a reason to refuse anything
  case_id  INTEGER NOT NULL REFERENCES aid_case,
  entry_id INTEGER NOT NULL,
  field    TEXT NOT NULL,
  kind     INTEGER NOT NULL,       -- 1 missing, 2 violated, 3 masked, 4 warned
  since_ms INTEGER NOT NULL,       -- the centre's clock when it was first found; it has stood since
  PRIMARY KEY (case_id, entry_id, field, kind)
) WITHOUT ROWID;
