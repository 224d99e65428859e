/*
 * test_agent_interview: questions at the terminal: what is typed and accepted is saved group by group, also when the person is interrupted.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/command/interview.h"
#include "agent/command/lines.h"
#include "agent/command/question.h"
#include "agent/outbox.h"
#include "agent/shelf.h"
#include "tests/lib/agentkit.h"

#define STARTED 1 /* with the first answer of a visit the form notes when it began: one answer that nobody typed */

static int setup(void **state)
{
	struct agentkit *k = malloc(sizeof *k);

	agentkit_open_enrolled(k);
	*state = k;
	return 0;
}

static int teardown(void **state)
{
	agentkit_close(*state);
	free(*state);
	return 0;
}

/* Make standard input a pipe; the descriptor to write to. */
static int input_pipe(void)
{
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	assert_int_equal(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
	close(ends[0]);
	return ends[1];
}

/* The prompts are not looked at. */
static int silence(void)
{
	int before = dup(STDERR_FILENO);
	int null = open("/dev/null", O_WRONLY);

	assert_true(before >= 0 && null >= 0);
	assert_int_equal(dup2(null, STDERR_FILENO), STDERR_FILENO);
	close(null);
	return before;
}

static struct answer_saved ask(struct agentkit *k, uint64_t case_id, const char *typed)
{
	const struct form *form;
	struct answer_saved saved;
	int64_t form_id;
	int to = input_pipe();
	int before = silence();
	int err;

	assert_int_equal(write(to, typed, strlen(typed)), (ssize_t)strlen(typed));
	close(to);
	assert_int_equal(shelf_form_current(k->s, &form, &form_id), 0);
	err = interview(k->s, form, case_id, NULL, &saved);
	assert_int_equal(dup2(before, STDERR_FILENO), STDERR_FILENO);
	close(before);
	assert_int_equal(err, 0);
	return saved;
}

static void answers_are_saved_and_the_end_of_input_ends(void **state)
{
	struct agentkit *k = *state;
	/* Channel 1, origin skipped, type by label; a first visit has no earlier file to ask for; place by number in Arabic digits. */
	struct answer_saved t = ask(k, 0, "1\n\nأولى\n١\n");
	uint64_t visit = agentkit_entry(k, t.case_id, "visit", 0);

	assert_int_equal(t.answers, 3 + STARTED);
	assert_string_not_equal(agentkit_shown(k, t.case_id, visit, "visit_started_at"), "?");
	assert_string_equal(agentkit_shown(k, t.case_id, visit, "visit_type"), "first");
	assert_string_not_equal(agentkit_shown(k, t.case_id, visit, "intake_channel"), "?");
	assert_string_not_equal(agentkit_shown(k, t.case_id, visit, "visit_place"), "?");
	assert_string_equal(agentkit_shown(k, t.case_id, visit, "case_origin"), "?");
}

static void a_bad_answer_is_asked_again(void **state)
{
	struct agentkit *k = *state;
	struct answer_saved t = ask(k, 0, "999\nno such thing\n2\n");

	assert_int_equal(t.answers, 1 + STARTED);
}

static void nothing_answered_opens_no_case(void **state)
{
	struct agentkit *k = *state;
	struct answer_saved t = ask(k, 0, "\n\n\n");

	assert_int_equal(t.case_id, 0);
	assert_int_equal(ask(k, 0, "-\n-\n").case_id, 0);
	assert_int_equal(ask(k, 0, "").case_id, 0);
}

/* What is typed at question `n`: the rest of that of the lines "name=answer" that names it, "" for none. */
static const char *typed_at(const struct session *x, const struct model_node *n, const char *const *typed)
{
	const char *name = form_node(session_form(x), n->form_node)->name;

	for (size_t i = 0; typed[i]; i++)
		if (strncmp(typed[i], name, strlen(name)) == 0 && typed[i][strlen(name)] == '=')
			return typed[i] + strlen(name) + 1;
	return "";
}

/* The lines for everything below `n`: what is asked depends on what was answered, so answers are given to a session that is never saved. */
static void script_below(struct session *x, struct model_node *n, const char *const *typed, struct buf *out)
{
	const char *answer;

	for (struct model_node *child = n->first; child; child = child->next)
		script_below(x, child, typed, out);
	if (n->kind == MODEL_REPEAT && n->is_relevant)
		buf_text(out, "n\n");
	if (!question_is_asked(x, n))
		return;
	answer = typed_at(x, n, typed);
	buf_printf(out, "%s\n", answer);
	if (*answer)
		assert_int_equal(question_take(x, n, answer), 0);
}

/* All questions skipped (an empty line each) except those that `typed` names. Repeats are declined. */
static void script(struct agentkit *k, uint64_t case_id, const char *const *typed, struct buf *out)
{
	const struct form *form;
	struct session *x;
	int64_t form_id;

	assert_int_equal(shelf_form_current(k->s, &form, &form_id), 0);
	assert_int_equal(session_open(k->s, case_id, form, SESSION_TAKE, &x), 0);
	script_below(x, model_root(session_model(x)), typed, out);
	session_close(x);
}

static void groups_of_one_visit_share_its_entry(void **state)
{
	static const char *const TYPED[] = { "visit_type=1", "village=السدر", "suggestion=شكرًا", "rooms_count=٤", NULL };
	struct agentkit *k = *state;
	struct outbox_counts n;
	struct answer_saved t;
	struct buf text;

	buf_init(&text, 65536);
	script(k, 0, TYPED, &text);
	t = ask(k, 0, buf_string(&text));
	buf_fini(&text);
	assert_int_equal(t.answers, 4 + STARTED);
	assert_string_equal(agentkit_shown(k, t.case_id, agentkit_entry(k, t.case_id, "visit", 0), "suggestion"), "شكرًا");
	assert_int_equal(agentkit_entry(k, t.case_id, "visit", 1), 0);
	assert_string_equal(agentkit_shown(k, t.case_id, t.case_id, "village"), "السدر");
	assert_string_equal(agentkit_shown(k, t.case_id, t.case_id, "rooms_count"), "4");
	assert_int_equal(outbox_count(k->s, &n), 0);
	assert_int_equal(n.groups, 4); /* each group was committed by itself */
}

static void a_minus_clears_what_a_case_holds(void **state)
{
	static const char *const TYPED[] = { "village=السدر", "landmark=البئر", NULL };
	static const char *const AGAIN[] = { "village=-", NULL };
	struct agentkit *k = *state;
	struct answer_saved t;
	struct buf text;

	buf_init(&text, 65536);
	script(k, 0, TYPED, &text);
	t = ask(k, 0, buf_string(&text));
	buf_clear(&text);
	script(k, t.case_id, AGAIN, &text);
	assert_int_equal(ask(k, t.case_id, buf_string(&text)).answers, 1);
	buf_fini(&text);
	assert_string_equal(agentkit_shown(k, t.case_id, t.case_id, "village"), "");
	assert_string_equal(agentkit_shown(k, t.case_id, t.case_id, "landmark"), "البئر");
}

/* The form follows what is answered: refused consent takes the rest of the questions away, and what was answered there is not lost. */
static void what_does_not_apply_is_not_asked(void **state)
{
	static const char *const REFUSED[] = { "visit_type=1", "consent_collect=no", "first_name=نورة", NULL };
	static const char *const GIVEN[] = { "visit_type=1", "consent_collect=yes", "first_name=نورة", NULL };
	struct agentkit *k = *state;
	struct answer_saved t;
	struct buf text;
	size_t asked;

	buf_init(&text, 65536);
	script(k, 0, GIVEN, &text);
	asked = text.len;
	t = ask(k, 0, buf_string(&text));
	assert_string_equal(agentkit_shown(k, t.case_id, t.case_id, "first_name"), "نورة");
	buf_clear(&text);
	script(k, t.case_id, REFUSED, &text);
	assert_true(text.len < asked / 2);
	t = ask(k, t.case_id, buf_string(&text));
	assert_string_equal(agentkit_shown(k, t.case_id, agentkit_entry(k, t.case_id, "visit", 0), "consent_collect"), "no");
	assert_string_equal(agentkit_shown(k, t.case_id, t.case_id, "first_name"), "نورة");
	buf_fini(&text);
}

/* What the form finds wrong is kept, asked again, and left when nothing better is typed. */
static void a_wrong_answer_is_kept_and_asked_again(void **state)
{
	struct agentkit *k = *state;
	/* channel, origin, type: an update; the number of the earlier file has letters that it cannot have, then it is right. */
	struct answer_saved t = ask(k, 0, "1\n\nupdate\nرقم\n");
	uint64_t visit = agentkit_entry(k, t.case_id, "visit", 0);

	assert_string_equal(agentkit_shown(k, t.case_id, visit, "previous_file_number"), "رقم");
	ask(k, t.case_id, "\n\n\n????\n1440/7\n");
	assert_string_equal(agentkit_shown(k, t.case_id, visit, "previous_file_number"), "1440/7");
	assert_int_equal(agentkit_entry(k, t.case_id, "visit", 1), 0);
}

static void rows_are_added_and_answered(void **state)
{
	static const char *const TYPED[] = { "visit_type=1", NULL };
	struct agentkit *k = *state;
	struct answer_saved t;
	struct buf text, more;
	const char *rows;

	buf_init(&text, 65536);
	buf_init(&more, 65536);
	script(k, 0, TYPED, &text);
	/* The first repeat is that of members: one, with a name and nothing else. */
	rows = strstr(buf_string(&text), "n\n");
	assert_non_null(rows);
	buf_append(&more, text.data, (size_t)(rows - buf_string(&text)));
	buf_text(&more, "y\nسالم\n\n\n\n\n\n\n\n\n\n\n\n\n");
	t = ask(k, 0, buf_string(&more));
	assert_string_equal(agentkit_shown(k, t.case_id, agentkit_entry(k, t.case_id, "member", 0), "member_name"), "سالم");
	assert_int_equal(agentkit_entry(k, t.case_id, "member", 1), 0);
	buf_fini(&text);
	buf_fini(&more);
}

/* The child asks; it is interrupted while a third answer is being typed. */
static void an_interrupt_saves_what_was_accepted(void **state)
{
	struct agentkit *k = *state;
	const struct form *form;
	struct answer_saved saved;
	int64_t form_id;
	uint64_t visit;
	int to, status, waiting;
	pid_t pid;

	store_close(k->s);
	k->s = NULL;
	to = input_pipe();
	assert_int_equal(write(to, "1\n2\nhalf a li", 13), 13);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		silence();
		if (store_open(&k->env, k->dir, AGENTKIT_PASS, strlen(AGENTKIT_PASS), &k->s) != 0 ||
		    shelf_form_current(k->s, &form, &form_id) != 0 || interview(k->s, form, 0, NULL, &saved) != 0)
			_exit(1);
		store_close(k->s);
		_exit(saved.answers == 2 + STARTED ? 0 : 2);
	}
	/* Once it has taken everything from the pipe, signals are its own business. */
	while (ioctl(STDIN_FILENO, FIONREAD, &waiting) == 0 && waiting > 0)
		poll(NULL, 0, 5);
	kill(pid, SIGINT);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	close(to);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	agentkit_reopen(k);
	visit = agentkit_entry(k, record_id(AGENTKIT_SITE, 1), "visit", 0);
	assert_string_not_equal(agentkit_shown(k, record_id(AGENTKIT_SITE, 1), visit, "case_origin"), "?");
}

