/*
 * packed: see packed.h. Each type has its pack_ and unpack_ side by side; packed_make() trusts neither: it unpacks what it
 * packed and compares. The table "values" of FORMAT.md section 5 is in packed_shape(), pack() and packed_value().
 */
#include "proto/packed.h"

#include <assert.h>
#include <string.h>

#define INTEGER_DIRECT 64  /* 0 to 63 stand in the tag */
#define MEMBER_DIRECT 123  /* so do members made up to so many ids after their case: tags below 128 take one byte */
#define DECIMAL_SCALE_MAX 15
#define DIGITS_MAX 18      /* of a text that is all digits */
#define DIGITS_PART 9      /* digits that go into the bit stream as one number */
#define MILLION UINT64_C(1000000)
#define TEN_TO_9 UINT64_C(1000000000)
#define HIJRI_BASE 1400    /* years count from here, so that living people's take one byte */
#define GREGORIAN_BASE 1985
#define LATITUDE_BASE 20000000  /* millionths of a degree; a corner of the south-west, so that the high parts take one byte */
#define LONGITUDE_BASE 44000000

enum { TAG_SA_ID_1 = COLUMN_PACKED, TAG_SA_ID_2, TAG_DIGITS };
enum { TAG_MEMBER_CASE = COLUMN_PACKED, TAG_MEMBER_FAR, TAG_MEMBER_NEAR };

static uint64_t zigzag(int64_t v)
{
	return ((uint64_t)v << 1) ^ (uint64_t)(v >> 63);
}

static int64_t unzigzag(uint64_t v)
{
	return (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
}

/* The number that `n` digits make; false when they are not all digits, or more than 18. */
static bool digits_get(const char *v, size_t n, uint64_t *out)
{
	uint64_t sum = 0;

	if (n == 0 || n > DIGITS_MAX)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (v[i] < '0' || v[i] > '9')
			return false;
		sum = sum * 10 + (uint64_t)(v[i] - '0');
	}
	*out = sum;
	return true;
}

static void text_put(struct packed_text *t, const char *s, size_t n)
{
	assert(n <= sizeof(t->at) - t->len);
	memcpy(t->at + t->len, s, n);
	t->len += n;
}

/* `v` in decimal, zeros before it up to `width`. */
static void text_digits(struct packed_text *t, uint64_t v, size_t width)
{
	char digits[20];
	size_t n = 0;

	do {
		digits[sizeof(digits) - ++n] = (char)('0' + v % 10);
		v /= 10;
	} while (v != 0 || n < width);
	text_put(t, digits + sizeof(digits) - n, n);
}

static void add_bits(struct packed *p, size_t i, uint64_t v)
{
	p->bits[i] = v;
}

static void add_number(struct packed *p, uint64_t v)
{
	p->numbers[p->number_count++] = v;
}

/* Bits that a number of `n` digits needs. */
static unsigned digits_width(size_t n)
{
	static const uint8_t width[DIGITS_PART + 1] = { 0, 4, 7, 10, 14, 17, 20, 24, 27, 30 };

	assert(n <= DIGITS_PART);
	return width[n];
}

/* The tenth digit of a Saudi identity number: Luhn over the nine before it (DOMAIN 4.2). */
static char sa_id_check_digit(const char nine[static 9])
{
	unsigned sum = 0;

	for (size_t i = 0; i < 9; i++) {
		unsigned d = (unsigned)(nine[i] - '0');

		if (i % 2 == 0)
			d = d * 2 > 9 ? d * 2 - 9 : d * 2;
		sum += d;
	}
	return (char)('0' + (10 - sum % 10) % 10);
}

static bool pack_sa_id(struct packed *p, const char *v, size_t len)
{
	uint64_t eight;

	if (len != 10 || (v[0] != '1' && v[0] != '2') || !digits_get(v + 1, 8, &eight))
		return false;
	p->tag = v[0] == '1' ? TAG_SA_ID_1 : TAG_SA_ID_2;
	add_number(p, eight / 100000);
	add_bits(p, 0, eight % 100000);
	return true;
}

