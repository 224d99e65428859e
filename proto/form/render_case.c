/*
 * render_case: a case with its answers: the pages of an interview with controls (RENDER_PREVIEW), or what was answered (RENDER_READ,
 * RENDER_PRINT, RENDER_APPLICANT). Walks the model: what is not relevant is not there.
 */
#include <string.h>

#include "proto/base/html.h"
#include "proto/form/markdown.h"
#include "proto/form/render_private.h"
#include "proto/form/strokes.h"
#include "proto/form/value.h"

#define WORDS_BYTES_MAX (256 * 1024)
#define RADIOS_MAX 12 /* above this a list is a menu */
#define MENU_MAX 200  /* a preview shows so many of a long list, and what was chosen */

static void write_node(struct render *r, const struct model_node *n);

/* An error of the model, kept. */
static void keep(struct render *r, int err)
{
	if (err && !r->err)
		r->err = err;
}

/*
 * Write words of a node; nothing when they are empty. Outputs that say what this rendering does not show are dots, and so are those of
 * a text that grows beyond all measure or costs too much to compute: a page without one output is better than none.
 */
static void write_text(struct render *r, const struct model_node *n, enum form_words words, bool is_inline)
{
	const char *raw = form_words(r->form, n->form_node, words, r->o->language);
	struct buf b;
	int err;

	if (!strstr(raw, "${") || !render_tells(r, raw)) {
		render_undisclosed(r, raw, is_inline);
		return;
	}
	buf_init(&b, WORDS_BYTES_MAX);
	err = model_words(r->m, n, words, r->o->language, &b);
	if (err == ERR_LIMIT)
		render_undisclosed(r, raw, is_inline);
	else if (is_inline)
		markdown_inline(buf_string(&b), r->out);
	else
		markdown_html(buf_string(&b), r->out);
	keep(r, err == ERR_LIMIT ? 0 : err);
	buf_fini(&b);
}

static bool has_words(const struct render *r, const struct model_node *n, enum form_words words)
{
	return *form_words(r->form, n->form_node, words, r->o->language) != '\0';
}

static bool is_preview(const struct render *r)
{
	return r->o->purpose == RENDER_PREVIEW;
}

/* ---- values ---- */

/* The pen strokes drawn again: one path, the pad being 1024 wide; a stroke of one point is a dot. Room above the first line is left out. */
static void write_signature(struct render *r, const char *value)
{
	struct strokes_point points[STROKES_POINTS_MAX];
	unsigned top = STROKES_GRID, bottom = 0;
	size_t count;

	if (strokes_decode(value, strlen(value), points, &count) != 0) {
		render_ours(r, "span", "none", RENDER_WORD_VIOLATED);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		top = points[i].y < top ? points[i].y : top;
		bottom = points[i].y > bottom ? points[i].y : bottom;
	}
	buf_printf(r->out, "<svg class=\"signature\" viewBox=\"-8 %d %d %u\" role=\"img\"", (int)top - 8, STROKES_GRID + 16, bottom - top + 16);
	html_attribute(r->out, "aria-label", render_word(r, RENDER_WORD_SIGN_HERE));
	buf_text(r->out, "><path d=\"");
	for (size_t i = 0; i < count; i++)
		buf_printf(r->out, points[i].begins ? "M%u %uh0" : "L%u %u", points[i].x, points[i].y);
	buf_text(r->out, "\"/></svg>");
}

/* The label of a choice; a text that tells what is not shown is written without its outputs. */
static void write_choice(struct render *r, const struct form_node *f, const struct model_choice *c)
{
	int i = f->list < 0 ? -1 : form_choice_find(r->form, f->list, c->code, strlen(c->code));
	const char *raw = i < 0 ? "" : form_choice_label(r->form, (size_t)f->list, (size_t)i, r->o->language);

	if (strstr(raw, "${") && !render_tells(r, raw))
		render_undisclosed(r, raw, true);
	else
		markdown_inline(c->label, r->out);
}