static void lines_end_with_lf_or_crlf_or_the_end(void **state)
{
	struct lines l;
	struct buf line;
	int to = input_pipe();

	(void)state;
	assert_int_equal(write(to, "one\ntwo\r\n\nlast", 14), 14);
	close(to);
	buf_init(&line, 100);
	assert_int_equal(lines_open(&l, STDIN_FILENO, 0), 0);
	assert_int_equal(lines_next(&l, &line), 1);
	assert_string_equal(buf_string(&line), "one");
	assert_int_equal(lines_next(&l, &line), 1);
	assert_string_equal(buf_string(&line), "two");
	assert_int_equal(lines_next(&l, &line), 1);
	assert_string_equal(buf_string(&line), "");
	assert_int_equal(lines_next(&l, &line), 1);
	assert_string_equal(buf_string(&line), "last");
	assert_int_equal(lines_next(&l, &line), 0);
	assert_false(lines_wait(&l, 0));
	raise(SIGTERM);
	assert_true(lines_wait(&l, 0));
	lines_close(&l);
	buf_fini(&line);
}

/* At a terminal of its own: what was typed and handed out is not kept through a rest, what was begun is. */
static void a_rest_keeps_nothing_of_what_was_typed_before(void **state)
{
	struct lines l;
	struct buf line;
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	int slave;

	(void)state;
	assert_true(master >= 0);
	assert_int_equal(grantpt(master), 0);
	assert_int_equal(unlockpt(master), 0);
	slave = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_true(slave >= 0);
	assert_int_equal(write(master, "somebody's answer\n", 18), 18);
	buf_init(&line, 100);
	assert_int_equal(lines_open(&l, slave, 60000), 0);
	assert_int_equal(lines_next(&l, &line), 1);
	assert_string_equal(buf_string(&line), "somebody's answer");
	assert_int_equal(lines_rest(&l), 0);
	assert_null(l.waiting.data);
	assert_int_equal(lines_wake(&l), 0);
	lines_close(&l);
	buf_fini(&line);
	close(slave);
	close(master);
}

