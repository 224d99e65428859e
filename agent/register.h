/*
 * register: what the centre has confirmed on this device, with its digest; and how a person sees it under what is still unconfirmed.
 */
#ifndef AGENT_REGISTER_H
#define AGENT_REGISTER_H

#include "agent/store.h"

struct register_write {
	uint64_t case_id;
	uint64_t entry_id;
	const char *field;
	const char *entry_type;
	const char *value;
	size_t value_len;
	uint64_t at;
	uint32_t writer;
	uint32_t author;
	const char *reason; /* NULL when none */
	uint64_t contact;   /* newest contact number of this store when it is written */
	uint64_t whole;     /* part of a pull of the whole scope that began with this contact; 0: of an ordinary answer */
};

/*
 * Write one confirmed register (inside a transaction) unless a newer one is held; keeps the digest. *changed says whether it was new.
 * As part of a whole scope it replaces whatever was held since before that began, whatever its `at`: a centre that was restored from a
 * backup may hold less than it once told. What came since, by a receipt for instance, gives way to a newer one only.
 */
int register_put(struct store *s, const struct register_write *w, bool *changed) MUST_CHECK;

/*
 * The whole scope has arrived (inside a transaction): forget what was not written again since contact `contact`, and take the digest anew.
 */
int register_forget_before(struct store *s, uint64_t contact) MUST_CHECK;

/* The digest of all confirmed registers as kept up; and the same computed anew from the rows. */
int register_digest(struct store *s, struct record_digest *out) MUST_CHECK;
int register_digest_again(struct store *s, struct record_digest *out) MUST_CHECK;

/* The highest `at` of all confirmed registers, 0 when there is none. Reads them all. */
int register_newest(struct store *s, uint64_t *at) MUST_CHECK;

#endif
