/*
 * casekit: a case under a form that is built in, for tests that answer it: form, plan and the reference lists that are delivered with
 * it, at one fixed moment (23 November 2026, 09:00 in Riyadh).
 *
 * Answers are given as a script, because a case takes dozens of them:
 *
 *	"consent/consent_collect=yes; +member; member[1]/member_name=..."
 *
 * "+repeat" adds a row; "-repeat[n]" removes one; anything else is place = canonical value. Places are below /data/. A name that stands
 * once in the form may stand alone, without its group. Every failure ends the test.
 */
#ifndef TESTS_LIB_CASEKIT_H
#define TESTS_LIB_CASEKIT_H

#include "proto/form/model.h"

#define CASEKIT_LISTS_MAX 16
#define CASEKIT_APPLICATION 0 /* forms, as form_default.h orders them */
#define CASEKIT_OUTCOME 1
#define CASEKIT_RATING 2
#define CASEKIT_NOW_MS 1795413600000 /* 2026-11-23T06:00:00Z */

struct casekit {
	struct form *form;
	struct plan *plan;
	struct reflist *lists[CASEKIT_LISTS_MAX]; /* as form_default.h orders them */
	struct model_world world;
	struct model *model;  /* NULL: none is open */
	uint64_t last_id;
	char text[8192];      /* of casekit_value() */
};

/* Form, plan and lists. Free with casekit_free(). */
struct casekit *casekit_new(size_t form);
void casekit_free(struct casekit *k);

/* Where the list of that name is kept: a test may put another there, and puts the old one back. */
struct reflist **casekit_list(struct casekit *k, const char *name);

/* A new case; one that was open is closed. */
void casekit_open(struct casekit *k);
void casekit_play(struct casekit *k, const char *script);

/* The place of a script; fails the test when there is none. */
struct model_node *casekit_node(struct casekit *k, const char *place);
/* The value of a calculation or question as expressions see it: "" when it is not relevant. Good until the next call. */
const char *casekit_value(struct casekit *k, const char *place);
/* How many hard problems model_check() finds; the place of the first is in k->text. */
size_t casekit_problems(struct casekit *k);

#endif
