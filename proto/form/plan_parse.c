/*
 * plan_parse: every expression of a form parsed once, every ${name} in it written out as a path, every text with outputs cut into
 * parts. What is wrong becomes a problem with its place, and the work goes on, so that an author sees everything at once.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/form/plan_private.h"
#include "proto/form/reference.h"

#define EXPANDED_BYTES_MAX (2 * XPATH_BYTES_MAX)
#define PARTS_MAX 1000 /* outputs of one text */

/* The columns that are expressions. */
static const enum form_column EXPRESSIONS[] = {
	FORM_REQUIRED, FORM_RELEVANT, FORM_CONSTRAINT, FORM_WARNING, FORM_CALCULATION, FORM_DEFAULT, FORM_READONLY, FORM_CHOICE_FILTER,
	FORM_REPEAT_COUNT, FORM_ON_FINISH,
};

#define WARN_NOW_EN "today() and now() in a calculation are taken anew whenever the case is opened. " \
	"Write once(...) around it, or use default or trigger, where the first moment is meant."
#define WARN_NOW_AR "today() و now() في calculation تُحسبان من جديد كلما فُتحت الحالة. إن كان المقصود أول لحظة فيُرجى وضع العبارة داخل once(...) أو استعمال default أو trigger."
#define BAD_TRIGGER_EN "A trigger names questions: ${name}, several with commas between."
#define BAD_TRIGGER_AR "عمود trigger يُكتب فيه اسم السؤال هكذا ${name}، وبين الأسماء فواصل."
#define IDLE_TRIGGER_EN "This row keeps no answer, so a trigger has nothing to write. Take the trigger out, or make it a question or a calculate."
#define IDLE_TRIGGER_AR "هذا الصف لا يحفظ إجابة، فليس لعمود trigger ما يكتبه. يُرجى حذف trigger أو جعل الصف سؤالًا أو calculate."

/* ---- keeping ---- */

static int keep_expression(struct plan *p, struct xpath *x)
{
	if (p->expression_count == p->expression_cap) {
		size_t cap = p->expression_cap ? 2 * p->expression_cap : 256;
		struct xpath **all = realloc(p->expressions, cap * sizeof(*all));

		if (!all) {
			xpath_free(x);
			return err_set(ERR_NOMEM, "no memory for expressions");
		}
		p->expressions = all;
		p->expression_cap = cap;
	}
	p->expressions[p->expression_count++] = x;
	return 0;
}

static int keep_list(struct plan *p, const char *name)
{
	int list = form_list_find(p->form, name);

	if (list >= 0 && form_list(p->form, (size_t)list)->choice_count > 0)
		return 0;
	for (size_t i = 0; i < p->list_count; i++)
		if (strcmp(p->lists[i], name) == 0)
			return 0;
	if (p->list_count == p->list_cap) {
		size_t cap = p->list_cap ? 2 * p->list_cap : 16;
		const char **all = realloc(p->lists, cap * sizeof *all);

		if (!all)
			return err_set(ERR_NOMEM, "no memory for the names of lists");
		p->lists = all;
		p->list_cap = cap;
	}
	name = arena_copy(p->arena, name, strlen(name));
	if (!name)
		return arena_error(p->arena);
	p->lists[p->list_count++] = name;
	return 0;
}

struct list_seen {
	struct plan *plan;
	int rc;
};

static void see_list(void *ctx, const char *name)
{
	struct list_seen *s = ctx;

	if (!s->rc)
		s->rc = keep_list(s->plan, name);
}

/* ---- one expression ---- */

/* An error of a length or depth has no words of its own in Arabic. */
static int add_limit_problem(struct plan *p, const struct plan_place *at, int rc)
{
	return plan_problem_add(p, at, false, err_message(), err_arabic(rc));
}

