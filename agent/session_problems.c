/*
 * session_problems: what a form finds wrong with a case, as lines for a person (session.h).
 */
#include <string.h>

#include "agent/session.h"
#include "proto/form/markdown.h"

#define PROBLEM_LINES_BYTES_MAX (256 * 1024)
#define PROBLEM_WORDS_BYTES_MAX (64 * 1024)

void session_problems_init(struct session_problems *p)
{
	*p = (struct session_problems){ 0 };
	buf_init(&p->lines, PROBLEM_LINES_BYTES_MAX);
}

void session_problems_fini(struct session_problems *p)
{
	buf_fini(&p->lines);
}

static const struct {
	const char *english;
	const char *arabic;
	enum form_words words; /* what the form itself may say to it */
} PROBLEM_WORDS[] = {
	[MODEL_MISSING] = { "is required and has no answer", "سؤال مطلوب لم يُجب عنه", FORM_REQUIRED_MESSAGE },
	[MODEL_VIOLATED] = { "has an answer that cannot be", "إجابته تحتاج إلى تصحيح", FORM_CONSTRAINT_MESSAGE },
	[MODEL_MASKED] = { "has a choice that is no longer on its list", "اختياره لم يعد ضمن القائمة", FORM_HINT },
	[MODEL_WARNED] = { "should be looked at again", "يحسن التأكد من إجابته", FORM_WARNING_MESSAGE },
};

struct checking {
	struct model *m;
	struct session_problems *p;
};

/* The words of a node on one line, as the form has them: these lines are written down elsewhere, and an answer must not come along. */
static int line_words(struct checking *c, const struct model_node *n, enum form_words words, const char *language, struct buf *out)
{
	const struct form *f = model_form(c->m);
	const char *at = form_words(f, n->form_node, words, form_language_find(f, language));
	struct buf text;
	int err;

	buf_init(&text, PROBLEM_WORDS_BYTES_MAX);
	while (*at) {
		const char *quote = strstr(at, "${");
		const char *end = quote ? strchr(quote, '}') : NULL;
		size_t len = end ? (size_t)(quote - at) : strlen(at);

		buf_append(&text, at, len);
		buf_text(&text, end ? "…" : "");
		at = end ? end + 1 : at + len;
	}
	err = buf_error(&text);
	if (!err)
		markdown_plain(buf_string(&text), out);
	for (size_t i = 0; i < out->len; i++)
		if (out->data[i] == '\n')
			out->data[i] = ' ';
	buf_fini(&text);
	return err;
}

/* "member 2 / Date of birth": where the question stands, for a person. */
static int tell_side(struct checking *c, const struct model_problem *p, const char *language, const char *what)
{
	const struct model_node *row = p->node->parent;
	size_t number = 1;
	struct buf text;
	int err;

	while (row && row->kind != MODEL_ROW)
		row = row->parent;
	for (const struct model_node *n = row ? row->parent->first : NULL; n && n != row; n = n->next)
		number++;
	buf_init(&text, PROBLEM_WORDS_BYTES_MAX);
	err = line_words(c, p->node, FORM_LABEL, language, &text);
	if (!err && row)
		buf_printf(&c->p->lines, "%s %zu / ", model_form_node(c->m, row)->name, number);
	if (!err)
		buf_printf(&c->p->lines, "%s (%s): %s", buf_string(&text), model_form_node(c->m, p->node)->name, what);
	buf_clear(&text);
	if (!err)
		err = line_words(c, p->node, PROBLEM_WORDS[p->kind].words, language, &text);
	if (!err && text.len)
		buf_printf(&c->p->lines, " - %s", buf_string(&text));
	buf_fini(&text);
	return err;
}

static int tell_problem(void *ctx, const struct model_problem *p)
{
	struct checking *c = ctx;
	int err;

	if (p->is_hard)
		c->p->hard++;
	else
		c->p->soft++;
	if (c->p->lines.len > PROBLEM_LINES_BYTES_MAX / 2)
		return 0; /* counted; nobody reads more at once */
	buf_text(&c->p->lines, p->is_hard ? "! " : "~ ");
	err = tell_side(c, p, "en", PROBLEM_WORDS[p->kind].english);
	buf_text(&c->p->lines, " | ");
	if (!err)
		err = tell_side(c, p, "ar", PROBLEM_WORDS[p->kind].arabic);
	buf_text(&c->p->lines, "\n");
	return err;
}

int session_problems_gather(struct model *m, struct session_problems *p)
{
	struct checking c = { .m = m, .p = p };
	int err = model_check(m, tell_problem, &c);

	return err ? err : buf_error(&p->lines);
}
