/*
 * formc: compiles an XLSForm while the product is built and in its tests, where there is no centre.
 *
 *	formc [-o OUT.form] [-x OUT.xlsx] FILE.xlsx | SHEET.csv...
 *
 * -o writes the canonical text, -x the sheets as a workbook. Problems go to stderr, each with its cell, in English and Arabic; the
 * status is 1 when one of them is an error. CSV files are sheets by their names: survey.csv, choices.csv, settings.csv.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "proto/base/file.h"
#include "server/author/xlsform.h"

#define FILES_MAX 8
#define NAME_BYTES 256
#define OUTPUT_BYTES_MAX (64 * 1024 * 1024)

static int complain(const char *what)
{
	fprintf(stderr, "formc: %s: %s\n", what, err_message());
	return 1;
}

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), n = strlen(end);

	return len > n && strcasecmp(text + len - n, end) == 0;
}

/* The file's name without folder and ending. */
static void base_name(const char *path, char out[static NAME_BYTES])
{
	const char *slash = strrchr(path, '/');
	const char *base = slash != NULL ? slash + 1 : path;
	const char *dot = strrchr(base, '.');
	size_t len = dot != NULL ? (size_t)(dot - base) : strlen(base);

	if (len >= NAME_BYTES)
		len = NAME_BYTES - 1;
	memcpy(out, base, len);
	out[len] = '\0';
}

static int read_sheets(char **paths, size_t count, struct buf *files, struct workbook *out)
{
	struct workbook_csv csv[FILES_MAX];

	for (size_t i = 0; i < count; i++) {
		int rc = file_read(paths[i], &files[i]);

		if (rc != 0)
			return rc;
		csv[i] = (struct workbook_csv){ .name = paths[i], .data = files[i].data, .len = files[i].len };
	}
	if (count == 1 && !ends_with(paths[0], ".csv"))
		return workbook_read_xlsx(files[0].data, files[0].len, out);
	return workbook_read_csv(csv, count, out);
}

static int write_file(const char *path, const struct buf *b)
{
	FILE *file = fopen(path, "wb");
	bool is_written = file != NULL && fwrite(b->data, 1, b->len, file) == b->len;

	if (file != NULL && fclose(file) != 0)
		is_written = false;
	return is_written ? 0 : err_set(ERR_IO, "cannot be written");
}

static int write_outputs(const struct workbook *w, const struct buf *form, const char *form_path, const char *xlsx_path)
{
	struct buf xlsx;
	int rc = form_path != NULL ? write_file(form_path, form) : 0;

	if (rc != 0)
		return complain(form_path);
	if (xlsx_path == NULL)
		return 0;
	buf_init(&xlsx, OUTPUT_BYTES_MAX);
	rc = workbook_write_xlsx(w, &xlsx);
	if (rc == 0)
		rc = write_file(xlsx_path, &xlsx);
	buf_fini(&xlsx);
	return rc == 0 ? 0 : complain(xlsx_path);
}

static int compile(const struct workbook *w, const char *path, const char *form_path, const char *xlsx_path)
{
	char name[NAME_BYTES];
	struct xlsform_options options = { .name = name };
	struct problems problems;
	struct buf form, text;
	int rc;

	base_name(path, name);
	problems_init(&problems);
	buf_init(&form, FORM_TEXT_BYTES_MAX);
	buf_init(&text, OUTPUT_BYTES_MAX);
	rc = xlsform_compile(w, &options, &problems, &form);
	problems_print(&problems, &text);
	fputs(buf_string(&text), stderr);
	if (rc == 0)
		rc = write_outputs(w, &form, form_path, xlsx_path);
	else if (problems.errors == 0)
		rc = complain(path);
	problems_fini(&problems);
	buf_fini(&text);
	buf_fini(&form);
	return rc == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
	const char *form_path = NULL, *xlsx_path = NULL;
	struct buf files[FILES_MAX];
	struct workbook w;
	size_t count;
	int option, rc;

	while ((option = getopt(argc, argv, "o:x:")) != -1) {
		if (option == '?')
			return 2;
		*(option == 'o' ? &form_path : &xlsx_path) = optarg;
	}
	count = (size_t)(argc - optind);
	if (count == 0 || count > FILES_MAX) {
		fprintf(stderr, "usage: formc [-o OUT.form] [-x OUT.xlsx] FILE.xlsx | SHEET.csv...\n");
		return 2;
	}
	for (size_t i = 0; i < count; i++)
		buf_init(&files[i], WORKBOOK_BYTES_MAX);
	memset(&w, 0, sizeof(w));
	rc = read_sheets(argv + optind, count, files, &w);
	rc = rc != 0 ? complain(argv[optind]) : compile(&w, argv[optind], form_path, xlsx_path);
	workbook_fini(&w);
	for (size_t i = 0; i < count; i++)
		buf_fini(&files[i]);
	return rc;
}
