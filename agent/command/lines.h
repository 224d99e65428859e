/*
 * lines: standard input line by line, ended by SIGINT, SIGTERM or SIGHUP without losing control.
 *
 * While it is open the three signals are blocked and watched together with the input, so that a program can finish what it holds.
 */
#ifndef AGENT_COMMAND_LINES_H
#define AGENT_COMMAND_LINES_H

#include <signal.h>
#include <stdbool.h>

#include "proto/base/buf.h"

#define LINES_LINE_BYTES_MAX (64 * 1024)

struct lines {
	int input;          /* descriptor read from; borrowed */
	int signals;        /* signalfd; owned */
	sigset_t before;    /* signal mask to put back */
	struct buf waiting; /* read but not yet handed out */
	bool is_ended;
};

/* ERR_IO. */
int lines_open(struct lines *l, int input) MUST_CHECK;
void lines_close(struct lines *l);

/* The next line without its line end into `out` (cleared first): 1; 0 at the end or after a signal; ERR_IO, ERR_LIMIT. */
int lines_next(struct lines *l, struct buf *out) MUST_CHECK;

/* Wait up to `timeout_ms` for a signal, without reading: true when one came. */
bool lines_wait(struct lines *l, int timeout_ms);

#endif
