/*
 * interview: the form's questions asked at the terminal, group by group.
 *
 * Prompts go to standard error, answers come from standard input. An empty line skips, "-" clears, and the end of the input or an
 * interrupt ends the interview. Every group, and every row of a repeat, is committed as soon as it was answered, an interrupted one
 * too: what was typed and accepted is never lost.
 */
#ifndef AGENT_COMMAND_INTERVIEW_H
#define AGENT_COMMAND_INTERVIEW_H

#include "agent/answer.h"

/*
 * Ask all questions of `form` for case `case_id` (0: a new one). *out names the case (0 when nothing was answered) and counts all answers
 * saved, on failure too. Blocks on the person. ERR_IO; else as answer_save().
 */
int interview(struct store *s, const struct form *form, uint64_t case_id, struct answer_saved *out) MUST_CHECK;

#endif
