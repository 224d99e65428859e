/*
 * lines: standard input line by line, ended by SIGINT, SIGTERM or SIGHUP without losing control, and put to rest when nobody types.
 *
 * While it is open the three signals are blocked and watched together with the input, so that a program can finish what it holds.
 * A terminal hands out whole lines only, so what was begun when the time is up is taken from it by lines_rest(), kept in locked memory
 * and handed out as the beginning of the next line.
 */
#ifndef AGENT_COMMAND_LINES_H
#define AGENT_COMMAND_LINES_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <termios.h>

#include "proto/base/buf.h"

#define LINES_LINE_BYTES_MAX (64 * 1024)
#define LINES_IDLE 2

struct lines {
	int input;              /* descriptor read from; borrowed */
	int signals;            /* signalfd; owned */
	int timer;              /* timerfd, runs while the machine sleeps too; -1: none; owned */
	int64_t idle_ms;        /* how long to wait for a line; 0: without end */
	sigset_t before;        /* signal mask to put back */
	struct buf waiting;     /* read but not yet handed out */
	bool is_ended;
	bool is_resting;        /* between lines_rest() and lines_wake() */
	struct termios cooked;  /* the terminal's own settings, while it rests */
	uint8_t *begun;         /* what stood in `waiting` then; sodium_malloc memory; NULL: nothing */
	size_t begun_len;
};

/* `idle_ms` counts only when `input` is a terminal. ERR_IO. */
int lines_open(struct lines *l, int input, int64_t idle_ms) MUST_CHECK;
void lines_close(struct lines *l);

/*
 * The next line without its line end into `out` (cleared first): 1; 0 at the end or after a signal; LINES_IDLE when no line came for
 * idle_ms; ERR_IO, ERR_LIMIT.
 */
int lines_next(struct lines *l, struct buf *out) MUST_CHECK;

/* After LINES_IDLE: take what was begun off the terminal and switch its echo off, until lines_wake(). ERR_IO, ERR_NOMEM. */
int lines_rest(struct lines *l) MUST_CHECK;

/* At rest: wait for a key, which is not read: 1; 0: a signal came, and the input ends; ERR_IO. */
int lines_stir(struct lines *l) MUST_CHECK;

/* Put the terminal back. Returns how many bytes the next line begins with, which lines_begun() shows. */
size_t lines_wake(struct lines *l);

/* What the next line begins with. Valid until lines_next(). */
const char *lines_begun(struct lines *l);

/* Wait up to `timeout_ms` for a signal, without reading: true when one came. */
bool lines_wait(struct lines *l, int timeout_ms);

#endif
