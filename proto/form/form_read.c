/*
 * form_read: the tree of questions from the survey sheet of canonical text (FORMAT.md section 3).
 *
 * The text is foreign: a row says nothing that its type does not know, ends match begins, siblings have different names. Nodes stand in
 * the order of the rows, so a node's insides are the range behind it; the depth is bounded by a stack of FORM_DEPTH_MAX.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/form/form_tables.h"

enum row_kind { ROW_GROUP, ROW_REPEAT, ROW_END_GROUP, ROW_END_REPEAT, ROW_QUESTION };

/* Types of rows that are no type of a field: what they are in the tree. */
static const struct row_word {
	const char *word;
	enum row_kind kind;
	enum form_type type;
	const char *metadata;
} ROW_WORDS[] = {
	{ "begin_group", ROW_GROUP, FORM_NOTE, "" },
	{ "end_group", ROW_END_GROUP, FORM_NOTE, "" },
	{ "begin_repeat", ROW_REPEAT, FORM_NOTE, "" },
	{ "end_repeat", ROW_END_REPEAT, FORM_NOTE, "" },
	{ "hidden", ROW_QUESTION, FORM_TEXT, "" },
	{ "start", ROW_QUESTION, FORM_DATETIME, "start" },
	{ "end", ROW_QUESTION, FORM_DATETIME, "end" },
	{ "today", ROW_QUESTION, FORM_DATE, "today" },
	{ "deviceid", ROW_QUESTION, FORM_TEXT, "deviceid" },
	{ "username", ROW_QUESTION, FORM_TEXT, "username" },
	{ "phonenumber", ROW_QUESTION, FORM_TEXT, "phonenumber" },
	{ "email", ROW_QUESTION, FORM_TEXT, "email" },
};
#define ROW_WORD_COUNT (sizeof(ROW_WORDS) / sizeof(ROW_WORDS[0]))

static const char *const COLUMN_NAMES[FORM_COLUMN_COUNT] = {
	[FORM_REQUIRED] = "required",
	[FORM_RELEVANT] = "relevant",
	[FORM_CONSTRAINT] = "constraint",
	[FORM_WARNING] = "warning",
	[FORM_CALCULATION] = "calculation",
	[FORM_DEFAULT] = "default",
	[FORM_TRIGGER] = "trigger",
	[FORM_READONLY] = "readonly",
	[FORM_APPEARANCE] = "appearance",
	[FORM_PARAMETERS] = "parameters",
	[FORM_CHOICE_FILTER] = "choice_filter",
	[FORM_REPEAT_COUNT] = "repeat_count",
	[FORM_ON_FINISH] = "on_finish",
	[FORM_NOTE_COLUMN] = "note",
};

/* The survey while it is read. */
struct reading {
	struct form *form;
	const struct sheets_table *survey;
	size_t row;
	int columns[FORM_COLUMN_COUNT];
	int type, list, name, default_kind, entry, write, is_protected, class, hidden, restricted, member; /* columns, -1 */
	int open[FORM_DEPTH_MAX + 1]; /* the nodes around the row, the root first */
	size_t depth;                 /* of the innermost of them */
};

static const char *cell(const struct reading *k, int column)
{
	return sheets_cell(k->survey, k->row, column);
}

static int broken(const struct reading *k, const char *column, const char *what)
{
	return err_set(ERR_CORRUPT, "form survey row %zu, %s: %s", k->row + 1, column, what);
}

static void find_columns(struct reading *k)
{
	const struct sheets_table *t = k->survey;

	for (size_t c = 0; c < FORM_COLUMN_COUNT; c++)
		k->columns[c] = sheets_column(t, COLUMN_NAMES[c], NULL);
	k->type = sheets_column(t, "type", NULL);
	k->list = sheets_column(t, "list", NULL);
	k->name = sheets_column(t, "name", NULL);
	k->default_kind = sheets_column(t, "default_kind", NULL);
	k->entry = sheets_column(t, "entry", NULL);
	k->write = sheets_column(t, "write", NULL);
	k->is_protected = sheets_column(t, "protected", NULL);
	k->class = sheets_column(t, "class", NULL);
	k->hidden = sheets_column(t, "hidden", NULL);
	k->restricted = sheets_column(t, "restricted", NULL);
	k->member = sheets_column(t, "member", NULL);
}

static bool is_name_char(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.' || c == ':' ||
	       c >= 0x80;
}

/* Whether an expression calls `name`, a whole word before a bracket, outside texts in quotes. */
static bool calls(const char *expression, const char *name)
{
	size_t len = strlen(name);
	bool is_begin = true;

	for (const char *at = expression; *at; at++) {
		if (*at == '\'' || *at == '"') {
			at = strchr(at + 1, *at);
			if (!at)
				return false;
			is_begin = true;
			continue;
		}
		if (is_begin && strncmp(at, name, len) == 0) {
			const char *behind = at + len;

			behind += strspn(behind, " \t\n");
			if (*behind == '(')
				return true;
		}
		is_begin = !is_name_char((unsigned char)*at);
	}
	return false;
}

