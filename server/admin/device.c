/*
 * device: see device.h.
 */
#include "server/admin/device.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void copy_text(struct db_stmt *s, int column, char *out, size_t size)
{
	size_t len;
	const char *text = db_text_len(s, column, &len);

	if (len >= size)
		len = size - 1;
	memcpy(out, text, len);
	out[len] = '\0';
}

static const char DEVICES[] =
	"SELECT d.device, d.device_id, d.name, b.name, d.person_id, p.name, d.enrolled_ms, d.contact_ms, d.revoked_ms, d.revoke_reason, "
	"s.incarnation, s.site, s.applied, s.covered, "
	"(SELECT count(*) FROM envelope e JOIN site t ON t.site = e.site WHERE t.device = d.device AND e.state = 2), "
	"(SELECT count(*) FROM envelope e JOIN site t ON t.site = e.site WHERE t.device = d.device AND e.state = 3), "
	"(SELECT max(CASE WHEN x.kind = 2 OR EXISTS "
	"(SELECT 1 FROM store_event a WHERE a.about = x.event_id AND a.device = d.device) THEN 1 "
	"WHEN x.kind = 1 THEN 2 ELSE 3 END) FROM store_event x WHERE x.device = d.device AND x.kind <> 4) "
	"FROM device d JOIN branch b ON b.branch_id = d.branch_id JOIN person p ON p.person_id = d.person_id "
	"JOIN site s ON s.device = d.device AND s.incarnation = (SELECT max(incarnation) FROM site WHERE device = d.device) "
	"WHERE ?1 = 0 OR d.device = ?1 ORDER BY d.device";

static int read_device(const struct centre *c, struct db_stmt *s, struct device_line *out)
{
	uint8_t print[SEAL_HASH_BYTES];
	int err = db_blob_copy(s, 1, out->id, sizeof out->id);

	if (err)
		return err;
	out->device = db_int(s, 0);
	copy_text(s, 2, out->name, sizeof out->name);
	copy_text(s, 3, out->branch, sizeof out->branch);
	out->person_id = db_int(s, 4);
	copy_text(s, 5, out->person, sizeof out->person);
	out->enrolled_ms = db_int(s, 6);
	out->contact_ms = db_int(s, 7);
	out->revoked_ms = db_int(s, 8);
	copy_text(s, 9, out->reason, sizeof out->reason);
	out->incarnation = (uint32_t)db_int(s, 10);
	out->site = (uint32_t)db_int(s, 11);
	out->applied = db_u64(s, 12);
	out->covered = db_u64(s, 13);
	out->held = db_u64(s, 14);
	out->forked = db_u64(s, 15);
	out->past = (enum device_past)db_int(s, 16);
	message_fingerprint(out->id, c->root_public, print);
	return text_fingerprint_words(print, out->words_en, sizeof out->words_en, out->words_ar, sizeof out->words_ar);
}

int device_list(struct centre *c, int64_t device, struct device_line **out, size_t *count)
{
	struct device_line *list = NULL;
	struct db_stmt *s;
	size_t n = 0;
	int got;
	int err = db_prepare(c->db, DEVICES, &s);

	*out = NULL;
	*count = 0;
	if (err)
		return err;
	db_bind_int(s, 1, device);
	while (!err && (got = db_step(s)) != 0) {
		struct device_line *more = got == 1 ? realloc(list, (n + 1) * sizeof *list) : NULL;

		if (!more) {
			err = got < 0 ? got : err_set(ERR_NOMEM, "no memory for the list of devices");
			break;
		}
		list = more;
		memset(&list[n], 0, sizeof list[n]);
		err = read_device(c, s, &list[n++]);
	}
	db_done(s);
	if (!err && device && n == 0)
		err = err_set(ERR_NOT_FOUND, "there is no device %lld", (long long)device);
	if (err) {
		free(list);
		return err;
	}
	*out = list;
	*count = n;
	return 0;
}

/* 0 when the reason can be kept. */
static int check_reason(const char *reason)
{
	if (!reason[0] || strlen(reason) > DEVICE_REASON_BYTES_MAX || !text_is_utf8(reason, strlen(reason)))
		return err_set(ERR_USAGE, "reason: 1 to %d bytes of text were expected", DEVICE_REASON_BYTES_MAX);
	return 0;
}

int device_revoke(struct centre *c, int64_t device, const char *reason, int64_t by)
{
	char subject[64];
	struct device_line *line = NULL;
	struct db_stmt *s = NULL;
	size_t count;
	int err = check_reason(reason);

	if (!err)
		err = device_list(c, device, &line, &count);
	if (!err && line->revoked_ms)
		err = err_set(ERR_USAGE, "device %lld is revoked already", (long long)device);
	free(line);
	if (!err)
		err = db_prepare(c->db, "UPDATE device SET revoked_ms = ?2, revoke_reason = ?3 WHERE device = ?1", &s);
	if (err)
		return err;
	db_bind_int(s, 1, device);
	db_bind_int(s, 2, env_wall_ms(c->env));
	db_bind_text(s, 3, reason);
	err = db_run(s);
	if (err)
		return err;
	snprintf(subject, sizeof subject, "device %lld", (long long)device);
	return centre_audit(c, by, "device-revoke", subject);
}

/* ---- Stores that went back in time ---- */

