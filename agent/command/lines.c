/*
 * lines: see lines.h.
 */
#include "agent/command/lines.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define PIECE_BYTES 4096

int lines_open(struct lines *l, int input)
{
	sigset_t set;

	*l = (struct lines){ .input = input, .signals = -1 };
	buf_init(&l->waiting, LINES_LINE_BYTES_MAX);
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &set, &l->before) != 0)
		return err_set(ERR_IO, "signals: %s", strerror(errno));
	l->signals = signalfd(-1, &set, SFD_CLOEXEC);
	if (l->signals < 0) {
		sigprocmask(SIG_SETMASK, &l->before, NULL);
		return err_set(ERR_IO, "signals: %s", strerror(errno));
	}
	return 0;
}

/* A signal that came is taken off first, or putting the mask back would end the program after all. */
void lines_close(struct lines *l)
{
	if (l->signals >= 0) {
		(void)lines_wait(l, 0);
		close(l->signals);
		sigprocmask(SIG_SETMASK, &l->before, NULL);
		l->signals = -1;
	}
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

/* Wait for input or a signal and read one piece. */
static int read_piece(struct lines *l)
{
	struct pollfd p[2] = { { .fd = l->input, .events = POLLIN }, { .fd = l->signals, .events = POLLIN } };
	uint8_t piece[PIECE_BYTES];
	ssize_t got;

	if (poll(p, 2, -1) < 0)
		return errno == EINTR ? 0 : err_set(ERR_IO, "standard input: %s", strerror(errno));
	if (p[1].revents & POLLIN) {
		/* What stands in the line being typed was not entered. */
		buf_clear(&l->waiting);
		l->is_ended = true;
		return 0;
	}
	got = read(l->input, piece, sizeof piece);
	if (got < 0)
		return errno == EINTR ? 0 : err_set(ERR_IO, "standard input: %s", strerror(errno));
	l->is_ended = got == 0;
	buf_append(&l->waiting, piece, (size_t)got);
	explicit_bzero(piece, sizeof piece);
	return buf_error(&l->waiting) ? err_set(ERR_LIMIT, "a line is longer than %d bytes", LINES_LINE_BYTES_MAX) : 0;
}

int lines_next(struct lines *l, struct buf *out)
{
	int err;

	buf_clear(out);
	while (!take_line(l, out)) {
		if (l->is_ended)
			return 0;
		err = read_piece(l);
		if (err)
			return err;
	}
	return buf_error(out) ? buf_error(out) : 1;
}
