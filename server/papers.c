/*
 * papers: see papers.h. One sorted table of all papers, in the order of a catalogue (kind, name, first day), so that the versions
 * of a family are a run of it and the newest stands last in its run.
 */
#include "server/papers_private.h"

#include <stdlib.h>
#include <string.h>

#include "proto/base/log.h"
#include "proto/form/model.h"
#include "proto/form/value.h"

#define DAY_MS INT64_C(86400000)
#define RIYADH_MINUTES 180 /* no summer time since 1947 */
#define LIST_ENDING ".csv" /* authors name a list as the file that it was */

int papers_new(struct papers **out)
{
	*out = calloc(1, sizeof **out);
	return *out ? 0 : err_set(ERR_NOMEM, "no memory for papers");
}

void papers_free(struct papers *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->count; i++) {
		plan_free(p->items[i].plan);
		reflist_free(p->items[i].list);
	}
	free(p->items);
	free(p);
}

uint32_t papers_day(int64_t ms)
{
	int64_t day = (ms + RIYADH_MINUTES * INT64_C(60000)) / DAY_MS;

	return day < 0 ? 0 : day > MESSAGE_DAY_MAX ? MESSAGE_DAY_MAX : (uint32_t)day;
}

uint32_t papers_today(const struct centre *c)
{
	return papers_day(env_wall_ms(c->env));
}

/* ---- Taking in ---- */

/* Of two that begin on one day the one that was published later is the later version. */
static int compare_items(const void *a, const void *b)
{
	const struct papers_item *x = a;
	const struct papers_item *y = b;
	int order = message_paper_compare(&x->paper, &y->paper);

	return order ? order : (x->row > y->row) - (x->row < y->row);
}

/* One row of: row, hash, name, version, first day, size of the frame, size of the text. */
static int read_item(struct db_stmt *s, enum message_paper_kind kind, struct papers_item *out)
{
	size_t name_len;
	size_t version_len;
	const char *name = db_text_len(s, 2, &name_len);
	const char *version = db_text_len(s, 3, &version_len);
	int64_t day = db_int(s, 4);

	*out = (struct papers_item){ .row = db_int(s, 0), .paper.kind = kind, .frame_bytes = (size_t)db_int(s, 5) };
	out->text_bytes = (size_t)db_int(s, 6);
	if (name_len > FORM_NAME_BYTES_MAX || version_len > FORM_VERSION_BYTES_MAX || day < 0 || day > MESSAGE_DAY_MAX)
		return err_set(ERR_CORRUPT, "row %lld of the papers has no proper name, version or day", (long long)out->row);
	memcpy(out->paper.name, name, name_len);
	memcpy(out->paper.version, version, version_len);
	out->paper.from_day = (uint32_t)day;
	return db_blob_copy(s, 1, out->paper.hash, sizeof out->paper.hash);
}

static int add_item(struct papers *p, const struct papers_item *item)
{
	struct papers_item *more = realloc(p->items, (p->count + 1) * sizeof *more);

	if (!more)
		return err_set(ERR_NOMEM, "no memory for papers");
	p->items = more;
	more[p->count++] = *item;
	return 0;
}

static int add_rows(struct centre *c, enum message_paper_kind kind, struct db_stmt *s, int64_t *last)
{
	struct papers *p = c->papers;
	int err = 0;
	int got;

	while (!err && (got = db_step(s)) != 0) {
		struct papers_item item;

		err = got < 0 ? got : read_item(s, kind, &item);
		if (!err && kind == MESSAGE_FORM)
			err = centre_form_by_id(c, item.row, &item.form);
		if (!err)
			err = add_item(p, &item);
		if (!err)
			*last = item.row;
		if (!err && kind == MESSAGE_FORM && p->first_form == 0)
			p->first_form = item.row;
	}
	return err;
}

static int add_new(struct centre *c, enum message_paper_kind kind, const char *sql, int64_t *last)
{
	struct db_stmt *s;
	int err = db_prepare(c->db, sql, &s);

	if (err)
		return err;
	db_bind_int(s, 1, *last);
	err = add_rows(c, kind, s, last);
	db_done(s);
	return err;
}