static void a_line_without_end_is_refused(void **state)
{
	char piece[4096];
	struct lines l;
	struct buf line;
	int to = input_pipe();
	pid_t pid = fork();
	int got;

	(void)state;
	if (pid == 0) {
		memset(piece, 'x', sizeof piece);
		for (int i = 0; i < 20; i++)
			if (write(to, piece, sizeof piece) < 0)
				_exit(1);
		_exit(0);
	}
	close(to);
	buf_init(&line, LINES_LINE_BYTES_MAX);
	assert_int_equal(lines_open(&l, STDIN_FILENO, 0), 0);
	got = lines_next(&l, &line);
	assert_int_equal(got, ERR_LIMIT);
	lines_close(&l);
	buf_fini(&line);
	while (read(STDIN_FILENO, piece, sizeof piece) > 0)
		continue;
	waitpid(pid, NULL, 0);
}

/* ---- nobody types ---- */

#define IDLE_MS 3000 /* a busy machine must not be taken for a person who went away */

#define HANG_MS 60000 /* what is not shown by then never comes */

/* A person at a terminal: what the interview shows, and a way to type. */
struct person {
	int terminal;       /* the master's side */
	pid_t pid;          /* of the interview */
	char seen[65536];
	size_t seen_len;
	size_t from;        /* what was shown before this was looked at */
};

