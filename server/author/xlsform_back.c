/*
 * xlsform_back: a form as a workbook, for forms that have no original.
 *
 * What other programs do not know stands in columns of our own and overrides what they read: a sum of money is a decimal to them, a
 * Hijri date a text. Compiling the workbook gives the same canonical text again, so nothing of a form is lost on this way.
 */
#include <stdio.h>
#include <string.h>

#include "proto/base/arena.h"
#include "proto/form/sheets.h"
#include "server/author/grid.h"
#include "server/author/xlsform.h"

#define NAME_BYTES 256
#define TEXT_BYTES (2 * FORM_NAME_BYTES_MAX + 64)
#define OWN "mandoob::"

/* Types of ours as others know them. */
static const struct {
	const char *ours;
	const char *theirs;
} TYPES[] = {
	{ "money", "decimal" }, { "hijri_date", "text" }, { "select_member", "text" }, { "sa_id", "text" }, { "iban", "text" }, { "mobile", "text" },
	{ "short_address", "text" }, { "postal_code", "text" }, { "signature", "image" }, { "image_list", "image" },
};

/* Columns of canonical text that others do not know, and those that the type column takes in. */
static const char *const OWN_COLUMNS[] = {
	"warning", "warning_message::", "entry", "write", "protected", "class", "hidden", "restricted", "on_finish", "note", NULL,
};
static const char *const TAKEN_COLUMNS[] = { "type", "list", "name", "member", "default_kind", NULL };

struct back {
	struct grid *grid;
	const struct form *form;
	const struct sheets *sheets;
	uint32_t column;    /* next of the row */
};

static int put(struct back *b, uint32_t row, const char *text)
{
	struct grid_text cell;
	int rc = grid_text(b->grid, text, strlen(text), &cell);

	return rc != 0 ? rc : grid_cell(b->grid, row, b->column++, &cell);
}

/* Whether `name` is one of the words; a word that ends with "::" stands for all its languages. */
static bool is_among(const char *const *words, const char *name)
{
	for (; *words != NULL; words++) {
		size_t len = strlen(*words);
		bool has_languages = len > 2 && strcmp(*words + len - 2, "::") == 0;

		if (strcmp(*words, name) == 0 || (has_languages && (strncmp(*words, name, len) == 0 ||
			(strncmp(*words, name, len - 2) == 0 && name[len - 2] == '\0'))))
			return true;
	}
	return false;
}

/* ---- survey ---- */

/* "select_one yes_no", "select_one_from_file villages.csv", "select_member member", "integer". */
static void whole_type(const struct back *b, size_t row, char out[static TEXT_BYTES])
{
	const struct sheets_table *t = &b->sheets->tables[SHEETS_SURVEY];
	const char *type = sheets_cell(t, row, sheets_column(t, "type", NULL)), *list = sheets_cell(t, row, sheets_column(t, "list", NULL));
	const char *member = sheets_cell(t, row, sheets_column(t, "member", NULL));
	int index = list[0] != '\0' ? form_list_find(b->form, list) : -1;
	bool is_reference = index >= 0 && form_list(b->form, (size_t)index)->choice_count == 0;

	/* Of these two only a range has parameters. */
	if ((strcmp(type, "integer") == 0 || strcmp(type, "decimal") == 0) && sheets_cell(t, row, sheets_column(t, "parameters", NULL))[0] != '\0')
		snprintf(out, TEXT_BYTES, "range");
	else if (is_reference)
		snprintf(out, TEXT_BYTES, "%s%s %s.csv", type, strcmp(type, "rank") == 0 ? "" : "_from_file", list);
	else if (list[0] != '\0' || member[0] != '\0')
		snprintf(out, TEXT_BYTES, "%s %s", type, list[0] != '\0' ? list : member);
	else
		snprintf(out, TEXT_BYTES, "%s", type);
}

static const char *their_type(const char *ours)
{
	for (size_t i = 0; i < sizeof(TYPES) / sizeof(TYPES[0]); i++) {
		size_t len = strlen(TYPES[i].ours);

		if (strncmp(TYPES[i].ours, ours, len) == 0 && (ours[len] == '\0' || ours[len] == ' '))
			return TYPES[i].theirs;
	}
	return NULL;
}