int papers_take_in(struct centre *c)
{
	struct papers *p = c->papers;
	int64_t form_row;
	int64_t list_row;
	int err = db_query_int(c->db, "SELECT ifnull(max(form_id), 0) FROM form", &form_row);

	if (!err)
		err = db_query_int(c->db, "SELECT ifnull(max(list_id), 0) FROM list", &list_row);
	if (err || (form_row == p->last_form && list_row == p->last_list))
		return err;
	err = add_new(c, MESSAGE_FORM,
		"SELECT form_id, hash, name, version, in_force_from, ifnull(frame_bytes, length(CAST(text AS BLOB))), "
		"length(CAST(text AS BLOB)) FROM form "
		"WHERE form_id > ?1 ORDER BY form_id",
		&p->last_form);
	if (!err)
		err = add_new(c, MESSAGE_LIST,
			"SELECT list_id, hash, name, version, in_force_from, frame_bytes, length(CAST(text AS BLOB)) FROM list WHERE list_id > ?1 ORDER BY list_id",
			&p->last_list);
	if (p->count)
		qsort(p->items, p->count, sizeof *p->items, compare_items);
	p->has_catalogue = false;
	return err;
}

bool papers_is_same_name(const struct papers_item *a, const struct papers_item *b)
{
	return a->paper.kind == b->paper.kind && strcmp(a->paper.name, b->paper.name) == 0;
}

/* ---- Versions ---- */

/* The run of a name: *from to *end - 1. */
static bool find_run(const struct papers *p, enum message_paper_kind kind, const char *name, size_t *from, size_t *end)
{
	size_t i = 0;

	while (i < p->count && (p->items[i].paper.kind != kind || strcmp(p->items[i].paper.name, name) != 0))
		i++;
	*from = *end = i;
	while (*end < p->count && papers_is_same_name(&p->items[i], &p->items[*end]))
		(*end)++;
	return *end > *from;
}

static int find_family(struct centre *c, const char *family, size_t *from, size_t *end)
{
	int err = papers_take_in(c);

	if (!err && !find_run(c->papers, MESSAGE_FORM, family, from, end))
		err = err_set(ERR_NOT_FOUND, "there is no form %.64s", family);
	return err;
}

int papers_main_family(struct centre *c, const char **family)
{
	const struct papers *p = c->papers;
	int err = papers_take_in(c);

	*family = NULL;
	for (size_t i = 0; !err && i < p->count; i++)
		if (p->items[i].paper.kind == MESSAGE_FORM && p->items[i].row == p->first_form)
			*family = p->items[i].paper.name;
	return !err && !*family ? err_set(ERR_CORRUPT, "the store has no form") : err;
}

/* The place in force on `day` within a run; the first one's before all. */
static size_t place_on(const struct papers *p, size_t from, size_t end, uint32_t day)
{
	size_t i = end - 1;

	while (i > from && p->items[i].paper.from_day > day)
		i--;
	return i;
}

int papers_in_force(struct centre *c, const char *family, uint32_t day, const struct form **out, int64_t *row)
{
	size_t from;
	size_t end;
	int err = find_family(c, family, &from, &end);

	*out = NULL;
	*row = 0;
	if (err)
		return err;
	from = place_on(c->papers, from, end, day);
	*out = c->papers->items[from].form;
	*row = c->papers->items[from].row;
	return 0;
}

int papers_newest(struct centre *c, const char *family, const struct form **out, int64_t *row)
{
	return papers_in_force(c, family, UINT32_MAX, out, row);
}

static const struct papers_item *find_form_row(const struct papers *p, int64_t row)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->items[i].paper.kind == MESSAGE_FORM && p->items[i].row == row)
			return &p->items[i];
	return NULL;
}

bool papers_is_later(struct centre *c, int64_t a, int64_t b)
{
	const struct papers_item *x;
	const struct papers_item *y;

	if (papers_take_in(c) != 0)
		return a > b;
	x = find_form_row(c->papers, a);
	y = find_form_row(c->papers, b);
	return x && y && papers_is_same_name(x, y) && compare_items(x, y) > 0;
}

/* Entry type and field of a register in the tables of `f`; the value may be legal there only when there is a list to be asked. */
static bool says(const struct form *f, const struct papers_saying *r, bool any_value, struct papers_said *out)
{
	int type = form_entry_type_find(f, r->entry_type);
	int field = type < 0 ? -1 : form_field_find_in(f, (size_t)type, r->field);

	if (field < 0)
		return false;
	out->form = f;
	out->entry_type = (uint16_t)type;
	out->field = (uint16_t)field;
	return any_value || r->value_len == 0 || form_field(f, (size_t)field)->list < 0 ||
	       value_check(f, (size_t)field, r->value, r->value_len) == 0;
}

