/*
 * form: see form.h. Reads the canonical form text of FORMAT.md section 3.
 *
 * The text is kept twice: as it came, for form_text() and the hash, and as a working copy in which lines are cut into
 * columns and escapes are resolved in place, so that every name and label is a pointer into one allocation. The lines are
 * counted by kind before any table is allocated, and every count is compared with its ceiling first. Duplicates are
 * found, and choices looked up, through name indexes that are sorted once: a list may have 20,000 villages.
 *
 * The writer of this text is form_csv.c; the words of types and writers, and what a name is, are in form_words.c.
 */
#include "proto/form/form.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/text.h"

#define FORM_MAGIC "mandoob-form\t1\n"
#define FORM_COLUMNS_MAX 12
#define FORM_LINES_MAX (FORM_TEXT_BYTES_MAX / 8) /* a line has at least "list\ta\n" and one byte more */

/* The kinds of line after the first, in the order in which they must stand; choices follow their list. */
enum line_kind { LINE_FORM, LINE_ENTRY, LINE_GROUP, LINE_FIELD, LINE_LIST, LINE_CHOICE, LINE_KINDS };

static const struct {
	const char *word;
	size_t columns; /* the word itself counted */
	size_t max;     /* lines of this kind in one form */
} LINES[LINE_KINDS] = {
	[LINE_FORM] = { "form", 5, FORM_LINES_MAX },
	[LINE_ENTRY] = { "entry", 5, FORM_ENTRY_TYPES_MAX },
	[LINE_GROUP] = { "group", 4, FORM_GROUPS_MAX },
	[LINE_FIELD] = { "field", 12, FORM_FIELDS_MAX - 1 }, /* field 0 is ours */
	[LINE_LIST] = { "list", 2, FORM_LISTS_MAX },
	[LINE_CHOICE] = { "choice", 4, FORM_LINES_MAX },
};

/* Flags as they are written: every combination has one spelling. Bits: 1 required, 2 protected, 4 hidden. */
static const char *const FLAG_NAMES[] = {
	"-", "required", "protected", "required,protected", "hidden", "required,hidden", "protected,hidden", "required,protected,hidden",
};
#define FLAG_COUNT (sizeof(FLAG_NAMES) / sizeof(FLAG_NAMES[0]))

static const struct form_field GONE = {
	.name = FORM_FIELD_GONE_NAME,
	.entry_type = FORM_ENTRY_ROOT,
	.type = FORM_ACKNOWLEDGE,
	.list = -1,
	.write = FORM_BY_REPRESENTATIVE,
	.group = "",
	.relevant = "",
	.note = "",
	.label_ar = "محذوف",
	.label_en = "Removed",
};

/* Indexes of a table in the order of their names. */
struct name_index {
	uint32_t *order; /* owned */
	size_t count;
};

struct form {
	uint8_t hash[FORM_HASH_BYTES];
	char *text;                     /* as it came, NUL-terminated */
	size_t text_len;
	char *words;                    /* working copy: all names and labels point into it */
	const char *id;
	const char *version;
	const char *title_ar;
	const char *title_en;
	struct form_entry_type *entries;
	size_t entry_count;
	struct form_group *groups;
	size_t group_count;
	struct form_field *fields;      /* [0] is GONE */
	size_t field_count;
	struct form_list *lists;
	size_t list_count;
	struct form_choice *choices;    /* of all lists */
	uint16_t *entry_fields;         /* of all entry types */
	uint32_t *choice_order;         /* per list: its choices by code, as positions inside the list */
	struct name_index field_index;  /* fields by name */
};

/* What one pass over the lines needs. */
struct parse {
	struct form *form;
	const char **field_lists;       /* list name of each field, resolved when all lists are known; owned */
	size_t choice_count;
	enum line_kind last;
	size_t line;                    /* from 1, for messages */
	char *col[FORM_COLUMNS_MAX];
	size_t col_count;
};

static int broken(const struct parse *p, const char *what)
{
	return err_set(ERR_CORRUPT, "form line %zu: %s", p->line, what);
}

