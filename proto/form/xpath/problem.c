/*
 * problem: see problem.h.
 */
#include "proto/form/xpath/problem.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "proto/base/text.h"
#include "proto/form/xpath/digest.h"
#include "proto/form/xpath/parse.h"
#include "proto/form/xpath/regex.h"

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

/* ---- what literal arguments tell ---- */

/* The text of argument `i` where it is written out; NULL otherwise. */
static const char *literal(const struct xexpr *call, size_t i)
{
	bool is_literal = i < call->argument_count && call->arguments[i]->kind == XEXPR_STRING;

	return is_literal ? call->arguments[i]->text : NULL;
}

static bool is_any(const char *name, const char *const *names)
{
	while (*names && strcmp(*names, name) != 0)
		names++;
	return *names;
}

static int check_regex(const struct problem_source *s, const struct token *t, const struct xexpr *call)
{
	const char *pattern = literal(call, 1);
	int rc = pattern ? regex_check(pattern) : 0;
	char en[256];

	if (rc == 0 || rc == ERR_NOMEM)
		return rc;
	snprintf(en, sizeof en, "%s", err_message());
	return problem_say(s, t->at, en, "تعذّرت قراءة النمط في regex(). راجع أقواسه وعلامات التكرار فيه");
}

static int check_digest(const struct problem_source *s, const struct token *t, const struct xexpr *call)
{
	const char *algorithm = literal(call, 1), *encoding = literal(call, 2);
	uint8_t hash[DIGEST_BYTES_MAX];
	size_t len;

	if (algorithm && digest_make(algorithm, "", 0, hash, &len) != 0)
		return problem_say(s, t->at, "digest() knows the algorithms MD5, SHA-1, SHA-256, SHA-384 and SHA-512",
			"الخوارزميات المتاحة في digest() هي MD5 وSHA-1 وSHA-256 وSHA-384 وSHA-512");
	if (encoding && strcmp(encoding, "hex") != 0 && strcmp(encoding, "base64") != 0)
		return problem_say(s, t->at, "digest() knows the encodings base64 and hex", "الترميزان المتاحان في digest() هما base64 وhex");
	return 0;
}

static int check_set(const struct problem_source *s, const struct token *t, const struct xexpr *call)
{
	char en[256], ar[512];

	if (call->arguments[0]->kind != XEXPR_STRING && call->arguments[0]->kind != XEXPR_NUMBER)
		return 0;
	snprintf(en, sizeof en, "%s() is about questions or groups; a value was found", call->function->name);
	snprintf(ar, sizeof ar, "مدخل الدالة %s() أسئلة أو مجموعات، والموجود قيمة", call->function->name);
	return problem_say(s, t->at, en, ar);
}

int problem_call(const struct problem_source *s, const struct token *t, const struct xexpr *call)
{
	static const char *const SETS[] = { "count", "randomize", NULL };
	const char *name = call->function->name;

	if (strcmp(name, "regex") == 0)
		return check_regex(s, t, call);
	if (strcmp(name, "digest") == 0)
		return check_digest(s, t, call);
	if (strcmp(name, "weighted-checklist") == 0 && call->argument_count % 2 != 0)
		return problem_say(s, t->at, "weighted-checklist(): a value has no weight behind it", "في weighted-checklist() قيمة ليس بعدها وزن");
	if (strcmp(name, "indexed-repeat") == 0 && call->argument_count % 2 == 0)
		return problem_say(s, t->at, "indexed-repeat(): a repeat has no number behind it", "في indexed-repeat() تكرار ليس بعده رقم");
	return is_any(name, SETS) ? check_set(s, t, call) : 0;
}
