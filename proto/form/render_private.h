/*
 * render_private: what the files of render share: the words around a form in both languages, who may see what, and how its own words
 * are put on a page.
 */
#ifndef PROTO_FORM_RENDER_PRIVATE_H
#define PROTO_FORM_RENDER_PRIVATE_H

#include "proto/form/render.h"

/* Words of ours. Texts of a form never stand here. */
enum render_word {
	RENDER_WORD_REFERENCE,
	RENDER_WORD_VERSION,
	RENDER_WORD_REQUIRED,
	RENDER_WORD_MISSING,
	RENDER_WORD_VIOLATED,
	RENDER_WORD_MASKED,
	RENDER_WORD_WARNED,
	RENDER_WORD_NOT_ANSWERED,
	RENDER_WORD_ROW,
	RENDER_WORD_NO_ROWS,
	RENDER_WORD_CHOOSE,
	RENDER_WORD_MORE_CHOICES,
	RENDER_WORD_SIGN_HERE,
	RENDER_WORD_ATTACHMENT,
	RENDER_WORD_REFERENCE_LIST,
	RENDER_WORD_RANK,
	RENDER_WORD_ADD_ROW,
	RENDER_WORD_MORE_ROWS,
	RENDER_WORD_SECTION,
	RENDER_WORD_PAGE,
	RENDER_WORD_OF,
	RENDER_WORD_BLANK_TITLE,
	RENDER_WORD_LEGEND,
	RENDER_WORD_PREVIEW_TITLE,
	RENDER_WORD_OFFICE,
	RENDER_WORD_APPLICANT_SIGN,
	RENDER_WORD_REPRESENTATIVE,
	RENDER_WORD_DATE,
	RENDER_WORD_DAY,
	RENDER_WORD_MONTH,
	RENDER_WORD_YEAR,
	RENDER_WORD_HIJRI,
	RENDER_WORD_GREGORIAN,
	RENDER_WORD_HOUR,
	RENDER_WORD_RIYAL,
	RENDER_WORD_YES,
	RENDER_WORD_LATITUDE,
	RENDER_WORD_LONGITUDE,
	/* Conditions. \1 is the question, \2 the answer. */
	RENDER_WORD_APPLICABLE,
	RENDER_WORD_IF,
	RENDER_WORD_AND,
	RENDER_WORD_OR,
	RENDER_WORD_NOR,
	RENDER_WORD_QUOTE,
	RENDER_WORD_IS,
	RENDER_WORD_IS_NOT,
	RENDER_WORD_HAS,
	RENDER_WORD_HAS_NOT,
	RENDER_WORD_ANSWERED,
	RENDER_WORD_EMPTY,
	RENDER_WORD_MORE,
	RENDER_WORD_LESS,
	RENDER_WORD_AT_LEAST,
	RENDER_WORD_AT_MOST,
};
#define RENDER_WORD_COUNT (RENDER_WORD_AT_MOST + 1)

#define RENDER_HEADING_MAX 6

/* One rendering. */
struct render {
	struct model *m;
	const struct form *form;
	const struct render_options *o;
	struct buf *out;
	bool office;      /* RENDER_BLANK: this pass prints what is hidden from the applicant, the other what is not */
	bool is_mixed;    /* the form's texts are in another language than the frame, whose words are then marked */
	unsigned heading; /* level of the next heading, 2 to 6 */
	unsigned serial;  /* of the last control: ids and names that no other has */
	unsigned repeats; /* RENDER_BLANK: how many repeats we are in */
	int err;          /* sticky: of a model call */
	uint8_t secret[FORM_NODES_MAX]; /* what is known of each node's value: render_tells() */
};

const char *render_word(const struct render *r, enum render_word word);
/* Our words as an element, marked with their language where the form has another. `class` may be NULL. */
void render_ours(struct render *r, const char *tag, const char *class, enum render_word word);
/* A number of ours, in the digits of the frame's language. */
void render_number(struct render *r, size_t number);

/* Whether this rendering shows the node, whatever its relevance. Of a question inside a group both are asked. */
bool render_shows(const struct render *r, const struct form_node *n);
/* Whether anything that can be answered inside `node`, or itself, is shown. */
bool render_shows_inside(const struct render *r, size_t node);
/*
 * Whether a text of the form (or an expression) mentions nothing that this rendering does not show: neither a question that is hidden
 * or restricted, nor what is computed from one. Names inside other words are taken for mentions: it errs to the safe side.
 */
bool render_tells(struct render *r, const char *text);

/* Write a text of the form as it stands, with its outputs as dots: for paper to be filled in, and where render_tells() says no. */
void render_undisclosed(struct render *r, const char *text, bool is_inline);
/* "To be answered if ...": a relevance in words, "where it applies" when it is not simple enough, or would tell. Nothing for "". */
void render_condition(struct render *r, const char *expression);
/* Whether a value of this type is written from left to right in any language. */
bool render_is_ltr(enum form_type type);

/* The body of a case with answers (render_case.c) and of an empty form (render_blank.c). */
void render_case(struct render *r);
void render_blank(struct render *r);

#endif
