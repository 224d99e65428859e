/*
 * sample_maker: an application in the making: its random numbers, its texts, and how one answer of each type is drawn.
 *
 * Part of sample.c, which knows the questionnaire; this part knows types. All maker_put...() answer one field (the name must
 * be in the form) and share the sticky error of the maker.
 */
#ifndef TESTS_LIB_SAMPLE_MAKER_H
#define TESTS_LIB_SAMPLE_MAKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/buf.h"
#include "tests/lib/sample.h"
#include "tests/lib/sample_words.h"

#define MAKER_HIJRI_YEAR 1448 /* the year in which all samples are taken */
#define MAKER_NAME_BYTES 64

struct maker {
	struct sample *s;                  /* borrowed; answers are added to it */
	uint64_t state;                    /* of the generator */
	uint32_t used[SAMPLE_TOPICS];      /* sentences used already, as bits */
	struct buf text;                   /* the text last made */
	char family[MAKER_NAME_BYTES];     /* family name of the applicant */
	char father[MAKER_NAME_BYTES];     /* given name of the father of the children */
	bool is_female;                    /* the applicant */
	bool has_id;
	bool can_read;
	bool is_rented;                    /* the dwelling */
	int error;                         /* sticky: 0 or ERR_NOMEM */
};

/* The next 64 random bits; a number from 0 to n - 1; true in `percent` of 100 cases. */
uint64_t maker_next(struct maker *k);
unsigned maker_below(struct maker *k, size_t n);
bool maker_chance(struct maker *k, unsigned percent);

/* One of the words; PICK() takes them as arguments. */
const char *maker_pick(struct maker *k, const char *const *words, size_t count);
#define PICK(k, ...) maker_pick((k), (const char *const[]){ __VA_ARGS__ }, sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *))

/* Append `pattern` to `out` with its slots filled. */
void maker_expand(struct maker *k, const char *pattern, struct buf *out);

/* A filled word of a slot's pool; in k->text until the next text is made. */
const char *maker_word(struct maker *k, char slot);

/* Answer `field` of row `row` (maker_put(): row 1) with a canonical value, copied. */
void maker_put_row(struct maker *k, uint32_t row, const char *field, const char *value);
void maker_put(struct maker *k, const char *field, const char *value);

/* A choice of the field's list, the first ones more often. */
void maker_put_any(struct maker *k, uint32_t row, const char *field);

/* Choices of a select_multiple: those in `codes` (a space before and after each), others with `percent`, `none` alone. */
void maker_put_some(struct maker *k, uint32_t row, const char *field, const char *codes, unsigned percent);
void maker_put_yes_no(struct maker *k, uint32_t row, const char *field, unsigned percent_yes);

/* An amount in whole riyals from `least` to `most`, a multiple of `step` above the least. */
void maker_put_money(struct maker *k, uint32_t row, const char *field, unsigned least, unsigned most, unsigned step);

/* Sentences of the topics in turn, the last topic for the rest, until there are `least` characters. */
void maker_put_text(struct maker *k, uint32_t row, const char *field, const enum sample_topic *topics, size_t count, size_t least);
#define PUT_TEXT(k, row, field, least, ...)                                                            \
	maker_put_text((k), (row), (field), (const enum sample_topic[]){ __VA_ARGS__ },                 \
		       sizeof((const enum sample_topic[]){ __VA_ARGS__ }) / sizeof(enum sample_topic), (least))

void maker_put_id(struct maker *k, uint32_t row, const char *field, bool is_resident);
void maker_put_iban(struct maker *k);
void maker_put_mobile(struct maker *k, const char *field);

/* A date of birth for somebody about `age` years old; a date of the last `years` years. */
void maker_put_birth(struct maker *k, uint32_t row, const char *field, unsigned age);
void maker_put_recent(struct maker *k, uint32_t row, const char *field, unsigned years);

#endif
