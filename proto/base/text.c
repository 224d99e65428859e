/*
 * text: see text.h.
 *
 * The character classes are short tables of ranges rather than a copy of the Unicode database: only Arabic names, numbers
 * and what keyboards and paste buffers bring along with them matter here.
 */
#include "proto/base/text.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "proto/base/text_forms.h"

#define WORD_COUNT_MAX (TEXT_KEY_BYTES_MAX / 2)
#define LONE_ARTICLE "ال"
#define ARTICLE_REST_LETTERS_MIN 3 /* what must remain of a family name when its article is taken away */

struct range {
	uint32_t first;
	uint32_t last;
};

struct letter_pair {
	uint16_t from;
	uint16_t to;
};

static const struct range INVISIBLE[] = {
	{ 0x0000, 0x0008 }, { 0x000E, 0x001F }, { 0x007F, 0x0084 }, { 0x0086, 0x009F }, { 0x00AD, 0x00AD }, { 0x061C, 0x061C },
	{ 0x180E, 0x180E }, { 0x200B, 0x200B }, { 0x200E, 0x200F }, { 0x202A, 0x202E }, { 0x2060, 0x206F }, { 0xFDD0, 0xFDEF },
	{ 0xFEFF, 0xFEFF }, { 0xFFF9, 0xFFFB }, { 0xE0000, 0xE007F },
};

static const struct range SPACES[] = {
	{ 0x0009, 0x0009 }, { 0x0020, 0x0020 }, { 0x00A0, 0x00A0 }, { 0x1680, 0x1680 }, { 0x2000, 0x200A }, { 0x202F, 0x202F },
	{ 0x205F, 0x205F }, { 0x3000, 0x3000 },
};

/* What the key drops without a trace: vowel and Quranic marks, tatweel, the single hamza, joiners (DOMAIN 5.1, step 2). */
static const struct range MARKS[] = {
	{ 0x0300, 0x036F }, { 0x0610, 0x061A }, { 0x0621, 0x0621 }, { 0x0640, 0x0640 }, { 0x064B, 0x065F }, { 0x0670, 0x0670 },
	{ 0x06D6, 0x06DC }, { 0x06DF, 0x06E4 }, { 0x06E7, 0x06E8 }, { 0x06EA, 0x06ED }, { 0x08D3, 0x08E1 }, { 0x08E3, 0x08FF },
	{ 0x200C, 0x200D }, { 0xFE00, 0xFE0F },
};

/* What the key turns into a space: punctuation, signs and symbols. */
static const struct range SIGNS[] = {
	{ 0x0000, 0x002F }, { 0x003A, 0x0040 }, { 0x005B, 0x0060 }, { 0x007B, 0x00A9 }, { 0x00AB, 0x00B4 }, { 0x00B6, 0x00B9 },
	{ 0x00BB, 0x00BF }, { 0x00D7, 0x00D7 }, { 0x00F7, 0x00F7 }, { 0x0600, 0x060F }, { 0x061B, 0x061F }, { 0x066A, 0x066D },
	{ 0x06D4, 0x06D4 }, { 0x06DD, 0x06DE }, { 0x06E9, 0x06E9 }, { 0x06FD, 0x06FE }, { 0x08E2, 0x08E2 }, { 0x1680, 0x1680 },
	{ 0x2000, 0x206F }, { 0x20A0, 0x20CF }, { 0x2100, 0x2BFF }, { 0x2E00, 0x2E7F }, { 0x3000, 0x303F }, { 0xE000, 0xF8FF },
	{ 0xFD3E, 0xFD4F }, { 0xFDCF, 0xFDCF }, { 0xFDFD, 0xFDFF }, { 0xFE10, 0xFE6F }, { 0xFFE0, 0xFFFF }, { 0x1F000, 0x1FAFF },
};

