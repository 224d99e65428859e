/*
 * hijri_table: the shape of the published Umm al-Qura table in hijri_table.c. Used by hijri.c only; others convert with hijri.h.
 */
#ifndef PROTO_BASE_HIJRI_TABLE_H
#define PROTO_BASE_HIJRI_TABLE_H

#include <stdint.h>

#define HIJRI_TABLE_FIRST_YEAR 1343
#define HIJRI_TABLE_LAST_YEAR 1500
#define HIJRI_TABLE_YEARS (HIJRI_TABLE_LAST_YEAR - HIJRI_TABLE_FIRST_YEAR + 1)

struct hijri_table_year {
	int32_t first_day;  /* day number of 1 Muharram, days since 1970-01-01 */
	uint32_t lengths;   /* of month m: 28 + the two bits at 2(m-1) */
};

extern const struct hijri_table_year HIJRI_TABLE[HIJRI_TABLE_YEARS];

#endif
