/*
 * problem: see problem.h.
 */
#include "proto/form/xpath/problem.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "proto/base/text.h"

#define SHOWN_BYTES_MAX 40 /* of a token, in a message */
#define NAME_BYTES_MAX 31  /* of a function's name that is compared with known ones */
#define NEAR_MAX 2         /* letters that a mistyped name may be away from the right one */

int problem_say(const struct problem_source *s, size_t at, const char *english, const char *arabic)
{
	if (s->report) {
		s->report->at = at;
		snprintf(s->report->english, sizeof s->report->english, "%s", english);
		snprintf(s->report->arabic, sizeof s->report->arabic, "%s", arabic);
	}
	return err_set(ERR_USAGE, "expression: %s", english);
}

/* Which character the byte `at` belongs to, from 1. */
static size_t place(const struct problem_source *s, size_t at)
{
	size_t count = 1;

	for (size_t i = 0; i < at && i < s->len; i++)
		count += ((uint8_t)s->text[i] & 0xc0) != 0x80;
	return count;
}

/* The longest beginning of `text` that is shown, cut between characters. */
static size_t shown(const char *text, size_t len)
{
	if (len <= SHOWN_BYTES_MAX)
		return len;
	len = SHOWN_BYTES_MAX;
	while (len > 0 && ((uint8_t)text[len] & 0xc0) == 0x80)
		len--;
	return len;
}

int problem_expected(const struct problem_source *s, const struct token *t, const char *english, const char *arabic)
{
	size_t at = place(s, t->at);
	int size = (int)shown(s->text + t->at, t->size);
	char en[256];
	char ar[512];

	if (t->kind == TOKEN_END) {
		snprintf(en, sizeof en, "the expression ends too early; expected %s", english);
		snprintf(ar, sizeof ar, "انتهت العبارة قبل أن تكتمل؛ المتوقَّع %s", arabic);
	} else if (t->kind == TOKEN_UNCLOSED) {
		snprintf(en, sizeof en, "the text that begins at character %zu has no closing quotation mark", at);
		snprintf(ar, sizeof ar, "النص الذي يبدأ عند الحرف %zu ليس له علامة اقتباس تُغلقه", at);
	} else if (t->kind == TOKEN_CURLY) {
		snprintf(en, sizeof en, "a curly quotation mark at character %zu; please write the straight ' or \" instead", at);
		snprintf(ar, sizeof ar, "علامة اقتباس مائلة عند الحرف %zu؛ يُرجى كتابة العلامة المستقيمة ' أو \" بدلًا منها", at);
	} else if (t->kind == TOKEN_VARIABLE) {
		snprintf(en, sizeof en, "a '$' at character %zu: there are no variables here; a question is written as ${name}", at);
		snprintf(ar, sizeof ar, "علامة $ عند الحرف %zu: لا توجد متغيرات هنا؛ يُكتب السؤال هكذا: ${name}", at);
	} else if (t->kind == TOKEN_STRANGE && (uint8_t)s->text[t->at] >= 0x80) {
		snprintf(en, sizeof en, "'%.*s' at character %zu: please write the sign or digit of the English keyboard", size,
			s->text + t->at, at);
		snprintf(ar, sizeof ar, "«%.*s» عند الحرف %zu: يُرجى كتابة العلامة أو الرقم من لوحة المفاتيح الإنجليزية", size,
			s->text + t->at, at);
	} else {
		snprintf(en, sizeof en, "found '%.*s' at character %zu; expected %s", size, s->text + t->at, at, english);
		snprintf(ar, sizeof ar, "وُجد «%.*s» عند الحرف %zu؛ المتوقَّع %s", size, s->text + t->at, at, arabic);
	}
	return problem_say(s, t->at, en, ar);
}

/* A letter of ASCII in small writing. */
static char small(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* How many letters must be put, taken or changed to make `b` of `a`, case aside; both are at most NAME_BYTES_MAX long. */
static size_t distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t row[NAME_BYTES_MAX + 1];

	for (size_t j = 0; j <= b_len; j++)
		row[j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		size_t corner = row[0];

		row[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			size_t changed = corner + (small(a[i - 1]) != small(b[j - 1]));

			corner = row[j];
			row[j] = least(changed, least(row[j], row[j - 1]) + 1);
		}
	}
	return row[b_len];
}

/* The known function whose name is nearest to `name`, when it is near enough to have been meant; NULL otherwise. */
static const char *nearest(const char *name, size_t len)
{
	size_t best = least(NEAR_MAX, len / 3) + 1;
	const char *found = NULL;

	if (len > NAME_BYTES_MAX)
		return NULL;
	for (size_t i = 0; xfunction_at(i); i++) {
		const char *known = xfunction_at(i)->name;
		size_t known_len = strlen(known);
		size_t d = known_len > NAME_BYTES_MAX ? best : distance(name, len, known, known_len);

		if (d < best) {
			best = d;
			found = known;
		}
	}
	return found;
}

int problem_function(const struct problem_source *s, const struct token *t)
{
	const char *near = nearest(t->text, t->len);
	int size = (int)shown(t->text, t->len);
	char en[256];
	char ar[512];

	if (near) {
		snprintf(en, sizeof en, "there is no function %.*s(); perhaps %s() was meant", size, t->text, near);
		snprintf(ar, sizeof ar, "لا توجد دالة باسم %.*s()؛ لعل المقصود %s()", size, t->text, near);
	} else {
		snprintf(en, sizeof en, "there is no function %.*s() (at character %zu)", size, t->text, place(s, t->at));
		snprintf(ar, sizeof ar, "لا توجد دالة باسم %.*s() (عند الحرف %zu)", size, t->text, place(s, t->at));
	}
	return problem_say(s, t->at, en, ar);
}

int problem_arguments(const struct problem_source *s, const struct token *t, const struct xfunction *f, size_t count)
{
	char en[256];
	char ar[512];

	if (f->least == f->most) {
		snprintf(en, sizeof en, "%s() takes %u argument%s, found %zu", f->name, f->least, f->least == 1 ? "" : "s", count);
		snprintf(ar, sizeof ar, "عدد مدخلات الدالة %s() يجب أن يكون %u، والموجود %zu", f->name, f->least, count);
	} else if (f->most >= XFUNCTION_ARGUMENTS_MAX && count < f->least) {
		snprintf(en, sizeof en, "%s() takes at least %u arguments, found %zu", f->name, f->least, count);
		snprintf(ar, sizeof ar, "عدد مدخلات الدالة %s() يجب ألا يقل عن %u، والموجود %zu", f->name, f->least, count);
	} else {
		snprintf(en, sizeof en, "%s() takes %u to %u arguments, found %zu", f->name, f->least, f->most, count);
		snprintf(ar, sizeof ar, "عدد مدخلات الدالة %s() يجب أن يكون من %u إلى %u، والموجود %zu", f->name, f->least, f->most, count);
	}
	return problem_say(s, t->at, en, ar);
}