/* Whether the titles of the rows that a question chooses among may hold what is not shown: any text of such a row can be its title. */
static bool names_secret_rows(const struct render *r, const struct form_node *f)
{
	int type = *f->member_type ? form_entry_type_find(r->form, f->member_type) : -1;
	int repeat = type < 0 ? -1 : form_entry_type(r->form, (size_t)type)->node;

	for (size_t i = repeat < 0 ? 0 : (size_t)repeat; repeat >= 0 && i < form_node(r->form, (size_t)repeat)->end; i++) {
		const struct form_node *n = form_node(r->form, i);

		if (n->kind == FORM_NODE_QUESTION && n->type == FORM_TEXT && !n->is_computed && !render_shows(r, n))
			return true;
	}
	return false;
}

/* How many codes a value has. */
static size_t count_codes(const struct form_node *f, const char *value)
{
	size_t count = 1;

	for (; f->type != FORM_SELECT_ONE && *value; value++)
		count += *value == ' ';
	return count;
}

static void write_labels(struct render *r, const struct form_node *f, const struct model_choices *c)
{
	const char *next = "";

	for (size_t i = 0; i < c->count; i++) {
		if (!c->items[i].is_chosen)
			continue;
		buf_printf(r->out, "%s<bdi>", next);
		write_choice(r, f, &c->items[i]);
		buf_text(r->out, "</bdi>");
		next = r->o->is_arabic ? "، " : ", ";
	}
}

/*
 * The labels of what was chosen, one after another; false when the model does not list all of it (withdrawn, masked), or not in this
 * order.
 */
static bool write_chosen(struct render *r, const struct model_node *n)
{
	const struct form_node *f = model_form_node(r->m, n);
	struct model_choices c;
	size_t found = 0;
	bool is_all;
	int err;

	if (f->type == FORM_SELECT_MEMBER && names_secret_rows(r, f)) {
		buf_text(r->out, "……");
		return true;
	}
	err = model_choices(r->m, n, r->o->language, &c);
	keep(r, err);
	if (err)
		return false;
	for (size_t i = 0; i < c.count; i++)
		found += c.items[i].is_chosen;
	is_all = found == count_codes(f, n->value) && f->type != FORM_RANK;
	if (is_all)
		write_labels(r, f, &c);
	model_choices_fini(&c);
	return is_all;
}

static void write_displayed(struct render *r, const struct form_node *f, const char *value)
{
	struct buf text;

	buf_init(&text, r->out->max);
	if (f->field >= 0)
		value_display(r->form, (size_t)f->field, value, r->o->is_arabic, &text);
	else
		buf_text(&text, value);
	keep(r, buf_error(&text));
	buf_text(r->out, render_is_ltr(f->type) ? "<bdi dir=\"ltr\">" : "<bdi>");
	html_text(r->out, buf_string(&text));
	buf_text(r->out, "</bdi>");
	buf_fini(&text);
}

static void write_value(struct render *r, const struct model_node *n)
{
	const struct form_node *f = model_form_node(r->m, n);

	if (!*n->value) {
		render_ours(r, "span", "none", RENDER_WORD_NOT_ANSWERED);
		return;
	}
	if (f->type == FORM_SIGNATURE)
		write_signature(r, n->value);
	else if (!(form_type_has_list(f->type) || f->type == FORM_SELECT_MEMBER) || !write_chosen(r, n))
		write_displayed(r, f, n->value);
}

/* ---- controls of a preview ---- */

/* The label that write_question() gave the number r->serial. */
static void write_labelled(struct render *r)
{
	buf_printf(r->out, " aria-labelledby=\"q%u\"", r->serial);
}

static void write_input(struct render *r, const struct model_node *n, const char *mode)
{
	const struct form_node *f = model_form_node(r->m, n);
	struct buf text;

	buf_init(&text, r->out->max);
	if (f->field >= 0 && *n->value)
		value_display(r->form, (size_t)f->field, n->value, r->o->is_arabic, &text);
	keep(r, buf_error(&text));
	buf_text(r->out, "<input type=\"text\"");
	write_labelled(r);
	if (mode)
		html_attribute(r->out, "inputmode", mode);
	html_attribute(r->out, "dir", render_is_ltr(f->type) ? "ltr" : "auto");
	html_attribute(r->out, "value", buf_string(&text));
	buf_text(r->out, n->is_readonly ? " readonly>" : ">");
	buf_fini(&text);
}

static void write_textarea(struct render *r, const struct model_node *n)
{
	buf_text(r->out, "<textarea rows=\"3\" dir=\"auto\"");
	write_labelled(r);
	buf_text(r->out, n->is_readonly ? " readonly>\n" : ">\n");
	html_text(r->out, n->value);
	buf_text(r->out, "</textarea>");
}

