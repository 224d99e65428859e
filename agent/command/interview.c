/*
 * interview: see interview.h. Relevance is not evaluated, so every question is asked and may be skipped with Enter.
 */
#include "agent/command/interview.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/command/lines.h"
#include "agent/view.h"
#include "proto/base/text.h"
#include "proto/form/value.h"

#define TYPED_BYTES_MAX (4 * VALUE_BYTES_MAX)

struct asking {
	struct store *store;
	const struct form *form;
	struct lines lines;
	struct view view;              /* of the case as it is now; empty while it has none */
	struct answer_saved total;
	uint64_t flat[FORM_ENTRY_TYPES_MAX]; /* entries of flat types made in this interview */
	bool is_ended;
};

static void say(const char *text)
{
	fputs(text, stderr);
}

/* One line of the person, trimmed; "" also at the end, which sets is_ended. */
static int hear(struct asking *a, struct buf *typed)
{
	struct buf line;
	int got;

	buf_clear(typed);
	buf_init(&line, LINES_LINE_BYTES_MAX);
	fflush(stderr);
	got = lines_next(&a->lines, &line);
	a->is_ended = got <= 0;
	if (got > 0 && text_clean(typed, buf_string(&line), line.len) != 0) {
		buf_clear(typed);
		say("? (UTF-8)\n");
	}
	buf_fini(&line);
	return got < 0 ? got : 0;
}

/* ---- showing a question ---- */

static void show_choices(const struct form *form, const struct form_field *f)
{
	const struct form_list *list = form_list(form, (size_t)f->list);

	for (size_t i = 0; i < list->choice_count; i++)
		fprintf(stderr, "  %3zu  %s | %s\n", i + 1, list->choices[i].label_en, list->choices[i].label_ar);
	if (list->choice_count == 0)
		say("       code / رمز\n");
}

static void show_members(const struct asking *a)
{
	size_t n = 0;

	say("    0  applicant | طالب الدعم\n");
	for (size_t i = 0; i < a->view.entry_count; i++) {
		const struct view_entry *e = &a->view.entries[i];

		if (strcmp(e->type_name, ANSWER_MEMBER_TYPE) == 0 && !e->is_gone)
			fprintf(stderr, "  %3zu  %s\n", ++n, view_entry_title(&a->view, e));
	}
}

static void show_question(const struct asking *a, size_t field, const struct view_value *shown)
{
	const struct form_field *f = form_field(a->form, field);
	struct buf now;

	fprintf(stderr, "\n%s\n%s (%s)%s\n", f->label_ar, f->label_en, f->name, f->is_required ? " *" : "");
	if (*f->note)
		fprintf(stderr, "  [%s]\n", f->note);
	if (form_type_has_list(f->type))
		show_choices(a->form, f);
	if (f->type == FORM_SELECT_MEMBER)
		show_members(a);
	if (shown && *shown->value) {
		buf_init(&now, 4 * VALUE_BYTES_MAX);
		value_display(a->form, field, shown->value, true, &now);
		fprintf(stderr, "  = %s\n", buf_string(&now));
		buf_fini(&now);
	}
	say("> ");
}

/* ---- reading an answer ---- */

/* The number that `text` (`len` bytes of folded digits) is, or -1. */
static long number_of(const char *text, size_t len)
{
	long v = 0;

	if (len == 0 || len > 6)
		return -1;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return -1;
		v = v * 10 + (text[i] - '0');
	}
	return v;
}

/* Numbers of choices become their codes; anything else is left to value_normalise(). */
static int choose(const struct form *form, const struct form_field *f, const char *typed, struct buf *out)
{
	const struct form_list *list = form_list(form, (size_t)f->list);
	char folded[TEXT_KEY_BYTES_MAX];

	if (text_fold_digits(typed, folded, sizeof folded) == 0) {
		for (size_t at = strspn(folded, " ,"); folded[at]; at += strspn(folded + at, " ,")) {
			size_t len = strcspn(folded + at, " ,");
			long n = number_of(folded + at, len);

			if (n < 1 || (size_t)n > list->choice_count) {
				buf_clear(out);
				break;
			}
			buf_printf(out, "%s%s", out->len ? "," : "", list->choices[n - 1].code);
			at += len;
		}
	}
	if (out->len == 0)
		buf_text(out, typed);
	return buf_error(out);
}

