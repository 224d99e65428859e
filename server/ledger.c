/*
 * ledger: see ledger.h.
 */
#include "server/ledger.h"

#include <stdlib.h>
#include <string.h>

#include "proto/base/arena.h"

#define HISTORY_BYTES_MAX ((size_t)256 * 1024 * 1024) /* of one case: 20,000 edits of the longest value, and to spare */

int ledger_group_add(struct centre *c, const struct ledger_group *g, int64_t *group_id)
{
	struct db_stmt *s;
	int err = db_prepare(c->db,
		"INSERT INTO edit_group (site, number, hash, seq, case_id, author, role, form_id, wall_ms, mono_ms, boot_id, seen, "
		"received_ms, reason) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
		&s);

	*group_id = 0;
	if (err)
		return err;
	db_bind_int(s, 1, g->site);
	db_bind_u64(s, 2, g->number);
	db_bind_blob(s, 3, g->hash, sizeof g->hash);
	if (g->seq)
		db_bind_u64(s, 4, g->seq);
	db_bind_u64(s, 5, g->case_id);
	db_bind_int(s, 6, g->author);
	db_bind_int(s, 7, g->role);
	db_bind_int(s, 8, g->form_id);
	db_bind_int(s, 9, g->wall_ms);
	db_bind_int(s, 10, g->mono_ms);
	db_bind_blob(s, 11, g->boot_id, sizeof g->boot_id);
	db_bind_u64(s, 12, g->seen);
	db_bind_int(s, 13, g->received_ms);
	db_bind_text(s, 14, g->reason);
	err = db_run(s);
	if (!err)
		*group_id = db_last_id(c->db);
	return err;
}

/*
 * One row, and EDITS_AT_ONCE of them: the same columns for group ?1 and positions from ?2 on. Several rows a statement are a quarter
 * faster.
 */
#define EDITS_AT_ONCE 16
#define EDIT_INSERT "INSERT INTO edit (group_id, position, entry_id, field, value, outcome, at) VALUES "
static const char EDIT_ONE[] = EDIT_INSERT "(?1, ?2, ?3, ?4, ?5, ?6, ?7)";
static const char EDIT_MANY[] = EDIT_INSERT "(?1, ?2 + 0, ?3, ?4, ?5, ?6, ?7), (?1, ?2 + 1, ?8, ?9, ?10, ?11, ?12), "
					    "(?1, ?2 + 2, ?13, ?14, ?15, ?16, ?17), (?1, ?2 + 3, ?18, ?19, ?20, ?21, ?22), "
					    "(?1, ?2 + 4, ?23, ?24, ?25, ?26, ?27), (?1, ?2 + 5, ?28, ?29, ?30, ?31, ?32), "
					    "(?1, ?2 + 6, ?33, ?34, ?35, ?36, ?37), (?1, ?2 + 7, ?38, ?39, ?40, ?41, ?42), "
					    "(?1, ?2 + 8, ?43, ?44, ?45, ?46, ?47), (?1, ?2 + 9, ?48, ?49, ?50, ?51, ?52), "
					    "(?1, ?2 + 10, ?53, ?54, ?55, ?56, ?57), (?1, ?2 + 11, ?58, ?59, ?60, ?61, ?62), "
					    "(?1, ?2 + 12, ?63, ?64, ?65, ?66, ?67), (?1, ?2 + 13, ?68, ?69, ?70, ?71, ?72), "
					    "(?1, ?2 + 14, ?73, ?74, ?75, ?76, ?77), (?1, ?2 + 15, ?78, ?79, ?80, ?81, ?82)";