static void write_option(struct render *r, const struct model_choice *c)
{
	struct buf plain;

	buf_init(&plain, r->out->max);
	markdown_plain(c->label, &plain);
	buf_text(r->out, "<option");
	html_attribute(r->out, "value", c->code);
	buf_text(r->out, c->is_chosen ? " selected>" : ">");
	html_text(r->out, buf_string(&plain));
	buf_text(r->out, "</option>");
	keep(r, buf_error(&plain));
	buf_fini(&plain);
}

static void write_menu(struct render *r, const struct model_choices *c)
{
	buf_text(r->out, "<select");
	write_labelled(r);
	buf_text(r->out, ">");
	render_ours(r, "option", NULL, RENDER_WORD_CHOOSE);
	for (size_t i = 0; i < c->count; i++)
		if (i < MENU_MAX || c->items[i].is_chosen)
			write_option(r, &c->items[i]);
	if (c->count > MENU_MAX)
		render_ours(r, "option", NULL, RENDER_WORD_MORE_CHOICES);
	buf_text(r->out, "</select>");
}

static void write_boxes(struct render *r, const struct form_node *f, const struct model_choices *c)
{
	const char *type = f->type == FORM_SELECT_ONE || f->type == FORM_SELECT_MEMBER ? "radio" : "checkbox";

	buf_text(r->out, "<div class=\"choices\" role=\"group\"");
	write_labelled(r);
	buf_text(r->out, ">");
	for (size_t i = 0; i < c->count; i++) {
		if (i >= MENU_MAX && !c->items[i].is_chosen)
			continue;
		buf_printf(r->out, "<label class=\"tap\"><input type=\"%s\" name=\"n%u\"", type, r->serial);
		html_attribute(r->out, "value", c->items[i].code);
		buf_text(r->out, c->items[i].is_chosen ? " checked> <span>" : "> <span>");
		markdown_inline(c->items[i].label, r->out);
		buf_text(r->out, "</span></label>");
	}
	buf_text(r->out, "</div>");
	if (c->count > MENU_MAX)
		render_ours(r, "p", "hint", RENDER_WORD_MORE_CHOICES);
}

static void write_choices(struct render *r, const struct model_node *n)
{
	const struct form_node *f = model_form_node(r->m, n);
	struct model_choices c;
	int err = model_choices(r->m, n, r->o->language, &c);

	keep(r, err);
	if (err)
		return;
	if ((c.count > RADIOS_MAX || strstr(f->columns[FORM_APPEARANCE], "minimal")) && f->type != FORM_SELECT_MULTIPLE && f->type != FORM_RANK)
		write_menu(r, &c);
	else
		write_boxes(r, f, &c);
	model_choices_fini(&c);
}

static void write_acknowledge(struct render *r, const struct model_node *n)
{
	buf_text(r->out, "<label class=\"tap\"><input type=\"checkbox\"");
	write_labelled(r);
	buf_text(r->out, *n->value ? " checked> " : "> ");
	render_ours(r, "span", NULL, RENDER_WORD_YES);
	buf_text(r->out, "</label>");
}

static void write_control(struct render *r, const struct model_node *n)
{
	const struct form_node *f = model_form_node(r->m, n);

	switch (f->type) {
	case FORM_TEXT:
		if (strstr(f->columns[FORM_APPEARANCE], "multiline"))
			write_textarea(r, n);
		else
			write_input(r, n, strstr(f->columns[FORM_APPEARANCE], "numbers") ? "numeric" : NULL);
		break;
	case FORM_INTEGER:
	case FORM_SA_ID:
	case FORM_POSTAL_CODE:
		write_input(r, n, "numeric");
		break;
	case FORM_DECIMAL:
	case FORM_MONEY:
		write_input(r, n, "decimal");
		break;
	case FORM_MOBILE:
		write_input(r, n, "tel");
		break;
	case FORM_DATE:
	case FORM_TIME:
	case FORM_DATETIME:
	case FORM_HIJRI_DATE:
	case FORM_IBAN:
	case FORM_SHORT_ADDRESS:
	case FORM_GEOPOINT:
	case FORM_CALCULATE:
		write_input(r, n, NULL);
		break;
	case FORM_SELECT_ONE:
	case FORM_SELECT_MULTIPLE:
	case FORM_RANK:
	case FORM_SELECT_MEMBER:
		write_choices(r, n);
		break;
	case FORM_ACKNOWLEDGE:
		write_acknowledge(r, n);
		break;
	case FORM_SIGNATURE:
		buf_text(r->out, "<div class=\"pad\">");
		if (*n->value)
			write_signature(r, n->value);
		buf_text(r->out, "</div>");
		break;
	case FORM_IMAGE:
	case FORM_IMAGE_LIST:
	case FORM_AUDIO:
	case FORM_VIDEO:
	case FORM_FILE:
		render_ours(r, "div", "pad", RENDER_WORD_ATTACHMENT);
		break;
	case FORM_NOTE:
		break;
	}
}