static int say(struct centre *c, const struct papers_family *f, const struct papers_saying *r, bool any_value, struct papers_said *out)
{
	const struct papers *p = c->papers;

	*out = (struct papers_said){ 0 };
	for (size_t i = f->end; i-- > f->from;)
		if (says(p->items[i].form, r, any_value, out)) {
			out->row = p->items[i].row;
			return 0;
		}
	return err_set(ERR_CORRUPT, "field %.64s of entry type %.64s: no version of form %.64s has it so", r->field, r->entry_type,
		p->items[f->from].paper.name);
}

int papers_family(struct centre *c, const char *family, struct papers_family *out)
{
	return find_family(c, family, &out->from, &out->end);
}

int papers_say(struct centre *c, const struct papers_family *f, const struct papers_saying *r, struct papers_said *out)
{
	return say(c, f, r, false, out);
}

int papers_say_field(struct centre *c, const char *family, const char *entry_type, const char *field, struct papers_said *out)
{
	const struct papers_saying r = { .entry_type = entry_type, .field = field };
	struct papers_family f;
	int err = papers_family(c, family, &f);

	*out = (struct papers_said){ 0 };
	return err ? err : say(c, &f, &r, true, out);
}

/* ---- Plans and lists ---- */

int papers_plan(struct centre *c, int64_t row, const struct plan **out)
{
	struct papers_item *item;
	int err = papers_take_in(c);

	*out = NULL;
	if (err)
		return err;
	item = (struct papers_item *)find_form_row(c->papers, row);
	if (!item)
		return err_set(ERR_NOT_FOUND, "form %lld is not in the store", (long long)row);
	if (item->is_broken) /* trying again would cost as much for every case of it */
		return err_set(ERR_USAGE, "form %s version %s cannot be understood", item->paper.name, item->paper.version);
	if (!item->plan)
		err = plan_new(item->form, NULL, &item->plan);
	item->is_broken = err == ERR_USAGE;
	if (err)
		return err_context(err, "form %s version %s", item->paper.name, item->paper.version);
	*out = item->plan;
	return 0;
}

static int read_list(struct centre *c, struct papers_item *item)
{
	const char *text;
	struct db_stmt *s;
	size_t len;
	int err = db_prepare(c->db, "SELECT text FROM list WHERE list_id = ?1", &s);

	if (err)
		return err;
	db_bind_int(s, 1, item->row);
	err = db_row(s);
	if (err)
		return err;
	text = db_text_len(s, 0, &len);
	err = reflist_parse(text, len, &item->list);
	db_done(s);
	return err;
}

/* The name without the ending of a file. */
static void name_list(const char *name, char out[static FORM_NAME_BYTES_MAX + 1])
{
	size_t len = strnlen(name, FORM_NAME_BYTES_MAX);
	size_t ending = sizeof LIST_ENDING - 1;

	if (len > ending && memcmp(name + len - ending, LIST_ENDING, ending) == 0)
		len -= ending;
	memcpy(out, name, len);
	out[len] = '\0';
}

const struct reflist *papers_list(struct centre *c, const char *name, uint32_t day)
{
	char plain[FORM_NAME_BYTES_MAX + 1];
	struct papers_item *item;
	size_t from;
	size_t end;

	name_list(name, plain);
	if (papers_take_in(c) != 0)
		return NULL;
	if (!find_run(c->papers, MESSAGE_LIST, plain, &from, &end) && !find_run(c->papers, MESSAGE_LIST, name, &from, &end))
		return NULL;
	item = &c->papers->items[place_on(c->papers, from, end, day)];
	if (!item->list && !item->is_broken && read_list(c, item) != 0) {
		item->is_broken = true; /* published lists can be read: this is another program's doing, and is said once */
		log_event(LOG_ERROR, "papers", "list_broken", "row=%lld message=%s", (long long)item->row, err_message());
	}
	return item->list;
}

static const struct reflist *world_list(void *ctx, const char *name)
{
	struct papers_world *w = ctx;

	return papers_list(w->c, name, w->day);
}

static uint64_t world_random(void *ctx)
{
	struct papers_world *w = ctx;
	uint64_t value;

	env_random(w->c->env, &value, sizeof value);
	return value;
}

void papers_world_init(struct papers_world *w, struct centre *c, int64_t now_ms, struct model_world *out)
{
	*w = (struct papers_world){ .c = c, .day = papers_day(now_ms) };
	*out = (struct model_world){ .now_ms = now_ms, .tz_minutes = RIYADH_MINUTES, .random = world_random, .list = world_list, .ctx = w };
}
