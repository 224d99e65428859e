/*
 * publish: see publish.h.
 */
#include "server/publish.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "proto/base/hijri.h"
#include "proto/form/model.h"
#include "proto/pack.h"
#include "server/papers.h"

#define MESSAGE_BYTES 1024

/* ---- What is found ---- */

struct finding { /* about one sheet of the new form; both texts take the same arguments in the same order */
	struct problems *p;
	const char *sheet;
	bool is_warning;
};

PRINTF_LIKE(2, 4) PRINTF_LIKE(3, 4) static void find_problem(const struct finding *f, const char *arabic, const char *english, ...)
{
	const struct problem_place at = { .sheet = f->sheet, .column = -1 };
	char texts[2][MESSAGE_BYTES];
	va_list args;
	va_list again;

	va_start(args, english);
	va_copy(again, args);
	vsnprintf(texts[0], sizeof texts[0], english, args);
	vsnprintf(texts[1], sizeof texts[1], arabic, again);
	va_end(again);
	va_end(args);
	problems_add(f->p, f->is_warning, &at, texts[0], texts[1]);
}

static int first_error(const struct problems *p)
{
	if (p->errors == 0)
		return 0;
	for (size_t i = 0; i < p->count; i++)
		if (!p->items[i].is_warning)
			return err_set(ERR_USAGE, "%s", p->items[i].english);
	return err_set(ERR_USAGE, "the form has %zu errors", p->errors);
}

/* ---- Two forms of one family ---- */

static void check_entry_types(const struct form *now, const struct form *next, struct problems *p)
{
	const struct finding error = { p, "survey", false };
	const struct finding warning = { p, "survey", true };

	for (size_t i = 0; i < form_entry_type_count(now); i++) {
		const struct form_entry_type *t = form_entry_type(now, i);
		int found = form_entry_type_find(next, t->name);

		if (found < 0)
			find_problem(&warning,
				"لم تعد المجموعة أو التكرار «%s» في النموذج؛ تبقى إجاباته السابقة في الحالات ولا تُسأل بعد اليوم",
				"%s is no longer in the form; what was answered in it stays in the cases and is not asked any more",
				t->name);
		else if (form_entry_type(next, (size_t)found)->kind != t->kind)
			find_problem(&error, "«%s» كان تكراراً ولم يعد، أو صار كذلك؛ أعطه اسماً آخر",
				"%s repeats in one version and not in the other; give it another name", t->name);
	}
}

/* A choice that is no longer offered stays readable where it was given. One warning a question. */
static void check_choices(
	const struct form *now, const struct form_field *f, const struct form *next, const struct form_field *g, struct problems *p)
{
	const struct finding warning = { p, "choices", true };
	const struct form_list *a = form_list(now, (size_t)f->list);
	size_t missing = 0;
	const char *first = "";

	if (form_list(next, (size_t)g->list)->choice_count == 0)
		return;
	for (size_t i = 0; i < a->choice_count; i++) {
		const char *code = a->choices[i].code;

		if (form_choice_find(next, g->list, code, strlen(code)) < 0 && missing++ == 0)
			first = code;
	}
	if (missing)
		find_problem(&warning, "السؤال %s: الخيار «%s»، وعددها %zu، لم يعد معروضاً؛ تبقى الإجابات السابقة به كما هي",
			"question %s: choice %s (%zu in all) is no longer offered; answers given with it stay as they are", f->name, first,
			missing);
}

static void check_moved(const struct form *now, const struct form_field *f, const struct form *next, struct problems *p)
{
	const struct finding error = { p, "survey", false };
	const struct finding warning = { p, "survey", true };
	const char *from = form_entry_type(now, f->entry_type)->name;
	int elsewhere = form_field_find(next, f->name);
	const struct form_entry_type *to = elsewhere < 0 ? NULL : form_entry_type(next, form_field(next, (size_t)elsewhere)->entry_type);
	int was = to ? form_entry_type_find(now, to->name) : -1;

	/* A question of that name which stood there before is another one. */
	if (to && (was < 0 || form_field_find_in(now, (size_t)was, f->name) < 0))
		find_problem(&error, "السؤال %s انتقل من «%s» إلى «%s»؛ أعده إلى مكانه أو أعطه اسماً آخر",
			"question %s moves from %s to %s; put it back or give it another name", f->name, from, to->name);
	else
		find_problem(&warning, "السؤال %s لم يعد في «%s»؛ إن كنت غيّرت اسمه فهو سؤال جديد، وتبقى الإجابات السابقة تحت الاسم القديم",
			"question %s is no longer in %s; if you renamed it, it is a new question now, and earlier answers stay under the old name",
			f->name, from);
}

