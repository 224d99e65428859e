/*
 * reference: see reference.h.
 *
 * One pass over the text with a small stack of open brackets: it tells whether a reference stands in an argument of indexed-repeat() that
 * stays absolute, or in a predicate beside instance(). A path has a space at either end, as the field's compiler writes it, so that
 * `${a}-1` stays a difference and does not become a name.
 *
 * Inside texts in quotes a reference is written out too (authors rely on it), but there a `${` that is none is only a text.
 */
#include "proto/form/reference.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "proto/base/text.h"

#define LEVELS_MAX 200 /* as deep as an expression may be */

static const char LAST_SAVED[] = "last-saved#";

/* One open bracket. */
struct level {
	bool is_predicate;
	bool is_indexed;   /* the round one of indexed-repeat( */
	unsigned argument; /* from 1 */
};

struct expanding {
	const struct form *form;
	size_t from;
	enum reference_place place;
	const char *text;
	size_t at;
	bool has_instance; /* the text calls instance() somewhere */
	char quote;        /* the one a text is open with, or 0 */
	struct level levels[LEVELS_MAX];
	size_t level_count;
	struct buf *out;
	struct reference_problem *problem;
};

/* ---- nodes ---- */

/* The lowest group or repeat that both are inside of. */
static size_t common_ancestor(const struct form *f, size_t a, size_t b)
{
	int x = form_node(f, a)->parent;
	int y = form_node(f, b)->parent;

	while (x != y) {
		if (x < 0 || y < 0)
			return FORM_NODE_ROOT;
		/* Parents come before what is in them, so the later one can be no ancestor of the other. */
		if (x > y)
			x = form_node(f, (size_t)x)->parent;
		else
			y = form_node(f, (size_t)y)->parent;
	}
	return x < 0 ? FORM_NODE_ROOT : (size_t)x;
}

static bool is_in_repeat(const struct form *f, size_t node)
{
	for (int i = (int)node; i >= 0; i = form_node(f, (size_t)i)->parent)
		if (form_node(f, (size_t)i)->kind == FORM_NODE_REPEAT)
			return true;
	return false;
}

int reference_find(const struct form *f, size_t from, const char *name, size_t len)
{
	const uint32_t *nodes;
	size_t count = form_nodes_named(f, name, len, &nodes);
	size_t candidates = 0;
	unsigned best_depth = 0;
	int best = -1;
	bool is_tied = false;

	for (size_t i = 0; i < count; i++) {
		unsigned depth;

		if (nodes[i] == FORM_NODE_ROOT)
			continue;
		depth = form_node(f, common_ancestor(f, from, nodes[i]))->depth;
		is_tied = candidates > 0 && (depth == best_depth || (is_tied && depth < best_depth));
		if (candidates++ == 0 || depth > best_depth) {
			best = (int)nodes[i];
			best_depth = depth;
		}
	}
	return is_tied ? -2 : best;
}

/* "name/name" from below `top` down to `node`. */
static void write_down(const struct form *f, size_t top, size_t node, struct buf *out)
{
	size_t path[FORM_DEPTH_MAX + 1];
	size_t count = 0;

	for (size_t i = node; i != top; i = (size_t)form_node(f, i)->parent) {
		assert(count <= FORM_DEPTH_MAX);
		path[count++] = i;
	}
	while (count-- > 0) {
		buf_text(out, form_node(f, path[count])->name);
		buf_text(out, count ? "/" : "");
	}
}

static void write_absolute(const struct form *f, size_t to, struct buf *out)
{
	buf_text(out, "/" FORM_NODE_ROOT_NAME);
	if (to == FORM_NODE_ROOT)
		return;
	buf_text(out, "/");
	write_down(f, FORM_NODE_ROOT, to, out);
}

/* Whether the path is relative: both stand in one repeat. */
static bool is_relative(const struct form *f, size_t from, size_t to)
{
	return is_in_repeat(f, common_ancestor(f, from, to));
}

