/*
 * bench_form: what the form engine takes for one answer, on the default form and on one of 500 questions made here; for opening a case;
 * in memory.
 *
 *   bench_form [FORM]      FORM: canonical text instead of the default form
 *
 * A case is answered throughout first, with five rows in every repeat, so that most of the form is relevant. The figure is processor
 * time, the least of several batches: what others do on the machine is not ours.
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "proto/base/file.h"
#include "proto/form/form_default.h"
#include "proto/form/model.h"

#define BATCHES 15
#define BATCH 40          /* answers of one batch */
#define ROWS 5            /* of each repeat */
#define NOW_MS 1763800000000
#define QUESTIONS 500
#define REPEATS 3
#define LISTS_MAX 16
#define REPEAT_QUESTIONS 20

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void must(int err)
{
	if (err) {
		fprintf(stderr, "bench_form: %s\n", err_message());
		exit(1);
	}
}

/* What a model sees: ids, and the reference lists that the programs carry inside. */
struct scene {
	uint64_t last_id;
	struct reflist *lists[LISTS_MAX];
	size_t list_count;
};

static uint64_t new_id(void *ctx)
{
	struct scene *s = ctx;

	return ++s->last_id;
}

static const struct reflist *list_named(void *ctx, const char *name)
{
	const struct scene *s = ctx;

	for (size_t i = 0; i < s->list_count; i++)
		if (strcmp(reflist_name(s->lists[i]), name) == 0)
			return s->lists[i];
	return NULL;
}

static struct model_world world_of(struct scene *s)
{
	return (struct model_world){ .now_ms = NOW_MS, .tz_minutes = 180, .new_id = new_id, .list = list_named, .ctx = s };
}

static void load_lists(struct scene *s)
{
	struct buf b;

	buf_init(&b, REFLIST_BYTES_MAX);
	for (size_t i = 0; i < form_default_list_count() && i < LISTS_MAX; i++) {
		buf_clear(&b);
		must(form_default_list_at(i, &b));
		must(reflist_parse((const char *)b.data, b.len, &s->lists[s->list_count++]));
	}
	buf_fini(&b);
}

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static void print(const char *name, double value, const char *unit, double bar, const char *beside)
{
	char bound[32] = "-";

	if (bar > 0)
		snprintf(bound, sizeof bound, "%.1f", bar);
	printf("%s\t%.3f\t%s\t%s\t%s\t%s\n", name, value, unit, bound, beside, bar <= 0 || value <= bar ? "ok" : "short");
}

/* ---- forms ---- */

/* Ten kinds of questions by turns; each leans on the ones before it. */
static void write_question(struct buf *b, const char *p, int i)
{
	int turn = i - i % 10;

	switch (i % 10) {
	case 0: buf_printf(b, "select_one\tl\t%s%d\tA choice\ttrue()\t\t\t\t\n", p, i); break;
	case 1: buf_printf(b, "integer\t\t%s%d\tA number\ttrue()\t\t. >= 0 and . <= 120\t\t\n", p, i); break;
	case 2: buf_printf(b, "text\t\t%s%d\tA text\t\t${%s%d} = 'c1'\t\t\t\n", p, i, p, turn); break;
	case 3: buf_printf(b, "calculate\t\t%s%d\t\t\t\t\tcoalesce(${%s%d}, 0) * 2 + 1\t\n", p, i, p, turn + 1); break;
	case 4: buf_printf(b, "select_one\tm\t%s%d\tA choice after ${%s%d}\t\t\t\t\tparent = ${%s%d}\n", p, i, p, turn, p, turn); break;
	case 5: buf_printf(b, "integer\t\t%s%d\tA number\t\t${%s%d} > 10\t. < ${%s%d}\t\t\n", p, i, p, turn + 3, p, turn + 3); break;
	case 6: buf_printf(b, "text\t\t%s%d\tA text\t\tselected(${%s%d}, 'c1') or ${%s%d} = ''\tstring-length(.) < 100\t\t\n", p, i, p, turn, p, turn + 2); break;
	case 7: buf_printf(b, "calculate\t\t%s%d\t\t\t\t\tif(${%s%d} > 3, concat(${%s%d}, '-', ${%s%d}), '')\t\n", p, i, p, turn + 5, p, turn + 2, p, turn + 6); break;
	case 8: buf_printf(b, "date\t\t%s%d\tA day\t\t${%s%d} != ''\t. <= today()\t\t\n", p, i, p, turn + 6); break;
	case 9: buf_printf(b, "note\t\t%s%d\tIt is ${%s%d}\t\t${%s%d} != ''\t\t\t\n", p, i, p, turn + 7, p, turn + 7); break;
	}
}

