/*
 * lines: see lines.h.
 */
#include "agent/command/lines.h"

#include <errno.h>
#include <poll.h>
#include <sodium.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define PIECE_BYTES 4096

int lines_open(struct lines *l, int input, int64_t idle_ms)
{
	sigset_t set;

	*l = (struct lines){ .input = input, .signals = -1, .timer = -1, .idle_ms = isatty(input) ? idle_ms : 0 };
	buf_init(&l->waiting, LINES_LINE_BYTES_MAX);
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &set, &l->before) != 0)
		return err_set(ERR_IO, "signals: %s", strerror(errno));
	l->signals = signalfd(-1, &set, SFD_CLOEXEC);
	if (l->idle_ms)
		l->timer = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC);
	if (l->signals >= 0 && (!l->idle_ms || l->timer >= 0))
		return 0;
	sigprocmask(SIG_SETMASK, &l->before, NULL);
	if (l->signals >= 0)
		close(l->signals);
	l->signals = -1;
	return err_set(ERR_IO, "signals: %s", strerror(errno));
}

/* A signal that came is taken off first, or putting the mask back would end the program after all. */
void lines_close(struct lines *l)
{
	(void)lines_wake(l);
	if (l->signals >= 0) {
		(void)lines_wait(l, 0);
		close(l->signals);
		sigprocmask(SIG_SETMASK, &l->before, NULL);
		l->signals = -1;
	}
	if (l->idle_ms && l->timer >= 0)
		close(l->timer);
	l->timer = -1;
	buf_fini(&l->waiting);
}

bool lines_wait(struct lines *l, int timeout_ms)
{
	struct pollfd p = { .fd = l->signals, .events = POLLIN };
	struct signalfd_siginfo info;

	if (l->signals < 0 || poll(&p, 1, timeout_ms) <= 0)
		return false;
	return read(l->signals, &info, sizeof info) == (ssize_t)sizeof info;
}

/* Hand out the first line of what waits: true when there is a whole one, or the rest at the end. */
static bool take_line(struct lines *l, struct buf *out)
{
	const uint8_t *end = l->waiting.len ? memchr(l->waiting.data, '\n', l->waiting.len) : NULL;
	size_t len = end ? (size_t)(end - l->waiting.data) : l->waiting.len;
	size_t used = end ? len + 1 : len;

	if (!end && (!l->is_ended || len == 0))
		return false;
	buf_append(out, l->waiting.data, len && l->waiting.data[len - 1] == '\r' ? len - 1 : len);
	memmove(l->waiting.data, l->waiting.data + used, l->waiting.len - used);
	l->waiting.len -= used;
	return true;
}

/* Wait for input, a signal or, with `timer` not -1, its end. 1: input or its end; 0: a signal; LINES_IDLE; ERR_IO. */
static int wait_input(struct lines *l, int timer)
{
	struct pollfd p[3] = {
		{ .fd = l->input, .events = POLLIN }, { .fd = l->signals, .events = POLLIN }, { .fd = timer, .events = POLLIN }
	};

	while (poll(p, 3, -1) < 0)
		if (errno != EINTR)
			return err_set(ERR_IO, "standard input: %s", strerror(errno));
	if (p[1].revents & POLLIN)
		return 0;
	return p[0].revents ? 1 : LINES_IDLE;
}

/* Read one piece. The terminal hands it out without waiting. */
static int read_piece(struct lines *l)
{
	uint8_t piece[PIECE_BYTES];
	ssize_t got = read(l->input, piece, sizeof piece);

	if (got < 0)
		return errno == EINTR ? 0 : err_set(ERR_IO, "standard input: %s", strerror(errno));
	l->is_ended = got == 0;
	buf_append(&l->waiting, piece, (size_t)got);
	explicit_bzero(piece, sizeof piece);
	return buf_error(&l->waiting) ? err_set(ERR_LIMIT, "a line is longer than %d bytes", LINES_LINE_BYTES_MAX) : 0;
}

static int start_timer(struct lines *l)
{
	struct itimerspec in = { .it_value = { .tv_sec = l->idle_ms / 1000, .tv_nsec = l->idle_ms % 1000 * 1000000 } };

	if (l->timer >= 0 && timerfd_settime(l->timer, 0, &in, NULL) != 0)
		return err_set(ERR_IO, "timer: %s", strerror(errno));
	return 0;
}

int lines_next(struct lines *l, struct buf *out)
{
	buf_clear(out);
	while (!take_line(l, out)) {
		int got;

		if (l->is_ended)
			return 0;
		got = start_timer(l);
		if (!got)
			got = wait_input(l, l->timer);
		if (got == 0) {
			/* What stands in the line being typed was not entered. */
			buf_clear(&l->waiting);
			l->is_ended = true;
			return 0;
		}
		if (got == 1)
			got = read_piece(l);
		if (got != 0)
			return got;
	}
	return buf_error(out) ? buf_error(out) : 1;
}

/* ---- at rest ---- */

/*
 * Without ICANON the terminal gives up the line that is being typed. VMIN 0: a read does not wait. What is typed from here on only stirs
 * us and is flushed by the prompt that follows.
 */
static int take_begun(struct lines *l)
{
	struct termios quiet = l->cooked;
	int err;

	quiet.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ECHONL);
	quiet.c_cc[VMIN] = 0;
	quiet.c_cc[VTIME] = 0;
	if (tcsetattr(l->input, TCSANOW, &quiet) != 0)
		return err_set(ERR_IO, "terminal: %s", strerror(errno));
	err = read_piece(l);
	l->is_ended = false; /* nothing was begun: that is not the end */
	if (!err && l->waiting.len) {
		l->begun = sodium_malloc(l->waiting.len);
		if (!l->begun)
			return err_set(ERR_NOMEM, "no locked memory for what was typed");
		memcpy(l->begun, l->waiting.data, l->waiting.len);
		l->begun_len = l->waiting.len;
	}
	if (!err)
		buf_fini(&l->waiting); /* also of lines that were handed out before: their bytes are in it */
	return err;
}

int lines_rest(struct lines *l)
{
	if (tcgetattr(l->input, &l->cooked) != 0)
		return err_set(ERR_IO, "terminal: %s", strerror(errno));
	l->is_resting = true;
	return take_begun(l);
}

int lines_stir(struct lines *l)
{
	int got = wait_input(l, -1);

	l->is_ended = got == 0;
	return got;
}

size_t lines_wake(struct lines *l)
{
	if (!l->is_resting)
		return 0;
	(void)tcsetattr(l->input, TCSAFLUSH, &l->cooked);
	l->is_resting = false;
	if (l->begun) {
		buf_append(&l->waiting, l->begun, l->begun_len);
		sodium_free(l->begun);
		l->begun = NULL;
		l->begun_len = 0;
	}
	return l->waiting.len;
}

const char *lines_begun(struct lines *l)
{
	return buf_string(&l->waiting);
}
