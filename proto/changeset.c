/*
 * changeset: see changeset.h. The columns of the groups' heads are here; the answers are a sheet for each form (sheet.c).
 * Pulls have a file of their own, changeset_pull.c.
 *
 * One spelling: the decoder takes whatever it can read, checks each group, encodes the result again and compares. What
 * differs is refused. So canonicality rests on the encoder being a function of the groups, not on a list of rules.
 */
#include "proto/changeset.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/arena.h"
#include "proto/base/bytes.h"
#include "proto/sheet.h"

#define ARENA_BYTES_MAX (64 * 1024 * 1024)

static_assert(CHANGESET_GROUPS_MAX <= UINT32_MAX, "a unit number is 32 bits");

/* The forms of a change set in the order of their first use. */
struct form_table {
	const struct form *forms[CHANGESET_FORMS_MAX];
	size_t count;
	size_t *of_group; /* owned; index of each group's form */
};

/* Forms are the same when their hashes are: two parses of one text may stand side by side. */
static bool same_form(const struct form *a, const struct form *b)
{
	return a == b || memcmp(form_hash(a), form_hash(b), FORM_HASH_BYTES) == 0;
}

static int form_table_init(struct form_table *t, const struct edit_group *groups, size_t count)
{
	*t = (struct form_table){ .of_group = calloc(count, sizeof(*t->of_group)) };
	if (!t->of_group)
		return err_set(ERR_NOMEM, "change set: no memory for %zu groups", count);
	for (size_t i = 0; i < count; i++) {
		size_t f = 0;

		while (f < t->count && !same_form(t->forms[f], groups[i].form))
			f++;
		if (f == CHANGESET_FORMS_MAX)
			return err_set(ERR_LIMIT, "change set: more than %d forms", CHANGESET_FORMS_MAX);
		if (f == t->count)
			t->forms[t->count++] = groups[i].form;
		t->of_group[i] = f;
	}
	return 0;
}

static bool same_boot(const struct edit_group *groups, size_t i)
{
	return i > 0 && memcmp(groups[i - 1].boot_id, groups[i].boot_id, ENV_BOOT_ID_BYTES) == 0;
}

/* The difference of two numbers as a signed one; wraps, and is undone by wrapping. */
static int64_t difference(uint64_t to, uint64_t from)
{
	return (int64_t)(to - from);
}

/* Time since the boot runs with the wall clock, so what is left over is small. */
static int64_t mono_step(const struct edit_group *groups, size_t i)
{
	if (!same_boot(groups, i))
		return groups[i].mono_ms;
	return difference((uint64_t)groups[i].mono_ms - (uint64_t)groups[i].wall_ms,
			  (uint64_t)groups[i - 1].mono_ms - (uint64_t)groups[i - 1].wall_ms);
}

/* Column by column; each number as its distance from that of the group before. Read by read_heads() below. */
static void write_heads(const struct edit_group *groups, size_t count, const struct form_table *forms, struct buf *out)
{
	static const struct edit_group zero;

	for (size_t i = 0; i < count; i++)
		write_varint(out, groups[i].number - (i ? groups[i - 1].number : 0) - 1);
	for (size_t i = 0; i < count; i++)
		write_zigzag(out, difference(groups[i].case_id, i ? groups[i - 1].case_id : 0));
	for (size_t i = 0; i < count; i++)
		write_zigzag(out, difference(groups[i].author, i ? groups[i - 1].author : 0));
	for (size_t i = 0; i < count; i++)
		write_u8(out, groups[i].role);
	for (size_t i = 1; i < count && forms->count > 1; i++)
		write_varint(out, forms->of_group[i]);
	for (size_t i = 0; i < count; i++)
		write_zigzag(out, difference((uint64_t)groups[i].wall_ms, (uint64_t)(i ? &groups[i - 1] : &zero)->wall_ms));
	for (size_t i = 1; i < count; i++)
		write_u8(out, same_boot(groups, i) ? 0 : 1);
	for (size_t i = 0; i < count; i++)
		write_zigzag(out, mono_step(groups, i));
	for (size_t i = 0; i < count; i++)
		write_zigzag(out, difference(groups[i].seen, i ? groups[i - 1].seen : 0));
	for (size_t i = 0; i < count; i++)
		if (!same_boot(groups, i))
			buf_append(out, groups[i].boot_id, ENV_BOOT_ID_BYTES);
}

/* The groups of one form as units, in their order; returns how many. */
static size_t gather_units(const struct edit_group *groups, size_t count, const size_t *of_group, size_t form, struct sheet_unit *units)
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++)
		if (of_group[i] == form)
			units[n++] = (struct sheet_unit){ groups[i].case_id, groups[i].edits, groups[i].edit_count };
	return n;
}