static int parse_text(struct plan *p, const struct plan_place *at, const char *text, size_t len, struct xpath **out)
{
	struct xpath_problem wrong;
	struct list_seen lists = { p, 0 };
	struct xpath *x;
	int rc = xpath_parse(text, len, p->names, &x, &wrong);

	if (rc == ERR_USAGE)
		return plan_problem_add(p, at, false, wrong.english, wrong.arabic);
	if (rc == ERR_LIMIT)
		return add_limit_problem(p, at, rc);
	if (rc)
		return rc;
	rc = keep_expression(p, x);
	if (rc)
		return rc;
	xpath_instances(x, see_list, &lists);
	*out = x;
	return lists.rc;
}

/* `text` with its references written out; `*is_good` false when that was a problem, which is then noted. */
static int expand(struct plan *p, const struct plan_place *at, size_t from, enum reference_place place, const char *text, struct buf *out,
		  bool *is_good)
{
	struct reference_problem wrong;
	int rc = reference_expand(p->form, from, place, text, out, &wrong);

	*is_good = rc == 0;
	if (rc == ERR_USAGE)
		return plan_problem_add(p, at, false, wrong.english, wrong.arabic);
	if (rc == ERR_LIMIT)
		return add_limit_problem(p, at, rc);
	return rc;
}

/* `*out` stays NULL where there is a problem. */
static int parse_from(struct plan *p, const struct plan_place *at, size_t from, enum reference_place place, const char *text,
		      struct xpath **out)
{
	struct buf expanded;
	bool is_good;
	int rc;

	buf_init(&expanded, EXPANDED_BYTES_MAX);
	rc = expand(p, at, from, place, text, &expanded, &is_good);
	text = buf_string(&expanded);
	if (!rc && is_good)
		rc = buf_error(&expanded);
	if (!rc && is_good)
		rc = parse_text(p, at, text, expanded.len, out);
	buf_fini(&expanded);
	return rc;
}

/* "true()" and "false()", as the publisher writes yes and no. */
static enum plan_fixed fixed_of(const char *text)
{
	if (strcmp(text, "true()") == 0)
		return PLAN_ALWAYS;
	return strcmp(text, "false()") == 0 ? PLAN_NEVER : PLAN_OPEN;
}

/* ---- choices of a question ---- */

/* The value of a parameter ("randomize=true seed=5"), its length in `*len`; NULL: not there. */
static const char *parameter(const struct form_node *n, const char *key, size_t *len)
{
	const char *at = n->columns[FORM_PARAMETERS];

	while (*at) {
		*len = strcspn(at, " ");
		if (strncmp(at, key, strlen(key)) == 0 && at[strlen(key)] == '=') {
			*len -= strlen(key) + 1;
			return at + strlen(key) + 1;
		}
		at += *len;
		at += *at == ' ';
	}
	return NULL;
}

static bool is_shuffled(const struct form_node *n)
{
	size_t len;
	const char *value = parameter(n, "randomize", &len);

	return value && len == strlen("true") && strncmp(value, "true", len) == 0;
}

/* As an author would write the items: with references. */
static void write_items(const struct plan *p, const struct form_node *n, struct buf *out)
{
	bool shuffled = is_shuffled(n);
	size_t len;
	const char *seed = shuffled ? parameter(n, "seed", &len) : NULL;

	buf_printf(out, "%sinstance('%s')/root/item", shuffled ? "randomize(" : "", form_list(p->form, (size_t)n->list)->name);
	if (n->columns[FORM_CHOICE_FILTER][0])
		buf_printf(out, "[%s]", n->columns[FORM_CHOICE_FILTER]);
	if (seed) {
		buf_text(out, ", ");
		buf_append(out, seed, len);
	}
	buf_text(out, shuffled ? ")" : "");
}

/* The items that the filter allows, as one expression: the evaluator finds them by its indexes. */
static int parse_items(struct plan *p, size_t node)
{
	const struct form_node *n = form_node(p->form, node);
	bool is_filtered = p->nodes[node].columns[FORM_CHOICE_FILTER] != NULL;
	struct plan_place at = { .node = node, .column = plan_problem_column(is_filtered ? FORM_CHOICE_FILTER : FORM_PARAMETERS) };
	struct buf text;
	int rc;

	if (n->kind != FORM_NODE_QUESTION || n->list < 0 || (!is_filtered && !is_shuffled(n)))
		return 0;
	buf_init(&text, EXPANDED_BYTES_MAX);
	write_items(p, n, &text);
	(void)buf_string(&text);
	rc = buf_error(&text);
	if (!rc)
		rc = parse_from(p, &at, node, REFERENCE_CHOICE_FILTER, buf_string(&text), &p->nodes[node].items);
	buf_fini(&text);
	return rc;
}