static bool is_version(const char *text)
{
	size_t len = strlen(text);

	return len >= 1 && len <= FORM_VERSION_BYTES_MAX &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == len;
}

/* The flags that `word` says, as the position in FLAG_NAMES; -1 when it is none of them. */
static int flags_find(const char *word)
{
	for (size_t i = 0; i < FLAG_COUNT; i++)
		if (strcmp(FLAG_NAMES[i], word) == 0)
			return (int)i;
	return -1;
}

/* Resolve \\ \t \n in place. Any other escape breaks the text; raw tabs and line feeds are gone by now. */
static int unescape(const struct parse *p, char *column)
{
	char *to = column;

	for (const char *from = column; *from; from++) {
		char c = *from;

		if (c == '\\') {
			from++;
			c = *from == '\\' ? '\\' : *from == 't' ? '\t' : *from == 'n' ? '\n' : '\0';
			if (!c)
				return broken(p, "unknown escape");
		}
		*to++ = c;
	}
	*to = '\0';
	if (to - column > FORM_COLUMN_BYTES_MAX)
		return err_set(ERR_LIMIT, "form line %zu: a column above %d bytes", p->line, FORM_COLUMN_BYTES_MAX);
	return 0;
}

/* Cut one line, NUL-terminated, into its columns. */
static int split(struct parse *p, char *line)
{
	p->col_count = 0;
	for (char *at = line; at; p->col_count++) {
		char *tab = strchr(at, '\t');

		if (p->col_count == FORM_COLUMNS_MAX)
			return broken(p, "too many columns");
		if (tab)
			*tab++ = '\0';
		p->col[p->col_count] = at;
		at = tab;
	}
	for (size_t i = 0; i < p->col_count; i++) {
		int rc = unescape(p, p->col[i]);

		if (rc != 0)
			return rc;
	}
	return 0;
}

/* The kind named by the first word of a line that ends at a tab, or -1. */
static int line_kind(const char *line)
{
	size_t len = strcspn(line, "\t\n");

	for (int k = 0; k < LINE_KINDS; k++)
		if (strlen(LINES[k].word) == len && memcmp(LINES[k].word, line, len) == 0)
			return k;
	return -1;
}

static int parse_form(struct parse *p)
{
	struct form *f = p->form;

	if (!form_is_name(p->col[1]) || !is_version(p->col[2]) || !*p->col[3] || !*p->col[4])
		return broken(p, "form: id, version and two titles expected");
	f->id = p->col[1];
	f->version = p->col[2];
	f->title_ar = p->col[3];
	f->title_en = p->col[4];
	return 0;
}

static int parse_entry(struct parse *p)
{
	struct form *f = p->form;
	bool is_root = f->entry_count == 0;
	bool is_repeat = strcmp(p->col[2], "repeat") == 0;

	if (!form_is_name(p->col[1]) || !*p->col[3] || !*p->col[4])
		return broken(p, "entry: name and two labels expected");
	if (!is_repeat && strcmp(p->col[2], "once") != 0)
		return broken(p, "entry: once or repeat expected");
	if (is_root != (strcmp(p->col[1], "root") == 0) || (is_root && is_repeat))
		return broken(p, "entry: the first, and only the first, is root, and it occurs once");
	if (form_entry_type_find(f, p->col[1]) >= 0)
		return broken(p, "entry: name used twice");
	f->entries[f->entry_count++] = (struct form_entry_type){
		.name = p->col[1], .is_repeat = is_repeat, .label_ar = p->col[3], .label_en = p->col[4],
	};
	return 0;
}

static int parse_group(struct parse *p)
{
	struct form *f = p->form;

	if (!form_is_name(p->col[1]) || !*p->col[2] || !*p->col[3])
		return broken(p, "group: name and two labels expected");
	if (form_group_find(f, p->col[1]) >= 0)
		return broken(p, "group: name used twice");
	f->groups[f->group_count++] = (struct form_group){ .name = p->col[1], .label_ar = p->col[2], .label_en = p->col[3] };
	return 0;
}