static void write_relative(const struct form *f, size_t from, size_t to, struct buf *out)
{
	size_t top = common_ancestor(f, from, to);

	for (unsigned i = form_node(f, from)->depth; i > form_node(f, top)->depth; i--)
		buf_text(out, "../");
	write_down(f, top, to, out);
}

void reference_path(const struct form *f, size_t from, size_t to, struct buf *out)
{
	if (to != FORM_NODE_ROOT && from != FORM_NODE_ROOT && is_relative(f, from, to))
		write_relative(f, from, to, out);
	else
		write_absolute(f, to, out);
}

/* The repeat whose rows a select_member question chooses among, when `to` is inside it; -1. A filter over rows sees the row as its item. */
static int row_of(const struct expanding *x, size_t to)
{
	const char *member = form_node(x->form, x->from)->member_type;

	for (int i = form_node(x->form, to)->parent; *member && i >= 0; i = form_node(x->form, (size_t)i)->parent)
		if (form_node(x->form, (size_t)i)->kind == FORM_NODE_REPEAT && strcmp(form_node(x->form, (size_t)i)->name, member) == 0)
			return i;
	return -1;
}

/* ---- the text around a reference ---- */

static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.' || c == ':' ||
	       (unsigned char)c >= 0x80;
}

/* Whether the bracket at `at` opens the arguments of function `name`. */
static bool is_call(const char *text, size_t at, const char *name)
{
	size_t len = strlen(name);

	while (at > 0 && text[at - 1] == ' ')
		at--;
	return at >= len && memcmp(text + at - len, name, len) == 0 && (at == len || !is_name_char(text[at - len - 1]));
}

static bool calls_instance(const char *text)
{
	for (const char *open = strchr(text, '('); open; open = strchr(open + 1, '('))
		if (is_call(text, (size_t)(open - text), "instance"))
			return true;
	return false;
}

static int follow(struct expanding *x, char c)
{
	struct level *level = x->level_count ? &x->levels[x->level_count - 1] : NULL;

	if (x->quote) {
		x->quote = c == x->quote ? '\0' : x->quote;
	} else if (c == '\'' || c == '"') {
		x->quote = c;
	} else if (c == '(' || c == '[') {
		if (x->level_count == LEVELS_MAX)
			return err_set(ERR_LIMIT, "expression: brackets nested deeper than %d", LEVELS_MAX);
		x->levels[x->level_count++] = (struct level){ c == '[', c == '(' && is_call(x->text, x->at, "indexed-repeat"), 1 };
	} else if ((c == ')' || c == ']') && level) {
		x->level_count--;
	} else if (c == ',' && level) {
		level->argument++;
	}
	return 0;
}

/* Whether a reference here is argument 1, 2, 4 or 6 of an indexed-repeat(). */
static bool stays_absolute(const struct expanding *x)
{
	for (size_t i = x->level_count; i-- > 0;)
		if (x->levels[i].is_indexed)
			return x->levels[i].argument == 1 || x->levels[i].argument % 2 == 0;
	return false;
}

static bool is_in_predicate(const struct expanding *x)
{
	for (size_t i = 0; i < x->level_count; i++)
		if (x->levels[i].is_predicate)
			return true;
	return false;
}

/* ---- problems ---- */

static int problem(struct expanding *x, const char *name, size_t len, const char *english, const char *arabic)
{
	char shown[FORM_NAME_BYTES_MAX + 1];
	struct reference_problem *p = x->problem;

	if (len > FORM_NAME_BYTES_MAX)
		len = FORM_NAME_BYTES_MAX;
	/* Not in the middle of a letter. */
	while (len > 0 && !text_is_utf8(name, len))
		len--;
	memcpy(shown, name, len);
	shown[len] = '\0';
	if (p) {
		p->at = x->at;
		memcpy(p->name, shown, len + 1);
		snprintf(p->english, sizeof(p->english), "${%s}: %s", shown, english);
		snprintf(p->arabic, sizeof(p->arabic), "${%s}: %s", shown, arabic);
	}
	return err_set(ERR_USAGE, "reference ${%s}: %s", shown, english);
}

