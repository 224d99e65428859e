/*
 * question: one question at the terminal: how it is shown, in both languages, and how what was typed becomes its answer.
 */
#ifndef AGENT_COMMAND_QUESTION_H
#define AGENT_COMMAND_QUESTION_H

#include "agent/session.h"

#define QUESTION_TYPED_BYTES_MAX (32 * 1024)
#define QUESTION_CHOICES_SHOWN_MAX 40 /* of a longer list only those that hold what was typed are shown */

/* Whether it is asked at a terminal now: relevant, written by a representative, possible with a keyboard. */
bool question_is_asked(struct session *x, const struct model_node *n);

/* Show it on standard error: labels, hints, choices with numbers, the present answer. */
int question_show(struct session *x, const struct model_node *n) MUST_CHECK;

/*
 * Take what was typed ("-" clears): a value, a choice by number, code or label. On a long list a text that is no choice shows those
 * it could mean. ERR_USAGE with what was expected, never what was typed: ask again. Else as model_set().
 */
int question_take(struct session *x, struct model_node *n, const char *typed) MUST_CHECK;

/* Tell what the form says of the answer: false when it cannot stay as it is. */
bool question_tell_doubts(struct session *x, const struct model_node *n);

#endif
