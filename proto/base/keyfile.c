/*
 * keyfile: see keyfile.h.
 *
 * The secret passes through the text of the file, which lives in a struct buf (wiped when released), and through one line's
 * code on the stack (wiped by hand). It comes to rest in guarded memory only.
 */
#include "proto/base/keyfile.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>

#include "proto/base/buf.h"
#include "proto/base/file.h"
#include "proto/base/log.h"
#include "proto/base/text.h"

#define LINES 4
#define LINE_BYTES (KEYFILE_SECRET_BYTES / LINES)
#define CHECK_BYTES 5
#define CODE_TEXT_BYTES 32
#define CHECK_LABEL "mandoob:keyfile"

static_assert(LINES * LINE_BYTES == KEYFILE_SECRET_BYTES, "the lines hold the whole key");

static const char RETYPE[] =
	"# إذا كُتب باليد فالأسطر التي تبدأ بعلامة # غير لازمة، والرمز الأخير من كل سطر للتحقق من صحته.\n"
	"# When it is typed in by hand, lines that begin with # may be left out; the last symbol of each line checks it.\n";

struct kind_text {
	const char *head;     /* first line without the version */
	const char *sentence; /* for the person who finds the paper */
};

static const struct kind_text KINDS[] = {
	[KEYFILE_ROOT] = {
		.head = "mandoob root key ",
		.sentence =
			"# هذا مفتاح الجذر للجمعية: به وحده تُعتمد مفاتيح المركز. احفظه مطبوعًا في خزنة بعيدًا عن كل جهاز\n"
			"# متصل بالشبكة، ولا ترسله لأحد.\n"
			"# This is the organisation's root key: it alone vouches for the keys of the centre. Keep it printed,\n"
			"# in a safe, away from every machine with a network, and send it to nobody.\n",
	},
	[KEYFILE_RECOVERY] = {
		.head = "mandoob recovery key ",
		.sentence =
			"# هذا مفتاح الاسترجاع للجمعية: به تُفتح البيانات كلها إذا ضاعت مفاتيح المركز أو عبارة مرور جهاز.\n"
			"# احفظ نسختين مطبوعتين في مكانين آمنين مختلفين، ولا تستعمله إلا بحضور شخصين.\n"
			"# This is the organisation's recovery key: it opens all data when the keys of the centre or the\n"
			"# passphrase of a device are lost. Keep two printed copies in two safe places, and use it only with\n"
			"# two people present.\n",
	},
};

/* The bytes of the line "check": they bind kind, organisation and key together. */
static void check_bytes(enum keyfile_kind kind, const uint8_t *org, const uint8_t *secret, uint8_t out[static CHECK_BYTES])
{
	crypto_generichash_state state;
	uint8_t hash[crypto_generichash_BYTES];
	const uint8_t kind_byte = (uint8_t)kind;

	crypto_generichash_init(&state, NULL, 0, sizeof hash);
	crypto_generichash_update(&state, (const uint8_t *)CHECK_LABEL, sizeof CHECK_LABEL);
	crypto_generichash_update(&state, &kind_byte, 1);
	crypto_generichash_update(&state, org, KEYFILE_ORG_BYTES);
	crypto_generichash_update(&state, secret, KEYFILE_SECRET_BYTES);
	crypto_generichash_final(&state, hash, sizeof hash);
	memcpy(out, hash, CHECK_BYTES);
	sodium_memzero(&state, sizeof state);
}

/* Append "name CODE" for `len` bytes. Matched by read_code(). */
static int append_code(struct buf *b, const char *name, const uint8_t *data, size_t len)
{
	char code[CODE_TEXT_BYTES];
	int rc = text_code_encode(data, len, code, sizeof code);

	if (rc == 0) {
		buf_text(b, name);
		buf_text(b, " ");
		buf_text(b, code);
		buf_text(b, "\n");
	}
	sodium_memzero(code, sizeof code);
	return rc;
}

/* The name of line `i` of the key, "1" to "4". */
static void line_name(size_t i, char out[static 2])
{
	out[0] = (char)('1' + i);
	out[1] = '\0';
}

static int compose(struct buf *b, enum keyfile_kind kind, const uint8_t *org, const uint8_t *secret)
{
	char hex[2 * KEYFILE_ORG_BYTES + 1];
	char name[2];
	uint8_t check[CHECK_BYTES];
	int rc = 0;

	buf_printf(b, "%s1\n", KINDS[kind].head);
	buf_printf(b, "organisation %s\n", sodium_bin2hex(hex, sizeof hex, org, KEYFILE_ORG_BYTES));
	for (size_t i = 0; rc == 0 && i < LINES; i++) {
		line_name(i, name);
		rc = append_code(b, name, secret + i * LINE_BYTES, LINE_BYTES);
	}
	check_bytes(kind, org, secret, check);
	if (rc == 0)
		rc = append_code(b, "check", check, sizeof check);
	buf_text(b, KINDS[kind].sentence);
	buf_text(b, RETYPE);
	return rc != 0 ? rc : buf_error(b);
}

int keyfile_write(const char *path, enum keyfile_kind kind, const uint8_t org[static KEYFILE_ORG_BYTES],
	const uint8_t secret[static KEYFILE_SECRET_BYTES])
{
	struct buf b;
	int rc;

	buf_init(&b, KEYFILE_BYTES_MAX);
	rc = compose(&b, kind, org, secret);
	if (rc == 0)
		rc = file_write_new(path, b.data, b.len);
	buf_fini(&b);
	return rc;
}

