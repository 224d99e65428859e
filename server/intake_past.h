/*
 * intake_past: tells from the requests of a device whether the store that speaks went back in time or was copied (FORMAT.md section 10).
 *
 * What is recorded follows from requests which one store cannot have made; a request that only came late, twice or never proves nothing
 * and is recorded as nothing. Refuses nothing: what a request brings is taken by intake.c as if this were not here. What people see and say
 * of it is in server/admin/device.
 */
#ifndef SERVER_INTAKE_PAST_H
#define SERVER_INTAKE_PAST_H

#include "proto/message.h"
#include "server/centre.h"

#define PAST_CONTACTS_KEPT 64                      /* requests remembered of an incarnation */
#define PAST_LINES_MAX 16                          /* lines told apart in an incarnation; what would begin another one counts to the last */
#define PAST_ANNOUNCED_MS (INT64_C(30) * 86400000) /* for so long an announced restore is waited for */

enum past_kind { /* of a row of store_event; the first three are told to the device as they stand */
	PAST_BACK = MESSAGE_NOTICE_BACK,
	PAST_RESTORED = MESSAGE_NOTICE_RESTORED,
	PAST_COPIES = MESSAGE_NOTICE_COPIES,
	PAST_ANNOUNCED = 4, /* a person announced a restore, or explained an event */
};

struct past_answer {
	uint8_t stamp[MESSAGE_STAMP_BYTES]; /* to give with the answer */
	enum message_notice notice;         /* likewise */
	bool ask_again;                     /* the next request decides what this one leaves open */
	bool is_new_line;                   /* contact numbers of this store begin below those seen before */
};

/*
 * Look at a verified request of this device and incarnation (inside the caller's transaction). `is_fork`: an envelope of it was a fork,
 * which no straight line brings.
 */
int past_take(struct centre *c, int64_t device, uint32_t site, const struct message_request *q, bool is_fork,
	struct past_answer *out) MUST_CHECK;

#endif
