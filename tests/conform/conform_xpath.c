/*
 * conform_xpath: evaluates expressions recorded from the test suites of other engines and compares.
 *
 *   conform_xpath DATA_DIR DIFFERENCES [--verbose]
 *
 * DATA_DIR/xpath.jsonl has one case per line, DATA_DIR/docs the documents. DIFFERENCES lists the cases in which we answer otherwise,
 * one per line: id, tab, reason. The list must be exact: a difference that is not listed and a listed one that is none any more are
 * both failures.
 *
 * What cannot be compared to the letter: a value drawn by chance is compared by its shape, and a shuffled set without seed as a set. The
 * recorder of the cases op* gave every set in document order, so there the order of a shuffled set says nothing.
 */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/file.h"
#include "proto/form/xpath/xdate.h"
#include "proto/form/xpath/xpath.h"
#include "tests/conform/xmldoc.h"

#define FILE_BYTES_MAX (64 * 1024 * 1024)
#define TZ_MINUTES (-420) /* America/Phoenix, where the cases were recorded */
#define NUMBER_PART 1e-12 /* numbers may differ by this part of them: sine and cosine are not the same everywhere */

/* Kinds of cases that ordinary forms do not have; run, listed when they differ, but not part of the score. */
static const char *const OUTSIDE[] = { "axis", "node-type", "id", "prefix", "namespace/lang" };
#define OUTSIDE_COUNT (sizeof OUTSIDE / sizeof OUTSIDE[0])

struct score {
	size_t all;
	size_t agreeing;
};

struct program {
	const char *data_dir;
	bool is_verbose;
	json_t *listed;          /* id: reason; what is met is taken out */
	struct score inside;
	struct score outside[OUTSIDE_COUNT];
	struct score outside_all;
	size_t ruled;            /* differences in scope that are rulings */
	size_t unlisted;         /* differences without a reason */
	size_t surplus;          /* reasons without a difference */
};

/* One case while it runs. */
struct trial {
	const json_t *json;
	struct xmldoc *doc;
	uint64_t random;
};

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static bool has_tag(const json_t *object, const char *tag)
{
	const json_t *t;
	size_t i;

	json_array_foreach(json_object_get(object, "tags"), i, t) {
		if (strcmp(json_string_value(t), tag) == 0)
			return true;
	}
	return false;
}

/* ---- the world of a case ---- */

static uint64_t draw(void *ctx)
{
	struct trial *t = ctx;

	return t->random = t->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
}

static const struct xnode *instance(void *ctx, const char *name)
{
	const struct trial *t = ctx;

	return xmldoc_element(t->doc, NULL, "instance", "id", name);
}

/* The translation of the language asked for, else the default one, else the first. */
static const struct xnode *translation(const struct trial *t)
{
	const char *lang = text_of(t->json, "lang");
	const struct xnode *first = xmldoc_element(t->doc, NULL, "translation", NULL, NULL);
	const struct xnode *n = *lang ? xmldoc_element(t->doc, NULL, "translation", "lang", lang) : NULL;

	for (const struct xnode *d = first; d && !n; d = xmldoc_element(t->doc, d, "translation", NULL, NULL)) {
		if (xmldoc_attribute(d, "default"))
			n = d;
	}
	return n ? n : first;
}

static bool itext(void *ctx, const char *id, struct buf *out)
{
	const struct trial *t = ctx;
	const struct xnode *text = xmldoc_element(t->doc, translation(t), "text", "id", id);

	for (const struct xnode *v = text ? text->first_child : NULL; v; v = v->next) {
		if (v->kind == XNODE_ELEMENT && !xmldoc_attribute(v, "form")) {
			xnode_string(v, out);
			return true;
		}
	}
	return false;
}

static int64_t now_of(const json_t *json)
{
	struct xdate d;

	return xdate_read(text_of(json, "now"), 0, &d) ? d.ms : 0;
}

/* ---- comparing ---- */