static bool unpack_sa_id(const struct packed *p, struct packed_text *t)
{
	char check;

	if (p->numbers[0] > 999 || p->bits[0] > 99999)
		return false;
	text_put(t, p->tag == TAG_SA_ID_1 ? "1" : "2", 1);
	text_digits(t, p->numbers[0], 3);
	text_digits(t, p->bits[0], 5);
	check = sa_id_check_digit(t->at);
	text_put(t, &check, 1);
	return true;
}

static bool pack_digits(struct packed *p, const char *v, size_t len)
{
	uint64_t all;

	if (!digits_get(v, len, &all))
		return false;
	p->tag = TAG_DIGITS + len - 1;
	add_bits(p, 0, len > DIGITS_PART ? all / TEN_TO_9 : 0);
	add_bits(p, 1, len > DIGITS_PART ? all % TEN_TO_9 : all);
	return true;
}

static bool unpack_digits(const struct packed *p, struct packed_text *t)
{
	size_t len = (size_t)(p->tag - TAG_DIGITS + 1);

	if (len > DIGITS_PART)
		text_digits(t, p->bits[0], len - DIGITS_PART);
	text_digits(t, p->bits[1], len > DIGITS_PART ? DIGITS_PART : len);
	return t->len == len;
}

static bool pack_text(struct packed *p, const char *v, size_t len)
{
	if (pack_sa_id(p, v, len) && sa_id_check_digit(v) == v[9])
		return true;
	p->number_count = 0;
	return pack_digits(p, v, len);
}

static bool unpack_text(const struct packed *p, struct packed_text *t)
{
	return p->tag < TAG_DIGITS ? unpack_sa_id(p, t) : unpack_digits(p, t);
}

static bool pack_integer(struct packed *p, const char *v, size_t len)
{
	size_t sign = len > 0 && v[0] == '-';
	uint64_t abs;

	if (!digits_get(v + sign, len - sign, &abs))
		return false;
	if (!sign && abs < INTEGER_DIRECT) {
		p->tag = COLUMN_PACKED + abs;
		return true;
	}
	p->tag = COLUMN_PACKED + INTEGER_DIRECT;
	add_number(p, zigzag(sign ? -(int64_t)abs : (int64_t)abs));
	return true;
}

/* `v` in decimal with its sign, the last `scale` digits behind a point. */
static void text_signed(struct packed_text *t, int64_t v, unsigned scale)
{
	uint64_t abs = v < 0 ? -(uint64_t)v : (uint64_t)v;
	uint64_t one = 1;

	for (unsigned i = 0; i < scale; i++)
		one *= 10;
	if (v < 0)
		text_put(t, "-", 1);
	text_digits(t, abs / one, 1);
	if (scale > 0) {
		text_put(t, ".", 1);
		text_digits(t, abs % one, scale);
	}
}

static bool unpack_integer(const struct packed *p, struct packed_text *t)
{
	uint64_t direct = p->tag - COLUMN_PACKED;

	text_signed(t, direct < INTEGER_DIRECT ? (int64_t)direct : unzigzag(p->numbers[0]), 0);
	return true;
}

/* A decimal as its digits without the point, and how many stood behind it. */
static bool decimal_get(const char *v, size_t len, int64_t *digits, size_t *scale)
{
	char kept[DIGITS_MAX] = "";
	size_t sign = len > 0 && v[0] == '-';
	size_t n = 0;
	size_t point = len;
	uint64_t abs;

	for (size_t i = sign; i < len; i++) {
		if (v[i] == '.' && point == len)
			point = i + 1;
		else if (n < DIGITS_MAX)
			kept[n++] = v[i];
		else
			return false;
	}
	if (!digits_get(kept, n, &abs))
		return false;
	*digits = sign ? -(int64_t)abs : (int64_t)abs;
	*scale = len - point;
	return *scale <= DECIMAL_SCALE_MAX;
}

static bool pack_decimal(struct packed *p, const char *v, size_t len)
{
	int64_t digits;
	size_t scale;

	if (!decimal_get(v, len, &digits, &scale))
		return false;
	p->tag = COLUMN_PACKED + scale;
	add_number(p, zigzag(digits));
	return true;
}

