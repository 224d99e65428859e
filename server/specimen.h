/*
 * specimen: answers for looking at a form before anybody answers it: made up by type, always the same ones, or given in a file.
 *
 * All made up names, numbers and places are invented; identifiers are the ones that this project uses for tests.
 */
#ifndef SERVER_SPECIMEN_H
#define SERVER_SPECIMEN_H

#include "proto/base/json.h"
#include "proto/form/model.h"

/*
 * Answer every relevant question of an open model that can be answered and is empty, as its constraint allows; one row for each
 * empty repeat.
 */
int specimen_fill(struct model *m) MUST_CHECK;

/*
 * Answers from `answers`, an object: the name of a question gives its answer as a person would type it (text, number, true for
 * "yes"), the name of a repeat an array of objects, one a row; groups may stand as objects or be left out. ERR_USAGE names what is no
 * question of the form or no answer to it.
 */
int specimen_answer(struct model *m, const json_t *answers) MUST_CHECK;

#endif
