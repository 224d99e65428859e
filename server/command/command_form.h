/*
 * command_form: what the commands about forms share: a form that somebody named as a file or by its hash.
 *
 * A file is an XLSForm workbook (.xlsx), the sheets of one as .csv files, or a canonical text as `form show` prints it; which of
 * them is told by its bytes. A workbook is compiled; what is wrong in it is told with its cells, in both languages.
 */
#ifndef SERVER_COMMAND_COMMAND_FORM_H
#define SERVER_COMMAND_COMMAND_FORM_H

#include "server/author/problem.h"
#include "server/author/workbook.h"
#include "server/command/command.h"

struct command_form {
	struct form *own;        /* parsed from a file; owned; NULL: `form` is the centre's */
	const struct form *form;
	int64_t row;             /* of table form; 0: from a file */
	struct buf text;         /* canonical text, when from a file */
	struct buf workbook;     /* what the author wrote as one .xlsx, when from a workbook */
	char name[256];          /* of that file */
	struct problems problems; /* of compiling it */
};

void command_form_init(struct command_form *f);
void command_form_fini(struct command_form *f);

/*
 * Read and compile files. Problems stay in f->problems also on success (warnings). ERR_CORRUPT "... has N errors" when there are
 * any; other errors as the readers have them. `c` NULL: no store is at hand, every reference list is believed.
 */
int command_form_read(const struct command *x, struct centre *c, char *const *paths, size_t count, struct command_form *f) MUST_CHECK;

/* The one published form whose hash begins with `prefix`. ERR_NOT_FOUND, ERR_USAGE. */
int command_form_find(struct centre *c, const char *prefix, struct command_form *f) MUST_CHECK;

/* A file when there is one of that name, else a hash; then the store is opened into *c unless it is open already. */
int command_form_get(
	const struct command *x, const struct cli_args *a, const char *operand, struct centre **c, struct command_form *f) MUST_CHECK;

/* Problems on standard error, for the person at the terminal; nothing when there are none. */
void command_form_note(const struct problems *p);

/* "2026-11-22" as a day (papers.h); and the other way round, "-" for 0. ERR_USAGE. */
int command_day_parse(const char *text, uint32_t *day) MUST_CHECK;
const char *command_day(int64_t day, char out[static COMMAND_TIME_BYTES]);
/* The value of --from; PUBLISH_TODAY without one. */
int command_from(const struct cli_args *a, uint32_t *day) MUST_CHECK;

#endif
