/*
 * xlsform_entities: declarations of entities (a sheet of that name, the column save_to): checked and passed over.
 *
 * Entities are records that other systems keep beside their forms. Mandoob has its register instead, so nothing is made of them, and a
 * form that declares them works without. What is wrong is told all the same, since the author will use the workbook elsewhere too.
 *
 * An entity stands in a container: the form, a group or a repeat, each of which has room for one. Its scope is the deepest repeat that it
 * refers into. Its place is the innermost container around all that it saves; when that is taken, the one around that, up to its scope.
 */
#include <stdio.h>
#include <string.h>

#include "server/author/xlsform_parts.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define ENTITIES_MAX 64
#define REFERENCES_MAX 4096
#define FOLDED_BYTES_MAX 128

enum column { COLUMN_LIST, COLUMN_LABEL, COLUMN_CREATE, COLUMN_UPDATE, COLUMN_ID, COLUMN_REPEAT, COLUMN_COUNT };

static const struct {
	const char *folded;
	enum column column;
} COLUMNS[] = {
	{ "list name", COLUMN_LIST }, { "dataset", COLUMN_LIST }, { "label", COLUMN_LABEL }, { "create if", COLUMN_CREATE },
	{ "update if", COLUMN_UPDATE }, { "entity id", COLUMN_ID }, { "repeat", COLUMN_REPEAT },
};

struct entity {
	const char *cells[COLUMN_COUNT]; /* "" when empty */
	int columns[COLUMN_COUNT];       /* -1 */
	size_t row;
	size_t scope;                    /* container: the form or a repeat */
	bool is_odd;
};

/* The form, a group or a repeat. */
struct container {
	size_t parent;
	size_t depth;
	bool is_repeat;
	const struct entity *taken;      /* stands here, or refers through here */
};

/* What an entity refers to: the container of a question. */
struct target {
	struct entity *entity;
	size_t container;
	const struct xlsform_line *line; /* of a save_to; NULL: a name in the declaration */
	const char *property;
};

struct entities {
	struct xlsform *x;
	struct entity items[ENTITIES_MAX];
	size_t count;
	struct container *containers;
	size_t container_count;
	size_t *of_row;                  /* container of each row of the form */
	struct target targets[REFERENCES_MAX];
	size_t target_count;
	size_t name_count;               /* looked for, at most REFERENCES_MAX in all */
};

static struct problem_place place(const struct entities *e, const struct entity *item, enum column column)
{
	const struct xlsform_table *t = &e->x->entities;
	int c = item->columns[column];

	if (c < 0)
		for (size_t i = 0; i < t->head_count; i++)
			if (t->heads[i].header != NULL && t->heads[i].id == (int)column)
				c = (int)i;
	return (struct problem_place){ t->sheet->name, item->row, c, c >= 0 ? t->heads[c].header : NULL };
}

bool xlsform_entities_has(const struct xlsform *x, const char *name)
{
	const struct xlsform_table *t = &x->entities;

	for (size_t r = 1; t->sheet != NULL && r < t->sheet->row_count; r++)
		for (size_t c = 0; c < t->sheet->rows[r].cell_count; c++)
			if (strcmp(t->sheet->rows[r].cells[c].text, name) == 0)
				return true;
	return false;
}

void xlsform_entities_container(struct xlsform *x, const struct xlsform_line *line)
{
	if (line->plain[XLSFORM_SAVE_TO].text[0] != '\0')
		xlsform_error(x, xlsform_at_cell(line, XLSFORM_SAVE_TO), "A group or repeat has no answer to save: \"%s\". Move it to a question.",
			"ليس للمجموعة أو التكرار إجابة تُحفظ: «%s». انقلها إلى سؤال.", xlsform_quote(x, line->plain[XLSFORM_SAVE_TO].text));
}

/* ---- the sheet ---- */