static double number_of(const json_t *expected)
{
	const char *text = json_string_value(expected);

	if (!text)
		return json_number_value(expected);
	if (strcmp(text, "Infinity") == 0)
		return (double)INFINITY;
	return strcmp(text, "-Infinity") == 0 ? -(double)INFINITY : (double)NAN;
}

static bool same_number(double a, double b, bool is_drawn)
{
	if (is_drawn)
		return a >= 0 && a < 1;
	if (isnan(a) || isnan(b) || isinf(a) || isinf(b))
		return (isnan(a) && isnan(b)) || a == b;
	return fabs(a - b) <= NUMBER_PART * fmax(1, fabs(b));
}

static bool is_hex(char c)
{
	return c && strchr("0123456789abcdef", c);
}

static bool same_shape(const char *a, const char *b)
{
	for (; *a && *b; a++, b++) {
		if (*a != *b && !(is_hex(*a) && is_hex(*b)))
			return false;
	}
	return *a == *b;
}

static bool same_string(const struct trial *t, const char *actual, const char *expected)
{
	double n = xpath_number_read(expected, 0);

	if (!has_tag(t->json, "random"))
		return strcmp(actual, expected) == 0;
	return n > 0 && n < 1 ? same_number(xpath_number_read(actual, 0), n, true) : same_shape(actual, expected);
}

/*
 * The recorded paths as this program spells them: one recorder calls CDATA type4; both count the document type (type10) among the nodes,
 * which XPath does not.
 */
static json_t *spelled(const json_t *expected)
{
	static const char old[] = "type4[", own[] = "cdata()[";
	json_t *list = json_array();
	const json_t *e;
	size_t i;

	json_array_foreach(expected, i, e) {
		const char *path = json_string_value(e), *at = strstr(path, old);

		if (at)
			json_array_append_new(list, json_sprintf("%.*s%s%s", (int)(at - path), path, own, at + strlen(old)));
		else if (!strstr(path, "/type10["))
			json_array_append_new(list, json_string(path));
	}
	return list;
}

static bool same_nodes(const json_t *actual, const json_t *expected, bool is_set)
{
	const json_t *e, *a;
	size_t i, k;

	if (!is_set)
		return json_equal(actual, expected);
	json_array_foreach(expected, i, e) {
		bool is_there = false;

		json_array_foreach(actual, k, a)
			is_there = is_there || json_equal(a, e);
		if (!is_there)
			return false;
	}
	return json_array_size(actual) == json_array_size(expected);
}

static json_t *paths_of(const struct trial *t, const struct xpath_value *v)
{
	json_t *list = json_array();
	struct buf b;

	buf_init(&b, 65536);
	for (size_t i = 0; i < v->node_count; i++) {
		buf_clear(&b);
		xmldoc_path(t->doc, v->nodes[i], &b);
		json_array_append_new(list, json_string(buf_string(&b)));
	}
	buf_fini(&b);
	return list;
}

/* Whether the value is what was recorded; `shown` gets what it is. */
static bool same_value(const struct trial *t, const struct xpath_value *v, struct buf *shown)
{
	const char *kind = text_of(t->json, "kind");
	const json_t *expected = json_object_get(t->json, "expected");
	bool is_drawn = has_tag(t->json, "random"), is_same = false;

	if (strcmp(kind, "nodeset") != 0) {
		if (xpath_value_string(v, shown) != 0)
			return false;
		if (strcmp(kind, "boolean") == 0)
			return xpath_value_boolean(v) == json_is_true(expected);
		if (strcmp(kind, "number") == 0)
			return same_number(xpath_value_number(v, TZ_MINUTES), number_of(expected), is_drawn);
		if (strlen(json_string_value(expected)) != json_string_length(expected))
			return false; /* a NUL, which no text of ours holds */
		return strcmp(kind, "string") == 0 && same_string(t, buf_string(shown), json_string_value(expected));
	}
	if (v->type == XPATH_NODESET) {
		bool is_set = is_drawn && (strncmp(text_of(t->json, "id"), "op", 2) == 0 || !strchr(text_of(t->json, "expr"), ','));
		json_t *paths = paths_of(t, v), *wanted = spelled(expected);
		char *text = json_dumps(paths, 0);

		is_same = same_nodes(paths, wanted, is_set);
		buf_text(shown, text);
		free(text);
		json_decref(paths);
		json_decref(wanted);
	} else {
		buf_text(shown, "no nodeset: ");
		is_same = xpath_value_string(v, shown) != 0;
	}
	return is_same;
}

