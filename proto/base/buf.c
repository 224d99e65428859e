/*
 * buf: see buf.h.
 */
#include "proto/base/buf.h"

#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUF_FIRST_BYTES 256

void buf_init(struct buf *b, size_t max)
{
	*b = (struct buf){ .max = max };
}

void buf_fini(struct buf *b)
{
	size_t max = b->max;

	if (b->data)
		sodium_memzero(b->data, b->cap);
	free(b->data);
	*b = (struct buf){ .max = max };
}

void buf_clear(struct buf *b)
{
	b->len = 0;
	b->error = 0;
}

/* Make room for `more` bytes and one NUL behind them. */
static int buf_reserve(struct buf *b, size_t more)
{
	uint8_t *grown;
	size_t cap;

	if (b->error)
		return b->error;
	if (more > b->max - b->len)
		return b->error = ERR_LIMIT;
	if (b->len + more < b->cap)
		return 0;
	cap = b->cap ? b->cap : BUF_FIRST_BYTES;
	while (cap <= b->len + more)
		cap *= 2;
	grown = malloc(cap);
	if (!grown)
		return b->error = ERR_NOMEM;
	if (b->len)
		memcpy(grown, b->data, b->len);
	if (b->data)
		sodium_memzero(b->data, b->cap);
	free(b->data);
	b->data = grown;
	b->cap = cap;
	return 0;
}

uint8_t *buf_space(struct buf *b, size_t len)
{
	uint8_t *at;

	if (buf_reserve(b, len) != 0)
		return NULL;
	at = b->data + b->len;
	memset(at, 0, len);
	b->len += len;
	return at;
}

void buf_append(struct buf *b, const void *data, size_t len)
{
	if (buf_reserve(b, len) != 0 || len == 0)
		return;
	memcpy(b->data + b->len, data, len);
	b->len += len;
}

void buf_text(struct buf *b, const char *text)
{
	buf_append(b, text, strlen(text));
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	if (len < 0 || buf_reserve(b, (size_t)len) != 0)
		return;
	va_start(args, fmt);
	vsnprintf((char *)b->data + b->len, (size_t)len + 1, fmt, args);
	va_end(args);
	b->len += (size_t)len;
}

const char *buf_string(struct buf *b)
{
	if (buf_reserve(b, 0) != 0)
		return "";
	b->data[b->len] = '\0';
	return (const char *)b->data;
}

int buf_error(const struct buf *b)
{
	if (b->error == ERR_LIMIT)
		return err_set(ERR_LIMIT, "buffer: more than %zu bytes", b->max);
	if (b->error == ERR_NOMEM)
		return err_set(ERR_NOMEM, "buffer: no memory for %zu bytes", b->cap * 2);
	return 0;
}
