/*
 * view: a case as a person on this device sees it: own unconfirmed answers over what the centre has confirmed.
 *
 * Entries stand in the order of the form's entry types, then by id; values in the order of the form. What the given form does not know
 * (an older form asked it) comes last and is never left out.
 */
#ifndef AGENT_VIEW_H
#define AGENT_VIEW_H

#include "agent/store.h"
#include "proto/base/buf.h"

struct view_value { /* texts are NUL-terminated and live as long as the view */
	int field;             /* index in the view's form; -1: not in it */
	const char *name;
	const char *value;     /* what is shown; "" when cleared */
	const char *confirmed; /* what the centre has; NULL when nothing */
	const char *candidate; /* this device's value, on which a person at the centre has yet to decide; NULL when none */
	const char *reason;    /* of the decision that gave the confirmed value; NULL when there was none */
	bool is_own;           /* shown value not yet confirmed by a receipt */
};

struct view_entry {
	uint64_t id;
	int type;              /* index in the view's form; -1: not in it */
	const char *type_name;
	bool is_gone;          /* removed, as shown */
	struct view_value *values;
	size_t value_count;
};

struct view {
	const struct form *form; /* borrowed from the store */
	uint64_t case_id;
	int64_t opened_ms;
	struct view_entry *entries;
	size_t entry_count;
	void *arena;             /* owns all of it */
};

/* Load case `case_id` in the tables of `form`; NULL: the newest form that wrote to it here. ERR_NOT_FOUND. Free with view_fini(). */
int view_load(struct store *s, uint64_t case_id, const struct form *form, struct view *out) MUST_CHECK;
void view_fini(struct view *v);

/* The entry of that id, the value of that field: NULL when there is none. */
const struct view_entry *view_entry(const struct view *v, uint64_t id);
const struct view_value *view_value(const struct view_entry *e, int field);

/* The shown value of root field `name`, "" when there is none. */
const char *view_root_text(const struct view *v, const char *name);

/*
 * Whether an application fills in at most one entry of this type, so that its questions stand beside those of the root entry: root
 * itself, and what each visit makes one of.
 */
bool view_is_flat(const struct form_entry_type *type);

#endif
