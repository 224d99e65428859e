/*
 * function_odk: the functions of the ODK XForms specification: choices, what the world says, conditions; and the table. Texts are in
 * function_text.c, ways through the tree in function_tree.c, numbers in function_number.c, dates in function_date.c, shapes in
 * function_geo.c.
 */
#include "proto/form/xpath/function_odk.h"

#include <math.h>
#include <string.h>

#include "proto/form/xpath/argument.h"

#define MOST XFUNCTION_ARGUMENTS_MAX

/* ---- choices ---- */

/*
 * Whether `word` is one of the words of `list`. The empty word is in the empty list only: selected(., '') asks whether nothing is
 * chosen.
 */
static bool list_has(const char *list, const char *word, size_t word_len)
{
	const char *found;
	size_t len;

	if (word_len == 0)
		return argument_word(&list, &len) == NULL;
	while ((found = argument_word(&list, &len)) != NULL)
		if (len == word_len && memcmp(found, word, len) == 0)
			return true;
	return false;
}

static int selected(struct xcall *call, struct xpath_value *out)
{
	struct buf list;
	struct buf word;
	bool is_selected;
	int rc;

	rc = argument_text(call, 0, &list);
	if (rc != 0)
		return rc;
	rc = argument_trimmed(call, 1, &word);
	if (rc == 0) {
		is_selected = list_has(buf_string(&list), buf_string(&word), word.len);
		buf_fini(&word);
		rc = xreturn_boolean(out, is_selected);
	}
	buf_fini(&list);
	return rc;
}

static int count_selected(struct xcall *call, struct xpath_value *out)
{
	struct buf list;
	const char *at;
	size_t count = 0;
	size_t len;
	int rc;

	rc = argument_text(call, 0, &list);
	if (rc != 0)
		return rc;
	at = buf_string(&list);
	while (argument_word(&at, &len) != NULL)
		count++;
	buf_fini(&list);
	return xreturn_number(out, (double)count);
}

static int selected_at(struct xcall *call, struct xpath_value *out)
{
	struct buf list;
	const char *word;
	const char *at;
	double index;
	size_t len = 0;
	int rc;

	rc = xcall_number(call, 1, &index);
	if (rc == 0)
		rc = argument_text(call, 0, &list);
	if (rc != 0)
		return rc;
	at = buf_string(&list);
	word = index >= 0 ? argument_word(&at, &len) : NULL;
	for (double i = 1; word != NULL && i <= index; i++)
		word = argument_word(&at, &len);
	rc = word != NULL ? xreturn_string(out, word, len) : xreturn_string(out, "", 0);
	buf_fini(&list);
	return rc;
}

static int choice_name(struct xcall *call, struct xpath_value *out)
{
	const struct xpath_context *c = xcall_context(call);
	struct buf code;
	struct buf path;
	struct buf label;
	int rc;

	rc = argument_text(call, 0, &code);
	if (rc != 0)
		return rc;
	rc = argument_trimmed(call, 1, &path);
	if (rc != 0) {
		buf_fini(&code);
		return rc;
	}
	buf_init(&label, XPATH_STRING_BYTES_MAX);
	if (c->world->choice_name == NULL ||
	    !c->world->choice_name(c->world->ctx, buf_string(&code), buf_string(&path), c->node, &label))
		label.len = 0;
	buf_fini(&path);
	buf_fini(&code);
	return xreturn_buf(out, &label);
}

/* What one of the world's functions of a name says; unknown names are the empty text. */
static int world_text(struct xcall *call, bool (*ask)(void *ctx, const char *name, struct buf *out), struct xpath_value *out)
{
	struct buf name;
	struct buf text;
	int rc;

	rc = argument_trimmed(call, 0, &name);
	if (rc != 0)
		return rc;
	buf_init(&text, XPATH_STRING_BYTES_MAX);
	if (ask == NULL || !ask(xcall_context(call)->world->ctx, buf_string(&name), &text))
		text.len = 0;
	buf_fini(&name);
	return xreturn_buf(out, &text);
}

static int itext(struct xcall *call, struct xpath_value *out)
{
	return world_text(call, xcall_context(call)->world->itext, out);
}

static int property(struct xcall *call, struct xpath_value *out)
{
	return world_text(call, xcall_context(call)->world->setting, out);
}