/* The node of `next` that stands where `node` stands in `now`, by the names of all groups around it; -1: none. */
static int same_place(const struct form *now, int node, const struct form *next)
{
	const struct form_node *n = form_node(now, (size_t)node);
	const uint32_t *named;
	size_t count;
	int parent;

	if (n->parent < 0)
		return FORM_NODE_ROOT;
	parent = same_place(now, n->parent, next); /* as deep as FORM_DEPTH_MAX */
	count = parent < 0 ? 0 : form_nodes_named(next, n->name, strlen(n->name), &named);
	for (size_t i = 0; i < count; i++)
		if (form_node(next, named[i])->parent == parent)
			return (int)named[i];
	return -1;
}

/* Of two questions of one name the later has its group's name in front. Another one before it would take over its name, and its answers. */
static bool has_other_name(const struct form *now, const struct form_field *f, const struct form *next)
{
	int at = f->node < 0 ? -1 : same_place(now, f->node, next);
	int field = at < 0 ? -1 : form_node(next, (size_t)at)->field;

	return field >= 0 && strcmp(form_field(next, (size_t)field)->name, f->name) != 0;
}

static void check_field(const struct form *now, const struct form_field *f, const struct form *next, struct problems *p)
{
	const struct finding error = { p, "survey", false };
	int type = form_entry_type_find(next, form_entry_type(now, f->entry_type)->name);
	int found = type < 0 ? -1 : form_field_find_in(next, (size_t)type, f->name);
	const struct form_field *g = found < 0 ? NULL : form_field(next, (size_t)found);

	if (has_other_name(now, f, next))
		find_problem(&error, "السؤال %s: لو نُشرت هذه النسخة لانتقلت إجاباته إلى سؤال آخر، إذ جاء قبله سؤال بالاسم نفسه أو حُذف؛ أعط الجديد اسماً آخر وأبق القديم",
			"question %s: its answers would become those of another question, since one of the same name came before it or was taken out; "
			"give the new one another name and keep the old one",
			f->name);
	else if (!g)
		check_moved(now, f, next, p);
	else if (g->type != f->type)
		find_problem(&error, "السؤال %s: نوعه %s وصار %s؛ أعد نوعه أو أعطه اسماً آخر",
			"question %s: type %s becomes %s; put the type back or give the question another name", f->name,
			form_type_name(f->type), form_type_name(g->type));
	else if (f->list >= 0 && g->list >= 0)
		check_choices(now, f, next, g, p);
}

int publish_check(const struct form *now, const struct form *next, struct problems *p)
{
	size_t before = p->errors;

	check_entry_types(now, next, p);
	for (size_t i = 1; i < form_field_count(now); i++)
		check_field(now, form_field(now, i), next, p);
	return p->errors == before ? 0 : first_error(p);
}

/* ---- The day ---- */

static void write_day(uint32_t day, char out[static 16])
{
	int year = 0;
	int month = 0;
	int of_month = 0;

	if (hijri_gregorian_from_day((int32_t)day, &year, &month, &of_month) != 0)
		year = 0;
	snprintf(out, 16, "%04d-%02d-%02d", year % 10000, month % 100, of_month % 100);
}

/*
 * A version begins today at the earliest: cases of the past were judged by what was in force then. One that begins on the day of
 * another takes its place: a mistake that is seen an hour after publishing does not have to stand until tomorrow.
 */
static int check_day(struct centre *c, const char *name, uint32_t day, struct problems *p)
{
	const struct finding error = { p, "", false };
	size_t before = p->errors;
	char text[16];

	write_day(day, text);
	if (day > MESSAGE_DAY_MAX)
		find_problem(&error, "%s: يوم السريان بعيد جداً", "%s: the day is too far away", name);
	else if (day < papers_today(c))
		find_problem(&error, "%s: يوم %s مضى؛ تسري النسخة من اليوم أو من يوم بعده، بالخيار --from",
			"%s: %s has passed; a version begins today or later, with --from", name, text);
	return p->errors == before ? 0 : first_error(p);
}

/* Published already: nothing would change. */
static int refuse_again(struct problems *p, const char *name, const char *version)
{
	const struct finding error = { p, "", false };

	find_problem(&error, "%s: هذا النص منشور من قبل، وهو النسخة %s", "%s: this is published already, as version %s", name, version);
	return first_error(p);
}

