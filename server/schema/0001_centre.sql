-- The centre's store: who may speak (organisation, people, devices, sites), what arrived (envelopes, edit groups, edits: the ledger),
-- what holds now (cases, registers, witnesses) and what a person must decide (conflicts, candidates).
-- Ids of cases and entries are 64-bit patterns of proto/record.h stored as signed integers. `at` and sequence numbers: FORMAT.md section 10.

CREATE TABLE meta (                -- single facts
  key   TEXT PRIMARY KEY,          -- org, root_public, recovery_public, name, sequence (last given out), next_site, ...
  value BLOB NOT NULL
) WITHOUT ROWID;

CREATE TABLE generation (          -- one row per restore from a backup: sequence numbers begin anew above
  generation INTEGER PRIMARY KEY,  -- bits 40 and up of the sequence numbers made in it
  last       INTEGER NOT NULL      -- last sequence number that the store held when this generation began: older `seen` count as at most this
);

CREATE TABLE secret_key (          -- the centre's own keys; the organisation's root and recovery secrets are never here
  kind    TEXT NOT NULL,           -- 'sign' or 'receive'
  epoch   INTEGER NOT NULL,        -- of receive keys; 0, 1, ... for signing keys
  public  BLOB NOT NULL,
  secret  BLOB NOT NULL,
  made_ms INTEGER NOT NULL,
  PRIMARY KEY (kind, epoch)
) WITHOUT ROWID;

CREATE TABLE manifest (            -- every manifest ever installed; the highest number is in force
  number       INTEGER PRIMARY KEY,
  bytes        BLOB NOT NULL,      -- signed, FORMAT.md section 11
  installed_ms INTEGER NOT NULL
);

