/*
 * form_tables: what a struct form holds, for the files that fill it: form_read.c (the tree of questions), form_fields.c (entry types,
 * pages, fields), form_lists.c (languages, choice lists). form.c calls them in this order: languages, tree, lists, fields. Others see
 * form.h.
 *
 * Cells are not copied: names, labels and expressions point into `sheets`. What is made here comes from `arena`.
 */
#ifndef PROTO_FORM_FORM_TABLES_H
#define PROTO_FORM_FORM_TABLES_H

#include "proto/base/arena.h"
#include "proto/form/form.h"
#include "proto/form/sheets.h"

struct form {
	uint8_t hash[FORM_HASH_BYTES];
	char *text;                                   /* as it came, NUL-terminated; owned */
	size_t text_len;
	struct sheets sheets;                         /* owned */
	struct arena *arena;                          /* owned; everything below */
	const char *languages[FORM_LANGUAGES_MAX];
	size_t language_count;
	size_t arabic;                                /* languages of label_ar and label_en */
	size_t english;
	int words[FORM_WORDS_COUNT][FORM_LANGUAGES_MAX]; /* columns of the survey, -1 */
	int choice_labels[FORM_LANGUAGES_MAX];        /* columns of choices, -1 */
	int choice_pictures[FORM_LANGUAGES_MAX];
	struct form_node *nodes;
	size_t node_count;
	uint32_t *node_order;                         /* nodes by name, parent */
	struct form_entry_type *entries;
	size_t entry_count;
	struct form_group *groups;
	size_t group_count;
	struct form_field *fields;                    /* [0] is _gone */
	size_t field_count;
	uint32_t *field_order;                        /* fields by name, index */
	struct form_list *lists;
	size_t list_count;
	struct form_choice *choices;                  /* one for each row of the choices sheet */
	uint32_t *choice_order;                       /* per list: its choices by code, index, as positions inside the list */
	int choice_columns[FORM_CHOICE_COLUMNS_MAX];  /* the author's columns of choices */
	size_t choice_column_count;
};

/* Languages, and where the columns of every language are. */
int form_lists_languages(struct form *f) MUST_CHECK;
/* Choice lists, and the list of every question that has one. Needs the tree. */
int form_lists_build(struct form *f) MUST_CHECK;
/* The tree, without entry types, pages, fields and lists. */
int form_read_tree(struct form *f) MUST_CHECK;
/* Entry types, pages and fields, and which of them the nodes belong to. Needs tree and lists. */
int form_fields_build(struct form *f) MUST_CHECK;

#endif
