/*
 * device: see device.h.
 */
#include "tests/lib/device.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/chain.h"
#include "proto/form/form_default.h"
#include "proto/form/reflist.h"
#include "proto/pack.h"

#define START_MS INT64_C(1795000000000)

static void *need(void *p)
{
	if (!p)
		abort();
	return p;
}

static void must(int err)
{
	if (err == 0)
		return;
	fprintf(stderr, "device: %s: %s\n", err_name(err), err_message());
	abort();
}

static int64_t device_wall_ms(void *ctx)
{
	return ((struct device *)ctx)->wall_ms;
}

static int64_t device_mono_ms(void *ctx)
{
	(void)ctx;
	return 1000;
}

static void device_boot_id(void *ctx, uint8_t out[ENV_BOOT_ID_BYTES])
{
	(void)ctx;
	memset(out, 3, ENV_BOOT_ID_BYTES);
}

static void device_random(void *ctx, void *out, size_t len)
{
	struct device *d = ctx;

	env_random(&d->fixed.env, out, len);
}

void device_init(struct device *d, uint64_t seed)
{
	memset(d, 0, sizeof *d);
	fixed_init(&d->fixed, seed);
	d->env = (struct env){
		.ctx = d,
		.wall_ms = device_wall_ms,
		.mono_ms = device_mono_ms,
		.boot_id = device_boot_id,
		.random = device_random,
	};
	d->wall_ms = START_MS;
	d->next_group = 1;
	must(seal_keys_new(&d->env, &d->keys));
	seal_device_id(d->keys->sign_public, d->keys->box_public, d->id);
	must(form_default_new(&d->forms[0]));
	d->form_count = 1;
	d->form = d->forms[0];
	memcpy(d->catalogue[0], form_hash(d->form), FORM_HASH_BYTES);
	d->catalogue_count = 1;
}

static void free_group(struct device_group *x)
{
	for (size_t i = 0; i < x->g.edit_count; i++)
		free((void *)(uintptr_t)x->g.edits[i].value);
	free(x->g.edits);
	free(x);
}

static void free_registers(struct device *d)
{
	for (size_t i = 0; i < d->register_count; i++) {
		free(d->registers[i].value);
		free(d->registers[i].reason);
	}
	free(d->registers);
	d->registers = NULL;
	d->register_count = 0;
}

static void drop_chain(struct device *d)
{
	for (size_t i = 0; i < d->group_count; i++)
		free_group(d->groups[i]);
	for (size_t i = 0; i < d->envelope_count; i++) {
		buf_fini(&d->envelopes[i].bytes);
		buf_fini(&d->envelopes[i].receipt);
	}
	free(d->groups);
	free(d->envelopes);
	d->groups = NULL;
	d->envelopes = NULL;
	d->group_count = d->envelope_count = 0;
}

void device_fini(struct device *d)
{
	drop_chain(d);
	free_registers(d);
	seal_keys_free(d->keys);
	for (size_t i = 0; i < d->form_count; i++)
		form_free(d->forms[i]);
}

void device_become(struct device *d, uint32_t incarnation, uint32_t site)
{
	drop_chain(d);
	d->incarnation = incarnation;
	d->site = site;
	d->seq = d->acked = d->acked_group = 0;
	d->next_group = 1;
	d->counter = 0;
	chain_start(d->id, incarnation, d->hash);
}

uint64_t device_new_id(struct device *d)
{
	return record_id(d->site, ++d->counter);
}

/* ---- Writing ---- */

static struct device_group *add_group(struct device *d, uint64_t case_id, size_t count)
{
	struct device_group *x = need(calloc(1, sizeof *x));

	x->g = (struct edit_group){
		.number = d->next_group++,
		.case_id = case_id,
		.author = d->person,
		.role = FORM_BY_REPRESENTATIVE,
		.form = d->form,
		.wall_ms = d->wall_ms,
		.mono_ms = 1000,
		.seen = d->seen,
		.edits = need(calloc(count ? count : 1, sizeof *x->g.edits)),
		.edit_count = count,
	};
	env_boot_id(&d->env, x->g.boot_id);
	d->groups = need(realloc(d->groups, (d->group_count + 1) * sizeof *d->groups));
	d->groups[d->group_count++] = x;
	return x;
}

