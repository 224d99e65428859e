/*
 * enrol: how a device becomes known: one-time codes made by an administrator, and the request of the device that has one
 * (FORMAT.md section 13).
 *
 * The code is the only secret both sides share at that moment. It is shown once and never kept: the store has K1 and K2, which
 * come from it. Both functions run inside the caller's transaction.
 */
#ifndef SERVER_ADMIN_ENROL_H
#define SERVER_ADMIN_ENROL_H

#include "proto/message.h"
#include "server/centre.h"

#define ENROL_CODE_TEXT_BYTES 20 /* "XXXX-XXXX-XXXX-XXXX" and the NUL */
#define ENROL_CODE_LIFE_MS (24 * 3600 * 1000)
#define ENROL_FAILED_MAX 5    /* wrong codes ... */
#define ENROL_WINDOW_MS 60000 /* ... in this time, then nothing is tried until it is over */

/*
 * A new code for the representative `person` of `branch`; both are made when they are new. `by`: the administrator. `out` is a secret:
 * show it once and wipe it. ERR_USAGE: no proper name, or the person is of another branch, of the staff, or ended.
 */
int enrol_code_make(
	struct centre *c, const char *branch, const char *person, int64_t by, char out[static ENROL_CODE_TEXT_BYTES]) MUST_CHECK;

struct enrol_limit {      /* wrong codes lately; begin with zeros, belongs to the thread that calls enrol_take() */
	int64_t since_ms; /* monotonic */
	unsigned failed;
};

struct enrol_result {
	int refused;       /* 0, or ERR_AUTH (401), ERR_CORRUPT (400), ERR_BUSY (503) */
	int64_t device;    /* row, for the log */
	bool is_repeat;    /* known already: the same device record again */
	struct buf answer; /* owned */
};

/*
 * One request of a device. Tries every outstanding code in constant time; the same request again (lost answer) gets the same device
 * record. 0 also when refused: then nothing changed but an audit row. <0: the store failed, roll back. Free with enrol_result_fini().
 * After the commit the caller refreshes the library.
 */
int enrol_take(struct centre *c, struct enrol_limit *limit, const void *data, size_t len, struct enrol_result *out) MUST_CHECK;
void enrol_result_fini(struct enrol_result *r);

#endif
