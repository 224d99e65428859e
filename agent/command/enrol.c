/*
 * enrol: see enrol.h. Before an answer is believed: its code under K2, its nonce, the device id made from our keys, the manifest under
 * the root it names, and the form, in this order. Then everything is stored in one transaction.
 */
#include "agent/command/enrol.h"

#include <inttypes.h>
#include <sodium.h>
#include <string.h>

#include "agent/guard.h"
#include "proto/base/file.h"
#include "proto/base/text.h"

#define ENROL_PATH "/v1/enrol"
#define URL_BYTES_MAX (STORE_URL_BYTES_MAX + sizeof ENROL_PATH)
#define K_BYTES 32

const struct cli_option ENROL_OPTIONS[] = {
	{ "code-file", 0, "FILE", "the one-time code is the first line of FILE; default: asked at the terminal" },
	{ "code-fd", 0, "N", "the one-time code is the first line of descriptor N" },
	{ "name", 0, "NAME", "what the centre calls this device, at most 64 bytes; default \"device\"" },
	{ "json", 'j', NULL, "print one JSON object" },
	{ NULL, 0, NULL, NULL },
};

int enrol_code_parse(const char *typed, uint8_t out[static MESSAGE_CODE_BYTES])
{
	size_t len;

	if (text_base32_decode(typed, out, MESSAGE_CODE_BYTES, &len) == 0 && len == MESSAGE_CODE_BYTES)
		return 0;
	if (text_code_decode(typed, out, MESSAGE_CODE_BYTES, &len) == 0 && len == MESSAGE_CODE_BYTES)
		return 0;
	sodium_memzero(out, MESSAGE_CODE_BYTES);
	return err_set(ERR_USAGE, "the one-time code has 16 letters and digits, as the centre printed it");
}

int enrol_url_parse(const char *typed, char out[static STORE_URL_BYTES_MAX + 1])
{
	size_t len = strlen(typed);
	size_t host = strncmp(typed, "https://", 8) == 0 ? 8 : strncmp(typed, "http://", 7) == 0 ? 7 : 0;

	out[0] = '\0';
	while (len > host && typed[len - 1] == '/')
		len--;
	if (!host || len == host || len > STORE_URL_BYTES_MAX)
		return err_set(ERR_USAGE, "the address of the centre begins with https:// or http:// and has at most %d bytes",
				STORE_URL_BYTES_MAX);
	for (size_t i = 0; i < len; i++)
		if (typed[i] <= ' ' || typed[i] >= 127 || strchr("?#@\\\"", typed[i]))
			return err_set(ERR_USAGE,
				"the address of the centre has no spaces and none of ? # @; expected: https://centre.example");
	memcpy(out, typed, len);
	out[len] = '\0';
	return 0;
}

int enrol_words(const struct store *s, char english[static ENROL_WORDS_BYTES], char arabic[static ENROL_WORDS_BYTES])
{
	uint8_t hash[SEAL_HASH_BYTES];

	message_fingerprint(s->device, s->root_public, hash);
	return text_fingerprint_words(hash, english, ENROL_WORDS_BYTES, arabic, ENROL_WORDS_BYTES);
}

/* ---- the unfinished enrolment ---- */

struct enrolment {
	struct store *store;
	uint8_t k1[K_BYTES];
	uint8_t k2[K_BYTES];
	struct seal_keys *keys;          /* owned */
	struct message_enrol request;    /* public keys, nonce, name */
};

/* What an earlier try with this code kept. ERR_NOT_FOUND when there was none. */
static int load_try(struct enrolment *e)
{
	struct store *s = e->store;
	uint8_t k1[K_BYTES];
	int err = store_get_blob(s, "enrol_k1", k1, sizeof k1);

	if (!err && sodium_memcmp(k1, e->k1, sizeof k1) != 0)
		err = ERR_NOT_FOUND;
	sodium_memzero(k1, sizeof k1);
	if (!err)
		err = store_get_blob(s, "enrol_nonce", e->request.nonce, sizeof e->request.nonce);
	if (!err)
		err = store_get_blob(s, "enrol_name", e->request.name, sizeof e->request.name);
	if (!err)
		err = store_get_blob(s, "enrol_sign_public", e->keys->sign_public, sizeof e->keys->sign_public);
	if (!err)
		err = store_get_blob(s, "enrol_sign_secret", e->keys->sign_secret, sizeof e->keys->sign_secret);
	if (!err)
		err = store_get_blob(s, "enrol_box_public", e->keys->box_public, sizeof e->keys->box_public);
	if (!err)
		err = store_get_blob(s, "enrol_box_secret", e->keys->box_secret, sizeof e->keys->box_secret);
	return err;
}

