/*
 * agentkit: see agentkit.h.
 */
#include "tests/lib/agentkit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/view.h"
#include "proto/form/form_default.h"
#include "proto/receipt.h"

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

void agentkit_open_as(struct agentkit *k, uint64_t seed)
{
	struct seal_keys *keys = fixed_keys(seed);
	struct message_enrolled e;

	agentkit_open(k);
	fill_enrolled(k, &e);
	seal_device_id(keys->sign_public, keys->box_public, e.device);
	must(store_enrol(k->s, AGENTKIT_URL, &e, buf_string(&k->form_text), k->form_text.len, keys));
	seal_keys_free(keys);
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
