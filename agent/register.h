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
	uint64_t contact;   /* contact number that brings it */
	bool is_forced;     /* part of a pull of the whole scope: replaces a register of the same `at` too */
};

/*
 * Write one confirmed register (inside a transaction) unless a newer one is held; keeps the digest. *changed says whether it was written.
 */
int register_put(struct store *s, const struct register_write *w, bool *changed) MUST_CHECK;

/* The whole scope has arrived (inside a transaction): forget what no contact since `contact` brought again, and take the digest anew. */
int register_forget_before(struct store *s, uint64_t contact) MUST_CHECK;

/* The digest of all confirmed registers as kept up; and the same computed anew from the rows. */
int register_digest(struct store *s, struct record_digest *out) MUST_CHECK;
int register_digest_again(struct store *s, struct record_digest *out) MUST_CHECK;

#endif
