-- The device's store. Two layers of answers: `register` is what the centre has confirmed (receipt or pull), `own` is what was typed here and is
-- not yet confirmed; a person sees own over register. Answer and outbox are written in one transaction (edit_group and edit ARE the outbox).

CREATE TABLE meta (                -- single facts
  key   TEXT PRIMARY KEY,          -- url, org, root_public, device_id, incarnation, site, person, branch, name, counter (ids), next_group, next_seq,
                                   -- chain (hash), acked, covered, covered_group, resend, seen, cursor, contact,
                                   -- whole (0 no, 1 wanted, 2 under way), whole_from, whole_cursor, revoked, manifest_number, sign/box keys,
                                   -- digest_0, digest_1, mismatches, last_contact_ms, last_receipt_ms, centre_ms
  value BLOB NOT NULL
) WITHOUT ROWID;

CREATE TABLE made (                -- ids made in this store under its incarnation: a copy may have made the same ones (agent/fork.c)
  id INTEGER PRIMARY KEY
);

CREATE TABLE manifest (number INTEGER PRIMARY KEY, bytes BLOB NOT NULL);            -- newest is in force

CREATE TABLE form (                -- every form ever received: a draft keeps the one it was taken with
  form_id INTEGER PRIMARY KEY,
  hash    BLOB NOT NULL UNIQUE,
  text    TEXT NOT NULL,
  received_ms INTEGER NOT NULL
);                                 -- the newest form_id is in force

CREATE TABLE dictionary (          -- all are accepted, the newest position is used to encode
  position    INTEGER PRIMARY KEY,
  id          INTEGER NOT NULL UNIQUE,
  bytes       BLOB NOT NULL,
  received_ms INTEGER NOT NULL
);

CREATE TABLE aid_case (
  case_id   INTEGER PRIMARY KEY,
  form_id   INTEGER NOT NULL REFERENCES form, -- newest form that wrote to it here
  opened_ms INTEGER NOT NULL       -- when it first came to this device
);

CREATE TABLE register (            -- confirmed by the centre
  case_id    INTEGER NOT NULL,
  entry_id   INTEGER NOT NULL,
  field      TEXT NOT NULL,
  entry_type TEXT NOT NULL,
  value      TEXT NOT NULL,
  at         INTEGER NOT NULL,
  writer     INTEGER NOT NULL,     -- site
  author     INTEGER NOT NULL,     -- person
  reason     TEXT,                 -- of a decision; NULL otherwise
  contact    INTEGER NOT NULL,     -- newest contact number when it was written: tells what a pull of the whole scope did not bring again
  PRIMARY KEY (case_id, entry_id, field)
) WITHOUT ROWID;

CREATE TABLE own (                 -- typed here, no receipt yet: newest unconfirmed value per register
  case_id    INTEGER NOT NULL,
  entry_id   INTEGER NOT NULL,
  field      TEXT NOT NULL,
  entry_type TEXT NOT NULL,
  value      TEXT NOT NULL,
  number     INTEGER NOT NULL,     -- edit group that wrote it
  PRIMARY KEY (case_id, entry_id, field)
) WITHOUT ROWID;

CREATE TABLE edit_group (          -- the outbox, and the history of what this device wrote
  number   INTEGER PRIMARY KEY,
  case_id  INTEGER NOT NULL,
  author   INTEGER NOT NULL,
  role     INTEGER NOT NULL,
  form_id  INTEGER NOT NULL REFERENCES form,
  wall_ms  INTEGER NOT NULL,
  mono_ms  INTEGER NOT NULL,
  boot_id  BLOB NOT NULL,
  seen     INTEGER NOT NULL,
  seq      INTEGER,                -- envelope of this incarnation that carries it; NULL: not sealed yet; 0: an earlier incarnation brought it
  confirmed INTEGER NOT NULL DEFAULT 0 -- 1: a verified receipt covers it. 0 with seq 0: the centre has it, as a fork notice says, and its
                                   -- registers are on their way with the whole scope
);
CREATE INDEX edit_group_unsealed ON edit_group (seq) WHERE seq IS NULL;
CREATE INDEX edit_group_case ON edit_group (case_id);

CREATE TABLE edit (
  number     INTEGER NOT NULL REFERENCES edit_group,
  position   INTEGER NOT NULL,     -- canonical order, proto/edit.h
  entry_id   INTEGER NOT NULL,
  entry_type TEXT NOT NULL,
  field      TEXT NOT NULL,
  value      TEXT NOT NULL,
  outcome    INTEGER,              -- enum merge_outcome once receipted; NULL before
  PRIMARY KEY (number, position)
) WITHOUT ROWID;

CREATE TABLE envelope (            -- sealed once, sent as they are, kept until a backup of the centre covers them
  seq       INTEGER PRIMARY KEY,   -- of the present incarnation
  hash      BLOB NOT NULL,         -- chain hash
  bytes     BLOB NOT NULL,
  made_ms   INTEGER NOT NULL,
  receipt   BLOB                   -- the verified receipt; NULL before
);

CREATE TABLE pending (             -- registers on which the centre keeps this device's value as a candidate until a person decides
  case_id  INTEGER NOT NULL,
  entry_id INTEGER NOT NULL,
  field    TEXT NOT NULL,
  value    TEXT NOT NULL,          -- this device's candidate
  number   INTEGER NOT NULL,       -- its edit group
  noted    INTEGER NOT NULL,       -- first + accepted of its receipt: what is written from that number on settles it
  PRIMARY KEY (case_id, entry_id, field)
) WITHOUT ROWID;

CREATE TABLE decision (            -- decisions of the centre (writer 0 with a reason) that reached this device
  case_id  INTEGER NOT NULL,
  entry_id INTEGER NOT NULL,
  field    TEXT NOT NULL,
  at       INTEGER NOT NULL,
  value    TEXT NOT NULL,
  reason   TEXT NOT NULL,
  received_ms INTEGER NOT NULL,
  PRIMARY KEY (case_id, entry_id, field, at)
) WITHOUT ROWID;

CREATE TABLE nonce (               -- of requests not yet answered, the newest 64: an answer counts only for its own request
  nonce   BLOB PRIMARY KEY,
  contact INTEGER NOT NULL,        -- contact number of the request
  seen    INTEGER NOT NULL,        -- what the request said: an answer moves `seen` only from there
  cursor  INTEGER NOT NULL,
  whole   INTEGER NOT NULL,
  made_ms INTEGER NOT NULL
) WITHOUT ROWID;
