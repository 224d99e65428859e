/*
 * agentkit: see agentkit.h.
 */
#include "tests/lib/agentkit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/shelf.h"
#include "agent/view.h"
#include "proto/form/form_default.h"
#include "proto/receipt.h"
#include "tests/lib/formkit.h"

static void must(int err)
{
	if (err == 0)
		return;
	fprintf(stderr, "agentkit: %s: %s\n", err_name(err), err_message());
	abort();
}

/* ---- papers ---- */

static void make_manifest(struct agentkit *k)
{
	struct manifest m = { .number = 1, .version_min = 1, .sign_key_count = 1, .receive_key_count = 1 };

	seal_org_id(k->root->sign_public, m.org);
	memcpy(m.sign_keys[0], k->centre->sign_public, SEAL_SIGN_PUBLIC_BYTES);
	m.receive_keys[0].epoch = 1;
	memcpy(m.receive_keys[0].box_public, k->centre->box_public, SEAL_BOX_PUBLIC_BYTES);
	memcpy(m.recovery_public, k->root->box_public, SEAL_BOX_PUBLIC_BYTES);
	buf_init(&k->manifest, MANIFEST_BYTES_MAX);
	must(manifest_encode(&m, &k->manifest));
	must(manifest_sign(&k->manifest, k->root->sign_secret));
}

static void make_papers(struct agentkit *k)
{
	k->root = fixed_keys(1001);
	k->centre = fixed_keys(1002);
	make_manifest(k);
	buf_init(&k->form_text, FORM_TEXT_BYTES_MAX);
	buf_init(&k->form_frame, FORM_TEXT_BYTES_MAX);
	must(form_default_text(&k->form_text));
	must(pack_deflate(k->form_text.data, k->form_text.len, NULL, &k->form_frame));
	buf_init(&k->last_request, MESSAGE_REQUEST_BYTES_MAX);
}

static void fill_enrolled(struct agentkit *k, struct message_enrolled *e)
{
	*e = (struct message_enrolled){ .incarnation = 1, .site = AGENTKIT_SITE, .person = AGENTKIT_PERSON, .time_ms = FIXED_WALL_MS };
	snprintf(e->branch, sizeof e->branch, "فرع المثال");
	memcpy(e->root_public, k->root->sign_public, sizeof e->root_public);
	e->manifest = (struct message_blob){ k->manifest.data, k->manifest.len };
	e->form = (struct message_blob){ k->form_frame.data, k->form_frame.len };
}

void agentkit_know_code(struct agentkit *k, const uint8_t code[static MESSAGE_CODE_BYTES])
{
	message_enrol_keys(code, k->k1, k->k2);
}

int agentkit_enrol_post(void *ctx, const char *url, const void *body, size_t len, int *status, struct buf *answer)
{
	struct agentkit *k = ctx;
	struct message_enrol request;
	struct message_enrolled e;

	if (strcmp(url, AGENTKIT_URL "/v1/enrol") != 0)
		return err_set(ERR_OFFLINE, "name not found");
	k->post_count++;
	buf_clear(&k->last_request);
	buf_append(&k->last_request, body, len);
	*status = k->status ? k->status : 200;
	if (k->status)
		return 0;
	if (message_enrol_verify(body, len, k->k1) != 0) {
		*status = 401;
		return 0;
	}
	must(message_enrol_decode(body, len, &request));
	fill_enrolled(k, &e);
	memcpy(e.nonce, request.nonce, sizeof e.nonce);
	seal_device_id(request.sign_public, request.box_public, e.device);
	must(message_enrolled_encode(&e, k->k2, answer));
	if (!k->is_lost)
		return 0;
	buf_clear(answer);
	*status = 0;
	return err_set(ERR_OFFLINE, "connection reset");
}

void agentkit_receipt(struct agentkit *k, uint64_t seq, uint64_t first, uint64_t accepted, struct buf *out)
{
	struct receipt r = { .incarnation = k->s->incarnation, .seq = seq, .time_ms = FIXED_WALL_MS, .first = first, .accepted = accepted };
	struct db_stmt *q;
	int64_t last;

	memcpy(r.device, k->s->device, sizeof r.device);
	must(db_query_int(k->s->db, "SELECT max(number) FROM edit_group", &last));
	r.last_group = (uint64_t)last;
	must(db_prepare(k->s->db, "SELECT hash FROM envelope WHERE seq = ?1", &q));
	db_bind_u64(q, 1, seq);
	must(db_row(q));
	must(db_blob_copy(q, 0, r.hash, sizeof r.hash));
	db_done(q);
	must(receipt_encode(&r, k->centre->sign_secret, out));
	must(db_prepare(k->s->db, "UPDATE envelope SET receipt = ?2 WHERE seq = ?1", &q));
	db_bind_u64(q, 1, seq);
	db_bind_blob(q, 2, out->data, out->len);
	must(db_run(q));
}

/* ---- the store ---- */

void agentkit_open(struct agentkit *k)
{
	const struct vault_kdf weak = { .mem_bytes = 8192 * 1024, .passes = 3, .test_weak_kdf = true };

	memset(k, 0, sizeof *k);
	fixed_init(&k->fixed, 42);
	k->env = k->fixed.env;
	snprintf(k->dir, sizeof k->dir, "/tmp/mandoob-agentkit-XXXXXX");
	if (!mkdtemp(k->dir))
		abort();
	make_papers(k);
	must(store_create(&k->env, k->dir, AGENTKIT_PASS, strlen(AGENTKIT_PASS), &weak));
	must(store_open(&k->env, k->dir, AGENTKIT_PASS, strlen(AGENTKIT_PASS), &k->s));
}