static int version(struct xcall *call, struct xpath_value *out)
{
	const struct xpath_world *w = xcall_context(call)->world;
	struct buf text;

	buf_init(&text, XPATH_STRING_BYTES_MAX);
	if (w->setting == NULL || !w->setting(w->ctx, "version", &text))
		text.len = 0;
	return xreturn_buf(out, &text);
}

/* ---- conditions ---- */

static int if_then(struct xcall *call, struct xpath_value *out)
{
	bool condition;
	int rc;

	rc = xcall_boolean(call, 0, &condition);
	return rc != 0 ? rc : xcall_value(call, condition ? 1 : 2, out);
}

/* The first of the two that is something. A number that is none counts as empty, as it would be stored. */
static int coalesce(struct xcall *call, struct xpath_value *out)
{
	struct xpath_value first;
	bool is_empty = false;
	int rc;

	rc = xcall_value(call, 0, &first);
	if (rc != 0)
		return rc;
	if (first.type == XPATH_NUMBER)
		is_empty = isnan(first.number);
	else if (first.type != XPATH_BOOLEAN)
		rc = argument_is_empty(&first, &is_empty);
	if (rc == 0 && !is_empty) {
		*out = first;
		return 0;
	}
	xpath_value_fini(&first);
	return rc != 0 ? rc : xcall_value(call, 1, out);
}

/* The answer that is there already, or else the argument: a value that is made once and then stays. */
static int once(struct xcall *call, struct xpath_value *out)
{
	struct buf own;
	double d;
	int rc;

	buf_init(&own, XPATH_STRING_BYTES_MAX);
	xnode_string(xcall_context(call)->node, &own);
	if (own.len > 0 || own.error != 0)
		return xreturn_buf(out, &own);
	buf_fini(&own);
	rc = xcall_value(call, 0, out);
	if (rc != 0 || out->type != XPATH_NUMBER)
		return rc;
	d = out->number;
	return isnan(d) ? xreturn_string(out, "", 0) : 0;
}

static int boolean_from_string(struct xcall *call, struct xpath_value *out)
{
	struct buf text;
	bool is_true;
	int rc;

	rc = argument_trimmed(call, 0, &text);
	if (rc != 0)
		return rc;
	is_true = strcmp(buf_string(&text), "1") == 0 || strcmp(buf_string(&text), "true") == 0;
	buf_fini(&text);
	return xreturn_boolean(out, is_true);
}

static int item_is_true(const struct xpath_value *item, bool *out)
{
	int rc;

	if (item->type != XPATH_NODESET) {
		*out = xpath_value_boolean(item);
		return 0;
	}
	rc = argument_is_empty(item, out);
	*out = !*out;
	return rc;
}

static int see_true(void *ctx, const struct xpath_value *item)
{
	double *count = ctx;
	bool is_true;
	int rc;

	rc = item_is_true(item, &is_true);
	if (rc == 0 && is_true)
		(*count)++;
	return rc;
}

/* The limits of a checklist; a negative one is none. */
static int within(struct xcall *call, double count, struct xpath_value *out)
{
	double min;
	double max;
	int rc;

	rc = xcall_number(call, 0, &min);
	if (rc == 0)
		rc = xcall_number(call, 1, &max);
	return rc != 0 ? rc : xreturn_boolean(out, (min < 0 || count >= min) && (max < 0 || count <= max));
}

static int checklist(struct xcall *call, struct xpath_value *out)
{
	double count = 0;
	int rc;

	rc = argument_items(call, 2, see_true, &count);
	return rc != 0 ? rc : within(call, count, out);
}

/* The weight of one pair of arguments, each a value or a nodeset whose nodes stand side by side. `*fits` is cleared when they do not. */
static int add_weights(struct xcall *call, const struct xpath_value *tests, const struct xpath_value *weights, double *sum, bool *fits)
{
	struct xpath_value test = { .type = XPATH_NODESET, .node_count = 1 };
	struct xpath_value weight = { .type = XPATH_NODESET, .node_count = 1 };
	size_t test_count = tests->type == XPATH_NODESET ? tests->node_count : 1;
	size_t weight_count = weights->type == XPATH_NODESET ? weights->node_count : 1;
	bool is_true;
	int rc;

	*fits = *fits && test_count >= weight_count;
	rc = xcall_charge(call, test_count);
	for (size_t i = 0; rc == 0 && i < test_count && i < weight_count; i++) {
		test.nodes = tests->type == XPATH_NODESET ? &tests->nodes[i] : NULL;
		weight.nodes = weights->type == XPATH_NODESET ? &weights->nodes[i] : NULL;
		rc = item_is_true(test.nodes != NULL ? &test : tests, &is_true);
		if (rc == 0 && is_true)
			*sum += xpath_value_number(weight.nodes != NULL ? &weight : weights, xcall_context(call)->world->tz_minutes);
	}
	return rc;
}

