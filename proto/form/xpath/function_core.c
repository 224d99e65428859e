/*
 * function_core: the functions of XPath 1.0 section 4, with what ODK adds to some of them: position(node) asks about another node,
 * round() takes decimals, concat() joins all nodes of a set, arguments left out mean the context node.
 *
 * Characters are code points. Lengths and positions count them, never bytes.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "proto/form/xpath/core_text.h"
#include "proto/form/xpath/eval.h"

#define DECIMALS_MAX 15       /* of round(): beyond, a double has none */
#define TENS_MAX 308          /* of round(): no number has more digits before its point */
#define SHIFTED_BYTES_MAX 512 /* the longest number as text has about 330 */

/* ---- nodes ---- */

static bool is_alike(const struct xnode *a, const struct xnode *b)
{
	return a->kind == b->kind && a->name == b->name && !a->is_template;
}

/* The place of `n` among its like-named siblings, from 1; the attributes of an element are siblings too. */
static uint64_t place_of(const struct xnode *n)
{
	uint64_t place = 1;

	for (const struct xnode *s = n->previous; s; s = s->previous)
		place += is_alike(s, n);
	return place;
}

static int count_alike(struct xcall *call, const struct xnode *n, uint64_t *out)
{
	*out = place_of(n);
	for (const struct xnode *s = n->next; s; s = s->next)
		*out += is_alike(s, n);
	return xcall_charge(call, *out);
}

static int position(struct xcall *call, struct xpath_value *out)
{
	const struct xpath_context *c = xcall_context(call);
	struct xpath_value nodes;
	uint64_t place;
	int rc;

	if (xcall_count(call) == 0 && c->position > 0)
		return xreturn_number(out, (double)c->position);
	if (xcall_count(call) == 0) {
		place = place_of(c->node);
	} else {
		rc = xcall_nodes(call, 0, &nodes);
		if (rc != 0)
			return rc;
		place = nodes.node_count > 0 ? place_of(nodes.nodes[0]) : 0;
		xpath_value_fini(&nodes);
	}
	/* The siblings were walked over: in a long list that is the work. */
	rc = xcall_charge(call, place);
	return rc != 0 ? rc : xreturn_number(out, place > 0 ? (double)place : (double)NAN);
}

static int last(struct xcall *call, struct xpath_value *out)
{
	const struct xpath_context *c = xcall_context(call);
	uint64_t count = c->size;
	int rc = 0;

	if (c->position == 0)
		rc = count_alike(call, c->node, &count);
	return rc != 0 ? rc : xreturn_number(out, (double)count);
}

/* A set of nodes from argument 0, or the context node; to be ended. */
static int take_set(struct xcall *call, struct xslot *v)
{
	int rc = xcall_slot_or_context(call, 0, v);

	if (rc != 0 || v->type == XPATH_NODESET)
		return rc;
	xslot_fini(v);
	return err_set(ERR_USAGE, "%s(): the argument must be questions or groups, not a value", call->expr->function->name);
}

static int count(struct xcall *call, struct xpath_value *out)
{
	struct xslot v;
	int rc = take_set(call, &v);

	if (rc != 0)
		return rc;
	rc = xreturn_number(out, (double)v.set.count);
	xslot_fini(&v);
	return rc;
}

static int sum(struct xcall *call, struct xpath_value *out)
{
	double total = 0;
	struct xslot v;
	int rc = take_set(call, &v);

	if (rc != 0)
		return rc;
	for (size_t i = 0; i < v.set.count; i++)
		total += xslot_node_number(call->run, v.set.at[i]);
	rc = xcall_charge(call, v.set.count);
	xslot_fini(&v);
	return rc != 0 ? rc : xreturn_number(out, total);
}

/* Whether `word` (`len` bytes) is the identity of element `n`. */
static bool has_id(const struct xnode *n, const char *word, size_t len)
{
	for (const struct xnode *a = n->first_attribute; a; a = a->next) {
		if (a->value && (strcmp(a->name, "id") == 0 || strcmp(a->name, "xml:id") == 0) && strncmp(a->value, word, len) == 0 &&
		    !a->value[len])
			return true;
	}
	return false;
}