/* The words of a field line that come from fixed sets, or name things that were declared above. */
static int parse_field_words(struct parse *p, struct form_field *field)
{
	int entry = form_entry_type_find(p->form, p->col[2]);
	int type = form_type_find(p->col[3]);
	int flags = flags_find(p->col[5]);
	int writer = form_writer_find(p->col[6]);

	if (entry < 0)
		return broken(p, "field: unknown entry type");
	if (type < 0)
		return broken(p, "field: unknown type");
	if (flags < 0)
		return broken(p, "field: unknown flags");
	if (writer < 0)
		return broken(p, "field: unknown writer");
	if (*p->col[7] && form_group_find(p->form, p->col[7]) < 0)
		return broken(p, "field: unknown group");
	field->entry_type = (uint16_t)entry;
	field->type = (enum form_type)type;
	field->is_required = (flags & 1) != 0;
	field->is_protected = (flags & 2) != 0;
	field->is_hidden_from_applicant = (flags & 4) != 0;
	field->write = (enum form_writer)writer;
	return 0;
}

static int parse_field(struct parse *p)
{
	struct form *f = p->form;
	struct form_field *field = &f->fields[f->field_count];
	bool has_list = strcmp(p->col[4], "-") != 0;

	if (!form_is_name(p->col[1]) || strcmp(p->col[1], FORM_FIELD_GONE_NAME) == 0 || !*p->col[10] || !*p->col[11])
		return broken(p, "field: name and two labels expected");
	if (form_entry_type_find(f, p->col[1]) >= 0)
		return broken(p, "field: has the name of an entry type");
	if (parse_field_words(p, field) != 0)
		return ERR_CORRUPT;
	if (has_list != form_type_has_list(field->type) || (has_list && !form_is_name(p->col[4])))
		return broken(p, "field: a list is named by select questions and by no other");
	field->name = p->col[1];
	field->list = -1;
	field->group = p->col[7];
	field->relevant = p->col[8];
	field->note = p->col[9];
	field->label_ar = p->col[10];
	field->label_en = p->col[11];
	p->field_lists[f->field_count] = has_list ? p->col[4] : NULL;
	f->entries[field->entry_type].field_count++;
	f->field_count++;
	return 0;
}

static int list_find(const struct form *f, const char *name)
{
	for (size_t i = 0; i < f->list_count; i++)
		if (strcmp(f->lists[i].name, name) == 0)
			return (int)i;
	return -1;
}

static int parse_list(struct parse *p)
{
	struct form *f = p->form;

	if (!form_is_name(p->col[1]))
		return broken(p, "list: name expected");
	if (list_find(f, p->col[1]) >= 0)
		return broken(p, "list: name used twice");
	f->lists[f->list_count++] = (struct form_list){ .name = p->col[1], .choices = &f->choices[p->choice_count] };
	return 0;
}

static int parse_choice(struct parse *p)
{
	struct form *f = p->form;
	struct form_list *list;

	if (f->list_count == 0)
		return broken(p, "choice: outside any list");
	if (!form_is_code(p->col[1]) || !*p->col[2] || !*p->col[3])
		return broken(p, "choice: code and two labels expected");
	list = &f->lists[f->list_count - 1];
	if (list->choice_count == FORM_CHOICES_MAX)
		return err_set(ERR_LIMIT, "form line %zu: more than %d choices in one list", p->line, FORM_CHOICES_MAX);
	f->choices[p->choice_count++] = (struct form_choice){ .code = p->col[1], .label_ar = p->col[2], .label_en = p->col[3] };
	list->choice_count++;
	return 0;
}

static int parse_line(struct parse *p, char *line)
{
	int kind = line_kind(line);
	int rc;

	if (kind < 0)
		return broken(p, "unknown kind of line");
	/* Lists come after fields, each with its choices; otherwise kinds never go back. The form line is first, alone. */
	if ((enum line_kind)kind < p->last && !(kind == LINE_LIST && p->last == LINE_CHOICE))
		return broken(p, "out of order");
	if ((p->line == 2) != (kind == LINE_FORM))
		return broken(p, "the form line comes second, once");
	p->last = (enum line_kind)kind;
	rc = split(p, line);
	if (rc != 0)
		return rc;
	if (p->col_count != LINES[kind].columns)
		return broken(p, "wrong number of columns");
	switch ((enum line_kind)kind) {
	case LINE_FORM:
		return parse_form(p);
	case LINE_ENTRY:
		return parse_entry(p);
	case LINE_GROUP:
		return parse_group(p);
	case LINE_FIELD:
		return parse_field(p);
	case LINE_LIST:
		return parse_list(p);
	case LINE_CHOICE:
		return parse_choice(p);
	case LINE_KINDS:
		break;
	}
	return broken(p, "unknown kind of line");
}

