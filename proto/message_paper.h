/*
 * message_paper: the papers that the centre publishes and devices work with (forms, reference lists), and the catalogue of them
 * (FORMAT.md section 10).
 *
 * A paper is a text that is named by its hash and never changes. The catalogue says which ones there are now, and from which day each is in
 * force. A device says in eight bytes which catalogue it knows, and by hash which of its papers it still lacks, so that an ordinary contact
 * pays nothing for them. Errors as in message.h.
 */
#ifndef PROTO_MESSAGE_PAPER_H
#define PROTO_MESSAGE_PAPER_H

#include "proto/form/form.h"
#include "proto/message_blob.h"

#define MESSAGE_MARK_BYTES 8
#define MESSAGE_PAPERS_MAX 1000      /* papers of one catalogue, and hashes asked for in one request */
#define MESSAGE_PAPER_TEXTS_MAX 64   /* papers that travel in one answer */
#define MESSAGE_LIST_BYTES_MAX (4 * 1024 * 1024)
#define MESSAGE_DAY_MAX 200000       /* days since 1970-01-01; the year 2517 */

enum message_paper_kind { MESSAGE_FORM = 1, MESSAGE_LIST = 2 };

struct message_paper { /* one line of the catalogue */
	enum message_paper_kind kind;
	uint8_t hash[FORM_HASH_BYTES];
	char name[FORM_NAME_BYTES_MAX + 1];       /* papers of one kind and name are versions of one another */
	char version[FORM_VERSION_BYTES_MAX + 1];
	uint32_t from_day;                        /* in force from this day in Asia/Riyadh (days since 1970-01-01) until the next one's */
};

struct message_paper_text { /* a paper on its way */
	enum message_paper_kind kind;
	struct message_blob text;  /* form_parse() or reflist_parse() give its hash; borrowed */
};

/*
 * The mark of a catalogue whose `count` hashes (FORM_HASH_BYTES each) stand one after another, in the catalogue's order. A device that has
 * just been enrolled knows a catalogue of one paper, the form it was given. Zeros never are a mark: they say that no catalogue is known.
 */
void message_paper_mark(const uint8_t *hashes, size_t count, uint8_t out[static MESSAGE_MARK_BYTES]);

/*
 * The order of a catalogue: kind, name (by bytes), from_day. <0, 0, >0. Of papers that compare equal a later one takes the place of
 * those before.
 */
int message_paper_compare(const struct message_paper *a, const struct message_paper *b);

/* Which of `count` papers of a catalogue is in force on `day`: the newest of that kind and name that has begun; -1: none. */
int message_paper_in_force(const struct message_paper *papers, size_t count, enum message_paper_kind kind, const char *name, uint32_t day);

/* For message_content.c: check before writing (ERR_USAGE, ERR_LIMIT), write, read. What is read is owned, also on failure; ERR_NOMEM. */
int message_paper_check(const struct message_paper *papers, size_t count) MUST_CHECK;
void message_paper_write(struct buf *b, const struct message_paper *papers, size_t count);
int message_paper_read(struct reader *in, struct message_paper **papers, size_t *count) MUST_CHECK;

/* The same for the texts of an answer, which borrow. */
int message_paper_check_texts(const struct message_paper_text *texts, size_t count) MUST_CHECK;
void message_paper_write_texts(struct buf *b, const struct message_paper_text *texts, size_t count);
void message_paper_read_texts(struct reader *in, struct message_paper_text *texts, size_t *count);

#endif