static int add_edits(struct centre *c, const char *sql, int64_t group_id, size_t first, const struct ledger_edit *edits, size_t count)
{
	struct db_stmt *s;
	int at = 3;
	int err = db_prepare(c->db, sql, &s);

	if (err)
		return err;
	db_bind_int(s, 1, group_id);
	db_bind_int(s, 2, (int64_t)first);
	for (size_t i = 0; i < count; i++, at += 5) {
		db_bind_u64(s, at, edits[i].entry_id);
		db_bind_text(s, at + 1, edits[i].field);
		db_bind_text_len(s, at + 2, edits[i].value_len ? edits[i].value : "", edits[i].value_len);
		db_bind_int(s, at + 3, edits[i].outcome);
		if (edits[i].at)
			db_bind_u64(s, at + 4, edits[i].at);
	}
	return db_run(s);
}

int ledger_edits_add(struct centre *c, int64_t group_id, const struct ledger_edit *edits, size_t count)
{
	size_t i = 0;
	int err = 0;

	for (; i + EDITS_AT_ONCE <= count && !err; i += EDITS_AT_ONCE)
		err = add_edits(c, EDIT_MANY, group_id, i, &edits[i], EDITS_AT_ONCE);
	for (; i < count && !err; i++)
		err = add_edits(c, EDIT_ONE, group_id, i, &edits[i], 1);
	return err;
}

int ledger_find_group(struct centre *c, uint32_t site, uint64_t number, bool *has, uint8_t hash[static EDIT_HASH_BYTES])
{
	struct db_stmt *s;
	int err = db_prepare(c->db, "SELECT hash FROM edit_group WHERE site = ?1 AND number = ?2", &s);

	*has = false;
	memset(hash, 0, EDIT_HASH_BYTES);
	if (err)
		return err;
	db_bind_int(s, 1, site);
	db_bind_u64(s, 2, number);
	err = db_row(s);
	if (err)
		return err == ERR_NOT_FOUND ? 0 : err;
	err = db_blob_copy(s, 0, hash, EDIT_HASH_BYTES);
	db_done(s);
	*has = err == 0;
	return err;
}

int ledger_next_number(struct centre *c, uint64_t *number)
{
	int64_t next;
	int err = db_query_int(c->db, "SELECT coalesce(max(number), 0) + 1 FROM edit_group WHERE site = 0", &next);

	*number = (uint64_t)next;
	return err;
}

int ledger_edit_count(struct centre *c, int64_t group_id, uint64_t *count)
{
	struct db_stmt *s;
	int err = db_prepare(c->db, "SELECT count(*) FROM edit WHERE group_id = ?1", &s);

	*count = 0;
	if (err)
		return err;
	db_bind_int(s, 1, group_id);
	err = db_row(s);
	if (err)
		return err;
	*count = db_u64(s, 0);
	db_done(s);
	return 0;
}

int ledger_base(struct centre *c, uint64_t case_id, uint64_t entry_id, const char *field, uint32_t site, uint64_t seen, uint64_t before,
	bool *has, struct buf *out)
{
	struct db_stmt *s;
	const char *text;
	size_t len;
	int err = db_prepare(c->db,
		"SELECT e.value FROM edit_group g JOIN edit e ON e.group_id = g.group_id "
		"WHERE g.case_id = ?1 AND e.entry_id = ?2 AND e.field = ?3 AND e.at IS NOT NULL AND (e.at <= ?4 OR g.site = ?5) "
		"AND e.at < ?6 ORDER BY e.at DESC LIMIT 1",
		&s);

	*has = false;
	if (err)
		return err;
	db_bind_u64(s, 1, case_id);
	db_bind_u64(s, 2, entry_id);
	db_bind_text(s, 3, field);
	db_bind_u64(s, 4, seen);
	db_bind_int(s, 5, site);
	db_bind_int(s, 6, before ? (int64_t)before : INT64_MAX);
	err = db_row(s);
	if (err)
		return err == ERR_NOT_FOUND ? 0 : err;
	text = db_text_len(s, 0, &len);
	buf_append(out, text, len);
	db_done(s);
	*has = true;
	return buf_error(out);
}