static int compare_fields(const void *a, const void *b, void *ctx)
{
	const struct form *f = ctx;

	return strcmp(f->fields[*(const uint32_t *)a].name, f->fields[*(const uint32_t *)b].name);
}

static int compare_choices(const void *a, const void *b, void *ctx)
{
	const struct form_choice *choices = ctx;

	return strcmp(choices[*(const uint32_t *)a].code, choices[*(const uint32_t *)b].code);
}

static int index_fields(struct form *f)
{
	struct name_index *x = &f->field_index;

	for (size_t i = 0; i < f->field_count; i++)
		x->order[i] = (uint32_t)i;
	x->count = f->field_count;
	qsort_r(x->order, x->count, sizeof(*x->order), compare_fields, f);
	for (size_t i = 1; i < x->count; i++)
		if (compare_fields(&x->order[i - 1], &x->order[i], f) == 0)
			return err_set(ERR_CORRUPT, "form field %s: name used twice", f->fields[x->order[i]].name);
	return 0;
}

static uint32_t *choice_order(const struct form *f, const struct form_list *list)
{
	return f->choice_order + (list->choices - f->choices);
}

static int index_choices(struct form *f)
{
	for (size_t l = 0; l < f->list_count; l++) {
		const struct form_list *list = &f->lists[l];
		uint32_t *order = choice_order(f, list);

		for (size_t i = 0; i < list->choice_count; i++)
			order[i] = (uint32_t)i;
		qsort_r(order, list->choice_count, sizeof(*order), compare_choices, (void *)(uintptr_t)list->choices);
		for (size_t i = 1; i < list->choice_count; i++)
			if (strcmp(list->choices[order[i - 1]].code, list->choices[order[i]].code) == 0)
				return err_set(ERR_CORRUPT, "form list %s: choice %s twice", list->name, list->choices[order[i]].code);
	}
	return 0;
}

/* Give each field its list and each entry type its fields, now that all are known. */
static int resolve(struct parse *p)
{
	struct form *f = p->form;
	uint16_t *at = f->entry_fields;

	for (size_t i = 1; i < f->field_count; i++) {
		if (!p->field_lists[i])
			continue;
		f->fields[i].list = list_find(f, p->field_lists[i]);
		if (f->fields[i].list < 0)
			return err_set(ERR_CORRUPT, "form field %s: its list does not exist", f->fields[i].name);
	}
	for (size_t e = 0; e < f->entry_count; e++) {
		struct form_entry_type *entry = &f->entries[e];

		entry->fields = at;
		if (e != FORM_ENTRY_ROOT)
			*at++ = FORM_FIELD_GONE;
		for (size_t i = 1; i < f->field_count; i++)
			if (f->fields[i].entry_type == e)
				*at++ = (uint16_t)i;
		entry->field_count = (size_t)(at - entry->fields);
	}
	return 0;
}

/* Raw bytes that no line may hold: anything below space but tab and line feed, DEL, and what is not UTF-8. */
static int check_bytes(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if ((c < 0x20 && c != '\t' && c != '\n') || c == 0x7f)
			return err_set(ERR_CORRUPT, "form: control character at byte %zu", i);
	}
	if (!text_is_utf8(text, len))
		return err_set(ERR_CORRUPT, "form: not UTF-8");
	return 0;
}