static uint32_t first_day(struct centre *c, const struct publish_paper *paper)
{
	return paper->from_day == PUBLISH_TODAY ? papers_today(c) : paper->from_day;
}

static int frame_size(const struct publish_paper *paper, size_t *out)
{
	struct buf frame;
	int err;

	buf_init(&frame, paper->len + 1024);
	err = pack_deflate(paper->text, paper->len, NULL, &frame);
	*out = frame.len;
	buf_fini(&frame);
	return err;
}

/* ---- Forms ---- */

/* What a version before the newest forbids. */
static int move_errors(const struct problems *older, struct problems *p)
{
	const struct problem_place at = { .sheet = "survey", .column = -1 };

	for (size_t i = 0; i < older->count; i++)
		if (!older->items[i].is_warning)
			problems_add(p, false, &at, older->items[i].english, older->items[i].arabic);
	return first_error(p);
}

/* Every version of the family: errors of all of them, warnings of the newest alone, since those of the others were given before. */
static int check_family(struct centre *c, const struct form *next, struct problems *p)
{
	const struct form *newest;
	struct problems older;
	struct db_stmt *s;
	int64_t newest_row;
	int got = 0;
	int err = papers_newest(c, form_id(next), &newest, &newest_row);

	if (err)
		return err == ERR_NOT_FOUND ? 0 : err;
	err = publish_check(newest, next, p);
	if (err)
		return err;
	problems_init(&older);
	err = db_prepare(c->db, "SELECT form_id FROM form WHERE name = ?1 ORDER BY in_force_from DESC, form_id DESC", &s);
	if (err)
		return err;
	db_bind_text(s, 1, form_id(next));
	while (!err && (got = db_step(s)) == 1) {
		const struct form *now;

		err = centre_form_by_id(c, db_int(s, 0), &now);
		if (!err && memcmp(form_hash(now), form_hash(next), FORM_HASH_BYTES) == 0)
			err = refuse_again(p, form_id(now), form_version(now));
		if (!err && publish_check(now, next, &older) != 0)
			err = move_errors(&older, p);
	}
	db_done(s);
	problems_fini(&older);
	return err ? err : got;
}

static int insert_form(struct centre *c, const struct form *f, const struct publish_paper *paper, size_t frame_bytes, int64_t *row)
{
	struct db_stmt *s;
	int err = db_prepare(c->db,
		"INSERT INTO form (hash, name, version, text, published_ms, published_by, in_force_from, workbook, workbook_name, frame_bytes) "
		"VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
		&s);

	if (err)
		return err;
	db_bind_blob(s, 1, form_hash(f), FORM_HASH_BYTES);
	db_bind_text(s, 2, form_id(f));
	db_bind_text(s, 3, form_version(f));
	db_bind_text_len(s, 4, paper->text, paper->len);
	db_bind_int(s, 5, env_wall_ms(c->env));
	if (paper->person_id)
		db_bind_int(s, 6, paper->person_id);
	db_bind_int(s, 7, first_day(c, paper));
	if (paper->workbook)
		db_bind_blob(s, 8, paper->workbook, paper->workbook_len);
	db_bind_text(s, 9, paper->workbook_name);
	db_bind_int(s, 10, (int64_t)frame_bytes);
	err = db_run(s);
	if (!err)
		*row = db_last_id(c->db);
	return err;
}

/* What an empty case asks for more than a device has, every case would: nobody could open one. */
static int check_opens(struct centre *c, const struct plan *plan, struct problems *p)
{
	const struct finding error = { p, "survey", false };
	struct papers_world lists;
	struct model_world world;
	struct model *m;
	int err;

	papers_world_init(&lists, c, env_wall_ms(c->env), &world);
	err = model_new(plan, &world, 0, &m);
	if (err)
		return err;
	err = model_open(m);
	model_free(m);
	if (err != ERR_LIMIT)
		return err;
	find_problem(&error, "لا تُفتح حالة بهذا النموذج، فحسابه أكبر من طاقة الأجهزة: %s", "no case could be opened with this form, it asks for too much: %s",
		err_message());
	return first_error(p);
}

