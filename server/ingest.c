/*
 * ingest: see ingest.h.
 *
 * Work is spared where nothing can be there: a case that the centre does not know has no registers, witnesses, conflicts and
 * entries, so a new application (the common envelope) costs its inserts and one look at aid_case. In a known case each
 * entry is looked at once per group, conflicts only when the case has an open one, and what others changed in an entry only
 * when somebody removes it. The lines of the ledger and the registers of a new case are written at the end of their group, many at
 * once; the case's row once per group, the branch's digest once per envelope.
 */
#include "server/ingest.h"

#include <stdlib.h>
#include <string.h>

#include "proto/merge.h"
#include "proto/record.h"
#include "server/conflict.h"
#include "server/ledger.h"
#include "server/papers.h"
#include "server/register.h"

struct restore { /* an entry that its remover must be asked about; carried out after the last accepted edit of the envelope */
	uint64_t case_id;
	uint64_t entry_id;
	const char *entry_type; /* borrowed from the form */
};

struct merging { /* one envelope */
	struct centre *c;
	const struct ingest_source *from;
	struct ingest_result *out;
	size_t exception_cap;
	uint64_t last;  /* sequence number last given out */
	uint64_t known; /* the same before this envelope: nobody can have seen more */
	int64_t now_ms;
	struct record_digest digest; /* what the envelope changes in the branch's digest */
	struct restore *restores;    /* owned */
	size_t restore_count;
	struct register_state held; /* of the register at hand */
};

struct merging_entry { /* the entry at hand */
	bool is_loaded;
	uint64_t id;
	bool exists;
	bool is_refused; /* not this device's to make, or of another type */
	bool is_gone;
	uint32_t gone_writer;
	uint64_t gone_at;
	bool gone_is_witnessed;
};

struct merging_group { /* one edit group, of one case */
	const struct edit_group *g;
	int64_t form_id;
	int64_t group_id;
	uint64_t seen;   /* clamped */
	bool exists;     /* the case did, before this group */
	bool is_refused; /* as a whole */
	bool has_open_conflict;
	struct register_case row;
	struct merging_entry entry;
	uint64_t first;              /* sequence numbers given out before this group */
	struct record_digest digest; /* what the group changes */
	uint64_t written;            /* sum of the registers written, for reading back */
	struct ledger_edit *lines;   /* one per edit, written at the end of the group; owned */
	struct register_row *rows;   /* registers of a case that is new, likewise; owned */
	size_t row_count;
};

/* ---- What is noted for the receipt ---- */

static int add_exception(struct merging *m, uint64_t number, size_t edit, enum merge_outcome outcome)
{
	struct ingest_result *out = m->out;

	if (out->exception_count == m->exception_cap) {
		size_t cap = m->exception_cap ? m->exception_cap * 2 : 16;
		struct receipt_exception *more = realloc(out->exceptions, cap * sizeof *more);

		if (!more)
			return err_set(ERR_NOMEM, "no memory for exceptions");
		out->exceptions = more;
		m->exception_cap = cap;
	}
	out->exceptions[out->exception_count++] = (struct receipt_exception){ .group = number, .edit = (uint32_t)edit, .outcome = outcome };
	return 0;
}

static int note_outcome(struct merging *m, const struct merging_group *k, size_t position, enum merge_outcome outcome)
{
	switch (outcome) {
	case MERGE_ACCEPTED:
		m->out->accepted++;
		return 0;
	case MERGE_CONFLICT:
		m->out->conflicts++;
		break;
	case MERGE_REFUSED:
		m->out->refused++;
		break;
	case MERGE_AGREED:
	case MERGE_KNOWN:
		break;
	}
	return add_exception(m, k->g->number, position, outcome);
}

/* ---- Who may ---- */

/* Whether the id was made by this device, in this incarnation or an earlier one. */
static int is_own_id(struct merging *m, uint64_t id, bool *own)
{
	struct db_stmt *s;
	int got;
	int err;

	*own = record_id_site(id) == m->from->site;
	if (*own)
		return 0;
	err = db_prepare(m->c->db, "SELECT 1 FROM site WHERE site = ?1 AND device = ?2", &s);
	if (err)
		return err;
	db_bind_int(s, 1, record_id_site(id));
	db_bind_int(s, 2, m->from->device);
	got = db_step(s);
	db_done(s);
	*own = got == 1;
	return got < 0 ? got : 0;
}

