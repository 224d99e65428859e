/*
 * fuzz_model: the input as what people do to a case of one form that has everything that leans on something: relevance, calculations,
 * filters, counted and nested rows, triggers, members, a row that carries over from the row before.
 *
 * Each step is one byte for what is done, one for where, and for an answer one for which. After each step a second computation changes
 * nothing. At the end the registers alone, put into a fresh model, give the same case: what two devices agree on does not depend on how
 * it was typed.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "proto/form/model.h"

#define STEPS_MAX 60
#define NOW_MS 1795413600000
#define DUMP_BYTES_MAX (4 * 1024 * 1024)
#define OWN_ANSWER_MAX 40
#define CASE_ID 5

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Few rows, so that runs are quick. Every row has a register from the beginning (mark): rows without any are no rows in the store. */
static const char FORM[] =
	"mandoob-form\t2\n"
	"settings\t3\nkey\tvalue\nform_id\tfuzz\nversion\t1\ninstance_name\tconcat(${a}, ' ', ${town})\n"
	"survey\t28\n"
	"type\tlist\tname\tlabel\trequired\trelevant\tconstraint\tcalculation\ttrigger\treadonly\tchoice_filter\trepeat_count\tmember\n"
	"text\t\ta\tA\t\t\t\t\t\t\t\t\t\n"
	"text\t\tx\tX ${a}\ttrue()\t${y} = ''\t\t\t\t\t\t\t\n"
	"text\t\ty\tY\t\t${x} = ''\tstring-length(.) < 4\t\t\t\t\t\t\n"
	"integer\t\tcount\tC\t\t\t. < 40\t\t\t\t\t\t\n"
	"select_one\tregion\tregion\tR\t\t\t\t\t\t\t\t\t\n"
	"select_one\ttown\ttown\tT\t\t${a} != 'no'\t\t\t\t\tregion = ${region}\t\t\n"
	"select_multiple\ttown\tmore\tM\t\t\tcount-selected(.) < 3\t\t\t\tregion = ${region} or name = ${town}\t\t\n"
	"acknowledge\t\tack\tK\t\t\t\t\t\t\t\t\t\n"
	"begin_group\t\tg\tG\t\t${ack} = 'OK' or ${total} > 10\t\t\t\t${a} = 'lock'\t\t\t\n"
	"decimal\t\td\tD\t\t\t. >= 0 and . <= ${count}\t\t\t\t\t\t\n"
	"calculate\t\tsaid\t\t\t\t\tjr:choice-name(${town}, '${town}')\t\t\t\t\t\n"
	"end_group\t\t\t\t\t\t\t\t\t\t\t\t\n"
	"begin_repeat\t\trow\tRow\t\t${a} != 'none'\t\t\t\t\t\tif(${count} > 9, 9, ${count})\t\n"
	"calculate\t\tmark\t\t\t\t\tonce('m')\t\t\t\t\t\n"
	"integer\t\tn\tN\t\t\t\t\t\t\t\t\t\n"
	"calculate\t\topening\t\t\t\t\tif(position(..) = 1, 1, indexed-repeat(${closing}, ${row}, position(..) - 1))\t\t\t\t\t\n"
	"calculate\t\tclosing\t\t\t\t\t${opening} + coalesce(${n}, 0)\t\t\t\t\t\n"
	"end_repeat\t\t\t\t\t\t\t\t\t\t\t\t\n"
	"begin_repeat\t\thouse\tHouse\t\t\t\t\t\t\t\t\t\n"
	"calculate\t\tmark2\t\t\t\t\tonce('m')\t\t\t\t\t\n"
	"text\t\tname\tName\t\t\t\t\t\t\t\t\t\n"
	"begin_repeat\t\troom\tRoom\t\t${name} != 'x'\t\t\t\t\t\t\t\n"
	"integer\t\tsize\tS\t\t\t. > 0\t\t\t\t\t\t\n"
	"end_repeat\t\t\t\t\t\t\t\t\t\t\t\t\n"
	"end_repeat\t\t\t\t\t\t\t\t\t\t\t\t\n"
	"select_member\t\twho\tW\t\t\t\t\t\t\t\t\thouse\n"
	"calculate\t\ttotal\t\t\t\t\tcoalesce(sum(${size}), 0) + count(${house}) + string-length(${who})\t\t\t\t\t\n"
	"calculate\t\tchanges\t\t\t\t\tcoalesce(${changes}, 0) + 1\t${a}, ${town}\t\t\t\t\n"
	"choices\t6\nlist_name\tname\tlabel\tregion\n"
	"region\tn\tNorth\t\nregion\ts\tSouth\t\ntown\ta\tA ${a}\tn\ntown\tb\tB\tn\ntown\tc\tC\ts\ntown\td\tD\ts\n";

static const char *const ANSWERS[] = {
	"", "1", "3", "35", "-1", "no", "none", "lock", "x", "OK", "yes", "n", "s", "a", "b", "c", "a b", "b d", "2.5", "0000000000000005",
	"0000000000000065", "\xd9\x86\xd8\xb9\xd9\x85", "100000000000000000000",
};
#define ANSWER_COUNT (sizeof ANSWERS / sizeof ANSWERS[0])