static int write_sheets(const struct edit_group *groups, size_t count, const struct form_table *forms, struct buf *out)
{
	struct sheet_unit *units = calloc(count, sizeof(*units));
	int rc = 0;

	if (!units)
		return err_set(ERR_NOMEM, "change set: no memory for %zu groups", count);
	for (size_t f = 0; f < forms->count && rc == 0; f++)
		rc = sheet_encode(forms->forms[f], units, gather_units(groups, count, forms->of_group, f, units), out);
	free(units);
	return rc;
}

/* Encode groups that were checked. */
static int encode(const struct edit_group *groups, size_t count, struct buf *out)
{
	struct form_table forms;
	int rc = form_table_init(&forms, groups, count);

	if (rc == 0) {
		write_varint(out, forms.count);
		for (size_t f = 0; f < forms.count; f++)
			buf_append(out, form_hash(forms.forms[f]), FORM_HASH_BYTES);
		write_varint(out, count);
		write_heads(groups, count, &forms, out);
		rc = write_sheets(groups, count, &forms, out);
	}
	free(forms.of_group);
	return rc ? rc : buf_error(out);
}

static int check_groups(const struct edit_group *groups, size_t count)
{
	int rc = 0;

	if (count == 0 || count > CHANGESET_GROUPS_MAX)
		return err_set(ERR_LIMIT, "change set: %zu edit groups, 1 to %d may travel together", count, CHANGESET_GROUPS_MAX);
	for (size_t i = 0; i < count && rc == 0; i++) {
		if (i > 0 && groups[i].number <= groups[i - 1].number)
			return err_set(ERR_CORRUPT, "change set: group %zu is out of order", i);
		rc = edit_group_check(&groups[i]);
		if (rc)
			return err_context(rc, "change set: group %zu", i);
	}
	return rc;
}

int changeset_encode(const struct edit_group *groups, size_t count, struct buf *out)
{
	struct buf bytes;
	int rc = check_groups(groups, count);

	if (rc)
		return rc;
	buf_init(&bytes, CHANGESET_BYTES_MAX);
	rc = encode(groups, count, &bytes);
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
	const struct changeset_forms *known;
	const struct form *forms[CHANGESET_FORMS_MAX];
	size_t form_count;
	struct edit_group *groups;
	size_t group_count;
	size_t *of_group;       /* index of each group's form */
	struct arena *a;
};

static int read_forms(struct decoder *d)
{
	d->form_count = reader_varint(&d->r, CHANGESET_FORMS_MAX);
	if (d->form_count == 0)
		reader_fail(&d->r);
	for (size_t f = 0; f < d->form_count; f++) {
		uint8_t hash[FORM_HASH_BYTES];

		reader_copy(&d->r, hash, sizeof(hash));
		if (d->r.failed)
			break;
		d->forms[f] = d->known->find(d->known->ctx, hash);
		if (!d->forms[f])
			return err_set(ERR_NOT_FOUND, "change set: form %02x%02x%02x%02x... is not known", hash[0], hash[1], hash[2],
				       hash[3]);
	}
	return d->r.failed ? err_set(ERR_CORRUPT, "change set: forms are cut short or out of range") : 0;
}

static int make_groups(struct decoder *d)
{
	d->group_count = reader_varint(&d->r, CHANGESET_GROUPS_MAX);
	if (d->group_count == 0 || d->group_count > d->r.left)
		reader_fail(&d->r);
	if (d->r.failed)
		return err_set(ERR_CORRUPT, "change set: count of groups out of range");
	d->groups = arena_alloc(d->a, d->group_count, sizeof(*d->groups));
	d->of_group = arena_alloc(d->a, d->group_count, sizeof(*d->of_group));
	return arena_error(d->a);
}

/* Boot ids come last but say how the monotonic times count: `is_new` was read before both. */
static void read_times(struct decoder *d, struct edit_group *g, const uint8_t *is_new)
{
	for (size_t i = 0; i < d->group_count; i++) {
		int64_t step = reader_zigzag(&d->r);

		g[i].mono_ms = step;
		if (i > 0 && !is_new[i])
			g[i].mono_ms = (int64_t)((uint64_t)step + (uint64_t)g[i].wall_ms + (uint64_t)g[i - 1].mono_ms -
						 (uint64_t)g[i - 1].wall_ms);
	}
	for (size_t i = 0; i < d->group_count; i++)
		g[i].seen = (uint64_t)reader_zigzag(&d->r) + (i ? g[i - 1].seen : 0);
	for (size_t i = 0; i < d->group_count; i++) {
		if (i == 0 || is_new[i])
			reader_copy(&d->r, g[i].boot_id, ENV_BOOT_ID_BYTES);
		else
			memcpy(g[i].boot_id, g[i - 1].boot_id, ENV_BOOT_ID_BYTES);
	}
}

