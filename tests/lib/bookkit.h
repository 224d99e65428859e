/*
 * bookkit: small workbooks for tests, written as tables that people can read, and what the compiler says of them.
 *
 *	"#survey\ntype | name | label\ntext | a | A\n#choices\nlist_name | name | label\n"
 *
 * Each "#name" begins a sheet; its rows follow, numbered from 1. Cells are divided by a bar and lose the spaces at their ends. An empty
 * line is an empty row.
 */
#ifndef TESTS_LIB_BOOKKIT_H
#define TESTS_LIB_BOOKKIT_H

#include "server/author/xlsform.h"

/* The workbook of the tables, workbook_fini(); the process ends when there is no memory. */
void bookkit_new(const char *tables, struct workbook *out);

/* Compile the tables as "small", version "1". The caller inits and finishes `problems` and `out`. */
int bookkit_compile(const char *tables, struct problems *problems, struct buf *out) MUST_CHECK;

/* The form of the tables, form_free(); NULL, with the problems on stderr, when they do not compile. */
struct form *bookkit_form(const char *tables);

#endif
