/*
 * compare: = != < <= > >= (XPath 1.0 section 3.4), with dates as authors of forms expect them: where both sides look like a date or
 * dateTime they compare as the moments they name, so that '2012-02-03' < '2012-02-04' and two spellings of one moment are equal. A date
 * beside a number is its number of days.
 *
 * A day alone has two beginnings: midnight of the place, which tells what is before it and after it, and midnight in UTC, which its number
 * stands for. A dateTime is equal to the day at either of them: date(0) = '1970-01-01T00:00:00Z' holds wherever the form is filled.
 *
 * A set of nodes compares as XPath says: true when some node makes it true.
 */
#include <string.h>

#include "proto/form/xpath/eval.h"
#include "proto/form/xpath/xdate.h"

/* A quick no for nearly all texts: four digits and a dash begin a date. */
static bool may_be_date(const char *text)
{
	size_t digits = 0;

	while (*text == ' ' || *text == '\t' || *text == '\n' || *text == '\r')
		text++;
	while (text[digits] >= '0' && text[digits] <= '9')
		digits++;
	return digits >= 4 && text[digits] == '-';
}

static bool compare_numbers(enum token_kind op, double a, double b)
{
	if (op == TOKEN_EQUAL)
		return a == b;
	if (op == TOKEN_UNEQUAL)
		return a != b;
	if (op == TOKEN_LESS)
		return a < b;
	if (op == TOKEN_LESS_EQUAL)
		return a <= b;
	return op == TOKEN_MORE ? a > b : a >= b;
}

static bool compare_dates(enum token_kind op, const struct xdate *a, const struct xdate *b)
{
	bool is_same_number = a->has_time != b->has_time && xdate_number(a) == xdate_number(b);

	if (is_same_number && (op == TOKEN_EQUAL || op == TOKEN_UNEQUAL))
		return op == TOKEN_EQUAL;
	return compare_numbers(op, a->ms < b->ms ? -1 : a->ms > b->ms, 0);
}

static bool compare_texts(enum token_kind op, const char *a, const char *b, int tz_minutes)
{
	bool is_equality = op == TOKEN_EQUAL || op == TOKEN_UNEQUAL;
	struct xdate x, y;

	if (is_equality && strcmp(a, b) == 0)
		return op == TOKEN_EQUAL;
	if (may_be_date(a) && may_be_date(b) && xdate_read(a, tz_minutes, &x) && xdate_read(b, tz_minutes, &y))
		return compare_dates(op, &x, &y);
	if (is_equality)
		return op == TOKEN_UNEQUAL;
	return compare_numbers(op, xpath_number_read(a, tz_minutes), xpath_number_read(b, tz_minutes));
}

/* What `a op b` is when the sides change places. */
static enum token_kind turned(enum token_kind op)
{
	if (op == TOKEN_LESS)
		return TOKEN_MORE;
	if (op == TOKEN_LESS_EQUAL)
		return TOKEN_MORE_EQUAL;
	if (op == TOKEN_MORE)
		return TOKEN_LESS;
	return op == TOKEN_MORE_EQUAL ? TOKEN_LESS_EQUAL : op;
}

/* One node against a text or a number. */
static int compare_node(struct xrun *r, enum token_kind op, const struct xnode *n, const struct xslot *b, const char *text, bool *out)
{
	const char *own = xnode_text(n);
	struct buf built;
	int rc;

	if (own && text) {
		*out = compare_texts(op, own, text, r->tz_minutes);
		return 0;
	}
	if (own) {
		*out = compare_numbers(op, xpath_number_read(own, r->tz_minutes), b->number);
		return 0;
	}
	buf_init(&built, XPATH_STRING_BYTES_MAX);
	own = xslot_node_text(r, n, &built);
	*out = text ? compare_texts(op, own, text, r->tz_minutes) : compare_numbers(op, xpath_number_read(own, r->tz_minutes), b->number);
	rc = buf_error(&built);
	buf_fini(&built);
	return rc;
}

/* `b` is a string or a number; `text` its text when it is a string. */
static int compare_set(struct xrun *r, enum token_kind op, const struct xset *a, const struct xslot *b, const char *text, bool *out)
{
	int rc = xrun_charge(r, a->count);

	*out = false;
	for (size_t i = 0; i < a->count && rc == 0 && !*out; i++)
		rc = compare_node(r, op, a->at[i], b, text, out);
	return rc;
}

static int compare_sets(struct xrun *r, enum token_kind op, const struct xset *a, const struct xset *b, bool *out)
{
	struct buf built;
	int rc = 0;

	*out = false;
	buf_init(&built, XPATH_STRING_BYTES_MAX);
	for (size_t i = 0; i < b->count && rc == 0 && !*out; i++) {
		const char *text = xslot_node_text(r, b->at[i], &built);

		rc = buf_error(&built);
		if (rc == 0)
			rc = compare_set(r, op, a, NULL, text, out);
	}
	buf_fini(&built);
	return rc;
}

/* A truth beside a set: `=` asks whether the set is empty; the rest takes it as 1 or 0 beside the number of each node. */
static int compare_truth(struct xrun *r, enum token_kind op, bool truth, const struct xslot *b, bool *out)
{
	const struct xslot number = { .type = XPATH_NUMBER, .number = truth };

	if (b->type == XPATH_NODESET && op != TOKEN_EQUAL && op != TOKEN_UNEQUAL)
		return compare_set(r, turned(op), &b->set, &number, NULL, out);
	if (op == TOKEN_EQUAL || op == TOKEN_UNEQUAL)
		*out = compare_numbers(op, truth, xslot_boolean(b));
	else
		*out = compare_numbers(op, truth, xslot_number(r, b));
	return 0;
}

int xcompare(struct xrun *r, enum token_kind op, const struct xslot *a, const struct xslot *b, bool *out)
{
	if (a->type == XPATH_BOOLEAN)
		return compare_truth(r, op, a->boolean, b, out);
	if (b->type == XPATH_BOOLEAN)
		return compare_truth(r, turned(op), b->boolean, a, out);
	if (a->type == XPATH_NODESET && b->type == XPATH_NODESET)
		return compare_sets(r, op, &a->set, &b->set, out);
	if (a->type == XPATH_NODESET)
		return compare_set(r, op, &a->set, b, b->type == XPATH_STRING ? b->text : NULL, out);
	if (b->type == XPATH_NODESET)
		return compare_set(r, turned(op), &b->set, a, a->type == XPATH_STRING ? a->text : NULL, out);
	if (a->type == XPATH_STRING && b->type == XPATH_STRING)
		*out = compare_texts(op, a->text, b->text, r->tz_minutes);
	else
		*out = compare_numbers(op, xslot_number(r, a), xslot_number(r, b));
	return 0;
}
