/*
 * papers: the published forms and reference lists as versions of one another: which is in force on a day, which is the newest,
 * which can say a value, what the catalogue for devices is, and what a device lacks of it (FORMAT.md sections 9 and 10).
 *
 * Forms of one form id are a family. Which version is in force is said by its first day alone, never by the order of publishing, so
 * that the next version can be published weeks before it begins. The newest version is the one with the latest first day, also when
 * that day is still to come. What is kept here follows from the tables form and list and is taken in again when they have new rows
 * or the day has changed; plans and lists are understood when somebody first asks. It belongs to the thread of its centre.
 */
#ifndef SERVER_PAPERS_H
#define SERVER_PAPERS_H

#include "proto/form/plan.h"
#include "proto/form/reflist.h"
#include "proto/message.h"
#include "server/centre.h"

struct papers;

/* For centre.c. */
int papers_new(struct papers **out) MUST_CHECK;
void papers_free(struct papers *p);

/* Days since 1970-01-01 in Asia/Riyadh, of a moment. The centre's own today: papers_today(). */
uint32_t papers_day(int64_t ms);
uint32_t papers_today(const struct centre *c);

/*
 * Everything below takes in what is new first. Rows are those of table form. Forms are borrowed from the centre until centre_close().
 * ERR_NOT_FOUND with a message: no such family, or no version of it that early.
 */

/* The family that the centre had first: what devices get at enrolment. Borrowed until the next call that takes in. */
int papers_main_family(struct centre *c, const char **family) MUST_CHECK;
/* The version in force on `day`; of a day before the first, the first. */
int papers_in_force(struct centre *c, const char *family, uint32_t day, const struct form **out, int64_t *row) MUST_CHECK;
int papers_newest(struct centre *c, const char *family, const struct form **out, int64_t *row) MUST_CHECK;
/* Whether row `a` is a later version than row `b` of the same family. */
bool papers_is_later(struct centre *c, int64_t a, int64_t b);

/* One register, or what an edit would make of it. */
struct papers_saying {
	const char *entry_type;
	const char *field;
	const char *value; /* not NUL-terminated */
	size_t value_len;
};

struct papers_said { /* the same in the tables of a form */
	const struct form *form;
	int64_t row;
	uint16_t entry_type;
	uint16_t field;
};

/* The versions of a form, for looking many registers up. It holds until something is taken in again. ERR_NOT_FOUND as above. */
struct papers_family {
	size_t from, end; /* papers.c's */
};
int papers_family(struct centre *c, const char *family, struct papers_family *out) MUST_CHECK;

/*
 * The newest version of the family in whose tables the register is legal: it has the entry type and the field, and the value is
 * canonical there. A version may leave out what older ones had (a retired question, a choice no longer offered), and what was
 * answered then must still be sayable. ERR_CORRUPT: no version can say it. Takes nothing in.
 */
int papers_say(struct centre *c, const struct papers_family *f, const struct papers_saying *r, struct papers_said *out) MUST_CHECK;
/* The same for a field alone, whatever its value: for labels and types. Takes in what is new, so `family` is a name. */
int papers_say_field(struct centre *c, const char *family, const char *entry_type, const char *field, struct papers_said *out) MUST_CHECK;

/*
 * The plan of a form, made once. ERR_USAGE: the form cannot be understood (one of before plans were asked for). Borrowed until
 * centre_close().
 */
int papers_plan(struct centre *c, int64_t row, const struct plan **out) MUST_CHECK;
/*
 * The list of that name (with or without the ending ".csv") in force on `day`; before the first, the first. NULL without a message
 * when there is none or it cannot be read. Borrowed until centre_close().
 */
const struct reflist *papers_list(struct centre *c, const char *name, uint32_t day);
/* A world for models of cases of this centre: lists by papers_list(). `*world` and `*day` must live as long as the models. */
struct papers_world {
	struct centre *c;
	uint32_t day;
};
struct model_world;
void papers_world_init(struct papers_world *w, struct centre *c, int64_t now_ms, struct model_world *out);

/* ---- For devices ---- */

/* What the answer to a device with this mark and these wanted papers is to hold. */
struct papers_lacking {
	const struct message_paper *catalogue; /* the centre's; borrowed until the next call that takes in */
	size_t catalogue_count;
	bool is_stale;   /* the device knows another catalogue: it gets this one */
	bool is_unknown; /* and one that this centre never made: what it lacks is not known */
	bool lacks_form;
	size_t items[MESSAGE_PAPERS_MAX]; /* indexes in the catalogue of what it lacks, forms first; empty when is_unknown */
	size_t count;
};

/* Inside a transaction: a catalogue that is told for the first time is remembered. */
int papers_lacking(struct centre *c, const struct message_request *q, struct papers_lacking *out) MUST_CHECK;
/* Remember the catalogue of one paper that a device is enrolled with (inside a transaction). */
int papers_note_one(struct centre *c, const uint8_t hash[static FORM_HASH_BYTES]) MUST_CHECK;
/* Append the text of paper `i` of the catalogue; the size of its frame, as far as known. */
int papers_text(struct centre *c, size_t i, struct buf *out) MUST_CHECK;
size_t papers_frame_bytes(struct centre *c, size_t i);
size_t papers_text_bytes(struct centre *c, size_t i);

#endif
