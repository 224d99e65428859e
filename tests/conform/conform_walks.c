/*
 * conform_walks: whole forms answered step by step, as another engine recorded it, and the whole state compared after each step.
 *
 *   conform_walks CASES_DIR FORMS_DIR DIFFERENCES [--verbose]
 *
 * CASES_DIR/walks.jsonl has one walk per line: the state of every node at first and what changed after each answer, added or removed row.
 * FORMS_DIR holds the canonical text of each walk's workbook. DIFFERENCES lists members in which we say otherwise: walk/path/member, tab,
 * reason; a `*` stands for anything. The list must be exact: a difference that is not listed and a line that matches none are both
 * failures. Reasons that begin with "ruling:" are decisions of ours; what they list is not part of the score.
 *
 * The recorded spellings are those of that engine, and are met here: decimals always have a point, times a zone, an acknowledged question
 * is "OK"; a range question takes no answer outside its ends. "-" is what its compiler writes where a language has no text and another
 * has one. What identifies an instance or a dataset (meta, but for the instance's name; attributes) is outside.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/file.h"
#include "proto/form/model.h"
#include "proto/form/value.h"
#include "proto/form/xpath/xdate.h"

#define FILE_BYTES_MAX (64 * 1024 * 1024)
#define TEXT_BYTES_MAX (1024 * 1024)
#define PATH_BYTES 1024
#define NAME_BYTES 256
#define LISTED_MAX 500
#define BAR 99.9 /* percent of all comparisons */
#define META_PATH "/data/meta"
#define TITLE_PATH "/data/meta/instanceName"

struct listed {
	const char *pattern;
	size_t len;
	bool is_ruling;
	size_t met;
};

struct program {
	const char *cases_dir;
	const char *forms_dir;
	bool is_verbose;
	struct buf list_text;
	struct listed listed[LISTED_MAX];
	size_t listed_count;
	json_t *told;           /* differences already printed */
	size_t walks;
	size_t all;
	size_t differing;
	size_t unlisted;
	size_t ruled;
};

/* One walk while it is replayed. */
struct walk {
	struct program *program;
	const json_t *json;
	json_t *state;
	char name[NAME_BYTES];
	struct form *form;
	struct plan *plan;
	struct plan_problems problems;
	struct model_world world;
	struct model *model;
	size_t language;
	bool is_flat;           /* groups are no part of recorded paths */
	uint64_t last_id;
	uint64_t random;
	struct buf text;
	struct buf other;
};

