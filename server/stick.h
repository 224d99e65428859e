/*
 * stick: the requests on a USB stick, each taken in like one that came by HTTP, and their answers for the way back (FORMAT.md
 * section 14). The newest request of each device is kept, so that it can be answered again later with what has been decided since.
 */
#ifndef SERVER_STICK_H
#define SERVER_STICK_H

#include "server/centre.h"

struct stick_report {
	size_t requests; /* request records found */
	size_t answered;
	size_t refused; /* broken, unknown device, ...: without an answer; the reasons are in the log */
	size_t left;    /* for which the answer file had no room: bring them again */
};

/*
 * Take in every request of a stick file and append the file of answers to `out`. Takes its own transactions, each committed before
 * its answers are made. Answer records found are passed over. ERR_CORRUPT: not a whole stick file; then nothing was taken in.
 */
int stick_exchange(struct centre *c, const void *data, size_t len, struct stick_report *report, struct buf *out) MUST_CHECK;

/*
 * Append a file of answers to the newest stick request of every device that has not been in contact since: what the centre knows
 * now. `report` counts the requests answered. Errors as stick_exchange().
 */
int stick_answers(struct centre *c, struct stick_report *report, struct buf *out) MUST_CHECK;

#endif