/* Count the lines of each kind, so that the tables can be allocated at once. */
static int count_lines(const char *text, size_t counts[LINE_KINDS])
{
	for (const char *at = text; *at;) {
		const char *end = strchr(at, '\n');
		int kind = line_kind(at);

		if (!end)
			return err_set(ERR_CORRUPT, "form: the last line does not end");
		if (kind >= 0 && ++counts[kind] > LINES[kind].max)
			return err_set(ERR_LIMIT, "form: more than %zu lines \"%s\"", LINES[kind].max, LINES[kind].word);
		at = end + 1;
	}
	return 0;
}

static int allocate_tables(struct parse *p, const size_t counts[LINE_KINDS])
{
	struct form *f = p->form;
	size_t fields = counts[LINE_FIELD] + 1;
	size_t choices = counts[LINE_CHOICE] + 1;

	f->entries = calloc(counts[LINE_ENTRY] + 1, sizeof(*f->entries));
	f->groups = calloc(counts[LINE_GROUP] + 1, sizeof(*f->groups));
	f->fields = calloc(fields, sizeof(*f->fields));
	f->field_index.order = calloc(fields, sizeof(*f->field_index.order));
	f->lists = calloc(counts[LINE_LIST] + 1, sizeof(*f->lists));
	f->choices = calloc(choices, sizeof(*f->choices));
	f->choice_order = calloc(choices, sizeof(*f->choice_order));
	f->entry_fields = calloc(fields + counts[LINE_ENTRY], sizeof(*f->entry_fields));
	p->field_lists = calloc(fields, sizeof(*p->field_lists));
	if (!f->entries || !f->groups || !f->fields || !f->field_index.order || !f->lists || !f->choices || !f->choice_order ||
	    !f->entry_fields || !p->field_lists)
		return err_set(ERR_NOMEM, "form: no memory for its tables");
	f->fields[FORM_FIELD_GONE] = GONE;
	f->field_count = 1;
	return 0;
}

static int parse_lines(struct parse *p, char *at)
{
	p->line = 1;
	while (*at) {
		char *end = strchr(at, '\n');
		int rc;

		*end = '\0';
		p->line++;
		rc = parse_line(p, at);
		if (rc != 0)
			return rc;
		at = end + 1;
	}
	if (!p->form->id || p->form->entry_count == 0)
		return err_set(ERR_CORRUPT, "form: no form line or no root entry");
	return 0;
}

static void hash_text(struct form *f)
{
	crypto_generichash_state h;

	crypto_generichash_init(&h, NULL, 0, FORM_HASH_BYTES);
	crypto_generichash_update(&h, (const uint8_t *)"mandoob:form", sizeof("mandoob:form"));
	crypto_generichash_update(&h, (const uint8_t *)f->text, f->text_len);
	crypto_generichash_final(&h, f->hash, FORM_HASH_BYTES);
}

static int copy_text(struct form *f, const char *text, size_t len)
{
	f->text = malloc(len + 1);
	f->words = malloc(len + 1);
	if (!f->text || !f->words)
		return err_set(ERR_NOMEM, "form: no memory for %zu bytes", len);
	memcpy(f->text, text, len);
	f->text[len] = '\0';
	f->text_len = len;
	memcpy(f->words, f->text, len + 1);
	return 0;
}

static int parse_all(struct parse *p)
{
	struct form *f = p->form;
	size_t counts[LINE_KINDS] = { 0 };
	char *body = f->words + strlen(FORM_MAGIC);
	int rc = count_lines(body, counts);

	if (rc == 0)
		rc = allocate_tables(p, counts);
	if (rc == 0)
		rc = parse_lines(p, body);
	if (rc == 0)
		rc = resolve(p);
	if (rc == 0)
		rc = index_fields(f);
	if (rc == 0)
		rc = index_choices(f);
	return rc;
}

