/*
 * bench_wire: bytes of an application on the wire, beside what general compressors make of its bare values.
 *
 *	bench_wire [DICTIONARY]        default build/gen/dictionary.zdict
 *
 * One line a figure, tab separated: name, value, unit, bar, bound or peer with its value, ok or short. "Payload" is a frame
 * (FORMAT.md section 6) of a change set (section 5), before envelope and HTTP. The peers get the values alone, by column, one a
 * line, without keys or ids: `xz -9e`, and zstd -22 with a dictionary of the same size trained on the same people's values.
 * Everything is the mean over several seeds, none of which the dictionaries have met.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include "proto/form/form_default.h"
#include "proto/pack.h"
#include "tests/lib/batch.h"

#define BENCH_SEED 1000
#define TRAIN_SEED 1000000 /* as in train_dictionary.c */
#define TRAIN_SAMPLES 2000
#define ROOM (64 * 1024 * 1024)

struct bench {
	const struct form *form;
	struct pack_dictionary *ours;
	struct buf peer_dictionary;
};

static const struct pack_dictionary *find_dictionary(void *ctx, uint32_t id)
{
	struct bench *b = ctx;

	return id == pack_dictionary_id(b->ours) ? b->ours : NULL;
}

static const struct form *find_form(void *ctx, const uint8_t hash[static FORM_HASH_BYTES])
{
	struct bench *b = ctx;

	return memcmp(hash, form_hash(b->form), FORM_HASH_BYTES) == 0 ? b->form : NULL;
}

static void die(void)
{
	fprintf(stderr, "bench_wire: %s\n", err_message());
	exit(1);
}

static void must(int rc)
{
	if (rc)
		die();
}

static size_t xz_bytes(const struct buf *b)
{
	char path[] = "/tmp/bench_wire.XXXXXX";
	char command[128];
	int fd = mkstemp(path);
	FILE *f = fd >= 0 ? fdopen(fd, "wb") : NULL;
	FILE *p;
	size_t n = 0;
	char room[4096];

	if (!f || fwrite(b->data, 1, b->len, f) != b->len || fclose(f) != 0)
		must(err_set(ERR_IO, "%s: cannot be written", path));
	snprintf(command, sizeof(command), "xz -9e -c %s", path);
	p = popen(command, "r");
	for (size_t got = 1; p && got > 0; n += got)
		got = fread(room, 1, sizeof(room), p);
	if (!p || pclose(p) != 0)
		must(err_set(ERR_IO, "xz: cannot be run"));
	unlink(path);
	return n;
}

static size_t zstd_bytes(const struct buf *b, const struct buf *dictionary)
{
	size_t bound = ZSTD_compressBound(b->len);
	void *room = malloc(bound);
	ZSTD_CCtx *ctx = ZSTD_createCCtx();
	size_t n = ZSTD_compress_usingDict(ctx, room, bound, b->data, b->len, dictionary->data, dictionary->len, 22);

	if (ZSTD_isError(n))
		must(err_set(ERR_NOMEM, "zstd: %s", ZSTD_getErrorName(n)));
	ZSTD_freeCCtx(ctx);
	free(room);
	return n;
}

static void columns(const struct form *f, uint64_t seed, size_t count, struct buf *out)
{
	struct batch b;

	must(batch_init(&b, f, seed, count));
	batch_columns(&b, f, out);
	batch_fini(&b);
}

static void train_peer(struct bench *b, size_t bytes)
{
	size_t *lens = calloc(TRAIN_SAMPLES, sizeof(*lens));
	struct buf samples;

	buf_init(&samples, ROOM);
	buf_init(&b->peer_dictionary, PACK_DICTIONARY_BYTES_MAX);
	for (size_t i = 0; lens && i < TRAIN_SAMPLES; i++) {
		size_t before = samples.len;

		columns(b->form, TRAIN_SEED + i, 1, &samples);
		lens[i] = samples.len - before;
	}
	must(pack_dictionary_train(samples.data, lens, TRAIN_SAMPLES, bytes, &b->peer_dictionary));
	buf_fini(&samples);
	free(lens);
}

/* The frame of a change set, after having opened it again. */
static size_t payload_bytes(struct bench *b, const struct edit_group *groups, size_t count)
{
	const struct changeset_forms forms = { find_form, b };
	const struct pack_dictionaries dicts = { find_dictionary, b };
	struct buf plain, frame, again;
	struct changeset c;
	size_t n;

	buf_init(&plain, ROOM);
	buf_init(&frame, ROOM);
	buf_init(&again, ROOM);
	must(changeset_encode(groups, count, &plain));
	must(pack_deflate(plain.data, plain.len, b->ours, &frame));
	must(pack_inflate(frame.data, frame.len, &dicts, &again));
	must(changeset_decode(again.data, again.len, &forms, &c));
	n = frame.len;
	changeset_fini(&c);
	buf_fini(&plain);
	buf_fini(&frame);
	buf_fini(&again);
	return n;
}

static void print(const char *name, double value, const char *unit, const char *bar, const char *peer, bool is_ok)
{
	printf("%s\t%.2f\t%s\t%s\t%s\t%s\n", name, value, unit, bar, peer, is_ok ? "ok" : "short");
}