/* ---- questions ---- */

static void write_words(struct render *r, const struct model_node *n, enum form_words words, const char *class)
{
	if (!has_words(r, n, words))
		return;
	buf_printf(r->out, "<div class=\"%s\">", class);
	write_text(r, n, words, false);
	buf_text(r->out, "</div>");
}

/* The author's words for it, else ours. */
static void write_problem(struct render *r, const struct model_node *n, enum form_words words, enum render_word ours, const char *class)
{
	if (words != FORM_LABEL && has_words(r, n, words))
		write_words(r, n, words, class);
	else
		render_ours(r, "div", class, ours);
}

/* What is wrong with the answer. Paper says nothing of it. */
static void write_problems(struct render *r, const struct model_node *n)
{
	if (r->o->purpose == RENDER_APPLICANT || r->o->purpose == RENDER_PRINT)
		return;
	if (n->is_missing)
		write_problem(r, n, FORM_REQUIRED_MESSAGE, RENDER_WORD_MISSING, "wrong");
	if (n->is_masked)
		write_problem(r, n, FORM_LABEL, RENDER_WORD_MASKED, "wrong");
	if (n->is_violated)
		write_problem(r, n, FORM_CONSTRAINT_MESSAGE, RENDER_WORD_VIOLATED, "wrong");
	if (n->is_warned)
		write_problem(r, n, FORM_WARNING_MESSAGE, RENDER_WORD_WARNED, "soft");
}

static void write_label(struct render *r, const struct model_node *n)
{
	if (has_words(r, n, FORM_LABEL))
		write_text(r, n, FORM_LABEL, false);
	else
		html_text(r->out, model_form_node(r->m, n)->name);
	if (is_preview(r) && n->is_required)
		render_ours(r, "span", "required", RENDER_WORD_REQUIRED);
}

/* A note that would tell what is not shown is left out whole: without its outputs it says nothing. */
static void write_note(struct render *r, const struct model_node *n)
{
	if (render_tells(r, form_words(r->form, n->form_node, FORM_LABEL, r->o->language)))
		write_words(r, n, FORM_LABEL, "note");
}

static void write_question(struct render *r, const struct model_node *n)
{
	r->serial++;
	if (is_preview(r))
		buf_printf(r->out, "<div class=\"question\"><div class=\"label\" id=\"q%u\">", r->serial);
	else
		buf_text(r->out, "<div class=\"question\"><div class=\"label\">");
	write_label(r, n);
	buf_text(r->out, "</div><div class=\"answer\">");
	if (is_preview(r)) {
		write_words(r, n, FORM_HINT, "hint");
		write_words(r, n, FORM_GUIDANCE, "hint");
		write_control(r, n);
	} else {
		write_value(r, n);
	}
	write_problems(r, n);
	buf_text(r->out, "</div></div>\n");
}

/* ---- groups and rows ---- */

static void write_children(struct render *r, const struct model_node *n)
{
	for (const struct model_node *child = n->first; child && !r->err && !r->out->error; child = child->next)
		write_node(r, child);
}

/*
 * Whether a group is worth its heading: something in it was asked and may be shown, or a note computes something. A repeat is, even
 * without rows, when it could have shown something: that there is none is an answer. Groups ask for those inside them once more, so the
 * work is the depth of the form times its size.
 */
