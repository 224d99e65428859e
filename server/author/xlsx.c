/*
 * xlsx: see xlsx.h. The order of reading an .xlsx file, and its workbook part: the names of the sheets, in the order of the tabs.
 */
#include "server/author/xlsx.h"

#include <stdlib.h>
#include <string.h>

struct sheet {
	const char *name;      /* all in the scratch arena */
	const char *relation;
	bool is_hidden;
};

/* The workbook part being read. */
struct reading {
	struct xlsx *x;
	bool is_sheets;        /* inside <sheets> */
	struct sheet sheets[WORKBOOK_SHEETS_MAX];
	size_t sheet_count;
};

static bool is_true(const char *value)
{
	return value && (strcmp(value, "1") == 0 || strcmp(value, "true") == 0 || strcmp(value, "on") == 0);
}

static int sheet_add(struct reading *r, const char **attributes)
{
	const char *name = xlsx_xml_attribute(attributes, "name");
	const char *relation = xlsx_xml_prefixed(attributes, "id");
	const char *state = xlsx_xml_attribute(attributes, "state");
	struct arena *a = r->x->scratch;

	if (!name || !relation)
		return err_set(ERR_CORRUPT, "the file is damaged (a sheet has no name): save it again as .xlsx");
	if (r->sheet_count == WORKBOOK_SHEETS_MAX)
		return err_set(ERR_LIMIT, "the workbook has more than %d sheets: remove those that are not needed", WORKBOOK_SHEETS_MAX);
	r->sheets[r->sheet_count++] = (struct sheet){
		.name = arena_copy(a, name, strlen(name)),
		.relation = arena_copy(a, relation, strlen(relation)),
		.is_hidden = state && strcmp(state, "visible") != 0,
	};
	return arena_error(a);
}

static int on_start(void *ctx, size_t depth, const char *name, const char **attributes)
{
	struct reading *r = ctx;
	int rc = 0;

	if (depth == 0)
		return strcmp(name, "workbook") == 0 ? 0 : XLSX_XML_SKIP;
	if (depth == 1) {
		if (strcmp(name, "workbookPr") == 0)
			r->x->is_1904 = is_true(xlsx_xml_attribute(attributes, "date1904"));
		return strcmp(name, "sheets") == 0 ? 0 : XLSX_XML_SKIP;
	}
	if (strcmp(name, "sheet") == 0)
		rc = sheet_add(r, attributes);
	return rc ? rc : XLSX_XML_SKIP;
}

/* Strings and styles may be missing: then no cell needs them. */
static int common_read(struct xlsx *x)
{
	const struct xlsx_relation *strings = xlsx_relations_find(&x->relations, x->zip, XLSX_RELATION_STRINGS, NULL);
	const struct xlsx_relation *styles = xlsx_relations_find(&x->relations, x->zip, XLSX_RELATION_STYLES, NULL);
	int rc = styles ? xlsx_styles_read(x, styles->part) : 0;

	if (rc == 0 && strings)
		rc = xlsx_strings_read(x, strings->part);
	return rc;
}

/* Whether the relationship names something that is no worksheet: a chart or a macro on a tab of its own. */
static bool is_other(const struct xlsx *x, const char *relation)
{
	for (size_t i = 0; i < x->relations.count; i++)
		if (x->relations.items[i].kind == XLSX_RELATION_SHEET && strcmp(x->relations.items[i].id, relation) == 0)
			return false;
	return true;
}

static int sheets_read(struct xlsx *x, const struct reading *r)
{
	int rc = 0;

	for (size_t i = 0; i < r->sheet_count && rc == 0; i++) {
		const struct sheet *s = &r->sheets[i];
		const struct xlsx_relation *found = xlsx_relations_find(&x->relations, x->zip, XLSX_RELATION_SHEET, s->relation);

		if (is_other(x, s->relation))
			continue;
		if (!found)
			return err_set(ERR_CORRUPT, "the file is damaged (the part of sheet %s is missing): save it again as .xlsx",
				       s->name);
		rc = grid_sheet(x->grid, s->name, s->is_hidden);
		if (rc == 0)
			rc = xlsx_sheet_read(x, found->part, s->name);
	}
	return rc;
}

static int workbook_part_read(struct xlsx *x, const char *part)
{
	static const struct xlsx_xml_reader READER = { .start = on_start };
	struct reading *r = calloc(1, sizeof(*r));
	int rc = r ? 0 : err_set(ERR_NOMEM, "xlsx: no memory");

	if (rc == 0) {
		r->x = x;
		rc = xlsx_xml_read(x->zip, zip_find(x->zip, part), part, &READER, r);
	}
	if (rc == 0)
		rc = xlsx_relations_read(x->zip, x->scratch, part, &x->relations);
	if (rc == 0)
		rc = common_read(x);
	if (rc == 0)
		rc = sheets_read(x, r);
	free(r);
	return rc == ERR_NOT_FOUND ? ERR_CORRUPT : rc;
}

/* Find the workbook part through the relationships of the file. */
static int document_find(struct xlsx *x, const char **part)
{
	struct xlsx_relations top;
	int rc = xlsx_relations_read(x->zip, x->scratch, "", &top);
	const struct xlsx_relation *found;

	*part = NULL;
	if (rc == 0) {
		found = xlsx_relations_find(&top, x->zip, XLSX_RELATION_DOCUMENT, NULL);
		*part = found ? found->part : NULL;
	}
	xlsx_relations_fini(&top);
	return rc == ERR_NOT_FOUND ? 0 : rc;
}

static bool ends_in_xml(const char *part)
{
	size_t len = strlen(part);

	return len >= 4 && strcmp(part + len - 4, ".xml") == 0 && strncmp(part, "word/", 5) != 0 && strncmp(part, "ppt/", 4) != 0;
}

static int read_open(struct xlsx *x, const void *data, size_t len)
{
	const char *part;
	int rc;

	x->scratch = arena_new(XLSX_SCRATCH_BYTES_MAX);
	if (!x->scratch)
		return err_set(ERR_NOMEM, "xlsx: no memory");
	rc = zip_open(data, len, 2 * (size_t)WORKBOOK_PART_BYTES_MAX, &x->zip);
	if (rc == 0)
		rc = document_find(x, &part);
	if (rc != 0)
		return rc;
	if (!part || !ends_in_xml(part))
		return xlsx_kind_refuse(data, len, x->zip);
	return workbook_part_read(x, part);
}

int xlsx_read(const void *data, size_t len, struct grid *g)
{
	struct xlsx x = { .grid = g };
	int rc;

	if (len > WORKBOOK_BYTES_MAX)
		return err_set(ERR_LIMIT, "the file has %zu bytes, at most %d are read: remove pictures and what is not needed", len,
			       WORKBOOK_BYTES_MAX);
	rc = xlsx_kind_refuse(data, len, NULL);
	if (rc == 0)
		rc = read_open(&x, data, len);
	xlsx_relations_fini(&x.relations);
	zip_close(x.zip);
	arena_free(x.scratch);
	free(x.strings);
	free(x.formats);
	return rc;
}
