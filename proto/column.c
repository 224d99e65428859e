/*
 * column: see column.h. What the packed forms are is in packed.c; here they are moved to and from the four streams.
 */
#include "proto/column.h"

#include <assert.h>

#include "proto/column_strokes.h"
#include "proto/fold.h"
#include "proto/packed.h"

void column_bits_put(struct column_bits *b, uint64_t v, unsigned count)
{
	assert(count <= 56);
	assert(v >> count == 0);
	b->waiting = b->waiting << count | v;
	b->count += count;
	while (b->count >= 8) {
		uint8_t byte = (uint8_t)(b->waiting >> (b->count - 8));

		buf_append(b->out, &byte, 1);
		b->count -= 8;
	}
	b->waiting &= (1u << b->count) - 1;
}

void column_bits_end(struct column_bits *b)
{
	if (b->count > 0)
		column_bits_put(b, 0, 8 - b->count);
}

uint64_t column_bits_get(struct column_bits_reader *b, unsigned count)
{
	uint64_t v;

	assert(count <= 56);
	while (b->count < count) {
		b->waiting = b->waiting << 8 | reader_u8(&b->in);
		b->count += 8;
	}
	b->count -= count;
	v = b->waiting >> b->count;
	b->waiting &= (UINT64_C(1) << b->count) - 1;
	return v;
}

/* The packed forms that values of a field may have; types without forms of their own travel as text. */
static enum form_type column_kind(const struct form *form, const struct form_field *f)
{
	switch (f->type) {
	case FORM_SELECT_ONE:
	case FORM_SELECT_MULTIPLE:
		return f->list < 0 || form_list(form, (size_t)f->list)->choice_count == 0 ? FORM_TEXT : f->type;
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
		return FORM_TEXT;
	case FORM_TEXT:
	case FORM_INTEGER:
	case FORM_DECIMAL:
	case FORM_MONEY:
	case FORM_DATE:
	case FORM_HIJRI_DATE:
	case FORM_SELECT_MEMBER:
	case FORM_ACKNOWLEDGE:
	case FORM_SA_ID:
	case FORM_IBAN:
	case FORM_MOBILE:
	case FORM_SHORT_ADDRESS:
	case FORM_POSTAL_CODE:
	case FORM_GEOPOINT:
	case FORM_SIGNATURE:
		return f->type;
	}
	return FORM_TEXT;
}

void column_init(struct column *c, const struct form *form, uint16_t field)
{
	*c = (struct column){ .form = form, .field = field, .kind = column_kind(form, form_field(form, field)) };
}

int column_bit_count(const struct column *c, uint64_t tag)
{
	struct packed_shape s;

	if (tag < COLUMN_PACKED)
		return 0;
	if (c->kind == FORM_SIGNATURE)
		return column_strokes_bit_count(tag);
	if (!packed_shape(c, tag, &s))
		return -1;
	return (int)(s.bit_count[0] + s.bit_count[1]);
}

void column_write(struct column_writer *w, const struct column *c, const char *value, size_t len)
{
	struct packed p;
	struct packed_shape s;
	bool is_known;

	if (len == 0) {
		write_varint(w->tags, COLUMN_CLEARED);
		return;
	}
	if (c->kind == FORM_SIGNATURE && column_strokes_write(w, value, len))
		return;
	if (!packed_make(c, value, len, &p)) {
		write_varint(w->tags, COLUMN_TEXT);
		if (!fold_write(w->texts, value, len))
			w->is_bad = true;
		return;
	}
	is_known = packed_shape(c, p.tag, &s);
	assert(is_known);
	assert(s.is_chain || s.number_count == p.number_count);
	write_varint(w->tags, p.tag);
	for (size_t i = 0; i < 2; i++)
		column_bits_put(&w->bits, p.bits[i], s.bit_count[i]);
	for (size_t i = 0; i < p.number_count; i++)
		write_varint(w->numbers, p.numbers[i]);
}

static void read_packed(const struct packed_shape *s, struct column_bits_reader *bits, struct reader *numbers, struct packed *p)
{
	bool more = s->is_chain && ((p->tag - COLUMN_PACKED) & 1) != 0;

	for (size_t i = 0; i < 2; i++)
		p->bits[i] = column_bits_get(bits, s->bit_count[i]);
	p->number_count = 0;
	while (p->number_count < s->number_count || more) {
		if (p->number_count == PACKED_NUMBERS_MAX) {
			reader_fail(numbers);
			return;
		}
		p->numbers[p->number_count] = reader_varint(numbers, UINT64_MAX);
		more = s->is_chain && (p->numbers[p->number_count] & 1) != 0;
		p->number_count++;
	}
}

const char *column_read(const struct column *c, uint64_t tag, struct column_bits_reader *bits, struct reader *numbers,
			struct arena *a, size_t *len)
{
	struct packed p;
	struct packed_shape s;
	struct packed_text t;

	*len = 0;
	if (tag == COLUMN_CLEARED)
		return "";
	if (c->kind == FORM_SIGNATURE)
		return column_strokes_read(tag, bits, numbers, a, len);
	p.tag = tag;
	t.len = 0;
	if (!packed_shape(c, tag, &s)) {
		reader_fail(numbers);
		return NULL;
	}
	read_packed(&s, bits, numbers, &p);
	if (numbers->failed || !packed_value(c, &p, &t)) {
		reader_fail(numbers);
		return NULL;
	}
	*len = t.len;
	if (c->kind == FORM_SELECT_ONE)
		return form_list(c->form, (size_t)form_field(c->form, c->field)->list)->choices[tag - COLUMN_PACKED].code;
	return arena_copy(a, t.at, t.len);
}
