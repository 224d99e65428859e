/*
 * case: see case.h.
 */
#include "server/case.h"

#include <stdlib.h>
#include <string.h>

#include "proto/form/value.h"
#include "server/papers.h"

static int no_memory(void)
{
	return err_set(ERR_NOMEM, "no memory for cases");
}

static char *column_copy(struct db_stmt *s, int column)
{
	size_t len;
	const char *text = db_text_len(s, column, &len);

	return strndup(text, len);
}

/* ---- The list ---- */

static int collect_cases(struct centre *c, struct db_stmt *s, struct case_list *l)
{
	int got;

	while ((got = db_step(s)) == 1) {
		const struct form *form;
		int err = centre_form_by_id(c, db_int(s, 10), &form);
		struct case_line *more = err ? NULL : realloc(l->items, (l->count + 1) * sizeof *more);

		if (!more)
			return err ? err : no_memory();
		l->items = more;
		more[l->count] = (struct case_line){
			.case_id = db_u64(s, 0),
			.branch_id = db_int(s, 1),
			.branch = column_copy(s, 2),
			.opened_ms = db_int(s, 3),
			.opened_by = (uint32_t)db_int(s, 4),
			.changed_at = db_u64(s, 5),
			.entry_count = db_u64(s, 6),
			.open_conflicts = db_u64(s, 7),
			.flags = db_u64(s, 8),
			.is_checked = db_int(s, 9) != 0,
			.form = form_id(form),
		};
		if (!more[l->count++].branch)
			return no_memory();
	}
	return got;
}

int case_list(struct centre *c, int64_t branch_id, uint64_t before, size_t max, struct case_list *out)
{
	struct case_list l = { NULL, 0 };
	struct db_stmt *s;
	int err = db_prepare(c->db,
		"SELECT k.case_id, k.branch_id, b.name, k.opened_ms, k.opened_by, k.changed_at, "
		"(SELECT count(DISTINCT r.entry_id) FROM register r WHERE r.case_id = k.case_id) - "
		"(SELECT count(*) FROM register g WHERE g.case_id = k.case_id AND g.field = '_gone' AND g.value <> ''), "
		"(SELECT count(*) FROM conflict x WHERE x.case_id = k.case_id AND x.state = 1), "
		"(SELECT count(*) FROM flag l WHERE l.case_id = k.case_id), "
		"k.changed_at = ifnull((SELECT h.checked_at FROM case_check h WHERE h.case_id = k.case_id AND h.failed IS NULL), 0), k.form_id "
		"FROM aid_case k JOIN branch b ON b.branch_id = k.branch_id "
		"WHERE (?1 = 0 OR k.branch_id = ?1) AND k.changed_at < ?2 ORDER BY k.changed_at DESC LIMIT ?3",
		&s);

	memset(out, 0, sizeof *out);
	if (err)
		return err;
	db_bind_int(s, 1, branch_id);
	db_bind_int(s, 2, before && before < INT64_MAX ? (int64_t)before : INT64_MAX);
	db_bind_int(s, 3, max < INT64_MAX ? (int64_t)max : INT64_MAX);
	err = collect_cases(c, s, &l);
	db_done(s);
	if (err) {
		case_list_fini(&l);
		return err;
	}
	*out = l;
	return 0;
}

void case_list_fini(struct case_list *l)
{
	for (size_t i = 0; i < l->count; i++)
		free(l->items[i].branch);
	free(l->items);
	memset(l, 0, sizeof *l);
}

/* ---- One case ---- */

static int load_head(struct centre *c, struct case_file *f)
{
	struct db_stmt *s;
	int64_t form_row;
	int err = db_prepare(c->db,
		"SELECT k.branch_id, b.name, k.opened_ms, k.opened_by, k.changed_at, k.form_id FROM aid_case k "
		"JOIN branch b ON b.branch_id = k.branch_id WHERE k.case_id = ?1",
		&s);

	if (err)
		return err;
	db_bind_u64(s, 1, f->case_id);
	err = db_row(s);
	if (err)
		return err == ERR_NOT_FOUND ? err_set(ERR_NOT_FOUND, "the case does not exist") : err;
	f->branch_id = db_int(s, 0);
	f->branch = column_copy(s, 1);
	f->opened_ms = db_int(s, 2);
	f->opened_by = (uint32_t)db_int(s, 3);
	f->changed_at = db_u64(s, 4);
	form_row = db_int(s, 5);
	db_done(s);
	return f->branch ? centre_form_by_id(c, form_row, &f->form) : no_memory();
}

