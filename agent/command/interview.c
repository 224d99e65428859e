/*
 * interview: see interview.h.
 *
 * The interview is a cursor that walks the tree of the case in the order of the form. After each answer the tree may be another one
 * (relevance, rows), so the cursor is a place by names (question, entry), and the next stop is looked for anew. The ends of repeats
 * are stops too: there another row is offered.
 */
#include "agent/command/interview.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/command/lines.h"
#include "agent/command/question.h"
#include "proto/base/file.h"
#include "proto/base/text.h"
#include "proto/form/markdown.h"

#define TRIES_MAX 3 /* of the passphrase, after a rest */
#define TITLE_BYTES_MAX (64 * 1024)

enum stop_kind { STOP_BEGIN, STOP_QUESTION, STOP_ROW, STOP_REPEAT_END, STOP_END };

struct stop {
	enum stop_kind kind;
	size_t form_node;
	uint64_t entry_id; /* of the question or the row */
};

struct asking {
	struct store *store;
	const char *dir;               /* of the store; borrowed */
	const struct form *form;
	struct session *session;       /* owned; NULL while locked */
	struct lines lines;
	struct stop stop;              /* where the person is */
	int page;                      /* whose heading was shown last; -1: none */
	bool is_answered;              /* the person answered something that is not saved yet */
	struct answer_saved total;
	bool is_ended;
	bool was_away;                 /* the last thing heard was nothing, and then the person came back: ask again */
};

static void say(const char *text)
{
	fputs(text, stderr);
}

/* ---- the next stop ---- */

struct walk {
	struct asking *a;
	bool is_passed;      /* the present stop was met */
	struct stop next;    /* kind STOP_END until it is found */
	struct model_node *node; /* of `next` */
};

/* Outside of rows a question stands once, whether its entry has been made yet or not. */
static bool is_stop(const struct asking *a, enum stop_kind kind, const struct model_node *n)
{
	const struct stop *s = &a->stop;

	if (s->kind != kind || s->form_node != n->form_node)
		return false;
	return form_entry_type(a->form, n->entry_type)->kind != FORM_ENTRY_IS_REPEAT || s->entry_id == n->entry_id || s->entry_id == 0;
}

static void offer(struct walk *w, enum stop_kind kind, struct model_node *n, bool is_wanted)
{
	if (w->is_passed && is_wanted && w->next.kind == STOP_END) {
		w->next = (struct stop){ .kind = kind, .form_node = n->form_node, .entry_id = n->entry_id };
		w->node = n;
	}
	if (is_stop(w->a, kind, n))
		w->is_passed = true;
}

static void walk_node(struct walk *w, struct model_node *n)
{
	if (w->next.kind != STOP_END)
		return;
	if (n->kind == MODEL_QUESTION) {
		offer(w, STOP_QUESTION, n, question_is_asked(w->a->session, n));
		return;
	}
	if (n->kind == MODEL_ROW)
		offer(w, STOP_ROW, n, false);
	for (struct model_node *child = n->first; child; child = child->next)
		walk_node(w, child);
	if (n->kind == MODEL_REPEAT)
		offer(w, STOP_REPEAT_END, n, n->is_relevant && !n->is_counted && !n->is_readonly);
}

/*
 * A row that was never saved is gone after a rest: the interview goes on at the end of its repeat, where a row is offered; when
 * that was in a row that is gone too, at the end of the repeat around it.
 */
static struct stop end_of_repeat(const struct asking *a)
{
	size_t i = a->stop.form_node;

	if (a->stop.kind == STOP_REPEAT_END && a->stop.entry_id == 0)
		i = (size_t)form_node(a->form, i)->parent;
	while (i != FORM_NODE_ROOT && form_node(a->form, i)->kind != FORM_NODE_REPEAT)
		i = (size_t)form_node(a->form, i)->parent;
	return i == FORM_NODE_ROOT ? (struct stop){ .kind = STOP_BEGIN } : (struct stop){ .kind = STOP_REPEAT_END, .form_node = i };
}

/* Move to the stop behind the present one; NULL: there is none. */
static struct model_node *next_stop(struct asking *a)
{
	struct walk w = { .a = a, .is_passed = a->stop.kind == STOP_BEGIN, .next = { .kind = STOP_END } };

	walk_node(&w, model_root(session_model(a->session)));
	if (!w.is_passed) {
		a->stop = end_of_repeat(a);
		return next_stop(a);
	}
	a->stop = w.next;
	return w.node;
}

/* The node of the present stop, which may have moved in memory; NULL: it is not there any more. */
static struct model_node *find_below(const struct asking *a, struct model_node *n)
{
	struct model_node *found = NULL;

	if ((n->kind == MODEL_QUESTION && is_stop(a, STOP_QUESTION, n)) || (n->kind == MODEL_REPEAT && is_stop(a, STOP_REPEAT_END, n)))
		return n;
	for (struct model_node *child = n->first; child && !found; child = child->next)
		found = find_below(a, child);
	return found;
}

static struct model_node *find_stop(const struct asking *a)
{
	return find_below(a, model_root(session_model(a->session)));
}

/* ---- saving ---- */

/* Commit what was answered since the last time. */
static int save(struct asking *a)
{
	size_t answers;
	int err;

	if (!a->session || !a->is_answered)
		return 0;
	err = session_save(a->session, &answers);
	if (err)
		return err;
	a->is_answered = false;
	if (answers == 0)
		return 0;
	a->total.case_id = session_case(a->session);
	a->total.answers += answers;
	fprintf(stderr, "\n✓ saved on this device: %zu | حُفظ على هذا الجهاز\n", answers);
	return 0;
}