bool form_is_register_calculation(const char *calculation, const char *initial, const char *trigger)
{
	if (*trigger || (!*calculation && *initial))
		return true;
	return calls(calculation, "once") || calls(calculation, "uuid") || calls(calculation, "random");
}

/* What the type cell says. */
static int read_type(const struct reading *k, struct row_word *out)
{
	const char *word = cell(k, k->type);
	int type = form_type_find(word);

	for (size_t i = 0; i < ROW_WORD_COUNT; i++) {
		if (strcmp(ROW_WORDS[i].word, word) == 0) {
			*out = ROW_WORDS[i];
			return 0;
		}
	}
	if (type < 0)
		return broken(k, "type", "a type expected");
	*out = (struct row_word){ word, ROW_QUESTION, (enum form_type)type, "" };
	return 0;
}

static int read_flag(const struct reading *k, int column, const char *name, bool inherited, bool *out)
{
	const char *word = cell(k, column);

	if (*word && strcmp(word, "yes") != 0)
		return broken(k, name, "yes or nothing expected");
	*out = inherited || *word;
	return 0;
}

/* Rights and care: what a row does not say it takes from the group around it. */
static int read_rights(const struct reading *k, const struct form_node *parent, struct form_node *n)
{
	const char *write = cell(k, k->write);
	int writer = *write ? form_writer_find(write) : (int)parent->write;
	int rc = read_flag(k, k->is_protected, "protected", parent->is_protected, &n->is_protected);

	if (rc == 0)
		rc = read_flag(k, k->hidden, "hidden", parent->is_hidden, &n->is_hidden);
	if (rc != 0)
		return rc;
	if (writer < 0)
		return broken(k, "write", "representative, officer, committee or system expected");
	n->write = (enum form_writer)writer;
	n->class = *cell(k, k->class) ? cell(k, k->class) : parent->class;
	n->restricted = *cell(k, k->restricted) ? cell(k, k->restricted) : parent->restricted;
	if ((*n->class && !form_is_name(n->class)) || (*n->restricted && !form_is_name(n->restricted)))
		return broken(k, "class or restricted", "a name expected");
	return 0;
}

/* Cells that only some types of rows have. */
static int check_kind(const struct reading *k, const struct form_node *n)
{
	bool is_question = n->kind == FORM_NODE_QUESTION;
	const char *list = cell(k, k->list);

	if ((is_question && form_type_has_list(n->type)) != (*list != '\0'))
		return broken(k, "list", *list ? "this type has no list" : "the name of a list expected");
	if (*list && !form_is_list_name(list))
		return broken(k, "list", "the name of a list expected");
	if ((is_question && n->type == FORM_SELECT_MEMBER) != (*n->member_type != '\0'))
		return broken(k, "member", *n->member_type ? "this type has no member" : "the name of a repeat expected");
	if (*cell(k, k->entry) && n->kind != FORM_NODE_GROUP)
		return broken(k, "entry", "only groups name an entry");
	if (*n->columns[FORM_REPEAT_COUNT] && n->kind != FORM_NODE_REPEAT)
		return broken(k, "repeat_count", "only repeats are counted");
	if (*cell(k, k->default_kind) && (strcmp(cell(k, k->default_kind), "literal") != 0 || !*n->columns[FORM_DEFAULT]))
		return broken(k, "default_kind", "literal, beside a default, or nothing expected");
	return 0;
}

static int read_node(struct reading *k, const struct row_word *word)
{
	struct form *f = k->form;
	struct form_node *n = &f->nodes[f->node_count];
	int parent = k->open[k->depth];

	if (f->node_count == FORM_NODES_MAX)
		return err_set(ERR_LIMIT, "form: more than %d rows in the survey", FORM_NODES_MAX);
	*n = (struct form_node){
		.kind = word->kind == ROW_GROUP ? FORM_NODE_GROUP : word->kind == ROW_REPEAT ? FORM_NODE_REPEAT : FORM_NODE_QUESTION,
		.type = word->type, .name = cell(k, k->name), .parent = parent, .end = f->node_count + 1, .depth = (unsigned)k->depth + 1,
		.field = -1, .list = -1, .page = -1, .metadata = word->metadata, .member_type = cell(k, k->member), .row = k->row,
	};
	for (size_t c = 0; c < FORM_COLUMN_COUNT; c++)
		n->columns[c] = cell(k, k->columns[c]);
	n->is_default_literal = *cell(k, k->default_kind) != '\0';
	n->is_computed = *n->metadata || strcmp(word->word, "hidden") == 0;
	if (n->type == FORM_CALCULATE &&
	    form_is_register_calculation(n->columns[FORM_CALCULATION], n->columns[FORM_DEFAULT], n->columns[FORM_TRIGGER])) {
		n->type = FORM_TEXT;
		n->is_computed = true;
	}
	if (!form_is_name(n->name) || strcmp(n->name, FORM_FIELD_GONE_NAME) == 0 || strcmp(n->name, FORM_FIELD_PARENT_NAME) == 0)
		return broken(k, "name", "a name expected");
	if (n->kind != FORM_NODE_QUESTION) {
		if (k->depth + 1 >= FORM_DEPTH_MAX)
			return err_set(ERR_LIMIT, "form survey row %zu: groups nested deeper than %d", k->row + 1, FORM_DEPTH_MAX);
		k->open[++k->depth] = (int)f->node_count;
	}
	f->node_count++;
	return check_kind(k, n) != 0 ? ERR_CORRUPT : read_rights(k, &f->nodes[parent], n);
}