static int save_try(struct enrolment *e)
{
	struct store *s = e->store;
	int err = db_begin(s->db);

	if (!err)
		err = store_set_blob(s, "enrol_k1", e->k1, sizeof e->k1);
	if (!err)
		err = store_set_blob(s, "enrol_nonce", e->request.nonce, sizeof e->request.nonce);
	if (!err)
		err = store_set_blob(s, "enrol_name", e->request.name, sizeof e->request.name);
	if (!err)
		err = store_set_blob(s, "enrol_sign_public", e->keys->sign_public, sizeof e->keys->sign_public);
	if (!err)
		err = store_set_blob(s, "enrol_sign_secret", e->keys->sign_secret, sizeof e->keys->sign_secret);
	if (!err)
		err = store_set_blob(s, "enrol_box_public", e->keys->box_public, sizeof e->keys->box_public);
	if (!err)
		err = store_set_blob(s, "enrol_box_secret", e->keys->box_secret, sizeof e->keys->box_secret);
	if (!err)
		err = db_commit(s->db);
	db_rollback(s->db);
	return err;
}

static int forget_try(struct store *s)
{
	return db_exec(s->db, "DELETE FROM meta WHERE key IN ('enrol_k1', 'enrol_nonce', 'enrol_name', 'enrol_sign_public',"
			      " 'enrol_sign_secret', 'enrol_box_public', 'enrol_box_secret')");
}

/* Keys, nonce and name: those of the earlier try with this code, or new ones, on disk before they are used. */
static int begin_try(struct enrolment *e, const char *name)
{
	int err = seal_keys_empty(&e->keys);

	if (err)
		return err;
	err = load_try(e);
	if (err == ERR_NOT_FOUND) {
		seal_keys_free(e->keys);
		e->keys = NULL;
		err = seal_keys_new(e->store->env, &e->keys);
		if (err)
			return err;
		env_random(e->store->env, e->request.nonce, sizeof e->request.nonce);
		memset(e->request.name, 0, sizeof e->request.name);
		memcpy(e->request.name, name, strlen(name));
		err = save_try(e);
	}
	memcpy(e->request.sign_public, e->keys->sign_public, sizeof e->request.sign_public);
	memcpy(e->request.box_public, e->keys->box_public, sizeof e->request.box_public);
	return err;
}

/* ---- the conversation ---- */

static int explain_status(int status)
{
	switch (status) {
	case 200:
		return 0;
	case 401:
		return err_set(ERR_AUTH,
				"the centre does not accept this code: it was used, is over, or has a typing mistake; ask for a new one");
	case 503:
		return err_set(ERR_BUSY, "the centre is busy (503); try again in a while");
	default:
		return err_set(ERR_OFFLINE, "the centre, or something before it, answered with status %d", status);
	}
}

static int exchange(struct enrolment *e, const char *url, struct buf *answer)
{
	char full[URL_BYTES_MAX];
	struct buf request;
	int status = 0;
	int err;

	if (!e->store->env->post)
		return err_set(ERR_OFFLINE, "no network here");
	memcpy(full, url, strlen(url));
	memcpy(full + strlen(url), ENROL_PATH, sizeof ENROL_PATH);
	buf_init(&request, MESSAGE_ENROL_BYTES_MAX);
	err = message_enrol_encode(&e->request, e->k1, e->keys->sign_secret, &request);
	if (!err)
		err = e->store->env->post(e->store->env->ctx, full, request.data, request.len, &status, answer);
	buf_fini(&request);
	return err ? err : explain_status(status);
}

static int check_answer(struct enrolment *e, const struct message_enrolled *a)
{
	uint8_t device[SEAL_DEVICE_BYTES];
	struct manifest m;
	int err;

	seal_device_id(e->keys->sign_public, e->keys->box_public, device);
	if (memcmp(a->nonce, e->request.nonce, sizeof a->nonce) != 0)
		return err_set(ERR_STALE, "the answer belongs to another request");
	if (memcmp(a->device, device, sizeof device) != 0)
		return err_set(ERR_CORRUPT, "the answer names another device");
	err = manifest_decode(a->manifest.data, a->manifest.len, a->root_public, &m);
	if (!err)
		manifest_fini(&m);
	return err;
}

static int check_form(const struct message_enrolled *a, struct buf *text)
{
	struct form *form;
	int err = pack_inflate(a->form.data, a->form.len, NULL, text);

	if (!err)
		err = form_parse(buf_string(text), text->len, &form);
	if (err)
		return err_context(err, "the form that came with the answer");
	form_free(form);
	return 0;
}