/* ---- columns ---- */

bool plan_parse_is_random(const struct xpath *x)
{
	static const char *const NAMES[] = { "random", "uuid", NULL };

	return xpath_calls(x, NAMES);
}

static int warn_of_now(struct plan *p, const struct plan_place *at, size_t node)
{
	static const char *const CLOCK[] = { "today", "now", NULL };
	static const char *const ONCE[] = { "once", NULL };
	const struct xpath *x = p->nodes[node].columns[FORM_CALCULATION];

	if (!x || !xpath_calls(x, CLOCK) || xpath_calls(x, ONCE) || form_node(p->form, node)->columns[FORM_TRIGGER][0])
		return 0;
	return plan_problem_add(p, at, true, WARN_NOW_EN, WARN_NOW_AR);
}

static int parse_column(struct plan *p, size_t node, enum form_column column)
{
	const struct form_node *n = form_node(p->form, node);
	const char *text = n->columns[column];
	struct plan_place at = { .node = node, .column = plan_problem_column(column) };
	enum reference_place place = column == FORM_CHOICE_FILTER ? REFERENCE_CHOICE_FILTER : REFERENCE_EXPRESSION;
	int rc;

	if (!text[0] || (column == FORM_DEFAULT && n->is_default_literal))
		return 0;
	p->nodes[node].fixed[column] = fixed_of(text);
	rc = parse_from(p, &at, node, place, text, &p->nodes[node].columns[column]);
	if (!rc && column == FORM_CALCULATION)
		rc = warn_of_now(p, &at, node);
	return rc;
}

/* What the form itself fills: the moments of a visit. */
static int parse_metadata(struct plan *p, size_t node)
{
	const char *what = form_node(p->form, node)->metadata;
	bool is_end = strcmp(what, "end") == 0;
	enum form_column column = is_end ? FORM_ON_FINISH : FORM_DEFAULT;
	const char *text = is_end || strcmp(what, "start") == 0 ? "now()" : strcmp(what, "today") == 0 ? "today()" : NULL;
	struct plan_place at = { .node = node, .column = plan_problem_column(column) };

	if (!text || p->nodes[node].columns[column])
		return 0;
	return parse_text(p, &at, text, strlen(text), &p->nodes[node].columns[column]);
}

static int parse_node(struct plan *p, size_t node)
{
	const struct form_node *n = form_node(p->form, node);
	struct plan_node *own = &p->nodes[node];
	int rc = 0;

	for (size_t i = 0; !rc && i < sizeof EXPRESSIONS / sizeof EXPRESSIONS[0]; i++)
		rc = parse_column(p, node, EXPRESSIONS[i]);
	if (!rc)
		rc = parse_items(p, node);
	if (!rc && n->metadata[0])
		rc = parse_metadata(p, node);
	if (rc)
		return rc;
	if (n->field >= 0 && n->is_computed && own->columns[FORM_CALCULATION])
		own->is_kept = plan_parse_is_random(own->columns[FORM_CALCULATION]);
	if (n->list >= 0 && form_list(p->form, (size_t)n->list)->choice_count == 0)
		rc = keep_list(p, form_list(p->form, (size_t)n->list)->name);
	if (n->type == FORM_SELECT_MEMBER && n->kind == FORM_NODE_QUESTION) {
		int type = form_entry_type_find(p->form, n->member_type);

		own->member = type > FORM_ENTRY_ROOT ? form_entry_type(p->form, (size_t)type)->node : -1;
	}
	return rc;
}

/* ---- triggers ---- */

