/*
 * centrekit: a centre in a scratch directory with two branches and enough people, for tests and benches of the server. Weak
 * key derivation, everything from fixed seeds. Ends the program by abort() when it cannot be made.
 */
#ifndef TESTS_LIB_CENTREKIT_H
#define TESTS_LIB_CENTREKIT_H

#include "server/centre.h"
#include "server/intake.h"
#include "tests/lib/device.h"

#define CENTREKIT_PASS "correct horse"
#define CENTREKIT_NORTH 1 /* branches */
#define CENTREKIT_SOUTH 2
#define CENTREKIT_OFFICER 1 /* people; representatives follow, one per device */
#define CENTREKIT_ENDED 2

struct centrekit {
	char dir[64];
	struct fixed fixed;
	struct env env; /* clock: wall_ms */
	int64_t wall_ms;
	struct seal_keys *keys, *root, *recovery;
	struct centre *c;
};

/* `k` must stay where it is. */
void centrekit_open(struct centrekit *k);
/* Close and open the same store again. */
void centrekit_reopen(struct centrekit *k);
/* Close and remove everything. */
void centrekit_close(struct centrekit *k);

/* Make device `d` from `seed` and enrol it in a branch with a representative of its own. */
void centrekit_enrol(struct centrekit *k, struct device *d, uint64_t seed, int64_t branch);

/* A signed manifest with this number for the kit's centre, appended to `out`. */
void centrekit_manifest(struct centrekit *k, uint64_t number, struct buf *out);

/* One contact: seal, request, take in, answer, apply. 0, the refusal, or what the device found. */
int centrekit_contact(struct centrekit *k, struct device *d, struct intake_result *r) MUST_CHECK;
/* Contacts until nothing is left to say. */
int centrekit_sync(struct centrekit *k, struct device *d) MUST_CHECK;

/* The number that a constant query gives. */
int64_t centrekit_int(struct centrekit *k, const char *sql);
/* Run constant SQL in a transaction. */
void centrekit_exec(struct centrekit *k, const char *sql);
/* A hash over every table but audit, device.contact* and the library: whether anything changed. */
void centrekit_fingerprint(struct centrekit *k, uint8_t out[static 32]);

#endif
