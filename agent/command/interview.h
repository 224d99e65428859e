/*
 * interview: the form's questions asked at the terminal, group by group.
 *
 * Prompts go to standard error, answers come from standard input. An empty line skips, "-" clears, and the end of the input or an
 * interrupt ends the interview. Every group, and every row of a repeat, is committed as soon as it was answered, an interrupted one
 * too: what was typed and accepted is never lost. At a terminal where nobody types for a while the store is closed and its keys are
 * wiped; the next key asks for the passphrase, three times at most, and the interview goes on where it stood.
 */
#ifndef AGENT_COMMAND_INTERVIEW_H
#define AGENT_COMMAND_INTERVIEW_H

#include "agent/answer.h"

struct interview_lock {
	const char *dir;  /* of the store; borrowed */
	int64_t idle_ms;  /* how long nobody types before it is locked; 0: never locked */
};

/*
 * Ask all questions of `form` for case `case_id` (0: a new one). `lock` NULL: never locked. *out names the case (0 when nothing was
 * answered) and counts all answers saved, on failure too. Blocks on the person. ERR_IO; ERR_AUTH: locked and not opened again, the
 * store is then suspended (store.h); else as answer_save().
 */
int interview(struct store *s, const struct form *form, uint64_t case_id, const struct interview_lock *lock,
	struct answer_saved *out) MUST_CHECK;

#endif
