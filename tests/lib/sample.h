/*
 * sample: invented support applications over the default form, for tests, benches, training and `make run`.
 *
 * Everything follows from (seed, index) through its own generator (splitmix64), the same on every machine: two runs give
 * the same bytes. The people are invented: identity numbers have correct check digits behind the patterned beginnings 10000
 * and 11111 (2000 for residents), IBANs are bank code 80 and mostly zeros, mobile numbers begin +96650000.
 *
 * The mix holds what a representative meets: widows and deserted women with papers missing, people who sign by thumb before
 * a witness, people without identity number or telephone, households of 0 to 8 members, narratives of up to 600 characters.
 * An application has about 110 answers beside those of its members, and about 2.4 KB of values.
 */
#ifndef TESTS_LIB_SAMPLE_H
#define TESTS_LIB_SAMPLE_H

#include <stddef.h>
#include <stdint.h>

#include "proto/base/buf.h"
#include "proto/edit.h"
#include "proto/form/form.h"

/* Whose application it is. */
enum sample_kind {
	SAMPLE_KIND_POOR,
	SAMPLE_KIND_WIDOW,
	SAMPLE_KIND_DIVORCED,
	SAMPLE_KIND_DESERTED,
	SAMPLE_KIND_PRISONER,
	SAMPLE_KIND_ILL,
	SAMPLE_KIND_ELDERLY,
	SAMPLE_KIND_DEBTOR,
	SAMPLE_KIND_EMERGENCY,
	SAMPLE_KIND_UNMARRIED,
	SAMPLE_KIND_RESIDENT,
	SAMPLE_KINDS
};

/* One answer. The value is canonical, except that a select_member value is "applicant" or "member:N" (N from 1). */
struct sample_answer {
	uint16_t entry_type; /* index in the form */
	uint32_t row;        /* from 1 within its entry type; 1 for root, visit and declaration */
	uint16_t field;      /* index in the form */
	char *value;         /* owned by the sample */
};

struct sample {
	const struct form *form;       /* borrowed */
	uint64_t seed;
	uint32_t index;
	enum sample_kind kind;
	uint32_t member_count;
	struct sample_answer *answers; /* by entry type, row, field */
	size_t count;
	size_t cap;
};

/*
 * Application `index` of `seed`, without pen strokes (sample_sign() adds them) and photos. `f` must be the default form,
 * or one that holds its fields. `*out` is owned by the caller. ERR_NOMEM.
 */
int sample_application(const struct form *f, uint64_t seed, uint32_t index, struct sample **out) MUST_CHECK;
void sample_free(struct sample *s);

/*
 * Add the strokes of the representative, and of the applicant where signature_method asks for them, about 150 bytes each.
 * They are apart because they cannot be compressed: the measured workload has none.
 */
int sample_sign(struct sample *s) MUST_CHECK;

/* The value of a field, or NULL when it was not answered. */
const char *sample_value(const struct sample *s, const char *field, uint32_t row);

/*
 * Append the application as `mandoob-agent take` reads it: one JSON object on one line, with LF. Fields of root, visit and
 * declaration stand at the top; each other entry type is an array of objects under its name.
 */
void sample_json(const struct sample *s, struct buf *out);

/* Memory of edit groups made from samples. Begin with zeros. */
struct sample_arena {
	void **blocks; /* owned, and each of them */
	size_t count;
};
void sample_arena_fini(struct sample_arena *a);

/*
 * The application as one edit group in canonical order. Ids are record_id(site, ++*counter): the case first, then each row
 * in order. Values borrow from `s`, the rest from `a`; both must outlive the group. Filled in: case_id, author 1, role
 * representative, form, number 1, a made-up time that grows with the index, seen 0. ERR_NOMEM.
 */
int sample_group(const struct form *f, const struct sample *s, uint32_t site, uint32_t *counter, struct edit_group *out,
		 struct sample_arena *a) MUST_CHECK;

/*
 * A small offline change of the case that `base` made: `count` of its answers (never a select_member) with other values,
 * following from (seed, index). Head as in `base`, number one higher, an hour later. Values borrow from `a`. Fewer than `count`
 * edits when `base` is too small. ERR_NOMEM.
 */
int sample_edits(const struct form *f, uint64_t seed, uint32_t index, const struct edit_group *base, size_t count,
		 struct edit_group *out, struct sample_arena *a) MUST_CHECK;

#endif
