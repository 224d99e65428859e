/*
 * sample_maker: see sample_maker.h.
 */
#include "tests/lib/sample_maker.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint64_t maker_next(struct maker *k)
{
	uint64_t z = (k->state += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

unsigned maker_below(struct maker *k, size_t n)
{
	return (unsigned)(maker_next(k) % n);
}

bool maker_chance(struct maker *k, unsigned percent)
{
	return maker_below(k, 100) < percent;
}

const char *maker_pick(struct maker *k, const char *const *words, size_t count)
{
	return words[maker_below(k, count)];
}

static struct sample_answer *answer_add(struct sample *s, const char *field, uint32_t row, const char *value)
{
	int i = form_field_find(s->form, field);
	struct sample_answer *a;

	assert(i > 0);
	if (s->count == s->cap) {
		size_t cap = s->cap ? s->cap * 2 : 128;
		struct sample_answer *grown = realloc(s->answers, cap * sizeof(*grown));

		if (!grown)
			return NULL;
		s->answers = grown;
		s->cap = cap;
	}
	a = &s->answers[s->count];
	*a = (struct sample_answer){
		.entry_type = form_field(s->form, (size_t)i)->entry_type, .row = row, .field = (uint16_t)i, .value = strdup(value),
	};
	if (!a->value)
		return NULL;
	s->count++;
	return a;
}

void maker_put_row(struct maker *k, uint32_t row, const char *field, const char *value)
{
	if (!k->error && !answer_add(k->s, field, row, value))
		k->error = ERR_NOMEM;
}

void maker_put(struct maker *k, const char *field, const char *value)
{
	maker_put_row(k, 1, field, value);
}

static const struct form_list *list_of(const struct maker *k, const char *field)
{
	int i = form_field_find(k->s->form, field);

	assert(i > 0);
	return form_list(k->s->form, (size_t)form_field(k->s->form, (size_t)i)->list);
}

void maker_put_any(struct maker *k, uint32_t row, const char *field)
{
	const struct form_list *list = list_of(k, field);
	unsigned a = maker_below(k, list->choice_count);
	unsigned b = maker_below(k, list->choice_count);

	maker_put_row(k, row, field, list->choices[a < b ? a : b].code);
}

void maker_put_some(struct maker *k, uint32_t row, const char *field, const char *codes, unsigned percent)
{
	const struct form_list *list = list_of(k, field);
	char value[512] = "";
	size_t len = 0;

	for (size_t i = 0; i < list->choice_count; i++) {
		const char *code = list->choices[i].code;
		char word[FORM_NAME_BYTES_MAX + 3];

		snprintf(word, sizeof(word), " %s ", code);
		if (strcmp(code, "none") == 0 ? len > 0 : !strstr(codes, word) && !maker_chance(k, percent))
			continue;
		len += (size_t)snprintf(value + len, sizeof(value) - len, "%s%s", len ? " " : "", code);
	}
	if (len)
		maker_put_row(k, row, field, value);
}

void maker_put_yes_no(struct maker *k, uint32_t row, const char *field, unsigned percent_yes)
{
	maker_put_row(k, row, field, maker_chance(k, percent_yes) ? "yes" : "no");
}

void maker_put_money(struct maker *k, uint32_t row, const char *field, unsigned least, unsigned most, unsigned step)
{
	char value[32];

	snprintf(value, sizeof(value), "%u.00", least + maker_below(k, (most - least) / step + 1) * step);
	maker_put_row(k, row, field, value);
}

void maker_expand(struct maker *k, const char *pattern, struct buf *out)
{
	for (const char *at = pattern; *at; at++) {
		if (*at != '{') {
			buf_append(out, at, 1);
			continue;
		}
		if (at[1] == '#') {
			buf_printf(out, "%u", 10 + maker_below(k, 90));
		} else {
			const struct sample_pool *pool = sample_words_slot(at[1]);

			maker_expand(k, pool->words[maker_below(k, pool->count)], out);
		}
		at += 2;
		assert(*at == '}');
	}
}

const char *maker_word(struct maker *k, char slot)
{
	const char pattern[] = { '{', slot, '}', '\0' };

	buf_clear(&k->text);
	maker_expand(k, pattern, &k->text);
	return buf_string(&k->text);
}

static size_t characters(const struct buf *text)
{
	size_t n = 0;

	for (size_t i = 0; i < text->len; i++)
		n += (text->data[i] & 0xc0) != 0x80;
	return n;
}

/* Append one sentence of `topic` that this application has not had yet. */
static void sentence(struct maker *k, enum sample_topic topic)
{
	const struct sample_pool *pool = sample_words_topic(topic);
	unsigned i = maker_below(k, pool->count);

	assert(pool->count <= 32);
	if (k->used[topic] == (UINT32_C(1) << (pool->count - 1) << 1) - 1)
		k->used[topic] = 0;
	while (k->used[topic] >> i & 1)
		i = (i + 1) % (unsigned)pool->count;
	k->used[topic] |= UINT32_C(1) << i;
	if (k->text.len)
		buf_text(&k->text, maker_chance(k, 4) ? "\n" : " ");
	maker_expand(k, pool->words[i], &k->text);
}

void maker_put_text(struct maker *k, uint32_t row, const char *field, const enum sample_topic *topics, size_t count, size_t least)
{
	buf_clear(&k->text);
	for (size_t i = 0; i == 0 || characters(&k->text) < least; i++)
		sentence(k, topics[i < count ? i : count - 1]);
	maker_put_row(k, row, field, buf_string(&k->text));
}

/* The digit that makes the sum of a Saudi identity number divisible by ten. */
static char id_check_digit(const char *nine)
{
	int sum = 0;

	for (int i = 0; i < 9; i++) {
		int d = (nine[i] - '0') * (i % 2 == 0 ? 2 : 1);

		sum += d > 9 ? d - 9 : d;
	}
	return (char)('0' + (10 - sum % 10) % 10);
}

void maker_put_id(struct maker *k, uint32_t row, const char *field, bool is_resident)
{
	char id[11];
	const char *beginning = is_resident ? "20000" : PICK(k, "10000", "11111");

	snprintf(id, sizeof(id), "%s%04u", beginning, maker_below(k, 10000));
	id[9] = id_check_digit(id);
	id[10] = '\0';
	maker_put_row(k, row, field, id);
}

void maker_put_iban(struct maker *k)
{
	char iban[25];
	char digits[27];
	unsigned remainder = 0;

	snprintf(digits, sizeof(digits), "80%014u%04u281000", 0u, maker_below(k, 10000)); /* S = 28, A = 10, check digits 00 */
	for (const char *at = digits; *at; at++)
		remainder = (remainder * 10 + (unsigned)(*at - '0')) % 97;
	snprintf(iban, sizeof(iban), "SA%02u%.20s", 98 - remainder, digits);
	maker_put(k, "iban", iban);
}

void maker_put_mobile(struct maker *k, const char *field)
{
	char mobile[16];

	snprintf(mobile, sizeof(mobile), "+96650000%04u", maker_below(k, 10000));
	maker_put(k, field, mobile);
}

void maker_put_birth(struct maker *k, uint32_t row, const char *field, unsigned age)
{
	char date[16];
	unsigned year = MAKER_HIJRI_YEAR - age;
	unsigned month = 1 + maker_below(k, age ? 12 : 4); /* nobody is born after the samples are taken */
	unsigned day = 1 + maker_below(k, 29);

	if (age > 45 && maker_chance(k, 50))
		snprintf(date, sizeof(date), "H%u-07-01", year);
	else if (age > 55 && maker_chance(k, 25))
		snprintf(date, sizeof(date), "H%u", year);
	else if (maker_chance(k, 12))
		snprintf(date, sizeof(date), "G%u-%02u-%02u", 2026 - age, month, 1 + maker_below(k, 28));
	else
		snprintf(date, sizeof(date), "H%u-%02u-%02u", year, month, day);
	maker_put_row(k, row, field, date);
}

void maker_put_recent(struct maker *k, uint32_t row, const char *field, unsigned years)
{
	char date[16];
	unsigned year = MAKER_HIJRI_YEAR - 1 - maker_below(k, years);
	unsigned month = 1 + maker_below(k, 12);

	snprintf(date, sizeof(date), "H%u-%02u-%02u", year, month, 1 + maker_below(k, 29));
	maker_put_row(k, row, field, date);
}
