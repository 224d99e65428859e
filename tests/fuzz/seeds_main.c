/*
 * seeds: makes the valid inputs with which fuzzing and replaying begin, out of tests/vectors and of invented applications.
 *
 *   seeds FOLDER      from the top of the tree; makes FOLDER/fuzz_X/NAME for every target
 *
 * They are made anew for every run instead of being kept, so that a change of the default form does not leave them behind. Inputs
 * that once broke something are kept, in tests/corpus/fuzz_X. Each seed has the shape that its target says: the byte that
 * chooses goes before it, what the target puts right by itself (form hash, signature, code, checksum) is cut off.
 * The same bytes on every run.
 */
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/file.h"
#include "proto/form/form_default.h"
#include "proto/pack.h"
#include "proto/seal.h"
#include "tests/lib/batch.h"
#include "tests/lib/fixed.h"
#include "tests/lib/formkit.h"
#include "tests/lib/xlsxseeds.h"

#define SEED_BYTES_MAX (64 * 1024)
#define PATH_BYTES 512
#define NO_CHOICE (-1)
#define MAC_BYTES 32

/* A small form with something of everything (tests/lib/formkit.h), and lists of reference data as text and as CSV. */
static const char TABLES[] =
	"#settings\nkey | value\nform_id | tiny\nversion | 7\nform_title::ar | نموذج\ndefault_language | ar\ninstance_name | ${shade}\n"
	"#survey\n"
	"type | list | name | label::ar | label::English (en) | required | relevant | calculation | default | default_kind | trigger |"
	" choice_filter | repeat_count | entry | write | protected | hidden | member | note\n"
	"begin_group | | page | صفحة | Page | | | | | | | | | visit\nstart | | begun\n"
	"select_one | town | town | | | true() | | | | | | zone = ${shade}\n"
	"end_group\nbegin_repeat | | kid | ابن | | | count(${kid}) > 1 | | | | | | 2\n"
	"text | | shade | لون | | | ${town} != '' | | red | literal\n"
	"begin_repeat | | toy\n"
	"select_multiple | colour | shade | | | | indexed-repeat(${shade}, ${kid}, 1, ${toy}, 2) | | | | | | | | officer | yes | yes\n"
	"end_repeat\nend_repeat\nselect_member | | who | | | | | | | | | ${shade} = 1 | | | | | | kid\n"
	"calculate | | sum | | | | | instance('town')/root/item[x = ${town}]/y | | | ${who}\n"
	"rank | colour | order | | | | | | | | | | | | | | | | a\\nb\n"
	"#choices\nlist_name | name | label::ar | zone\ncolour | red | أحمر | 1\ncolour | 2 | أخضر\nother | a b\n";
static const char LIST[] = "mandoob-list\t1\tvillages\t2026.1\ncode\tlabel::ar\tlabel::en\taliases\twithdrawn\tcentre\n"
			   "qana\tقنا\tQana\tقنا البحر;قناء\t\tc1\nbariq\tبارق\\n\t\t\tyes\tc2\n";
static const char LIST_CSV[] = "name,label::ar,label,aliases,withdrawn,centre\nqana,قنا,Qana,\"قنا ؛ x|y\",no,c1\r\nbariq,,بارق,,yes,\n";

/* What people type: other digits, separators, calendars, marks of direction, and things that are no value at all. */
static const char *const TYPED[] = { "٠٠٧", "١٬٥٠٠٫٥", "-0.50", "٢٣/٠٨/١٤٤٢هـ", "٥ أبريل ٢٠٢١", "رجب 1390",
	" SA03 8000-0000 ", "٠٥٠ ٠٠٠ ٠٠٠٢", "00966500000002", "RRRD2929", "21.485811, 39.192505", "نعم",
	"1000000008\xe2\x80\x8f", "أ\xd9\x8e ب\t\n", "yes no", "\xff" };

/* A vector, the target that reads it, the byte that chooses it there, and what is cut off its end. */
struct vector_seed {
	const char *file, *name, *target;
	int choice;
	size_t cut;
};

static const struct vector_seed VECTORS[] = {
	{ "receipt-1", "receipt", "fuzz_receipt", NO_CHOICE, SEAL_SIGNATURE_BYTES },
	{ "manifest-1", "manifest", "fuzz_manifest", NO_CHOICE, SEAL_SIGNATURE_BYTES },
	{ "request-1", "request", "fuzz_message", 0, SEAL_SIGNATURE_BYTES },
	{ "answer-1", "answer", "fuzz_message", 1, SEAL_SIGNATURE_BYTES },
	{ "answer-1", "content", "fuzz_message", 2, 0 },
	{ "stick-1", "stick", "fuzz_message", 3, SEAL_HASH_BYTES },
	{ "enrol-1", "request", "fuzz_message", 4, SEAL_SIGNATURE_BYTES + MAC_BYTES },
	{ "enrol-1", "answer", "fuzz_message", 5, MAC_BYTES },
	{ "envelope-1", "envelope", "fuzz_envelope", 0, 0 },
	{ "envelope-1", "envelope", "fuzz_envelope", 1, SEAL_SIGNATURE_BYTES },
	{ "envelope-1", "frame", "fuzz_envelope", 2, 0 },
};

