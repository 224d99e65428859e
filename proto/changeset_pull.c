/*
 * changeset_pull: registers on their way back (changeset.h, FORMAT.md section 9). A case is a unit of the sheet, a register
 * an edit in it; beside the sheet stand where each register came from: sequence, writer, author, reason.
 *
 * One spelling for the same reason as in changeset.c: what was read is encoded again and compared.
 */
#include "proto/changeset.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/arena.h"
#include "proto/base/bytes.h"
#include "proto/fold.h"
#include "proto/form/value.h"
#include "proto/record.h"
#include "proto/sheet.h"

#define ARENA_BYTES_MAX (128 * 1024 * 1024)

enum { REASON_NONE = 0, REASON_SAME = 1, REASON_NEW = 2 };

/* The registers as the sheet wants them. */
struct cases {
	struct edit *edits;        /* owned, one for each register */
	struct sheet_unit *units;  /* owned, one for each case */
	size_t count;
};

static void cases_fini(struct cases *c)
{
	free(c->edits);
	free(c->units);
	*c = (struct cases){ .count = 0 };
}

static int cases_init(struct cases *c, const struct changeset_register *registers, size_t count)
{
	*c = (struct cases){ .edits = calloc(count, sizeof(*c->edits)), .units = calloc(count, sizeof(*c->units)) };
	if (!c->edits || !c->units) {
		cases_fini(c);
		return err_set(ERR_NOMEM, "pull: no memory for %zu registers", count);
	}
	for (size_t i = 0; i < count; i++) {
		const struct changeset_register *r = &registers[i];

		c->edits[i] = (struct edit){ r->entry_id, r->entry_type, r->field, r->value, r->value_len };
		if (i == 0 || r->case_id != registers[i - 1].case_id)
			c->units[c->count++] = (struct sheet_unit){ r->case_id, &c->edits[i], 0 };
		c->units[c->count - 1].edit_count++;
	}
	return 0;
}

/* A case's registers must be what one edit group could hold; the rest of the group's head is filled in. */
static int check_case(const struct form *form, const struct sheet_unit *u)
{
	struct edit_group g = {
		.number = 1, .case_id = u->case_id, .role = FORM_BY_SYSTEM, .form = form, .edits = u->edits, .edit_count = u->edit_count,
	};

	if (u->edit_count > EDIT_GROUP_EDITS_MAX)
		return err_set(ERR_LIMIT, "pull: %zu registers in one case", u->edit_count);
	return edit_group_check(&g);
}

static int check_cases(const struct form *form, const struct cases *c)
{
	int rc = 0;

	for (size_t i = 0; i < c->count && rc == 0; i++) {
		if (i > 0 && c->units[i].case_id <= c->units[i - 1].case_id)
			return err_set(ERR_CORRUPT, "pull: case %zu is out of order", i);
		rc = check_case(form, &c->units[i]);
	}
	return rc ? err_context(rc, "pull") : 0;
}

static int check_sources(const struct changeset_register *registers, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (registers[i].writer > RECORD_SITE_MAX)
			return err_set(ERR_CORRUPT, "pull: register %zu has no legal writer", i);
		if (strlen(registers[i].reason) > VALUE_BYTES_MAX)
			return err_set(ERR_CORRUPT, "pull: reason of register %zu is longer than %d bytes", i, VALUE_BYTES_MAX);
	}
	return 0;
}

static uint8_t reason_kind(const struct changeset_register *registers, size_t i)
{
	if (registers[i].reason[0] == '\0')
		return REASON_NONE;
	return i > 0 && strcmp(registers[i].reason, registers[i - 1].reason) == 0 ? REASON_SAME : REASON_NEW;
}