/* ---- running ---- */

static bool evaluate(struct trial *t, struct xnames *names, struct buf *shown)
{
	const struct xpath_world world = { .now_ms = now_of(t->json), .tz_minutes = TZ_MINUTES, .random = draw, .instance = instance,
		.itext = itext, .ctx = t };
	struct xpath_context c = { .world = &world, .node = xmldoc_find(t->doc, text_of(t->json, "context")) };
	bool is_error = strcmp(text_of(t->json, "kind"), "error") == 0, is_same;
	const char *expr = text_of(t->json, "expr"), *root = text_of(t->json, "root");
	struct xpath_value v = { 0 };
	struct xpath *x = NULL;
	int rc;

	if (!c.node) {
		buf_text(shown, "the context is no node here");
		return false;
	}
	if (*root)
		xmldoc_cut(t->doc, xmldoc_find(t->doc, root));
	rc = xpath_parse_late(expr, strlen(expr), names, &x, NULL);
	if (rc == 0)
		rc = xpath_evaluate(x, &c, &v);
	if (rc != 0)
		buf_printf(shown, "error: %s", err_message());
	is_same = rc == 0 ? same_value(t, &v, shown) && !is_error : is_error;
	xpath_value_fini(&v);
	xpath_free(x);
	return is_same;
}

static bool run_case(const struct program *p, const json_t *json, struct buf *shown)
{
	struct trial t = { .json = json, .random = 1 };
	struct xnames *names;
	char path[4096];
	bool is_same = false;

	snprintf(path, sizeof path, "%s/docs/%s.xml", p->data_dir, text_of(json, "doc"));
	if (xnames_new(&names) != 0)
		abort();
	t.doc = xmldoc_open(path, names);
	if (t.doc)
		is_same = evaluate(&t, names, shown);
	else
		buf_text(shown, "the document cannot be read");
	xmldoc_close(t.doc);
	xnames_free(names);
	return is_same;
}

static bool is_outside(const json_t *json)
{
	for (size_t i = 0; i < OUTSIDE_COUNT; i++) {
		if (has_tag(json, OUTSIDE[i]))
			return true;
	}
	return false;
}

static void report(struct program *p, const json_t *json, struct buf *shown)
{
	const char *id = text_of(json, "id");
	bool is_listed = json_object_get(p->listed, id);
	char *expected = json_dumps(json_object_get(json, "expected"), JSON_ENCODE_ANY);

	p->unlisted += !is_listed;
	p->ruled += is_listed && !is_outside(json) && strncmp(text_of(p->listed, id), "ruling:", 7) == 0;
	if (p->is_verbose || !is_listed)
		printf("%s\t%s\t%s: we say %s, recorded %s (%s %s, context %s)\n", id, is_listed ? "listed" : "NEW", text_of(json, "expr"),
			buf_string(shown), expected, text_of(json, "kind"), text_of(json, "doc"), text_of(json, "context"));
	free(expected);
}

static void add_score(struct score *s, bool is_same)
{
	s->all++;
	s->agreeing += is_same;
}

static void count(struct program *p, const json_t *json, bool is_same)
{
	for (size_t i = 0; i < OUTSIDE_COUNT; i++) {
		if (has_tag(json, OUTSIDE[i]))
			add_score(&p->outside[i], is_same);
	}
	add_score(is_outside(json) ? &p->outside_all : &p->inside, is_same);
}

