/*
 * cmd_list: list list, show, search, publish: the reference lists that forms choose from (governorates, villages, programmes, ...).
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "proto/base/file.h"
#include "server/command/command_form.h"
#include "server/papers.h"
#include "server/publish.h"

#define FOUND_MAX 100

/* ---- list list ---- */

static void write_line(struct centre *c, struct db_stmt *s, struct command_list *l)
{
	char time[COMMAND_TIME_BYTES];
	char day[COMMAND_TIME_BYTES];
	size_t len;
	const uint8_t *hash = db_blob(s, 0, &len);
	const struct reflist *list = papers_list(c, db_text(s, 1), papers_today(c));
	bool in_force = list && len == FORM_HASH_BYTES && memcmp(reflist_hash(list), hash, len) == 0;
	const char *state = in_force ? "in-force" : db_int(s, 3) > papers_today(c) ? "to-come" : "superseded";

	command_day(db_int(s, 3), day);
	if (l->json) {
		json_write_object(&l->j, NULL);
		json_write_hex(&l->j, "hash", hash, len);
		json_write_text(&l->j, "name", db_text(s, 1));
		json_write_text(&l->j, "version", db_text(s, 2));
		json_write_text(&l->j, "from", *day == '-' ? NULL : day);
		json_write_text(&l->j, "state", state);
		json_write_text(&l->j, "published", command_time_utc(db_int(s, 4), time));
		json_write_end(&l->j);
		return;
	}
	for (size_t i = 0; i < len && i < 8; i++)
		buf_printf(l->out, "%02x", hash[i]);
	buf_printf(l->out, "\t%s\t%s\t%s\t%s\t%s\n", db_text(s, 2), day, state, command_time(db_int(s, 4), time), db_text(s, 1));
}

int command_list_list(void *ctx, const struct cli_args *a)
{
	struct command_list l;
	struct centre *c;
	struct db_stmt *s;
	struct buf out;
	int err = command_open(ctx, a, &c);

	command_begin(&out);
	if (!err)
		err = db_prepare(
			c->db, "SELECT hash, name, version, in_force_from, published_ms FROM list ORDER BY name, in_force_from DESC", &s);
	if (!err) {
		command_list_begin(&l, a, "lists", "HASH\tVERSION\tFROM\tSTATE\tPUBLISHED\tNAME", &out);
		while ((err = db_step(s)) == 1)
			write_line(c, s, &l);
		db_done(s);
		command_list_end(&l);
	}
	centre_close(c);
	return command_end(&out, err);
}

/* ---- list show, search ---- */

static void write_item(const struct reflist *list, size_t i, struct command_list *l)
{
	if (!l->json) {
		buf_printf(l->out, "%s%s\t", reflist_code(list, i), reflist_is_withdrawn(list, i) ? " [withdrawn]" : "");
		command_cell(l->out, reflist_label(list, i, true));
		buf_text(l->out, "\t");
		command_cell(l->out, reflist_label(list, i, false));
		for (size_t k = 0; k < reflist_column_count(list); k++) {
			buf_text(l->out, "\t");
			command_cell(l->out, reflist_cell(list, i, k));
		}
		buf_text(l->out, "\n");
		return;
	}
	json_write_object(&l->j, NULL);
	json_write_text(&l->j, "code", reflist_code(list, i));
	json_write_text(&l->j, "label_ar", reflist_label(list, i, true));
	json_write_text(&l->j, "label_en", reflist_label(list, i, false));
	json_write_bool(&l->j, "withdrawn", reflist_is_withdrawn(list, i));
	json_write_object(&l->j, "columns");
	for (size_t k = 0; k < reflist_column_count(list); k++)
		json_write_text(&l->j, reflist_column(list, k), reflist_cell(list, i, k));
	json_write_end(&l->j);
	json_write_end(&l->j);
}

