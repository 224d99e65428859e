/*
 * render: a form as HTML: the pages of an interview, a case to read or print, and a blank paper form. Written from the form alone: any
 * published form shows properly, of whatever version, without a change here.
 *
 * Right to left for Arabic; text is escaped by the writer (proto/base/html.h); nothing is loaded from anywhere; CSS is one style element of
 * our own. Values of identifiers and numbers stand in <bdi dir="ltr">, everything else that was answered in <bdi>. On paper the case number
 * and "page x of y" are in the margin of every sheet (by @page, which Chromium has; Firefox prints its own page numbers).
 *
 * What a purpose does not show (hidden from the applicant, restricted) is not told in another way either: outputs of labels and notes that
 * mention it, or a calculation of it, are dots; such a note, figure or title is left out.
 */
#ifndef PROTO_FORM_RENDER_H
#define PROTO_FORM_RENDER_H

#include "proto/form/model.h"

enum render_purpose {
	RENDER_PREVIEW,   /* what a representative sees, page by page, with the sample answers in the controls */
	RENDER_READ,      /* a case on a screen: what is relevant and answered, problems marked */
	RENDER_PRINT,     /* the same for A4 paper: page numbers, case number on every page, room to sign */
	RENDER_APPLICANT, /* RENDER_PRINT without what is hidden from the applicant */
	RENDER_BLANK,     /* paper form to fill in by hand: every question with its choices and room, relevance in words */
};

struct render_options {
	enum render_purpose purpose;
	size_t language;          /* of the form */
	bool is_arabic;           /* of the frame around it: headings, words of ours, direction */
	const char *reference;    /* case number on the paper; "" none */
	unsigned blank_rows;      /* RENDER_BLANK: empty rows of each repeat; 0: 3 */
	bool restricted;          /* show what is restricted to a role */
};

/* Append a whole HTML document. For RENDER_BLANK the model is one of a new case. ERR_LIMIT when `out` is full. */
int render_document(struct model *m, const struct render_options *o, struct buf *out) MUST_CHECK;

#endif