/* Letters that are confused in spelling (DOMAIN 5.1, step 3), with the composed forms of the same letters. */
static const struct letter_pair LETTERS[] = {
	{ 0x0622, 0x0627 }, { 0x0623, 0x0627 }, { 0x0624, 0x0648 }, { 0x0625, 0x0627 }, { 0x0626, 0x064A }, { 0x0629, 0x0647 },
	{ 0x0649, 0x064A }, { 0x0671, 0x0627 }, { 0x067E, 0x0628 }, { 0x0686, 0x062C }, { 0x06A4, 0x0641 }, { 0x06A9, 0x0643 },
	{ 0x06AF, 0x0643 }, { 0x06BE, 0x0647 }, { 0x06C0, 0x0647 }, { 0x06C1, 0x0647 }, { 0x06C2, 0x0647 }, { 0x06C3, 0x0647 },
	{ 0x06CC, 0x064A }, { 0x06D3, 0x06D2 }, { 0x06D5, 0x0647 },
};

static const char *const BETWEEN_NAMES[] = { "بن", "ابن", "بنت", "ابنه" };
static const char *const JOINED_TO_NEXT[] = { "عبد", "ابو", "ام", LONE_ARTICLE };

#define IN_RANGES(ranges, cp) in_ranges(ranges, sizeof(ranges) / sizeof(ranges)[0], cp)

static bool in_ranges(const struct range *ranges, size_t count, uint32_t cp)
{
	for (size_t i = 0; i < count; i++)
		if (cp >= ranges[i].first && cp <= ranges[i].last)
			return true;
	return false;
}

/* UTF-8 */

size_t text_decode(const uint8_t *in, size_t len, uint32_t *cp)
{
	static const uint32_t SMALLEST[5] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint32_t value;
	size_t need;

	*cp = 0;
	if (len == 0)
		return 0;
	if (in[0] < 0x80) {
		*cp = in[0];
		return 1;
	}
	need = in[0] >= 0xF0 ? 4 : in[0] >= 0xE0 ? 3 : 2;
	if (in[0] < 0xC2 || in[0] > 0xF4 || len < need)
		return 0;
	value = in[0] & (0x7Fu >> need);
	for (size_t i = 1; i < need; i++) {
		if ((in[i] & 0xC0) != 0x80)
			return 0;
		value = value << 6 | (in[i] & 0x3Fu);
	}
	if (value < SMALLEST[need] || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF))
		return 0;
	*cp = value;
	return need;
}

size_t text_encode(uint32_t cp, uint8_t out[static 4])
{
	static const uint8_t LEADS[5] = { 0, 0, 0xC0, 0xE0, 0xF0 };
	size_t need = cp < 0x80 ? 1 : cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;

	if (cp > 0x10FFFF || (cp >= 0xD800 && cp <= 0xDFFF))
		return 0;
	for (size_t i = need; i-- > 1; cp >>= 6)
		out[i] = (uint8_t)(0x80 | (cp & 0x3F));
	out[0] = (uint8_t)(LEADS[need] | cp);
	return need;
}

int text_next(const char *text, size_t len, size_t *at, uint32_t *cp)
{
	size_t used;

	*cp = 0;
	if (*at >= len)
		return 0;
	used = text_decode((const uint8_t *)text + *at, len - *at, cp);
	if (used == 0)
		return err_set(ERR_CORRUPT, "text: not UTF-8 at byte %zu of %zu", *at, len);
	*at += used;
	return 1;
}

bool text_is_utf8(const void *data, size_t len)
{
	const uint8_t *bytes = data;
	uint32_t cp;
	size_t used;

	for (size_t at = 0; at < len; at += used) {
		used = text_decode(bytes + at, len - at, &cp);
		if (used == 0)
			return false;
	}
	return true;
}

/* Keep: the canonical form of typed text. */

bool text_is_space(uint32_t cp)
{
	return IN_RANGES(SPACES, cp);
}

bool text_is_invisible(uint32_t cp)
{
	return IN_RANGES(INVISIBLE, cp) || (cp & 0xFFFE) == 0xFFFE;
}

bool text_has_command(const char *text, size_t len, size_t *at)
{
	for (size_t i = 0; i < len; i++) {
		const unsigned char *p = (const unsigned char *)text + i;

		*at = i;
		if ((p[0] < 0x20 && p[0] != '\t' && p[0] != '\n') || p[0] == 0x7F || (p[0] == 0xC2 && i + 1 < len && p[1] < 0xA0))
			return true;
		if (p[0] != 0xE2 || i + 2 >= len)
			continue;
		if ((p[1] == 0x80 && p[2] >= 0xAA && p[2] <= 0xAE) || (p[1] == 0x81 && p[2] >= 0xA6 && p[2] <= 0xA9))
			return true;
	}
	return false;
}

