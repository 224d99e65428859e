/*
 * centrekit: a centre in a scratch directory with two branches and enough people, for tests and benches of the server. Weak
 * key derivation, everything from fixed seeds. Ends the program by abort() when it cannot be made.
 */
#ifndef TESTS_LIB_CENTREKIT_H
#define TESTS_LIB_CENTREKIT_H

#include "server/centre.h"
#include "server/intake.h"
#include "server/publish.h"
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

/*
 * Append the canonical text of a small form: rows of the survey are cells with '|' between: type, list, name, English label,
 * required, constraint, relevant, calculation, warning, entry, choice_filter; rows of the choices: list, code, label, group (for
 * filters). Cells may be left out at the end; NULL ends.
 */
void centrekit_form(const char *id, const char *version, const char *const *survey, const char *const *choices, struct buf *out);
/* Publish a canonical text in a transaction of its own; `from_day` PUBLISH_TODAY or a day. The error of publish_form(). */
int centrekit_publish(struct centrekit *k, const struct buf *text, uint32_t from_day, struct problems *p);
/* Let whole days go by at the centre. */
void centrekit_days(struct centrekit *k, int days);
/* The device writes with this form from now on: it must have it. */
void centrekit_use(struct device *d, const char *form_id, const char *version);

/* The number that a constant query gives. */
int64_t centrekit_int(struct centrekit *k, const char *sql);
/* Run constant SQL in a transaction. */
void centrekit_exec(struct centrekit *k, const char *sql);
/* A hash over every table but audit, device.contact* and the library: whether anything changed. */
void centrekit_fingerprint(struct centrekit *k, uint8_t out[static 32]);

#endif