static int begin_items(struct centre *c, const struct cli_args *a, struct buf *out, struct command_list *l, const struct reflist **list)
{
	struct buf heads;
	int err;

	*list = papers_list(c, a->operands[0], papers_today(c));
	if (!*list)
		return err_set(ERR_NOT_FOUND, "there is no list of this name; `list list` shows which there are");
	buf_init(&heads, 64 * 1024);
	buf_text(&heads, "CODE\tARABIC\tENGLISH");
	for (size_t k = 0; k < reflist_column_count(*list); k++) {
		buf_text(&heads, "\t");
		command_cell(&heads, reflist_column(*list, k));
	}
	command_list_begin(l, a, "items", buf_string(&heads), out);
	err = buf_error(&heads);
	buf_fini(&heads);
	return err;
}

static int show_items(struct centre *c, const struct cli_args *a, struct buf *out)
{
	const struct reflist *list;
	struct command_list l;
	int err = begin_items(c, a, out, &l, &list);

	if (err)
		return err;
	for (size_t i = 0; i < reflist_count(list); i++)
		write_item(list, i, &l);
	command_list_end(&l);
	return 0;
}

static int search_items(struct centre *c, const struct cli_args *a, struct buf *out)
{
	const struct reflist *list;
	struct command_list l;
	size_t found[FOUND_MAX];
	size_t count;
	int err = begin_items(c, a, out, &l, &list);

	if (err)
		return err;
	count = reflist_search(list, a->operands[1], found, FOUND_MAX);
	for (size_t i = 0; i < count; i++)
		write_item(list, found[i], &l);
	command_list_end(&l);
	return 0;
}

static int read_store(const struct command *x, const struct cli_args *a, command_shower *show)
{
	struct centre *c;
	struct buf out;
	int err = command_open(x, a, &c);

	command_begin(&out);
	if (!err)
		err = show(c, a, &out);
	centre_close(c);
	return command_end(&out, err);
}

int command_list_show(void *ctx, const struct cli_args *a)
{
	return read_store(ctx, a, show_items);
}

int command_list_search(void *ctx, const struct cli_args *a)
{
	return read_store(ctx, a, search_items);
}

/* ---- list publish ---- */

static int publish(struct centre *c, const struct buf *text, uint32_t from_day, int64_t by)
{
	const struct publish_paper paper = { .text = (const char *)text->data, .len = text->len, .from_day = from_day, .person_id = by };
	struct problems problems;
	char subject[64];
	int64_t row;
	int err = db_begin(c->db);

	problems_init(&problems);
	if (!err)
		err = publish_list(c, &paper, &problems, &row);
	if (!err) {
		snprintf(subject, sizeof subject, "list %" PRId64, row);
		err = centre_audit(c, by, "list-publish", subject);
	}
	if (!err)
		err = db_commit(c->db);
	if (err)
		db_rollback(c->db);
	command_form_note(&problems);
	problems_fini(&problems);
	return err;
}

/* A table as spreadsheet programs save it, or canonical text as it came from another centre. */
static int read_list(const struct cli_args *a, const char *version, struct buf *text)
{
	static const char BEGIN[] = "mandoob-list\t";
	struct buf bytes;
	int err;

	buf_init(&bytes, REFLIST_BYTES_MAX);
	err = file_read(a->operands[1], &bytes);
	if (!err && bytes.len >= sizeof BEGIN - 1 && memcmp(bytes.data, BEGIN, sizeof BEGIN - 1) == 0)
		buf_append(text, bytes.data, bytes.len);
	else if (!err)
		err = reflist_compile(a->operands[0], version, bytes.data, bytes.len, text);
	buf_fini(&bytes);
	return err ? err : buf_error(text);
}

int command_list_publish(void *ctx, const struct cli_args *a)
{
	const char *version = NULL;
	struct account who;
	struct centre *c = NULL;
	struct buf text;
	uint32_t day;
	int err = cli_need(a, "version", &version);

	buf_init(&text, REFLIST_BYTES_MAX);
	if (!err)
		err = command_from(a, &day);
	if (!err)
		err = read_list(a, version, &text);
	if (!err)
		err = command_enter(ctx, a, true, &c, &who);
	if (!err)
		err = publish(c, &text, day, who.person_id);
	buf_fini(&text);
	centre_close(c);
	return err;
}
