/*
 * form_csv: a form as people write it, three CSV tables, compiled into canonical form text (FORMAT.md section 3).
 *
 * The default form is made this way from proto/form/default, and `mandoob-server form publish` reads the same tables. The
 * compile is deterministic. Tables are UTF-8 with or without byte order mark, LF or CRLF, comma separated, cells quoted
 * as RFC 4180 has it; the first row names the columns, in any order; rows without any content are skipped.
 *
 *   settings   kind, name, value, label_ar, label_en
 *              kind form: name is the form's id, value its version, the labels its titles (exactly one such row);
 *              entry: an entry type, value `once` or `repeat`, root first; group: a page of the questionnaire, in order;
 *              list: value `open`: a list whose codes are reference data of the centre.
 *   questions  group, id, label_ar, label_en, type needed; repeat, entry, required, constraint_note, relevant, list, write,
 *              flags optional. `repeat` yes: the group is an entry type. `entry`: the entry type of the question, root when
 *              empty. `write`: representative when empty. `flags`: protected and hidden, with a space between.
 *   choices    list, value, label_ar, label_en
 *
 * A missing label is taken from the other language. Lists stand in the order in which questions first name them, then as
 * in the choices table; choices in table order.
 */
#ifndef PROTO_FORM_FORM_CSV_H
#define PROTO_FORM_FORM_CSV_H

#include <stddef.h>

#include "proto/base/buf.h"
#include "proto/base/err.h"

/* One table: its bytes, borrowed, and the name it has in messages ("questions.csv"). */
struct form_csv_table {
	const char *name;
	const void *data;
	size_t len;
};

struct form_csv_tables {
	struct form_csv_table settings;
	struct form_csv_table questions;
	struct form_csv_table choices;
};

/*
 * Append the canonical text of the form that the tables describe to `out` (ceiling at least FORM_TEXT_BYTES_MAX for
 * every legal form). The result has passed form_parse(). ERR_USAGE names table, line (from 1), column and what was
 * expected; ERR_LIMIT or ERR_NOMEM otherwise. After an error `out` may hold a part.
 */
int form_csv_compile(const struct form_csv_tables *tables, struct buf *out) MUST_CHECK;

#endif
