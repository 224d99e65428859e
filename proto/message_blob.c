/*
 * message_blob: see message_blob.h.
 */
#include "proto/message_blob.h"

#include <string.h>

#include "proto/base/text.h"

int message_blob_check(const struct message_blob *blob, size_t min, size_t max, const char *what)
{
	if (blob->len < min)
		return err_set(ERR_USAGE, "%s: %zu bytes, fewer than %zu", what, blob->len, min);
	if (blob->len > max)
		return err_set(ERR_LIMIT, "%s: %zu bytes, more than %zu", what, blob->len, max);
	return 0;
}

void message_blob_write(struct buf *b, const struct message_blob *blob)
{
	write_varint(b, blob->len);
	buf_append(b, blob->data, blob->len);
}

struct message_blob message_blob_read(struct reader *r, size_t min, size_t max)
{
	struct message_blob blob = { 0 };
	size_t len = reader_varint(r, max);

	if (len < min)
		reader_fail(r);
	if (!r->failed && len != 0)
		blob.data = reader_bytes(r, len);
	if (blob.data)
		blob.len = len;
	return blob;
}

int message_blob_check_text(const char *text, size_t max, const char *what)
{
	size_t len = strnlen(text, max + 1);

	if (len > max)
		return err_set(ERR_LIMIT, "%s: more than %zu bytes", what, max);
	if (!text_is_utf8(text, len))
		return err_set(ERR_USAGE, "%s: not UTF-8", what);
	return 0;
}

void message_blob_write_text(struct buf *b, const char *text)
{
	write_varint(b, strlen(text));
	buf_text(b, text);
}

void message_blob_read_text(struct reader *r, char *out, size_t max)
{
	struct message_blob text = message_blob_read(r, 0, max);

	out[0] = '\0';
	if (text.len == 0)
		return;
	if (memchr(text.data, 0, text.len) || !text_is_utf8(text.data, text.len)) {
		reader_fail(r);
		return;
	}
	memcpy(out, text.data, text.len);
	out[text.len] = '\0';
}