/* The question that the `len` bytes "${name}" mean; `*found` is -1 where that is a problem, which is noted. */
static int find_trigger(struct plan *p, const struct plan_place *at, const char *text, size_t len, int *found)
{
	struct buf cell, path;
	bool is_good;
	int rc;

	*found = reference_find(p->form, at->node, text + 2, len - 3);
	if (*found >= 0)
		return 0;
	buf_init(&cell, FORM_CELL_BYTES_MAX);
	buf_init(&path, EXPANDED_BYTES_MAX);
	buf_append(&cell, text, len);
	text = buf_string(&cell);
	rc = buf_error(&cell);
	if (!rc)
		rc = expand(p, at, at->node, REFERENCE_EXPRESSION, text, &path, &is_good);
	buf_fini(&cell);
	buf_fini(&path);
	return rc;
}

static int add_trigger(struct plan *p, size_t trigger, size_t target)
{
	struct plan_node *n = &p->nodes[trigger];
	size_t *all;

	for (size_t i = 0; i < n->trigger_count; i++)
		if (n->triggers[i] == target)
			return 0;
	/* A power of two is full: what is left behind in the arena is at most as much again. */
	if ((n->trigger_count & (n->trigger_count - 1)) == 0) {
		all = arena_alloc(p->arena, n->trigger_count ? 2 * n->trigger_count : 1, sizeof *all);
		if (!all)
			return arena_error(p->arena);
		if (n->trigger_count)
			memcpy(all, n->triggers, n->trigger_count * sizeof *all);
		n->triggers = all;
	}
	n->triggers[n->trigger_count++] = target;
	return 0;
}

static int parse_triggers(struct plan *p, size_t node)
{
	const char *text = form_node(p->form, node)->columns[FORM_TRIGGER];
	struct plan_place at = { .node = node, .column = plan_problem_column(FORM_TRIGGER) };
	int rc = 0;

	if (!text[0])
		return 0;
	p->nodes[node].is_triggered = true;
	if (form_node(p->form, node)->field < 0)
		return plan_problem_add(p, &at, false, IDLE_TRIGGER_EN, IDLE_TRIGGER_AR);
	while (!rc && *(text += strspn(text, " ,\t\n"))) {
		size_t len = strcspn(text, "}");
		int found = -1;

		if (strncmp(text, "${", 2) != 0 || text[len] != '}')
			return plan_problem_add(p, &at, false, BAD_TRIGGER_EN, BAD_TRIGGER_AR);
		rc = find_trigger(p, &at, text, len + 1, &found);
		if (!rc && found >= 0)
			rc = add_trigger(p, (size_t)found, node);
		text += len + 1;
	}
	return rc;
}

/* ---- texts ---- */

static int add_part(struct plan *p, struct plan_text *t, const char *text, size_t len, struct xpath *output)
{
	struct plan_part *part = &t->parts[t->count++];

	part->output = output;
	if (output)
		return 0;
	part->text = arena_copy(p->arena, text, len);
	return part->text ? 0 : arena_error(p->arena);
}

static size_t count_outputs(const char *text)
{
	size_t count = 0;

	while (count < PARTS_MAX && (text = strstr(text, "${")) != NULL) {
		count++;
		text += 2;
	}
	return count;
}

/* Cut `text` at its outputs, which are written from node `from`. */
static int parse_words(struct plan *p, const struct plan_place *at, size_t from, const char *text, struct plan_text **out)
{
	struct plan_text *t = arena_alloc(p->arena, 1, sizeof *t);
	struct buf cell;
	int rc = 0;

	if (t)
		t->parts = arena_alloc(p->arena, 2 * count_outputs(text) + 1, sizeof *t->parts);
	if (!t || !t->parts)
		return arena_error(p->arena);
	buf_init(&cell, FORM_CELL_BYTES_MAX);
	for (size_t left = count_outputs(text); !rc && left > 0; left--) {
		const char *begin = strstr(text, "${");
		size_t len = strcspn(begin, "}");
		struct xpath *output = NULL;

		len += begin[len] == '}';
		rc = add_part(p, t, text, (size_t)(begin - text), NULL);
		buf_clear(&cell);
		buf_append(&cell, begin, len);
		(void)buf_string(&cell);
		rc = rc ? rc : buf_error(&cell);
		if (!rc)
			rc = parse_from(p, at, from, REFERENCE_EXPRESSION, buf_string(&cell), &output);
		if (!rc && output)
			rc = add_part(p, t, NULL, 0, output);
		text = begin + len;
		/* A name may not hold "${": what looked like two outputs was one, and a problem. */
		if (left > 1 && !strstr(text, "${"))
			break;
	}
	buf_fini(&cell);
	if (!rc)
		rc = add_part(p, t, text, strlen(text), NULL);
	*out = t;
	return rc;
}

