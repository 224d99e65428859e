/*
 * intake: one contact of one device, by HTTP or by stick: what must hold before anything is kept, and what is answered.
 *
 * Three steps, so that `serve` can share one commit among many contacts and keep all cryptography off the writer's thread:
 *   intake_open()    any thread: decode, verify, open every envelope; no database
 *   intake_take()    the writer, inside its transaction: chain, merge, receipts, content of the answer
 *   intake_answer()  any thread, after the commit: compress, seal, sign
 * A receipt is signed and stored inside the transaction and leaves only after it: intake_answer() must not be called before.
 */
#ifndef SERVER_INTAKE_H
#define SERVER_INTAKE_H

#include "proto/message.h"
#include "server/centre.h"
#include "server/opened.h"

struct intake_request; /* opaque: decoded, verified, opened */

/*
 * Decode and verify a request and open its envelopes. `bytes` are borrowed until intake_request_free(). Thread-safe. Returns 0
 * also for requests that intake_take() will refuse (it writes the audit row) or must open again, because the library lacks
 * something. ERR_CORRUPT, ERR_LIMIT, ERR_STALE: not a request of this organisation in this version. ERR_NOMEM.
 */
int intake_open(const struct centre *c, const void *bytes, size_t len, struct intake_request **out) MUST_CHECK;
void intake_request_free(struct intake_request *q);

struct intake_result {
	int refused; /* 0, or why there is no answer: ERR_AUTH (401), ERR_CORRUPT or ERR_USAGE (400), ERR_LIMIT (413), ERR_STALE (503) */
	enum message_answer_kind kind;
	uint8_t device[SEAL_DEVICE_BYTES];
	uint8_t nonce[SEAL_NONCE_BYTES];
	uint8_t box_public[SEAL_BOX_PUBLIC_BYTES];
	uint32_t dictionary_id;              /* that the device holds; 0: none */
	struct buf content;                  /* encoded content, before compression; owned */
	size_t page_bytes;                   /* set by the caller before intake_take() or intake_run(): size of a pull page; 0: the usual */
	size_t applied, known, held, forked; /* envelopes, for the log */
	uint64_t accepted, conflicts, refused_edits; /* edits, for the log */
};

/*
 * Take the request in: everything or nothing, inside a savepoint of the caller's transaction. 0 with `out->refused` set means that
 * this request changed nothing but an audit row and the transaction goes on; <0 means that the store failed: roll back. `*out`
 * begins as zeros (or with page_bytes); free it with intake_result_fini().
 */
int intake_take(struct centre *c, struct intake_request *q, struct intake_result *out) MUST_CHECK;
void intake_result_fini(struct intake_result *r);

/* Append the signed answer to `out`. Thread-safe. `r->refused` must be 0. */
int intake_answer(const struct centre *c, const struct intake_result *r, struct buf *out) MUST_CHECK;

/*
 * All three with a transaction of its own: for commands and tests. Returns the refusal when there is one (the audit row is
 * committed). `r` may be NULL; else it begins as zeros (or with page_bytes), and is to be freed.
 */
int intake_run(struct centre *c, const void *bytes, size_t len, struct intake_result *r, struct buf *answer) MUST_CHECK;

#endif