uint64_t device_write(struct device *d, uint64_t case_id, const struct device_answer *answers, size_t count)
{
	struct device_group *x = add_group(d, case_id, count);

	for (size_t i = 0; i < count; i++) {
		int field = form_field_find(d->form, answers[i].field);
		int type;

		assert(field >= 0);
		type = answers[i].entry_type ? form_entry_type_find(d->form, answers[i].entry_type)
					     : form_field(d->form, (size_t)field)->entry_type;
		assert(type >= 0);
		x->g.edits[i] = (struct edit){
			.entry_id = answers[i].entry_id ? answers[i].entry_id : case_id,
			.entry_type = (uint16_t)type,
			.field = (uint16_t)field,
			.value = need(strdup(answers[i].value)),
			.value_len = strlen(answers[i].value),
		};
	}
	must(edit_group_sort(&x->g));
	return x->g.number;
}

void device_write_group(struct device *d, const struct edit_group *g)
{
	struct device_group *x = add_group(d, g->case_id, g->edit_count);

	for (size_t i = 0; i < g->edit_count; i++) {
		x->g.edits[i] = g->edits[i];
		x->g.edits[i].value = need(strndup(g->edits[i].value ? g->edits[i].value : "", g->edits[i].value_len));
	}
}

void device_seal_bytes(struct device *d, const void *changeset, size_t len)
{
	struct seal_header h = { .incarnation = d->incarnation, .seq = d->seq + 1, .epoch = d->epoch };
	struct seal_recipient to[2] = { { .kind = SEAL_TO_CENTRE }, { .kind = SEAL_TO_RECOVERY } };
	struct device_envelope *e;
	struct buf frame;

	buf_init(&frame, SEAL_ENVELOPE_BYTES_MAX);
	must(pack_deflate(changeset, len, NULL, &frame));
	memcpy(h.org, d->org, sizeof h.org);
	memcpy(h.device, d->id, sizeof h.device);
	memcpy(h.previous, d->hash, sizeof h.previous);
	memcpy(to[0].box_public, d->centre_box, sizeof to[0].box_public);
	memcpy(to[1].box_public, d->recovery, sizeof to[1].box_public);
	d->envelopes = need(realloc(d->envelopes, (d->envelope_count + 1) * sizeof *d->envelopes));
	e = &d->envelopes[d->envelope_count++];
	e->seq = ++d->seq;
	buf_init(&e->bytes, SEAL_ENVELOPE_BYTES_MAX);
	buf_init(&e->receipt, RECEIPT_BYTES_MAX);
	must(seal_envelope(&d->env, &h, to, 2, frame.data, frame.len, d->keys->sign_secret, &e->bytes));
	chain_next(d->hash, e->bytes.data, e->bytes.len, d->hash);
	memcpy(e->hash, d->hash, sizeof e->hash);
	buf_fini(&frame);
}

bool device_seal(struct device *d)
{
	struct edit_group *groups = need(calloc(d->group_count ? d->group_count : 1, sizeof *groups));
	struct buf plain;
	size_t count = 0;

	for (size_t i = 0; i < d->group_count; i++)
		if (d->groups[i]->seq == 0) {
			d->groups[i]->seq = d->seq + 1;
			groups[count++] = d->groups[i]->g;
		}
	if (count > 0) {
		buf_init(&plain, CHANGESET_BYTES_MAX);
		must(changeset_encode(groups, count, &plain));
		device_seal_bytes(d, plain.data, plain.len);
		buf_fini(&plain);
	}
	free(groups);
	return count > 0;
}

/* ---- Requests ---- */

static bool has_paper(const struct device *d, const uint8_t *hash)
{
	for (size_t i = 0; i < d->form_count; i++)
		if (memcmp(form_hash(d->forms[i]), hash, FORM_HASH_BYTES) == 0)
			return true;
	for (size_t i = 0; i < d->list_count; i++)
		if (memcmp(d->lists[i], hash, FORM_HASH_BYTES) == 0)
			return true;
	return false;
}