static int read_end(struct reading *k, enum row_kind kind)
{
	struct form_node *n = &k->form->nodes[k->open[k->depth]];

	for (size_t c = 0; c < k->survey->column_count; c++)
		if ((int)c != k->type && *k->survey->rows[k->row][c])
			return broken(k, k->survey->columns[c], "nothing expected in a row that ends a group");
	if (k->depth == 0 || n->kind != (kind == ROW_END_GROUP ? FORM_NODE_GROUP : FORM_NODE_REPEAT))
		return broken(k, "type", "ends what was not begun");
	n->end = k->form->node_count;
	k->depth--;
	return 0;
}

static int read_row(struct reading *k)
{
	struct row_word word = { 0 };
	int rc = read_type(k, &word);

	if (rc != 0)
		return rc;
	switch (word.kind) {
	case ROW_GROUP:
	case ROW_REPEAT:
	case ROW_QUESTION:
		return read_node(k, &word);
	case ROW_END_GROUP:
	case ROW_END_REPEAT:
		return read_end(k, word.kind);
	}
	return 0;
}

static int compare_nodes(const void *a, const void *b, void *ctx)
{
	const struct form *f = ctx;
	const struct form_node *x = &f->nodes[*(const uint32_t *)a];
	const struct form_node *y = &f->nodes[*(const uint32_t *)b];
	int order = strcmp(x->name, y->name);

	return order != 0 ? order : x->parent != y->parent ? (x->parent > y->parent) - (x->parent < y->parent) : (x > y) - (x < y);
}

/* Sort the nodes by name, which also shows siblings of one name. */
static int order_nodes(struct form *f)
{
	f->node_order = arena_alloc(f->arena, f->node_count, sizeof(*f->node_order));
	if (!f->node_order)
		return arena_error(f->arena);
	for (size_t i = 0; i < f->node_count; i++)
		f->node_order[i] = (uint32_t)i;
	qsort_r(f->node_order, f->node_count, sizeof(*f->node_order), compare_nodes, f);
	for (size_t i = 1; i < f->node_count; i++) {
		const struct form_node *a = &f->nodes[f->node_order[i - 1]];
		const struct form_node *b = &f->nodes[f->node_order[i]];

		if (a->parent == b->parent && strcmp(a->name, b->name) == 0)
			return err_set(ERR_CORRUPT, "form survey row %zu, name: %s stands in this group already", b->row + 1, b->name);
	}
	return 0;
}

static bool is_repeat_named(const struct form *f, const char *name)
{
	const uint32_t *nodes;
	size_t count = form_nodes_named(f, name, strlen(name), &nodes);

	for (size_t i = 0; i < count; i++)
		if (f->nodes[nodes[i]].kind == FORM_NODE_REPEAT)
			return true;
	return false;
}

static int check_members(const struct form *f)
{
	for (size_t i = 0; i < f->node_count; i++)
		if (*f->nodes[i].member_type && !is_repeat_named(f, f->nodes[i].member_type))
			return err_set(ERR_CORRUPT, "form survey row %zu, member: no repeat has this name", f->nodes[i].row + 1);
	return 0;
}

int form_read_tree(struct form *f)
{
	struct reading k = { .form = f, .survey = &f->sheets.tables[SHEETS_SURVEY] };
	size_t room = (k.survey->row_count < FORM_NODES_MAX ? k.survey->row_count : FORM_NODES_MAX) + 1;
	int rc = 0;

	f->nodes = arena_alloc(f->arena, room, sizeof(*f->nodes));
	if (!f->nodes)
		return arena_error(f->arena);
	f->nodes[FORM_NODE_ROOT] = (struct form_node){
		.kind = FORM_NODE_GROUP, .type = FORM_NOTE, .name = FORM_NODE_ROOT_NAME, .parent = -1, .field = -1, .list = -1, .page = -1,
		.write = FORM_BY_REPRESENTATIVE, .restricted = "", .class = "", .member_type = "", .metadata = "", .row = SIZE_MAX,
	};
	for (size_t c = 0; c < FORM_COLUMN_COUNT; c++)
		f->nodes[FORM_NODE_ROOT].columns[c] = "";
	f->node_count = 1;
	find_columns(&k);
	for (k.row = 0; rc == 0 && k.row < k.survey->row_count; k.row++)
		rc = read_row(&k);
	if (rc == 0 && k.depth > 0)
		rc = err_set(ERR_CORRUPT, "form survey row %zu: this group or repeat is not ended", f->nodes[k.open[k.depth]].row + 1);
	f->nodes[FORM_NODE_ROOT].end = f->node_count;
	if (rc == 0)
		rc = order_nodes(f);
	return rc == 0 ? check_members(f) : rc;
}