static bool unpack_decimal(const struct packed *p, struct packed_text *t)
{
	text_signed(t, unzigzag(p->numbers[0]), (unsigned)(p->tag - COLUMN_PACKED));
	return true;
}

/* Halalas in one unit of each tag: people say whole hundreds, tens, riyals. */
static const uint64_t money_unit[4] = { 10000, 1000, 100, 1 };

static bool pack_money(struct packed *p, const char *v, size_t len)
{
	int64_t halalas;
	size_t scale;
	size_t i = 0;

	if (!decimal_get(v, len, &halalas, &scale) || scale != 2 || halalas < 0)
		return false;
	while ((uint64_t)halalas % money_unit[i] != 0)
		i++;
	p->tag = COLUMN_PACKED + i;
	add_number(p, (uint64_t)halalas / money_unit[i]);
	return true;
}

static bool unpack_money(const struct packed *p, struct packed_text *t)
{
	uint64_t unit = money_unit[p->tag - COLUMN_PACKED];

	if (p->numbers[0] > TEN_TO_9 * TEN_TO_9 / unit)
		return false;
	text_signed(t, (int64_t)(p->numbers[0] * unit), 2);
	return true;
}

/* Year, year and month, or whole date: YYYY, YYYY-MM, YYYY-MM-DD; `parts` says which. */
static bool pack_date(struct packed *p, const char *v, size_t len, int base, size_t *parts)
{
	uint64_t year, month, day;

	if ((len != 4 && len != 7 && len != 10) || !digits_get(v, 4, &year))
		return false;
	add_number(p, zigzag((int64_t)year - base));
	if (len > 4) {
		if (v[4] != '-' || !digits_get(v + 5, 2, &month) || month == 0)
			return false;
		add_number(p, month - 1);
	}
	if (len > 7) {
		if (v[7] != '-' || !digits_get(v + 8, 2, &day) || day == 0)
			return false;
		add_number(p, day - 1);
	}
	*parts = p->number_count;
	return true;
}

static bool unpack_date(const struct packed *p, struct packed_text *t, int base)
{
	int64_t year = unzigzag(p->numbers[0]);

	if (year < -base || year > 9999 - base)
		return false;
	text_digits(t, (uint64_t)(year + base), 4);
	for (size_t i = 1; i < p->number_count; i++) {
		if (p->numbers[i] > 98)
			return false;
		text_put(t, "-", 1);
		text_digits(t, p->numbers[i] + 1, 2);
	}
	return true;
}

/* Tags of a date as written: Hijri day, month, year, then Gregorian day, month, year. */
static bool pack_hijri_date(struct packed *p, const char *v, size_t len)
{
	bool is_hijri = len > 0 && v[0] == 'H';
	size_t parts;

	if (len == 0 || (v[0] != 'H' && v[0] != 'G') || !pack_date(p, v + 1, len - 1, is_hijri ? HIJRI_BASE : GREGORIAN_BASE, &parts))
		return false;
	p->tag = COLUMN_PACKED + (is_hijri ? 0u : 3u) + (3 - parts);
	return true;
}

static bool unpack_hijri_date(const struct packed *p, struct packed_text *t)
{
	bool is_hijri = p->tag < COLUMN_PACKED + 3;

	text_put(t, is_hijri ? "H" : "G", 1);
	return unpack_date(p, t, is_hijri ? HIJRI_BASE : GREGORIAN_BASE);
}

static bool pack_gregorian_date(struct packed *p, const char *v, size_t len)
{
	size_t parts;

	p->tag = COLUMN_PACKED;
	return len == 10 && pack_date(p, v, len, GREGORIAN_BASE, &parts);
}

static bool pack_choice(struct packed *p, const struct column *c, const char *v, size_t len)
{
	int i = form_choice_find(c->form, form_field(c->form, c->field)->list, v, len);

	if (i < 0)
		return false;
	p->tag = COLUMN_PACKED + (uint64_t)i;
	return true;
}