/* With the form whose text is in `form_text`. */
static void enrol(struct agentkit *k, uint64_t seed)
{
	struct seal_keys *keys = fixed_keys(seed);
	struct message_enrolled e;

	fill_enrolled(k, &e);
	seal_device_id(keys->sign_public, keys->box_public, e.device);
	must(store_enrol(k->s, AGENTKIT_URL, &e, buf_string(&k->form_text), k->form_text.len, keys));
	seal_keys_free(keys);
}

void agentkit_open_as(struct agentkit *k, uint64_t seed)
{
	agentkit_open(k);
	enrol(k, seed);
}

void agentkit_open_form(struct agentkit *k, const char *tables)
{
	agentkit_open(k);
	buf_clear(&k->form_text);
	must(formkit_text(tables, &k->form_text));
	enrol(k, 1003);
}

void agentkit_open_enrolled(struct agentkit *k)
{
	agentkit_open_as(k, 1003);
}

void agentkit_reopen(struct agentkit *k)
{
	store_close(k->s);
	must(store_open(&k->env, k->dir, AGENTKIT_PASS, strlen(AGENTKIT_PASS), &k->s));
}

void agentkit_close(struct agentkit *k)
{
	char command[96];

	store_close(k->s);
	seal_keys_free(k->root);
	seal_keys_free(k->centre);
	buf_fini(&k->manifest);
	buf_fini(&k->form_text);
	buf_fini(&k->form_frame);
	buf_fini(&k->last_request);
	snprintf(command, sizeof command, "rm -rf '%s'", k->dir);
	if (system(command) != 0)
		abort();
}

/* ---- papers that an answer brings ---- */

static void copy_name(char *to, size_t size, const char *from, size_t len)
{
	snprintf(to, size, "%.*s", (int)len, from);
}

static void make_form(const char *tables, struct message_paper *line, struct buf *text)
{
	struct form *f;

	must(formkit_text(tables, text));
	must(form_parse(buf_string(text), text->len, &f));
	memcpy(line->hash, form_hash(f), sizeof line->hash);
	copy_name(line->name, sizeof line->name, form_id(f), strlen(form_id(f)));
	copy_name(line->version, sizeof line->version, form_version(f), strlen(form_version(f)));
	form_free(f);
}

static void make_list(const char *table, struct message_paper *line, struct buf *text)
{
	const char *csv = strchr(table, '\n') + 1;
	size_t name_len = strcspn(table, " ");
	struct reflist *l;

	copy_name(line->name, sizeof line->name, table, name_len);
	copy_name(line->version, sizeof line->version, table + name_len + 1, (size_t)(csv - table) - name_len - 2);
	must(reflist_compile(line->name, line->version, csv, strlen(csv), text));
	must(reflist_parse(buf_string(text), text->len, &l));
	memcpy(line->hash, reflist_hash(l), sizeof line->hash);
	reflist_free(l);
}

int agentkit_catalogue(struct agentkit *k, uint64_t contact, const struct agentkit_paper *papers, size_t count)
{
	struct message_content *c = calloc(1, sizeof *c);
	struct message_paper *lines = calloc(count, sizeof *lines);
	struct buf *texts = calloc(count, sizeof *texts);
	int err;

	if (!c || !lines || !texts)
		abort();
	for (size_t i = 0; i < count; i++) {
		lines[i] = (struct message_paper){ .kind = papers[i].kind, .from_day = papers[i].from_day };
		buf_init(&texts[i], MESSAGE_LIST_BYTES_MAX);
		if (papers[i].kind == MESSAGE_FORM)
			make_form(papers[i].text, &lines[i], &texts[i]);
		else
			make_list(papers[i].text, &lines[i], &texts[i]);
		if (!papers[i].is_on_its_way)
			c->papers[c->paper_count++] = (struct message_paper_text){ papers[i].kind, { texts[i].data, texts[i].len } };
	}
	c->catalogue = lines;
	c->catalogue_count = count;
	must(db_begin(k->s->db));
	err = shelf_take(k->s, c, contact);
	if (!err)
		must(db_commit(k->s->db));
	db_rollback(k->s->db);
	for (size_t i = 0; i < count; i++)
		buf_fini(&texts[i]);
	free(texts);
	free(lines);
	free(c);
	return err;
}

/* ---- looking ---- */

const char *agentkit_shown(struct agentkit *k, uint64_t case_id, uint64_t entry_id, const char *field)
{
	static char text[9000]; /* a test program has one thread */
	const struct view_entry *e;
	const struct view_value *value;
	struct view v;

	must(view_load(k->s, case_id, NULL, &v));
	e = view_entry(&v, entry_id);
	value = e ? view_value(e, form_field_find(v.form, field)) : NULL;
	snprintf(text, sizeof text, "%s", value ? value->value : "?");
	view_fini(&v);
	return text;
}

uint64_t agentkit_entry(struct agentkit *k, uint64_t case_id, const char *type, size_t n)
{
	struct view v;
	uint64_t id = 0;

	must(view_load(k->s, case_id, NULL, &v));
	for (size_t i = 0; i < v.entry_count && id == 0; i++)
		if (strcmp(v.entries[i].type_name, type) == 0 && n-- == 0)
			id = v.entries[i].id;
	view_fini(&v);
	return id;
}
