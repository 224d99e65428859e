/*
 * message_content: what an answer of the centre says, before it is framed, sealed and signed (FORMAT.md section 10).
 *
 * Errors, ownership and borrowing as in message.h.
 */
#ifndef PROTO_MESSAGE_CONTENT_H
#define PROTO_MESSAGE_CONTENT_H

#include <stdbool.h>

#include "proto/edit.h"
#include "proto/message_blob.h"
#include "proto/message_paper.h"
#include "proto/record.h"

#define MESSAGE_CONTENT_BYTES_MAX (16 * 1024 * 1024)
#define MESSAGE_RECEIPTS_MAX 1000
#define MESSAGE_PULLS_MAX 64
#define MESSAGE_KNOWN_GROUPS_MAX 100000
#define MESSAGE_STAMP_BYTES 8
#define MESSAGE_LEASE_DAYS_MAX 3650

struct message_known_group { /* an edit group that the centre has, for a fork notice */
	uint64_t number;
	uint8_t hash[EDIT_HASH_BYTES];
};

enum message_notice { /* what the centre sees of the store that speaks: FORMAT.md section 10 */
	MESSAGE_NOTICE_NONE = 0,
	MESSAGE_NOTICE_BACK = 1,     /* it went back in time, and nobody told the centre before */
	MESSAGE_NOTICE_RESTORED = 2, /* it went back in time, as the centre had been told */
	MESSAGE_NOTICE_COPIES = 3,   /* two stores speak for this device */
};

struct message_content {
	uint64_t time_ms;                                   /* the centre's clock */
	bool more;                                          /* ask again at once */
	uint64_t seen;                                      /* what to keep as `seen` after applying this */
	uint64_t cursor;                                    /* what to send as cursor next time; 0: the pull is complete */
	uint64_t covered;                                   /* highest seq of this incarnation that a backup of the centre covers */
	uint8_t stamp[MESSAGE_STAMP_BYTES];                 /* of this answer: a later request names the newest one it knows */
	struct message_blob receipts[MESSAGE_RECEIPTS_MAX]; /* borrowed */
	size_t receipt_count;
	struct message_blob manifest;    /* empty: not sent; likewise below */
	struct message_paper *catalogue; /* ascending; owned after decode; NULL: not sent */
	size_t catalogue_count;
	struct message_blob dictionary;
	bool has_fork;
	uint32_t fork_incarnation;               /* from now on; meaningless unless has_fork, likewise the three below */
	uint32_t fork_site;                      /* 1 to RECORD_SITE_MAX */
	struct message_known_group *fork_groups; /* ascending by number; owned after decode */
	size_t fork_group_count;
	bool has_digest; /* of the scope at `seen` */
	uint8_t digest[RECORD_DIGEST_BYTES];
	uint64_t resend;          /* send kept envelopes from this seq on; 0: not asked */
	struct message_blob pulls[MESSAGE_PULLS_MAX]; /* registers, section 9, each in the tables of another form */
	size_t pull_count;
	enum message_notice notice;
	uint32_t lease_days; /* how long the device may be used without a contact; 0: no limit; at most MESSAGE_LEASE_DAYS_MAX */
	struct message_paper_text papers[MESSAGE_PAPER_TEXTS_MAX]; /* borrowed; taken in before the pulls, which may be in their tables */
	size_t paper_count;
};

/* Append the content (what is framed and sealed next) to `out`. */
int message_content_encode(const struct message_content *c, struct buf *out) MUST_CHECK;
/* Blobs borrow from `data`. Free with message_content_fini(). */
int message_content_decode(const void *data, size_t len, struct message_content *out) MUST_CHECK;
void message_content_fini(struct message_content *c);

#endif