static bool has_something(const struct render *r, const struct model_node *n)
{
	const struct form_node *f = model_form_node(r->m, n);

	if (!n->is_relevant || !render_shows(r, f))
		return false;
	if (n->kind == MODEL_QUESTION)
		return is_preview(r) || f->type != FORM_NOTE || strstr(form_words(r->form, n->form_node, FORM_LABEL, r->o->language), "${");
	if (n->kind == MODEL_REPEAT)
		return render_shows_inside(r, n->form_node);
	for (const struct model_node *child = n->first; child; child = child->next)
		if (has_something(r, child))
			return true;
	return false;
}

static void write_heading(struct render *r, const struct model_node *n)
{
	if (!has_words(r, n, FORM_LABEL))
		return;
	buf_printf(r->out, "<h%u>", r->heading);
	write_text(r, n, FORM_LABEL, true);
	buf_printf(r->out, "</h%u>\n", r->heading);
}

static void write_row(struct render *r, const struct model_node *n, size_t number)
{
	buf_text(r->out, "<div class=\"row keep\"><p class=\"number\">");
	render_ours(r, "span", NULL, RENDER_WORD_ROW);
	buf_text(r->out, " <bdi>");
	render_number(r, number);
	buf_text(r->out, "</bdi></p>\n");
	write_children(r, n);
	buf_text(r->out, "</div>\n");
}

static void write_rows(struct render *r, const struct model_node *n)
{
	size_t number = 0;

	for (const struct model_node *row = n->first; row && !r->err && !r->out->error; row = row->next)
		if (row->is_relevant)
			write_row(r, row, ++number);
	if (number == 0)
		render_ours(r, "p", "none", RENDER_WORD_NO_ROWS);
	if (is_preview(r) && !n->is_counted)
		render_ours(r, "button", NULL, RENDER_WORD_ADD_ROW);
}

static void write_section(struct render *r, const struct model_node *n)
{
	bool is_deeper = r->heading < RENDER_HEADING_MAX;

	buf_text(r->out, "<section>\n");
	write_heading(r, n);
	r->heading += is_deeper;
	if (n->kind == MODEL_REPEAT)
		write_rows(r, n);
	else
		write_children(r, n);
	r->heading -= is_deeper;
	buf_text(r->out, "</section>\n");
}

/* Whether a figure is computed from what is not shown. */
static bool is_told_by_figure(struct render *r, const struct form_node *f)
{
	return (f->is_computed || f->type == FORM_CALCULATE) && !render_tells(r, f->columns[FORM_CALCULATION]);
}

static void write_node(struct render *r, const struct model_node *n)
{
	const struct form_node *f = model_form_node(r->m, n);

	if (!n->is_relevant || !render_shows(r, f))
		return;
	switch (n->kind) {
	case MODEL_GROUP:
	case MODEL_REPEAT:
		if (has_something(r, n))
			write_section(r, n);
		break;
	case MODEL_ROW:
		break; /* by its repeat */
	case MODEL_QUESTION:
		if (f->type == FORM_NOTE)
			write_note(r, n);
		else if (!is_told_by_figure(r, f))
			write_question(r, n);
		break;
	}
}

/* ---- pages ---- */

/* "Section 3 of 9" above each page of an interview. */
static void write_pages(struct render *r)
{
	size_t count = 0, number = 0;

	for (const struct model_node *n = model_root(r->m)->first; n; n = n->next)
		count += n->kind != MODEL_QUESTION && has_something(r, n);
	for (const struct model_node *n = model_root(r->m)->first; n && !r->err && !r->out->error; n = n->next) {
		if (n->kind != MODEL_QUESTION && has_something(r, n)) {
			buf_text(r->out, "<p class=\"number page\">");
			render_ours(r, "span", NULL, RENDER_WORD_SECTION);
			buf_text(r->out, " ");
			render_number(r, ++number);
			buf_text(r->out, " ");
			render_ours(r, "span", NULL, RENDER_WORD_OF);
			buf_text(r->out, " ");
			render_number(r, count);
			buf_text(r->out, "</p>\n");
		}
		write_node(r, n);
	}
}

void render_case(struct render *r)
{
	if (is_preview(r))
		write_pages(r);
	else
		write_children(r, model_root(r->m));
	if (r->o->purpose != RENDER_APPLICANT)
		return;
	buf_text(r->out, "<div class=\"sign\">");
	render_ours(r, "span", NULL, RENDER_WORD_APPLICANT_SIGN);
	render_ours(r, "span", NULL, RENDER_WORD_DATE);
	buf_text(r->out, "</div>\n");
}
