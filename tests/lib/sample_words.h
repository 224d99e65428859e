/*
 * sample_words: the words and sentence patterns from which sample.c builds its invented applications.
 *
 * A pattern is text with slots: "{m}" stands for a random entry of the pool named by that letter, which may hold slots of
 * its own. "{#}" stands for a random number of two digits. All people are invented: names are drawn word by word.
 */
#ifndef TESTS_LIB_SAMPLE_WORDS_H
#define TESTS_LIB_SAMPLE_WORDS_H

#include <stddef.h>

struct sample_pool {
	const char *const *words;
	size_t count;
};

/* The pools that sentences and answers are drawn from by name. */
enum sample_topic {
	SAMPLE_LANDMARK,     /* ways to the house */
	SAMPLE_FAMILY,       /* what was seen of any family */
	SAMPLE_HOUSE,        /* what was seen of any dwelling */
	SAMPLE_REASON,       /* why support is recommended or needed */
	SAMPLE_WIDOW,        /* sentences for one kind of applicant each */
	SAMPLE_DIVORCED,
	SAMPLE_PRISON,
	SAMPLE_ILL,
	SAMPLE_ELDERLY,
	SAMPLE_DEBT,
	SAMPLE_ACCIDENT,
	SAMPLE_RESIDENT,
	SAMPLE_NO_PAPERS,
	SAMPLE_DETAIL,       /* details of a request */
	SAMPLE_OTHER_BODY,   /* support from another body */
	SAMPLE_SUGGESTION,
	SAMPLE_QUESTION,
	SAMPLE_MISMATCH,     /* how a paper differs from the data */
	SAMPLE_TOPICS
};

/* The pool of a slot letter; asserts that there is one. */
const struct sample_pool *sample_words_slot(char letter);
const struct sample_pool *sample_words_topic(enum sample_topic topic);

#endif
