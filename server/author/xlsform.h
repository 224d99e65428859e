/*
 * xlsform: an XLSForm workbook compiled into the canonical text of a form (FORMAT.md section 3).
 *
 * Everything the field's authors write is understood: the spellings of types and columns, languages, groups, repeats, loops,
 * `or_other`, lists from files, table-list; our own columns begin with `mandoob::`. A column `mandoob::X` overrides X (type, constraint,
 * calculation, relevant, required, default, choice_filter, ...): other tools read X and ignore ours, so one workbook serves both.
 * What is not supported is an error with its cell, never silently dropped. The compile is deterministic.
 */
#ifndef SERVER_AUTHOR_XLSFORM_H
#define SERVER_AUTHOR_XLSFORM_H

#include "proto/base/buf.h"
#include "proto/form/form.h"
#include "server/author/problem.h"
#include "server/author/workbook.h"

struct xlsform_options {
	const char *name;    /* form_id when the settings sheet has none: the file's name without its ending */
	const char *version; /* version when the settings sheet has none */
	/* Whether the centre has a reference list of that name; NULL: every name is believed. Only a warning follows. */
	bool (*has_list)(void *ctx, const char *name);
	void *ctx;
};

/*
 * Compile `w`. Problems are added to `p`. On success (no errors, maybe warnings) the canonical text is appended to `out`, and it has passed
 * form_parse() and plan_new(). ERR_USAGE: there are errors in `p`; ERR_LIMIT, ERR_NOMEM.
 */
int xlsform_compile(const struct workbook *w, const struct xlsform_options *options, struct problems *p, struct buf *out) MUST_CHECK;

/* The other way round: a form as a workbook, for forms that have no original: sheets survey, choices, settings. */
int xlsform_workbook(const struct form *f, struct workbook *out) MUST_CHECK;

#endif
