/*
 * sample_main: print invented applications as JSON, one per line, for `make run`, flow tests and training.
 *
 * sample SEED FIRST [COUNT]: applications FIRST to FIRST + COUNT - 1 (COUNT is 1 when left out), with pen strokes.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "proto/form/form_default.h"
#include "tests/lib/sample.h"

#define JSON_BYTES_MAX (256 * 1024)

static int read_number(const char *text, uint64_t max, uint64_t *out)
{
	char *end;

	errno = 0;
	*out = strtoull(text, &end, 10);
	if (errno || end == text || *end || *out > max)
		return err_set(ERR_USAGE, "usage: sample SEED FIRST [COUNT]");
	return 0;
}

static int print_one(const struct form *form, uint64_t seed, uint32_t index)
{
	struct sample *s;
	struct buf json;
	int rc = sample_application(form, seed, index, &s);

	if (rc != 0)
		return rc;
	buf_init(&json, JSON_BYTES_MAX);
	rc = sample_sign(s);
	if (rc == 0) {
		sample_json(s, &json);
		rc = buf_error(&json);
	}
	if (rc == 0 && fwrite(json.data, 1, json.len, stdout) != json.len)
		rc = err_set(ERR_IO, "standard output: cannot write");
	buf_fini(&json);
	sample_free(s);
	return rc;
}

static int run(int argc, char **argv)
{
	struct form *form = NULL;
	uint64_t seed;
	uint64_t first;
	uint64_t count = 1;
	int rc;

	if (argc != 3 && argc != 4)
		return err_set(ERR_USAGE, "usage: sample SEED FIRST [COUNT]");
	rc = read_number(argv[1], UINT64_MAX, &seed);
	if (rc == 0)
		rc = read_number(argv[2], UINT32_MAX / 2, &first);
	if (rc == 0 && argc == 4)
		rc = read_number(argv[3], UINT32_MAX / 2, &count);
	if (rc == 0)
		rc = form_default_new(&form);
	for (uint64_t i = 0; rc == 0 && i < count; i++)
		rc = print_one(form, seed, (uint32_t)(first + i));
	form_free(form);
	return rc;
}

int main(int argc, char **argv)
{
	int rc = run(argc, argv);

	if (rc == 0 && fflush(stdout) != 0)
		rc = err_set(ERR_IO, "standard output: cannot write");
	if (rc != 0)
		fprintf(stderr, "sample: %s\n", err_message());
	return err_exit(rc);
}
