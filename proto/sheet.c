/*
 * sheet: see sheet.h.
 *
 * A cell is the meeting of a row and a field. A row is dense when it sets a good part of its entry type's fields: it then
 * has a cell for every field, and tag 0 says "not set". A sparse row names the fields it sets and has cells for these alone.
 * Which of the two follows from the count, so that there is one spelling. Cells stand by field, then by row.
 *
 * Counts are bounded by the bytes that are left before memory is taken: every row and every cell has at least one byte.
 */
#include "proto/sheet.h"

#include <assert.h>
#include <string.h>

#include "proto/column.h"
#include "proto/fold.h"

#define SPARSE_SHARE 3                      /* dense when at least a third of the fields are set */
#define WORK_BYTES_MAX (64 * 1024 * 1024)   /* the encoder's own memory */

struct row {
	uint32_t unit;
	uint32_t sparse;       /* 0: dense; else how many fields it names */
	uint64_t entry_id;
	const uint16_t *named; /* positions of these fields in the entry type, ascending; NULL when dense */
	struct edit *edits;    /* encoding: its first edit; decoding: where its first edit goes */
	uint32_t edit_count;
	uint32_t next;         /* edits done while walking the cells */
};

/* The rows of one entry type and their cells. */
struct table {
	uint16_t entry_type;
	const struct form_entry_type *type; /* borrowed from the form */
	struct row *rows;                   /* by unit, then entry id */
	size_t row_count;
	uint32_t *cells;                    /* row of each cell; by position of the field, then by row */
	size_t *starts;                     /* first cell of each field; one more at the end */
	uint32_t *tags;                     /* decoding: one for each cell */
};

struct sheet {
	const struct form *form;
	struct table *tables; /* one for each entry type of the form, in its order */
	size_t table_count;
	struct arena *a;
};

/* Called by walk() for each cell, by entry type, field and row. */
typedef void visit_fn(void *ctx, const struct column *c, struct table *t, size_t cell, struct row *row);

static bool is_dense(const struct table *t, size_t edit_count)
{
	return edit_count * SPARSE_SHARE >= t->type->field_count;
}

static int sheet_init(struct sheet *s, const struct form *form, struct arena *a)
{
	*s = (struct sheet){ .form = form, .table_count = form_entry_type_count(form), .a = a };
	s->tables = arena_alloc(a, s->table_count, sizeof(*s->tables));
	if (!s->tables)
		return arena_error(a);
	for (size_t i = 0; i < s->table_count; i++) {
		s->tables[i].entry_type = (uint16_t)i;
		s->tables[i].type = form_entry_type(form, i);
	}
	return 0;
}

/* Lay out the cells of a table whose rows are known: a counting sort by field. */
static int make_cells(struct table *t, struct arena *a)
{
	size_t fields = t->type->field_count;
	size_t *starts = arena_alloc(a, fields + 2, sizeof(*starts)); /* one ahead while filling */

	if (!starts)
		return arena_error(a);
	for (size_t i = 0; i < t->row_count; i++) {
		const struct row *row = &t->rows[i];

		for (size_t k = 0; k < (row->sparse ? row->sparse : fields); k++)
			starts[2 + (row->sparse ? row->named[k] : k)]++;
	}
	for (size_t f = 2; f < fields + 2; f++)
		starts[f] += starts[f - 1];
	t->cells = arena_alloc(a, starts[fields + 1], sizeof(*t->cells));
	if (!t->cells)
		return arena_error(a);
	for (size_t i = 0; i < t->row_count; i++) {
		const struct row *row = &t->rows[i];

		for (size_t k = 0; k < (row->sparse ? row->sparse : fields); k++)
			t->cells[starts[1 + (row->sparse ? row->named[k] : k)]++] = (uint32_t)i;
	}
	t->starts = starts;
	return 0;
}

