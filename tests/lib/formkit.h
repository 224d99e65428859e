/*
 * formkit: small forms for tests, written as tables that people can read.
 *
 *	"#settings\nkey | value\nform_id | small\nversion | 1\n"
 *	"#survey\ntype | name | label\ntext | a | A\n"
 *	"#choices\nlist_name | name\ncolour | red\n"
 *
 * Cells are divided by a bar and lose the spaces at their ends; missing cells at the end of a row are empty; `\n` in a cell is a line
 * feed. A table that is left out has its header and no rows; without settings the form is `small`, version 1.
 */
#ifndef TESTS_LIB_FORMKIT_H
#define TESTS_LIB_FORMKIT_H

#include "proto/base/buf.h"
#include "proto/form/form.h"

/* Append the canonical text of the tables. The error is that of sheets_write(). */
int formkit_text(const char *tables, struct buf *out) MUST_CHECK;

/* The form of the tables, form_free(); NULL with the message kept when it is none. */
struct form *formkit_new(const char *tables);

/* The code with which the tables are refused; 0 when they are not. */
int formkit_refusal(const char *tables);

#endif