static bool is_line_end(uint32_t cp)
{
	return (cp >= 0x0A && cp <= 0x0D) || cp == 0x85 || cp == 0x2028 || cp == 0x2029;
}

static bool is_joiner(uint32_t cp)
{
	return cp == 0x200C || cp == 0x200D;
}

/* What text_clean() has seen and not yet written. */
struct cleaning {
	struct buf *out;
	bool any;          /* something visible was written */
	bool after_sign;   /* the last thing written is visible, so a joiner may follow */
	bool space;        /* a space is due before the next visible character */
	bool cr;           /* the last character read was CR */
	size_t lines;      /* line ends due before the next visible character */
};

static void clean_visible(struct cleaning *c, uint32_t cp)
{
	uint8_t bytes[4];

	if (c->any && c->lines > 0)
		for (; c->lines > 0; c->lines--)
			buf_append(c->out, "\n", 1);
	else if (c->any && c->space)
		buf_append(c->out, " ", 1);
	buf_append(c->out, bytes, text_encode(cp, bytes));
	c->any = true;
	c->after_sign = !is_joiner(cp);
	c->space = false;
	c->lines = 0;
}

static void clean_one(struct cleaning *c, uint32_t cp)
{
	bool after_cr = c->cr;

	c->cr = cp == '\r';
	if (is_line_end(cp)) {
		if (!(cp == '\n' && after_cr))
			c->lines++;
	} else if (text_is_space(cp)) {
		c->space = true;
	} else if (is_joiner(cp)) {
		if (c->after_sign && !c->space && c->lines == 0)
			clean_visible(c, cp);
	} else if (!text_is_invisible(cp)) {
		clean_visible(c, cp);
	}
}

int text_clean(struct buf *out, const char *typed, size_t len)
{
	struct cleaning c = { .out = out };
	size_t at = 0;
	uint32_t cp;
	int ret;

	while ((ret = text_next(typed, len, &at, &cp)) > 0)
		clean_one(&c, cp);
	if (ret != 0)
		return ret;
	return buf_error(out);
}

/* A letter of U+0600..06FF in its two bytes; U+061C, the Arabic letter mark, is invisible. */
static bool is_arabic_pair(const uint8_t *at)
{
	return at[0] >= 0xD8 && at[0] <= 0xDB && (at[1] & 0xC0) == 0x80 && !(at[0] == 0xD8 && at[1] == 0x9C);
}

bool text_is_plain(const char *text, size_t len)
{
	const uint8_t *bytes = (const uint8_t *)text;
	bool after_space = true;

	for (size_t at = 0; at < len;) {
		if (bytes[at] == ' ') {
			if (after_space)
				return false;
			after_space = true;
			at++;
			continue;
		}
		after_space = false;
		if (bytes[at] > ' ' && bytes[at] < 0x7F)
			at++;
		else if (len - at >= 2 && is_arabic_pair(bytes + at))
			at += 2;
		else
			return false;
	}
	return !after_space;
}

/* Fold: digits, and letters that are confused in spelling. */

/* A text of bounded size under construction; `full` is sticky. The caller's `out` is empty again after a failure. */
struct sink {
	char *out;
	size_t size;  /* of out, with the NUL */
	size_t len;
	bool space;   /* a space is due before the next character */
	bool full;
};

static void sink_bytes(struct sink *s, const void *bytes, size_t len)
{
	if (s->full || len >= s->size - s->len) {
		s->full = true;
		return;
	}
	memcpy(s->out + s->len, bytes, len);
	s->len += len;
}

static void sink_char(struct sink *s, uint32_t cp)
{
	uint8_t bytes[4];

	if (s->space && s->len > 0)
		sink_bytes(s, " ", 1);
	s->space = false;
	sink_bytes(s, bytes, text_encode(cp, bytes));
}

