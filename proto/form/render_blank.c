/*
 * render_blank: a form on paper, to be filled in by hand. Walks the form, not a case: every question is there, each condition in words,
 * choices as boxes, repeats as several empty rows. What the applicant shall not see comes last, on pages of its own.
 */
#include <string.h>

#include "proto/base/html.h"
#include "proto/form/render_private.h"

#define ROWS_DEFAULT 3
#define ROWS_MAX 100
#define ROWS_INSIDE 2           /* of a repeat inside a repeat; deeper ones have one: paper does not grow without bound */
#define CHOICES_ON_PAPER_MAX 60 /* a longer list is written as a code or name by hand */
#define CHOICES_BESIDE_MAX 12   /* more of them take the whole width */
#define LINES_MULTI 3
#define ROW_KEPT_WEIGHT 7       /* a row of at most so many questions is not divided between sheets; wide ones count as three */

static const char *words(const struct render *r, size_t node, enum form_words w)
{
	return form_words(r->form, node, w, r->o->language);
}

/* ---- room to write ---- */

static void write_line_of(struct render *r, const char *class)
{
	buf_printf(r->out, "<div class=\"%s\"></div>", class);
}

/* One box for each character; those that are always the same are there. */
static void write_places(struct render *r, unsigned count, const char *first)
{
	size_t len = strlen(first);

	buf_text(r->out, "<div class=\"places\" dir=\"ltr\">");
	for (unsigned i = 0; i < count; i++)
		buf_printf(r->out, "<i>%.*s</i>", i < len ? 1 : 0, i < len ? first + i : "");
	buf_text(r->out, "</div>");
}

static void write_parts(struct render *r, const enum render_word *parts, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		render_ours(r, "span", NULL, parts[i]);
		write_line_of(r, "line");
	}
}

static void write_box(struct render *r, const char *sign, enum render_word word)
{
	buf_printf(r->out, "<span class=\"box\"><i>%s</i>", sign);
	render_ours(r, "span", NULL, word);
	buf_text(r->out, "</span>");
}

/* As people write a date: its parts, and by which calendar. */
static void write_date(struct render *r, bool has_day, bool has_hour)
{
	static const enum render_word DAY[] = { RENDER_WORD_DAY, RENDER_WORD_MONTH, RENDER_WORD_YEAR };
	static const enum render_word HOUR[] = { RENDER_WORD_HOUR };

	buf_text(r->out, "<div class=\"part\">");
	if (has_day) {
		write_parts(r, DAY, 3);
		write_box(r, "○", RENDER_WORD_HIJRI);
		write_box(r, "○", RENDER_WORD_GREGORIAN);
	}
	if (has_hour)
		write_parts(r, HOUR, 1);
	buf_text(r->out, "</div>");
}

static void write_place(struct render *r)
{
	static const enum render_word PLACE[] = { RENDER_WORD_LATITUDE, RENDER_WORD_LONGITUDE };

	buf_text(r->out, "<div class=\"part\">");
	write_parts(r, PLACE, 2);
	buf_text(r->out, "</div>");
}

static void write_amount(struct render *r)
{
	buf_text(r->out, "<div class=\"part\"><div class=\"line\" style=\"max-inline-size:40mm\"></div>");
	render_ours(r, "span", NULL, RENDER_WORD_RIYAL);
	buf_text(r->out, "</div>");
}

static void write_list(struct render *r, const struct form_node *n)
{
	const struct form_list *list = form_list(r->form, (size_t)n->list);

	if (list->choice_count == 0 || list->choice_count > CHOICES_ON_PAPER_MAX) {
		render_ours(r, "p", "hint", RENDER_WORD_REFERENCE_LIST);
		write_line_of(r, "line");
		return;
	}
	if (n->type == FORM_RANK)
		render_ours(r, "p", "hint", RENDER_WORD_RANK);
	buf_text(r->out, "<div class=\"choices\">");
	for (size_t i = 0; i < list->choice_count; i++) {
		buf_printf(r->out, "<span class=\"box\"><i>%s</i><span>", n->type == FORM_SELECT_ONE ? "○" : "□");
		render_undisclosed(r, form_choice_label(r->form, (size_t)n->list, i, r->o->language), true);
		buf_text(r->out, "</span></span>");
	}
	buf_text(r->out, "</div>");
}

