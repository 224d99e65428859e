/*
 * stick: the requests on a USB stick, each taken in like one that came by HTTP, and their answers for the way back (FORMAT.md section 14).
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

#endif