/* The next line that counts, cut off in place and without CR; NULL at the end. `*number` counts all lines. */
static char *next_line(char **rest, size_t *number)
{
	char *line;
	size_t len;

	while ((line = strsep(rest, "\n"))) {
		++*number;
		len = strlen(line);
		if (len > 0 && line[len - 1] == '\r')
			line[--len] = '\0';
		if (len > 0 && line[0] != '#')
			return line;
	}
	return NULL;
}

static int check_head(const char *path, enum keyfile_kind kind, const char *line)
{
	const enum keyfile_kind other = kind == KEYFILE_ROOT ? KEYFILE_RECOVERY : KEYFILE_ROOT;
	const size_t len = strlen(KINDS[kind].head);

	if (line && strncmp(line, KINDS[other].head, strlen(KINDS[other].head)) == 0)
		return err_set(ERR_USAGE, "%s: is a \"%s\"; a \"%s\" was expected", path, KINDS[other].head, KINDS[kind].head);
	if (!line || strncmp(line, KINDS[kind].head, len) != 0)
		return err_set(ERR_CORRUPT, "%s: is no key file; the first line \"%s1\" was expected", path, KINDS[kind].head);
	if (strcmp(line + len, "1") != 0)
		return err_set(ERR_STALE, "%s: this version needs a newer program", path);
	return 0;
}

/* What follows "`name` " on the line; NULL when the line is another one. */
static const char *value_of(const char *line, const char *name)
{
	size_t len = strlen(name);

	if (!line || strncmp(line, name, len) != 0 || line[len] != ' ')
		return NULL;
	return line + len + 1;
}

static int read_org(const char *path, char **rest, size_t *number, uint8_t org[static KEYFILE_ORG_BYTES])
{
	const char *hex = value_of(next_line(rest, number), "organisation");
	const char *end = NULL;
	size_t len = 0;

	if (!hex || strlen(hex) != 2 * KEYFILE_ORG_BYTES ||
		sodium_hex2bin(org, KEYFILE_ORG_BYTES, hex, strlen(hex), NULL, &len, &end) != 0 || len != KEYFILE_ORG_BYTES || *end != '\0')
		return err_set(ERR_CORRUPT, "%s:%zu: \"organisation\" and 16 hex digits were expected", path, *number);
	return 0;
}

/* The next line as "name CODE" of exactly `len` bytes. Matches append_code(). */
static int read_code(const char *path, char **rest, size_t *number, const char *name, uint8_t *out, size_t len)
{
	const char *code = value_of(next_line(rest, number), name);
	size_t got = 0;

	if (!code)
		return err_set(ERR_CORRUPT, "%s:%zu: the line \"%s\" was expected", path, *number, name);
	if (text_code_decode(code, out, len, &got) != 0 || got != len)
		return err_set(ERR_CORRUPT, "%s:%zu: a symbol is wrong; compare the line with the original", path, *number);
	return 0;
}

/* The whole text, cut up in place. `org` and `secret` hold anything after a failure. */
static int parse(const char *path, enum keyfile_kind kind, char *text, uint8_t *org, uint8_t *secret)
{
	uint8_t claimed[CHECK_BYTES];
	uint8_t check[CHECK_BYTES];
	char name[2];
	size_t number = 0;
	char *rest = text;
	int rc = check_head(path, kind, next_line(&rest, &number));

	if (rc == 0)
		rc = read_org(path, &rest, &number, org);
	for (size_t i = 0; rc == 0 && i < LINES; i++) {
		line_name(i, name);
		rc = read_code(path, &rest, &number, name, secret + i * LINE_BYTES, LINE_BYTES);
	}
	if (rc == 0)
		rc = read_code(path, &rest, &number, "check", claimed, sizeof claimed);
	if (rc != 0)
		return rc;
	if (next_line(&rest, &number))
		return err_set(ERR_CORRUPT, "%s:%zu: nothing was expected after the line \"check\"", path, number);
	check_bytes(kind, org, secret, check);
	if (sodium_memcmp(check, claimed, sizeof check) != 0)
		return err_set(ERR_CORRUPT, "%s: each line is well written, but they do not belong together", path);
	return 0;
}

static void warn_when_open(const char *path)
{
	struct stat st;

	if (stat(path, &st) == 0 && (st.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		log_event(LOG_WARN, "keyfile", "key_open_to_others", "path=%s mode=%04o", path, (unsigned)(st.st_mode & 07777));
}

int keyfile_read(const char *path, enum keyfile_kind kind, uint8_t org[static KEYFILE_ORG_BYTES], uint8_t **secret)
{
	struct buf b;
	uint8_t *key = NULL;
	int rc;

	*secret = NULL;
	memset(org, 0, KEYFILE_ORG_BYTES);
	buf_init(&b, KEYFILE_BYTES_MAX);
	rc = file_read(path, &b);
	if (rc != 0)
		return rc;
	warn_when_open(path);
	buf_append(&b, "", 1);
	rc = buf_error(&b);
	if (rc == 0 && strlen((const char *)b.data) != b.len - 1)
		rc = err_set(ERR_CORRUPT, "%s: holds a NUL byte", path);
	key = rc == 0 && sodium_init() >= 0 ? sodium_malloc(KEYFILE_SECRET_BYTES) : NULL;
	if (rc == 0 && !key)
		rc = err_set(ERR_NOMEM, "%s: no guarded memory", path);
	if (rc == 0)
		rc = parse(path, kind, (char *)b.data, org, key);
	buf_fini(&b);
	if (rc != 0) {
		keyfile_free(key);
		memset(org, 0, KEYFILE_ORG_BYTES);
		return rc;
	}
	*secret = key;
	return 0;
}

void keyfile_free(uint8_t *secret)
{
	sodium_free(secret);
}