/* What one register is in the tables of a form: the case's when that can say it, else the newest that can. */
static int say(struct centre *c, const struct case_file *f, struct db_stmt *s, struct papers_said *out)
{
	const struct papers_saying saying = {
		.entry_type = db_text(s, 1), .field = db_text(s, 2), .value = db_text(s, 3), .value_len = strlen(db_text(s, 3))
	};
	struct papers_family family;
	int type = form_entry_type_find(f->form, saying.entry_type);
	int field = type < 0 ? -1 : form_field_find_in(f->form, (size_t)type, saying.field);
	int err;

	*out = (struct papers_said){ .form = f->form, .entry_type = (uint16_t)type, .field = (uint16_t)field };
	if (field >= 0 && (saying.value_len == 0 || value_check(f->form, (size_t)field, saying.value, saying.value_len) == 0))
		return 0;
	err = papers_family(c, form_id(f->form), &family);
	return err ? err : papers_say(c, &family, &saying, out);
}

/* Rows come by entry, so the entry is the last one or a new one. */
static int enter_entry(struct case_file *f, uint64_t entry_id, const char *type_name, const struct papers_said *said)
{
	int type = form_entry_type_find(f->form, type_name);
	struct case_entry *more;

	if (f->entry_count && f->entries[f->entry_count - 1].entry_id == entry_id)
		return 0;
	more = realloc(f->entries, (f->entry_count + 1) * sizeof *more);
	if (!more)
		return no_memory();
	f->entries = more;
	more[f->entry_count++] = (struct case_entry){
		.entry_id = entry_id,
		.form = type < 0 ? said->form : f->form,
		.entry_type = type < 0 ? said->entry_type : (size_t)type,
	};
	return 0;
}

static int add_register(struct case_entry *entry, struct db_stmt *s, const struct papers_said *said)
{
	struct case_register *more = realloc(entry->registers, (entry->register_count + 1) * sizeof *more);
	struct case_register *r;

	if (!more)
		return no_memory();
	entry->registers = more;
	r = &more[entry->register_count++];
	*r = (struct case_register){
		.form = said->form,
		.field = said->field,
		.name = form_field(said->form, said->field)->name,
		.value = column_copy(s, 3),
		.at = db_u64(s, 4),
		.writer = (uint32_t)db_int(s, 5),
		.author = (uint32_t)db_int(s, 6),
		.author_name = column_copy(s, 7),
		.reason = column_copy(s, 8),
		.conflict_id = db_int(s, 9),
	};
	return r->value && r->author_name && r->reason ? 0 : no_memory();
}

static int load_registers(struct centre *c, struct case_file *f)
{
	struct db_stmt *s;
	int got;
	int err = db_prepare(c->db,
		"SELECT r.entry_id, r.entry_type, r.field, r.value, r.at, r.writer, r.author, p.name, r.reason, x.conflict_id "
		"FROM register r LEFT JOIN person p ON p.person_id = r.author LEFT JOIN conflict x ON x.case_id = r.case_id "
		"AND x.entry_id = r.entry_id AND x.field = r.field AND x.state = 1 WHERE r.case_id = ?1 ORDER BY r.entry_id",
		&s);

	if (err)
		return err;
	db_bind_u64(s, 1, f->case_id);
	while (!err && (got = db_step(s)) != 0) {
		struct case_entry *entry;
		struct papers_said said;

		err = got < 0 ? got : say(c, f, s, &said);
		if (!err)
			err = enter_entry(f, db_u64(s, 0), db_text(s, 1), &said);
		if (err)
			break;
		entry = &f->entries[f->entry_count - 1];
		if (strcmp(db_text(s, 2), FORM_FIELD_GONE_NAME) == 0)
			entry->is_gone = *db_text(s, 3) != '\0';
		else
			err = add_register(entry, s, &said);
	}
	db_done(s);
	return err;
}

/* Conflicts on removals: the removal register itself may never have been set. */
static int load_gone_conflicts(struct centre *c, struct case_file *f)
{
	struct db_stmt *s;
	int got;
	int err = db_prepare(c->db, "SELECT conflict_id, entry_id FROM conflict WHERE case_id = ?1 AND field = '_gone' AND state = 1", &s);

	if (err)
		return err;
	db_bind_u64(s, 1, f->case_id);
	while ((got = db_step(s)) == 1)
		for (size_t i = 0; i < f->entry_count; i++)
			if (f->entries[i].entry_id == db_u64(s, 1))
				f->entries[i].gone_conflict_id = db_int(s, 0);
	db_done(s);
	return got;
}

