/*
 * train_dictionary: makes build/gen/dictionary.zdict, the dictionary that a new centre hands out with the default form.
 *
 *	train_dictionary OUT [KIB [SAMPLES]]
 *
 * The samples are what a device would send and fetch: change sets of one application (seven of ten), of four, of a small
 * edit, and a pull of ten cases. Their seeds begin at TRAIN_SEED; benches use seeds far below, so that no figure is
 * measured on people whom the dictionary has met. The output is the same on every run with one version of the library.
 */
#include <stdio.h>
#include <stdlib.h>

#include "proto/form/form_default.h"
#include "proto/pack.h"
#include "tests/lib/batch.h"

#define TRAIN_SEED 1000000
#define KIB_DEFAULT 112
#define SAMPLES_DEFAULT 4000
#define SAMPLES_BYTES_MAX (256 * 1024 * 1024)

static int add_pull(const struct form *f, const struct edit_group *groups, size_t count, uint64_t seed, struct buf *out)
{
	struct changeset_pull p = { .form = f };
	int rc = batch_registers(groups, count, 1 + seed % 1000003 * 17, (uint32_t)(1 + seed % 400), &p.registers, &p.register_count);

	if (rc == 0)
		rc = changeset_pull_encode(&p, out);
	free(p.registers);
	return rc;
}

/* Sample number `i`. */
static int add_sample(const struct form *f, uint64_t i, struct buf *out)
{
	uint64_t seed = TRAIN_SEED + i;
	unsigned turn = (unsigned)(i % 10);
	struct batch b;
	int rc = batch_init(&b, f, seed, turn < 8 ? 1 : turn == 8 ? 4 : 10);

	if (rc == 0 && turn < 7) {
		rc = changeset_encode(b.groups, b.count, out);
	} else if (rc == 0 && turn == 8) {
		rc = changeset_encode(b.groups, b.count, out);
	} else if (rc == 0) {
		rc = batch_edit(&b, f, seed, 1, 3);
		if (rc == 0 && turn == 7)
			rc = changeset_encode(b.edits, b.edit_count, out);
		else if (rc == 0)
			rc = add_pull(f, b.edits, b.edit_count, seed, out);
	}
	batch_fini(&b);
	return rc;
}

static int train(const struct form *f, size_t kib, size_t count, struct buf *samples, struct buf *dictionary)
{
	size_t *lens = calloc(count, sizeof(*lens));
	int rc = lens ? 0 : err_set(ERR_NOMEM, "training: no memory");

	for (size_t i = 0; i < count && rc == 0; i++) {
		size_t before = samples->len;

		rc = add_sample(f, i, samples);
		if (rc == 0)
			lens[i] = samples->len - before;
	}
	if (rc == 0)
		rc = buf_error(samples);
	if (rc == 0)
		rc = pack_dictionary_train(samples->data, lens, count, kib * 1024, dictionary);
	free(lens);
	return rc;
}

static int save(const char *path, const struct buf *b)
{
	FILE *f = fopen(path, "wb");
	int rc = 0;

	if (!f)
		return err_set(ERR_IO, "%s: cannot be written", path);
	if (fwrite(b->data, 1, b->len, f) != b->len)
		rc = err_set(ERR_IO, "%s: not written whole", path);
	if (fclose(f) != 0 && rc == 0)
		rc = err_set(ERR_IO, "%s: not written whole", path);
	return rc;
}

int main(int argc, char **argv)
{
	size_t kib = argc > 2 ? strtoul(argv[2], NULL, 10) : KIB_DEFAULT;
	size_t count = argc > 3 ? strtoul(argv[3], NULL, 10) : SAMPLES_DEFAULT;
	struct form *f = NULL;
	struct buf samples, dictionary;
	int rc;

	if (argc < 2 || kib == 0 || count == 0) {
		fprintf(stderr, "usage: train_dictionary OUT [KIB [SAMPLES]]\n");
		return 2;
	}
	buf_init(&samples, SAMPLES_BYTES_MAX);
	buf_init(&dictionary, PACK_DICTIONARY_BYTES_MAX);
	rc = form_default_new(&f);
	if (rc == 0)
		rc = train(f, kib, count, &samples, &dictionary);
	if (rc == 0)
		rc = save(argv[1], &dictionary);
	if (rc)
		fprintf(stderr, "train_dictionary: %s\n", err_message());
	else
		printf("%s: %zu bytes from %zu samples of %zu bytes\n", argv[1], dictionary.len, count, samples.len);
	buf_fini(&samples);
	buf_fini(&dictionary);
	form_free(f);
	return rc ? 1 : 0;
}
