-- A counter of what this store wrote, for the centre: a store that was put back to an earlier copy of itself says a lower one than it said
-- before (FORMAT.md section 10). Triggers count, so that no station can forget to: whatever the road writes goes through these tables (a
-- change set saved, an envelope sealed, a request made, an answer taken or its request given up).
--
-- New facts in table meta: commits (the counter), answered and stamp (contact number and stamp of the newest answer taken),
-- notice and notice_ms (what the centre last said of this store, enum message_notice, and when that was first heard here),
-- lease_days (for how many days without a contact the device may be used, 0: no limit; counted from last_contact_ms).

INSERT INTO meta (key, value) VALUES ('commits', 0);

CREATE TRIGGER commit_saved AFTER INSERT ON edit_group BEGIN
  UPDATE meta SET value = value + 1 WHERE key = 'commits';
END;
CREATE TRIGGER commit_sealed AFTER INSERT ON envelope BEGIN
  UPDATE meta SET value = value + 1 WHERE key = 'commits';
END;
CREATE TRIGGER commit_asked AFTER INSERT ON nonce BEGIN
  UPDATE meta SET value = value + 1 WHERE key = 'commits';
END;
CREATE TRIGGER commit_heard AFTER DELETE ON nonce BEGIN
  UPDATE meta SET value = value + 1 WHERE key = 'commits';
END;
