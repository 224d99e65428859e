/*
 * xlsform_expand: rows that an author does not write: the text question of "or other", a loop's body once for each choice, what
 * table-list needs: the label of its group as a note, and a first row that shows the labels of the answers; and the identity of a
 * submission, which elsewhere every form has and which ${instanceID} refers to.
 *
 * Names and texts are those of the field's compiler, since forms refer to them.
 */
#include <stdio.h>
#include <string.h>

#include "server/author/xlsform_parts.h"

#define ROWS_MIN 64
#define INSTANCE_ID "instanceID"

static bool has_room(struct xlsform *x, const struct xlsform_line *line)
{
	size_t room = ROWS_MIN;
	struct xlsform_row *rows;

	if (x->row_count == XLSFORM_ROWS_MAX) {
		if (!x->is_full)
			xlsform_error(x, xlsform_at(line, -1), "The form has more than %d rows. Divide it into two forms.",
				"في النموذج أكثر من %d صف. قسّمه إلى نموذجين.", XLSFORM_ROWS_MAX);
		x->is_full = true;
		return false;
	}
	while (room < x->row_count)
		room *= 2;
	if (x->rows != NULL && room > x->row_count)
		return true;
	room = x->rows == NULL ? ROWS_MIN : room * 2;
	rows = arena_alloc(x->arena, room, sizeof(*rows));
	if (rows == NULL)
		return false;
	if (x->row_count > 0)
		memcpy(rows, x->rows, x->row_count * sizeof(*rows));
	x->rows = rows;
	return true;
}

static struct xlsform_row *new_row(struct xlsform *x, const struct xlsform_line *line)
{
	struct xlsform_row *row;
	const char **words = arena_alloc(x->arena, XLSFORM_WORDS_COUNT * x->language_count, sizeof(*words));

	if (words == NULL || !has_room(x, line))
		return NULL;
	row = &x->rows[x->row_count++];
	*row = (struct xlsform_row){ .type = "", .name = "", .words = words, .line = line };
	for (size_t i = 0; i < XLSFORM_PLAIN_COUNT; i++)
		row->plain[i] = "";
	for (size_t i = 0; i < XLSFORM_WORDS_COUNT * x->language_count; i++)
		words[i] = "";
	return row;
}

struct xlsform_row *xlsform_expand_row(struct xlsform *x, const struct xlsform_line *line)
{
	return new_row(x, line);
}

/* ---- or other ---- */

void xlsform_expand_other(struct xlsform *x, size_t select)
{
	struct xlsform_row *row = new_row(x, x->rows[select].line);
	bool has_label = false;
	const struct xlsform_row *s;

	if (row == NULL)
		return;
	s = &x->rows[select];
	row->type = form_type_name(FORM_TEXT);
	row->name = xlsform_print(x, "%s_other", s->name);
	row->plain[FORM_RELEVANT] = xlsform_print(x, "selected(../%s, 'other')", s->name);
	/* Who may write and see the answer is the same for both halves of it. */
	for (int id = XLSFORM_WRITE; id <= XLSFORM_RESTRICTED; id++)
		row->plain[id] = s->plain[id];
	row->is_generated = true;
	for (size_t i = 0; i < x->language_count; i++) {
		bool is_used = s->words[(size_t)FORM_LABEL * x->language_count + i][0] != '\0';

		if (is_used || (i + 1 == x->language_count && !has_label))
			row->words[(size_t)FORM_LABEL * x->language_count + i] = x->is_arabic[i] ? "حدّد" : "Specify other.";
		has_label = has_label || is_used;
	}
}

/* ---- loops ---- */

/* `text` with every `mark` as `value`. */
static const char *replace(struct xlsform *x, const char *text, const char *mark, const char *value)
{
	struct buf out;
	const char *next;
	const char *copy;

	if (strstr(text, mark) == NULL)
		return text;
	buf_init(&out, FORM_CELL_BYTES_MAX);
	while ((next = strstr(text, mark)) != NULL) {
		buf_append(&out, text, (size_t)(next - text));
		buf_text(&out, value);
		text = next + strlen(mark);
	}
	buf_text(&out, text);
	copy = buf_error(&out) == 0 ? xlsform_copy(x, buf_string(&out), out.len) : "";
	buf_fini(&out);
	return copy;
}

static const char *label_of(const struct xlsform *x, const struct xlsform_choice *choice, size_t language)
{
	if (choice->labels[language][0] != '\0')
		return choice->labels[language];
	for (size_t i = 0; i < x->language_count; i++)
		if (choice->labels[i][0] != '\0')
			return choice->labels[i];
	return choice->code;
}

static const char *fill(struct xlsform *x, const char *text, const struct xlsform_choice *choice, size_t language)
{
	if (strstr(text, "%(") == NULL)
		return text;
	return replace(x, replace(x, text, "%(name)s", choice->code), "%(label)s", label_of(x, choice, language));
}

static void copy_row(struct xlsform *x, const struct xlsform_row *from, const struct xlsform_choice *choice, bool is_first)
{
	struct xlsform_row *row = new_row(x, from->line);
	size_t words = x->language_count;
	const char **own;

	if (row == NULL)
		return;
	own = row->words;
	*row = *from;
	row->words = own;
	row->is_generated = from->is_generated || !is_first;
	row->name = fill(x, from->name, choice, 0);
	for (size_t i = 0; i < XLSFORM_PLAIN_COUNT; i++)
		row->plain[i] = fill(x, from->plain[i], choice, 0);
	for (size_t i = 0; i < XLSFORM_WORDS_COUNT * words; i++)
		own[i] = fill(x, from->words[i], choice, i % words);
}