static const struct form_list *list_of(const struct column *c)
{
	return form_list(c->form, (size_t)form_field(c->form, c->field)->list);
}

static bool unpack_choice(const struct packed *p, const struct column *c, struct packed_text *t)
{
	const char *code = list_of(c)->choices[p->tag - COLUMN_PACKED].code;

	text_put(t, code, strlen(code));
	return true;
}

/* Where the code that begins at `from` ends. */
static size_t code_end(const char *v, size_t len, size_t from)
{
	while (from < len && v[from] != ' ')
		from++;
	return from;
}

/* Tag and numbers are twice the index (after the first, the distance), plus 1 when another choice follows. */
static bool pack_choices(struct packed *p, const struct column *c, const char *v, size_t len)
{
	int list = form_field(c->form, c->field)->list;
	int before = 0;

	for (size_t from = 0; from <= len;) {
		size_t to = code_end(v, len, from);
		int i = form_choice_find(c->form, list, v + from, to - from);
		uint64_t more = to < len;

		if (i < before || (from != 0 && i == before) || p->number_count == PACKED_NUMBERS_MAX)
			return false;
		if (from == 0)
			p->tag = COLUMN_PACKED + 2 * (uint64_t)i + more;
		else
			add_number(p, 2 * (uint64_t)(i - before) + more);
		before = i;
		from = to + 1;
	}
	return true;
}

static bool unpack_choices(const struct packed *p, const struct column *c, struct packed_text *t)
{
	const struct form_list *list = list_of(c);
	uint64_t i = (p->tag - COLUMN_PACKED) / 2;

	for (size_t n = 0;; n++) {
		size_t len;

		if (i >= list->choice_count)
			return false;
		len = strlen(list->choices[i].code);
		if (len + 1 > sizeof(t->at) - t->len)
			return false;
		text_put(t, list->choices[i].code, len);
		if (n == p->number_count)
			return true;
		text_put(t, " ", 1);
		if (p->numbers[n] / 2 > list->choice_count)
			return false;
		i += p->numbers[n] / 2;
	}
}

static bool pack_member(struct packed *p, const struct column *c, const char *v, size_t len)
{
	uint64_t id = 0;
	uint64_t distance;

	if (len != 16)
		return false;
	for (size_t i = 0; i < 16; i++) {
		static const char hex[] = "0123456789abcdef";
		const char *digit = v[i] ? strchr(hex, v[i]) : NULL;

		if (!digit)
			return false;
		id = id << 4 | (uint64_t)(digit - hex);
	}
	distance = id - c->case_id;
	if (distance == 0) {
		p->tag = TAG_MEMBER_CASE;
	} else if (distance <= MEMBER_DIRECT) {
		p->tag = TAG_MEMBER_NEAR + distance - 1;
	} else {
		p->tag = TAG_MEMBER_FAR;
		add_number(p, zigzag((int64_t)distance));
	}
	return true;
}

static bool unpack_member(const struct packed *p, const struct column *c, struct packed_text *t)
{
	uint64_t id = c->case_id;

	if (p->tag == TAG_MEMBER_FAR)
		id += (uint64_t)unzigzag(p->numbers[0]);
	else if (p->tag >= TAG_MEMBER_NEAR)
		id += p->tag - TAG_MEMBER_NEAR + 1;
	for (unsigned i = 0; i < 16; i++)
		text_put(t, &"0123456789abcdef"[id >> (60 - 4 * i) & 15], 1);
	return true;
}

static bool pack_iban(struct packed *p, const char *v, size_t len)
{
	uint64_t bank, account;

	if (len != 24 || memcmp(v, "SA", 2) != 0 || !digits_get(v + 4, 2, &bank) || !digits_get(v + 6, 18, &account))
		return false;
	p->tag = COLUMN_PACKED;
	add_number(p, bank);
	add_number(p, account / MILLION / MILLION);
	add_number(p, account / MILLION % MILLION);
	add_bits(p, 0, account % MILLION);
	return true;
}