static bool may_remove(const struct form *f, const struct form_entry_type *t, uint8_t role)
{
	for (size_t i = 0; i < t->field_count; i++)
		if (t->fields[i] != FORM_FIELD_GONE && form_field(f, t->fields[i])->write == (enum form_writer)role)
			return true;
	return false;
}

/* Whoever may write something into an entry may remove it. */
static bool may_write(const struct edit_group *g, const struct edit *e)
{
	if (e->field == FORM_FIELD_GONE)
		return may_remove(g->form, form_entry_type(g->form, e->entry_type), g->role);
	return form_field(g->form, e->field)->write == (enum form_writer)g->role;
}

/*
 * A case belongs to the family of the form that made it: what another form means by the name of a field is something else. FORMAT.md
 * section 9: "the centre refuses edits taken with a form of another family".
 */
static int is_of_family(struct merging *m, const struct merging_group *k, bool *is)
{
	const struct form *f;
	int err = k->row.form_id == k->form_id ? 0 : centre_form_by_id(m->c, k->row.form_id, &f);

	*is = k->row.form_id == k->form_id || (!err && strcmp(form_id(f), form_id(k->g->form)) == 0);
	return err;
}

static int load_case(struct merging *m, struct merging_group *k)
{
	bool own = true;
	bool fits = true;
	int err = register_case_load(m->c, k->g->case_id, &k->row);

	k->exists = err == 0;
	if (err == ERR_NOT_FOUND) {
		err = is_own_id(m, k->g->case_id, &own);
		k->row = (struct register_case){ .branch_id = m->from->branch_id, .opened_by = m->from->site };
	} else if (!err) {
		err = conflict_is_any_open(m->c, k->g->case_id, &k->has_open_conflict);
		if (!err)
			err = is_of_family(m, k, &fits);
	}
	k->is_refused = !own || !fits || k->row.branch_id != m->from->branch_id || k->g->role != FORM_BY_REPRESENTATIVE ||
			k->g->author != m->from->person;
	return err;
}

/* ---- The entry and the register at hand ---- */

static int load_removal(struct merging *m, struct merging_group *k, const struct register_address *a)
{
	struct register_address gone = { .case_id = a->case_id, .entry_id = a->entry_id, .field = FORM_FIELD_GONE_NAME };
	struct merging_entry *entry = &k->entry;
	int err = register_load(m->c, &gone, &m->held);

	entry->is_gone = m->held.is_set && m->held.value.len != 0;
	entry->gone_writer = m->held.writer;
	entry->gone_at = m->held.at;
	if (!err && entry->is_gone && entry->gone_at > k->seen && entry->gone_writer != m->from->site)
		err = register_is_witness(m->c, &gone, m->from->site, &entry->gone_is_witnessed);
	return err;
}

static int enter_entry(struct merging *m, struct merging_group *k, const struct edit *e, const struct register_address *a)
{
	struct merging_entry *entry = &k->entry;
	bool is_root = e->entry_type == FORM_ENTRY_ROOT;
	bool fits = true;
	bool own = true;
	int err = 0;

	if (entry->is_loaded && entry->id == e->entry_id)
		return 0;
	*entry = (struct merging_entry){ .is_loaded = true, .id = e->entry_id };
	if (k->exists)
		err = register_entry_find(m->c, a->case_id, a->entry_id, a->entry_type, &entry->exists, &fits);
	if (!err && !entry->exists && !is_root && !record_id_is_derived(e->entry_id))
		err = is_own_id(m, e->entry_id, &own);
	entry->is_refused = !fits || !own || is_root != (e->entry_id == a->case_id);
	if (!err && entry->exists && !is_root)
		err = load_removal(m, k, a);
	return err;
}

/* What stands at the edit's address, for merge_edit(). The value is borrowed from m->held. */
static int view_register(
	struct merging *m, struct merging_group *k, const struct register_address *a, struct merge_register *r, int64_t *conflict_id)
{
	int err = 0;

	memset(r, 0, sizeof *r);
	*conflict_id = 0;
	m->held.is_set = false;
	if (k->entry.exists)
		err = register_load(m->c, a, &m->held);
	if (!err && m->held.is_set) {
		r->is_set = true;
		r->value = (struct merge_value){ .data = (const char *)m->held.value.data, .len = m->held.value.len };
		r->writer = m->held.writer;
		r->at = m->held.at;
		if (r->at > k->seen && r->writer != m->from->site)
			err = register_is_witness(m->c, a, m->from->site, &r->is_witnessed);
	}
	if (!err && k->has_open_conflict) {
		struct conflict_address x = { a->case_id, a->entry_id, a->entry_type, a->field };

		err = conflict_find(m->c, &x, m->from->site, conflict_id, &r->has_candidate);
		r->has_conflict = *conflict_id != 0;
	}
	return err;
}