static void must(int rc)
{
	if (rc) {
		fprintf(stderr, "conform_walks: %s\n", err_message());
		exit(1);
	}
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

/* ---- differences ---- */

/* Whether `text` is like `pattern`, in which only `*` is special. */
static bool is_like(const char *pattern, size_t len, const char *text)
{
	const char *end = pattern + len;
	const char *star = NULL;
	const char *back = NULL;

	while (*text) {
		if (pattern < end && *pattern == '*') {
			star = ++pattern;
			back = text;
		} else if (pattern < end && *pattern == *text) {
			pattern++;
			text++;
		} else if (star) {
			pattern = star;
			text = ++back;
		} else {
			return false;
		}
	}
	while (pattern < end && *pattern == '*')
		pattern++;
	return pattern == end;
}

/* The line that has it; NULL. */
static const struct listed *find_listed(struct program *p, const char *key)
{
	const struct listed *found = NULL;

	for (size_t i = 0; i < p->listed_count; i++) {
		if (is_like(p->listed[i].pattern, p->listed[i].len, key)) {
			p->listed[i].met++;
			found = &p->listed[i];
		}
	}
	return found;
}

static void compare(struct walk *w, const char *path, const char *member, const char *ours, const char *recorded)
{
	struct program *p = w->program;
	char key[PATH_BYTES + NAME_BYTES + 64];
	const struct listed *listed;

	p->all++;
	if (strcmp(ours, recorded) == 0)
		return;
	snprintf(key, sizeof key, "%s%s/%s", w->name, path, member);
	listed = find_listed(p, key);
	p->differing++;
	p->unlisted += !listed;
	p->ruled += listed && listed->is_ruling;
	if ((listed && !p->is_verbose) || json_object_get(p->told, key))
		return;
	json_object_set_new(p->told, key, json_true());
	printf("%s\t%s\tours \"%s\", recorded \"%s\"\n", key, listed ? "listed" : "NEW", ours, recorded);
}

static void compare_flag(struct walk *w, const char *path, const char *member, bool ours, const json_t *state)
{
	compare(w, path, member, ours ? "true" : "false", json_is_true(json_object_get(state, member)) ? "true" : "false");
}

/* ---- the world ---- */

static uint64_t new_id(void *ctx)
{
	struct walk *w = ctx;

	return ++w->last_id;
}

static uint64_t draw(void *ctx)
{
	struct walk *w = ctx;

	return w->random = w->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
}

static int zone_of(const char *name)
{
	return strcmp(name, "America/Phoenix") == 0 ? -420 : 0;
}

/* The form's file: the workbook's name with another ending. */
static int open_form(struct walk *w)
{
	const char *workbook = text_of(w->json, "xlsform");
	char path[PATH_BYTES];
	struct buf text;
	int rc;

	snprintf(path, sizeof path, "%s/%.*s.form", w->program->forms_dir, (int)(strlen(workbook) - strlen(".xlsx")), workbook);
	buf_init(&text, FORM_TEXT_BYTES_MAX);
	rc = file_read(path, &text);
	if (!rc)
		rc = form_parse((const char *)text.data, text.len, &w->form);
	buf_fini(&text);
	return rc;
}

static int open_walk(struct walk *w)
{
	struct xdate now;
	int rc = open_form(w);

	if (!rc)
		rc = plan_new(w->form, &w->problems, &w->plan);
	if (rc)
		return rc;
	w->world = (struct model_world){ .tz_minutes = zone_of(text_of(w->json, "tz")), .random = draw, .new_id = new_id, .first_rows = true,
					 .ctx = w };
	if (xdate_read(text_of(w->json, "now"), 0, &now))
		w->world.now_ms = now.ms;
	w->language = form_language_find(w->form, json_string_value(json_array_get(json_object_get(w->json, "languages"), 0)));
	rc = model_new(w->plan, &w->world, 1, &w->model);
	return rc ? rc : model_open(w->model);
}

static void close_walk(struct walk *w)
{
	model_free(w->model);
	plan_problems_fini(&w->problems);
	plan_free(w->plan);
	form_free(w->form);
	json_decref(w->state);
	buf_fini(&w->text);
	buf_fini(&w->other);
}

/* ---- one node ---- */

static bool is_range(const json_t *state)
{
	return strcmp(text_of(state, "t"), "range") == 0;
}

static const char *question_kind(const struct form_node *n, const json_t *state)
{
	switch (n->type) {
	case FORM_NOTE:
		return "note";
	case FORM_CALCULATE:
		return "model-value";
	case FORM_SELECT_ONE:
	case FORM_SELECT_MULTIPLE:
	case FORM_SELECT_MEMBER:
		return "select";
	case FORM_RANK:
		return "rank";
	case FORM_ACKNOWLEDGE:
		return "trigger";
	case FORM_SIGNATURE:
	case FORM_IMAGE:
	case FORM_IMAGE_LIST:
	case FORM_AUDIO:
	case FORM_VIDEO:
	case FORM_FILE:
		return "upload";
	case FORM_INTEGER:
	case FORM_DECIMAL:
		return is_range(state) ? "range" : "input";
	case FORM_TEXT:
	case FORM_MONEY:
	case FORM_DATE:
	case FORM_TIME:
	case FORM_DATETIME:
	case FORM_HIJRI_DATE:
	case FORM_SA_ID:
	case FORM_IBAN:
	case FORM_MOBILE:
	case FORM_SHORT_ADDRESS:
	case FORM_POSTAL_CODE:
	case FORM_GEOPOINT:
		break;
	}
	if (n->is_computed)
		return "model-value";
	return strcmp(n->columns[FORM_READONLY], "true()") == 0 ? "note" : "input";
}

static const char *kind_of(const struct walk *w, const struct model_node *n, const json_t *state)
{
	switch (n->kind) {
	case MODEL_GROUP:
		return n->parent ? "group" : "root";
	case MODEL_REPEAT:
		return n->is_counted ? "repeat-range:controlled" : "repeat-range:uncontrolled";
	case MODEL_ROW:
		return "repeat-instance";
	case MODEL_QUESTION:
		break;
	}
	return question_kind(model_form_node(w->model, n), state);
}

/* The value as that engine spells it. */
static const char *spelled_value(struct walk *w, const struct model_node *n)
{
	const char *value = n->is_relevant && !n->is_masked ? n->value : "";
	int minutes = w->world.tz_minutes;

	buf_clear(&w->text);
	buf_text(&w->text, value);
	if (!value[0])
		return "";
	if (model_form_node(w->model, n)->type == FORM_DECIMAL && !strchr(value, '.'))
		buf_text(&w->text, ".0");
	if (model_form_node(w->model, n)->type == FORM_ACKNOWLEDGE)
		return "OK";
	if (model_form_node(w->model, n)->type == FORM_TIME)
		buf_printf(&w->text, "%s.000%c%02d:%02d", strlen(value) == 5 ? ":00" : "", minutes < 0 ? '-' : '+', abs(minutes) / 60,
			   abs(minutes) % 60);
	return buf_string(&w->text);
}

/* Without the spaces at its ends, which a page does not show. */
static char *trimmed(const char *text)
{
	size_t len;

	text += strspn(text, " \t\n\r");
	len = strlen(text);
	while (len > 0 && strchr(" \t\n\r", text[len - 1]))
		len--;
	return strndup(text, len);
}

/* `is_lent`: our text is that of another language, since this one has none. */
static void compare_text(struct walk *w, const char *path, const char *member, const char *ours, bool is_lent, const char *recorded)
{
	char *a = trimmed(ours);
	char *b = trimmed(recorded);

	compare(w, path, member, strcmp(b, "-") == 0 && (is_lent || !a[0]) ? b : a, b);
	free(a);
	free(b);
}

static void compare_words(struct walk *w, const char *path, const char *member, const struct model_node *n, enum form_words words,
			  const json_t *state)
{
	bool is_lent = w->language > 0 &&
		strcmp(form_words(w->form, n->form_node, words, w->language), form_words(w->form, n->form_node, words, 0)) == 0;

	buf_clear(&w->text);
	must(model_words(w->model, n, words, w->language, &w->text));
	compare_text(w, path, member, buf_string(&w->text), is_lent, text_of(state, member));
}

static void compare_choices(struct walk *w, const char *path, const struct model_node *n, const json_t *recorded)
{
	const json_t *pair;
	struct model_choices choices;
	char member[32];
	size_t i;

	must(model_choices(w->model, n, w->language, &choices));
	w->program->all++;
	if (choices.count != json_array_size(recorded)) {
		snprintf(member, sizeof member, "%zu of %zu", choices.count, json_array_size(recorded));
		w->program->all--;
		compare(w, path, "choices", member, "all");
	}
	json_array_foreach(recorded, i, pair) {
		const struct model_choice *c = i < choices.count ? &choices.items[i] : NULL;

		compare(w, path, "choices.value", c ? c->code : "", json_string_value(json_array_get(pair, 0)));
		compare_text(w, path, "choices.label", c ? c->label : "", w->language > 0, json_string_value(json_array_get(pair, 1)));
	}
	model_choices_fini(&choices);
}

static void compare_node(struct walk *w, const char *path, struct model_node *n, const json_t *state)
{
	const json_t *choices = json_object_get(state, "choices");

	compare(w, path, "t", kind_of(w, n, state), text_of(state, "t"));
	compare_flag(w, path, "rel", n->is_relevant, state);
	compare_flag(w, path, "req", n->is_required, state);
	compare_flag(w, path, "ro", n->is_readonly, state);
	compare_flag(w, path, "rbad", n->is_missing, state);
	compare_flag(w, path, "cbad", n->is_violated, state);
	/* There the form's title is no label, and groups have no hints. */
	if (n->parent)
		compare_words(w, path, "label", n, FORM_LABEL, state);
	if (n->kind == MODEL_QUESTION)
		compare_words(w, path, "hint", n, FORM_HINT, state);
	if (json_object_get(state, "v"))
		compare(w, path, "v", spelled_value(w, n), text_of(state, "v"));
	if (json_object_get(state, "rmsg"))
		compare_words(w, path, "rmsg", n, FORM_REQUIRED_MESSAGE, state);
	if (json_object_get(state, "cmsg"))
		compare_words(w, path, "cmsg", n, FORM_CONSTRAINT_MESSAGE, state);
	if (choices)
		compare_choices(w, path, n, choices);
}

/* ---- the whole state ---- */

/* What ours has and the record has not: each of our nodes under its recorded path. */
static void write_path(const struct walk *w, const struct model_node *n, struct buf *out)
{
	const struct model_node *up[FORM_DEPTH_MAX * 2 + 2];
	size_t depth = 0;

	for (const struct model_node *at = n; at; at = at->parent)
		if (at == n || at->kind != MODEL_REPEAT)
			up[depth++] = at;
	while (depth-- > 0) {
		size_t number = 1;

		buf_printf(out, "/%s", model_form_node(w->model, up[depth])->name);
		if (up[depth]->kind == MODEL_REPEAT)
			buf_text(out, "#range");
		if (up[depth]->kind != MODEL_ROW)
			continue;
		for (const struct model_node *row = up[depth]->parent->first; row != up[depth]; row = row->next)
			number++;
		buf_printf(out, "[%zu]", number);
	}
}

static const struct model_node *next_node(const struct model_node *n)
{
	if (n->first)
		return n->first;
	while (n && !n->next)
		n = n->parent;
	return n ? n->next : NULL;
}

/* The place of a recorded path. In a form that was compiled "flat" its groups are no part of paths; ours are. */
static struct model_node *find_place(struct walk *w, const char *path)
{
	struct model_node *n = model_find(w->model, path);

	for (const struct model_node *g = n ? NULL : model_root(w->model)->first; g; g = next_node(g)) {
		char plain[PATH_BYTES];

		if (g->kind != MODEL_GROUP)
			continue;
		buf_clear(&w->other);
		write_path(w, g, &w->other);
		snprintf(plain, sizeof plain, "%s%s", buf_string(&w->other), path + strlen("/data"));
		n = model_find(w->model, plain);
		if (n)
			break;
	}
	w->is_flat = w->is_flat || (n && n != model_find(w->model, path));
	return n;
}

static void compare_state(struct walk *w)
{
	const char *path;
	json_t *state;

	json_object_foreach(w->state, path, state) {
		char plain[PATH_BYTES];
		struct model_node *n;

		if (strcmp(path, TITLE_PATH) == 0) {
			buf_clear(&w->text);
			must(model_title(w->model, &w->text));
			compare(w, path, "v", buf_string(&w->text), text_of(state, "v"));
		}
		if (strncmp(path, META_PATH, strlen(META_PATH)) == 0)
			continue;
		snprintf(plain, sizeof plain, "%.*s", (int)strcspn(path, "#"), path);
		n = find_place(w, plain);
		compare(w, path, "node", n ? "there" : "missing", "there");
		if (n)
			compare_node(w, path, n, state);
	}
	for (const struct model_node *n = w->is_flat ? NULL : model_root(w->model); n; n = next_node(n)) {
		buf_clear(&w->other);
		write_path(w, n, &w->other);
		compare(w, buf_string(&w->other), "node", "there", json_object_get(w->state, buf_string(&w->other)) ? "there" : "missing");
	}
}

/* ---- steps ---- */

/* The value of parameter `key` ("start=1 end=10"). */
static double parameter(const struct form_node *n, const char *key, double otherwise)
{
	const char *at = n->columns[FORM_PARAMETERS];
	size_t len = strlen(key);

	for (; *at; at += strcspn(at, " "), at += *at == ' ')
		if (strncmp(at, key, len) == 0 && at[len] == '=')
			return strtod(at + len + 1, NULL);
	return otherwise;
}

/* What was typed, in our spelling; "" where the question would not have taken it. */
static void normalise(struct walk *w, const struct model_node *n, const char *typed, const json_t *state, struct buf *out)
{
	const struct form_node *f = model_form_node(w->model, n);
	char cut[64];

	buf_clear(out);
	if (f->type == FORM_ACKNOWLEDGE)
		typed = strcmp(typed, "true") == 0 ? "yes" : "";
	if (is_range(state) && (strtod(typed, NULL) < parameter(f, "start", 1) || strtod(typed, NULL) > parameter(f, "end", 10)))
		typed = "";
	if (f->type == FORM_TIME && strlen(typed) > 8) {
		snprintf(cut, sizeof cut, "%.8s", typed);
		typed = cut;
	}
	if (typed[0] && f->field >= 0 && value_normalise(w->form, (size_t)f->field, typed, out) != 0)
		printf("%s: \"%s\" is no answer for %s: %s\n", w->name, typed, f->name, err_message());
}

static void take_step(struct walk *w, const json_t *step)
{
	const char *ref = text_of(step, "ref");
	struct model_node *n = find_place(w, ref);
	const char *op = text_of(step, "op");
	int rc = 0;

	if (n && strcmp(op, "add") == 0) {
		rc = model_add(w->model, n, &n);
	} else if (n && strcmp(op, "remove") == 0) {
		rc = model_remove(w->model, n);
	} else if (n) {
		normalise(w, n, text_of(step, "value"), json_object_get(w->state, ref), &w->other);
		rc = model_set(w->model, n, buf_string(&w->other));
	}
	compare(w, ref, op, !n ? "no such place" : rc ? err_message() : "done", "done");
}

static void apply(struct walk *w, const json_t *step)
{
	const json_t *gone;
	size_t i;

	json_object_update(w->state, json_object_get(step, "set"));
	json_array_foreach(json_object_get(step, "del"), i, gone)
		json_object_del(w->state, json_string_value(gone));
}

static void name_walk(struct walk *w)
{
	const char *workbook = text_of(w->json, "xlsform");
	const char *test = text_of(json_object_get(w->json, "source"), "test");
	const char *seed = strrchr(test, ' ');

	snprintf(w->name, sizeof w->name, "%.*s.%s", (int)strcspn(workbook, "."), workbook, seed ? seed + 1 : "");
}

static void take_walk(struct program *p, const char *line, size_t len)
{
	struct walk w = { .program = p, .random = 1, .last_id = 1 };
	const json_t *step;
	json_t *json = json_loadb(line, len, 0, NULL);
	size_t i;
	int rc;

	if (!json)
		abort();
	w.json = json;
	w.state = json_deep_copy(json_object_get(json, "init"));
	buf_init(&w.text, TEXT_BYTES_MAX);
	buf_init(&w.other, TEXT_BYTES_MAX);
	name_walk(&w);
	p->walks++;
	rc = open_walk(&w);
	compare(&w, "", "open", rc ? err_message() : "open", "open");
	if (!rc) {
		compare_state(&w);
		json_array_foreach(json_object_get(json, "steps"), i, step) {
			take_step(&w, step);
			apply(&w, step);
			compare_state(&w);
		}
	}
	close_walk(&w);
	json_decref(json);
}

/* ---- files ---- */

static void load(const char *path, struct buf *out)
{
	buf_init(out, FILE_BYTES_MAX);
	must(file_read(path, out));
}

static void read_listed(struct program *p, const char *path)
{
	load(path, &p->list_text);
	for (const char *at = buf_string(&p->list_text); *at; at += *at == '\n') {
		size_t len = strcspn(at, "\t\n");

		if (*at != '#' && len > 0 && p->listed_count < LISTED_MAX)
			p->listed[p->listed_count++] = (struct listed){ at, len, strncmp(at + len, "\truling:", 8) == 0, 0 };
		at += strcspn(at, "\n");
	}
}

static size_t count_surplus(const struct program *p)
{
	size_t surplus = 0;

	for (size_t i = 0; i < p->listed_count; i++) {
		if (p->listed[i].met > 0)
			continue;
		printf("%.*s\tagrees now; take it from the list\n", (int)p->listed[i].len, p->listed[i].pattern);
		surplus++;
	}
	return surplus;
}

int main(int argc, char **argv)
{
	struct program p = { .is_verbose = argc == 5 && strcmp(argv[4], "--verbose") == 0 };
	struct buf walks;
	char path[PATH_BYTES];
	double agreeing;
	size_t surplus;

	if (argc != 4 && !p.is_verbose) {
		fprintf(stderr, "usage: conform_walks CASES_DIR FORMS_DIR DIFFERENCES [--verbose]\n");
		return 2;
	}
	p.cases_dir = argv[1];
	p.forms_dir = argv[2];
	p.told = json_object();
	read_listed(&p, argv[3]);
	snprintf(path, sizeof path, "%s/walks.jsonl", p.cases_dir);
	load(path, &walks);
	for (const char *at = buf_string(&walks); *at; at += *at == '\n') {
		size_t len = strcspn(at, "\n");

		if (len > 0)
			take_walk(&p, at, len);
		at += len;
	}
	surplus = count_surplus(&p);
	agreeing = p.all > p.ruled ? 100.0 * (double)(p.all - p.differing) / (double)(p.all - p.ruled) : 0;
	printf("walks: %zu, comparisons: %zu, differing: %zu (%zu by a ruling, %zu not listed, %zu listed for nothing)\n", p.walks, p.all,
	       p.differing, p.ruled, p.unlisted, surplus);
	printf("walks: %.3f %% agree of those without a ruling, bar %.1f\n", agreeing, BAR);
	buf_fini(&walks);
	buf_fini(&p.list_text);
	json_decref(p.told);
	return p.unlisted > 0 || surplus > 0 || agreeing < BAR;
}
