/*
 * log: one event per line on standard error, made of ids, sizes and codes only, since answers are personal.
 *
 *     level area event key=value key="value with spaces"
 *
 * Whatever a value holds, it stays one value on one line: everything except printable ASCII, quotes and backslashes is
 * written as an escape, and a value with a space or an equals sign is put between quotes. A line is written with one
 * write(), so that threads do not mix their lines. The journal adds the time; log_clock() is for programs run by hand.
 */
#ifndef PROTO_BASE_LOG_H
#define PROTO_BASE_LOG_H

#include "proto/base/env.h"
#include "proto/base/err.h"

enum log_level {
	LOG_ERROR,  /* something failed and a person must look */
	LOG_WARN,   /* something is wrong but work goes on */
	LOG_INFO,   /* a station was passed: started, received, applied */
	LOG_DEBUG,  /* state moves */
};

/*
 * Write events up to and including `level` from now on; LOG_INFO before the first call. For main() while there is one
 * thread: the level belongs to the process, as standard error does.
 */
void log_open(enum log_level level);

/* Begin each line with the UTC time of `env` (borrowed until the process ends); NULL leaves the time out again. */
void log_clock(const struct env *env);

/* The level named `name` ("error", "warn", "info", "debug") into `*out`. ERR_USAGE for any other name. */
int log_level_parse(const char *name, enum log_level *out) MUST_CHECK;

/*
 * One event. `area` is the station ("intake"), `event` what happened ("accepted"), `fmt` is printf's, made of `key=%...`
 * pairs with one space between them and no spaces inside a conversion; NULL when there is nothing to add. A line holds at
 * most 1,023 bytes, the rest is cut. errno is kept.
 */
void log_event(enum log_level level, const char *area, const char *event, const char *fmt, ...) PRINTF_LIKE(4, 5);

#endif