static void walk(struct sheet *s, const struct sheet_unit *units, visit_fn *visit, void *ctx)
{
	for (size_t i = 0; i < s->table_count; i++) {
		struct table *t = &s->tables[i];

		for (size_t n = 0; n < t->row_count; n++)
			t->rows[n].next = 0;
		for (size_t f = 0; t->row_count != 0 && f < t->type->field_count; f++) {
			struct column c;

			column_init(&c, s->form, t->type->fields[f]);
			for (size_t cell = t->starts[f]; cell < t->starts[f + 1]; cell++) {
				struct row *row = &t->rows[t->cells[cell]];

				c.case_id = units[row->unit].case_id;
				visit(ctx, &c, t, cell, row);
			}
		}
	}
}

/* --- encoding --- */

/* Whether `e` begins a row: the first edit of an entry. */
static bool begins_row(const struct sheet_unit *u, size_t i)
{
	return i == 0 || u->edits[i].entry_type != u->edits[i - 1].entry_type || u->edits[i].entry_id != u->edits[i - 1].entry_id;
}

static int gather_rows(struct sheet *s, const struct sheet_unit *units, size_t count)
{
	for (size_t u = 0; u < count; u++)
		for (size_t i = 0; i < units[u].edit_count; i++)
			s->tables[units[u].edits[i].entry_type].row_count += begins_row(&units[u], i);
	for (size_t i = 0; i < s->table_count; i++) {
		s->tables[i].rows = arena_alloc(s->a, s->tables[i].row_count, sizeof(struct row));
		if (!s->tables[i].rows)
			return arena_error(s->a);
		s->tables[i].row_count = 0;
	}
	for (size_t u = 0; u < count; u++) {
		struct row *row = NULL;

		for (size_t i = 0; i < units[u].edit_count; i++) {
			struct edit *e = &units[u].edits[i];
			struct table *t = &s->tables[e->entry_type];

			if (begins_row(&units[u], i)) {
				row = &t->rows[t->row_count++];
				*row = (struct row){ .unit = (uint32_t)u, .entry_id = e->entry_id, .edits = e };
			}
			row->edit_count++;
		}
	}
	return 0;
}

/* Name the fields of a sparse row by their position in the entry type. */
static int name_fields(const struct table *t, struct row *row, struct arena *a)
{
	uint16_t *named = arena_alloc(a, row->edit_count, sizeof(*named));
	size_t f = 0;

	if (!named)
		return arena_error(a);
	for (size_t i = 0; i < row->edit_count; i++) {
		while (t->type->fields[f] != row->edits[i].field)
			f++;
		named[i] = (uint16_t)f;
	}
	row->sparse = row->edit_count;
	row->named = named;
	return 0;
}

/* Rows per unit when there are at least as many rows as units (the last follows from the count), else steps from unit to unit. */
static void write_units(const struct table *t, size_t units, struct buf *out)
{
	size_t row = 0;

	if (t->row_count >= units) {
		for (size_t u = 0; u + 1 < units; u++) {
			size_t first = row;

			while (row < t->row_count && t->rows[row].unit == u)
				row++;
			write_varint(out, row - first);
		}
		return;
	}
	for (row = 0; row < t->row_count; row++)
		write_varint(out, t->rows[row].unit - (row ? t->rows[row - 1].unit : 0));
}

static void write_entry_ids(const struct table *t, const struct sheet_unit *units, struct buf *out)
{
	for (size_t i = 0; i < t->row_count; i++) {
		const struct row *row = &t->rows[i];

		if (i > 0 && row[-1].unit == row->unit)
			write_varint(out, row->entry_id - row[-1].entry_id - 1);
		else
			write_zigzag(out, (int64_t)(row->entry_id - units[row->unit].case_id));
	}
}