static int survey_header(struct back *b)
{
	const struct sheets_table *t = &b->sheets->tables[SHEETS_SURVEY];
	int rc;

	b->column = 0;
	rc = put(b, 1, "type");
	if (rc == 0)
		rc = put(b, 1, OWN "type");
	if (rc == 0)
		rc = put(b, 1, "name");
	for (size_t c = 0; rc == 0 && c < t->column_count; c++) {
		char name[NAME_BYTES];

		if (is_among(TAKEN_COLUMNS, t->columns[c]))
			continue;
		snprintf(name, sizeof(name), "%s%s", is_among(OWN_COLUMNS, t->columns[c]) ? OWN : "", t->columns[c]);
		rc = put(b, 1, name);
	}
	return rc;
}

static int survey_row(struct back *b, size_t row)
{
	const struct sheets_table *t = &b->sheets->tables[SHEETS_SURVEY];
	uint32_t number = (uint32_t)row + 2;
	char ours[TEXT_BYTES];
	const char *theirs;
	int rc;

	whole_type(b, row, ours);
	theirs = their_type(ours);
	b->column = 0;
	rc = put(b, number, theirs != NULL ? theirs : ours);
	if (rc == 0)
		rc = put(b, number, theirs != NULL ? ours : "");
	if (rc == 0)
		rc = put(b, number, sheets_cell(t, row, sheets_column(t, "name", NULL)));
	for (size_t c = 0; rc == 0 && c < t->column_count; c++)
		if (!is_among(TAKEN_COLUMNS, t->columns[c]))
			rc = put(b, number, t->rows[row][c]);
	return rc;
}

static int put_survey(struct back *b)
{
	int rc = grid_sheet(b->grid, "survey", false);

	if (rc == 0)
		rc = survey_header(b);
	for (size_t r = 0; rc == 0 && r < b->sheets->tables[SHEETS_SURVEY].row_count; r++)
		rc = survey_row(b, r);
	return rc;
}

/* ---- choices ---- */

static int put_choices(struct back *b)
{
	const struct sheets_table *t = &b->sheets->tables[SHEETS_CHOICES];
	int rc = grid_sheet(b->grid, "choices", false);

	b->column = 0;
	for (size_t c = 0; rc == 0 && c < t->column_count; c++)
		rc = put(b, 1, t->columns[c]);
	for (size_t r = 0; rc == 0 && r < t->row_count; r++) {
		b->column = 0;
		for (size_t c = 0; rc == 0 && c < t->column_count; c++)
			rc = put(b, (uint32_t)r + 2, t->rows[r][c]);
	}
	return rc;
}

/* ---- settings ---- */

/* Whether a list has a code twice, which an author must allow. */
static bool has_duplicates(const struct form *f)
{
	for (size_t l = 0; l < form_list_count(f); l++)
		for (size_t c = 0; c < form_list(f, l)->choice_count; c++) {
			const char *code = form_list(f, l)->choices[c].code;

			if (form_choice_find(f, (int)l, code, strlen(code)) != (int)c)
				return true;
		}
	return false;
}

static int put_settings(struct back *b)
{
	const struct sheets_table *t = &b->sheets->tables[SHEETS_SETTINGS];
	bool allows = has_duplicates(b->form);
	int rc = grid_sheet(b->grid, "settings", false);

	b->column = 0;
	for (size_t r = 0; rc == 0 && r < t->row_count; r++) {
		const char *key = t->rows[r][0];
		char name[NAME_BYTES];

		snprintf(name, sizeof(name), "%s%s", strcmp(key, "kind") == 0 || strcmp(key, "class") == 0 ? OWN : "", key);
		rc = put(b, 1, name);
	}
	if (rc == 0 && allows)
		rc = put(b, 1, "allow_choice_duplicates");
	b->column = 0;
	for (size_t r = 0; rc == 0 && r < t->row_count; r++)
		rc = put(b, 2, t->rows[r][1]);
	return rc == 0 && allows ? put(b, 2, "yes") : rc;
}

int xlsform_workbook(const struct form *f, struct workbook *out)
{
	struct back b = { .grid = grid_new(), .form = f };
	struct sheets sheets;
	size_t len;
	const char *text = form_text(f, &len);
	int rc;

	memset(out, 0, sizeof(*out));
	if (b.grid == NULL)
		return err_set(ERR_NOMEM, "form: no memory");
	rc = sheets_read(text, len, &sheets);
	if (rc == 0) {
		b.sheets = &sheets;
		rc = put_survey(&b);
		if (rc == 0)
			rc = put_choices(&b);
		if (rc == 0)
			rc = put_settings(&b);
		if (rc == 0)
			rc = grid_finish(b.grid, out);
		sheets_fini(&sheets);
	}
	grid_free(b.grid);
	return rc;
}