/* Column by column; the registers of one edit group have numbers that follow each other. Read by read_sources() below. */
static int write_sources(const struct changeset_register *registers, size_t count, struct buf *out)
{
	for (size_t i = 0; i < count; i++)
		write_zigzag(out, (int64_t)(registers[i].at - (i ? registers[i - 1].at : 0) - 1));
	for (size_t i = 0; i < count; i++)
		write_zigzag(out, (int64_t)registers[i].writer - (i ? registers[i - 1].writer : 0));
	for (size_t i = 0; i < count; i++)
		write_zigzag(out, (int64_t)registers[i].author - (i ? registers[i - 1].author : 0));
	for (size_t i = 0; i < count; i++)
		write_u8(out, reason_kind(registers, i));
	for (size_t i = 0; i < count; i++)
		if (reason_kind(registers, i) == REASON_NEW && !fold_write(out, registers[i].reason, strlen(registers[i].reason)))
			return err_set(ERR_CORRUPT, "pull: reason of register %zu is not valid UTF-8", i);
	return 0;
}

/* Encode what was checked. */
static int encode(const struct form *form, const struct cases *c, const struct changeset_register *registers, size_t count, struct buf *out)
{
	int rc;

	buf_append(out, form_hash(form), FORM_HASH_BYTES);
	write_varint(out, c->count);
	for (size_t i = 0; i < c->count; i++)
		write_varint(out, c->units[i].case_id - (i ? c->units[i - 1].case_id + 1 : 0));
	rc = sheet_encode(form, c->units, c->count, out);
	if (rc == 0)
		rc = write_sources(registers, count, out);
	return rc ? rc : buf_error(out);
}

static int check_and_encode(const struct changeset_pull *p, struct buf *out)
{
	struct cases c;
	int rc = cases_init(&c, p->registers, p->register_count);

	if (rc)
		return rc;
	rc = check_cases(p->form, &c);
	if (rc == 0)
		rc = check_sources(p->registers, p->register_count);
	if (rc == 0)
		rc = encode(p->form, &c, p->registers, p->register_count, out);
	cases_fini(&c);
	return rc;
}

int changeset_pull_encode(const struct changeset_pull *p, struct buf *out)
{
	struct buf bytes;
	int rc;

	if (p->register_count == 0 || p->register_count > CHANGESET_REGISTERS_MAX)
		return err_set(ERR_LIMIT, "pull: %zu registers, 1 to %d may travel together", p->register_count, CHANGESET_REGISTERS_MAX);
	buf_init(&bytes, CHANGESET_PULL_BYTES_MAX);
	rc = check_and_encode(p, &bytes);
	if (rc == 0) {
		buf_append(out, bytes.data, bytes.len);
		rc = buf_error(out);
	}
	buf_fini(&bytes);
	return rc;
}

/* --- decoding --- */

struct decoder {
	struct reader r;
	const struct form *form;
	struct sheet_unit *units;
	size_t unit_count;
	struct changeset_register *registers;
	size_t register_count;
	struct arena *a;
};

static int read_head(struct decoder *d, const struct changeset_forms *forms)
{
	uint8_t hash[FORM_HASH_BYTES];

	reader_copy(&d->r, hash, sizeof(hash));
	if (d->r.failed)
		return err_set(ERR_CORRUPT, "pull: cut short");
	d->form = forms->find(forms->ctx, hash);
	if (!d->form)
		return err_set(ERR_NOT_FOUND, "pull: form %02x%02x%02x%02x... is not known", hash[0], hash[1], hash[2], hash[3]);
	d->unit_count = reader_varint(&d->r, CHANGESET_REGISTERS_MAX);
	if (d->unit_count == 0 || d->unit_count > d->r.left)
		return err_set(ERR_CORRUPT, "pull: count of cases out of range");
	d->units = arena_alloc(d->a, d->unit_count, sizeof(*d->units));
	if (!d->units)
		return arena_error(d->a);
	for (size_t i = 0; i < d->unit_count; i++)
		d->units[i].case_id = reader_varint(&d->r, UINT64_MAX) + (i ? d->units[i - 1].case_id + 1 : 0);
	return 0;
}

static int make_registers(struct decoder *d)
{
	size_t n = 0;

	for (size_t u = 0; u < d->unit_count; u++)
		d->register_count += d->units[u].edit_count;
	if (d->register_count > CHANGESET_REGISTERS_MAX)
		return err_set(ERR_LIMIT, "pull: more than %d registers", CHANGESET_REGISTERS_MAX);
	d->registers = arena_alloc(d->a, d->register_count, sizeof(*d->registers));
	if (!d->registers)
		return arena_error(d->a);
	for (size_t u = 0; u < d->unit_count; u++) {
		for (size_t i = 0; i < d->units[u].edit_count; i++) {
			const struct edit *e = &d->units[u].edits[i];

			d->registers[n++] = (struct changeset_register){
				.case_id = d->units[u].case_id, .entry_id = e->entry_id, .entry_type = e->entry_type,
				.field = e->field, .value = e->value, .value_len = e->value_len, .reason = "",
			};
		}
	}
	return 0;
}

