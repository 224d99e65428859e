/*
 * answer_json: one application as a JSON object becomes a draft of answers.
 *
 *	{"first_name": "...", "visit_type": "first", "member": [{"member_name": "..."}, {"_id": "7-12", "_gone": true}], "income": [...]}
 *
 * Questions of the root entry and of the other flat entry types (visit, declaration: view_is_flat()) stand at the top, each with its
 * name; the first one of a visit or declaration makes a new entry of it. Entry types other than root may stand as arrays of objects.
 * In a row "_id" names an entry that exists, as `show` prints it, and "_gone" removes it (true) or brings it back (false). A value is
 * text, a number, true ("yes"), false ("no"), or, for select_multiple, also an array of texts; "" clears an answer, null says nothing.
 */
#ifndef AGENT_ANSWER_JSON_H
#define AGENT_ANSWER_JSON_H

#include "agent/answer.h"
#include "proto/base/json.h"

#define ANSWER_PROBLEM_LINES_MAX 100
#define ANSWER_PROBLEM_BYTES_MAX (64 * 1024)

/* What is wrong with an application: one line for each, with the question's name and what was expected, never what was given. */
struct answer_problems {
	struct buf lines; /* ended by LF each, at most ANSWER_PROBLEM_LINES_MAX */
	size_t count;     /* all of them */
};

void answer_problems_init(struct answer_problems *p);
void answer_problems_fini(struct answer_problems *p);

/*
 * Put everything in `object` into draft `d`, going on after what is wrong so that all of it is reported in `p`. ERR_USAGE when there
 * was any; ERR_LIMIT, ERR_NOMEM end at once.
 */
int answer_json(struct answer_draft *d, const json_t *object, struct answer_problems *p) MUST_CHECK;

#endif