static int open_session(struct asking *a)
{
	uint64_t case_id = a->total.case_id;

	return session_open(a->store, case_id, a->form, SESSION_TAKE, &a->session);
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
	int err = save(a);

	a->was_away = true;
	if (err) {
		fprintf(stderr, "! not saved, so not locked: %s\n! لم يُحفظ، فلم يُقفل: %s\n", err_message(), err_arabic(err));
		return 0;
	}
	session_close(a->session);
	a->session = NULL;
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
	return err || a->is_ended ? err : open_session(a);
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

/* ---- asking ---- */

static void show_page(struct asking *a, const struct model_node *n)
{
	int page = form_node(a->form, n->form_node)->page;
	struct buf ar, en;

	if (page == a->page)
		return;
	a->page = page;
	if (page < 0)
		return;
	buf_init(&ar, TITLE_BYTES_MAX);
	buf_init(&en, TITLE_BYTES_MAX);
	markdown_plain(form_group(a->form, (size_t)page)->label_ar, &ar);
	markdown_plain(form_group(a->form, (size_t)page)->label_en, &en);
	fprintf(stderr, "\n==== %s | %s ====\n", buf_string(&en), buf_string(&ar));
	buf_fini(&ar);
	buf_fini(&en);
}

/* Ask until there is an answer that can stay, or none; a rest asks again. */
static int ask_question(struct asking *a)
{
	struct buf typed;
	bool is_again = true;
	int err = 0;

	buf_init(&typed, QUESTION_TYPED_BYTES_MAX);
	while (!err && is_again && !a->is_ended) {
		struct model_node *n = find_stop(a);

		if (!n || !question_is_asked(a->session, n))
			break;
		err = question_show(a->session, n);
		fprintf(stderr, "> %s", lines_begun(&a->lines));
		if (!err)
			err = hear(a, &typed);
		is_again = a->was_away;
		if (err || is_again || typed.len == 0)
			continue;
		err = question_take(a->session, n, buf_string(&typed));
		if (err == ERR_USAGE || err == ERR_LIMIT) {
			fprintf(stderr, "  ! %s\n  ! الجواب غير مناسب، أعد المحاولة أو اضغط Enter للتخطي\n", err_message());
			is_again = true;
			err = 0;
		} else if (!err) {
			n = find_stop(a);
			a->is_answered = a->is_answered || (n && n->is_changed); /* what a form fills in by itself makes no case */
			is_again = n && !question_tell_doubts(a->session, n);
		}
	}
	buf_fini(&typed);
	return err;
}

static bool is_yes(const char *typed)
{
	return strcmp(typed, "y") == 0 || strcmp(typed, "yes") == 0 || strcmp(typed, "ن") == 0 || strcmp(typed, "نعم") == 0;
}

/* Another row: the stop is then the row itself, so that its first question comes next. */
static int ask_row(struct asking *a)
{
	const struct form_node *f = form_node(a->form, a->stop.form_node);
	const struct form_entry_type *type = form_entry_type(a->form, f->entry_type);
	struct model_node *repeat, *row;
	struct buf typed;
	int err;

	buf_init(&typed, QUESTION_TYPED_BYTES_MAX);
	do {
		fprintf(stderr, "\n%s | %s: another? (y / ن) %s", type->label_en, type->label_ar, lines_begun(&a->lines));
		err = hear(a, &typed);
	} while (!err && a->was_away && !a->is_ended);
	repeat = err || a->is_ended || !is_yes(buf_string(&typed)) ? NULL : find_stop(a);
	buf_fini(&typed);
	if (!repeat)
		return err;
	err = model_add(session_model(a->session), repeat, &row);
	if (!err)
		a->stop = (struct stop){ .kind = STOP_ROW, .form_node = row->form_node, .entry_id = row->entry_id };
	return err;
}

/* Whether what comes next is another page or row than what was: time to commit. */
static bool is_parting(const struct asking *a, const struct stop *from)
{
	int page = form_node(a->form, from->form_node)->page; /* -1: a question that stands alone */

	return a->stop.kind == STOP_END || a->stop.kind != from->kind || a->stop.entry_id != from->entry_id || page < 0 ||
	       form_node(a->form, a->stop.form_node)->page != page;
}

static int ask_all(struct asking *a)
{
	int err = 0;

	while (!err && !a->is_ended) {
		struct stop from = a->stop;
		struct model_node *n = next_stop(a);

		if (is_parting(a, &from))
			err = save(a);
		if (err || a->stop.kind == STOP_END)
			break;
		show_page(a, n);
		err = a->stop.kind == STOP_QUESTION ? ask_question(a) : ask_row(a);
	}
	return err;
}

int interview(struct store *s, const struct form *form, uint64_t case_id, const struct interview_lock *lock, struct answer_saved *out)
{
	struct asking *a = calloc(1, sizeof *a);
	int saved = 0;
	int err;

	*out = (struct answer_saved){ 0 };
	if (!a)
		return err_set(ERR_NOMEM, "no memory for an interview");
	a->store = s;
	a->dir = lock ? lock->dir : NULL;
	a->form = form;
	a->page = -1;
	a->total.case_id = case_id;
	err = lines_open(&a->lines, STDIN_FILENO, lock ? lock->idle_ms : 0);
	if (!err)
		err = open_session(a);
	say("Enter: skip | -: clear | Ctrl-D: end\nEnter: تخطٍّ | -: مسح | Ctrl-D: إنهاء\n");
	if (!err) {
		err = ask_all(a);
		saved = save(a);
	}
	lines_close(&a->lines);
	session_close(a->session);
	*out = a->total;
	free(a);
	return err ? err : saved;
}