/* Add the element that each word of `text` names: the first of its tree. */
static int add_by_id(struct xcall *call, const char *text, struct xset *to)
{
	static const char spaces[] = " \t\r\n";
	const struct xnode *top = xnode_top(call->context->node);
	int rc = 0;

	while (rc == 0 && *(text += strspn(text, spaces))) {
		size_t len = strcspn(text, spaces);
		const struct xnode *n = top;
		uint64_t seen = 1;

		for (; n && !has_id(n, text, len); n = xnode_after(n, top))
			seen++;
		rc = xcall_charge(call, seen);
		if (rc == 0 && n)
			rc = xset_add(to, n);
		text += len;
	}
	return rc;
}

/* `*out` takes over what `s` holds; `s` is to be ended either way. */
static int return_set(struct xpath_value *out, struct xset *s)
{
	struct xpath_value v = { .type = XPATH_NODESET };

	xset_sort(s);
	v.node_count = s->count;
	v.nodes = malloc((s->count + 1) * sizeof *v.nodes);
	if (!v.nodes)
		return err_set(ERR_NOMEM, "no memory for %zu nodes", s->count);
	if (s->count > 0)
		memcpy(v.nodes, s->at, s->count * sizeof *v.nodes);
	*out = v;
	return 0;
}

static int id(struct xcall *call, struct xpath_value *out)
{
	struct buf scratch;
	struct xset found;
	struct xslot v;
	int rc = xcall_slot(call, 0, &v);

	if (rc != 0)
		return rc;
	xset_init(&found);
	buf_init(&scratch, XPATH_STRING_BYTES_MAX);
	if (v.type == XPATH_NODESET) {
		for (size_t i = 0; i < v.set.count && rc == 0; i++)
			rc = add_by_id(call, xslot_node_text(call->run, v.set.at[i], &scratch), &found);
	} else {
		rc = add_by_id(call, xslot_text(call->run, &v, &scratch), &found);
	}
	if (rc == 0)
		rc = buf_error(&scratch);
	if (rc == 0)
		rc = return_set(out, &found);
	xset_fini(&found);
	buf_fini(&scratch);
	xslot_fini(&v);
	return rc;
}

static int name_part(struct xcall *call, struct xpath_value *out, const char *(*part)(const struct xnode *n))
{
	const char *text = NULL;
	struct xslot v;
	int rc = take_set(call, &v);

	if (rc != 0)
		return rc;
	if (v.set.count > 0)
		text = part(v.set.at[0]);
	xslot_fini(&v);
	return xreturn_string(out, text ? text : "", text ? strlen(text) : 0);
}

static const char *part_name(const struct xnode *n)
{
	return n->name;
}

static const char *part_local(const struct xnode *n)
{
	return n->local ? n->local : n->name;
}

static const char *part_space(const struct xnode *n)
{
	return n->space;
}

static int name(struct xcall *call, struct xpath_value *out)
{
	return name_part(call, out, part_name);
}

static int local_name(struct xcall *call, struct xpath_value *out)
{
	return name_part(call, out, part_local);
}

static int namespace_uri(struct xcall *call, struct xpath_value *out)
{
	return name_part(call, out, part_space);
}

/* Whether language `have` is `want` or a kind of it, case aside. */
static bool is_language(const char *have, const char *want)
{
	size_t len = strlen(want);

	return strncasecmp(have, want, len) == 0 && (have[len] == '\0' || have[len] == '-');
}

static int lang(struct xcall *call, struct xpath_value *out)
{
	const struct xnode *n = xcall_context(call)->node;
	struct buf want;
	bool b = false;
	int rc;

	buf_init(&want, XPATH_STRING_BYTES_MAX);
	rc = xcall_string(call, 0, &want);
	for (; n && rc == 0; n = n->parent) {
		const struct xnode *a = n->first_attribute;

		while (a && strcmp(a->name, "xml:lang") != 0)
			a = a->next;
		if (a) {
			b = is_language(a->value ? a->value : "", buf_string(&want));
			break;
		}
	}
	buf_fini(&want);
	return rc != 0 ? rc : xreturn_boolean(out, b);
}

/* ---- booleans and numbers ---- */

static int boolean(struct xcall *call, struct xpath_value *out)
{
	bool b;
	int rc = xcall_boolean(call, 0, &b);

	return rc != 0 ? rc : xreturn_boolean(out, b);
}