/* Close the text; `ret` is the failure so far, or 0. */
static int sink_finish(struct sink *s, int ret)
{
	if (ret == 0 && s->full)
		ret = err_set(ERR_LIMIT, "text: does not fit into %zu bytes", s->size);
	if (ret != 0) {
		sodium_memzero(s->out, s->len);
		s->len = 0;
	}
	s->out[s->len] = '\0';
	return ret;
}

int text_digit(uint32_t cp)
{
	if (cp >= '0' && cp <= '9')
		return (int)(cp - '0');
	if (cp >= 0x0660 && cp <= 0x0669)
		return (int)(cp - 0x0660);
	if (cp >= 0x06F0 && cp <= 0x06F9)
		return (int)(cp - 0x06F0);
	return -1;
}

static uint32_t digit_or_separator(uint32_t cp)
{
	if (text_digit(cp) >= 0)
		return (uint32_t)('0' + text_digit(cp));
	if (cp == 0x066B)
		return '.';
	if (cp == 0x066C || cp == 0x060C)
		return ',';
	return cp == 0x066A ? '%' : cp;
}

int text_fold_digits(const char *typed, char *out, size_t size)
{
	struct sink s = { .out = out, .size = size };
	size_t len = strlen(typed);
	size_t at = 0;
	uint32_t cp;
	int ret;

	assert(size > 0);
	while ((ret = text_next(typed, len, &at, &cp)) > 0)
		sink_char(&s, digit_or_separator(cp));
	return sink_finish(&s, ret);
}

/* Fold one plain code point into `s`: dropped, a space, or a letter or digit. */
static void fold_plain(struct sink *s, uint32_t cp)
{
	if (text_digit(cp) >= 0) {
		sink_char(s, (uint32_t)('0' + text_digit(cp)));
		return;
	}
	if (cp >= 'A' && cp <= 'Z') {
		sink_char(s, cp - 'A' + 'a');
		return;
	}
	if (is_line_end(cp) || text_is_space(cp)) {
		s->space = true;
		return;
	}
	if (IN_RANGES(MARKS, cp) || text_is_invisible(cp))
		return;
	if (IN_RANGES(SIGNS, cp)) {
		s->space = true;
		return;
	}
	for (size_t i = 0; i < sizeof LETTERS / sizeof LETTERS[0]; i++)
		if (LETTERS[i].from == cp)
			cp = LETTERS[i].to;
	sink_char(s, cp);
}

int text_fold(const char *typed, char *out, size_t size)
{
	struct sink s = { .out = out, .size = size };
	const uint16_t *letters;
	size_t len = strlen(typed);
	size_t at = 0;
	uint32_t cp;
	int ret;

	assert(size > 0);
	while ((ret = text_next(typed, len, &at, &cp)) > 0) {
		size_t count = text_form(cp, &letters);

		for (size_t i = 0; i < count; i++)
			fold_plain(&s, letters[i]);
		if (count == 0)
			fold_plain(&s, cp);
	}
	return sink_finish(&s, ret);
}

/* Find: the key of a name. */

/* A word of folded text; it points into that text. */
struct word {
	const char *at;
	size_t len;
	bool glued;  /* belongs to the word before it */
};

static bool word_is(const struct word *w, const char *text)
{
	return w->len == strlen(text) && memcmp(w->at, text, w->len) == 0;
}

static bool word_is_any(const struct word *w, const char *const *texts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (word_is(w, texts[i]))
			return true;
	return false;
}

static bool word_is_between(const struct word *w)
{
	return word_is_any(w, BETWEEN_NAMES, sizeof BETWEEN_NAMES / sizeof BETWEEN_NAMES[0]);
}

/* Find the words of `folded` (single spaces between, as text_fold() leaves it); return how many. */
static size_t words_split(const char *folded, struct word words[static WORD_COUNT_MAX])
{
	size_t count = 0;

	while (*folded && count < WORD_COUNT_MAX) {
		size_t len = strcspn(folded, " ");

		words[count++] = (struct word){ .at = folded, .len = len };
		folded += len;
		folded += *folded == ' ';
	}
	return count;
}