static void write_room(struct render *r, const struct form_node *n)
{
	switch (n->type) {
	case FORM_SELECT_ONE:
	case FORM_SELECT_MULTIPLE:
	case FORM_RANK:
		write_list(r, n);
		break;
	case FORM_SA_ID:
		write_places(r, 10, "");
		break;
	case FORM_IBAN:
		write_places(r, 24, "SA");
		break;
	case FORM_MOBILE:
		write_places(r, 10, "05");
		break;
	case FORM_SHORT_ADDRESS:
		write_places(r, 8, "");
		break;
	case FORM_POSTAL_CODE:
		write_places(r, 5, "");
		break;
	case FORM_ACKNOWLEDGE:
		write_box(r, "□", RENDER_WORD_YES);
		break;
	case FORM_SIGNATURE:
	case FORM_IMAGE:
	case FORM_IMAGE_LIST:
	case FORM_AUDIO:
	case FORM_VIDEO:
	case FORM_FILE:
		write_line_of(r, "pad");
		break;
	case FORM_TEXT:
		for (int i = 0; i < (strstr(n->columns[FORM_APPEARANCE], "multiline") ? LINES_MULTI : 1); i++)
			write_line_of(r, "line");
		break;
	case FORM_DATE:
	case FORM_HIJRI_DATE:
		write_date(r, true, false);
		break;
	case FORM_DATETIME:
		write_date(r, true, true);
		break;
	case FORM_TIME:
		write_date(r, false, true);
		break;
	case FORM_GEOPOINT:
		write_place(r);
		break;
	case FORM_MONEY:
		write_amount(r);
		break;
	case FORM_INTEGER:
	case FORM_DECIMAL:
		write_line_of(r, "line short");
		break;
	case FORM_SELECT_MEMBER:
		write_line_of(r, "line");
		break;
	case FORM_NOTE:
	case FORM_CALCULATE:
		break;
	}
}

/* What needs the whole width of the sheet. */
static bool is_wide(const struct render *r, const struct form_node *n)
{
	size_t choices = n->list < 0 ? 0 : form_list(r->form, (size_t)n->list)->choice_count;

	return n->type == FORM_IBAN || (choices > CHOICES_BESIDE_MAX && choices <= CHOICES_ON_PAPER_MAX) ||
	       (n->type == FORM_TEXT && strstr(n->columns[FORM_APPEARANCE], "multiline"));
}

/* ---- the walk ---- */

/* A note that computes nothing is for whoever fills in the form; once is enough. */
static bool is_paper_note(const struct render *r, size_t node)
{
	const struct form_node *n = form_node(r->form, node);
	const char *label = words(r, node, FORM_LABEL);

	return n->kind == FORM_NODE_QUESTION && n->type == FORM_NOTE && render_shows(r, n) && *label && !strstr(label, "${");
}

static bool has_something(const struct render *r, size_t node)
{
	if (render_shows_inside(r, node))
		return true;
	for (size_t i = node; i < form_node(r->form, node)->end; i++)
		if (is_paper_note(r, i))
			return true;
	return false;
}

static void write_hint(struct render *r, size_t node, enum form_words w)
{
	const char *text = words(r, node, w);

	if (!*text)
		return;
	buf_text(r->out, "<div class=\"hint\">");
	render_undisclosed(r, text, false);
	buf_text(r->out, "</div>");
}