static int not(struct xcall *call, struct xpath_value *out)
{
	bool b;
	int rc = xcall_boolean(call, 0, &b);

	return rc != 0 ? rc : xreturn_boolean(out, !b);
}

static int always_true(struct xcall *call, struct xpath_value *out)
{
	(void)call;
	return xreturn_boolean(out, true);
}

static int always_false(struct xcall *call, struct xpath_value *out)
{
	(void)call;
	return xreturn_boolean(out, false);
}

static int number(struct xcall *call, struct xpath_value *out)
{
	struct xslot v;
	double d;
	int rc = xcall_slot_or_context(call, 0, &v);

	if (rc != 0)
		return rc;
	d = xslot_number(call->run, &v);
	xslot_fini(&v);
	return xreturn_number(out, d);
}

static int return_rounded(struct xcall *call, struct xpath_value *out, double (*rounded)(double))
{
	double d;
	int rc = xcall_number(call, 0, &d);

	return rc != 0 ? rc : xreturn_number(out, rounded(d));
}

static int floor_of(struct xcall *call, struct xpath_value *out)
{
	return return_rounded(call, out, floor);
}

static int ceiling(struct xcall *call, struct xpath_value *out)
{
	return return_rounded(call, out, ceil);
}

/* `d` times ten to the power of `places`, by its decimal digits: 1.005 with 2 is 100.5, where a product would be below it. */
static double shifted(double d, int places)
{
	struct buf digits;
	double out;

	buf_init(&digits, SHIFTED_BYTES_MAX);
	xpath_number_format(d, &digits);
	buf_printf(&digits, "e%d", places);
	out = strtod(buf_string(&digits), NULL);
	buf_fini(&digits);
	return out;
}

/*
 * With decimals: as many behind the point, or whole tens when negative. A half goes away from zero, as in the engines of the field;
 * XPath 1.0 would make -1.5 to -1. What counts are the digits that a person sees, so round(1.005, 2) is 1.01.
 */
static int round_of(struct xcall *call, struct xpath_value *out)
{
	double d, decimals = 0;
	int rc = xcall_number(call, 0, &d);

	if (rc == 0 && xcall_count(call) > 1)
		rc = xcall_number(call, 1, &decimals);
	if (rc != 0)
		return rc;
	decimals = round(decimals);
	if (isnan(decimals))
		return xreturn_number(out, decimals);
	if (!isfinite(d) || decimals > DECIMALS_MAX || (decimals >= 0 && d == trunc(d)))
		return xreturn_number(out, d);
	if (decimals == 0)
		return xreturn_number(out, round(d) + 0.0);
	if (decimals < -TENS_MAX)
		return xreturn_number(out, 0);
	return xreturn_number(out, shifted(round(shifted(d, (int)decimals)), -(int)decimals) + 0.0);
}

const struct xfunction function_core_table[] = {
	{ "last", 0, 0, last },
	{ "position", 0, 1, position },
	{ "count", 1, 1, count },
	{ "id", 1, 1, id },
	{ "local-name", 0, 1, local_name },
	{ "name", 0, 1, name },
	{ "namespace-uri", 0, 1, namespace_uri },
	{ "string", 0, 1, core_text_string },
	{ "concat", 0, XFUNCTION_ARGUMENTS_MAX, core_text_concat },
	{ "starts-with", 2, 2, core_text_starts_with },
	{ "contains", 2, 2, core_text_contains },
	{ "substring-before", 2, 2, core_text_substring_before },
	{ "substring-after", 2, 2, core_text_substring_after },
	{ "substring", 2, 3, core_text_substring },
	{ "string-length", 0, 1, core_text_string_length },
	{ "normalize-space", 0, 1, core_text_normalize_space },
	{ "translate", 3, 3, core_text_translate },
	{ "boolean", 1, 1, boolean },
	{ "not", 1, 1, not },
	{ "true", 0, 0, always_true },
	{ "false", 0, 0, always_false },
	{ "lang", 1, 1, lang },
	{ "number", 0, 1, number },
	{ "sum", 1, 1, sum },
	{ "floor", 1, 1, floor_of },
	{ "ceiling", 1, 1, ceiling },
	{ "round", 1, 2, round_of },
	{ NULL, 0, 0, NULL },
};