static bool read_headers(struct entities *e)
{
	struct xlsform_table *t = &e->x->entities;
	bool is_sound = true;

	for (size_t i = 0; i < t->sheet->rows[0].cell_count; i++) {
		const struct workbook_cell *cell = &t->sheet->rows[0].cells[i];
		struct xlsform_head *head = &t->heads[cell->column];
		char folded[FOLDED_BYTES_MAX];

		head->header = cell->text;
		head->id = -1;
		xlsform_words_fold(cell->text, folded, sizeof(folded));
		for (size_t c = 0; c < COUNT(COLUMNS); c++)
			if (strcmp(folded, COLUMNS[c].folded) == 0)
				head->id = (int)COLUMNS[c].column;
		if (head->id >= 0)
			continue;
		is_sound = false;
		xlsform_error(e->x, (struct problem_place){ t->sheet->name, t->sheet->rows[0].number, (int)cell->column, cell->text },
			"This sheet has no column \"%s\". It knows list_name, label, create_if, update_if and entity_id.",
			"لا تعرف هذه الورقة العمود «%s». أعمدتها: list_name وlabel وcreate_if وupdate_if وentity_id.", xlsform_quote(e->x, cell->text));
	}
	return is_sound;
}

static void check_name(struct entities *e, struct entity *item)
{
	const char *name = item->cells[COLUMN_LIST];
	struct problem_place at = place(e, item, COLUMN_LIST);

	if (name[0] == '\0' || !form_is_name(name) || strncmp(name, "__", 2) == 0 || strchr(name, '.') != NULL) {
		item->is_odd = true;
		xlsform_error(e->x, at, "An entity list needs a name of letters, digits and _ that begins with a letter; this is none: \"%s\".",
			"قائمة الكيانات تحتاج إلى اسم من حروف وأرقام و_ يبدأ بحرف، وهذا ليس كذلك: «%s».", xlsform_quote(e->x, name));
		return;
	}
	for (size_t i = 0; i < e->count; i++)
		if (&e->items[i] != item && strcmp(e->items[i].cells[COLUMN_LIST], name) == 0) {
			item->is_odd = true;
			xlsform_error(e->x, at, "The entity list \"%s\" stands in row %zu already. Declare it once.",
				"قائمة الكيانات «%s» مذكورة في الصف %zu. اذكرها مرة واحدة.", xlsform_quote(e->x, name), e->items[i].row);
			return;
		}
}

/* Whether the form reads a file of that name. */
static bool is_read(const struct xlsform *x, const char *name)
{
	for (const struct xlsform_source *s = x->sources; s != NULL; s = s->next)
		if (strcmp(s->name, name) == 0)
			return true;
	return false;
}

static void check_declaration(struct entities *e, const struct entity *item)
{
	bool creates = item->cells[COLUMN_CREATE][0] != '\0', updates = item->cells[COLUMN_UPDATE][0] != '\0';
	bool has_id = item->cells[COLUMN_ID][0] != '\0';
	const char *name = xlsform_quote(e->x, item->cells[COLUMN_LIST]);

	if ((creates || !has_id) && !updates && item->cells[COLUMN_LABEL][0] == '\0')
		xlsform_error(e->x, place(e, item, COLUMN_LABEL), "Entities of \"%s\" are created without label. Write one.",
			"تُنشأ كيانات القائمة «%s» بلا تسمية. اكتب التسمية.", name);
	if (has_id && creates && !updates)
		xlsform_error(e->x, place(e, item, COLUMN_UPDATE), "\"%s\" has entity_id and create_if and so needs update_if as well.",
			"للقائمة «%s» entity_id وcreate_if، ولذلك تحتاج إلى update_if أيضًا.", name);
	if (has_id && !is_read(e->x, item->cells[COLUMN_LIST]))
		xlsform_error(e->x, place(e, item, COLUMN_ID), "Entities of \"%s\" are updated, but no question or csv-external reads that list.",
			"تُحدَّث كيانات القائمة «%s»، ولا يقرأ هذه القائمة أي سؤال ولا csv-external.", name);
	if (updates && !has_id)
		xlsform_error(e->x, place(e, item, COLUMN_ID), "\"%s\" has update_if and so needs entity_id.",
			"للقائمة «%s» update_if، ولذلك تحتاج إلى entity_id.", name);
}