static int malformed(struct expanding *x)
{
	size_t len = strcspn(x->text + x->at + 2, "}");

	return problem(x, x->text + x->at + 2, len, "a name and a closing bracket } are expected after ${.",
		"يُنتظر بعد ${ اسم سؤال ثم قوس الإغلاق }.");
}

static int unknown(struct expanding *x, const char *name, size_t len)
{
	return problem(x, name, len, "no question, group or repeat has this name. Check its spelling; capital and small letters differ.",
		"لا يوجد في النموذج سؤال أو مجموعة بهذا الاسم. تحقّق من كتابته، فالأحرف الكبيرة والصغيرة مختلفة.");
}

static int ambiguous(struct expanding *x, const char *name, size_t len)
{
	return problem(x, name, len,
		"several questions or groups have this name, so it is not clear which one is meant. Rename one of them.",
		"يحمل هذا الاسم أكثر من سؤال أو مجموعة فلا يتضح المقصود. غيّر اسم أحدها.");
}

static int saved(struct expanding *x, const char *name, size_t len)
{
	return problem(x, name, len, "answers of the form filled in last (last-saved) are not supported. Take the reference out.",
		"إجابات النموذج المعبأ سابقًا (last-saved) غير مدعومة. احذف هذه الإشارة.");
}

/* ---- expanding ---- */

static void write_path(struct expanding *x, size_t to)
{
	bool needs_current = x->place == REFERENCE_CHOICE_FILTER || (x->has_instance && is_in_predicate(x));
	int row = x->place == REFERENCE_CHOICE_FILTER ? row_of(x, to) : -1;

	buf_text(x->out, " ");
	if (row >= 0) {
		buf_text(x->out, "./");
		write_down(x->form, (size_t)row, to, x->out);
	} else if (stays_absolute(x) || x->from == FORM_NODE_ROOT || !is_relative(x->form, x->from, to)) {
		write_absolute(x->form, to, x->out);
	} else {
		buf_text(x->out, needs_current ? "current()/" : "");
		write_relative(x->form, x->from, to, x->out);
	}
	buf_text(x->out, " ");
}

/* The reference that begins at `at`; moves behind it. In quotes what is no reference is left alone, and `at` only moves by one. */
static int expand_one(struct expanding *x)
{
	const char *name = x->text + x->at + 2;
	const char *close = strchr(name, '}');
	size_t len = close ? (size_t)(close - name) : 0;
	int to;

	while (len > 0 && *name == ' ') {
		name++;
		len--;
	}
	while (len > 0 && name[len - 1] == ' ')
		len--;
	to = len ? reference_find(x->form, x->from, name, len) : -1;
	if (to < 0 && x->quote) {
		buf_append(x->out, x->text + x->at++, 1);
		return 0;
	}
	if (len == 0 || strcspn(name, "${ \t\n") < len)
		return malformed(x);
	if (len > strlen(LAST_SAVED) && memcmp(name, LAST_SAVED, strlen(LAST_SAVED)) == 0)
		return saved(x, name, len);
	if (to < 0)
		return to == -2 ? ambiguous(x, name, len) : unknown(x, name, len);
	write_path(x, (size_t)to);
	x->at = (size_t)(close + 1 - x->text);
	return 0;
}

int reference_expand(const struct form *f, size_t from, enum reference_place place, const char *text, struct buf *out,
	struct reference_problem *report)
{
	struct expanding x = { .form = f, .from = from, .place = place, .text = text, .out = out, .problem = report };
	int rc = 0;

	x.has_instance = calls_instance(text);
	while (rc == 0 && text[x.at]) {
		if (text[x.at] == '$' && text[x.at + 1] == '{') {
			rc = expand_one(&x);
			continue;
		}
		rc = follow(&x, text[x.at]);
		buf_append(out, text + x.at++, 1);
	}
	return rc == 0 ? buf_error(out) : rc;
}
