/*
 * fuzz_form: the input as canonical form text. What is accepted keeps its text, has one spelling, and numbers its parts soundly; every
 * reference in it is written out or refused.
 */
#include <assert.h>
#include <string.h>

#include "proto/form/form.h"
#include "proto/form/reference.h"
#include "proto/form/sheets.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_again(const uint8_t *data, size_t size)
{
	struct sheets s;
	struct buf out;
	int rc = sheets_read((const char *)data, size, &s);

	assert(rc == 0);
	buf_init(&out, FORM_TEXT_BYTES_MAX);
	rc = sheets_write(&s, &out);
	assert(rc == 0 && out.len == size && memcmp(out.data, data, size) == 0);
	buf_fini(&out);
	sheets_fini(&s);
}

static void expand(const struct form *f)
{
	for (size_t i = 0; i < form_node_count(f) && i < 200; i++) {
		for (size_t c = 0; c < FORM_COLUMN_COUNT; c++) {
			struct reference_problem problem;
			struct buf out;
			int rc;

			buf_init(&out, 4 * FORM_CELL_BYTES_MAX);
			rc = reference_expand(f, i, c == FORM_CHOICE_FILTER ? REFERENCE_CHOICE_FILTER : REFERENCE_EXPRESSION,
				form_node(f, i)->columns[c], &out, &problem);
			assert(rc == 0 || rc == ERR_LIMIT || (rc == ERR_USAGE && problem.at <= strlen(form_node(f, i)->columns[c])));
			buf_fini(&out);
		}
	}
}

static void look(const struct form *f)
{
	size_t in_entries = 0;

	for (size_t i = 1; i < form_node_count(f); i++) {
		const struct form_node *n = form_node(f, i);

		assert(n->parent >= 0 && (size_t)n->parent < i);
		assert(n->end > i && n->end <= form_node(f, (size_t)n->parent)->end);
		assert(n->field < 0 || form_field(f, (size_t)n->field)->node == (int)i);
		for (size_t l = 0; l < form_language_count(f); l++)
			assert(form_words(f, i, FORM_LABEL, l) && form_words(f, i, FORM_PICTURE, l));
	}
	for (size_t i = 0; i < form_field_count(f); i++)
		assert(i == 0 || form_field_find_in(f, form_field(f, i)->entry_type, form_field(f, i)->name) == (int)i);
	for (size_t e = 0; e < form_entry_type_count(f); e++) {
		assert(form_entry_type_find(f, form_entry_type(f, e)->name) == (int)e);
		in_entries += form_entry_type(f, e)->field_count;
	}
	assert(in_entries == form_field_count(f) + form_entry_type_count(f) - 2);
	for (size_t l = 0; l < form_list_count(f); l++) {
		for (size_t c = 0; c < form_list(f, l)->choice_count; c++) {
			const char *code = form_list(f, l)->choices[c].code;
			int found = form_choice_find(f, (int)l, code, strlen(code));

			assert(found >= 0 && (size_t)found <= c);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct form *f;

	if (form_parse((const char *)data, size, &f) == 0) {
		size_t len;
		const char *text = form_text(f, &len);

		assert(len == size && memcmp(text, data, len) == 0);
		write_again(data, size);
		look(f);
		expand(f);
		form_free(f);
	}
	return 0;
}