static void list_wanted(const struct device *d, struct buf *out)
{
	for (size_t i = 0; i < d->catalogue_count; i++)
		if (!has_paper(d, d->catalogue[i]))
			buf_append(out, d->catalogue[i], FORM_HASH_BYTES);
}

void device_request_with(struct device *d, uint64_t first, uint64_t last, struct buf *out)
{
	struct message_request *q = need(calloc(1, sizeof *q));
	struct buf wanted;

	buf_init(&wanted, sizeof d->catalogue);
	memcpy(q->org, d->org, sizeof q->org);
	memcpy(q->device, d->id, sizeof q->device);
	q->incarnation = d->incarnation;
	env_random(&d->env, d->nonce, sizeof d->nonce);
	memcpy(q->nonce, d->nonce, sizeof q->nonce);
	q->contact = ++d->contact;
	q->seen = d->seen;
	q->cursor = d->cursor;
	q->acked = d->acked;
	q->head = d->seq;
	q->manifest_number = d->manifest_number;
	q->flags = d->whole ? MESSAGE_WHOLE : 0;
	message_paper_mark(d->catalogue[0], d->catalogue_count, q->mark);
	list_wanted(d, &wanted);
	q->wanted = wanted.data;
	q->wanted_count = wanted.len / FORM_HASH_BYTES;
	q->acked_group = d->acked_group;
	q->commits = d->contact + d->next_group + d->seq;
	q->answered = d->answered;
	memcpy(q->stamp, d->stamp, sizeof q->stamp);
	for (size_t i = 0; i < d->envelope_count && first; i++)
		if (d->envelopes[i].seq >= first && d->envelopes[i].seq <= last && q->envelope_count < MESSAGE_ENVELOPES_MAX)
			q->envelopes[q->envelope_count++] = (struct message_blob){
				.data = d->envelopes[i].bytes.data,
				.len = d->envelopes[i].bytes.len,
			};
	must(message_request_encode(q, d->keys->sign_secret, out));
	buf_fini(&wanted);
	free(q);
}

void device_request(struct device *d, struct buf *out)
{
	device_request_with(d, d->acked + 1, UINT64_MAX, out);
}

/* ---- Answers ---- */

static struct device_register *find(const struct device *d, uint64_t case_id, uint64_t entry_id, const char *name)
{
	for (size_t i = 0; i < d->register_count; i++) {
		struct device_register *x = &d->registers[i];

		if (x->case_id == case_id && x->entry_id == entry_id && strcmp(form_field(x->form, x->field)->name, name) == 0)
			return x;
	}
	return NULL;
}

/* What is older than what is held changes nothing. */
static void set_register(struct device *d, const struct form *form, const struct changeset_register *r)
{
	struct device_register *x = find(d, r->case_id, r->entry_id, form_field(form, r->field)->name);

	if (x && x->at >= r->at)
		return;
	if (!x) {
		d->registers = need(realloc(d->registers, (d->register_count + 1) * sizeof *d->registers));
		x = &d->registers[d->register_count++];
		memset(x, 0, sizeof *x);
	}
	free(x->value);
	free(x->reason);
	*x = (struct device_register){
		.case_id = r->case_id,
		.entry_id = r->entry_id,
		.form = form,
		.entry_type = r->entry_type,
		.field = r->field,
		.value = need(strndup(r->value ? r->value : "", r->value_len)),
		.at = r->at,
		.writer = r->writer,
		.author = r->author,
		.reason = need(strdup(r->reason ? r->reason : "")),
	};
}

static bool is_exception(const struct receipt *r, uint64_t group, size_t edit)
{
	for (size_t i = 0; i < r->exception_count; i++)
		if (r->exceptions[i].group == group && r->exceptions[i].edit == edit)
			return true;
	return false;
}

