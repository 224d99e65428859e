/*
 * ingest_centre: an edit that the centre itself makes (ingest.h): a decision, or an entry that the merge brings back. It goes the way of
 * every other edit: ledger, register, digest, case, with the next sequence number.
 */
#include "server/ingest.h"

#include <string.h>

#include "server/ledger.h"
#include "server/papers.h"
#include "server/register.h"

/* The edit in the tables of the newest version that can say it: what is decided on may be an answer to a question of an older one. */
static int say(struct centre *c, int64_t case_form, const struct ingest_centre_edit *e, struct papers_said *out)
{
	const struct papers_saying saying = {
		.entry_type = e->entry_type, .field = e->field, .value = e->value, .value_len = e->value_len
	};
	struct papers_family family;
	const struct form *f;
	int err = centre_form_by_id(c, case_form, &f);

	if (!err)
		err = papers_family(c, form_id(f), &family);
	return err ? err : papers_say(c, &family, &saying, out);
}

/* The centre's own group of one edit, as the ledger keeps it. */
static int write_ledger(struct centre *c, const struct ingest_centre_edit *e, int64_t case_form, uint64_t at)
{
	struct ledger_group line = { .case_id = e->case_id, .author = e->author, .role = e->role, .reason = e->reason };
	struct ledger_edit edit_line = {
		.entry_id = e->entry_id,
		.field = e->field,
		.value = e->value,
		.value_len = e->value_len,
		.outcome = MERGE_ACCEPTED,
		.at = at,
	};
	struct edit edit = { .entry_id = e->entry_id, .value = e->value, .value_len = e->value_len };
	struct edit_group g = { .case_id = e->case_id, .author = e->author, .role = e->role, .edits = &edit, .edit_count = 1 };
	struct papers_said said;
	int64_t group_id;
	int err = say(c, case_form, e, &said);

	if (!err)
		err = ledger_next_number(c, &g.number);
	if (err)
		return err;
	g.form = said.form;
	line.form_id = said.row;
	edit.field = said.field;
	edit.entry_type = said.entry_type;
	g.wall_ms = line.wall_ms = line.received_ms = env_wall_ms(c->env);
	g.mono_ms = line.mono_ms = env_mono_ms(c->env);
	env_boot_id(c->env, g.boot_id);
	memcpy(line.boot_id, g.boot_id, sizeof line.boot_id);
	line.number = g.number;
	line.seen = at - 1;
	edit_group_hash(&g, line.hash);
	err = ledger_group_add(c, &line, &group_id);
	return err ? err : ledger_edits_add(c, group_id, &edit_line, 1);
}

static int write_register(struct centre *c, const struct ingest_centre_edit *e, uint64_t at, struct record_digest *change)
{
	struct register_address a = { e->case_id, e->entry_id, e->entry_type, e->field };
	struct register_write w = {
		.value = e->value,
		.value_len = e->value_len,
		.at = at,
		.writer = RECORD_SITE_CENTRE,
		.author = e->author,
		.reason = e->reason,
	};
	struct register_state held;
	int err;

	register_state_init(&held);
	err = register_load(c, &a, &held);
	record_digest_change(change, 1, e->case_id, e->entry_id, e->field, e->value, e->value_len, at);
	if (!err && held.is_set) {
		record_digest_change(change, -1, e->case_id, e->entry_id, e->field, (const char *)held.value.data, held.value.len, held.at);
		err = register_update(c, &a, &w);
	} else if (!err) {
		err = register_insert(c, &a, &w);
	}
	register_state_fini(&held);
	return err;
}

int ingest_centre_edit(struct centre *c, const struct ingest_centre_edit *e, uint64_t *sequence)
{
	struct record_digest change = { { 0, 0 } };
	struct register_case row;
	uint64_t at = *sequence + 1;
	int err = register_case_load(c, e->case_id, &row);

	if (err)
		return err == ERR_NOT_FOUND ? err_set(ERR_NOT_FOUND, "the case does not exist") : err;
	err = write_ledger(c, e, row.form_id, at);
	if (!err)
		err = write_register(c, e, at, &change);
	if (!err)
		err = register_branch_digest_add(c, row.branch_id, &change);
	row.changed_at = at;
	row.others_at = at;
	if (!err)
		err = register_case_update(c, e->case_id, &row);
	if (!err)
		*sequence = at;
	return err;
}