static int view_entry(struct merging *m, const struct merging_group *k, const struct edit *e, struct merge_entry *out)
{
	const struct merging_entry *entry = &k->entry;

	*out = (struct merge_entry){
		.is_gone = entry->is_gone,
		.gone_writer = entry->gone_writer,
		.gone_at = entry->gone_at,
		.gone_is_witnessed = entry->gone_is_witnessed,
	};
	if (e->field != FORM_FIELD_GONE || e->value_len == 0 || !entry->exists)
		return 0;
	return register_changed_by_others(m->c, k->g->case_id, e->entry_id, m->from->site, &out->changed_at);
}

/* ---- What follows from the rule ---- */

static int write_register(struct merging *m, struct merging_group *k, const struct register_address *a, const struct edit *e)
{
	struct register_write w = {
		.value = e->value,
		.value_len = e->value_len,
		.at = ++m->last,
		.writer = m->from->site,
		.author = k->g->author,
	};

	record_digest_change(&k->digest, 1, a->case_id, a->entry_id, a->field, e->value, e->value_len, w.at);
	k->written += register_sum(a->entry_id, a->field, e->value, e->value_len, w.at);
	if (!k->exists) {
		k->rows[k->row_count++] = (struct register_row){
			.entry_id = a->entry_id,
			.entry_type = a->entry_type,
			.field = a->field,
			.value = e->value,
			.value_len = e->value_len,
			.at = w.at,
		};
		return 0;
	}
	if (!m->held.is_set)
		return register_insert(m->c, a, &w);
	record_digest_change(
		&k->digest, -1, a->case_id, a->entry_id, a->field, (const char *)m->held.value.data, m->held.value.len, m->held.at);
	return register_update(m->c, a, &w);
}

static int keep_candidate(
	struct merging *m, struct merging_group *k, const struct register_address *a, const struct edit *e, size_t position)
{
	struct conflict_address x = { a->case_id, a->entry_id, a->entry_type, a->field };
	struct conflict_side side = {
		.site = m->from->site,
		.value = e->value,
		.value_len = e->value_len,
		.group_id = k->group_id,
		.position = (uint32_t)position,
		.seen = k->seen,
	};

	k->has_open_conflict = true;
	return conflict_add(m->c, &x, &side, m->now_ms);
}

static int plan_restore(struct merging *m, const struct register_address *a)
{
	struct restore *more;

	for (size_t i = 0; i < m->restore_count; i++)
		if (m->restores[i].case_id == a->case_id && m->restores[i].entry_id == a->entry_id)
			return 0;
	more = realloc(m->restores, (m->restore_count + 1) * sizeof *more);
	if (!more)
		return err_set(ERR_NOMEM, "no memory for restored entries");
	m->restores = more;
	more[m->restore_count++] = (struct restore){ .case_id = a->case_id, .entry_id = a->entry_id, .entry_type = a->entry_type };
	return 0;
}

static int carry_out(struct merging *m, struct merging_group *k, const struct register_address *a, const struct edit *e, size_t position,
	const struct merge_step *step, int64_t conflict_id)
{
	int err = 0;

	if (step->write)
		err = write_register(m, k, a, e);
	if (!err && step->add_witness)
		err = register_add_witness(m->c, a, m->from->site);
	if (!err && step->restore_entry)
		err = plan_restore(m, a);
	if (err)
		return err;
	switch (step->conflict) {
	case MERGE_CONFLICT_NONE:
		break;
	case MERGE_CONFLICT_CANDIDATE:
		return keep_candidate(m, k, a, e, position);
	case MERGE_CONFLICT_CLOSE:
		return conflict_settle(m->c, conflict_id, m->now_ms);
	case MERGE_CONFLICT_WITHDRAW:
		return conflict_withdraw(m->c, conflict_id, m->from->site, m->now_ms);
	}
	return 0;
}

static int merge_one(struct merging *m, struct merging_group *k, const struct edit *e, size_t position, const struct register_address *a,
	struct ledger_edit *line)
{
	const struct form_field *field = form_field(k->g->form, e->field);
	struct merge_edit edit = {
		.site = m->from->site,
		.seen = k->seen,
		.value = { .data = e->value, .len = e->value_len },
		.is_removal_field = e->field == FORM_FIELD_GONE,
		.is_protected = field->is_protected,
	};
	struct merge_register r;
	struct merge_entry entry;
	struct merge_step step;
	int64_t conflict_id;
	int err = enter_entry(m, k, e, a);