static void read_row(struct entities *e, const struct workbook_row *row)
{
	const struct xlsform_table *t = &e->x->entities;
	struct entity *item = &e->items[e->count];

	*item = (struct entity){ .row = row->number };
	for (size_t c = 0; c < COLUMN_COUNT; c++) {
		item->cells[c] = "";
		item->columns[c] = -1;
	}
	for (size_t i = 0; i < row->cell_count; i++) {
		const struct workbook_cell *cell = &row->cells[i];

		if (cell->column >= t->head_count || t->heads[cell->column].header == NULL)
			continue;
		item->cells[t->heads[cell->column].id] = cell->text;
		item->columns[t->heads[cell->column].id] = (int)cell->column;
	}
	e->count++;
	check_name(e, item);
	check_declaration(e, item);
	for (size_t c = COLUMN_LABEL; c < COLUMN_COUNT; c++)
		if (item->columns[c] >= 0)
			xlsform_refer_text(e->x, place(e, item, (enum column)c), item->cells[c]);
}

/* ---- containers ---- */

static int find_containers(struct entities *e)
{
	const struct xlsform *x = e->x;
	size_t now = 0;

	e->containers = arena_alloc(x->arena, x->row_count + 1, sizeof(*e->containers));
	e->of_row = arena_alloc(x->arena, x->row_count + 1, sizeof(*e->of_row));
	if (e->containers == NULL || e->of_row == NULL)
		return arena_error(x->arena);
	e->container_count = 1;
	e->containers[0].is_repeat = true;
	for (size_t i = 0; i < x->row_count; i++) {
		if (x->rows[i].is_end)
			now = e->containers[now].parent;
		if (x->rows[i].is_begin) {
			e->containers[e->container_count] = (struct container){ .parent = now, .depth = e->containers[now].depth + 1,
				.is_repeat = x->rows[i].control == XLSFORM_REPEAT };
			now = e->container_count++;
		}
		e->of_row[i] = now;
	}
	return 0;
}

/* The form or the repeat around a container. */
static size_t scope_of(const struct entities *e, size_t container)
{
	while (!e->containers[container].is_repeat)
		container = e->containers[container].parent;
	return container;
}

static bool is_within(const struct entities *e, size_t container, size_t outer)
{
	while (container != outer && container != 0)
		container = e->containers[container].parent;
	return container == outer;
}

/* ---- what entities refer to ---- */

static struct target *add_target(struct entities *e, struct entity *item, size_t container)
{
	struct target *t = &e->targets[e->target_count];

	if (e->target_count == REFERENCES_MAX)
		return NULL;
	*t = (struct target){ .entity = item, .container = container, .property = "" };
	e->target_count++;
	return t;
}

static void refer_name(struct entities *e, struct entity *item, const char *name, size_t len)
{
	for (size_t i = 0; i < e->x->row_count; i++) {
		const struct xlsform_row *row = &e->x->rows[i];

		if (!row->is_end && strncmp(row->name, name, len) == 0 && row->name[len] == '\0') {
			add_target(e, item, row->is_begin ? e->containers[e->of_row[i]].parent : e->of_row[i]);
			return;
		}
	}
}

static void refer_names(struct entities *e, struct entity *item)
{
	for (size_t c = COLUMN_LABEL; c < COLUMN_COUNT; c++)
		for (const char *at = strstr(item->cells[c], "${"); at != NULL && e->name_count++ < REFERENCES_MAX; at = strstr(at + 2, "${"))
			refer_name(e, item, at + 2, strcspn(at + 2, "}"));
}