/* Read by read_rows() below. */
static void write_rows(const struct table *t, const struct sheet_unit *units, size_t unit_count, struct buf *out)
{
	if (t->row_count == 0)
		return;
	write_units(t, unit_count, out);
	if (t->entry_type != FORM_ENTRY_ROOT)
		write_entry_ids(t, units, out);
	for (size_t i = 0; i < t->row_count; i++)
		write_varint(out, t->rows[i].sparse);
	for (size_t i = 0; i < t->row_count; i++)
		for (size_t k = 0; k < t->rows[i].sparse; k++)
			write_varint(out, k ? t->rows[i].named[k] - t->rows[i].named[k - 1] - 1u : t->rows[i].named[0]);
}

static void encode_cell(void *ctx, const struct column *c, struct table *t, size_t cell, struct row *row)
{
	struct column_writer *w = ctx;
	const struct edit *e = row->next < row->edit_count ? &row->edits[row->next] : NULL;

	(void)t;
	(void)cell;
	if (!e || e->field != c->field) {
		write_varint(w->tags, COLUMN_ABSENT);
		return;
	}
	column_write(w, c, e->value, e->value_len);
	row->next++;
}

/* Tags, bits, numbers, texts: each gathered in its own buffer on one walk over the cells. */
static int encode_cells(struct sheet *s, const struct sheet_unit *units, struct buf *out)
{
	struct buf parts[4];
	struct column_writer w = { .tags = &parts[0], .bits = { .out = &parts[1] }, .numbers = &parts[2], .texts = &parts[3] };
	int rc = 0;

	for (size_t i = 0; i < 4; i++)
		buf_init(&parts[i], out->max);
	walk(s, units, encode_cell, &w);
	column_bits_end(&w.bits);
	for (size_t i = 0; i < 4; i++) {
		rc = rc ? rc : buf_error(&parts[i]);
		buf_append(out, parts[i].data, parts[i].len);
		buf_fini(&parts[i]);
	}
	if (rc == 0 && w.is_bad)
		rc = err_set(ERR_CORRUPT, "sheet: a value is not valid UTF-8");
	return rc;
}

static int encode(struct sheet *s, const struct sheet_unit *units, size_t count, struct buf *out)
{
	int rc = gather_rows(s, units, count);

	for (size_t i = 0; i < s->table_count && rc == 0; i++) {
		struct table *t = &s->tables[i];

		for (size_t n = 0; n < t->row_count && rc == 0; n++)
			if (!is_dense(t, t->rows[n].edit_count))
				rc = name_fields(t, &t->rows[n], s->a);
		if (rc == 0 && t->row_count != 0)
			rc = make_cells(t, s->a);
	}
	if (rc)
		return rc;
	for (size_t i = 0; i < s->table_count; i++)
		write_varint(out, s->tables[i].row_count);
	for (size_t i = 0; i < s->table_count; i++)
		write_rows(&s->tables[i], units, count, out);
	return encode_cells(s, units, out);
}

int sheet_encode(const struct form *form, const struct sheet_unit *units, size_t count, struct buf *out)
{
	struct arena *a = arena_new(WORK_BYTES_MAX);
	struct sheet s;
	int rc;

	if (!a)
		return err_set(ERR_NOMEM, "sheet: no memory");
	rc = sheet_init(&s, form, a);
	if (rc == 0)
		rc = encode(&s, units, count, out);
	arena_free(a);
	return rc;
}

/* --- decoding --- */

static void read_units(struct table *t, size_t units, struct reader *r)
{
	size_t row = 0;
	uint64_t unit = 0;

	if (t->row_count >= units) {
		for (size_t u = 0; u + 1 < units; u++)
			for (uint64_t n = reader_varint(r, t->row_count - row); n > 0; n--)
				t->rows[row++].unit = (uint32_t)u;
		while (row < t->row_count)
			t->rows[row++].unit = (uint32_t)units - 1;
		return;
	}
	for (row = 0; row < t->row_count; row++) {
		unit += reader_varint(r, units - 1 - unit);
		t->rows[row].unit = (uint32_t)unit;
	}
}