/* Read until `text` is shown, behind what was looked at before. */
static void sees(struct person *p, const char *text)
{
	const char *at;

	while (!(at = strstr(p->seen + p->from, text))) {
		struct pollfd more = { .fd = p->terminal, .events = POLLIN };
		ssize_t got = poll(&more, 1, HANG_MS) == 1 ? read(p->terminal, p->seen + p->seen_len, sizeof p->seen - 1 - p->seen_len) : 0;

		if (got <= 0)
			kill(p->pid, SIGKILL);
		assert_true(got > 0);
		p->seen_len += (size_t)got;
		p->seen[p->seen_len] = '\0';
	}
	p->from = (size_t)(at - p->seen) + strlen(text);
}

static void types(struct person *p, const char *text)
{
	assert_int_equal(write(p->terminal, text, strlen(text)), (ssize_t)strlen(text));
}

/* Whether the interview has the vault open; its keys live exactly as long. */
static bool holds_vault(const struct person *p)
{
	char name[64], target[256];
	bool is_held = false;

	for (int fd = 3; fd < 64; fd++) {
		ssize_t len;

		snprintf(name, sizeof name, "/proc/%d/fd/%d", (int)p->pid, fd);
		len = readlink(name, target, sizeof target - 1);
		target[len > 0 ? len : 0] = '\0';
		is_held = is_held || strstr(target, STORE_FILE) != NULL;
	}
	return is_held;
}

/* In the child. 0: as many answers as `want`; 3: not opened again, and the store holds no key; else something else went wrong. */
static int ask_at_terminal(struct agentkit *k, const char *slave, size_t want)
{
	struct interview_lock lock = { .dir = k->dir, .idle_ms = IDLE_MS };
	const struct form *form;
	struct answer_saved saved;
	int64_t form_id;
	int err;
	int fd;

	setsid();
	fd = open(slave, O_RDWR);
	if (fd < 0 || dup2(fd, STDIN_FILENO) < 0 || dup2(fd, STDERR_FILENO) < 0)
		return 9;
	if (store_open(&k->env, k->dir, AGENTKIT_PASS, strlen(AGENTKIT_PASS), &k->s) != 0 || shelf_form_current(k->s, &form, &form_id) != 0)
		return 8;
	err = interview(k->s, form, 0, &lock, &saved);
	if (err == ERR_AUTH && !k->s->vault && !k->s->keys && !k->s->db)
		return 3;
	return err ? 7 : saved.answers == want + STARTED ? 0 : 6;
}

/* False when this machine has no pseudo-terminals. */
static bool sits_down(struct agentkit *k, struct person *p, size_t want)
{
	char slave[64] = "";

	memset(p, 0, sizeof *p);
	p->terminal = posix_openpt(O_RDWR | O_NOCTTY);
	if (p->terminal < 0 || grantpt(p->terminal) != 0 || unlockpt(p->terminal) != 0 || ptsname_r(p->terminal, slave, sizeof slave) != 0)
		return false;
	store_close(k->s);
	k->s = NULL;
	p->pid = fork();
	assert_true(p->pid >= 0);
	if (p->pid == 0)
		_exit(ask_at_terminal(k, slave, want));
	return true;
}