static void check_property(struct entities *e, const struct target *made)
{
	const char *name = made->property;
	struct problem_place at = xlsform_at_cell(made->line, XLSFORM_SAVE_TO);

	if (!form_is_name(name) || strncmp(name, "__", 2) == 0 || strcasecmp(name, "name") == 0 || strcasecmp(name, "label") == 0)
		xlsform_error(e->x, at, "\"%s\" cannot be the name of a property: a letter first, then letters, digits and _; not name or label.",
			"لا يصلح «%s» اسمًا لخاصية: يبدأ بحرف وتليه حروف وأرقام و_، ولا يكون name ولا label.", xlsform_quote(e->x, name));
	for (size_t i = 0; i + 1 < e->target_count; i++)
		if (e->targets[i].line != NULL && e->targets[i].entity == made->entity && strcmp(e->targets[i].property, name) == 0)
			xlsform_error(e->x, at, "The property \"%s\" is saved from row %zu already. Take one of the two away.",
				"تُحفظ الخاصية «%s» من الصف %zu. احذف أحد الموضعين.", xlsform_quote(e->x, name), e->targets[i].line->number);
}

static struct entity *find_entity(struct entities *e, const char *name, size_t len)
{
	for (size_t i = 0; i < e->count; i++)
		if (strncmp(e->items[i].cells[COLUMN_LIST], name, len) == 0 && e->items[i].cells[COLUMN_LIST][len] == '\0')
			return &e->items[i];
	return NULL;
}

static void read_save_to(struct entities *e, const struct xlsform_row *row, size_t container)
{
	const char *text = row->line->plain[XLSFORM_SAVE_TO].text;
	const char *hash = strchr(text, '#');
	struct problem_place at = xlsform_at_cell(row->line, XLSFORM_SAVE_TO);
	struct entity *item = hash != NULL ? find_entity(e, text, (size_t)(hash - text)) : e->count == 1 ? &e->items[0] : NULL;
	struct target *made;

	if (e->count == 0)
		xlsform_error(e->x, at, "\"%s\" is saved to an entity, but there is no sheet entities that declares one.",
			"تُحفظ «%s» في كيان، ولا توجد ورقة entities تعرّفه.", xlsform_quote(e->x, text));
	else if (hash != NULL && strchr(hash + 1, '#') != NULL)
		xlsform_error(e->x, at, "\"%s\" has more than one #. Write LIST#PROPERTY.", "في «%s» أكثر من علامة #. اكتب: LIST#PROPERTY.",
			xlsform_quote(e->x, text));
	else if (item == NULL && hash != NULL)
		xlsform_error(e->x, at, "\"%s\" names no list of the sheet entities before the #. Correct it.",
			"لا تذكر «%s» قبل علامة # قائمة من الورقة entities. صحّحها.", xlsform_quote(e->x, text));
	else if (item == NULL)
		xlsform_error(e->x, at, "There are several entities, so \"%s\" must say to which it belongs. Write LIST#PROPERTY.",
			"توجد عدة كيانات، فيجب أن تبيّن «%s» لأيها هي. اكتب: LIST#PROPERTY.", xlsform_quote(e->x, text));
	else {
		made = add_target(e, item, container);
		if (made == NULL)
			return;
		made->line = row->line;
		made->property = hash != NULL ? hash + 1 : text;
		check_property(e, made);
	}
}

/* ---- where entities stand ---- */

/* The deepest scope that the entity refers into; a reference from another lineage is told. */
static void find_scope(struct entities *e, struct entity *item)
{
	for (size_t i = 0; i < e->target_count; i++) {
		size_t scope = scope_of(e, e->targets[i].container);

		if (e->targets[i].entity == item && is_within(e, scope, item->scope))
			item->scope = scope;
	}
	for (size_t i = 0; i < e->target_count && !item->is_odd; i++) {
		const struct target *t = &e->targets[i];
		size_t scope = scope_of(e, t->container);

		if (t->entity != item || (t->line != NULL ? scope == item->scope : is_within(e, item->scope, scope)))
			continue;
		item->is_odd = true;
		xlsform_error(e->x, t->line != NULL ? xlsform_at_cell(t->line, XLSFORM_SAVE_TO) : place(e, item, COLUMN_LABEL),
			"The entity \"%s\" refers into several repeats. All that it saves stands in one.",
			"يشير الكيان «%s» إلى أكثر من تكرار. يجب أن يكون كل ما يُحفظ فيه في تكرار واحد.", xlsform_quote(e->x, item->cells[COLUMN_LIST]));
	}
}

