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
#include "proto/base/file.h"
#include "proto/base/text.h"
#include "proto/form/value.h"

#define TYPED_BYTES_MAX (4 * VALUE_BYTES_MAX)
#define TRIES_MAX 3 /* of the passphrase, after a rest */

struct asking {
	struct store *store;
	const char *dir;               /* of the store; borrowed */
	const struct form *form;
	struct lines lines;
	struct view view;              /* of the case as it is now; empty while it has none */
	struct answer_saved total;
	uint64_t flat[FORM_ENTRY_TYPES_MAX]; /* entries of flat types made in this interview */
	struct answer_draft *draft;    /* answers of the row that is being asked, not saved yet; owned; NULL between rows */
	size_t row;                    /* in the draft */
	size_t type;                   /* entry type of that row */
	uint64_t entry_id;             /* of that row; 0: not made yet */
	bool is_ended;
	bool was_away;                 /* the last thing heard was nothing, and then the person came back: ask again */
};

static void say(const char *text)
{
	fputs(text, stderr);
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

/* The mark behind which the answer is typed, and what was begun before a rest. */
static void show_mark(struct asking *a)
{
	fprintf(stderr, "> %s", lines_begun(&a->lines));
}

static void show_question(struct asking *a, size_t field, const struct view_value *shown)
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
	show_mark(a);
}

/* ---- the row that is being asked ---- */

static int row_begin(struct asking *a)
{
	int err = answer_new(a->form, &a->draft);

	return err ? err : answer_row(a->draft, a->type, a->type == FORM_ENTRY_ROOT ? 0 : a->entry_id, &a->row);
}

static void row_end(struct asking *a)
{
	answer_free(a->draft);
	a->draft = NULL;
}

static int load_view(struct asking *a)
{
	view_fini(&a->view);
	return a->total.case_id ? view_load(a->store, a->total.case_id, a->form, &a->view) : 0;
}

/* Commit what was answered on the row; afterwards `entry_id` is its entry, if it has one by now. */
static int row_save(struct asking *a)
{
	struct answer_saved saved;
	int err;

	if (!a->draft || answer_count(a->draft) == 0)
		return 0;
	err = answer_save(a->store, a->draft, a->total.case_id, &saved);
	if (err == ERR_USAGE && a->total.case_id == 0)
		return 0; /* only clears in a case that is not there */
	if (err)
		return err;
	a->total.case_id = saved.case_id;
	a->total.answers += saved.answers;
	if (answer_row_id(a->draft, a->row))
		a->entry_id = answer_row_id(a->draft, a->row);
	fprintf(stderr, "\n✓ saved on this device: %zu | حُفظ على هذا الجهاز\n", saved.answers);
	return load_view(a);
}

/* ---- away ---- */

/* What stands on the screen is somebody's answers: off it, and out of what can be scrolled back to. */
static void clear_screen(void)
{
	if (isatty(STDERR_FILENO))
		say("\033[H\033[2J\033[3J");
}

/* What a better passphrase does not change is said once: the lease has ended, or another program gave the store a new incarnation. */
static int come_back(struct asking *a)
{
	int err = ERR_AUTH;

	for (unsigned i = 0; err && err != ERR_STALE && i < TRIES_MAX; i++) {
		char *passphrase = NULL;

		err = file_prompt_secret("Passphrase / عبارة المرور: ", &passphrase);
		if (!err)
			err = store_resume(a->store, a->dir, passphrase, strlen(passphrase));
		file_secret_free(passphrase);
		if (err)
			fprintf(stderr, "! %s\n! %s\n", err_message(), err_arabic(err));
	}
	return err;
}

/*
 * Nobody has typed for a while: what was answered is committed, so that no key is needed to keep it; then the store is closed and its keys
 * wiped. A line that was begun waits in locked memory. When the disk does not take the answers they come before the lock: the store
 * stays open until the next time.
 */
static int step_away(struct asking *a)
{
	bool is_on_row = a->draft != NULL;
	int err = row_save(a);

	a->was_away = true;
	if (err) {
		fprintf(stderr, "! not saved, so not locked: %s\n! لم يُحفظ، فلم يُقفل: %s\n", err_message(), err_arabic(err));
		return 0;
	}
	row_end(a);
	view_fini(&a->view);
	store_suspend(a->store);
	err = lines_rest(&a->lines);
	clear_screen();
	say("Locked, since nobody typed for a while. What was answered is saved. Press a key to go on.\n"
	    "أُقفل لأن أحدًا لم يكتب مدة. ما أُجيب عنه محفوظ. اضغط أي مفتاح للمتابعة.\n");
	if (!err)
		err = lines_stir(&a->lines);
	a->is_ended = err == 0;
	if (err == 1)
		err = come_back(a);
	(void)lines_wake(&a->lines);
	if (err || a->is_ended)
		return err;
	err = load_view(a);
	return err || !is_on_row ? err : row_begin(a);
}