/* The number of a member as show_members() counts them becomes an entry id. */
static int choose_member(const struct asking *a, const char *typed, struct buf *out)
{
	char folded[TEXT_KEY_BYTES_MAX];
	char id[RECORD_ID_TEXT_BYTES];
	long n = text_fold_digits(typed, folded, sizeof folded) == 0 ? number_of(folded, strlen(folded)) : -1;

	if (n == 0) {
		buf_text(out, "applicant");
		return buf_error(out);
	}
	for (size_t i = 0; n > 0 && i < a->view.entry_count; i++) {
		const struct view_entry *e = &a->view.entries[i];

		if (strcmp(e->type_name, ANSWER_MEMBER_TYPE) == 0 && !e->is_gone && --n == 0)
			buf_text(out, record_id_format(e->id, id));
	}
	if (out->len == 0)
		return err_set(ERR_USAGE, "a number of the list was expected");
	return buf_error(out);
}

static int take_answer(struct asking *a, struct answer_draft *d, size_t row, size_t field, const char *typed)
{
	const struct form_field *f = form_field(a->form, field);
	struct buf out;
	int err;

	buf_init(&out, TYPED_BYTES_MAX);
	if (strcmp(typed, "-") == 0) {
		err = answer_set(d, row, field, "");
	} else if (f->type == FORM_SELECT_MEMBER) {
		err = choose_member(a, typed, &out);
		err = err ? err : answer_set(d, row, field, buf_string(&out));
	} else if (form_type_has_list(f->type)) {
		err = choose(a->form, f, typed, &out);
		err = err ? err : answer_set(d, row, field, buf_string(&out));
	} else {
		err = answer_set(d, row, field, typed);
	}
	buf_fini(&out);
	return err;
}

static bool is_askable(const struct form_field *f)
{
	return f->write == FORM_BY_REPRESENTATIVE && f->type != FORM_IMAGE && f->type != FORM_IMAGE_LIST && f->type != FORM_SIGNATURE;
}

static int ask_field(struct asking *a, struct answer_draft *d, size_t row, size_t field, const struct view_entry *e)
{
	struct buf typed;
	int err;

	buf_init(&typed, TYPED_BYTES_MAX);
	do {
		show_question(a, field, e ? view_value(e, (int)field) : NULL);
		err = hear(a, &typed);
		if (err || typed.len == 0)
			break;
		err = take_answer(a, d, row, field, buf_string(&typed));
		if (err == ERR_USAGE)
			fprintf(stderr, "  ! %s\n  ! الجواب غير مناسب، أعد المحاولة أو اضغط Enter للتخطي\n", err_message());
	} while (err == ERR_USAGE);
	buf_fini(&typed);
	return err;
}

/* ---- groups ---- */

static int save(struct asking *a, struct answer_draft *d)
{
	struct answer_saved saved;
	int err;

	if (answer_count(d) == 0)
		return 0;
	err = answer_save(a->store, d, a->total.case_id, &saved);
	if (err == ERR_USAGE && a->total.case_id == 0)
		return 0; /* only clears in a case that is not there */
	if (err)
		return err;
	a->total.case_id = saved.case_id;
	a->total.answers += saved.answers;
	fprintf(stderr, "\n✓ saved on this device: %zu | حُفظ على هذا الجهاز\n", saved.answers);
	view_fini(&a->view);
	return view_load(a->store, saved.case_id, a->form, &a->view);
}

