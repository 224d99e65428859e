/*
 * model_private: what model.c and model_*.c know of a case. Nobody else includes it.
 *
 * Entries hold registers: what was put in, and what holds now. The tree holds places: all places of one row lie in one block. An entry
 * may have no place (a row above a computed count, another visit, a removed row): its registers stay. A place without a register (a
 * calculation) keeps its text itself. Every text that is an answer is wiped when it goes.
 */
#ifndef PROTO_FORM_MODEL_PRIVATE_H
#define PROTO_FORM_MODEL_PRIVATE_H

#include "proto/form/model.h"
#include "proto/form/plan_private.h"

#define MODEL_STEPS_MAX 4000000       /* budget of one expression */
#define MODEL_STEPS_ALL_MAX 200000000 /* of one recomputation: some seconds, where a large form takes milliseconds */
#define MODEL_PLACES_MAX 500000       /* of one case: about 150 MB */
#define MODEL_TEXTS_BYTES_MAX (64 * 1024 * 1024) /* registers and calculations of one case together */
#define MODEL_PASSES_MAX 64           /* of one recomputation, and as many again as the case has rows */
#define MODEL_TRIGGER_ROUNDS_MAX 20   /* triggers that trigger */
#define MODEL_TEXT_BYTES_MAX XPATH_STRING_BYTES_MAX
#define MODEL_HEX_BYTES 17            /* an id as value of a register, with the NUL */
#define MODEL_LIST_ORDER ((uint64_t)1 << 40) /* document order of list k begins at (k + 1) times this */

struct model_block;

/* The registers of one entry. */
struct model_entry {
	uint16_t type;
	uint64_t id;                  /* 0: root of a new case, session not begun */
	uint64_t old_id;              /* before model_case() renamed it */
	struct model_entry *owner;    /* of a row: the row it is in, or root; NULL: no row, or its row is not there */
	struct model_entry *first_row; /* the rows it owns, of all types, in the order of the case; removed ones too */
	struct model_entry *last_row;
	struct model_entry *next_row;
	size_t ordinal;               /* of a row of a computed repeat, from 1; 0: another entry */
	bool is_put;                  /* the store knows it */
	bool is_begun;                /* it has had its defaults */
	bool is_dropped;              /* made and removed before the store heard of it */
	char **values;                /* of each field of the type: now; NULL: empty. Owned */
	char **stored;                /* likewise as put in */
	struct model_block *block;    /* its row in the tree; NULL: none, or no row */
};

struct model_own {
	struct model_node node;
	struct xnode x;               /* the same place for expressions; of a repeat as a whole: the template behind its rows */
	struct model_block *block;
	struct model_entry *entry;    /* whose register it is; NULL: no field */
	struct model_entry *home;     /* the row, session or root that it stands on */
	struct model_own *last;      /* child */
	char *text;                   /* value of a question without a field. Owned */
	char *seen;                   /* value without the codes that are filtered out; NULL: all count. Owned */
	char *trigger;                /* of a trigger: value when it was looked at last. Owned; NULL: not yet */
	char *computed;               /* of a question that people may answer over its calculation: the value calculated last. Owned */
	bool is_default_due;          /* its default is an expression that is to be taken */
};

/* All places of one row, or of the form itself. */
struct model_block {
	size_t scope;
	struct model_entry *entry;    /* the row's; the root entry */
	struct model_block *around;   /* NULL of the form itself */
	struct model_own *items;      /* one for each slot of the scope; the first is the row */
};

/* The rows of one scope, in document order. */
struct model_rows {
	struct model_block **items;
	size_t count;
	size_t cap;
};

/* A list as a tree of its own, made when it is first asked for. */
struct model_list {
	const char *name;             /* owned by the arena */
	int list;                     /* of the form; -1 */
	const struct reflist *reference; /* NULL: of the form, or nowhere */
	struct arena *arena;
	struct xnode *document;
	struct xnode *items;          /* contiguous */
	size_t count;
};

struct model {
	const struct plan *plan;
	const struct form *form;
	const struct model_world *world;
	uint64_t case_id;
	bool is_open;
	bool is_new;                  /* nothing was put in */
	/* registers */
	struct model_entry **entries; /* all, in the order they were made; the first is root */
	size_t entry_count;
	size_t entry_cap;
	struct model_entry **places;  /* hash of (type, id); a power of two, at most half full */
	size_t place_cap;
	struct model_entry *sessions[FORM_ENTRY_TYPES_MAX]; /* which one the questions are about */
	bool is_told[FORM_ENTRY_TYPES_MAX];                 /* by model_session(), not guessed */
	/* tree */
	struct xnode document;
	struct model_block *top;
	struct model_rows *rows;      /* one for each scope */
	bool is_relisted;             /* rows came or went in this pass */
	bool is_moved;                /* something changed in this pass */
	size_t place_count;
	size_t text_bytes;            /* of values of entries, of texts and what was calculated */
	uint64_t steps_left;          /* of this recomputation */
	/* lists */
	struct model_list *lists;
	size_t list_count;
	size_t list_cap;
	/* evaluation */
	struct xpath_world xpath;
	int error;                    /* of a callback, which cannot say so: told at the end of the computation */
	size_t language;              /* of jr:itext() and jr:choice-name() */
	unsigned depth;               /* labels inside labels */
	uint64_t shuffle;             /* while choices are shuffled: the same for one question of one case. 0: the world's chance */
};