/* Whether it can be understood: what its author may have written by hand was seen by no compiler. */
static int check_plan(struct centre *c, const struct form *f, struct problems *p)
{
	struct plan_problems problems = { 0 };
	struct plan *plan;
	int err = plan_new(f, &problems, &plan);

	if (!err) {
		err = check_opens(c, plan, p);
		plan_free(plan);
		plan_problems_fini(&problems);
		return err;
	}
	for (size_t i = 0; err == ERR_USAGE && i < problems.count; i++) {
		const struct plan_problem *x = &problems.items[i];
		const struct finding at = { p, x->is_choice ? "choices" : "survey", x->is_warning };
		const char *name = x->is_choice ? form_list(f, x->node)->name : form_node(f, x->node)->name;

		find_problem(&at, "%s (%s): %.0s%s", "%s (%s): %s%.0s", name, x->column, x->english, x->arabic);
	}
	plan_problems_fini(&problems);
	return err == ERR_USAGE && p->errors ? first_error(p) : err;
}

int publish_form(struct centre *c, const struct publish_paper *paper, struct problems *p, int64_t *row)
{
	struct problems own;
	struct form *f;
	size_t frame_bytes = 0;
	int err = form_parse(paper->text, paper->len, &f);

	*row = 0;
	if (err)
		return err;
	problems_init(&own);
	if (!p)
		p = &own;
	err = check_family(c, f, p);
	if (!err)
		err = check_day(c, form_id(f), first_day(c, paper), p);
	if (!err)
		err = check_plan(c, f, p);
	if (!err)
		err = frame_size(paper, &frame_bytes);
	if (!err)
		err = insert_form(c, f, paper, frame_bytes, row);
	problems_fini(&own);
	form_free(f);
	return err;
}

/* ---- Lists ---- */

static int check_items(const struct reflist *now, const struct reflist *next, struct problems *p)
{
	const struct finding error = { p, "", false };
	size_t before = p->errors;

	for (size_t i = 0; i < reflist_count(now); i++) {
		const char *code = reflist_code(now, i);

		if (reflist_find(next, code, strlen(code)) < 0)
			find_problem(&error, "القائمة %s ينقصها العنصر %s، وقد يكون في حالات محفوظة: أبقه وعلّمه مسحوباً",
				"list %s lacks item %s, which may stand in cases: keep it and mark it as withdrawn", reflist_name(next),
				code);
	}
	return p->errors == before ? 0 : first_error(p);
}

static int check_list(struct centre *c, const struct reflist *l, uint32_t day, struct problems *p)
{
	const struct reflist *newest = papers_list(c, reflist_name(l), UINT32_MAX);
	int err = newest ? check_items(newest, l, p) : 0;

	if (!err && newest && memcmp(reflist_hash(newest), reflist_hash(l), FORM_HASH_BYTES) == 0)
		err = refuse_again(p, reflist_name(l), reflist_version(l));
	return err ? err : check_day(c, reflist_name(l), day, p);
}

static int insert_list(struct centre *c, const struct reflist *l, const struct publish_paper *paper, size_t frame_bytes, int64_t *row)
{
	struct db_stmt *s;
	int err = db_prepare(c->db,
		"INSERT INTO list (hash, name, version, text, in_force_from, frame_bytes, published_ms, published_by) "
		"VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
		&s);

	if (err)
		return err;
	db_bind_blob(s, 1, reflist_hash(l), FORM_HASH_BYTES);
	db_bind_text(s, 2, reflist_name(l));
	db_bind_text(s, 3, reflist_version(l));
	db_bind_text_len(s, 4, paper->text, paper->len);
	db_bind_int(s, 5, first_day(c, paper));
	db_bind_int(s, 6, (int64_t)frame_bytes);
	db_bind_int(s, 7, env_wall_ms(c->env));
	if (paper->person_id)
		db_bind_int(s, 8, paper->person_id);
	err = db_run(s);
	if (!err)
		*row = db_last_id(c->db);
	return err;
}

int publish_list(struct centre *c, const struct publish_paper *paper, struct problems *p, int64_t *row)
{
	struct problems own;
	struct reflist *l;
	size_t frame_bytes = 0;
	int err = reflist_parse(paper->text, paper->len, &l);

	*row = 0;
	if (err)
		return err;
	problems_init(&own);
	err = check_list(c, l, first_day(c, paper), p ? p : &own);
	if (!err)
		err = frame_size(paper, &frame_bytes);
	if (!err && frame_bytes > PUBLISH_LIST_FRAME_BYTES_MAX)
		err = err_set(ERR_LIMIT, "list %s: %zu bytes compressed, at most %d reach devices", reflist_name(l), frame_bytes,
			PUBLISH_LIST_FRAME_BYTES_MAX);
	if (!err)
		err = insert_list(c, l, paper, frame_bytes, row);
	problems_fini(&own);
	reflist_free(l);
	return err;
}