/* Write FOLDER/TARGET/NAME: the choice, unless there is none, and the bytes. */
static int put(const char *folder, const char *target, const char *name, int choice, const void *data, size_t len)
{
	char path[PATH_BYTES];
	FILE *f;
	int rc;

	snprintf(path, sizeof path, "%s/%s", folder, target);
	rc = dir_make(path);
	if (rc != 0)
		return rc;
	snprintf(path, sizeof path, "%s/%s/%s", folder, target, name);
	f = fopen(path, "wb");
	if (!f)
		return err_set(ERR_IO, "%s: %s", path, strerror(errno));
	if (choice != NO_CHOICE)
		fputc(choice, f);
	fwrite(data, 1, len, f);
	if (ferror(f) | fclose(f))
		return err_set(ERR_IO, "%s: cannot write", path);
	return 0;
}

/* As put(), once `b` is known to be whole and without its first `head` and last `tail` bytes; `b` is emptied. */
static int put_buf(const char *folder, const char *target, const char *name, int choice, struct buf *b, size_t head, size_t tail)
{
	int rc = buf_error(b);

	if (rc == 0 && b->len < head + tail)
		rc = err_set(ERR_CORRUPT, "%s/%s: only %zu bytes", target, name, b->len);
	if (rc == 0)
		rc = put(folder, target, name, choice, b->data + head, b->len - head - tail);
	buf_clear(b);
	return rc;
}

/* Append the bytes of `name` in the vector file `file`. */
static int read_vector(const char *file, const char *name, struct buf *out)
{
	char path[PATH_BYTES], *line = NULL;
	size_t cap = 0, name_len = strlen(name);
	int rc = ERR_NOT_FOUND;
	FILE *f;

	snprintf(path, sizeof path, "tests/vectors/%s.txt", file);
	f = fopen(path, "r");
	while (f && rc != 0 && getline(&line, &cap, f) > 0) {
		size_t hex_len = strcspn(line, "\n"), got = 0;
		uint8_t *space;

		if (hex_len <= name_len || strncmp(line, name, name_len) != 0 || line[name_len] != ' ')
			continue;
		hex_len -= name_len + 1;
		space = buf_space(out, hex_len / 2);
		if (space && sodium_hex2bin(space, hex_len / 2, line + name_len + 1, hex_len, NULL, &got, NULL) == 0 && got == hex_len / 2)
			rc = 0;
	}
	free(line);
	if (f)
		fclose(f);
	return rc == 0 ? 0 : err_set(rc, "%s: no bytes named %s; run from the top of the tree", path, name);
}

static int put_vectors(const char *folder, struct buf *b)
{
	char name[64];
	int rc = 0;

	for (size_t i = 0; i < sizeof VECTORS / sizeof VECTORS[0] && rc == 0; i++) {
		const struct vector_seed *v = &VECTORS[i];

		rc = read_vector(v->file, v->name, b);
		snprintf(name, sizeof name, "%s-%s-%d", v->file, v->name, v->choice);
		if (rc == 0)
			rc = put_buf(folder, v->target, name, v->choice, b, 0, v->cut);
	}
	return rc;
}

/* What crypto_box_seal() makes, with an ephemeral key that is the same on every run. */
static void seal_fixed(const struct buf *padded, const uint8_t to[static crypto_box_PUBLICKEYBYTES], struct buf *out)
{
	static const uint8_t seed[crypto_box_SEEDBYTES] = { 1, 2, 3 };
	uint8_t both[2 * crypto_box_PUBLICKEYBYTES], secret[crypto_box_SECRETKEYBYTES], nonce[crypto_box_NONCEBYTES];
	uint8_t *space = buf_space(out, padded->len + crypto_box_SEALBYTES);

	if (!space || padded->error)
		return;
	crypto_box_seed_keypair(both, secret, seed);
	memcpy(both + crypto_box_PUBLICKEYBYTES, to, crypto_box_PUBLICKEYBYTES);
	crypto_generichash(nonce, sizeof nonce, both, sizeof both, NULL, 0);
	memcpy(space, both, crypto_box_PUBLICKEYBYTES);
	if (crypto_box_easy(space + crypto_box_PUBLICKEYBYTES, padded->data, padded->len, nonce, to, secret) != 0)
		abort();
}