/* Read for write_heads() above. */
static int read_heads(struct decoder *d)
{
	uint8_t is_new[CHANGESET_GROUPS_MAX] = { 0 };
	struct edit_group *g = d->groups;
	size_t n = d->group_count;

	for (size_t i = 0; i < n; i++)
		g[i].number = (i ? g[i - 1].number : 0) + 1 + reader_varint(&d->r, UINT64_MAX);
	for (size_t i = 0; i < n; i++)
		g[i].case_id = (i ? g[i - 1].case_id : 0) + (uint64_t)reader_zigzag(&d->r);
	for (size_t i = 0; i < n; i++)
		g[i].author = (uint32_t)((i ? g[i - 1].author : 0) + (uint64_t)reader_zigzag(&d->r));
	for (size_t i = 0; i < n; i++)
		g[i].role = reader_u8(&d->r);
	for (size_t i = 1; i < n && d->form_count > 1; i++)
		d->of_group[i] = reader_varint(&d->r, d->form_count - 1);
	for (size_t i = 0; i < n; i++)
		g[i].wall_ms = (int64_t)((i ? (uint64_t)g[i - 1].wall_ms : 0) + (uint64_t)reader_zigzag(&d->r));
	for (size_t i = 1; i < n; i++)
		is_new[i] = reader_u8(&d->r);
	read_times(d, g, is_new);
	for (size_t i = 0; i < n; i++)
		g[i].form = d->forms[d->of_group[i]];
	return d->r.failed ? err_set(ERR_CORRUPT, "change set: heads are cut short or out of range") : 0;
}

static int read_sheets(struct decoder *d)
{
	struct sheet_unit *units = arena_alloc(d->a, d->group_count, sizeof(*units));
	int rc = arena_error(d->a);

	for (size_t f = 0; f < d->form_count && rc == 0; f++) {
		size_t n = gather_units(d->groups, d->group_count, d->of_group, f, units);
		size_t u = 0;

		if (n == 0)
			return err_set(ERR_CORRUPT, "change set: form %zu has no groups", f);
		rc = sheet_decode(d->forms[f], units, n, &d->r, d->a);
		for (size_t i = 0; i < d->group_count && rc == 0; i++) {
			if (d->of_group[i] != f)
				continue;
			d->groups[i].edits = units[u].edits;
			d->groups[i].edit_count = units[u++].edit_count;
		}
	}
	return rc ? rc : reader_finish(&d->r, "change set");
}

/* The spelling was the one that we would write. */
static int check_spelling(const struct decoder *d, const void *data, size_t len)
{
	struct buf again;
	int rc;

	buf_init(&again, CHANGESET_BYTES_MAX);
	rc = encode(d->groups, d->group_count, &again);
	if (rc == 0 && (again.len != len || memcmp(again.data, data, len) != 0))
		rc = err_set(ERR_CORRUPT, "change set: not in its one spelling");
	buf_fini(&again);
	return rc;
}

static int decode(struct decoder *d, const void *data, size_t len)
{
	int rc = read_forms(d);

	if (rc == 0)
		rc = make_groups(d);
	if (rc == 0)
		rc = read_heads(d);
	if (rc == 0)
		rc = read_sheets(d);
	if (rc == 0)
		rc = check_groups(d->groups, d->group_count);
	if (rc == 0)
		rc = check_spelling(d, data, len);
	return rc;
}

int changeset_decode(const void *data, size_t len, const struct changeset_forms *forms, struct changeset *out)
{
	struct decoder d = { .known = forms };
	int rc;

	*out = (struct changeset){ .group_count = 0 };
	if (len > CHANGESET_BYTES_MAX)
		return err_set(ERR_LIMIT, "change set: %zu bytes, more than %d", len, CHANGESET_BYTES_MAX);
	d.a = arena_new(ARENA_BYTES_MAX);
	if (!d.a)
		return err_set(ERR_NOMEM, "change set: no memory");
	reader_init(&d.r, data, len);
	rc = decode(&d, data, len);
	if (rc) {
		arena_free(d.a);
		return rc;
	}
	*out = (struct changeset){ .groups = d.groups, .group_count = d.group_count, .arena = d.a };
	return 0;
}

void changeset_fini(struct changeset *c)
{
	arena_free(c->arena);
	*c = (struct changeset){ .group_count = 0 };
}
