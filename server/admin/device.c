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
	"(SELECT count(*) FROM envelope e JOIN site t ON t.site = e.site WHERE t.device = d.device AND e.state = 3) "
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

int device_revoke(struct centre *c, int64_t device, const char *reason, int64_t by)
{
	char subject[64];
	struct device_line *line = NULL;
	struct db_stmt *s = NULL;
	size_t count;
	int err;

	if (!reason[0] || strlen(reason) > DEVICE_REASON_BYTES_MAX || !text_is_utf8(reason, strlen(reason)))
		return err_set(ERR_USAGE, "reason: 1 to %d bytes of text were expected", DEVICE_REASON_BYTES_MAX);
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