/* With the keys of the target: an envelope to the centre without its signature, a padded frame, a sealed box. */
static int put_sealed(const char *folder, struct buf *b)
{
	static const char frame[] = "a frame of answers";
	struct seal_header h = { .incarnation = 1, .seq = 2, .epoch = 3 };
	struct seal_recipient to = { .kind = SEAL_TO_CENTRE };
	struct seal_keys *device = fixed_keys(2), *centre = fixed_keys(3);
	struct fixed fixed;
	struct buf padded;
	int rc;

	fixed_init(&fixed, 1);
	buf_init(&padded, SEED_BYTES_MAX);
	memcpy(to.box_public, centre->box_public, sizeof to.box_public);
	rc = seal_envelope(&fixed.env, &h, &to, 1, frame, sizeof frame, device->sign_secret, b);
	if (rc == 0)
		rc = put_buf(folder, "fuzz_envelope", "signed", 1, b, 0, SEAL_SIGNATURE_BYTES);
	buf_text(&padded, frame);
	seal_pad(&padded, 0);
	seal_fixed(&padded, device->box_public, b);
	if (rc == 0)
		rc = put_buf(folder, "fuzz_envelope", "box", 4, b, 0, 0);
	if (rc == 0)
		rc = put_buf(folder, "fuzz_envelope", "padded", 3, &padded, 0, 0);
	buf_fini(&padded);
	seal_keys_free(device);
	seal_keys_free(centre);
	return rc;
}

static int put_forms(const char *folder, struct buf *b)
{
	int rc = formkit_text(TABLES, b);

	if (rc == 0)
		rc = put_buf(folder, "fuzz_form", "canonical", NO_CHOICE, b, 0, 0);
	if (rc == 0)
		rc = put(folder, "fuzz_reflist", "canonical", 0, LIST, sizeof LIST - 1);
	return rc == 0 ? put(folder, "fuzz_reflist", "csv", 1, LIST_CSV, sizeof LIST_CSV - 1) : rc;
}

/* Everything of TYPED into the first field of each type. */
static int put_typed(const char *folder, const struct form *f)
{
	size_t count = form_field_count(f);
	uint64_t seen = 0;
	char name[64];
	int rc = 0;

	for (size_t i = 1; i < count && i <= UINT8_MAX && rc == 0; i++) {
		uint64_t type = UINT64_C(1) << form_field(f, i)->type;

		for (size_t k = 0; k < sizeof TYPED / sizeof TYPED[0] && rc == 0 && !(seen & type); k++) {
			snprintf(name, sizeof name, "typed-%zu-%zu", i, k);
			rc = put(folder, "fuzz_value", name, (int)i, TYPED[k], strlen(TYPED[k]));
		}
		seen |= type;
	}
	return rc;
}

/* The first answer to each question, and what is typed otherwise. */
static int put_values(const char *folder, const struct sample *s)
{
	char name[64];
	int rc = put_typed(folder, s->form);

	for (size_t i = s->count; i > 0 && rc == 0; i--) {
		const struct sample_answer *a = &s->answers[i - 1];

		snprintf(name, sizeof name, "field-%u", a->field);
		if (a->field <= UINT8_MAX)
			rc = put(folder, "fuzz_value", name, a->field, a->value, strlen(a->value));
	}
	return rc;
}

static int put_pull(const char *folder, const struct form *f, const struct edit_group *groups, size_t count, struct buf *b)
{
	struct changeset_pull pull = { .form = f };
	int rc = batch_registers(groups, count, 900, 4, &pull.registers, &pull.register_count);

	if (rc == 0) {
		pull.registers[0].reason = "قرار اللجنة";
		rc = changeset_pull_encode(&pull, b);
	}
	free(pull.registers);
	return rc == 0 ? put_buf(folder, "fuzz_changeset", "pull", 1, b, FORM_HASH_BYTES, 0) : rc;
}

/* One application, three with small edits, the edits alone, and those on their way back. Before the form's hash: how many forms. */
static int put_changesets(const char *folder, const struct form *f, const struct batch *batch, struct buf *b)
{
	int rc = changeset_encode(batch->groups, 1, b);

	if (rc == 0)
		rc = put_buf(folder, "fuzz_changeset", "application", 0, b, 1 + FORM_HASH_BYTES, 0);
	if (rc == 0)
		rc = changeset_encode(batch->edits, 1, b);
	if (rc == 0)
		rc = put_buf(folder, "fuzz_changeset", "edit", 0, b, 1 + FORM_HASH_BYTES, 0);
	if (rc == 0)
		rc = changeset_encode(batch->edits, batch->edit_count, b);
	if (rc == 0)
		rc = put_buf(folder, "fuzz_changeset", "edits", 0, b, 1 + FORM_HASH_BYTES, 0);
	return rc == 0 ? put_pull(folder, f, batch->edits, batch->edit_count, b) : rc;
}

