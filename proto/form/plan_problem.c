/*
 * plan_problem: what is wrong in a form, gathered for its author. Texts are cut at the size of their fields, between characters.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/form/plan_private.h"

/* Copy what fits, and never half a character. */
static void copy_text(char *out, size_t size, const char *text)
{
	size_t len = strlen(text);

	if (len >= size) {
		len = size - 1;
		while (len > 0 && ((unsigned char)text[len] & 0xC0) == 0x80)
			len--;
	}
	memcpy(out, text, len);
	out[len] = '\0';
}

int plan_problem_add(struct plan *p, const struct plan_place *at, bool is_warning, const char *english, const char *arabic)
{
	struct plan_problems *all = &p->problems;
	struct plan_problem *items;
	struct plan_problem *item;

	p->error_count += !is_warning;
	if (all->count == PLAN_PROBLEMS_MAX)
		return 0;
	items = realloc(all->items, (all->count + 1) * sizeof *items);
	if (!items)
		return err_set(ERR_NOMEM, "no memory for the problems of a form");
	all->items = items;
	item = &items[all->count++];
	*item = (struct plan_problem){ .is_warning = is_warning, .node = at->node, .is_choice = at->is_choice, .choice = at->choice,
				       .column = at->column, .language = at->language };
	copy_text(item->english, sizeof item->english, english);
	copy_text(item->arabic, sizeof item->arabic, arabic);
	return 0;
}

const char *plan_problem_column(enum form_column column)
{
	switch (column) {
	case FORM_REQUIRED: return "required";
	case FORM_RELEVANT: return "relevant";
	case FORM_CONSTRAINT: return "constraint";
	case FORM_WARNING: return "warning";
	case FORM_CALCULATION: return "calculation";
	case FORM_DEFAULT: return "default";
	case FORM_TRIGGER: return "trigger";
	case FORM_READONLY: return "readonly";
	case FORM_APPEARANCE: return "appearance";
	case FORM_PARAMETERS: return "parameters";
	case FORM_CHOICE_FILTER: return "choice_filter";
	case FORM_REPEAT_COUNT: return "repeat_count";
	case FORM_ON_FINISH: return "on_finish";
	case FORM_NOTE_COLUMN: return "note";
	}
	return "";
}

const char *plan_problem_words(enum form_words words)
{
	switch (words) {
	case FORM_LABEL: return "label";
	case FORM_HINT: return "hint";
	case FORM_GUIDANCE: return "guidance_hint";
	case FORM_REQUIRED_MESSAGE: return "required_message";
	case FORM_CONSTRAINT_MESSAGE: return "constraint_message";
	case FORM_WARNING_MESSAGE: return "warning_message";
	case FORM_PICTURE: return "image";
	}
	return "";
}