static void write_question(struct render *r, size_t node)
{
	const struct form_node *n = form_node(r->form, node);
	const char *label = words(r, node, FORM_LABEL);

	if (n->type == FORM_NOTE) {
		if (!is_paper_note(r, node))
			return;
		buf_text(r->out, "<div class=\"note\">");
		render_undisclosed(r, label, false);
		buf_text(r->out, "</div>\n");
		return;
	}
	buf_printf(r->out, "<div class=\"question%s\"><div class=\"label\">", is_wide(r, n) ? " wide" : "");
	render_undisclosed(r, *label ? label : n->name, false);
	if (*n->columns[FORM_REQUIRED])
		buf_text(r->out, "\u00a0*");
	buf_text(r->out, "</div><div class=\"answer\">");
	render_condition(r, n->columns[FORM_RELEVANT]);
	write_hint(r, node, FORM_HINT);
	write_hint(r, node, FORM_GUIDANCE);
	write_room(r, n);
	buf_text(r->out, "</div></div>\n");
}

static void write_inside(struct render *r, size_t node);

static unsigned rows_of(const struct render *r)
{
	unsigned rows = r->o->blank_rows ? r->o->blank_rows : ROWS_DEFAULT;

	if (r->repeats > 0)
		rows = r->repeats == 1 && rows > 1 ? ROWS_INSIDE : 1;
	return rows < ROWS_MAX ? rows : ROWS_MAX;
}

static size_t weigh_row(const struct render *r, size_t node)
{
	size_t weight = 0;

	for (size_t i = node + 1; i < form_node(r->form, node)->end; i++)
		weight += is_wide(r, form_node(r->form, i)) || form_type_is_attachment(form_node(r->form, i)->type) ? 3 : 1;
	return weight;
}

static void write_rows(struct render *r, size_t node)
{
	bool is_kept = weigh_row(r, node) <= ROW_KEPT_WEIGHT;
	unsigned rows = rows_of(r);

	r->repeats++;
	for (unsigned i = 1; i <= rows && !r->out->error; i++) {
		buf_printf(r->out, "<div class=\"row%s\"><p class=\"number\">", is_kept ? " keep" : "");
		render_ours(r, "span", NULL, RENDER_WORD_ROW);
		buf_text(r->out, " <bdi>");
		render_number(r, i);
		buf_text(r->out, "</bdi></p>\n");
		write_inside(r, node);
		buf_text(r->out, "</div>\n");
	}
	r->repeats--;
	render_ours(r, "p", "hint", RENDER_WORD_MORE_ROWS);
}

static void write_group(struct render *r, size_t node)
{
	const struct form_node *n = form_node(r->form, node);
	const char *label = words(r, node, FORM_LABEL);
	bool is_deeper = r->heading < RENDER_HEADING_MAX;

	buf_text(r->out, "<section>\n");
	if (*label) {
		buf_printf(r->out, "<h%u>", r->heading);
		render_undisclosed(r, label, true);
		buf_printf(r->out, "</h%u>\n", r->heading);
	}
	render_condition(r, n->columns[FORM_RELEVANT]);
	r->heading += is_deeper;
	if (n->kind == FORM_NODE_REPEAT)
		write_rows(r, node);
	else
		write_inside(r, node);
	r->heading -= is_deeper;
	buf_text(r->out, "</section>\n");
}

static void write_inside(struct render *r, size_t node)
{
	size_t end = form_node(r->form, node)->end;

	for (size_t i = node + 1; i < end && !r->out->error; i = form_node(r->form, i)->end) {
		const struct form_node *n = form_node(r->form, i);

		if (n->kind == FORM_NODE_QUESTION) {
			if (render_shows(r, n))
				write_question(r, i);
		} else if (has_something(r, i)) {
			write_group(r, i);
		}
	}
}

void render_blank(struct render *r)
{
	write_inside(r, FORM_NODE_ROOT);
	r->office = true;
	if (!has_something(r, FORM_NODE_ROOT))
		return;
	buf_text(r->out, "<div class=\"office\">");
	render_ours(r, "h2", NULL, RENDER_WORD_OFFICE);
	write_inside(r, FORM_NODE_ROOT);
	buf_text(r->out, "</div>\n");
}