static int take_answer(struct enrolment *e, const char *url, const struct buf *answer)
{
	struct message_enrolled a;
	struct buf text;
	struct reader in;
	int err;

	reader_init(&in, answer->data, answer->len);
	if (seal_head_read(&in, "MNW1", "enrolment answer") == ERR_CORRUPT)
		return err_set(ERR_OFFLINE, "%zu bytes came back that are not an answer of the centre (a portal or a proxy?)", answer->len);
	err = message_enrolled_decode(answer->data, answer->len, e->k2, &a);
	if (err)
		return err_context(err, "what answered does not prove that it knows the code");
	buf_init(&text, FORM_TEXT_BYTES_MAX);
	err = check_answer(e, &a);
	if (!err)
		err = check_form(&a, &text);
	if (!err)
		err = store_enrol(e->store, url, &a, buf_string(&text), text.len, e->keys);
	if (!err)
		err = forget_try(e->store);
	buf_fini(&text);
	return err;
}

int enrol(struct store *s, const char *url, const uint8_t code[static MESSAGE_CODE_BYTES], const char *name)
{
	struct enrolment e = { .store = s };
	struct buf answer;
	int err;

	if (s->is_enrolled)
		return err_set(ERR_USAGE, "this device is enrolled already, at branch %s", s->branch);
	if (strlen(name) > MESSAGE_NAME_BYTES_MAX || !*name)
		return err_set(ERR_USAGE, "the device's name has 1 to %d bytes", MESSAGE_NAME_BYTES_MAX);
	message_enrol_keys(code, e.k1, e.k2);
	buf_init(&answer, MESSAGE_ENROLLED_BYTES_MAX);
	err = begin_try(&e, name);
	if (!err)
		err = exchange(&e, url, &answer);
	if (!err)
		err = take_answer(&e, url, &answer);
	buf_fini(&answer);
	seal_keys_free(e.keys);
	sodium_memzero(&e, sizeof e);
	return err;
}

/* ---- the command ---- */

static int ask_code(const struct cli_args *args, uint8_t out[static MESSAGE_CODE_BYTES])
{
	char *typed;
	int err = cli_secret(args, "code-file", "code-fd", "One-time code / رمز التسجيل: ", NULL, &typed);

	if (!err)
		err = enrol_code_parse(typed, out);
	file_secret_free(typed);
	return err;
}

static int tell(struct shell *sh, const struct store *s)
{
	char english[ENROL_WORDS_BYTES], arabic[ENROL_WORDS_BYTES];
	struct json_writer j;
	struct buf out;
	int err = enrol_words(s, english, arabic);

	if (err)
		return err;
	buf_init(&out, 64 * 1024);
	if (cli_flag(sh->args, "json")) {
		json_write_init(&j, &out);
		json_write_object(&j, NULL);
		json_write_unsigned(&j, "site", s->site);
		json_write_hex(&j, "device", s->device, sizeof s->device);
		json_write_text(&j, "branch", s->branch);
		json_write_text(&j, "words_en", english);
		json_write_text(&j, "words_ar", arabic);
		json_write_end(&j);
		buf_text(&out, "\n");
	} else {
		buf_printf(&out, "site    %" PRIu32 "\nwords   %s\nwords   %s\nbranch  %s\n", s->site, english, arabic, s->branch);
	}
	err = cli_print(&out);
	buf_fini(&out);
	shell_note("Read these four words to the centre and compare them with what it shows. If they differ, stop and tell the centre.\n"
		   "اقرأ هذه الكلمات الأربع للمركز وقارنها بما يظهر عنده. إن اختلفت فتوقف وأبلغ المركز.");
	return err;
}

static int enrol_opened(struct shell *sh, struct store *s)
{
	const char *name = cli_value(sh->args, "name");
	char url[STORE_URL_BYTES_MAX + 1];
	uint8_t code[MESSAGE_CODE_BYTES];
	int err = enrol_url_parse(sh->args->operands[0], url);

	if (!err && s->is_enrolled)
		err = err_set(ERR_USAGE, "this device is enrolled already");
	if (!err)
		err = ask_code(sh->args, code);
	if (!err)
		err = enrol(s, url, code, name ? name : "device");
	sodium_memzero(code, sizeof code);
	if (err)
		return err;
	guard_contacted(s);
	return tell(sh, s);
}

int enrol_command(void *ctx, const struct cli_args *args)
{
	struct shell *sh = ctx;
	struct store *s;
	int err = shell_open(sh, args, &s);

	if (err)
		return err;
	err = enrol_opened(sh, s);
	store_close(s);
	return err;
}