/* ISO 7064 mod 97-10: the check digits make the rest, "SA" as 2810 and themselves leave 1. */
static bool unpack_iban(const struct packed *p, struct packed_text *t)
{
	struct packed_text rest;
	unsigned left = 0;

	if (p->numbers[0] > 99 || p->numbers[1] >= MILLION || p->numbers[2] >= MILLION || p->bits[0] >= MILLION)
		return false;
	rest.len = 0;
	text_digits(&rest, p->numbers[0], 2);
	text_digits(&rest, p->numbers[1], 6);
	text_digits(&rest, p->numbers[2], 6);
	text_digits(&rest, p->bits[0], 6);
	for (size_t i = 0; i < rest.len; i++)
		left = (left * 10 + (unsigned)(rest.at[i] - '0')) % 97;
	left = (left * 1000000 + 281000) % 97;
	text_put(t, "SA", 2);
	text_digits(t, 98 - left, 2);
	text_put(t, rest.at, rest.len);
	return true;
}

static bool pack_mobile(struct packed *p, const char *v, size_t len)
{
	uint64_t eight;

	if (len != 13 || memcmp(v, "+9665", 5) != 0 || !digits_get(v + 5, 8, &eight))
		return false;
	p->tag = COLUMN_PACKED;
	add_number(p, eight / MILLION);
	add_bits(p, 0, eight % MILLION);
	return true;
}

static bool unpack_mobile(const struct packed *p, struct packed_text *t)
{
	text_put(t, "+9665", 5);
	text_digits(t, p->numbers[0], 2);
	text_digits(t, p->bits[0], 6);
	return t->len == 13;
}

static bool pack_short_address(struct packed *p, const char *v, size_t len)
{
	if (len != 8 || !digits_get(v + 4, 4, &p->bits[1]))
		return false;
	for (size_t i = 0; i < 4; i++) {
		if (v[i] < 'A' || v[i] > 'Z')
			return false;
		p->bits[0] = p->bits[0] * 26 + (uint64_t)(v[i] - 'A');
	}
	p->tag = COLUMN_PACKED;
	return true;
}

static bool unpack_short_address(const struct packed *p, struct packed_text *t)
{
	uint64_t left = p->bits[0];
	char letters[4];

	for (size_t i = 4; i-- > 0; left /= 26)
		letters[i] = (char)('A' + left % 26);
	text_put(t, letters, sizeof(letters));
	text_digits(t, p->bits[1], 4);
	return left == 0 && t->len == 8;
}

static bool pack_postal_code(struct packed *p, const char *v, size_t len)
{
	uint64_t code;

	if (len != 5 || !digits_get(v, 5, &code))
		return false;
	p->tag = COLUMN_PACKED;
	add_number(p, code / 1000);
	add_bits(p, 0, code % 1000);
	return true;
}

static bool unpack_postal_code(const struct packed *p, struct packed_text *t)
{
	text_digits(t, p->numbers[0], 2);
	text_digits(t, p->bits[0], 3);
	return t->len == 5;
}

/* Millionths of a degree behind `base`, moved up so that the high part of 2^16 is a rounding down. */
static bool pack_degrees(struct packed *p, size_t i, const char *v, size_t len, int64_t base)
{
	int64_t degrees;
	size_t scale;

	if (!decimal_get(v, len, &degrees, &scale) || scale != 6 || degrees > 400000000 || degrees < -400000000)
		return false;
	degrees -= base;
	add_number(p, zigzag(degrees >> 16));
	add_bits(p, i, (uint64_t)degrees & 0xffff);
	return true;
}

static bool unpack_degrees(const struct packed *p, size_t i, struct packed_text *t, int64_t base)
{
	int64_t high = unzigzag(p->numbers[i]);

	if (high > 10000 || high < -10000)
		return false;
	text_signed(t, high * 65536 + (int64_t)p->bits[i] + base, 6);
	text_put(t, " ", 1);
	return true;
}

