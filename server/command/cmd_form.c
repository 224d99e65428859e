/*
 * cmd_form: form list, show, publish; dictionary list, install: what devices ask and compress with.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "proto/base/file.h"
#include "proto/form/csv.h"
#include "proto/form/form_csv.h"
#include "server/command/command.h"

/* ---- form list, show ---- */

static void write_form(struct db_stmt *s, bool json, struct json_writer *j, struct buf *out)
{
	char time[COMMAND_TIME_BYTES];
	size_t len;
	const uint8_t *hash = db_blob(s, 1, &len);

	if (json) {
		json_write_object(j, NULL);
		json_write_integer(j, "form", db_int(s, 0));
		json_write_hex(j, "hash", hash, len);
		json_write_text(j, "name", db_text(s, 2));
		json_write_text(j, "version", db_text(s, 3));
		json_write_text(j, "published", command_time_utc(db_int(s, 4), time));
		json_write_end(j);
		return;
	}
	for (size_t i = 0; i < len && i < 8; i++)
		buf_printf(out, "%02x", hash[i]);
	buf_printf(out, "\t%s\t%s\t%s\n", db_text(s, 3), command_time(db_int(s, 4), time), db_text(s, 2));
}

static int list_forms(struct centre *c, const struct cli_args *a, struct buf *out)
{
	struct command_list l;
	struct db_stmt *s;
	int got;
	int err = db_prepare(c->db, "SELECT form_id, hash, name, version, published_ms FROM form ORDER BY form_id DESC", &s);

	if (err)
		return err;
	command_list_begin(&l, a, "forms", "HASH\tVERSION\tPUBLISHED\tNAME", out);
	while ((got = db_step(s)) == 1)
		write_form(s, l.json, &l.j, out);
	db_done(s);
	command_list_end(&l);
	return got;
}

int command_form_list(void *ctx, const struct cli_args *a)
{
	struct centre *c;
	struct buf out;
	int err = command_open(ctx, a, &c);

	command_begin(&out);
	if (!err)
		err = list_forms(c, a, &out);
	centre_close(c);
	return command_end(&out, err);
}

/* The canonical text of the one form whose hash begins with `prefix`. */
static int find_form(struct centre *c, const char *prefix, struct buf *out)
{
	struct db_stmt *s;
	size_t found = 0;
	int got;
	int err = db_prepare(c->db, "SELECT text FROM form WHERE substr(lower(hex(hash)), 1, length(?1)) = lower(?1)", &s);

	if (err)
		return err;
	db_bind_text(s, 1, prefix);
	while ((got = db_step(s)) == 1) {
		size_t len;
		const char *text = db_text_len(s, 0, &len);

		if (found++ == 0)
			buf_append(out, text, len);
	}
	db_done(s);
	if (got < 0)
		return got;
	if (found != 1)
		return err_set(found ? ERR_USAGE : ERR_NOT_FOUND, "%zu forms have a hash that begins so; one was expected", found);
	return buf_error(out);
}

int command_form_show(void *ctx, const struct cli_args *a)
{
	struct centre *c;
	struct buf out;
	int err = command_open(ctx, a, &c);

	command_begin(&out);
	if (!err)
		err = find_form(c, a->operands[0], &out);
	centre_close(c);
	return command_end(&out, err);
}

/* ---- form publish ---- */

static int read_table(const char *path, struct buf *bytes, struct form_csv_table *table)
{
	int err = file_read(path, bytes);

	*table = (struct form_csv_table){ .name = path, .data = bytes->data, .len = bytes->len };
	return err;
}

/* SETTINGS.csv QUESTIONS.csv CHOICES.csv, compiled; or one canonical text as `form show` prints it. */
static int read_form(const struct cli_args *a, struct buf *text)
{
	struct form_csv_tables t = { 0 };
	struct buf tables[3];
	int err = 0;

	if (a->operand_count == 1)
		return file_read(a->operands[0], text);
	if (a->operand_count != 3)
		return err_set(ERR_USAGE, "three tables (settings, questions, choices) or one canonical text were expected");
	for (size_t i = 0; i < 3; i++)
		buf_init(&tables[i], CSV_BYTES_MAX);
	err = read_table(a->operands[0], &tables[0], &t.settings);
	if (!err)
		err = read_table(a->operands[1], &tables[1], &t.questions);
	if (!err)
		err = read_table(a->operands[2], &tables[2], &t.choices);
	if (!err)
		err = form_csv_compile(&t, text);
	for (size_t i = 0; i < 3; i++)
		buf_fini(&tables[i]);
	return err;
}

static int publish(struct centre *c, const struct buf *text, int64_t by)
{
	char subject[64];
	int64_t form_row;
	int err = db_begin(c->db);

	if (!err)
		err = centre_form_publish(c, (const char *)text->data, text->len, by, &form_row);
	if (!err) {
		snprintf(subject, sizeof subject, "form %" PRId64, form_row);
		err = centre_audit(c, by, "form-publish", subject);
	}
	if (!err)
		err = db_commit(c->db);
	if (err)
		db_rollback(c->db);
	return err;
}

int command_form_publish(void *ctx, const struct cli_args *a)
{
	const struct form *form;
	struct account who;
	struct centre *c = NULL;
	struct buf text;
	struct buf out;
	int64_t form_row;
	int err;

	command_begin(&out);
	buf_init(&text, FORM_TEXT_BYTES_MAX);
	err = read_form(a, &text);
	if (!err)
		err = command_enter(ctx, a, true, &c, &who);
	if (!err)
		err = publish(c, &text, who.person_id);
	if (!err)
		err = centre_form_current(c, &form, &form_row);
	if (!err) {
		for (size_t i = 0; i < FORM_HASH_BYTES; i++)
			buf_printf(&out, "%02x", form_hash(form)[i]);
		buf_printf(&out, "\t%s\t%s\n", form_version(form), form_id(form));
	}
	buf_fini(&text);
	centre_close(c);
	return command_end(&out, err);
}

/* ---- Dictionaries ---- */

int command_dictionary_list(void *ctx, const struct cli_args *a)
{
	char time[COMMAND_TIME_BYTES];
	struct centre *c;
	struct db_stmt *s;
	struct buf out;
	int err = command_open(ctx, a, &c);

	command_begin(&out);
	if (!err)
		err = db_prepare(c->db, "SELECT id, length(bytes), made_ms FROM dictionary ORDER BY made_ms DESC, id", &s);
	if (!err) {
		buf_text(&out, "ID\tBYTES\tMADE\n");
		while ((err = db_step(s)) == 1)
			buf_printf(&out, "%08" PRIx64 "\t%" PRId64 "\t%s\n", db_u64(s, 0), db_int(s, 1), command_time(db_int(s, 2), time));
		db_done(s);
	}
	centre_close(c);
	return command_end(&out, err);
}

static int install_dictionary(struct centre *c, const struct buf *bytes, int64_t person_id)
{
	int err = centre_dictionary_add(c, bytes->data, bytes->len);

	return err ? err : centre_audit(c, person_id, "dictionary-install", "");
}

int command_dictionary_install(void *ctx, const struct cli_args *a)
{
	return command_install(ctx, a, PACK_DICTIONARY_BYTES_MAX, install_dictionary);
}
