/*
 * roundkit: devices' stores (agent/) and a real centre (centrekit) in one test program, for tests of the contact between them. Requests and
 * answers are bytes in the test's hands: it may lose, keep, damage or forge them. Ends the program by abort() when the kit itself fails.
 */
#ifndef TESTS_LIB_ROUNDKIT_H
#define TESTS_LIB_ROUNDKIT_H

#include "agent/round.h"
#include "tests/lib/centrekit.h"

#define ROUNDKIT_STORES_MAX 4
#define ROUNDKIT_PASS "correct horse battery"

struct roundkit {
	struct centrekit centre;
	struct env env;  /* of the stores: the centre's clock and randomness; a test may set post, its ctx is the kit */
	char dirs[ROUNDKIT_STORES_MAX][64];
	struct store *stores[ROUNDKIT_STORES_MAX];
	int count;
	size_t page_bytes; /* of the centre's answers; 0: its own */
	char backup[80];   /* file; "" before roundkit_backup() */
};

/* `k` must stay where it is. */
void roundkit_open(struct roundkit *k);
void roundkit_close(struct roundkit *k);

/* A store enrolled in a branch with a representative of its own; its index. */
int roundkit_device(struct roundkit *k, int64_t branch);
/* A copy of store `i` as it stands, as a copied disk would be; its index. */
int roundkit_clone(struct roundkit *k, int i);
/* Open store `i` once more, as another process would; the caller closes it. */
struct store *roundkit_open_again(struct roundkit *k, int i);

/* Save one root field of case `*case_id` (0: a new one, whose id is given back). 0 or what outbox_push() said, rolled back then. */
int roundkit_type(struct roundkit *k, int i, uint64_t *case_id, const char *field, const char *value) MUST_CHECK;
/* The same in a store that is not one of the kit's own. */
int roundkit_type_in(struct store *s, uint64_t *case_id, const char *field, const char *value) MUST_CHECK;
/* A new entry of type member in the case, with a name. */
uint64_t roundkit_member(struct roundkit *k, int i, uint64_t case_id, const char *name);

/* Make a request; let the centre answer a request; hear an answer. Buffers are cleared first and freed by the caller. */
void roundkit_ask(struct roundkit *k, int i, struct buf *request);
void roundkit_answer(struct roundkit *k, const struct buf *request, struct buf *answer);
int roundkit_hear(struct roundkit *k, int i, const struct buf *answer, struct round_result *result) MUST_CHECK;
/* All three once, with nothing lost; *result is of this contact alone. */
int roundkit_contact(struct roundkit *k, int i, struct round_result *result) MUST_CHECK;
/* Contacts until nothing is left to say. */
int roundkit_sync(struct roundkit *k, int i) MUST_CHECK;

/* An answer to `request` with this content, signed by the centre and sealed to store `i`. */
void roundkit_forge(struct roundkit *k, int i, const struct buf *request, const struct message_content *content, struct buf *answer);

/* Back the centre up (one backup a kit); and put the backup in place of the centre: what came after it is lost there. */
void roundkit_backup(struct roundkit *k);
void roundkit_restore(struct roundkit *k);
/* An officer decides the oldest open conflict. */
void roundkit_decide(struct roundkit *k, const char *value);
/* Append the canonical form text under another version. */
void roundkit_version(const char *text, const char *version, struct buf *out);
/*
 * A form like the one in force, with another version and, when `field` is given, one more text question of the root entry; published on the
 * next day. The same with a list of the centre's, from a table.
 */
void roundkit_publish(struct roundkit *k, const char *version, const char *field);
void roundkit_publish_list(struct roundkit *k, const char *name, const char *version, const char *csv);

/* The value that the centre, or the store as its person sees it, has at the root field; "?" when none. Valid until the next call. */
const char *roundkit_at_centre(struct roundkit *k, uint64_t case_id, const char *field);
const char *roundkit_shown(struct roundkit *k, int i, uint64_t case_id, const char *field);

/* Constant SQL on store `i`: the number it gives; and without rows. */
int64_t roundkit_int(struct roundkit *k, int i, const char *sql);
void roundkit_exec(struct roundkit *k, int i, const char *sql);
/* A hash over every row of every table of store `i`. */
void roundkit_fingerprint(struct roundkit *k, int i, uint8_t out[static 32]);
/* Whether what store `i` holds is what the centre holds of its branch, and what its digest says. */
bool roundkit_agrees(struct roundkit *k, int i);

#endif
