/*
 * jflat_main: JSON on standard input as lines "/path/to/member<TAB>value", for tests in shell; a program of its own.
 *
 * Members of lists are counted from 0. Texts are printed with line ends as spaces; an empty list or object, and null, have no line.
 * Several objects one after another are allowed; each path then begins with the number of its object: "0/...", "1/...".
 * Status 1: not JSON.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#define PATH_BYTES_MAX 1024

static void print_text(const char *text)
{
	for (; *text; text++)
		putchar(*text == '\n' ? ' ' : *text);
	putchar('\n');
}

static void print_value(const char *path, const json_t *v)
{
	if (json_is_null(v))
		return;
	printf("%s\t", path);
	if (json_is_string(v))
		print_text(json_string_value(v));
	else if (json_is_integer(v))
		printf("%" JSON_INTEGER_FORMAT "\n", json_integer_value(v));
	else if (json_is_real(v))
		printf("%.6f\n", json_real_value(v));
	else
		printf("%s\n", json_is_true(v) ? "true" : "false");
}

static void print_tree(char path[static PATH_BYTES_MAX], json_t *v)
{
	size_t end = strlen(path);
	const char *name;
	json_t *member;
	size_t i;

	if (json_is_object(v)) {
		json_object_foreach(v, name, member) {
			snprintf(path + end, PATH_BYTES_MAX - end, "/%s", name);
			print_tree(path, member);
		}
	} else if (json_is_array(v)) {
		json_array_foreach(v, i, member) {
			snprintf(path + end, PATH_BYTES_MAX - end, "/%zu", i);
			print_tree(path, member);
		}
	} else {
		print_value(path, v);
	}
	path[end] = '\0';
}

int main(void)
{
	char path[PATH_BYTES_MAX] = "";
	json_error_t error;
	json_t *first = json_loadf(stdin, JSON_DISABLE_EOF_CHECK, &error);
	json_t *next = first ? json_loadf(stdin, JSON_DISABLE_EOF_CHECK, &error) : NULL;

	if (!first) {
		fprintf(stderr, "jflat: line %d: %s\n", error.line, error.text);
		return 1;
	}
	if (next)
		snprintf(path, sizeof(path), "0");
	print_tree(path, first);
	json_decref(first);
	for (unsigned i = 1; next; i++) {
		snprintf(path, sizeof(path), "%u", i);
		print_tree(path, next);
		json_decref(next);
		next = json_loadf(stdin, JSON_DISABLE_EOF_CHECK, &error);
	}
	return 0;
}