CREATE TABLE branch (              -- branch offices: the unit of a device's scope
  branch_id INTEGER PRIMARY KEY,
  name      TEXT NOT NULL UNIQUE,
  digest_0  INTEGER NOT NULL DEFAULT 0, -- digest of all registers of the branch's cases, two lanes (record.h)
  digest_1  INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE person (              -- representatives and staff; authors of edits
  person_id  INTEGER PRIMARY KEY,
  name       TEXT NOT NULL UNIQUE, -- account name, or the representative's label (a staff code: it is given as an argument)
  role       INTEGER NOT NULL,     -- enum form_writer
  is_admin   INTEGER NOT NULL DEFAULT 0,
  branch_id  INTEGER REFERENCES branch, -- NULL: the centre
  passphrase TEXT,                 -- crypto_pwhash_str; NULL: cannot sign in at the centre
  made_ms    INTEGER NOT NULL,
  ended_ms   INTEGER               -- NULL while active
);

CREATE TABLE enrol_code (          -- one-time codes; the code itself is not kept
  code_id    INTEGER PRIMARY KEY,
  k1         BLOB NOT NULL UNIQUE, -- FORMAT.md section 13
  k2         BLOB NOT NULL,
  branch_id  INTEGER NOT NULL REFERENCES branch,
  person_id  INTEGER NOT NULL REFERENCES person,
  made_ms    INTEGER NOT NULL,
  expires_ms INTEGER NOT NULL,
  device     INTEGER REFERENCES device -- NULL while unused
);

CREATE TABLE device (
  device        INTEGER PRIMARY KEY, -- row number, never shown
  device_id     BLOB NOT NULL UNIQUE,-- 16 bytes, FORMAT.md section 1
  name          TEXT NOT NULL,
  branch_id     INTEGER NOT NULL REFERENCES branch,
  person_id     INTEGER NOT NULL REFERENCES person,
  sign_public   BLOB NOT NULL,
  box_public    BLOB NOT NULL,
  enrolled_ms   INTEGER NOT NULL,
  revoked_ms    INTEGER,             -- NULL while trusted
  revoke_reason TEXT,
  contact_ms    INTEGER,             -- last request that was verified; NULL before the first
  contact       INTEGER NOT NULL DEFAULT 0  -- its contact number
);

CREATE TABLE stick_request (       -- the newest request of each device that came by stick: `export` answers it with what is known then
  device      INTEGER PRIMARY KEY REFERENCES device,
  contact     INTEGER NOT NULL,    -- its contact number; once the device has made a newer one by network it is not answered again
  bytes       BLOB NOT NULL,       -- FORMAT.md section 10
  received_ms INTEGER NOT NULL
);

CREATE TABLE site (                -- one incarnation of one device; site 0 is the centre and has no row here
  site        INTEGER PRIMARY KEY,
  device      INTEGER NOT NULL REFERENCES device,
  incarnation INTEGER NOT NULL,
  applied     INTEGER NOT NULL DEFAULT 0, -- highest seq applied without a gap
  hash        BLOB NOT NULL,       -- its chain hash, h(0) at first
  last_group  INTEGER NOT NULL DEFAULT 0, -- highest edit group number applied
  covered     INTEGER NOT NULL DEFAULT 0, -- highest seq that a backup covers
  fork_hash   BLOB,                -- chain hash of the forking envelope for which this incarnation was granted; NULL: by enrolment
  made_ms     INTEGER NOT NULL,
  UNIQUE (device, incarnation)
);

CREATE TABLE envelope (            -- every envelope that was verified
  site        INTEGER NOT NULL REFERENCES site,
  seq         INTEGER NOT NULL,
  hash        BLOB NOT NULL,       -- chain hash
  state       INTEGER NOT NULL,    -- 1 applied, 2 held (a gap before it), 3 quarantined (fork)
  bytes       BLOB,                -- the envelope, while held or quarantined; NULL once applied
  receipt     BLOB,                -- signed, once applied: the same bytes for ever
  received_ms INTEGER NOT NULL,
  PRIMARY KEY (site, seq, hash)
) WITHOUT ROWID;

CREATE TABLE form (                -- published forms, immutable
  form_id      INTEGER PRIMARY KEY,
  hash         BLOB NOT NULL UNIQUE,
  name         TEXT NOT NULL,
  version      TEXT NOT NULL,
  text         TEXT NOT NULL,      -- canonical text, FORMAT.md section 3
  published_ms INTEGER NOT NULL,
  published_by INTEGER REFERENCES person -- NULL: shipped with the program
);                                 -- the newest form_id is in force

CREATE TABLE dictionary (          -- the newest is handed to devices; all are accepted
  id      INTEGER PRIMARY KEY,     -- FORMAT.md section 6
  bytes   BLOB NOT NULL,
  made_ms INTEGER NOT NULL
);

CREATE TABLE aid_case (
  case_id    INTEGER PRIMARY KEY,
  branch_id  INTEGER NOT NULL REFERENCES branch,
  form_id    INTEGER NOT NULL REFERENCES form, -- newest form that wrote to it
  opened_ms  INTEGER NOT NULL,     -- when the centre first heard of it
  opened_by  INTEGER NOT NULL,     -- site
  changed_at INTEGER NOT NULL,     -- newest `at` of its registers
  others_at  INTEGER NOT NULL,     -- newest `at` written by another site than opened_by; 0: none. Spares the opener reading its own back
  scope_at   INTEGER NOT NULL      -- sequence at which it came to its branch from another: devices with an older `seen` get all of it; 0: always there
);
CREATE INDEX aid_case_scope ON aid_case (branch_id, changed_at);

CREATE TABLE register (            -- what holds now
  case_id    INTEGER NOT NULL,
  entry_id   INTEGER NOT NULL,
  field      TEXT NOT NULL,
  entry_type TEXT NOT NULL,
  value      TEXT NOT NULL,        -- canonical; '' cleared
  at         INTEGER NOT NULL,     -- sequence of the accepted write
  writer     INTEGER NOT NULL,     -- site; 0 the centre
  author     INTEGER NOT NULL,     -- person
  reason     TEXT,                 -- of a decision; NULL otherwise
  PRIMARY KEY (case_id, entry_id, field)
) WITHOUT ROWID;

CREATE TABLE witness (             -- sites that sent the value a register holds without having seen it
  case_id  INTEGER NOT NULL,
  entry_id INTEGER NOT NULL,
  field    TEXT NOT NULL,
  site     INTEGER NOT NULL,
  PRIMARY KEY (case_id, entry_id, field, site)
) WITHOUT ROWID;

CREATE TABLE edit_group (          -- the ledger: every edit group ever received, and those of the centre (site 0)
  group_id    INTEGER PRIMARY KEY,
  site        INTEGER NOT NULL,
  number      INTEGER NOT NULL,
  hash        BLOB NOT NULL,       -- edit_group_hash()
  seq         INTEGER,             -- envelope that brought it; NULL for the centre's own
  case_id     INTEGER NOT NULL,
  author      INTEGER NOT NULL,
  role        INTEGER NOT NULL,
  form_id     INTEGER NOT NULL REFERENCES form,
  wall_ms     INTEGER NOT NULL,    -- the device's claim
  mono_ms     INTEGER NOT NULL,
  boot_id     BLOB NOT NULL,
  seen        INTEGER NOT NULL,
  received_ms INTEGER NOT NULL,    -- the centre's clock
  reason      TEXT,                -- of a decision; NULL otherwise
  UNIQUE (site, number)
);
CREATE INDEX edit_group_case ON edit_group (case_id);

CREATE TABLE edit (                -- every edit ever received, with its outcome
  group_id INTEGER NOT NULL REFERENCES edit_group,
  position INTEGER NOT NULL,       -- index in its group
  entry_id INTEGER NOT NULL,
  field    TEXT NOT NULL,
  value    TEXT NOT NULL,
  outcome  INTEGER NOT NULL,       -- enum merge_outcome
  at       INTEGER,                -- sequence when accepted; NULL otherwise
  PRIMARY KEY (group_id, position)
) WITHOUT ROWID;

CREATE TABLE conflict (
  conflict_id INTEGER PRIMARY KEY,
  case_id     INTEGER NOT NULL,
  entry_id    INTEGER NOT NULL,
  field       TEXT NOT NULL,
  entry_type  TEXT NOT NULL,       -- of the entry: the register itself may not be set yet
  base        TEXT,                -- what the first candidate's device had seen there; NULL: nothing
  state       INTEGER NOT NULL,    -- 1 open, 2 decided by a person, 3 settled by a later write that had seen it, 4 withdrawn
  opened_ms   INTEGER NOT NULL,
  closed_ms   INTEGER,
  decided_by  INTEGER REFERENCES person,
  reason      TEXT,                -- of the decision
  decided_at  INTEGER              -- sequence of the decision's write
);
CREATE UNIQUE INDEX conflict_open ON conflict (case_id, entry_id, field) WHERE state = 1;

CREATE TABLE candidate (           -- one per site, the newest
  conflict_id INTEGER NOT NULL REFERENCES conflict,
  site        INTEGER NOT NULL,
  value       TEXT NOT NULL,
  group_id    INTEGER NOT NULL REFERENCES edit_group, -- where it came from: author, times, evidence
  position    INTEGER NOT NULL,
  PRIMARY KEY (conflict_id, site)
) WITHOUT ROWID;

CREATE TABLE audit (               -- who did or opened what at the centre
  audit_id  INTEGER PRIMARY KEY,
  at_ms     INTEGER NOT NULL,
  person_id INTEGER,               -- NULL: the program itself
  action    TEXT NOT NULL,         -- one word
  subject   TEXT NOT NULL          -- ids only, never names or answers
);