static int weighted_checklist(struct xcall *call, struct xpath_value *out)
{
	struct xpath_value tests;
	struct xpath_value weights;
	double sum = 0;
	bool fits = true;
	int rc = 0;

	if (xcall_count(call) % 2 != 0)
		return err_set(ERR_USAGE, "weighted-checklist: a condition has no weight");
	for (size_t i = 2; rc == 0 && i + 1 < xcall_count(call); i += 2) {
		rc = xcall_value(call, i, &tests);
		if (rc != 0)
			return rc;
		rc = xcall_value(call, i + 1, &weights);
		if (rc == 0) {
			rc = add_weights(call, &tests, &weights, &sum, &fits);
			xpath_value_fini(&weights);
		}
		xpath_value_fini(&tests);
	}
	if (rc != 0)
		return rc;
	return fits ? within(call, sum, out) : xreturn_boolean(out, false);
}

static int see_filled(void *ctx, const struct xpath_value *item)
{
	double *count = ctx;
	bool is_empty;
	int rc;

	rc = argument_is_empty(item, &is_empty);
	if (rc == 0 && !is_empty)
		(*count)++;
	return rc;
}

static int count_non_empty(struct xcall *call, struct xpath_value *out)
{
	double count = 0;
	int rc;

	rc = argument_items(call, 0, see_filled, &count);
	return rc != 0 ? rc : xreturn_number(out, count);
}

const struct xfunction function_odk_table[] = {
	{ "selected", 2, 2, selected },
	{ "is-selected", 2, 2, selected }, /* as old forms have it */
	{ "count-selected", 1, 1, count_selected },
	{ "selected-at", 2, 2, selected_at },
	{ "jr:choice-name", 2, 2, choice_name },
	{ "jr:itext", 1, 1, itext },
	{ "property", 1, 1, property },
	{ "version", 0, 1, version },
	{ "if", 3, 3, if_then },
	{ "coalesce", 2, 2, coalesce },
	{ "once", 1, 1, once },
	{ "boolean-from-string", 1, 1, boolean_from_string },
	{ "checklist", 2, MOST, checklist },
	{ "weighted-checklist", 2, MOST, weighted_checklist },
	{ "count-non-empty", 1, 1, count_non_empty },
	{ "join", 1, MOST, function_text_join },
	{ "substr", 2, 3, function_text_substr },
	{ "ends-with", 2, 2, function_text_ends_with },
	{ "regex", 2, 2, function_text_regex },
	{ "current", 0, 0, function_tree_current },
	{ "instance", 1, 1, function_tree_instance },
	{ "indexed-repeat", 3, MOST, function_tree_indexed_repeat },
	{ "pulldata", 4, 4, function_tree_pulldata },
	{ "int", 1, 1, function_number_int },
	{ "min", 1, MOST, function_number_min },
	{ "max", 1, MOST, function_number_max },
	{ "abs", 1, 1, function_number_abs },
	{ "pow", 2, 2, function_number_pow },
	{ "sqrt", 1, 1, function_number_sqrt },
	{ "exp", 1, 1, function_number_exp },
	{ "exp10", 1, 1, function_number_exp10 },
	{ "log", 1, 1, function_number_log },
	{ "log10", 1, 1, function_number_log10 },
	{ "sin", 1, 1, function_number_sin },
	{ "cos", 1, 1, function_number_cos },
	{ "tan", 1, 1, function_number_tan },
	{ "asin", 1, 1, function_number_asin },
	{ "acos", 1, 1, function_number_acos },
	{ "atan", 1, 1, function_number_atan },
	{ "atan2", 2, 2, function_number_atan2 },
	{ "pi", 0, 0, function_number_pi },
	{ "random", 0, 0, function_number_random },
	{ "randomize", 1, 2, function_number_randomize },
	{ "uuid", 0, 1, function_number_uuid },
	{ "digest", 2, 3, function_number_digest },
	{ "base64-decode", 1, 1, function_number_base64 },
	{ NULL, 0, 0, NULL },
};
