/*
 * papers_private: what papers.c and papers_catalogue.c share. Nobody else includes it.
 */
#ifndef SERVER_PAPERS_PRIVATE_H
#define SERVER_PAPERS_PRIVATE_H

#include "server/papers.h"

struct papers_item { /* one paper */
	struct message_paper paper;
	int64_t row;
	size_t text_bytes;
	size_t frame_bytes; /* of the text as a frame */
	const struct form *form; /* of a form; borrowed from the library */
	struct plan *plan;       /* of a form, once asked for; owned */
	struct reflist *list;    /* of a list, once asked for; owned */
	bool is_broken;          /* plan or list was asked for and could not be made */
};

struct papers {
	struct papers_item *items; /* sorted by message_paper_compare(); owned */
	size_t count;
	int64_t last_form, last_list; /* highest rows taken in */
	int64_t first_form;           /* lowest */
	uint32_t day;                 /* for which the catalogue is */
	bool has_catalogue;
	struct message_paper catalogue[MESSAGE_PAPERS_MAX];
	size_t places[MESSAGE_PAPERS_MAX]; /* where each of them stands among the items */
	size_t catalogue_count;
	uint8_t mark[MESSAGE_MARK_BYTES]; /* of the catalogue */
};

/* Whether two papers are versions of one another. */
bool papers_is_same_name(const struct papers_item *a, const struct papers_item *b);
/* Take in rows that are new. */
int papers_take_in(struct centre *c) MUST_CHECK;
#endif
