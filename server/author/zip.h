/*
 * zip: a ZIP archive in memory, as far as .xlsx files are one: stored and deflated entries, no encryption, no parts on other
 * disks, no ZIP64.
 *
 * Reading: zip_open() walks the central directory once and checks everything that can be checked without inflating: counts,
 * sizes, ratio, that each local header agrees, that no two entries share bytes or a name. zip_read() then inflates one entry in
 * pieces, so no entry is ever whole in memory. Names are compared as the Open Packaging Conventions do: ASCII case is
 * forgiven; '\' is '/', since some programs write it so.
 * Writing: entries are appended to a buf; time stamps are fixed, so the same content gives the same bytes.
 */
#ifndef SERVER_AUTHOR_ZIP_H
#define SERVER_AUTHOR_ZIP_H

#include <stddef.h>
#include <stdint.h>

#include "proto/base/buf.h"
#include "proto/base/err.h"

#define ZIP_ENTRIES_MAX 4096      /* a workbook has some 10 to 200 */
#define ZIP_NAME_BYTES_MAX 512
#define ZIP_RATIO_MAX 300         /* inflated to deflated, of entries above ZIP_RATIO_FROM_BYTES: large sheets reach about 30 */
#define ZIP_RATIO_FROM_BYTES (8 * 1024 * 1024)

struct zip;

/*
 * Open the archive `data` of `len` bytes, borrowed until zip_close(). All zip_read() together give at most `total_max` bytes.
 * ERR_CORRUPT: not an archive, a broken or an encrypted one; ERR_LIMIT: a ceiling, or ZIP64; ERR_NOMEM.
 */
int zip_open(const void *data, size_t len, size_t total_max, struct zip **out) MUST_CHECK;
void zip_close(struct zip *z);

/* The entry named `name`, to be given to zip_read(); -1 when there is none. */
int zip_find(const struct zip *z, const char *name);

/* Takes `len` (not 0) inflated bytes; 0 to go on, an error to stop. */
typedef int zip_sink(void *ctx, const uint8_t *data, size_t len);

/*
 * Inflate `entry` (from zip_find()) into `sink` piece by piece. At most `max` bytes. The checksum is known at the end only: what
 * the sink got is to be thrown away when this fails. ERR_CORRUPT, ERR_LIMIT, ERR_NOMEM, or what the sink returned.
 */
int zip_read(struct zip *z, int entry, size_t max, zip_sink *sink, void *ctx) MUST_CHECK;

#define ZIP_WRITE_ENTRIES_MAX 128

/* An archive being written; members are the writer's own. */
struct zip_writer {
	struct buf *out;     /* borrowed; the archive begins at its `begin` */
	size_t begin;
	struct buf central;  /* the directory so far */
	size_t count;
	int error;           /* sticky */
};

void zip_writer_init(struct zip_writer *w, struct buf *out);
/* Append an entry; an error is kept for zip_writer_finish(). At most ZIP_WRITE_ENTRIES_MAX. */
void zip_writer_add(struct zip_writer *w, const char *name, const void *data, size_t len);
/* Append the directory and release the writer's memory; must be called once. The first error: ERR_LIMIT, ERR_NOMEM. */
int zip_writer_finish(struct zip_writer *w) MUST_CHECK;

#endif
