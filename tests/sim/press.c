/*
 * press: see press.h.
 */
#include "tests/sim/press.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/shelf.h"
#include "server/papers.h"
#include "server/publish.h"

#define DAY_MS INT64_C(86400000)
#define MAIN_FAMILY "aid_application"

/* Two versions never begin on one day. */
static void publish_paper(struct world *w, const struct paper *x)
{
	struct publish_paper p = { .text = (const char *)x->text.data, .len = x->text.len, .from_day = PUBLISH_TODAY, .person_id = 1 };
	int64_t row;

	w->now_ms += DAY_MS;
	world_must(w, db_begin(w->centre->db), "begin");
	if (x->is_list)
		world_must(w, publish_list(w->centre, &p, NULL, &row), "publish_list");
	else
		world_must(w, publish_form(w->centre, &p, NULL, &row), "publish_form");
	world_must(w, db_commit(w->centre->db), "commit");
	world_must(w, library_refresh(w->centre->library, w->centre->db), "refresh");
}

static bool has_paper(struct world *w, const struct paper *x)
{
	struct db_stmt *q;
	int err;

	world_must(w, db_prepare(w->centre->db, "SELECT 1 FROM form WHERE text = ?1 UNION ALL SELECT 1 FROM list WHERE text = ?1", &q), "paper");
	db_bind_text_len(q, 1, (const char *)x->text.data, x->text.len);
	err = db_row(q);
	if (!err)
		db_done(q);
	return err == 0;
}

void press_again(struct world *w)
{
	for (int i = 0; i < w->paper_count; i++)
		if (!has_paper(w, &w->papers[i]))
			publish_paper(w, &w->papers[i]);
}

/* The newest form of a family under another version: other bytes, another hash, the same questions. */
static void next_form(struct world *w, const char *family, struct buf *out)
{
	const struct form *form;
	const char *text, *at;
	int64_t row;
	size_t len;

	world_must(w, papers_newest(w->centre, family, &form, &row), "form");
	text = form_text(form, &len);
	at = strstr(text, "\nversion\t") + strlen("\nversion\t");
	buf_append(out, text, (size_t)(at - text));
	buf_printf(out, "99%02d%s", w->paper_count, strchr(at, '\n'));
}

/* A list of this world's own, longer each time. */
static void next_list(struct world *w, struct buf *out)
{
	struct buf csv;
	char version[8];

	snprintf(version, sizeof version, "99%02d", w->paper_count % 100);
	buf_init(&csv, 4096);
	buf_text(&csv, "code,label::ar,label::en\n");
	for (int i = 0; i < w->paper_count; i++)
		buf_printf(&csv, "place%d,مكان %d,Place %d\n", i, i, i);
	world_must(w, reflist_compile("sim_places", version, csv.data, csv.len, out), "reflist_compile");
	buf_fini(&csv);
}

/* A version of the support application, of the other family that devices take cases of, or a list. */
void press_publish(struct world *w)
{
	uint64_t what = world_draw(w, 4);
	struct paper *x;

	if (w->paper_count == WORLD_PAPERS_MAX)
		return;
	x = &w->papers[w->paper_count++];
	x->is_list = what == 3;
	buf_init(&x->text, FORM_TEXT_BYTES_MAX);
	if (x->is_list)
		next_list(w, &x->text);
	else
		next_form(w, what < 2 ? MAIN_FAMILY : PRESS_OTHER_FAMILY, &x->text);
	publish_paper(w, x);
}

void press_check(struct world *w, struct device *d)
{
	static const char *const FAMILIES[] = { MAIN_FAMILY, PRESS_OTHER_FAMILY };
	const struct form *theirs, *ours;
	struct shelf_line *lines;
	int64_t row;
	size_t count;

	world_must(w, shelf_lines(d->store, &lines, &count), "shelf_lines");
	for (size_t i = 0; i < count; i++)
		if (!lines[i].is_held)
			world_stop(w, "a paper never came");
	free(lines);
	for (size_t i = 0; i < sizeof FAMILIES / sizeof FAMILIES[0]; i++) {
		world_must(w, papers_in_force(w->centre, FAMILIES[i], papers_today(w->centre), &theirs, &row), "papers_in_force");
		world_must(w, shelf_form_named(d->store, FAMILIES[i], &ours, &row), "shelf_form_named");
		if (memcmp(form_hash(ours), form_hash(theirs), FORM_HASH_BYTES) != 0)
			world_stop(w, "another form is in force on a device than at the centre");
	}
	if (w->paper_count && w->papers[w->paper_count - 1].is_list && !shelf_list(d->store, "sim_places"))
		world_stop(w, "a list never came");
}