static void take_line(struct program *p, const char *line, size_t len)
{
	json_t *json = json_loadb(line, len, JSON_ALLOW_NUL, NULL);
	struct buf shown;
	bool is_same;

	if (!json)
		abort();
	buf_init(&shown, 1 << 20);
	is_same = run_case(p, json, &shown);
	count(p, json, is_same);
	if (!is_same)
		report(p, json, &shown);
	else if (json_object_get(p->listed, text_of(json, "id")))
		printf("%s\tagrees now; take it from the list\n", text_of(json, "id"));
	if (is_same)
		p->surplus += json_object_get(p->listed, text_of(json, "id")) != NULL;
	(void)json_object_del(p->listed, text_of(json, "id"));
	buf_fini(&shown);
	json_decref(json);
}

static bool load(const char *path, struct buf *out)
{
	buf_init(out, FILE_BYTES_MAX);
	if (file_read(path, out) == 0)
		return true;
	fprintf(stderr, "%s\n", err_message());
	return false;
}

/* Call `take` for each line that is not empty. */
static void each_line(struct program *p, struct buf *text, void (*take)(struct program *p, const char *line, size_t len))
{
	const char *at = buf_string(text);

	while (*at) {
		size_t len = strcspn(at, "\n");

		if (len > 0)
			take(p, at, len);
		at += len + (at[len] == '\n');
	}
}

/* "id TAB reason"; a line that begins with # is a remark. */
static void take_listed(struct program *p, const char *line, size_t len)
{
	const char *tab = memchr(line, '\t', len);

	if (*line == '#')
		return;
	if (!tab || tab + 1 >= line + len) {
		printf("%.*s\thas no reason\n", (int)len, line);
		p->surplus++;
		return;
	}
	json_object_setn_new(p->listed, line, (size_t)(tab - line), json_stringn(tab + 1, (size_t)(line + len - tab - 1)));
}

static void print_score(const char *name, struct score s)
{
	printf("%-24s %5zu of %5zu agree, %.2f %%\n", name, s.agreeing, s.all, s.all ? 100.0 * (double)s.agreeing / (double)s.all : 100.0);
}

static void print_all(struct program *p)
{
	const char *id;
	json_t *reason;

	json_object_foreach(p->listed, id, reason)
		printf("%s\tis listed but no case\n", id);
	p->surplus += json_object_size(p->listed);
	printf("%zu cases\n", p->inside.all + p->outside_all.all);
	for (size_t i = 0; i < OUTSIDE_COUNT; i++)
		print_score(OUTSIDE[i], p->outside[i]);
	print_score("out of scope", p->outside_all);
	print_score("in scope", p->inside);
	print_score("in scope, not ruled", (struct score){ p->inside.all - p->ruled, p->inside.agreeing });
	printf("%zu differences without a reason, %zu reasons without a difference\n", p->unlisted, p->surplus);
}

int main(int argc, char **argv)
{
	struct program p = { .data_dir = argc > 1 ? argv[1] : "", .is_verbose = argc == 4 && strcmp(argv[3], "--verbose") == 0 };
	struct buf cases, listed;
	char path[4096];
	bool is_fine;

	if (argc < 3 || argc > 4 || (argc == 4 && !p.is_verbose)) {
		fprintf(stderr, "usage: conform_xpath DATA_DIR DIFFERENCES [--verbose]\n");
		return 2;
	}
	p.listed = json_object();
	snprintf(path, sizeof path, "%s/xpath.jsonl", p.data_dir);
	is_fine = load(path, &cases);
	is_fine = load(argv[2], &listed) && is_fine;
	if (is_fine) {
		each_line(&p, &listed, take_listed);
		each_line(&p, &cases, take_line);
		print_all(&p);
	}
	buf_fini(&cases);
	buf_fini(&listed);
	json_decref(p.listed);
	return is_fine && p.unlisted == 0 && p.surplus == 0 ? 0 : 1;
}
