/*
 * log: see log.h.
 *
 * The caller gives a printf format, and the values it prints may hold spaces or even whole forged pairs. To know where a
 * value ends, the spaces of the format are replaced by a control character before it is printed, and the output is cut at
 * that character. A value that holds the control character makes the count wrong: then nothing is cut, and the output
 * is written as one quoted value.
 */
#include "proto/base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LINE_BYTES_MAX 1024
#define FORMAT_BYTES_MAX 512
#define SEPARATOR '\x1f'

/* Standard error belongs to the process, and so do these. */
static _Atomic int level_max = LOG_INFO;
static const struct env *_Atomic clock_env;

static const char *const LEVEL_NAMES[] = {
	[LOG_ERROR] = "error", [LOG_WARN] = "warn", [LOG_INFO] = "info", [LOG_DEBUG] = "debug",
};

/* A line under construction; what does not fit is left out. */
struct line {
	char text[LINE_BYTES_MAX];
	size_t len;
};

static void line_add(struct line *l, const char *piece)
{
	size_t len = strlen(piece);

	if (len > sizeof l->text - 1 - l->len)
		return;
	memcpy(l->text + l->len, piece, len);
	l->len += len;
}

static void line_add_escaped(struct line *l, char c)
{
	unsigned char byte = (unsigned char)c;
	char piece[5] = { c, '\0' };

	if (c == '"' || c == '\\')
		snprintf(piece, sizeof piece, "\\%c", c);
	else if (byte < 0x20 || byte > 0x7e)
		snprintf(piece, sizeof piece, "\\x%02x", byte);
	line_add(l, piece);
}

static bool value_is_plain(const char *value, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (value[i] <= ' ' || value[i] > '~' || value[i] == '"' || value[i] == '\\' || value[i] == '=')
			return false;
	return len != 0;
}

static void line_add_value(struct line *l, const char *value, size_t len)
{
	bool plain = value_is_plain(value, len);

	if (!plain)
		line_add(l, "\"");
	for (size_t i = 0; i < len; i++)
		line_add_escaped(l, value[i]);
	if (!plain)
		line_add(l, "\"");
}

/* One `key=value`: the key comes from the caller's format, the value from anywhere. */
static void line_add_pair(struct line *l, const char *pair, size_t len)
{
	const char *equals = memchr(pair, '=', len);
	size_t key_len = equals ? (size_t)(equals - pair) : 0;

	line_add(l, " ");
	if (key_len != 0) {
		line_add_value(l, pair, key_len);
		line_add(l, "=");
		key_len++;
	}
	line_add_value(l, pair + key_len, len - key_len);
}

/* Copy `fmt` with its spaces turned into separators; how many there were, or -1 when it does not fit. */
static int format_mark(char marked[static FORMAT_BYTES_MAX], const char *fmt)
{
	size_t len = strlen(fmt);
	int count = 0;

	if (len >= FORMAT_BYTES_MAX)
		return -1;
	memcpy(marked, fmt, len + 1);
	for (size_t i = 0; i < len; i++) {
		if (marked[i] != ' ')
			continue;
		marked[i] = SEPARATOR;
		count++;
	}
	return count;
}

static int separator_count(const char *text)
{
	int count = 0;

	for (; *text; text++)
		count += *text == SEPARATOR;
	return count;
}

static void line_add_details(struct line *l, const char *fmt, va_list args)
{
	char marked[FORMAT_BYTES_MAX];
	char details[LINE_BYTES_MAX];
	int pairs = format_mark(marked, fmt);
	const char *at = details;
	int len;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	/* The format is the caller's own, checked by the compiler there; only its spaces were changed. */
	len = vsnprintf(details, sizeof details, pairs < 0 ? fmt : marked, args);
#pragma GCC diagnostic pop
	if (len < 0)
		return;
	if ((size_t)len >= sizeof details || separator_count(details) != pairs) {
		line_add(l, " detail=");
		line_add_value(l, details, strlen(details));
		return;
	}
	for (; pairs > 0; pairs--) {
		size_t pair_len = strcspn(at, "\x1f");

		line_add_pair(l, at, pair_len);
		at += pair_len + 1;
	}
	line_add_pair(l, at, strlen(at));
}

static void line_add_time(struct line *l, const struct env *env)
{
	char text[40];
	int64_t ms = env_wall_ms(env);
	time_t seconds = (time_t)(ms / 1000);
	struct tm utc;
	size_t len;

	if (!gmtime_r(&seconds, &utc))
		return;
	len = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);
	snprintf(text + len, sizeof text - len, ".%03dZ ", (int)(ms % 1000));
	line_add(l, text);
}

void log_open(enum log_level level)
{
	level_max = (int)level;
}

void log_clock(const struct env *env)
{
	clock_env = env;
}

int log_level_parse(const char *name, enum log_level *out)
{
	for (size_t i = 0; i < sizeof LEVEL_NAMES / sizeof LEVEL_NAMES[0]; i++) {
		if (strcmp(name, LEVEL_NAMES[i]) != 0)
			continue;
		*out = (enum log_level)i;
		return 0;
	}
	return err_set(ERR_USAGE, "log level: not one of error, warn, info, debug");
}

void log_event(enum log_level level, const char *area, const char *event, const char *fmt, ...)
{
	struct line line = { .len = 0 };
	const struct env *env = clock_env;
	int kept_errno = errno;
	ssize_t written;
	va_list args;

	if ((int)level > level_max)
		return;
	if (env)
		line_add_time(&line, env);
	line_add(&line, LEVEL_NAMES[level]);
	line_add(&line, " ");
	line_add_value(&line, area, strlen(area));
	line_add(&line, " ");
	line_add_value(&line, event, strlen(event));
	if (fmt) {
		va_start(args, fmt);
		line_add_details(&line, fmt, args);
		va_end(args);
	}
	line.text[line.len++] = '\n';
	written = write(STDERR_FILENO, line.text, line.len);
	(void)written; /* a log that cannot be written has nobody to tell */
	errno = kept_errno;
}