/* The accepted edits of the envelope got first, first + 1, ... in group and edit order. */
static void apply_receipt(struct device *d, const struct receipt *r)
{
	uint64_t at = r->first;

	for (size_t i = 0; i < d->group_count; i++) {
		const struct edit_group *g = &d->groups[i]->g;

		if (d->groups[i]->seq != r->seq)
			continue;
		for (size_t e = 0; e < g->edit_count; e++) {
			struct changeset_register x = {
				.case_id = g->case_id,
				.entry_id = g->edits[e].entry_id,
				.entry_type = g->edits[e].entry_type,
				.field = g->edits[e].field,
				.value = g->edits[e].value,
				.value_len = g->edits[e].value_len,
				.writer = d->site,
				.author = g->author,
			};

			if (is_exception(r, g->number, e))
				continue;
			x.at = at++;
			set_register(d, g->form, &x);
		}
	}
	assert(at == r->first + r->accepted);
}

static int take_receipt(struct device *d, const struct message_blob *blob)
{
	struct receipt r;
	int err = receipt_decode(blob->data, blob->len, d->centre_sign, 1, &r);

	if (err)
		return err;
	for (size_t i = 0; i < d->envelope_count && r.incarnation == d->incarnation; i++) {
		struct device_envelope *e = &d->envelopes[i];

		if (e->seq != r.seq)
			continue;
		if (memcmp(e->hash, r.hash, sizeof e->hash) != 0)
			err = err_set(ERR_CORRUPT, "receipt %llu: for another store's envelope", (unsigned long long)r.seq);
		if (err)
			break;
		if (e->receipt.len && (e->receipt.len != blob->len || memcmp(e->receipt.data, blob->data, blob->len) != 0))
			err = err_set(ERR_CORRUPT, "receipt %llu: not the same bytes as before", (unsigned long long)r.seq);
		if (e->receipt.len == 0) {
			buf_append(&e->receipt, blob->data, blob->len);
			apply_receipt(d, &r);
		}
		if (r.seq > d->acked)
			d->acked = r.seq;
		if (r.last_group > d->acked_group)
			d->acked_group = r.last_group;
	}
	d->receipts++;
	receipt_fini(&r);
	return err;
}

static const struct form *find_form(void *ctx, const uint8_t hash[static FORM_HASH_BYTES])
{
	const struct device *d = ctx;

	for (size_t i = 0; i < d->form_count; i++)
		if (memcmp(form_hash(d->forms[i]), hash, FORM_HASH_BYTES) == 0)
			return d->forms[i];
	return NULL;
}

static int take_pull(struct device *d, const struct message_blob *blob)
{
	struct changeset_forms forms = { .find = find_form, .ctx = d };
	struct changeset_pull pull;
	int err = changeset_pull_decode(blob->data, blob->len, &forms, &pull);

	if (err)
		return err;
	for (size_t i = 0; i < pull.register_count; i++)
		set_register(d, pull.form, &pull.registers[i]);
	d->pulled += pull.register_count;
	changeset_pull_fini(&pull);
	return 0;
}

/* A form of the family it writes with becomes the one it writes with. */
static int take_paper(struct device *d, const struct message_paper_text *t)
{
	struct reflist *list;
	struct form *f;
	int err;

	if (t->kind == MESSAGE_LIST) {
		err = reflist_parse((const char *)t->text.data, t->text.len, &list);
		assert(err || d->list_count < DEVICE_LISTS_MAX);
		if (!err)
			memcpy(d->lists[d->list_count++], reflist_hash(list), FORM_HASH_BYTES);
		reflist_free(err ? NULL : list);
		return err;
	}
	err = form_parse((const char *)t->text.data, t->text.len, &f);
	if (err)
		return err;
	if (has_paper(d, form_hash(f))) {
		form_free(f);
		return 0;
	}
	assert(d->form_count < DEVICE_FORMS_MAX);
	d->forms[d->form_count++] = f;
	if (strcmp(form_id(f), form_id(d->form)) == 0)
		d->form = f;
	return 0;
}