int ledger_find_write(
	struct centre *c, uint64_t case_id, uint64_t entry_id, const char *field, uint64_t at, int64_t *group_id, uint32_t *position)
{
	struct db_stmt *s;
	int err = db_prepare(c->db,
		"SELECT e.group_id, e.position FROM edit_group g JOIN edit e ON e.group_id = g.group_id "
		"WHERE g.case_id = ?1 AND e.entry_id = ?2 AND e.field = ?3 AND e.at = ?4",
		&s);

	if (err)
		return err;
	db_bind_u64(s, 1, case_id);
	db_bind_u64(s, 2, entry_id);
	db_bind_text(s, 3, field);
	db_bind_u64(s, 4, at);
	err = db_row(s);
	if (err)
		return err == ERR_NOT_FOUND ? err_set(ERR_NOT_FOUND, "no edit of the ledger got number %llu", (unsigned long long)at) : err;
	*group_id = db_int(s, 0);
	*position = (uint32_t)db_int(s, 1);
	db_done(s);
	return 0;
}

/* The rows of one site into a table that grows by doubling. */
static int collect_groups(struct db_stmt *s, struct message_known_group **items, size_t *count)
{
	size_t cap = 0;
	int got;

	while ((got = db_step(s)) == 1) {
		if (*count == cap) {
			struct message_known_group *more = realloc(*items, (cap ? cap * 2 : 64) * sizeof *more);

			if (!more)
				return err_set(ERR_NOMEM, "no memory for a list of groups");
			*items = more;
			cap = cap ? cap * 2 : 64;
		}
		(*items)[*count].number = db_u64(s, 0);
		got = db_blob_copy(s, 1, (*items)[*count].hash, EDIT_HASH_BYTES);
		if (got)
			return got;
		++*count;
	}
	return got;
}

int ledger_written_ms(struct centre *c, uint64_t case_id, int64_t *ms)
{
	struct db_stmt *s;
	int err = db_prepare(c->db,
		"SELECT ifnull(max(CASE WHEN wall_ms <= received_ms AND wall_ms > received_ms - 31622400000 THEN wall_ms ELSE received_ms END), 0) "
		"FROM edit_group g WHERE case_id = ?1 AND site <> 0 "
		"AND EXISTS (SELECT 1 FROM edit e WHERE e.group_id = g.group_id AND e.outcome IN (?2, ?3))",
		&s);

	*ms = 0;
	if (err)
		return err;
	db_bind_u64(s, 1, case_id);
	db_bind_int(s, 2, MERGE_ACCEPTED);
	db_bind_int(s, 3, MERGE_AGREED);
	err = db_row(s);
	if (err)
		return err;
	*ms = db_int(s, 0);
	db_done(s);
	return 0;
}

int ledger_groups_above(struct centre *c, uint32_t site, uint64_t number, struct message_known_group **out, size_t *count)
{
	struct message_known_group *items = NULL;
	struct db_stmt *s;
	size_t n = 0;
	int err = db_prepare(c->db, "SELECT number, hash FROM edit_group WHERE site = ?1 AND number > ?2 ORDER BY number LIMIT ?3", &s);

	*out = NULL;
	*count = 0;
	if (err)
		return err;
	db_bind_int(s, 1, site);
	db_bind_u64(s, 2, number);
	db_bind_int(s, 3, MESSAGE_KNOWN_GROUPS_MAX);
	err = collect_groups(s, &items, &n);
	db_done(s);
	if (err) {
		free(items);
		return err;
	}
	*out = items;
	*count = n;
	return 0;
}

/* ---- History ---- */

struct history_order { /* where a line stands by register, for finding what was there before it */
	const struct ledger_line *line;
	size_t place;
};

static int compare_registers(const void *a, const void *b)
{
	const struct history_order *x = a;
	const struct history_order *y = b;
	int order = x->line->entry_id < y->line->entry_id ? -1 : x->line->entry_id > y->line->entry_id;

	if (order == 0)
		order = strcmp(x->line->field, y->line->field);
	if (order == 0)
		order = x->place < y->place ? -1 : x->place > y->place;
	return order;
}

static bool is_same_register(const struct ledger_line *a, const struct ledger_line *b)
{
	return a->entry_id == b->entry_id && strcmp(a->field, b->field) == 0;
}