/* Content, its frame, a stored frame, and a frame that grows. */
static int put_packs(const char *folder, const struct form *f, const struct batch *batch, struct buf *b)
{
	static const uint8_t zeros[30000];
	struct buf text;
	int rc;

	buf_init(&text, SEED_BYTES_MAX);
	batch_columns(batch, f, &text);
	rc = buf_error(&text);
	if (rc == 0 && text.len > 3001)
		text.len = 3001;
	if (rc == 0)
		rc = pack_deflate(text.data, text.len, NULL, b);
	if (rc == 0)
		rc = put_buf(folder, "fuzz_pack", "frame", NO_CHOICE, b, 0, 0);
	if (rc == 0)
		rc = pack_deflate("ab", 2, NULL, b);
	if (rc == 0)
		rc = put_buf(folder, "fuzz_pack", "stored", NO_CHOICE, b, 0, 0);
	if (rc == 0)
		rc = pack_deflate(zeros, sizeof zeros, NULL, b);
	if (rc == 0)
		rc = put_buf(folder, "fuzz_pack", "zeros", NO_CHOICE, b, 0, 0);
	if (rc == 0)
		rc = put_buf(folder, "fuzz_pack", "content", NO_CHOICE, &text, 0, 0);
	buf_fini(&text);
	return rc;
}

static int put_samples(const char *folder, struct buf *b)
{
	struct batch batch = { .count = 0 };
	struct form *f = NULL;
	int rc = form_default_new(&f);

	if (rc == 0)
		rc = batch_init(&batch, f, 1, 3);
	if (rc == 0)
		rc = batch_edit(&batch, f, 1, 1, 3);
	if (rc == 0)
		rc = sample_sign(batch.samples[0]);
	if (rc == 0)
		rc = put_values(folder, batch.samples[0]);
	if (rc == 0)
		rc = put_changesets(folder, f, &batch, b);
	if (rc == 0)
		rc = put_packs(folder, f, &batch, b);
	batch_fini(&batch);
	form_free(f);
	return rc;
}

/* Three CSV sheets with a zero byte between, as fuzz_xlsform takes them: a table-list, a cascade and a counted repeat. */
static int put_authored(const char *folder, struct buf *b)
{
	static const char SHEETS[] = "type,name,label,appearance,choice_filter,repeat_count\nbegin_group,g,G,table-list minimal,,\n"
				     "select_one c,a,A,,,\nselect_one c,b,B,,,\nend_group,,,,,\nselect_one d,e,E,,c=${a},\n"
				     "begin_repeat,r,R,,,${n}\ninteger,m,M,,,\nend_repeat,,,,,\ninteger,n,N,,,\n"
				     "\0list_name,name,label,c\nc,x,X,\nc,y,Y,\nd,z,Z,x\n"
				     "\0form_id,version\nauthored,1\n";

	buf_clear(b);
	buf_append(b, SHEETS, sizeof SHEETS - 1);
	return put_buf(folder, "fuzz_xlsform", "authored", NO_CHOICE, b, 0, 0);
}

/* Workbooks, whole and faulty. */
static int put_workbooks(const char *folder, struct buf *b)
{
	int rc = 0;

	for (size_t i = 0; i < XLSXSEEDS_COUNT && rc == 0; i++) {
		const char *target, *name;

		xlsxseeds_make(i, &target, &name, b);
		rc = put_buf(folder, target, name, NO_CHOICE, b, 0, 0);
	}
	return rc;
}

int main(int argc, char **argv)
{
	struct buf b;
	int rc;

	if (argc != 2) {
		fprintf(stderr, "usage: seeds FOLDER\n");
		return 2;
	}
	buf_init(&b, 16 * SEED_BYTES_MAX);
	rc = put_vectors(argv[1], &b);
	if (rc == 0)
		rc = put_sealed(argv[1], &b);
	if (rc == 0)
		rc = put_forms(argv[1], &b);
	if (rc == 0)
		rc = put_samples(argv[1], &b);
	if (rc == 0)
		rc = put_workbooks(argv[1], &b);
	if (rc == 0)
		rc = put_authored(argv[1], &b);
	if (rc != 0)
		fprintf(stderr, "seeds: %s\n", err_message());
	buf_fini(&b);
	return err_exit(rc);
}
