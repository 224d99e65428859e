/*
 * batch: what one contact carries, made of samples: N applications of one device as edit groups, small later edits of
 * them, and the same as registers of a pull. For benches, training and tests.
 *
 * Everything follows from (seed, count); different seeds give different people, another site, another boot.
 */
#ifndef TESTS_LIB_BATCH_H
#define TESTS_LIB_BATCH_H

#include "proto/changeset.h"
#include "tests/lib/sample.h"

struct batch {
	struct sample **samples;   /* owned, one for each application */
	struct edit_group *groups; /* owned array, one for each application */
	size_t count;
	struct edit_group *edits;  /* small edits of some of the applications, made by batch_edit(); owned array */
	size_t edit_count;
	struct sample_arena arena;
};

/* `count` applications. Free with batch_fini(), also after a failure. ERR_NOMEM. */
int batch_init(struct batch *b, const struct form *f, uint64_t seed, size_t count) MUST_CHECK;
void batch_fini(struct batch *b);

/* Make small edits (`fields` values each) of every `step`-th application, in b->edits. */
int batch_edit(struct batch *b, const struct form *f, uint64_t seed, size_t step, size_t fields) MUST_CHECK;

/*
 * The edits of `groups` as the centre sends them down: registers in order, sequence numbers as the merge would have given
 * them, in an array that the caller frees. Sorted by case; `groups` must name each case once.
 */
int batch_registers(const struct edit_group *groups, size_t count, uint64_t first_at, uint32_t writer,
		    struct changeset_register **out, size_t *register_count) MUST_CHECK;

/* The values of the applications by column: one value a line, no keys; what a general compressor gets to beat. */
void batch_columns(const struct batch *b, const struct form *f, struct buf *out);

#endif