static void group_of_choice(struct xlsform *x, const struct xlsform_line *line, const struct xlsform_choice *choice)
{
	struct xlsform_row *row = new_row(x, line);

	if (row == NULL)
		return;
	row->is_begin = true;
	row->control = XLSFORM_GROUP;
	row->name = choice->code;
	row->is_generated = true;
	for (size_t i = 0; i < x->language_count; i++)
		row->words[(size_t)FORM_LABEL * x->language_count + i] = choice->labels[i];
}

static void end_group(struct xlsform *x, const struct xlsform_line *line)
{
	struct xlsform_row *row = new_row(x, line);

	if (row == NULL)
		return;
	row->is_end = true;
	row->control = XLSFORM_GROUP;
	row->is_generated = true;
}

void xlsform_expand_loop(struct xlsform *x, size_t begin, const struct xlsform_list *list)
{
	size_t count = x->row_count - begin - 1;
	struct xlsform_row *body = arena_alloc(x->arena, count + 1, sizeof(*body));
	bool is_first = true;

	if (body == NULL)
		return;
	memcpy(body, x->rows + begin + 1, count * sizeof(*body));
	x->row_count = begin + 1;
	for (size_t c = 0; c < list->count && !x->is_full; c++) {
		const struct xlsform_choice *choice = &list->choices[c];

		if (strcmp(choice->code, "none") == 0)
			continue;
		if (!form_is_name(choice->code) && choice->line != NULL) {
			xlsform_error(x, xlsform_at_cell(choice->line, XLSFORM_NAME),
				"A loop makes a group for each choice, and \"%s\" cannot be the name of a group. Begin it with a letter or _.",
				"تُنشئ الحلقة (loop) مجموعة لكل خيار، ولا يصلح «%s» اسمًا لمجموعة. ابدأه بحرف أو _.", xlsform_quote(x, choice->code));
			continue;
		}
		group_of_choice(x, x->rows[begin].line, choice);
		for (size_t i = 0; i < count; i++)
			copy_row(x, &body[i], choice, is_first);
		end_group(x, x->rows[begin].line);
		is_first = false;
	}
}

/* ---- table-list ---- */

void xlsform_expand_table_note(struct xlsform *x, size_t begin)
{
	struct xlsform_row *note;
	struct xlsform_row *group = &x->rows[begin];
	bool has_words = false;

	for (size_t i = 0; i < x->language_count; i++)
		for (int id = FORM_LABEL; id <= FORM_HINT; id++)
			has_words = has_words || group->words[(size_t)id * x->language_count + i][0] != '\0';
	note = has_words ? new_row(x, group->line) : NULL;
	if (note == NULL)
		return;
	group = &x->rows[begin];
	note->type = form_type_name(FORM_NOTE);
	note->name = xlsform_print(x, "generated_table_list_label_%zu", group->line->number);
	note->is_generated = true;
	for (size_t i = 0; i < x->language_count; i++)
		for (int id = FORM_LABEL; id <= FORM_HINT; id++) {
			size_t at = (size_t)id * x->language_count + i;

			note->words[at] = group->words[at];
			group->words[at] = "";
		}
}

void xlsform_expand_table_labels(struct xlsform *x, const struct xlsform_line *line, const struct xlsform_type *type)
{
	struct xlsform_row *row = new_row(x, line);

	if (row == NULL)
		return;
	row->type = form_type_name(type->type);
	row->list = type->list;
	row->name = xlsform_print(x, "reserved_name_for_field_list_labels_%zu", line->number);
	row->plain[FORM_APPEARANCE] = "label";
	row->is_generated = true;
}

/* ---- ${instanceID} ---- */


static bool names_instance(const char *text)
{
	return strstr(text, "${" INSTANCE_ID "}") != NULL;
}

static bool row_names_instance(const struct xlsform *x, const struct xlsform_row *row)
{
	for (size_t i = 0; i < XLSFORM_PLAIN_COUNT; i++)
		if (names_instance(row->plain[i]))
			return true;
	for (size_t i = 0; i < XLSFORM_WORDS_COUNT * x->language_count; i++)
		if (names_instance(row->words[i]))
			return true;
	return false;
}

void xlsform_expand_instance(struct xlsform *x)
{
	const struct xlsform_line *user = NULL;
	struct xlsform_row *row;

	if (x->row_count > 0 && names_instance(xlsform_settings_get(x, "instance_name")))
		user = x->rows[0].line;
	for (size_t i = 0; i < x->row_count; i++) {
		if (strcmp(x->rows[i].name, INSTANCE_ID) == 0)
			return;
		if (user == NULL && row_names_instance(x, &x->rows[i]))
			user = x->rows[i].line;
	}
	if (user == NULL || xlsform_words_yes(xlsform_settings_get(x, "omit_instanceid")) == 1)
		return;
	row = new_row(x, user);
	if (row == NULL)
		return;
	row->type = form_type_name(FORM_CALCULATE);
	row->name = INSTANCE_ID;
	row->plain[FORM_DEFAULT] = "concat('uuid:', uuid())";
	row->is_generated = true;
}