/* Ask the questions of `group` on one row, then commit them, also when the person ended in between. */
static int ask_row(struct asking *a, size_t type, const char *group, uint64_t *entry_id)
{
	const struct form_entry_type *t = form_entry_type(a->form, type);
	uint64_t id = type == FORM_ENTRY_ROOT ? a->total.case_id : *entry_id;
	const struct view_entry *e = id ? view_entry(&a->view, id) : NULL;
	struct answer_draft *d;
	size_t row;
	int saved;
	int err = answer_new(a->form, &d);

	if (!err)
		err = answer_row(d, type, type == FORM_ENTRY_ROOT ? 0 : *entry_id, &row);
	for (size_t i = 0; !err && !a->is_ended && i < t->field_count; i++) {
		const struct form_field *f = form_field(a->form, t->fields[i]);

		if (t->fields[i] != FORM_FIELD_GONE && strcmp(f->group, group) == 0 && is_askable(f))
			err = ask_field(a, d, row, t->fields[i], e);
	}
	if (d) {
		saved = save(a, d);
		err = err ? err : saved;
		if (!saved && answer_row_id(d, row))
			*entry_id = answer_row_id(d, row);
	}
	answer_free(d);
	return err;
}

static int ask_repeat(struct asking *a, size_t type, const char *group)
{
	const struct form_entry_type *t = form_entry_type(a->form, type);
	struct buf typed;
	int err = 0;

	buf_init(&typed, TYPED_BYTES_MAX);
	while (!err && !a->is_ended) {
		uint64_t id = 0;

		fprintf(stderr, "\n%s | %s: another? (y / ن) ", t->label_en, t->label_ar);
		err = hear(a, &typed);
		if (err || (strcmp(buf_string(&typed), "y") != 0 && strcmp(buf_string(&typed), "yes") != 0 && strcmp(buf_string(&typed),
				"ن") != 0 &&
			    strcmp(buf_string(&typed), "نعم") != 0))
			break;
		err = ask_row(a, type, group, &id);
	}
	buf_fini(&typed);
	return err;
}

static bool has_questions(const struct form *form, const struct form_entry_type *t, const char *group)
{
	for (size_t i = 0; i < t->field_count; i++) {
		const struct form_field *f = form_field(form, t->fields[i]);

		if (t->fields[i] != FORM_FIELD_GONE && strcmp(f->group, group) == 0 && is_askable(f))
			return true;
	}
	return false;
}

/* `group` is NULL for questions that stand alone. */
static int ask_group(struct asking *a, const struct form_group *group)
{
	const char *name = group ? group->name : "";
	int err = 0;

	if (group)
		fprintf(stderr, "\n==== %s | %s ====\n", group->label_en, group->label_ar);
	for (size_t t = 0; !err && !a->is_ended && t < form_entry_type_count(a->form); t++) {
		const struct form_entry_type *type = form_entry_type(a->form, t);

		if (!has_questions(a->form, type, name))
			continue;
		err = view_is_flat(type) ? ask_row(a, t, name, &a->flat[t]) : ask_repeat(a, t, name);
	}
	return err;
}

static int ask_all(struct asking *a)
{
	size_t groups = form_group_count(a->form);
	int err = 0;

	for (size_t i = 0; !err && !a->is_ended && i <= groups; i++)
		err = ask_group(a, i < groups ? form_group(a->form, i) : NULL);
	return err;
}

int interview(struct store *s, const struct form *form, uint64_t case_id, struct answer_saved *out)
{
	struct asking *a = calloc(1, sizeof *a);
	int err;

	*out = (struct answer_saved){ 0 };
	if (!a)
		return err_set(ERR_NOMEM, "no memory for an interview");
	a->store = s;
	a->form = form;
	a->total.case_id = case_id;
	err = lines_open(&a->lines, STDIN_FILENO);
	if (!err && case_id)
		err = view_load(s, case_id, form, &a->view);
	say("Enter: skip | -: clear | Ctrl-D: end\nEnter: تخطٍّ | -: مسح | Ctrl-D: إنهاء\n");
	if (!err)
		err = ask_all(a);
	lines_close(&a->lines);
	view_fini(&a->view);
	*out = a->total;
	free(a);
	return err;
}