int form_parse(const char *text, size_t len, struct form **out)
{
	struct parse p = { 0 };
	int rc;

	*out = NULL;
	if (len > FORM_TEXT_BYTES_MAX)
		return err_set(ERR_LIMIT, "form: %zu bytes, at most %d", len, FORM_TEXT_BYTES_MAX);
	if (len < strlen(FORM_MAGIC) || memcmp(text, FORM_MAGIC, strlen(FORM_MAGIC)) != 0)
		return err_set(ERR_CORRUPT, "form: line 1 is not that of a form of version 1");
	rc = check_bytes(text, len);
	if (rc != 0)
		return rc;
	p.form = calloc(1, sizeof(*p.form));
	if (!p.form)
		return err_set(ERR_NOMEM, "form: no memory");
	rc = copy_text(p.form, text, len);
	if (rc == 0)
		rc = parse_all(&p);
	free(p.field_lists);
	if (rc != 0) {
		form_free(p.form);
		return rc;
	}
	hash_text(p.form);
	*out = p.form;
	return 0;
}

void form_free(struct form *f)
{
	if (!f)
		return;
	free(f->text);
	free(f->words);
	free(f->entries);
	free(f->groups);
	free(f->fields);
	free(f->lists);
	free(f->choices);
	free(f->entry_fields);
	free(f->choice_order);
	free(f->field_index.order);
	free(f);
}

const uint8_t *form_hash(const struct form *f)
{
	return f->hash;
}

const char *form_text(const struct form *f, size_t *len)
{
	*len = f->text_len;
	return f->text;
}

const char *form_id(const struct form *f)
{
	return f->id;
}

const char *form_version(const struct form *f)
{
	return f->version;
}

const char *form_title(const struct form *f, bool arabic)
{
	return arabic ? f->title_ar : f->title_en;
}

size_t form_field_count(const struct form *f)
{
	return f->field_count;
}

const struct form_field *form_field(const struct form *f, size_t i)
{
	assert(i < f->field_count);
	return &f->fields[i];
}

int form_field_find(const struct form *f, const char *name)
{
	const struct name_index *x = &f->field_index;
	size_t low = 0;
	size_t high = x->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(name, f->fields[x->order[middle]].name);

		if (order == 0)
			return (int)x->order[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return -1;
}

size_t form_entry_type_count(const struct form *f)
{
	return f->entry_count;
}

const struct form_entry_type *form_entry_type(const struct form *f, size_t i)
{
	assert(i < f->entry_count);
	return &f->entries[i];
}

int form_entry_type_find(const struct form *f, const char *name)
{
	for (size_t i = 0; i < f->entry_count; i++)
		if (strcmp(f->entries[i].name, name) == 0)
			return (int)i;
	return -1;
}

size_t form_group_count(const struct form *f)
{
	return f->group_count;
}

const struct form_group *form_group(const struct form *f, size_t i)
{
	assert(i < f->group_count);
	return &f->groups[i];
}

int form_group_find(const struct form *f, const char *name)
{
	for (size_t i = 0; i < f->group_count; i++)
		if (strcmp(f->groups[i].name, name) == 0)
			return (int)i;
	return -1;
}

size_t form_list_count(const struct form *f)
{
	return f->list_count;
}

const struct form_list *form_list(const struct form *f, size_t i)
{
	assert(i < f->list_count);
	return &f->lists[i];
}

/* Order of a code that is not NUL-terminated against one that is. */
static int compare_code(const char *code, size_t len, const char *other)
{
	int order = strncmp(code, other, len);

	return order != 0 ? order : (other[len] == '\0' ? 0 : -1);
}

int form_choice_find(const struct form *f, int list, const char *code, size_t code_len)
{
	const struct form_list *l;
	const uint32_t *order;
	size_t low = 0;
	size_t high;

	assert(list >= 0);
	assert((size_t)list < f->list_count);
	if (code_len > FORM_NAME_BYTES_MAX || memchr(code, '\0', code_len))
		return -1;
	l = &f->lists[list];
	order = choice_order(f, l);
	high = l->choice_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int side = compare_code(code, code_len, l->choices[order[middle]].code);

		if (side == 0)
			return (int)order[middle];
		if (side < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return -1;
}

bool form_field_fits(const struct form *f, size_t field, size_t entry_type)
{
	if (field >= f->field_count || entry_type >= f->entry_count)
		return false;
	if (field == FORM_FIELD_GONE)
		return entry_type != FORM_ENTRY_ROOT;
	return f->fields[field].entry_type == entry_type;
}