/* Drop the words between names; in a query, where the rest may not be typed yet, at the ends too. Return how many are left. */
static size_t words_drop_between(struct word *words, size_t count, bool query)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		bool inside = i > 0 && i + 1 < count;

		if (word_is_between(&words[i]) && (inside || (query && count > 1)))
			continue;
		words[kept++] = words[i];
	}
	return kept;
}

/* Mark the parts of compound names: Abd X, Abu X, Umm X, Al X, and X al-Din. */
static void words_join(struct word *words, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		bool apart = i + 1 < count && word_is(&words[i], LONE_ARTICLE) && word_is(&words[i + 1], "دين");

		if (i > 0 && (apart || word_is(&words[i], "الدين")))
			words[i].glued = true;
		if (i + 1 < count && word_is_any(&words[i], JOINED_TO_NEXT, sizeof JOINED_TO_NEXT / sizeof JOINED_TO_NEXT[0]))
			words[i + 1].glued = true;
	}
}

static void words_write(struct sink *s, const struct word *words, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (i > 0 && !words[i].glued)
			sink_bytes(s, " ", 1);
		sink_bytes(s, words[i].at, words[i].len);
	}
}

/* Take the article from the last of several words of a key when enough of it remains. */
static void drop_last_article(struct sink *s)
{
	size_t article = strlen(LONE_ARTICLE);
	size_t start = s->len;
	size_t letters = 0;

	while (start > 0 && s->out[start - 1] != ' ')
		start--;
	if (s->full || start == 0 || s->len - start <= article || memcmp(s->out + start, LONE_ARTICLE, article) != 0)
		return;
	for (size_t i = start + article; i < s->len; i++)
		letters += ((uint8_t)s->out[i] & 0xC0) != 0x80;
	if (letters < ARTICLE_REST_LETTERS_MIN)
		return;
	memmove(s->out + start, s->out + start + article, s->len - start - article);
	s->len -= article;
}

int text_key(const char *typed, char *out, size_t size)
{
	char folded[TEXT_KEY_BYTES_MAX];
	struct word words[WORD_COUNT_MAX];
	struct sink s = { .out = out, .size = size };
	size_t count;
	int ret;

	assert(size > 0);
	out[0] = '\0';
	ret = text_fold(typed, folded, sizeof folded);
	if (ret != 0)
		return ret;
	count = words_split(folded, words);
	count = words_drop_between(words, count, false);
	words_join(words, count);
	words_write(&s, words, count);
	drop_last_article(&s);
	return sink_finish(&s, 0);
}

/* Whether some word of `key` begins with the `len` bytes at `start`. */
static bool key_has_word(const char *key, const char *start, size_t len)
{
	while (*key) {
		if (strncmp(key, start, len) == 0)
			return true;
		key += strcspn(key, " ");
		key += *key == ' ';
	}
	return false;
}

/* Whether each word of `folded` begins a word of `key`, with its article or without. */
static bool key_has_all(const char *key, const char *folded)
{
	size_t article = strlen(LONE_ARTICLE);
	struct word words[WORD_COUNT_MAX];
	size_t count = words_split(folded, words);

	count = words_drop_between(words, count, true);
	for (size_t i = 0; i < count; i++) {
		const struct word *w = &words[i];
		bool has_article = w->len >= article && memcmp(w->at, LONE_ARTICLE, article) == 0;

		if (key_has_word(key, w->at, w->len))
			continue;
		if (!has_article || (w->len > article && !key_has_word(key, w->at + article, w->len - article)))
			return false;
	}
	return true;
}

bool text_key_matches(const char *key, const char *query)
{
	char folded[TEXT_KEY_BYTES_MAX];
	char joined[TEXT_KEY_BYTES_MAX];
	struct word words[WORD_COUNT_MAX];
	struct sink s = { .out = joined, .size = sizeof joined };
	size_t count;

	if (text_fold(query, folded, sizeof folded) != 0)
		return false;
	if (key_has_all(key, folded))
		return true;
	count = words_split(folded, words);
	count = words_drop_between(words, count, true);
	words_join(words, count);
	words_write(&s, words, count);
	return sink_finish(&s, 0) == 0 && key_has_all(key, joined);
}