/* A reason is a C string for its readers: one with U+0000 in it would be read as another. */
static int read_reasons(struct decoder *d, const uint8_t *kinds)
{
	struct changeset_register *g = d->registers;

	for (size_t i = 0; kinds && i < d->register_count; i++) {
		size_t len = 0;

		if (kinds[i] == REASON_SAME && i > 0)
			g[i].reason = g[i - 1].reason;
		else if (kinds[i] == REASON_NEW)
			g[i].reason = fold_read(&d->r, d->a, &len);
		else if (kinds[i] != REASON_NONE)
			reader_fail(&d->r);
		if (!g[i].reason || (kinds[i] == REASON_NEW && strlen(g[i].reason) != len)) {
			reader_fail(&d->r);
			return arena_error(d->a);
		}
	}
	return 0;
}

/* Read for write_sources() above. */
static int read_sources(struct decoder *d)
{
	struct changeset_register *g = d->registers;
	size_t n = d->register_count;
	int rc;

	for (size_t i = 0; i < n; i++)
		g[i].at = (uint64_t)reader_zigzag(&d->r) + (i ? g[i - 1].at : 0) + 1;
	for (size_t i = 0; i < n; i++)
		g[i].writer = (uint32_t)((uint64_t)reader_zigzag(&d->r) + (i ? g[i - 1].writer : 0));
	for (size_t i = 0; i < n; i++)
		g[i].author = (uint32_t)((uint64_t)reader_zigzag(&d->r) + (i ? g[i - 1].author : 0));
	rc = read_reasons(d, reader_bytes(&d->r, n));
	return rc ? rc : reader_finish(&d->r, "pull");
}

static int check_spelling(const struct decoder *d, const void *data, size_t len)
{
	const struct changeset_pull p = { .form = d->form, .registers = d->registers, .register_count = d->register_count };
	struct buf again;
	int rc;

	buf_init(&again, CHANGESET_PULL_BYTES_MAX);
	rc = check_and_encode(&p, &again);
	if (rc == 0 && (again.len != len || memcmp(again.data, data, len) != 0))
		rc = err_set(ERR_CORRUPT, "pull: not in its one spelling");
	buf_fini(&again);
	return rc;
}

static int decode(struct decoder *d, const struct changeset_forms *forms, const void *data, size_t len)
{
	int rc = read_head(d, forms);

	if (rc == 0)
		rc = sheet_decode(d->form, d->units, d->unit_count, &d->r, d->a);
	if (rc == 0)
		rc = make_registers(d);
	if (rc == 0)
		rc = read_sources(d);
	if (rc == 0)
		rc = check_spelling(d, data, len);
	return rc;
}

int changeset_pull_decode(const void *data, size_t len, const struct changeset_forms *forms, struct changeset_pull *out)
{
	struct decoder d = { .form = NULL };
	int rc;

	*out = (struct changeset_pull){ .form = NULL };
	if (len > CHANGESET_PULL_BYTES_MAX)
		return err_set(ERR_LIMIT, "pull: %zu bytes, more than %d", len, CHANGESET_PULL_BYTES_MAX);
	d.a = arena_new(ARENA_BYTES_MAX);
	if (!d.a)
		return err_set(ERR_NOMEM, "pull: no memory");
	reader_init(&d.r, data, len);
	rc = decode(&d, forms, data, len);
	if (rc) {
		arena_free(d.a);
		return rc;
	}
	*out = (struct changeset_pull){ .form = d.form, .registers = d.registers, .register_count = d.register_count, .arena = d.a };
	return 0;
}

void changeset_pull_fini(struct changeset_pull *p)
{
	arena_free(p->arena);
	*p = (struct changeset_pull){ .form = NULL };
}
