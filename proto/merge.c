/*
 * merge: see merge.h. The rule in the order of the design:
 *   1. never set, or written before what the site has seen, or by the site itself, or the site is a witness: in order, accepted;
 *   2. otherwise the same value: agreement, the site becomes a witness;
 *   3. otherwise concurrent: the register keeps its value and the edit becomes the site's candidate;
 *   4. a removal and a change of the same entry that have not seen each other: the entry stays and the removal is the candidate.
 */
#include "proto/merge.h"

#include <string.h>

#include "proto/record.h"

static bool is_same(const struct merge_value *a, const struct merge_value *b)
{
	return a->len == b->len && (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}

static bool is_in_order(const struct merge_edit *e, const struct merge_register *r)
{
	return !r->is_set || r->at <= e->seen || r->writer == e->site || r->is_witnessed;
}

/* A removal by somebody who has not seen what others wrote into the entry. */
static bool removes_unseen_change(const struct merge_edit *e, const struct merge_entry *entry)
{
	return e->is_removal_field && e->value.len != 0 && entry->changed_at > e->seen;
}

/* A change by somebody who has not seen that the entry was removed. */
static bool changes_unseen_removal(const struct merge_edit *e, const struct merge_entry *entry)
{
	return !e->is_removal_field && entry->is_gone && entry->gone_at > e->seen && entry->gone_writer != e->site &&
	       !entry->gone_is_witnessed;
}

/* An in-order write on a protected register about which a person has yet to decide joins the conflict instead of ending it. */
static bool joins_conflict(const struct merge_edit *e, const struct merge_register *r)
{
	return e->is_protected && r->has_conflict && e->site != RECORD_SITE_CENTRE;
}

static struct merge_step accept_edit(const struct merge_register *r)
{
	return (struct merge_step){
		.outcome = MERGE_ACCEPTED,
		.write = true,
		.conflict = r->has_conflict ? MERGE_CONFLICT_CLOSE : MERGE_CONFLICT_NONE,
	};
}

static struct merge_step agree_edit(const struct merge_register *r)
{
	return (struct merge_step){
		.outcome = MERGE_AGREED,
		.add_witness = true,
		.conflict = r->has_candidate ? MERGE_CONFLICT_WITHDRAW : MERGE_CONFLICT_NONE,
	};
}

static struct merge_step hold_edit(void)
{
	return (struct merge_step){ .outcome = MERGE_CONFLICT, .conflict = MERGE_CONFLICT_CANDIDATE };
}

struct merge_step merge_edit(const struct merge_edit *e, const struct merge_register *r, const struct merge_entry *entry)
{
	struct merge_step step;

	if (removes_unseen_change(e, entry))
		return hold_edit();
	if (is_in_order(e, r))
		step = joins_conflict(e, r) && !is_same(&e->value, &r->value) ? hold_edit() : accept_edit(r);
	else if (is_same(&e->value, &r->value))
		step = agree_edit(r);
	else
		step = hold_edit();
	step.restore_entry = step.outcome != MERGE_AGREED && changes_unseen_removal(e, entry);
	return step;
}