/* Those of another form than the first one's stand behind; within an entry likewise. */
static int compare_entries(const void *a, const void *b)
{
	const struct case_entry *x = a;
	const struct case_entry *y = b;

	if (x->is_foreign != y->is_foreign)
		return x->is_foreign ? 1 : -1;
	if (x->entry_type != y->entry_type)
		return x->entry_type < y->entry_type ? -1 : 1;
	return x->entry_id < y->entry_id ? -1 : x->entry_id > y->entry_id;
}

static int compare_registers(const void *a, const void *b)
{
	const struct case_register *x = a;
	const struct case_register *y = b;

	if (x->is_foreign != y->is_foreign)
		return x->is_foreign ? 1 : -1;
	if (x->field != y->field)
		return x->field < y->field ? -1 : 1;
	return strcmp(x->name, y->name);
}

static void put_in_form_order(struct case_file *f)
{
	for (size_t i = 0; i < f->entry_count; i++) {
		f->entries[i].is_foreign = f->entries[i].form != f->form;
		for (size_t r = 0; r < f->entries[i].register_count; r++)
			f->entries[i].registers[r].is_foreign = f->entries[i].registers[r].form != f->form;
	}
	for (size_t i = 0; i < f->entry_count; i++)
		if (f->entries[i].register_count)
			qsort(f->entries[i].registers, f->entries[i].register_count, sizeof *f->entries[i].registers, compare_registers);
	if (f->entry_count)
		qsort(f->entries, f->entry_count, sizeof *f->entries, compare_entries);
}

int case_load(struct centre *c, uint64_t case_id, struct case_file *out)
{
	struct case_file f = { .case_id = case_id };
	int err = load_head(c, &f);

	memset(out, 0, sizeof *out);
	if (!err)
		err = load_registers(c, &f);
	if (!err)
		err = load_gone_conflicts(c, &f);
	if (err) {
		case_fini(&f);
		return err;
	}
	put_in_form_order(&f);
	*out = f;
	return 0;
}

void case_fini(struct case_file *f)
{
	for (size_t i = 0; i < f->entry_count; i++) {
		struct case_entry *entry = &f->entries[i];

		for (size_t r = 0; r < entry->register_count; r++) {
			free(entry->registers[r].value);
			free(entry->registers[r].author_name);
			free(entry->registers[r].reason);
		}
		free(entry->registers);
	}
	free(f->entries);
	free(f->branch);
	memset(f, 0, sizeof *f);
}

const struct case_entry *case_find_entry(const struct case_file *f, size_t entry_type, uint64_t entry_id)
{
	const struct case_entry key = { .entry_id = entry_id, .entry_type = entry_type };

	return f->entry_count ? bsearch(&key, f->entries, f->entry_count, sizeof key, compare_entries) : NULL;
}

const struct case_register *case_find_register(const struct case_file *f, size_t entry_type, uint64_t entry_id, size_t field)
{
	const struct case_entry *entry = case_find_entry(f, entry_type, entry_id);
	const struct case_register key = { .field = field, .name = form_field(f->form, field)->name };

	if (!entry || entry->register_count == 0)
		return NULL;
	return bsearch(&key, entry->registers, entry->register_count, sizeof key, compare_registers);
}

/* ---- Values for people ---- */

bool case_is_withheld(const struct form *form, size_t field, enum form_writer role, bool is_admin)
{
	int node = form_field(form, field)->node;
	const char *restricted = node < 0 ? "" : form_node(form, (size_t)node)->restricted;

	return *restricted && !is_admin && strcmp(restricted, form_writer_name(role)) != 0;
}

static void display_code(const struct reflist *l, const char *code, size_t len, bool arabic, struct buf *out)
{
	int at = reflist_find(l, code, len);

	if (at >= 0)
		buf_text(out, reflist_label(l, (size_t)at, arabic));
	else
		buf_append(out, code, len);
}

void case_display(struct centre *c, const struct form *form, size_t field, const char *value, uint32_t day, bool arabic, struct buf *out)
{
	const struct form_field *f = form_field(form, field);
	const struct form_list *list = f->list < 0 ? NULL : form_list(form, (size_t)f->list);
	const struct reflist *l = list && list->choice_count == 0 && *value ? papers_list(c, list->name, day) : NULL;

	if (!l) {
		value_display(form, field, value, arabic, out);
		return;
	}
	while (*value) {
		size_t len = f->type == FORM_SELECT_ONE ? strlen(value) : strcspn(value, " ");

		display_code(l, value, len, arabic, out);
		value += len + strspn(value + len, " ");
		if (*value)
			buf_text(out, arabic ? "، " : ", ");
	}
}

/* ---- History ---- */

int case_history(struct centre *c, uint64_t case_id, struct ledger_history *out)
{
	return ledger_history(c, case_id, 0, NULL, out);
}