static void read_entry_ids(struct table *t, const struct sheet_unit *units, struct reader *r)
{
	for (size_t i = 0; i < t->row_count; i++) {
		struct row *row = &t->rows[i];

		if (t->entry_type == FORM_ENTRY_ROOT)
			row->entry_id = units[row->unit].case_id;
		else if (i > 0 && row[-1].unit == row->unit)
			row->entry_id = row[-1].entry_id + 1 + reader_varint(r, UINT64_MAX);
		else
			row->entry_id = units[row->unit].case_id + (uint64_t)reader_zigzag(r);
	}
}

static int read_named(struct table *t, struct row *row, struct reader *r, struct arena *a)
{
	uint16_t *named = arena_alloc(a, row->sparse, sizeof(*named));
	size_t f = 0;

	if (!named)
		return arena_error(a);
	for (size_t k = 0; k < row->sparse; k++) {
		f += reader_varint(r, t->type->field_count) + (k > 0);
		if (f >= t->type->field_count) {
			reader_fail(r);
			return 0;
		}
		named[k] = (uint16_t)f;
	}
	row->named = named;
	return 0;
}

/* Read for write_rows() above. */
static int read_rows(struct table *t, const struct sheet_unit *units, size_t unit_count, struct reader *r, struct arena *a)
{
	int rc = 0;

	if (t->row_count > r->left)
		reader_fail(r);
	if (t->row_count == 0 || r->failed)
		return 0;
	t->rows = arena_alloc(a, t->row_count, sizeof(*t->rows));
	if (!t->rows)
		return arena_error(a);
	read_units(t, unit_count, r);
	read_entry_ids(t, units, r);
	for (size_t i = 0; i < t->row_count; i++)
		t->rows[i].sparse = (uint32_t)reader_varint(r, t->type->field_count);
	for (size_t i = 0; i < t->row_count && rc == 0 && !r->failed; i++)
		if (t->rows[i].sparse)
			rc = read_named(t, &t->rows[i], r, a);
	return rc;
}

/* How many cells the rows of a table have; each will take at least one byte. */
static uint64_t cell_count(const struct table *t)
{
	uint64_t n = 0;

	for (size_t i = 0; i < t->row_count; i++)
		n += t->rows[i].sparse ? t->rows[i].sparse : t->type->field_count;
	return n;
}

struct decoder {
	struct reader *r;                /* tags, then numbers, then texts */
	struct column_bits_reader bits;
	struct arena *a;
	uint64_t bit_count;
	struct sheet_unit *units;
};

/* First walk: the tags, and with them how many edits each row has and how long the bit stream is. */
static void decode_tag(void *ctx, const struct column *c, struct table *t, size_t cell, struct row *row)
{
	struct decoder *d = ctx;
	uint64_t tag = reader_varint(d->r, UINT32_MAX);
	int bits = column_bit_count(c, tag);

	if (bits < 0 || (tag == COLUMN_ABSENT && row->sparse)) {
		reader_fail(d->r);
		return;
	}
	t->tags[cell] = (uint32_t)tag;
	d->bit_count += (uint64_t)bits;
	if (tag != COLUMN_ABSENT)
		row->edit_count++;
}

/* Second walk: everything but texts. */
static void decode_packed(void *ctx, const struct column *c, struct table *t, size_t cell, struct row *row)
{
	struct decoder *d = ctx;
	struct edit *e;

	if (t->tags[cell] == COLUMN_ABSENT || d->r->failed)
		return;
	e = &row->edits[row->next++];
	*e = (struct edit){ .entry_id = row->entry_id, .entry_type = t->entry_type, .field = c->field, .value = "" };
	if (t->tags[cell] != COLUMN_TEXT)
		e->value = column_read(c, t->tags[cell], &d->bits, d->r, d->a, &e->value_len);
}