/* The newest event that nobody explained; 0: none. */
static int find_unexplained(struct centre *c, int64_t device, int64_t *event, int64_t *site)
{
	struct db_stmt *s;
	int err = db_prepare(c->db,
		"SELECT event_id, site FROM store_event e WHERE device = ?1 AND kind IN (1, 3)"
		" AND NOT EXISTS (SELECT 1 FROM store_event a WHERE a.device = ?1 AND a.about = e.event_id) ORDER BY event_id DESC LIMIT 1",
		&s);

	*event = 0;
	*site = 0;
	if (err)
		return err;
	db_bind_int(s, 1, device);
	err = db_row(s);
	if (err)
		return err == ERR_NOT_FOUND ? 0 : err;
	*event = db_int(s, 0);
	*site = db_int(s, 1);
	db_done(s);
	return 0;
}

/* From now on its answers say so. */
static int explain_lines(struct centre *c, int64_t site)
{
	struct db_stmt *s;
	int err = db_prepare(c->db, "UPDATE store_line SET state = ?2 WHERE site = ?1 AND state <> 0", &s);

	if (err)
		return err;
	db_bind_int(s, 1, site);
	db_bind_int(s, 2, MESSAGE_NOTICE_RESTORED);
	return db_run(s);
}

static int add_announcement(struct centre *c, int64_t device, int64_t about, const char *reason, int64_t by)
{
	struct db_stmt *s;
	int err = db_prepare(c->db,
		"INSERT INTO store_event (device, at_ms, kind, about, person_id, reason) VALUES (?1, ?2, ?3, ?4, ?5, ?6)", &s);

	if (err)
		return err;
	db_bind_int(s, 1, device);
	db_bind_int(s, 2, env_wall_ms(c->env));
	db_bind_int(s, 3, PAST_ANNOUNCED);
	if (about)
		db_bind_int(s, 4, about);
	db_bind_int(s, 5, by);
	db_bind_text(s, 6, reason);
	return db_run(s);
}

int device_restored(struct centre *c, int64_t device, const char *reason, int64_t by, bool *is_explained)
{
	char subject[64];
	struct device_line *line = NULL;
	int64_t event, site;
	size_t count;
	int err = check_reason(reason);

	*is_explained = false;
	if (!err)
		err = device_list(c, device, &line, &count);
	free(line);
	if (!err)
		err = find_unexplained(c, device, &event, &site);
	if (!err)
		err = add_announcement(c, device, event, reason, by);
	if (!err && event)
		err = explain_lines(c, site);
	if (err)
		return err;
	*is_explained = event != 0;
	snprintf(subject, sizeof subject, "device %lld", (long long)device);
	return centre_audit(c, by, "device-restored", subject);
}

static const char EVENTS[] =
	"SELECT e.event_id, e.at_ms, e.kind, s.incarnation, e.contact, e.commits, e.head, e.known_contact, e.known_commits, e.known_head, "
	"e.about, (SELECT max(a.event_id) FROM store_event a WHERE a.device = e.device AND a.about = e.event_id AND e.kind <> 4), "
	"p.name, e.reason "
	"FROM store_event e LEFT JOIN site s ON s.site = e.site LEFT JOIN person p ON p.person_id = e.person_id "
	"WHERE e.device = ?1 ORDER BY e.event_id";

static void read_event(struct db_stmt *s, struct device_event *out)
{
	*out = (struct device_event){
		.event = db_int(s, 0),
		.at_ms = db_int(s, 1),
		.kind = (enum past_kind)db_int(s, 2),
		.incarnation = (uint32_t)db_int(s, 3),
		.contact = db_u64(s, 4),
		.commits = db_u64(s, 5),
		.head = db_u64(s, 6),
		.known_contact = db_u64(s, 7),
		.known_commits = db_u64(s, 8),
		.known_head = db_u64(s, 9),
		.about = db_int(s, 10),
		.explained_by = db_int(s, 11),
	};
	copy_text(s, 12, out->person, sizeof out->person);
	copy_text(s, 13, out->reason, sizeof out->reason);
}

static int read_events(struct centre *c, int64_t device, struct device_event **list, size_t *n)
{
	struct db_stmt *s;
	int got;
	int err = db_prepare(c->db, EVENTS, &s);

	if (err)
		return err;
	db_bind_int(s, 1, device);
	while ((got = db_step(s)) == 1) {
		struct device_event *more = realloc(*list, (*n + 1) * sizeof *more);

		if (!more) {
			err = err_set(ERR_NOMEM, "no memory for the history of a device");
			break;
		}
		*list = more;
		read_event(s, &more[(*n)++]);
	}
	db_done(s);
	return err ? err : got < 0 ? got : 0;
}

int device_history(struct centre *c, int64_t device, struct device_event **out, size_t *count)
{
	struct device_line *line = NULL;
	struct device_event *list = NULL;
	size_t n = 0;
	int err = device_list(c, device, &line, count);

	*out = NULL;
	*count = 0;
	free(line);
	if (!err)
		err = read_events(c, device, &list, &n);
	if (err) {
		free(list);
		return err;
	}
	*out = list;
	*count = n;
	return 0;
}

/* ---- Lease ---- */

int device_lease_days(struct centre *c, uint32_t *days)
{
	uint64_t kept;
	int err = centre_meta_load_u64(c, "lease_days", &kept);

	*days = (uint32_t)kept;
	return err == ERR_NOT_FOUND ? 0 : err;
}

int device_set_lease_days(struct centre *c, uint32_t days, int64_t by)
{
	char subject[64];
	int err;

	if (days > MESSAGE_LEASE_DAYS_MAX)
		return err_set(ERR_USAGE, "lease: 0 (none) to %d days were expected", MESSAGE_LEASE_DAYS_MAX);
	err = centre_meta_save_u64(c, "lease_days", days);
	if (err)
		return err;
	snprintf(subject, sizeof subject, "%u days", (unsigned)days);
	return centre_audit(c, by, "lease-days", subject);
}
