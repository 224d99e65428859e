/*
 * xlsxseeds: valid inputs for the fuzz targets that read an author's workbook: whole files, single parts, CSV sheets.
 */
#ifndef TESTS_LIB_XLSXSEEDS_H
#define TESTS_LIB_XLSXSEEDS_H

#include "proto/base/buf.h"

#define XLSXSEEDS_COUNT 12

/* The parts that the first byte of an input of fuzz_workbook chooses; the rest of the input is that part. */
enum xlsxseeds_choice { XLSXSEEDS_FILE, XLSXSEEDS_SHEET, XLSXSEEDS_STRINGS, XLSXSEEDS_STYLES, XLSXSEEDS_BOOK, XLSXSEEDS_RELATIONS,
	XLSXSEEDS_CHOICES };

#define XLSXSEEDS_CSV_END '\x1e' /* stands between the files of an input of fuzz_sheets_csv */

/* Append input `index`, below XLSXSEEDS_COUNT, whole with its first byte; the target and a name for it go to `target` and `name`. */
void xlsxseeds_make(size_t index, const char **target, const char **name, struct buf *out);

/* A part of the workbook that the seeds are made of; NULL for XLSXSEEDS_FILE. */
const char *xlsxseeds_part(enum xlsxseeds_choice choice);

#endif