static void bench_upload(struct bench *b, size_t count, size_t repeats, double bar)
{
	double payload = 0, xz = 0, zstd = 0;
	double all = (double)(count * repeats);
	char name[64], bar_text[64], peer[128];

	for (size_t i = 0; i < repeats; i++) {
		struct batch batch;
		struct buf values;

		buf_init(&values, ROOM);
		must(batch_init(&batch, b->form, BENCH_SEED + 1000 * count + i, count));
		batch_columns(&batch, b->form, &values);
		payload += (double)payload_bytes(b, batch.groups, batch.count);
		xz += (double)xz_bytes(&values);
		zstd += (double)zstd_bytes(&values, &b->peer_dictionary);
		batch_fini(&batch);
		buf_fini(&values);
	}
	snprintf(name, sizeof(name), "wire.payload_ratio_n%zu", count);
	snprintf(bar_text, sizeof(bar_text), "<= %.2f", bar);
	snprintf(peer, sizeof(peer), "xz -9e of bare values: %.1f B", xz / all);
	print(name, payload / xz, "of xz", bar_text, peer, payload / xz <= bar);
	snprintf(name, sizeof(name), "wire.payload_bytes_n%zu", count);
	snprintf(bar_text, sizeof(bar_text), "<= peer");
	snprintf(peer, sizeof(peer), "zstd -22 + dictionary of bare values: %.1f B", zstd / all);
	print(name, payload / all, "B per application", bar_text, peer, payload <= zstd);
}

/* The frame of the registers that `b`'s edits make; the bytes of their values in *values. */
static size_t pull_bytes(struct bench *b, const struct batch *batch, size_t *values, size_t *count)
{
	const struct changeset_forms forms = { find_form, b };
	struct changeset_pull p = { .form = b->form };
	struct changeset_pull back;
	struct buf plain, frame;
	size_t n;

	buf_init(&plain, ROOM);
	buf_init(&frame, ROOM);
	must(batch_registers(batch->edits, batch->edit_count, 812345, 17, &p.registers, &p.register_count));
	must(changeset_pull_encode(&p, &plain));
	must(changeset_pull_decode(plain.data, plain.len, &forms, &back));
	must(pack_deflate(plain.data, plain.len, b->ours, &frame));
	*values = 0;
	for (size_t i = 0; i < p.register_count; i++)
		*values += p.registers[i].value_len;
	*count = p.register_count;
	n = frame.len;
	changeset_pull_fini(&back);
	free(p.registers);
	buf_fini(&plain);
	buf_fini(&frame);
	return n;
}

static void bench_pull(struct bench *b, size_t repeats)
{
	double over = 0, frames = 0, bare = 0;
	char peer[128];

	for (size_t i = 0; i < repeats; i++) {
		struct batch batch;
		size_t values, count, n;

		must(batch_init(&batch, b->form, BENCH_SEED + 500 + i, 10));
		must(batch_edit(&batch, b->form, BENCH_SEED + 700 + i, 1, 3));
		n = pull_bytes(b, &batch, &values, &count);
		over += ((double)n - (double)values) / (double)count;
		frames += (double)n / (double)count;
		bare += (double)values / (double)count;
		batch_fini(&batch);
	}
	snprintf(peer, sizeof(peer), "values alone, uncompressed: %.1f B per edit", bare / (double)repeats);
	print("wire.pull_over_values", over / (double)repeats, "B per edit", "<= 8", peer, over / (double)repeats <= 8);
	print("wire.pull_bytes", frames / (double)repeats, "B per edit", "<= peer + 8", peer, frames <= bare + 8 * (double)repeats);
}

/* One edit of three fields alone, the usual correction. */
static void bench_edit(struct bench *b, size_t repeats)
{
	double bytes = 0, values = 0;
	char peer[128];

	for (size_t i = 0; i < repeats; i++) {
		struct batch batch;

		must(batch_init(&batch, b->form, BENCH_SEED + 800 + i, 1));
		must(batch_edit(&batch, b->form, BENCH_SEED + 900 + i, 1, 3));
		bytes += (double)payload_bytes(b, batch.edits, batch.edit_count);
		for (size_t k = 0; k < batch.edits[0].edit_count; k++)
			values += (double)batch.edits[0].edits[k].value_len;
		batch_fini(&batch);
	}
	snprintf(peer, sizeof(peer), "values alone, uncompressed: %.1f B", values / (double)repeats);
	print("wire.edit_bytes", bytes / (double)repeats, "B per edit group", "<= peer + 80", peer, bytes <= values + 80 * (double)repeats);
}

static void load(const char *path, struct buf *out)
{
	FILE *f = fopen(path, "rb");
	char room[4096];
	size_t got;

	if (!f)
		must(err_set(ERR_IO, "%s: cannot be read", path));
	while ((got = fread(room, 1, sizeof(room), f)) > 0)
		buf_append(out, room, got);
	fclose(f);
	must(buf_error(out));
}

int main(int argc, char **argv)
{
	struct form *form = NULL;
	struct bench b = { 0 };
	struct buf dictionary;

	buf_init(&dictionary, PACK_DICTIONARY_BYTES_MAX);
	load(argc > 1 ? argv[1] : "build/gen/dictionary.zdict", &dictionary);
	must(form_default_new(&form));
	b.form = form;
	must(pack_dictionary_new(dictionary.data, dictionary.len, &b.ours));
	train_peer(&b, dictionary.len);
	bench_upload(&b, 1, 40, 0.40);
	bench_upload(&b, 10, 12, 0.55);
	bench_upload(&b, 100, 4, 0.75);
	bench_pull(&b, 20);
	bench_edit(&b, 20);
	pack_dictionary_free(b.ours);
	buf_fini(&b.peer_dictionary);
	buf_fini(&dictionary);
	form_free(form);
	return 0;
}