/* One line of the person, trimmed; "" also at the end, which sets is_ended, and after a rest, which sets was_away. */
static int hear(struct asking *a, struct buf *typed)
{
	struct buf line;
	int got;

	buf_fini(typed); /* wiped: what was typed before must not wait in it through a rest */
	buf_init(&line, LINES_LINE_BYTES_MAX);
	fflush(stderr);
	a->was_away = false;
	got = lines_next(&a->lines, &line);
	a->is_ended = got == 0 || got < 0;
	if (got == 1 && text_clean(typed, buf_string(&line), line.len) != 0) {
		buf_clear(typed);
		say("? (UTF-8)\n");
	}
	buf_fini(&line);
	if (got == LINES_IDLE) {
		got = step_away(a);
		a->is_ended = a->is_ended || got < 0;
	}
	return got < 0 ? got : 0;
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

static int take_answer(struct asking *a, size_t field, const char *typed)
{
	struct answer_draft *d = a->draft;
	size_t row = a->row;
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

/* The entry that is being asked about, as it is now; NULL while it has nothing saved. */
static const struct view_entry *entry_now(const struct asking *a)
{
	uint64_t id = a->type == FORM_ENTRY_ROOT ? a->total.case_id : a->entry_id;

	return id ? view_entry(&a->view, id) : NULL;
}

static int ask_field(struct asking *a, size_t field)
{
	struct buf typed;
	int err;

	buf_init(&typed, TYPED_BYTES_MAX);
	do {
		const struct view_entry *e = entry_now(a);

		show_question(a, field, e ? view_value(e, (int)field) : NULL);
		err = hear(a, &typed);
		if (err || (typed.len == 0 && !a->was_away))
			break;
		if (a->was_away)
			continue;
		err = take_answer(a, field, buf_string(&typed));
		if (err == ERR_USAGE)
			fprintf(stderr, "  ! %s\n  ! الجواب غير مناسب، أعد المحاولة أو اضغط Enter للتخطي\n", err_message());
	} while (err == ERR_USAGE || (a->was_away && !err && !a->is_ended));
	buf_fini(&typed);
	return err;
}

/* ---- groups ---- */

/* Ask the questions of `group` on one row, then commit them, also when the person ended in between. */
static int ask_row(struct asking *a, size_t type, const char *group, uint64_t *entry_id)
{
	const struct form_entry_type *t = form_entry_type(a->form, type);
	int saved;
	int err;

	a->type = type;
	a->entry_id = *entry_id;
	err = row_begin(a);
	for (size_t i = 0; !err && !a->is_ended && i < t->field_count; i++) {
		const struct form_field *f = form_field(a->form, t->fields[i]);

		if (t->fields[i] != FORM_FIELD_GONE && strcmp(f->group, group) == 0 && is_askable(f))
			err = ask_field(a, t->fields[i]);
	}
	saved = row_save(a);
	row_end(a);
	*entry_id = a->entry_id;
	return err ? err : saved;
}

static int ask_repeat(struct asking *a, size_t type, const char *group)
{
	const struct form_entry_type *t = form_entry_type(a->form, type);
	struct buf typed;
	int err = 0;

	buf_init(&typed, TYPED_BYTES_MAX);
	while (!err && !a->is_ended) {
		uint64_t id = 0;

		fprintf(stderr, "\n%s | %s: another? (y / ن) %s", t->label_en, t->label_ar, lines_begun(&a->lines));
		err = hear(a, &typed);
		if (!err && a->was_away)
			continue;
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

int interview(struct store *s, const struct form *form, uint64_t case_id, const struct interview_lock *lock, struct answer_saved *out)
{
	struct asking *a = calloc(1, sizeof *a);
	int err;

	*out = (struct answer_saved){ 0 };
	if (!a)
		return err_set(ERR_NOMEM, "no memory for an interview");
	a->store = s;
	a->dir = lock ? lock->dir : NULL;
	a->form = form;
	a->total.case_id = case_id;
	err = lines_open(&a->lines, STDIN_FILENO, lock ? lock->idle_ms : 0);
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