static int parse_node_words(struct plan *p, size_t node)
{
	size_t languages = form_language_count(p->form);
	struct plan_node *own = &p->nodes[node];
	int rc = 0;

	for (size_t i = 0; !rc && i < languages * FORM_WORDS_COUNT; i++) {
		enum form_words words = (enum form_words)(i % FORM_WORDS_COUNT);
		struct plan_place at = { .node = node, .column = plan_problem_words(words), .language = i / FORM_WORDS_COUNT };
		const char *text = form_words(p->form, node, words, at.language);

		if (!strstr(text, "${"))
			continue;
		if (!own->words)
			own->words = arena_alloc(p->arena, languages * FORM_WORDS_COUNT, sizeof(*own->words));
		if (!own->words)
			return arena_error(p->arena);
		/* A language without words of its own shows those of the first. */
		if (at.language > 0 && strcmp(text, form_words(p->form, node, words, 0)) == 0)
			own->words[i] = own->words[words];
		else
			rc = parse_words(p, &at, node, text, &own->words[i]);
	}
	return rc;
}

static size_t count_choice_texts(const struct form *f)
{
	size_t count = 0;

	for (size_t l = 0; l < form_list_count(f); l++)
		for (size_t c = 0; c < form_list(f, l)->choice_count; c++)
			for (size_t g = 0; g < form_language_count(f); g++)
				count += strstr(form_choice_label(f, l, c, g), "${") != NULL;
	return count;
}

/* A list may serve many questions: its outputs are written from the top. */
static int parse_choice(struct plan *p, size_t list, size_t choice)
{
	int rc = 0;

	for (size_t g = 0; !rc && g < form_language_count(p->form); g++) {
		struct plan_place at = { .node = list, .is_choice = true, .choice = choice, .column = "label", .language = g };
		const char *text = form_choice_label(p->form, list, choice, g);
		struct plan_choice_text *t = &p->choice_texts[p->choice_text_count];

		if (!strstr(text, "${"))
			continue;
		*t = (struct plan_choice_text){ .list = list, .choice = choice, .language = g };
		rc = parse_words(p, &at, FORM_NODE_ROOT, text, &t->text);
		p->choice_text_count++;
	}
	return rc;
}

static int parse_choices(struct plan *p)
{
	int rc = 0;

	p->choice_texts = arena_alloc(p->arena, count_choice_texts(p->form), sizeof *p->choice_texts);
	if (!p->choice_texts)
		return arena_error(p->arena);
	for (size_t l = 0; !rc && l < form_list_count(p->form); l++)
		for (size_t c = 0; !rc && c < form_list(p->form, l)->choice_count; c++)
			rc = parse_choice(p, l, c);
	return rc;
}

/* ---- all of it ---- */

int plan_parse_all(struct plan *p)
{
	const char *title = form_setting(p->form, "instance_name");
	struct plan_place at = { .node = FORM_NODE_ROOT, .column = "instance_name" };
	int rc = 0;

	for (size_t i = 0; !rc && i < form_node_count(p->form); i++) {
		rc = parse_node(p, i);
		if (!rc)
			rc = parse_triggers(p, i);
		if (!rc)
			rc = parse_node_words(p, i);
	}
	if (!rc)
		rc = parse_choices(p);
	if (!rc && title[0])
		rc = parse_from(p, &at, FORM_NODE_ROOT, REFERENCE_EXPRESSION, title, &p->title);
	return rc;
}