	line->outcome = MERGE_REFUSED;
	if (err || k->entry.is_refused || !may_write(k->g, e))
		return err;
	err = view_entry(m, k, e, &entry);
	if (!err)
		err = view_register(m, k, a, &r, &conflict_id);
	if (err)
		return err;
	step = merge_edit(&edit, &r, &entry);
	err = carry_out(m, k, a, e, position, &step, conflict_id);
	line->outcome = step.outcome;
	line->at = step.write ? m->last : 0;
	if (edit.is_removal_field)
		k->entry.is_loaded = false; /* it may be gone now, or back */
	return err;
}

static int take_edit(struct merging *m, struct merging_group *k, size_t position)
{
	const struct edit *e = &k->g->edits[position];
	struct ledger_edit *line = &k->lines[position];
	struct register_address a = {
		.case_id = k->g->case_id,
		.entry_id = e->entry_id,
		.entry_type = form_entry_type(k->g->form, e->entry_type)->name,
		.field = form_field(k->g->form, e->field)->name,
	};
	int err = 0;

	*line = (struct ledger_edit){
		.entry_id = e->entry_id,
		.field = a.field,
		.value = e->value,
		.value_len = e->value_len,
		.outcome = MERGE_REFUSED,
	};
	if (!k->is_refused)
		err = merge_one(m, k, e, position, &a, line);
	return err ? err : note_outcome(m, k, position, line->outcome);
}

/* ---- Groups ---- */

static int write_group(struct merging *m, struct merging_group *k)
{
	const struct edit_group *g = k->g;
	struct ledger_group line = {
		.site = m->from->site,
		.number = g->number,
		.seq = m->from->seq,
		.case_id = g->case_id,
		.author = g->author,
		.role = g->role,
		.form_id = k->form_id,
		.wall_ms = g->wall_ms,
		.mono_ms = g->mono_ms,
		.seen = g->seen,
		.received_ms = m->now_ms,
	};

	memcpy(line.boot_id, g->boot_id, sizeof line.boot_id);
	edit_group_hash(g, line.hash);
	return ledger_group_add(m->c, &line, &k->group_id);
}

static int write_case(struct merging *m, struct merging_group *k)
{
	if (m->last == k->first)
		return 0;
	k->row.changed_at = m->last;
	if (k->form_id != k->row.form_id && (k->row.form_id == 0 || papers_is_later(m->c, k->form_id, k->row.form_id)))
		k->row.form_id = k->form_id;
	if (!k->exists)
		return register_case_insert(m->c, k->g->case_id, &k->row, m->now_ms);
	if (k->row.opened_by != m->from->site)
		k->row.others_at = m->last;
	return register_case_update(m->c, k->g->case_id, &k->row);
}

/* What was written is read back: the number of edits, and of a new case every register. */
static int read_back(struct merging *m, const struct merging_group *k)
{
	uint64_t sum;
	uint64_t count;
	int err = ledger_edit_count(m->c, k->group_id, &count);

	if (!err && count != k->g->edit_count)
		err = err_set(ERR_CORRUPT, "group %llu of site %u: the ledger does not hold what was written",
			(unsigned long long)k->g->number, m->from->site);
	if (err || k->exists)
		return err;
	err = register_case_sum(m->c, k->g->case_id, &sum);
	if (!err && sum != k->written)
		err = err_set(ERR_CORRUPT, "group %llu of site %u: the registers do not hold what was written",
			(unsigned long long)k->g->number, m->from->site);
	return err;
}

static int take_known(struct merging *m, const struct edit_group *g)
{
	int err = 0;

	for (size_t i = 0; i < g->edit_count && !err; i++)
		err = add_exception(m, g->number, i, MERGE_KNOWN);
	return err;
}

static int merge_group(struct merging *m, struct merging_group *k)
{
	const struct edit_group *g = k->g;
	int err = centre_form_id(m->c, g->form, &k->form_id);

	k->lines = calloc(g->edit_count ? g->edit_count : 1, sizeof *k->lines);
	k->rows = calloc(g->edit_count ? g->edit_count : 1, sizeof *k->rows);
	if (!k->lines || !k->rows)
		return err_set(ERR_NOMEM, "no memory for an edit group");
	if (!err)
		err = load_case(m, k);
	if (!err)
		err = write_group(m, k);
	for (size_t i = 0; i < g->edit_count && !err; i++)
		err = take_edit(m, k, i);
	if (!err)
		err = ledger_edits_add(m->c, k->group_id, k->lines, g->edit_count);
	if (!err)
		err = register_insert_many(m->c, g->case_id, m->from->site, g->author, k->rows, k->row_count);
	if (!err)
		err = write_case(m, k);
	return err ? err : read_back(m, k);
}