static void write_form(struct buf *b)
{
	int top = QUESTIONS - REPEATS * REPEAT_QUESTIONS;
	char prefix[8];

	buf_printf(b, "mandoob-form\t2\nsettings\t2\nkey\tvalue\nform_id\tbench\nversion\t1\nsurvey\t%d\n", QUESTIONS + 2 * REPEATS + REPEATS);
	buf_text(b, "type\tlist\tname\tlabel\trequired\trelevant\tconstraint\tcalculation\tchoice_filter\n");
	for (int i = 0; i < top; i++)
		write_question(b, "q", i);
	for (int r = 0; r < REPEATS; r++) {
		snprintf(prefix, sizeof prefix, "r%d_", r);
		buf_printf(b, "begin_repeat\t\trepeat%d\tRows\t\t${q%d} != 'c3'\t\t\t\n", r, r * 10);
		for (int i = 0; i < REPEAT_QUESTIONS; i++)
			write_question(b, prefix, i);
		buf_text(b, "end_repeat\t\t\t\t\t\t\t\t\n");
		buf_printf(b, "calculate\t\tsum%d\t\t\t\t\tsum(${%s1}) + count(${repeat%d})\t\n", r, prefix, r);
	}
	buf_text(b, "choices\t6\nlist_name\tname\tlabel\tparent\n");
	for (int i = 1; i <= 3; i++)
		buf_printf(b, "l\tc%d\tChoice %d\t\n", i, i);
	for (int i = 1; i <= 3; i++)
		buf_printf(b, "m\td%d\tChoice %d\tc%d\n", i, i, i);
}

static struct form *make_form(void)
{
	struct form *f = NULL;
	struct buf b;

	buf_init(&b, FORM_TEXT_BYTES_MAX);
	write_form(&b);
	must(buf_error(&b));
	must(form_parse((const char *)b.data, b.len, &f));
	buf_fini(&b);
	return f;
}

static struct form *load_form(const char *path)
{
	struct form *f = NULL;
	struct buf b;

	if (!path) {
		must(form_default_new(&f));
		return f;
	}
	buf_init(&b, FORM_TEXT_BYTES_MAX);
	must(file_read(path, &b));
	must(form_parse((const char *)b.data, b.len, &f));
	buf_fini(&b);
	return f;
}

/* ---- cases ---- */

static const char *answer_for(const struct form_node *n, const struct model_choices *choices)
{
	if (choices->count > 0)
		return choices->items[0].code;
	switch (n->type) {
	case FORM_INTEGER:
	case FORM_DECIMAL:
		return "7";
	case FORM_MONEY:
		return "1500.00";
	case FORM_DATE:
		return "2020-03-04";
	case FORM_HIJRI_DATE:
		return "G1980-01-01";
	case FORM_ACKNOWLEDGE:
		return "yes";
	case FORM_TEXT:
		return "نص";
	case FORM_TIME:
	case FORM_DATETIME:
	case FORM_SELECT_ONE:
	case FORM_SELECT_MULTIPLE:
	case FORM_RANK:
	case FORM_SELECT_MEMBER:
	case FORM_SA_ID:
	case FORM_IBAN:
	case FORM_MOBILE:
	case FORM_SHORT_ADDRESS:
	case FORM_POSTAL_CODE:
	case FORM_GEOPOINT:
	case FORM_SIGNATURE:
	case FORM_IMAGE:
	case FORM_IMAGE_LIST:
	case FORM_AUDIO:
	case FORM_VIDEO:
	case FORM_FILE:
	case FORM_NOTE:
	case FORM_CALCULATE:
		break;
	}
	return "";
}

