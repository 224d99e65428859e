/*
 * problem: what is wrong with an author's workbook, each with its cell and what to do, in Arabic and in English.
 */
#ifndef SERVER_AUTHOR_PROBLEM_H
#define SERVER_AUTHOR_PROBLEM_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "proto/base/buf.h"
#include "proto/base/err.h"

#define PROBLEM_COUNT_MAX 200 /* more are counted, not kept */
#define PROBLEM_SHEET_BYTES 64
#define PROBLEM_COLUMN_BYTES 96

struct problem {
	bool is_warning;
	char sheet[PROBLEM_SHEET_BYTES];   /* "survey"; "" for the workbook as a whole */
	size_t row;                        /* as the author's program counts, from 1; 0: the sheet as a whole */
	char letters[8];                   /* "C"; "" when no single cell is meant */
	char column[PROBLEM_COLUMN_BYTES]; /* the header as written: "relevance"; "" likewise */
	char *english;                     /* owned: what was found, what was expected, what to do */
	char *arabic;                      /* owned */
};

struct problems {
	struct problem *items; /* owned */
	size_t count;
	size_t errors;         /* all of them, kept or not */
	size_t warnings;
};

void problems_init(struct problems *p);
void problems_fini(struct problems *p);

/* Where a problem is. */
struct problem_place {
	const char *sheet;
	size_t row;
	int column;            /* from 0; -1: none */
	const char *header;    /* NULL: none */
};

/*
 * Add one. Never fails: without memory it is counted only. Formats are for our own words; what the author wrote goes in with %s,
 * cut to a sensible length by the caller.
 */
void problems_add(struct problems *p, bool is_warning, const struct problem_place *at, const char *english, const char *arabic);

/* One line each: "survey C12 (relevance): English\n  Arabic\n", errors before warnings, in the order of the sheets. */
void problems_print(const struct problems *p, struct buf *out);

#endif