static int stands_up(struct person *p)
{
	char rest[256];
	int status;

	while (read(p->terminal, rest, sizeof rest) > 0)
		continue;
	assert_int_equal(waitpid(p->pid, &status, 0), p->pid);
	close(p->terminal);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* Locked in the middle of a visit, with a line begun: both go on where they stood, and what was answered before was safe meanwhile. */
static void what_was_typed_before_a_lock_goes_on_after_it(void **state)
{
	struct agentkit *k = *state;
	struct person p;
	uint64_t case_id = record_id(AGENTKIT_SITE, 1), visit;

	if (!sits_down(k, &p, 3))
		skip();
	sees(&p, "> ");
	types(&p, "1\n");
	sees(&p, "> ");
	types(&p, "\n");
	sees(&p, "> ");
	assert_true(holds_vault(&p));
	types(&p, "أو");
	sees(&p, "Locked");
	assert_false(holds_vault(&p));
	agentkit_reopen(k);
	visit = agentkit_entry(k, case_id, "visit", 0);
	assert_string_not_equal(agentkit_shown(k, case_id, visit, "intake_channel"), "?");
	store_close(k->s);
	k->s = NULL;
	types(&p, "x");
	sees(&p, "Passphrase");
	types(&p, "not the passphrase\n");
	sees(&p, "Passphrase");
	types(&p, AGENTKIT_PASS "\n");
	sees(&p, "> أو");
	types(&p, "لى\n");
	sees(&p, "> ");
	types(&p, "١\n");
	sees(&p, "> ");
	types(&p, "\004");
	assert_int_equal(stands_up(&p), 0);
	assert_null(strstr(p.seen, AGENTKIT_PASS));
	agentkit_reopen(k);
	assert_string_equal(agentkit_shown(k, case_id, visit, "visit_type"), "first");
	assert_string_not_equal(agentkit_shown(k, case_id, visit, "visit_place"), "?");
	assert_int_equal(agentkit_entry(k, case_id, "visit", 1), 0);
}

static void three_wrong_passphrases_end_a_locked_interview(void **state)
{
	struct agentkit *k = *state;
	uint64_t case_id = record_id(AGENTKIT_SITE, 1);
	struct person p;

	if (!sits_down(k, &p, 1))
		skip();
	sees(&p, "> ");
	types(&p, "1\n");
	sees(&p, "Locked");
	types(&p, "x");
	for (int i = 0; i < 3; i++) {
		sees(&p, "Passphrase");
		types(&p, "not the passphrase\n");
	}
	assert_int_equal(stands_up(&p), 3);
	agentkit_reopen(k);
	assert_string_not_equal(agentkit_shown(k, case_id, agentkit_entry(k, case_id, "visit", 0), "intake_channel"), "?");
}

static void a_signal_ends_a_locked_interview(void **state)
{
	struct agentkit *k = *state;
	struct person p;

	if (!sits_down(k, &p, 1))
		skip();
	sees(&p, "> ");
	types(&p, "1\n");
	sees(&p, "Locked");
	kill(p.pid, SIGTERM);
	assert_int_equal(stands_up(&p), 0);
	agentkit_reopen(k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(answers_are_saved_and_the_end_of_input_ends, setup, teardown),
		cmocka_unit_test_setup_teardown(a_bad_answer_is_asked_again, setup, teardown),
		cmocka_unit_test_setup_teardown(nothing_answered_opens_no_case, setup, teardown),
		cmocka_unit_test_setup_teardown(groups_of_one_visit_share_its_entry, setup, teardown),
		cmocka_unit_test_setup_teardown(a_minus_clears_what_a_case_holds, setup, teardown),
		cmocka_unit_test_setup_teardown(what_does_not_apply_is_not_asked, setup, teardown),
		cmocka_unit_test_setup_teardown(a_wrong_answer_is_kept_and_asked_again, setup, teardown),
		cmocka_unit_test_setup_teardown(rows_are_added_and_answered, setup, teardown),
		cmocka_unit_test_setup_teardown(an_interrupt_saves_what_was_accepted, setup, teardown),
		cmocka_unit_test_setup_teardown(what_was_typed_before_a_lock_goes_on_after_it, setup, teardown),
		cmocka_unit_test_setup_teardown(three_wrong_passphrases_end_a_locked_interview, setup, teardown),
		cmocka_unit_test_setup_teardown(a_signal_ends_a_locked_interview, setup, teardown),
		cmocka_unit_test(lines_end_with_lf_or_crlf_or_the_end),
		cmocka_unit_test(a_rest_keeps_nothing_of_what_was_typed_before),
		cmocka_unit_test(a_line_without_end_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
