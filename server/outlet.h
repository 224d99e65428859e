/*
 * outlet: what a device gets in answer: receipts, manifest, form, dictionary, fork notice, and the registers of its branch that it has
 * not seen, newest state only, in pages (FORMAT.md section 10). Runs inside the caller's transaction and writes nothing.
 */
#ifndef SERVER_OUTLET_H
#define SERVER_OUTLET_H

#include "proto/message.h"
#include "server/centre.h"
#include "server/intake_past.h"

#define OUTLET_PAGE_BYTES (512 * 1024)      /* a page of registers closes when its values reach this */
#define OUTLET_RECEIPTS_BYTES (1024 * 1024) /* receipts of one answer, together */

struct outlet_fork {          /* what the request's forking envelope earned */
	uint64_t seq;         /* of the fork's first envelope: receipts from here on are another store's */
	uint32_t incarnation; /* granted */
	uint32_t site;
};

struct outlet_receipt { /* asked for beside those of the request's incarnation: an envelope of an older one came along */
	uint32_t site;
	uint64_t seq;
};

struct outlet_for {
	const struct message_request *request;
	uint32_t site; /* of the request's incarnation */
	int64_t branch_id;
	const struct outlet_fork *fork; /* NULL: none. With one, no registers are sent: they wait for the new incarnation */
	const struct outlet_receipt *receipts;
	size_t receipt_count;
	size_t page_bytes;              /* 0: OUTLET_PAGE_BYTES; tests take less */
	const struct past_answer *past; /* stamp, notice, whether to ask again */
};

/* Append the encoded content of the answer to `out`. */
int outlet_content(struct centre *c, const struct outlet_for *f, struct buf *out) MUST_CHECK;

#endif
