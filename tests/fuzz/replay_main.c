/*
 * replay: feeds a fuzz target files and mutations of them, without libFuzzer: in every test run, with any compiler.
 *
 *   fuzz_X SEED COUNT FILE ...    every FILE, then COUNT inputs mutated from them; prints one "ok - " or "not ok - " line
 *
 * SEED fixes the mutations, so that a run can be had again. The target runs in a child: when it aborts, is stopped by a sanitizer,
 * leaks or takes more than INPUT_S for one input, the parent keeps that input beside the program as fuzz_X.failed, to be fed
 * again with COUNT 0. The input goes to the target in a block of exactly its size, so that a sanitizer sees a byte read beyond.
 */
#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proto/base/file.h"

#define INPUT_S 20
#define FILES_MAX 2000
#define FILE_BYTES_MAX (64 * 1024)
#define INPUT_BYTES_MAX (2 * FILE_BYTES_MAX)
#define STEPS_MAX 4 /* mutations on top of each other */
#define PIECE_BYTES_MAX 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What the child is doing, in memory that the parent sees. */
struct progress {
	uint64_t fed; /* inputs that were begun */
	size_t len;
	uint8_t input[INPUT_BYTES_MAX];
};

struct replay {
	const char *name; /* of the target; borrowed */
	struct buf *files;
	size_t file_count;
	uint64_t count;
	uint64_t state;   /* of the generator */
	struct progress *progress;
};

/* splitmix64. */
static uint64_t next(struct replay *r)
{
	uint64_t z = r->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* A number from 0 to n - 1; n is not 0. */
static size_t below(struct replay *r, size_t n)
{
	return (size_t)(next(r) % n);
}

/* Put `len` bytes at `at` in place of the `gone` bytes there; what would be too long is left as it was. */
static void replace(struct buf *b, size_t at, size_t gone, const uint8_t *piece, size_t len)
{
	size_t rest = b->len - at - gone;

	if (b->len - gone + len > INPUT_BYTES_MAX)
		return;
	if (len > gone && !buf_space(b, len - gone))
		abort();
	memmove(b->data + at + len, b->data + at + gone, rest);
	if (len > 0)
		memcpy(b->data + at, piece, len);
	b->len = at + len + rest;
}

/* A piece of any of the files, or random bytes, over the `gone` bytes at `at`. */
static void put_piece(struct replay *r, struct buf *b, size_t at, size_t gone)
{
	const struct buf *from = &r->files[below(r, r->file_count)];
	uint8_t piece[PIECE_BYTES_MAX];
	size_t len = 1 + below(r, PIECE_BYTES_MAX), start = 0;

	if (from->len > 0 && below(r, 4) > 0) {
		start = below(r, from->len);
		len = len < from->len - start ? len : from->len - start;
		memcpy(piece, from->data + start, len);
	} else {
		for (size_t i = 0; i < len; i++)
			piece[i] = (uint8_t)next(r);
	}
	replace(b, at, gone, piece, len);
}

static void mutate(struct replay *r, struct buf *b)
{
	static const uint8_t edges[] = { 0, 1, 2, 0x1f, 0x20, 0x3f, 0x40, 0x7f, 0x80, 0xfe, 0xff };
	size_t at, span;

	if (b->len == 0) {
		put_piece(r, b, 0, 0);
		return;
	}
	at = below(r, b->len);
	span = 1 + below(r, PIECE_BYTES_MAX);
	span = span < b->len - at ? span : b->len - at;
	switch (below(r, 8)) {
	case 0:
		b->data[at] ^= (uint8_t)(1u << below(r, 8));
		break;
	case 1:
		b->data[at] = edges[below(r, sizeof edges)];
		break;
	case 2:
		b->data[at] = (uint8_t)(b->data[at] + below(r, 33) - 16);
		break;
	case 3:
		b->data[at] = (uint8_t)next(r);
		break;
	case 4:
		replace(b, at, span, NULL, 0);
		break;
	case 5:
		b->len = at;
		break;
	case 6:
		put_piece(r, b, at, 0);
		break;
	default:
		put_piece(r, b, at, span);
		break;
	}
}

static void feed(const struct replay *r, const struct buf *b)
{
	uint8_t *exact = malloc(b->len > 0 ? b->len : 1);

	if (!exact || b->len > INPUT_BYTES_MAX)
		abort();
	if (b->len > 0) {
		memcpy(exact, b->data, b->len);
		memcpy(r->progress->input, b->data, b->len);
	}
	r->progress->len = b->len;
	r->progress->fed++;
	alarm(INPUT_S);
	(void)LLVMFuzzerTestOneInput(exact, b->len);
	alarm(0);
	free(exact);
}

static void feed_all(struct replay *r)
{
	struct buf b;

	buf_init(&b, INPUT_BYTES_MAX);
	feed(r, &b);
	for (size_t i = 0; i < r->file_count; i++)
		feed(r, &r->files[i]);
	for (uint64_t i = 0; i < r->count; i++) {
		const struct buf *from = &r->files[below(r, r->file_count)];
		size_t steps = 1 + below(r, STEPS_MAX);

		buf_clear(&b);
		buf_append(&b, from->data, from->len);
		for (size_t k = 0; k < steps; k++)
			mutate(r, &b);
		feed(r, &b);
	}
	buf_fini(&b);
}

/* Say what stopped the child, and keep the input it had. */
static void report(const struct replay *r, const char *program, int status)
{
	char path[512];

	snprintf(path, sizeof path, "%s.failed", program);
	printf("not ok - %s stops at input %llu: %s %d, see %s\n", r->name, (unsigned long long)r->progress->fed,
		WIFSIGNALED(status) ? "signal" : "status", WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status), path);
	if (file_replace(path, r->progress->input, r->progress->len) != 0)
		printf("# %s\n", err_message());
}