static bool pack_geopoint(struct packed *p, const char *v, size_t len)
{
	size_t first = code_end(v, len, 0);
	size_t second = first < len ? code_end(v, len, first + 1) : len;
	uint64_t accuracy;

	if (second == len || !pack_degrees(p, 0, v, first, LATITUDE_BASE) ||
	    !pack_degrees(p, 1, v + first + 1, second - first - 1, LONGITUDE_BASE) ||
	    !digits_get(v + second + 1, len - second - 1, &accuracy))
		return false;
	p->tag = COLUMN_PACKED;
	add_number(p, accuracy);
	return true;
}

static bool unpack_geopoint(const struct packed *p, struct packed_text *t)
{
	if (!unpack_degrees(p, 0, t, LATITUDE_BASE) || !unpack_degrees(p, 1, t, LONGITUDE_BASE))
		return false;
	text_digits(t, p->numbers[2], 1);
	return true;
}

static bool pack_acknowledge(struct packed *p, const char *v, size_t len)
{
	p->tag = COLUMN_PACKED;
	return len == 3 && memcmp(v, "yes", 3) == 0;
}

static bool unpack_acknowledge(struct packed_text *t)
{
	text_put(t, "yes", 3);
	return true;
}

/* Fill `p`; false when the value has no packed form. Whether it is exact is for packed_make() to find out. */
static bool pack(const struct column *c, const char *v, size_t len, struct packed *p)
{
	switch (c->kind) {
	case FORM_TEXT: return pack_text(p, v, len);
	case FORM_INTEGER: return pack_integer(p, v, len);
	case FORM_DECIMAL: return pack_decimal(p, v, len);
	case FORM_MONEY: return pack_money(p, v, len);
	case FORM_DATE: return pack_gregorian_date(p, v, len);
	case FORM_HIJRI_DATE: return pack_hijri_date(p, v, len);
	case FORM_SELECT_ONE: return pack_choice(p, c, v, len);
	case FORM_SELECT_MULTIPLE: return pack_choices(p, c, v, len);
	case FORM_SELECT_MEMBER: return pack_member(p, c, v, len);
	case FORM_ACKNOWLEDGE: return pack_acknowledge(p, v, len);
	case FORM_SA_ID: return pack_sa_id(p, v, len);
	case FORM_IBAN: return pack_iban(p, v, len);
	case FORM_MOBILE: return pack_mobile(p, v, len);
	case FORM_SHORT_ADDRESS: return pack_short_address(p, v, len);
	case FORM_POSTAL_CODE: return pack_postal_code(p, v, len);
	case FORM_GEOPOINT: return pack_geopoint(p, v, len);
	case FORM_SIGNATURE: return false;
	case FORM_TIME:
	case FORM_DATETIME:
	case FORM_RANK:
	case FORM_IMAGE:
	case FORM_IMAGE_LIST:
	case FORM_AUDIO:
	case FORM_VIDEO:
	case FORM_FILE:
	case FORM_NOTE:
	case FORM_CALCULATE:
		return false;
	}
	return false;
}

bool packed_value(const struct column *c, const struct packed *p, struct packed_text *t)
{
	switch (c->kind) {
	case FORM_TEXT: return unpack_text(p, t);
	case FORM_INTEGER: return unpack_integer(p, t);
	case FORM_DECIMAL: return unpack_decimal(p, t);
	case FORM_MONEY: return unpack_money(p, t);
	case FORM_DATE: return unpack_date(p, t, GREGORIAN_BASE);
	case FORM_HIJRI_DATE: return unpack_hijri_date(p, t);
	case FORM_SELECT_ONE: return unpack_choice(p, c, t);
	case FORM_SELECT_MULTIPLE: return unpack_choices(p, c, t);
	case FORM_SELECT_MEMBER: return unpack_member(p, c, t);
	case FORM_ACKNOWLEDGE: return unpack_acknowledge(t);
	case FORM_SA_ID: return unpack_sa_id(p, t);
	case FORM_IBAN: return unpack_iban(p, t);
	case FORM_MOBILE: return unpack_mobile(p, t);
	case FORM_SHORT_ADDRESS: return unpack_short_address(p, t);
	case FORM_POSTAL_CODE: return unpack_postal_code(p, t);
	case FORM_GEOPOINT: return unpack_geopoint(p, t);
	case FORM_SIGNATURE: return false;
	case FORM_TIME:
	case FORM_DATETIME:
	case FORM_RANK:
	case FORM_IMAGE:
	case FORM_IMAGE_LIST:
	case FORM_AUDIO:
	case FORM_VIDEO:
	case FORM_FILE:
	case FORM_NOTE:
	case FORM_CALCULATE:
		return false;
	}
	return false;
}