/* ---- model_entry.c ---- */

/* Replace an owned text; the old one is wiped. NULL and "" both read as empty. ERR_NOMEM leaves it as it was. */
int model_entry_text(char **at, const char *text) MUST_CHECK;
/* The same for what counts as text of the case; ERR_LIMIT above MODEL_TEXTS_BYTES_MAX. And its end. */
int model_entry_keep(struct model *m, char **at, const char *text) MUST_CHECK;
void model_entry_forget(struct model *m, char **at);
void model_entry_wipe(char **at);

struct model_entry *model_entry_find(const struct model *m, size_t type, uint64_t id);
/* A new entry; with id 0 it is not found by id. ERR_LIMIT above MODEL_ROWS_MAX. */
int model_entry_new(struct model *m, size_t type, uint64_t id, struct model_entry **out) MUST_CHECK;
/* It has got an id, or another one. */
int model_entry_rename(struct model *m, struct model_entry *e, uint64_t id) MUST_CHECK;
/* All ids changed: find anew. */
void model_entry_rehash(struct model *m);
const char *model_entry_value(const struct model_entry *e, size_t slot);
/* Write a register. A session that is not begun gets its id: ERR_USAGE when the world refuses. */
int model_entry_write(struct model *m, struct model_entry *e, size_t slot, const char *value) MUST_CHECK;
bool model_entry_is_changed(const struct model_entry *e, size_t slot);
bool model_entry_is_gone(const struct model *m, const struct model_entry *e);
/* `row` is the last row of `owner`. */
void model_entry_own(struct model_entry *owner, struct model_entry *row);
/* The place of `_parent` in the fields of an entry type; -1: has none. */
int model_entry_parent_slot(const struct form *f, size_t type);
/* An id as value of a register, and back (0: none). */
const char *model_entry_hex(uint64_t id, char out[static MODEL_HEX_BYTES]);
uint64_t model_entry_from_hex(const char *text);
void model_entry_free(struct model *m);

/* ---- model_tree.c ---- */

/* Build all places: the form itself and the rows that are there. */
int model_tree_build(struct model *m) MUST_CHECK;
/* A new entry as the last row of an uncounted repeat. With it come the first rows of the repeats in it where the world says so. */
int model_tree_add(struct model *m, struct model_own *repeat, struct model_own **row) MUST_CHECK;
void model_tree_remove(struct model *m, struct model_own *row);
/* As many rows as a count says; those above it lose their place, not their registers. */
int model_tree_count(struct model *m, struct model_own *repeat, size_t count) MUST_CHECK;
/* After rows came or went: rows of each scope, document order. */
int model_tree_list(struct model *m) MUST_CHECK;
/* What the place shows to people and expressions, after its value or mask changed. */
void model_tree_show(struct model *m, struct model_own *own);
void model_tree_free(struct model *m);
struct model_own *model_tree_of(const struct model_node *n);
/* The next place in document order, its children first; NULL at the end. */
struct model_node *model_tree_next(const struct model_node *n);
/* The block around (or) `b` that belongs to `scope`; NULL: none. */
struct model_block *model_tree_around(struct model_block *b, size_t scope);

/* ---- model_compute.c ---- */

/* Recompute until nothing changes. `with_triggers`: what changed since the last time fires. */
int model_compute(struct model *m, bool with_triggers) MUST_CHECK;
/* The value of an expression at a place, as a register or calculation keeps it: NaN and what no function can take are empty. */
int model_compute_text(struct model *m, const struct xpath *x, const struct xnode *at, struct buf *out) MUST_CHECK;
/* Write a value that the form made: canonical for its field where it can be, otherwise empty. */
int model_compute_write(struct model *m, struct model_own *own, const char *text) MUST_CHECK;
/* Whether code `code` (`len` bytes) is among the choices that the filter allows now. */
int model_compute_allows(struct model *m, const struct model_own *own, const char *code, size_t len, bool *out) MUST_CHECK;

/* ---- model_list.c ---- */

/* The list by its name; an unknown one is empty. NULL for want of memory. */
struct model_list *model_list_find(struct model *m, const char *name);
/* The list of a question; NULL: it has none, or no memory. */
struct model_list *model_list_of(struct model *m, const struct form_node *n);
/* Index of a code from `from` on; -1. */
int model_list_index(const struct model *m, const struct model_list *l, const char *code, size_t len, size_t from);
const char *model_list_code(const struct model *m, const struct model_list *l, size_t i);
/* Append the label in a language, outputs filled in at `at`. */
int model_list_label(struct model *m, const struct model_list *l, size_t i, size_t language, const struct xnode *at,
		     struct buf *out) MUST_CHECK;
void model_list_free(struct model *m);

/* ---- model_show.c ---- */

int model_show_text(struct model *m, const struct plan_text *t, const struct xnode *at, struct buf *out) MUST_CHECK;
/* The callbacks of struct xpath_world. */
bool model_show_choice_name(void *ctx, const char *code, const char *path, const struct xnode *context, struct buf *out);
bool model_show_itext(void *ctx, const char *id, struct buf *out);
bool model_show_setting(void *ctx, const char *name, struct buf *out);
/* The row, or the applicant, that an id means: its name for people; false: none. */
bool model_show_member(struct model *m, const struct form_node *n, uint64_t id, size_t language, struct buf *out);

#endif