static int run(struct replay *r, const char *program)
{
	int status = 0;
	pid_t child;

	r->progress = mmap(NULL, sizeof *r->progress, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (r->progress == MAP_FAILED)
		return err_set(ERR_NOMEM, "no memory");
	fflush(stdout);
	child = fork();
	if (child == 0) {
		feed_all(r);
		return 0; /* the end of main() is where leaks are looked for */
	}
	if (child < 0 || waitpid(child, &status, 0) != child)
		return err_set(ERR_IO, "no child: %s", strerror(errno));
	if (status != 0) {
		report(r, program, status);
		return err_set(ERR_CORRUPT, "stopped");
	}
	printf("ok - %s replays %llu inputs\n", r->name, (unsigned long long)r->progress->fed);
	return 0;
}

static int load(struct replay *r, char **paths, size_t count)
{
	int rc = 0;

	if (count > FILES_MAX)
		return err_set(ERR_LIMIT, "more than %d files", FILES_MAX);
	r->files = calloc(count, sizeof *r->files);
	if (!r->files)
		return err_set(ERR_NOMEM, "no memory");
	for (size_t i = 0; i < count && rc == 0; i++) {
		buf_init(&r->files[i], FILE_BYTES_MAX);
		rc = file_read(paths[i], &r->files[i]);
		r->file_count = i + 1;
	}
	return rc;
}

static bool read_number(const char *text, uint64_t *out)
{
	char *end;

	errno = 0;
	*out = strtoull(text, &end, 10);
	return !errno && end != text && !*end;
}

int main(int argc, char **argv)
{
	const char *slash = strrchr(argv[0], '/');
	struct replay r = { .name = slash ? slash + 1 : argv[0] };
	int rc;

	if (argc < 4 || !read_number(argv[1], &r.state) || !read_number(argv[2], &r.count)) {
		fprintf(stderr, "usage: %s SEED COUNT FILE ...\n", r.name);
		return 2;
	}
	rc = load(&r, argv + 3, (size_t)argc - 3);
	if (rc == 0)
		rc = run(&r, argv[0]);
	if (rc != 0)
		fprintf(stderr, "%s: %s\n", r.name, err_message());
	for (size_t i = 0; i < r.file_count; i++)
		buf_fini(&r.files[i]);
	free(r.files);
	return err_exit(rc);
}
