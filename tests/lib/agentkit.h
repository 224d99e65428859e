/*
 * agentkit: a device's store in a scratch folder, enrolled at a made-up centre, for tests of the agent. Weak key derivation,
 * everything from fixed seeds. The centre here is papers only: keys, manifest, enrolment answers and receipts. Ends the program by
 * abort() when it cannot be made.
 */
#ifndef TESTS_LIB_AGENTKIT_H
#define TESTS_LIB_AGENTKIT_H

#include "agent/store.h"
#include "proto/message_paper.h"
#include "tests/lib/fixed.h"

#define AGENTKIT_PASS "correct horse battery"
#define AGENTKIT_URL "http://centre.example"
#define AGENTKIT_SITE 7
#define AGENTKIT_PERSON 3

struct agentkit {
	struct fixed fixed;      /* first, since it is the ctx of `env` */
	struct env env;          /* a test may set post; its ctx stays */
	char dir[64];
	struct seal_keys *root;  /* the organisation's */
	struct seal_keys *centre;
	struct buf manifest;
	struct buf form_text;
	struct buf form_frame;
	struct store *s;
	/* What agentkit_enrol_post() does and did. */
	uint8_t k1[32], k2[32];  /* of the code it knows */
	int status;              /* to answer with */
	bool is_lost;            /* make the answer, then lose it */
	unsigned post_count;
	struct buf last_request;
};

/* `k` must stay where it is. An open store, not enrolled. */
void agentkit_open(struct agentkit *k);
/* The same, enrolled, with keys from `seed`. */
void agentkit_open_as(struct agentkit *k, uint64_t seed);
/* agentkit_open_as() with one seed. */
void agentkit_open_enrolled(struct agentkit *k);
/* agentkit_open_enrolled() with a form of the test's own, written as tables (tests/lib/formkit.h). */
void agentkit_open_form(struct agentkit *k, const char *tables);

struct agentkit_paper {
	enum message_paper_kind kind;
	const char *text;   /* a form as tables of formkit; a list as "name version LF" and its CSV table */
	uint32_t from_day;
	bool is_on_its_way; /* the catalogue names it, its text does not come yet */
};
/* What an answer to request `contact` would bring: a catalogue of these papers, in this order, and texts. The error of shelf_take(). */
int agentkit_catalogue(struct agentkit *k, uint64_t contact, const struct agentkit_paper *papers, size_t count) MUST_CHECK;

/* Close and open the store again, as after a kill: nothing is said to it before. */
void agentkit_reopen(struct agentkit *k);
/* Close and remove everything. */
void agentkit_close(struct agentkit *k);

/* For env.post: answers an enrolment request as the centre does. `ctx` is the agentkit. */
int agentkit_enrol_post(void *ctx, const char *url, const void *body, size_t len, int *status, struct buf *answer);
/* Let it know a code. */
void agentkit_know_code(struct agentkit *k, const uint8_t code[static MESSAGE_CODE_BYTES]);

/* The centre's receipt for the one envelope of the store's outbox, all accepted from sequence `first`, kept in its row as round.c would. */
void agentkit_receipt(struct agentkit *k, uint64_t seq, uint64_t first, uint64_t accepted, struct buf *out);

/* The value that the store shows for a field of an entry; "?" when it has none. Valid until the next call. */
const char *agentkit_shown(struct agentkit *k, uint64_t case_id, uint64_t entry_id, const char *field);
/* The N-th entry (from 0) of that type in a case; 0 when there is none. */
uint64_t agentkit_entry(struct agentkit *k, uint64_t case_id, const char *type, size_t n);

#endif
