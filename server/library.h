/*
 * library: forms, dictionaries and device keys of the centre in memory, so that threads other than the writer can open requests.
 *
 * Everything in it is immutable in the store (a form never changes, a device id is the hash of its keys), so what was read once stays
 * true and nothing is ever dropped before library_free(): pointers handed out stay valid until then. Whether a device may still
 * speak (revocation) is not known here; the writer asks the store. Looking up is thread-safe; library_refresh() belongs to
 * the thread that owns the store.
 */
#ifndef SERVER_LIBRARY_H
#define SERVER_LIBRARY_H

#include "proto/base/db.h"
#include "proto/changeset.h"
#include "proto/form/form.h"
#include "proto/pack.h"
#include "proto/seal.h"

struct library;

struct library_device {
	uint8_t id[SEAL_DEVICE_BYTES];
	int64_t device; /* row */
	uint8_t sign_public[SEAL_SIGN_PUBLIC_BYTES];
	uint8_t box_public[SEAL_BOX_PUBLIC_BYTES];
};

int library_new(struct library **out) MUST_CHECK;
void library_free(struct library *l);

/* Take in committed rows that the library does not hold yet. */
int library_refresh(struct library *l, struct db *db) MUST_CHECK;

/* NULL when not (yet) taken in. */
const struct form *library_form(struct library *l, const uint8_t hash[static FORM_HASH_BYTES]);
const struct form *library_form_by_id(struct library *l, int64_t form_id);
int64_t library_form_id(struct library *l, const struct form *f); /* 0 when unknown */
const struct pack_dictionary *library_dictionary(struct library *l, uint32_t id);
const struct library_device *library_device(struct library *l, const uint8_t id[static SEAL_DEVICE_BYTES]);

/* The same as finders for decoders; they borrow the library. */
struct changeset_forms library_form_finder(struct library *l);
struct pack_dictionaries library_dictionary_finder(struct library *l);

#endif