static int take_group(struct merging *m, const struct edit_group *g)
{
	struct merging_group k = { .g = g, .seen = centre_seen_clamp(m->c, g->seen, m->known), .first = m->last };
	uint8_t hash[EDIT_HASH_BYTES];
	bool is_known = false;
	int err = 0;

	if (g->number <= m->from->last_group)
		err = ledger_find_group(m->c, m->from->site, g->number, &is_known, hash);
	if (err || is_known)
		return err ? err : take_known(m, g);
	err = merge_group(m, &k);
	m->digest.lane[0] += k.digest.lane[0];
	m->digest.lane[1] += k.digest.lane[1];
	free(k.lines);
	free(k.rows);
	return err;
}

/*
 * An entry was removed by one site and changed by another, and neither had seen the other: it comes back, and the removal
 * becomes the remover's candidate. Not when the changing site came to agree with the removal later in the same envelope.
 */
static int restore_entry(struct merging *m, const struct restore *x)
{
	struct conflict_address a = { x->case_id, x->entry_id, x->entry_type, FORM_FIELD_GONE_NAME };
	struct register_address r = { x->case_id, x->entry_id, x->entry_type, FORM_FIELD_GONE_NAME };
	struct conflict_side side = { .value = "yes", .value_len = 3 };
	struct ingest_centre_edit back = {
		.case_id = x->case_id,
		.entry_id = x->entry_id,
		.entry_type = x->entry_type,
		.field = FORM_FIELD_GONE_NAME,
		.value = "",
		.role = FORM_BY_SYSTEM,
	};
	bool agrees = false;
	int err = register_load(m->c, &r, &m->held);

	if (!err)
		err = register_is_witness(m->c, &r, m->from->site, &agrees);
	if (err || agrees || !m->held.is_set || m->held.value.len == 0 || m->held.writer == m->from->site)
		return err;
	side.site = m->held.writer;
	side.seen = m->held.at - 1;
	side.before = m->held.at;
	err = ledger_find_write(m->c, x->case_id, x->entry_id, FORM_FIELD_GONE_NAME, m->held.at, &side.group_id, &side.position);
	if (!err)
		err = conflict_add(m->c, &a, &side, m->now_ms);
	return err ? err : ingest_centre_edit(m->c, &back, &m->last);
}

static int finish(struct merging *m)
{
	int err = 0;

	if (m->digest.lane[0] || m->digest.lane[1])
		err = register_branch_digest_add(m->c, m->from->branch_id, &m->digest);
	for (size_t i = 0; i < m->restore_count && !err; i++)
		err = restore_entry(m, &m->restores[i]);
	if (!err && m->last != m->known)
		err = centre_sequence_save(m->c, m->last);
	return err;
}

int ingest_contradicts(struct centre *c, uint32_t site, uint64_t last_group, const struct changeset *set, bool *out)
{
	int err = 0;

	*out = false;
	for (size_t i = 0; i < set->group_count && !err && !*out && set->groups[i].number <= last_group; i++) {
		uint8_t held[EDIT_HASH_BYTES], brought[EDIT_HASH_BYTES];
		bool has;

		err = ledger_find_group(c, site, set->groups[i].number, &has, held);
		if (err || !has)
			continue;
		edit_group_hash(&set->groups[i], brought);
		*out = memcmp(held, brought, sizeof held) != 0;
	}
	return err;
}

int ingest_changeset(struct centre *c, const struct ingest_source *from, const struct changeset *set, struct ingest_result *out)
{
	struct merging m = { .c = c, .from = from, .out = out, .now_ms = env_wall_ms(c->env) };
	int err;

	memset(out, 0, sizeof *out);
	register_state_init(&m.held);
	err = centre_sequence(c, &m.last);
	m.known = m.last;
	out->first = m.last + 1;
	for (size_t i = 0; i < set->group_count && !err; i++) {
		err = take_group(&m, &set->groups[i]);
		out->last_group = set->groups[i].number;
	}
	if (!err)
		err = finish(&m);
	free(m.restores);
	register_state_fini(&m.held);
	if (err)
		ingest_result_fini(out);
	return err;
}

void ingest_result_fini(struct ingest_result *r)
{
	free(r->exceptions);
	memset(r, 0, sizeof *r);
}
