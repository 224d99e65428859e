/*
 * problem: the list of what is wrong with a workbook, kept in the order in which it was found and printed in the author's order.
 *
 * A list never fails: what cannot be kept is counted, so that a workbook with errors is never taken for one without.
 */
#include "server/author/problem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/author/workbook.h"

/* Sheets in the order in which an author looks at them; the workbook as a whole comes first. */
static const char *const SHEETS[] = { "", "survey", "choices", "external_choices", "entities", "settings" };
#define SHEET_COUNT (sizeof(SHEETS) / sizeof(SHEETS[0]))

/* Copy a text into room of `size` bytes; what is too long is cut between two characters. */
static void copy_text(char *out, size_t size, const char *text)
{
	size_t len = strlen(text);

	if (len >= size) {
		len = size - 1;
		while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
			len--;
	}
	memcpy(out, text, len);
	out[len] = '\0';
}

void problems_init(struct problems *p)
{
	memset(p, 0, sizeof(*p));
}

void problems_fini(struct problems *p)
{
	for (size_t i = 0; i < p->count; i++) {
		free(p->items[i].english);
		free(p->items[i].arabic);
	}
	free(p->items);
	memset(p, 0, sizeof(*p));
}

/* Room for one more; in a full list an error takes the place of the last warning. NULL when there is none. */
static struct problem *take_room(struct problems *p, bool is_warning)
{
	if (p->items == NULL)
		p->items = calloc(PROBLEM_COUNT_MAX, sizeof(*p->items));
	if (p->items == NULL)
		return NULL;
	if (p->count < PROBLEM_COUNT_MAX)
		return &p->items[p->count++];
	for (size_t i = p->count; i > 0 && !is_warning; i--) {
		struct problem *last = &p->items[i - 1];

		if (!last->is_warning)
			continue;
		free(last->english);
		free(last->arabic);
		return last;
	}
	return NULL;
}

void problems_add(struct problems *p, bool is_warning, const struct problem_place *at, const char *english, const char *arabic)
{
	char *one = strdup(english), *other = strdup(arabic);
	struct problem *item;

	*(is_warning ? &p->warnings : &p->errors) += 1;
	item = one != NULL && other != NULL ? take_room(p, is_warning) : NULL;
	if (item == NULL) {
		free(one);
		free(other);
		return;
	}
	*item = (struct problem){ .is_warning = is_warning, .row = at->row, .english = one, .arabic = other };
	copy_text(item->sheet, sizeof(item->sheet), at->sheet != NULL ? at->sheet : "");
	if (at->column >= 0)
		workbook_letters((uint32_t)at->column, item->letters);
	copy_text(item->column, sizeof(item->column), at->header != NULL ? at->header : "");
}

static size_t sheet_rank(const char *name)
{
	for (size_t i = 0; i < SHEET_COUNT; i++)
		if (strcasecmp(SHEETS[i], name) == 0)
			return i;
	return SHEET_COUNT;
}

/* Errors before warnings, then by sheet, row and column; what is alike stays in the order in which it was found. */
static int compare_problems(const void *left, const void *right)
{
	const struct problem *a = *(const struct problem *const *)left, *b = *(const struct problem *const *)right;
	size_t x = sheet_rank(a->sheet), y = sheet_rank(b->sheet);

	if (a->is_warning != b->is_warning)
		return a->is_warning ? 1 : -1;
	if (x != y)
		return x < y ? -1 : 1;
	if (a->row != b->row)
		return a->row < b->row ? -1 : 1;
	if (strlen(a->letters) != strlen(b->letters))
		return strlen(a->letters) < strlen(b->letters) ? -1 : 1;
	if (strcmp(a->letters, b->letters) != 0)
		return strcmp(a->letters, b->letters);
	return a < b ? -1 : a > b ? 1 : 0;
}

static void print_one(const struct problem *item, struct buf *out)
{
	if (item->is_warning)
		buf_text(out, "warning: ");
	if (item->sheet[0] == '\0')
		buf_text(out, "workbook");
	else
		buf_text(out, item->sheet);
	if (item->row > 0)
		buf_printf(out, " %s%zu", item->letters[0] != '\0' ? item->letters : "row ", item->row);
	else if (item->letters[0] != '\0')
		buf_printf(out, " %s", item->letters);
	if (item->column[0] != '\0')
		buf_printf(out, " (%s)", item->column);
	buf_printf(out, ": %s\n  %s\n", item->english, item->arabic);
}

void problems_print(const struct problems *p, struct buf *out)
{
	const struct problem *order[PROBLEM_COUNT_MAX];

	for (size_t i = 0; i < p->count; i++)
		order[i] = &p->items[i];
	if (p->count > 1)
		qsort(order, p->count, sizeof(order[0]), compare_problems);
	for (size_t i = 0; i < p->count; i++)
		print_one(order[i], out);
	if (p->errors + p->warnings > p->count)
		buf_printf(out, "and %zu more\n  و%zu غيرها\n", p->errors + p->warnings - p->count, p->errors + p->warnings - p->count);
}