/* Where an entity would stand: around all that it saves; else beside the deepest question that it names; else in the form. */
static size_t wanted(const struct entities *e, const struct entity *item)
{
	bool has_saved = false;
	size_t out = item->scope;

	for (size_t i = 0; i < e->target_count; i++) {
		const struct target *t = &e->targets[i];

		if (t->entity != item || t->line == NULL || scope_of(e, t->container) != item->scope)
			continue;
		if (!has_saved)
			out = t->container;
		has_saved = true;
		while (!is_within(e, t->container, out))
			out = e->containers[out].parent;
	}
	for (size_t i = 0; i < e->target_count && !has_saved; i++) {
		const struct target *t = &e->targets[i];

		if (t->entity == item && scope_of(e, t->container) == item->scope &&
			e->containers[t->container].depth > e->containers[out].depth)
			out = t->container;
	}
	return out;
}

static void take_path(struct entities *e, const struct entity *item, size_t from, size_t to)
{
	for (size_t at = from;; at = e->containers[at].parent) {
		if (e->containers[at].taken == NULL)
			e->containers[at].taken = item;
		if (at == to || at == 0)
			return;
	}
}

static void allocate(struct entities *e, struct entity *item)
{
	size_t at;

	find_scope(e, item);
	if (item->is_odd)
		return;
	for (at = wanted(e, item); e->containers[at].taken != NULL && at != item->scope; at = e->containers[at].parent)
		;
	if (e->containers[at].taken != NULL) {
		xlsform_error(e->x, place(e, item, COLUMN_LIST), "The entity \"%s\" has no place: that of row %zu stands there. A form, group or repeat has room for one.",
			"لا موضع للكيان «%s»، ففيه كيان الصف %zu. لا يتسع النموذج أو المجموعة أو التكرار إلا لكيان واحد.",
			xlsform_quote(e->x, item->cells[COLUMN_LIST]), e->containers[at].taken->row);
		return;
	}
	e->containers[at].taken = item;
	for (size_t i = 0; i < e->target_count; i++)
		if (e->targets[i].entity == item && e->targets[i].line != NULL && is_within(e, e->targets[i].container, at))
			take_path(e, item, e->targets[i].container, at);
}

static bool read_sheet(struct entities *e)
{
	struct xlsform_table *t = &e->x->entities;

	if (t->sheet == NULL || t->sheet->row_count < 2)
		return true;
	if (!read_headers(e))
		return false;
	for (size_t r = 1; r < t->sheet->row_count && e->count < ENTITIES_MAX; r++)
		read_row(e, &t->sheet->rows[r]);
	xlsform_warning(e->x, (struct problem_place){ t->sheet->name, 0, -1, NULL },
		"Entities are not supported by Mandoob, which has a register of its own; this sheet is passed over.%s",
		"الكيانات (entities) غير مدعومة في مندوب، فله سجله الخاص، ولن تُقرأ هذه الورقة.%s", "");
	return true;
}

int xlsform_entities_check(struct xlsform *x)
{
	struct entities *e = arena_alloc(x->arena, 1, sizeof(*e));
	int rc;

	if (e == NULL)
		return arena_error(x->arena);
	e->x = x;
	rc = find_containers(e);
	if (rc != 0 || !read_sheet(e))
		return rc;
	for (size_t i = 0; i < x->row_count; i++) {
		const struct xlsform_row *row = &x->rows[i];

		if (!row->is_begin && !row->is_end && !row->is_generated && row->line->plain[XLSFORM_SAVE_TO].text[0] != '\0')
			read_save_to(e, row, e->of_row[i]);
	}
	for (size_t i = 0; i < e->count; i++)
		refer_names(e, &e->items[i]);
	for (size_t i = 0; i < e->count; i++)
		if (!e->items[i].is_odd)
			allocate(e, &e->items[i]);
	return 0;
}