static struct model_node *next_node(struct model_node *n)
{
	if (n->first)
		return n->first;
	while (n && !n->next)
		n = n->parent;
	return n ? n->next : NULL;
}

static void answer_all(struct model *m)
{
	for (struct model_node *n = model_root(m); n; n = next_node(n)) {
		const struct form_node *f = model_form_node(m, n);
		struct model_node *row;
		struct model_choices choices;

		for (int i = 0; n->kind == MODEL_REPEAT && !n->is_counted && n->is_relevant && i < ROWS; i++)
			must(model_add(m, n, &row));
		if (n->kind != MODEL_QUESTION || !n->is_relevant || n->is_readonly || f->is_computed || f->field < 0 || n->value[0])
			continue;
		must(model_choices(m, n, 0, &choices));
		must(model_set(m, n, answer_for(f, &choices)));
		model_choices_fini(&choices);
	}
}

/* A text that is answered now this way and now that; of the questions of the form the one in the middle. */
static struct model_node *find_question(struct model *m)
{
	struct model_node *found = NULL;
	size_t count = 0;

	for (struct model_node *n = model_root(m); n; n = next_node(n)) {
		if (n->kind == MODEL_QUESTION && n->is_relevant && !n->is_readonly && model_form_node(m, n)->field >= 0 &&
		    !model_form_node(m, n)->is_computed && model_form_node(m, n)->type == FORM_TEXT && ++count % 3 == 1)
			found = n;
	}
	if (!found)
		must(err_set(ERR_NOT_FOUND, "the form asks for no text"));
	return found;
}

static double time_answers(struct model *m)
{
	struct model_node *q = find_question(m);
	double batches[BATCHES];

	for (int b = 0; b < BATCHES; b++) {
		double start = now_ms();

		for (int i = 0; i < BATCH; i++)
			must(model_set(m, q, i % 2 ? "أحمد" : "سالم"));
		batches[b] = (now_ms() - start) / BATCH;
	}
	qsort(batches, BATCHES, sizeof batches[0], compare_doubles);
	return batches[0];
}

static void bench_recompute(const char *name, const struct form *f, struct scene *s, double bar)
{
	struct model_world world = world_of(s);
	struct plan *plan = NULL;
	struct model *m = NULL;
	char beside[96];
	size_t places = 0;

	must(plan_new(f, NULL, &plan));
	must(model_new(plan, &world, 1, &m));
	must(model_open(m));
	answer_all(m);
	for (struct model_node *n = model_root(m); n; n = next_node(n))
		places += n->kind == MODEL_QUESTION;
	snprintf(beside, sizeof beside, "one answer, %zu rows of the survey, %zu questions shown or not", form_node_count(f), places);
	print(name, time_answers(m), "ms", bar, beside);
	model_free(m);
	plan_free(plan);
}

static void bench_load(const struct form *f, struct scene *s)
{
	struct model_world world = world_of(s);
	double loads[BATCHES];
	double kib = 0;

	for (int b = 0; b < BATCHES; b++) {
		struct plan *plan = NULL;
		struct model *m = NULL;
		size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;
		double start = now_ms();

		must(plan_new(f, NULL, &plan));
		must(model_new(plan, &world, 1, &m));
		must(model_open(m));
		loads[b] = now_ms() - start;
		kib = (double)(mallinfo2().uordblks + mallinfo2().hblkhd - before) / 1024;
		model_free(m);
		plan_free(plan);
	}
	qsort(loads, BATCHES, sizeof loads[0], compare_doubles);
	print("form_load_default", loads[0], "ms", 0, "plan and first computation");
	print("form_memory_default", kib, "KiB", 0, "plan and new case");
}

int main(int argc, char **argv)
{
	struct form *f = load_form(argc > 1 ? argv[1] : NULL);
	struct form *large = make_form();
	struct scene scene = { .last_id = 1 };

	load_lists(&scene);
	bench_recompute("form_recompute_default", f, &scene, 0.3);
	bench_recompute("form_recompute_500", large, &scene, 2.0);
	bench_load(f, &scene);
	for (size_t i = 0; i < scene.list_count; i++)
		reflist_free(scene.lists[i]);
	form_free(large);
	form_free(f);
	return 0;
}