/* Give each line the value that the last accepted line of the same register left. */
static int link_lines(struct ledger_history *h)
{
	struct history_order *order = calloc(h->count ? h->count : 1, sizeof *order);
	const char *held = NULL;

	if (!order)
		return err_set(ERR_NOMEM, "no memory for a history");
	for (size_t i = 0; i < h->count; i++)
		order[i] = (struct history_order){ .line = &h->lines[i], .place = i };
	qsort(order, h->count, sizeof *order, compare_registers);
	for (size_t i = 0; i < h->count; i++) {
		struct ledger_line *line = &h->lines[order[i].place];

		if (i == 0 || !is_same_register(order[i - 1].line, line))
			held = NULL;
		line->from = held;
		if (line->outcome == MERGE_ACCEPTED)
			held = line->to;
	}
	free(order);
	return 0;
}

static char *column_copy(struct arena *a, struct db_stmt *s, int column)
{
	size_t len;
	const char *text = db_text_len(s, column, &len);

	return arena_copy(a, text, len);
}

static void read_line(struct db_stmt *s, struct arena *a, struct ledger_line *line)
{
	*line = (struct ledger_line){
		.received_ms = db_int(s, 0),
		.wall_ms = db_int(s, 1),
		.site = (uint32_t)db_int(s, 2),
		.number = db_u64(s, 3),
		.author = (uint32_t)db_int(s, 4),
		.author_name = column_copy(a, s, 5),
		.role = (uint8_t)db_int(s, 6),
		.entry_id = db_u64(s, 7),
		.field = column_copy(a, s, 8),
		.to = column_copy(a, s, 9),
		.outcome = (enum merge_outcome)db_int(s, 10),
		.at = db_u64(s, 11),
		.reason = column_copy(a, s, 12),
	};
}

static int collect_lines(struct db_stmt *s, struct ledger_history *h)
{
	size_t cap = 0;
	int got;

	while ((got = db_step(s)) == 1) {
		if (h->count == cap) {
			struct ledger_line *more = realloc(h->lines, (cap ? cap * 2 : 64) * sizeof *more);

			if (!more)
				return err_set(ERR_NOMEM, "no memory for a history");
			h->lines = more;
			cap = cap ? cap * 2 : 64;
		}
		read_line(s, h->texts, &h->lines[h->count]);
		got = arena_error(h->texts);
		if (got)
			return got;
		h->count++;
	}
	return got;
}

int ledger_history(struct centre *c, uint64_t case_id, uint64_t entry_id, const char *field, struct ledger_history *out)
{
	struct ledger_history h = { .texts = arena_new(HISTORY_BYTES_MAX) };
	struct db_stmt *s;
	int err;

	memset(out, 0, sizeof *out);
	if (!h.texts)
		return err_set(ERR_NOMEM, "no memory for a history");
	err = db_prepare(c->db,
		"SELECT g.received_ms, g.wall_ms, g.site, g.number, g.author, p.name, g.role, e.entry_id, e.field, e.value, e.outcome, "
		"e.at, g.reason FROM edit_group g JOIN edit e ON e.group_id = g.group_id LEFT JOIN person p ON p.person_id = g.author "
		"WHERE g.case_id = ?1 AND (?3 IS NULL OR (e.entry_id = ?2 AND e.field = ?3)) ORDER BY g.group_id, e.position",
		&s);
	if (!err) {
		db_bind_u64(s, 1, case_id);
		db_bind_u64(s, 2, entry_id);
		db_bind_text(s, 3, field);
		err = collect_lines(s, &h);
		db_done(s);
	}
	if (!err)
		err = link_lines(&h);
	if (err) {
		ledger_history_fini(&h);
		return err;
	}
	*out = h;
	return 0;
}

void ledger_history_fini(struct ledger_history *h)
{
	free(h->lines);
	arena_free(h->texts);
	memset(h, 0, sizeof *h);
}
