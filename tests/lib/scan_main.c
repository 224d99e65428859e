/*
 * scan_main: look for texts in the bytes of files; a program of its own, for tests in shell that prove that nothing lies there readable.
 *
 * scan TEXTS PATH...: TEXTS holds one text a line (UTF-8, at least 4 bytes, characters of the basic plane). Every regular file at
 * the paths, and in folders there, is searched for each of them as UTF-8, UTF-16LE and UTF-16BE at every byte. Prints each find as
 * "FILE: text N as ENCODING" and at the end how many files and bytes were searched for how many texts. Status 0: nothing found,
 * 1: something found, 2: could not search.
 */
#include <ftw.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_BYTES_MAX 65536
#define NEEDLES_MAX 65536
#define KEY_BYTES 4 /* a needle is found by its first bytes */
#define BUCKETS 65536

struct needle {
	uint8_t *bytes;
	size_t len;
	size_t line;           /* of TEXTS, from 1 */
	const char *encoding;
	struct needle *next;   /* of the same bucket */
};

static struct { /* nftw() hands no pointer on, so the search keeps its state here */
	struct needle *buckets[BUCKETS];
	size_t needle_count;
	size_t text_count;
	size_t file_count;
	uint64_t byte_count;
	size_t found;
	bool is_broken;
} scan;

static size_t bucket_of(const uint8_t *b)
{
	uint32_t key = (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;

	return (key * 2654435761U) >> 16;
}

static void needle_add(const uint8_t *bytes, size_t len, size_t line, const char *encoding)
{
	struct needle *n = malloc(sizeof(*n));
	size_t bucket = bucket_of(bytes);

	if (!n || !(n->bytes = malloc(len))) {
		fprintf(stderr, "scan: out of memory\n");
		exit(2);
	}
	memcpy(n->bytes, bytes, len);
	n->len = len;
	n->line = line;
	n->encoding = encoding;
	n->next = scan.buckets[bucket];
	scan.buckets[bucket] = n;
	scan.needle_count++;
}

/* The code units of a UTF-8 text of the basic plane; 0 when it is none. */
static size_t utf16_units(const char *text, uint16_t *units)
{
	size_t count = 0;

	for (const uint8_t *p = (const uint8_t *)text; *p;) {
		unsigned more = *p < 0x80 ? 0 : *p >> 5 == 6 ? 1 : *p >> 4 == 14 ? 2 : 3;
		uint16_t unit = more == 0 ? *p : more == 1 ? *p & 0x1f : *p & 0x0f;

		if (more == 3)
			return 0;
		for (p++; more > 0; more--, p++) {
			if (*p >> 6 != 2)
				return 0;
			unit = (uint16_t)(unit << 6 | (*p & 0x3f));
		}
		units[count++] = unit;
	}
	return count;
}

static bool text_add(const char *text, size_t line)
{
	static uint16_t units[LINE_BYTES_MAX];
	static uint8_t bytes[2 * LINE_BYTES_MAX];
	size_t count = utf16_units(text, units);

	if (strlen(text) < KEY_BYTES || count < 2)
		return false;
	needle_add((const uint8_t *)text, strlen(text), line, "UTF-8");
	for (size_t i = 0; i < count; i++) {
		bytes[2 * i] = (uint8_t)units[i];
		bytes[2 * i + 1] = (uint8_t)(units[i] >> 8);
	}
	needle_add(bytes, 2 * count, line, "UTF-16LE");
	for (size_t i = 0; i < count; i++) {
		bytes[2 * i] = (uint8_t)(units[i] >> 8);
		bytes[2 * i + 1] = (uint8_t)units[i];
	}
	needle_add(bytes, 2 * count, line, "UTF-16BE");
	return true;
}

static bool texts_read(const char *path)
{
	static char line[LINE_BYTES_MAX];
	FILE *f = fopen(path, "r");
	bool is_good = f != NULL;

	while (is_good && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		is_good = text_add(line, ++scan.text_count) && scan.needle_count < NEEDLES_MAX;
		if (!is_good)
			fprintf(stderr, "scan: %s:%zu: not a text to look for\n", path, scan.text_count);
	}
	if (f)
		fclose(f);
	return is_good && scan.text_count > 0;
}

static void bytes_search(const char *path, const uint8_t *data, size_t len)
{
	for (size_t at = 0; at + KEY_BYTES <= len; at++) {
		for (const struct needle *n = scan.buckets[bucket_of(data + at)]; n; n = n->next) {
			if (n->len > len - at || memcmp(n->bytes, data + at, n->len) != 0)
				continue;
			printf("%s: text %zu as %s at byte %zu\n", path, n->line, n->encoding, at);
			scan.found++;
		}
	}
}

static int file_search(const char *path, const struct stat *st, int kind, struct FTW *where)
{
	size_t len = (size_t)st->st_size;
	uint8_t *data;
	FILE *f;

	(void)where;
	if (kind == FTW_D || kind == FTW_DP || (kind == FTW_F && !S_ISREG(st->st_mode)))
		return 0;
	f = kind == FTW_F ? fopen(path, "r") : NULL;
	data = malloc(len + 1);
	if (!f || !data || fread(data, 1, len, f) != len) {
		fprintf(stderr, "scan: %s: cannot read\n", path);
		scan.is_broken = true;
	} else {
		bytes_search(path, data, len);
		scan.file_count++;
		scan.byte_count += len;
	}
	if (f)
		fclose(f);
	free(data);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc < 3 || !texts_read(argv[1])) {
		fprintf(stderr, "usage: scan TEXTS PATH...\n");
		return 2;
	}
	for (int i = 2; i < argc; i++) {
		if (nftw(argv[i], file_search, 16, FTW_PHYS) != 0)
			scan.is_broken = true;
	}
	printf("%zu files, %llu bytes, %zu texts, %zu found\n", scan.file_count, (unsigned long long)scan.byte_count, scan.text_count,
	       scan.found);
	return scan.is_broken || scan.file_count == 0 ? 2 : scan.found > 0;
}
