/*
 * function: joins the tables of functions; see function.h. Names are looked up while an expression is parsed and never again, so the
 * tables are simply walked.
 */
#include "proto/form/xpath/function.h"

#include <string.h>

static const struct xfunction *const TABLES[] = {
	function_core_table, function_odk_table, function_date_table, function_geo_table, function_own_table,
};

const struct xfunction *xfunction_find(const char *name, size_t len)
{
	for (size_t t = 0; t < sizeof TABLES / sizeof TABLES[0]; t++) {
		for (const struct xfunction *f = TABLES[t]; f->name; f++) {
			if (f->name[0] == name[0] && strncmp(f->name, name, len) == 0 && !f->name[len])
				return f;
		}
	}
	return NULL;
}

const struct xfunction *xfunction_at(size_t i)
{
	for (size_t t = 0; t < sizeof TABLES / sizeof TABLES[0]; t++) {
		for (const struct xfunction *f = TABLES[t]; f->name; f++) {
			if (i-- == 0)
				return f;
		}
	}
	return NULL;
}