/* Third walk: the texts. */
static void decode_text(void *ctx, const struct column *c, struct table *t, size_t cell, struct row *row)
{
	struct decoder *d = ctx;
	struct edit *e;

	(void)c;
	if (t->tags[cell] == COLUMN_ABSENT || d->r->failed)
		return;
	e = &row->edits[row->next++];
	if (t->tags[cell] == COLUMN_TEXT)
		e->value = fold_read(d->r, d->a, &e->value_len);
}

/* Give each unit room for its edits, and each row its place in it: rows by entry type, then entry, are canonical order. */
static int place_rows(struct sheet *s, struct sheet_unit *units, size_t count)
{
	for (size_t i = 0; i < s->table_count; i++)
		for (size_t n = 0; n < s->tables[i].row_count; n++)
			units[s->tables[i].rows[n].unit].edit_count += s->tables[i].rows[n].edit_count;
	for (size_t u = 0; u < count; u++) {
		units[u].edits = arena_alloc(s->a, units[u].edit_count, sizeof(struct edit));
		if (!units[u].edits)
			return arena_error(s->a);
		units[u].edit_count = 0;
	}
	for (size_t i = 0; i < s->table_count; i++) {
		for (size_t n = 0; n < s->tables[i].row_count; n++) {
			struct row *row = &s->tables[i].rows[n];
			struct sheet_unit *u = &units[row->unit];

			row->edits = u->edits + u->edit_count;
			u->edit_count += row->edit_count;
		}
	}
	return 0;
}

static int read_tables(struct sheet *s, const struct sheet_unit *units, size_t count, struct reader *r)
{
	uint64_t cells = 0;
	int rc = 0;

	for (size_t i = 0; i < s->table_count; i++)
		s->tables[i].row_count = reader_varint(r, r->left);
	for (size_t i = 0; i < s->table_count && rc == 0; i++) {
		rc = read_rows(&s->tables[i], units, count, r, s->a);
		if (rc == 0 && !r->failed)
			cells += cell_count(&s->tables[i]);
		if (cells > r->left)
			reader_fail(r);
		if (r->failed)
			return err_set(ERR_CORRUPT, "sheet: rows of entry type %zu are cut short or out of range", i);
	}
	for (size_t i = 0; i < s->table_count && rc == 0; i++) {
		struct table *t = &s->tables[i];

		if (t->row_count == 0)
			continue;
		rc = make_cells(t, s->a);
		if (rc == 0) {
			t->tags = arena_alloc(s->a, t->starts[t->type->field_count], sizeof(*t->tags));
			rc = t->tags ? 0 : arena_error(s->a);
		}
	}
	return rc;
}

static int decode_cells(struct sheet *s, struct sheet_unit *units, size_t count, struct reader *r)
{
	struct decoder d = { .r = r, .a = s->a, .units = units };
	size_t bytes;
	const uint8_t *bits;
	int rc;

	walk(s, units, decode_tag, &d);
	if (r->failed)
		return err_set(ERR_CORRUPT, "sheet: tags are cut short or out of range");
	rc = place_rows(s, units, count);
	if (rc)
		return rc;
	bytes = (size_t)((d.bit_count + 7) / 8);
	bits = reader_bytes(r, bytes);
	reader_init(&d.bits.in, bits, bits ? bytes : 0);
	walk(s, units, decode_packed, &d);
	walk(s, units, decode_text, &d);
	rc = arena_error(s->a);
	if (rc == 0 && (r->failed || d.bits.in.failed))
		rc = err_set(ERR_CORRUPT, "sheet: values are cut short or out of range");
	return rc;
}

int sheet_decode(const struct form *form, struct sheet_unit *units, size_t count, struct reader *r, struct arena *a)
{
	struct sheet s;
	int rc = sheet_init(&s, form, a);

	if (rc == 0)
		rc = read_tables(&s, units, count, r);
	if (rc == 0)
		rc = decode_cells(&s, units, count, r);
	return rc;
}