static int take_papers(struct device *d, const struct message_content *content)
{
	int err = 0;

	if (content->catalogue_count)
		d->catalogue_count = content->catalogue_count;
	for (size_t i = 0; i < content->catalogue_count; i++)
		memcpy(d->catalogue[i], content->catalogue[i].hash, FORM_HASH_BYTES);
	for (size_t i = 0; i < content->paper_count && !err; i++)
		err = take_paper(d, &content->papers[i]);
	return err;
}

static void check_digest(struct device *d, const struct message_content *content)
{
	struct record_digest mine;
	uint8_t bytes[RECORD_DIGEST_BYTES];

	d->has_digest = content->has_digest;
	if (!content->has_digest)
		return;
	device_digest(d, &mine);
	record_digest_encode(&mine, bytes);
	d->digest_matches = memcmp(bytes, content->digest, sizeof bytes) == 0;
}

static int apply_content(struct device *d, const struct message_content *content)
{
	int err = 0;

	for (size_t i = 0; i < content->receipt_count && !err; i++)
		err = take_receipt(d, &content->receipts[i]);
	if (!err)
		err = take_papers(d, content);
	d->pulled = 0;
	for (size_t i = 0; i < content->pull_count && !err; i++)
		err = take_pull(d, &content->pulls[i]);
	if (err)
		return err;
	d->answered = d->contact;
	memcpy(d->stamp, content->stamp, sizeof d->stamp);
	d->notice = content->notice;
	d->more = content->more;
	d->seen = content->seen;
	d->cursor = content->cursor;
	d->covered = content->covered;
	d->resend = content->resend;
	d->has_fork = content->has_fork;
	d->fork_incarnation = content->fork_incarnation;
	d->fork_site = content->fork_site;
	d->fork_group_count = content->fork_group_count;
	if (content->cursor == 0 && !content->more)
		d->whole = false;
	check_digest(d, content);
	return 0;
}

static int open_content(struct device *d, const struct message_answer *a)
{
	struct message_content *content = need(calloc(1, sizeof *content));
	struct buf frame;
	struct buf plain;
	int err;

	buf_init(&frame, MESSAGE_CONTENT_BYTES_MAX);
	buf_init(&plain, MESSAGE_CONTENT_BYTES_MAX);
	err = seal_box_open(a->box.data, a->box.len, d->keys->box_public, d->keys->box_secret, &frame);
	if (!err)
		err = pack_inflate(frame.data, frame.len, NULL, &plain);
	if (!err)
		err = message_content_decode(plain.data, plain.len, content);
	if (!err)
		err = apply_content(d, content);
	message_content_fini(content);
	buf_fini(&frame);
	buf_fini(&plain);
	free(content);
	return err;
}

int device_take(struct device *d, const void *answer, size_t len)
{
	struct message_answer a;
	int err = message_answer_decode(answer, len, d->centre_sign, 1, &a);

	if (err)
		return err;
	if (memcmp(a.device, d->id, sizeof a.device) != 0 || memcmp(a.nonce, d->nonce, sizeof a.nonce) != 0)
		return err_set(ERR_STALE, "answer: to another request");
	d->kind = a.kind;
	d->more = d->has_fork = d->has_digest = d->digest_matches = false;
	d->pulled = d->receipts = 0;
	d->resend = 0;
	return a.kind == MESSAGE_CONTENT ? open_content(d, &a) : 0;
}

const struct device_register *device_register(const struct device *d, uint64_t case_id, uint64_t entry_id, const char *field)
{
	assert(form_field_find(d->form, field) >= 0);
	return find(d, case_id, entry_id, field);
}

void device_digest(const struct device *d, struct record_digest *out)
{
	memset(out, 0, sizeof *out);
	for (size_t i = 0; i < d->register_count; i++) {
		const struct device_register *r = &d->registers[i];

		record_digest_change(
			out, 1, r->case_id, r->entry_id, form_field(r->form, r->field)->name, r->value, strlen(r->value), r->at);
	}
}

const struct buf *device_receipt(const struct device *d, uint64_t seq)
{
	for (size_t i = 0; i < d->envelope_count; i++)
		if (d->envelopes[i].seq == seq && d->envelopes[i].receipt.len)
			return &d->envelopes[i].receipt;
	return NULL;
}