static struct packed_shape shape_of_text(uint64_t i)
{
	uint64_t len = i + COLUMN_PACKED - TAG_DIGITS + 1;

	if (i + COLUMN_PACKED < TAG_DIGITS)
		return (struct packed_shape){ .bit_count = { 17 }, .number_count = 1 };
	if (len > DIGITS_PART)
		return (struct packed_shape){ .bit_count = { digits_width((size_t)len - DIGITS_PART), digits_width(DIGITS_PART) } };
	return (struct packed_shape){ .bit_count = { 0, digits_width((size_t)len) } };
}

bool packed_shape(const struct column *c, uint64_t tag, struct packed_shape *s)
{
	uint64_t i = tag - COLUMN_PACKED;

	*s = (struct packed_shape){ .number_count = 0 };
	switch (c->kind) {
	case FORM_TEXT:
		if (i < TAG_DIGITS - COLUMN_PACKED + DIGITS_MAX)
			*s = shape_of_text(i);
		return i < TAG_DIGITS - COLUMN_PACKED + DIGITS_MAX;
	case FORM_INTEGER:
		s->number_count = i == INTEGER_DIRECT;
		return i <= INTEGER_DIRECT;
	case FORM_DECIMAL:
		s->number_count = 1;
		return i <= DECIMAL_SCALE_MAX;
	case FORM_MONEY:
		s->number_count = 1;
		return i < 4;
	case FORM_DATE:
		s->number_count = 3;
		return i == 0;
	case FORM_HIJRI_DATE:
		s->number_count = 3 - i % 3;
		return i < 6;
	case FORM_SELECT_ONE:
		return i < list_of(c)->choice_count;
	case FORM_SELECT_MULTIPLE:
		s->is_chain = true;
		return i / 2 < list_of(c)->choice_count;
	case FORM_SELECT_MEMBER:
		s->number_count = i + COLUMN_PACKED == TAG_MEMBER_FAR;
		return i < TAG_MEMBER_NEAR - COLUMN_PACKED + MEMBER_DIRECT;
	case FORM_ACKNOWLEDGE:
		return i == 0;
	case FORM_SA_ID:
		*s = (struct packed_shape){ .bit_count = { 17 }, .number_count = 1 };
		return i < 2;
	case FORM_IBAN:
		*s = (struct packed_shape){ .bit_count = { 20 }, .number_count = 3 };
		return i == 0;
	case FORM_MOBILE:
		*s = (struct packed_shape){ .bit_count = { 20 }, .number_count = 1 };
		return i == 0;
	case FORM_SHORT_ADDRESS:
		*s = (struct packed_shape){ .bit_count = { 19, 14 } };
		return i == 0;
	case FORM_POSTAL_CODE:
		*s = (struct packed_shape){ .bit_count = { 10 }, .number_count = 1 };
		return i == 0;
	case FORM_GEOPOINT:
		*s = (struct packed_shape){ .bit_count = { 16, 16 }, .number_count = 3 };
		return i == 0;
	case FORM_TIME:
	case FORM_DATETIME:
	case FORM_RANK:
	case FORM_SIGNATURE:
	case FORM_IMAGE:
	case FORM_IMAGE_LIST:
	case FORM_AUDIO:
	case FORM_VIDEO:
	case FORM_FILE:
	case FORM_NOTE:
	case FORM_CALCULATE:
		return false;
	}
	return false;
}

bool packed_make(const struct column *c, const char *value, size_t len, struct packed *p)
{
	struct packed_text t;

	t.len = 0;
	p->bits[0] = 0;
	p->bits[1] = 0;
	p->number_count = 0;
	return pack(c, value, len, p) && packed_value(c, p, &t) && t.len == len && memcmp(t.at, value, len) == 0;
}