static uint64_t new_id(void *ctx)
{
	uint64_t *last = ctx;

	return ++*last;
}

static struct model_node *next_node(const struct model_node *n)
{
	if (n->first)
		return n->first;
	while (n && !n->next)
		n = n->parent;
	return n ? n->next : NULL;
}

/* Everything that a model says. */
static void dump(struct model *m, struct buf *out)
{
	for (struct model_node *n = model_root(m); n; n = next_node(n)) {
		struct model_choices choices;

		buf_printf(out, "%zu %d%d%d%d%d%d%d %llx %s ", n->form_node, n->is_relevant, n->is_required, n->is_readonly, n->is_missing,
			   n->is_violated, n->is_warned, n->is_masked, (unsigned long long)n->entry_id, n->value);
		if (model_words(m, n, FORM_LABEL, 0, out) != 0)
			abort();
		if (n->kind == MODEL_QUESTION && model_choices(m, n, 0, &choices) == 0) {
			for (size_t i = 0; i < choices.count; i++)
				buf_printf(out, " %s=%s", choices.items[i].code, choices.items[i].label);
			model_choices_fini(&choices);
		}
		buf_text(out, "\n");
	}
	if (model_title(m, out) != 0)
		abort();
}

static void must_be_still(struct model *m)
{
	struct buf before;
	struct buf after;
	int rc;

	buf_init(&before, DUMP_BYTES_MAX);
	buf_init(&after, DUMP_BYTES_MAX);
	dump(m, &before);
	rc = model_at(m, NOW_MS);
	assert(rc == 0);
	dump(m, &after);
	assert(before.len == after.len && memcmp(before.data, after.data, before.len) == 0);
	buf_fini(&before);
	buf_fini(&after);
}

/* ---- steps ---- */

static struct model_node *node_numbered(struct model *m, size_t number)
{
	size_t count = 0;
	struct model_node *n;

	for (n = model_root(m); n; n = next_node(n))
		count++;
	number %= count;
	for (n = model_root(m); number > 0; number--)
		n = next_node(n);
	return n;
}

static void answer(struct model *m, struct model_node *n, const uint8_t *at, size_t left)
{
	char own[OWN_ANSWER_MAX + 1] = "";
	int rc;

	if (left > 0 && *at < 200) {
		rc = model_set(m, n, ANSWERS[*at % ANSWER_COUNT]);
	} else {
		size_t len = left > OWN_ANSWER_MAX ? OWN_ANSWER_MAX : left;

		for (size_t i = 0; i < len; i++)
			own[i] = (char)(at[i] % 96 + ' '); /* what is no text is stopped before it is an answer */
		rc = model_set(m, n, own);
	}
	assert(rc == 0 || rc == ERR_USAGE);
}

static void step(struct model *m, const uint8_t *at, size_t left)
{
	struct model_node *n = node_numbered(m, left > 1 ? at[1] : 0);
	struct model_node *row;
	int rc = 0;

	switch (at[0] % 8) {
	case 0:
		rc = model_add(m, n, &row);
		break;
	case 1:
		rc = model_remove(m, n);
		break;
	case 2:
		rc = model_finish(m);
		break;
	default:
		answer(m, n, at + 2, left > 2 ? left - 2 : 0);
	}
	assert(rc == 0 || rc == ERR_USAGE);
}

/* ---- from registers alone ---- */

static int put_register(void *ctx, const struct model_register *r)
{
	return model_put(ctx, r->entry_type, r->entry_id, r->field, r->value);
}

static void must_come_back(const struct plan *plan, const struct model_world *world, struct model *m)
{
	struct model *again = NULL;
	struct buf before;
	struct buf after;
	int rc = model_case(m, CASE_ID);

	assert(rc == 0);
	rc = model_new(plan, world, CASE_ID, &again);
	assert(rc == 0);
	rc = model_changes(m, put_register, again);
	assert(rc == 0);
	rc = model_open(again);
	assert(rc == 0);
	buf_init(&before, DUMP_BYTES_MAX);
	buf_init(&after, DUMP_BYTES_MAX);
	dump(m, &before);
	dump(again, &after);
	assert(before.len == after.len && memcmp(before.data, after.data, before.len) == 0);
	buf_fini(&before);
	buf_fini(&after);
	model_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct form *form;
	static struct plan *plan;
	uint64_t last = 100;
	struct model_world world = { .now_ms = NOW_MS, .tz_minutes = 180, .new_id = new_id, .ctx = &last };
	struct model *m = NULL;
	size_t at = 0;

	if (!plan && (form_parse(FORM, sizeof FORM - 1, &form) != 0 || plan_new(form, NULL, &plan) != 0))
		abort();
	if (model_new(plan, &world, size % 2 ? CASE_ID : 0, &m) != 0 || model_open(m) != 0)
		abort();
	for (size_t i = 0; i < STEPS_MAX && at < size; i++) {
		step(m, data + at, size - at);
		must_be_still(m);
		at += 3;
	}
	must_come_back(plan, &world, m);
	model_free(m);
	return 0;
}
