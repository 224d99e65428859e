/*
 * publish: see publish.h.
 */
#include "server/publish.h"

#include <string.h>

static int check_entry_types(const struct form *now, const struct form *next)
{
	for (size_t i = 0; i < form_entry_type_count(now); i++) {
		const struct form_entry_type *t = form_entry_type(now, i);
		int found = form_entry_type_find(next, t->name);

		if (found < 0)
			return err_set(ERR_USAGE, "the new form lacks entry type %s", t->name);
		if (form_entry_type(next, (size_t)found)->is_repeat != t->is_repeat)
			return err_set(ERR_USAGE, "entry type %s repeats in one form and not in the other", t->name);
	}
	return 0;
}

/*
 * Every choice of the old list must be in the new one; for questions with several answers also in the same order, since their
 * values list the codes in the order of the list. An open list (no choices) must stay open.
 */
static int check_choices(
	const struct form *now, const struct form_field *old_field, const struct form *next, const struct form_field *new_field)
{
	const struct form_list *a = form_list(now, (size_t)old_field->list);
	const struct form_list *b = form_list(next, (size_t)new_field->list);
	int last = -1;

	if (b->choice_count == 0)
		return 0;
	if (a->choice_count == 0)
		return err_set(ERR_USAGE, "field %s: its open list must stay open", old_field->name);
	for (size_t i = 0; i < a->choice_count; i++) {
		const char *code = a->choices[i].code;
		int at = form_choice_find(next, new_field->list, code, strlen(code));

		if (at < 0)
			return err_set(ERR_USAGE, "field %s: the new form lacks choice %s", old_field->name, code);
		if (at < last && old_field->type == FORM_SELECT_MULTIPLE)
			return err_set(ERR_USAGE, "field %s: choice %s changed its place among the others", old_field->name, code);
		last = at;
	}
	return 0;
}

static int check_field(const struct form *now, const struct form_field *f, const struct form *next)
{
	int found = form_field_find(next, f->name);
	const struct form_field *g;

	if (found < 0)
		return err_set(ERR_USAGE, "the new form lacks field %s", f->name);
	g = form_field(next, (size_t)found);
	if (g->type != f->type)
		return err_set(ERR_USAGE, "field %s: type %s becomes %s", f->name, form_type_name(f->type), form_type_name(g->type));
	if (strcmp(form_entry_type(next, g->entry_type)->name, form_entry_type(now, f->entry_type)->name) != 0)
		return err_set(ERR_USAGE, "field %s: moves to another entry type", f->name);
	return f->list < 0 ? 0 : check_choices(now, f, next, g);
}

int publish_check(const struct form *now, const struct form *next)
{
	int err = check_entry_types(now, next);

	for (size_t i = 1; !err && i < form_field_count(now); i++)
		err = check_field(now, form_field(now, i), next);
	return err;
}
