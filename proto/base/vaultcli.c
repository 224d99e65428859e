/*
 * vaultcli: see vaultcli.h.
 */
#include "proto/base/vaultcli.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "proto/base/file.h"
#include "proto/base/json.h"
#include "proto/base/keyfile.h"

#define KDF_TARGET_MS 1000
#define MIB_SHIFT 20
#define TIME_BYTES 32

_Static_assert(KEYFILE_SECRET_BYTES == VAULT_ORG_KEY_BYTES, "the recovery key opens vaults");

static void note(const char *fmt, ...) PRINTF_LIKE(1, 2);

static void note(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
}

/* ---- what a person gives ---- */

int vaultcli_new_passphrase(const struct vaultcli *v, char **out)
{
	int err = cli_secret(v->args, "new-passphrase-file", "new-passphrase-fd", "New passphrase / عبارة المرور الجديدة: ",
		"The same again / أعدها: ", out);

	if (!err)
		err = v->check(*out);
	if (err) {
		file_secret_free(*out);
		*out = NULL;
	}
	return err;
}

int vaultcli_kdf(const struct cli_args *args, const struct env *env, struct vault_kdf *out)
{
	int64_t mib, passes;
	int err;

	vault_kdf_default(out);
	if (!cli_flag(args, "kdf-mem") && !cli_flag(args, "kdf-passes"))
		return vault_kdf_calibrate(env, KDF_TARGET_MS, out);
	err = cli_integer(args, "kdf-mem", (int64_t)(VAULT_KDF_MEM_BYTES_MIN >> MIB_SHIFT), (int64_t)(VAULT_KDF_MEM_BYTES_MAX >> MIB_SHIFT),
		(int64_t)(out->mem_bytes >> MIB_SHIFT), &mib);
	if (!err)
		err = cli_integer(args, "kdf-passes", VAULT_KDF_PASSES_MIN, VAULT_KDF_PASSES_MAX, (int64_t)out->passes, &passes);
	if (err)
		return err;
	out->mem_bytes = (uint64_t)mib << MIB_SHIFT;
	out->passes = (uint32_t)passes;
	return 0;
}

static int unlock_by_passphrase(const struct vaultcli *v, struct vault_key **out)
{
	char *passphrase = NULL;
	int err = cli_secret(v->args, "passphrase-file", "passphrase-fd", "Passphrase / عبارة المرور: ", NULL, &passphrase);

	*out = NULL;
	if (!err)
		err = vault_unlock(v->path, passphrase, strlen(passphrase), out);
	file_secret_free(passphrase);
	return err;
}

static int unlock_by_org(const struct vaultcli *v, const char *key_file, struct vault_key **out)
{
	uint8_t org[KEYFILE_ORG_BYTES];
	uint8_t public_key[VAULT_ORG_KEY_BYTES];
	uint8_t *secret = NULL;
	int err = keyfile_read(key_file, KEYFILE_RECOVERY, org, &secret);

	*out = NULL;
	if (!err && crypto_scalarmult_base(public_key, secret) != 0)
		err = err_set(ERR_CORRUPT, "%s: no usable key is in it", key_file);
	if (!err)
		err = vault_unlock_org(v->path, public_key, secret, out);
	keyfile_free(secret);
	return err;
}

int vaultcli_unlock_recovery(const struct vaultcli *v, struct vault_key **out)
{
	const char *key_file = cli_value(v->args, "org-key");
	bool is_paper = cli_flag(v->args, "recovery-file") || cli_flag(v->args, "recovery-fd");
	char *typed = NULL;
	int err;

	*out = NULL;
	if (key_file && is_paper)
		return err_set(ERR_USAGE, "either a recovery key from paper or --org-key");
	if (key_file)
		return unlock_by_org(v, key_file, out);
	err = cli_secret(v->args, "recovery-file", "recovery-fd", "Recovery key from paper / مفتاح الاسترجاع من الورقة: ", NULL, &typed);
	if (!err)
		err = vault_unlock_recovery(v->path, typed, strlen(typed), out);
	file_secret_free(typed);
	return err;
}

int vaultcli_confirm(const char *phrase)
{
	char *typed = NULL;
	const char *from;
	size_t len;
	int err;

	note("To go on, type this phrase exactly; it is not shown while you type:\n"
	     "للمتابعة اكتب هذه العبارة كما هي؛ لا تظهر أثناء الكتابة:\n    %s",
		phrase);
	err = file_prompt_secret("> ", &typed);
	if (err)
		return err_set(err, "the phrase is typed at a terminal, by a person; nothing was done");
	from = typed + strspn(typed, " \t");
	len = strlen(from);
	while (len && (from[len - 1] == ' ' || from[len - 1] == '\t'))
		len--;
	if (len != strlen(phrase) || memcmp(from, phrase, len) != 0)
		err = err_set(ERR_USAGE, "another phrase was typed; nothing was done");
	file_secret_free(typed);
	return err;
}

/* ---- status ---- */

static const char *kind_name(uint16_t kind)
{
	switch (kind) {
	case VAULT_SLOT_EMPTY:
		return "empty";
	case VAULT_SLOT_PASSPHRASE:
		return "passphrase";
	case VAULT_SLOT_ORG:
		return "organisation";
	case VAULT_SLOT_RECOVERY:
		return "recovery";
	case VAULT_SLOT_SECOND:
		return "second";
	default:
		return "unknown";
	}
}

static const char *kind_arabic(uint16_t kind)
{
	switch (kind) {
	case VAULT_SLOT_PASSPHRASE:
		return "عبارة المرور";
	case VAULT_SLOT_ORG:
		return "مفتاح الجمعية";
	case VAULT_SLOT_RECOVERY:
		return "مفتاح استرجاع على ورق";
	case VAULT_SLOT_SECOND:
		return "عبارة مرور شخص ثان";
	default:
		return "نوع لا يعرفه هذا البرنامج";
	}
}

static bool has_passphrase(const struct vault_slot_info *s)
{
	return s->kdf.mem_bytes != 0;
}

static const char *time_text(int64_t ms, char out[static TIME_BYTES])
{
	time_t t = (time_t)(ms / 1000);
	struct tm fields;

	if (ms <= 0 || !gmtime_r(&t, &fields) || fields.tm_year >= 8000)
		return NULL;
	strftime(out, TIME_BYTES, "%Y-%m-%dT%H:%M:%SZ", &fields);
	return out;
}

static void status_slot(const struct vault_slot_info *s, unsigned index, struct buf *out)
{
	buf_printf(out, "slot %u\t%s", index, kind_name(s->kind));
	if (has_passphrase(s))
		buf_printf(out, ", Argon2id %" PRIu64 " MiB, %" PRIu32 " passes", s->kdf.mem_bytes >> MIB_SHIFT, s->kdf.passes);
	if (s->is_leased)
		buf_text(out, ", leased");
	if (s->kind == VAULT_SLOT_ORG) {
		buf_text(out, " ");
		for (size_t i = 0; i < sizeof s->org_public_key; i++)
			buf_printf(out, "%02x", s->org_public_key[i]);
	}
	buf_printf(out, " | %s\n", kind_arabic(s->kind));
}

static void status_lease(const struct vault_lease *l, struct buf *out)
{
	char until[TIME_BYTES] = "", latest[TIME_BYTES] = "";

	if (!l->until_ms) {
		buf_text(out, "lease\tnone | لا مهلة\n");
		return;
	}
	time_text(l->until_ms, until);
	time_text(l->latest_ms, latest);
	buf_printf(out, "lease\tuntil %s, latest time seen %s, epoch %" PRIu32 " | المهلة\n", until, latest, l->epoch);
	if (!l->has_share)
		buf_printf(out,
			"lease\tENDED: passphrases open only with the centre's code of epoch %" PRIu32 "; nothing was erased\n"
			"lease\tانتهت المهلة: اطلب من المركز رمز الدورة %" PRIu32 "؛ لم يُمحَ شيء\n",
			l->epoch, l->epoch);
}

static void status_text(const struct vaultcli *v, const struct vault_status *s, bool is_proved, struct buf *out)
{
	buf_printf(out, "vault\t%s\n", v->path);
	buf_text(out, is_proved ? "proved\tyes, with the passphrase | أُثبت بعبارة المرور\n"
				: "proved\tNO: this is what the file claims; nothing was opened | لم يُثبت: هذا ما يدّعيه الملف\n");
	buf_printf(out, "suite\t%u%s\npage\t%" PRIu32 " bytes\nkind\t%s\nprefix\t%u of 2 copies %s, sequence %" PRIu64 "\n", s->suite,
		s->suite == 1 ? " XChaCha20-Poly1305" : s->suite == 2 ? " AEGIS-256" : " of a newer program", s->page_bytes,
		s->is_wal_only ? "WAL only" : "any journal", s->prefix_count, is_proved ? "authentic" : "of the right shape", s->sequence);
	for (unsigned i = 0; i < VAULT_SLOT_COUNT; i++)
		if (s->slots[i].kind != VAULT_SLOT_EMPTY)
			status_slot(&s->slots[i], i, out);
	status_lease(&s->lease, out);
	vaultcli_memory(out);
}

static void status_json_slot(const struct vault_slot_info *s, unsigned index, struct json_writer *j)
{
	json_write_object(j, NULL);
	json_write_unsigned(j, "slot", index);
	json_write_text(j, "kind", kind_name(s->kind));
	json_write_unsigned(j, "kind_number", s->kind);
	json_write_bool(j, "leased", s->is_leased);
	if (has_passphrase(s)) {
		json_write_unsigned(j, "kdf_mem_bytes", s->kdf.mem_bytes);
		json_write_unsigned(j, "kdf_passes", s->kdf.passes);
	}
	if (s->kind == VAULT_SLOT_ORG)
		json_write_hex(j, "public_key", s->org_public_key, sizeof s->org_public_key);
	json_write_end(j);
}

static void status_json_lease(const struct vault_lease *l, struct json_writer *j)
{
	char time[TIME_BYTES];

	if (!l->until_ms) {
		json_write_null(j, "lease");
		return;
	}
	json_write_object(j, "lease");
	json_write_text(j, "until", time_text(l->until_ms, time));
	json_write_text(j, "latest", time_text(l->latest_ms, time));
	json_write_unsigned(j, "epoch", l->epoch);
	json_write_bool(j, "share", l->has_share);
	json_write_end(j);
}

static void status_json(const struct vaultcli *v, const struct vault_status *s, bool is_proved, struct buf *out)
{
	struct vault_memory memory;
	struct json_writer j;

	vault_memory_look(&memory);
	json_write_init(&j, out);
	json_write_object(&j, NULL);
	json_write_text(&j, "vault", v->path);
	json_write_bool(&j, "proved", is_proved);
	json_write_unsigned(&j, "suite", s->suite);
	json_write_unsigned(&j, "page_bytes", s->page_bytes);
	json_write_bool(&j, "wal_only", s->is_wal_only);
	json_write_unsigned(&j, "prefix_copies", s->prefix_count);
	json_write_unsigned(&j, "sequence", s->sequence);
	json_write_array(&j, "slots");
	for (unsigned i = 0; i < VAULT_SLOT_COUNT; i++)
		if (s->slots[i].kind != VAULT_SLOT_EMPTY)
			status_json_slot(&s->slots[i], i, &j);
	json_write_end(&j);
	status_json_lease(&s->lease, &j);
	json_write_bool(&j, "swap", memory.swap);
	json_write_bool(&j, "hibernation", memory.hibernation);
	json_write_end(&j);
	buf_text(out, "\n");
}

void vaultcli_memory(struct buf *out)
{
	struct vault_memory m;

	vault_memory_look(&m);
	if (m.swap)
		buf_text(out, "warning\tthis machine swaps memory to a disk in clear: use zram, or no swap"
			      " | تحذير: يكتب هذا الجهاز الذاكرة على القرص دون تشفير؛ عطّل الإبدال أو استعمل zram\n");
	if (m.hibernation)
		buf_text(out, "warning\tthis machine can hibernate, which writes all memory to a disk: forbid it"
			      " | تحذير: يستطيع هذا الجهاز الإسبات، وفيه تُكتب الذاكرة كلها على القرص؛ امنعه\n");
}

int vaultcli_status(const struct vaultcli *v)
{
	bool is_proved = cli_flag(v->args, "unlock") || cli_flag(v->args, "passphrase-file") || cli_flag(v->args, "passphrase-fd");
	struct vault_key *k = NULL;
	struct vault_status s;
	struct buf out;
	int err = is_proved ? unlock_by_passphrase(v, &k) : 0;

	if (!err)
		err = vault_status(v->path, k, &s);
	vault_lock(k);
	if (err)
		return err;
	buf_init(&out, VAULTCLI_OUTPUT_BYTES_MAX);
	if (cli_flag(v->args, "json"))
		status_json(v, &s, is_proved, &out);
	else
		status_text(v, &s, is_proved, &out);
	err = cli_print(&out);
	buf_fini(&out);
	return err;
}

/* ---- slots ---- */

/* The key alone on standard output, so that nothing else is copied with it; what to do with it on standard error. */
static int show_recovery(const char *text)
{
	if (printf("%s\n", text) < 0 || fflush(stdout) != 0)
		return err_set(ERR_IO, "standard output: cannot write");
	note("This is the only time that the recovery key is shown, and it is kept nowhere. Write it on paper now, by hand, and read it\n"
	     "back aloud. Keep the paper away from the device: whoever has both opens everything. No photograph, no message, no file.\n"
	     "هذه هي المرة الوحيدة التي يظهر فيها مفتاح الاسترجاع، ولا يُحفظ في أي مكان. اكتبه الآن بخط اليد على ورقة ثم راجعه قراءة.\n"
	     "احفظ الورقة بعيدًا عن الجهاز: من يملكهما معًا يفتح كل شيء. لا تصوّره ولا ترسله ولا تحفظه في ملف.");
	return 0;
}

static int slot_added(unsigned index)
{
	note("Slot %u was added. | أُضيفت الخانة %u.", index, index);
	return 0;
}

static int add_second(const struct vaultcli *v, struct vault_key *k)
{
	struct vault_kdf kdf;
	char *passphrase = NULL;
	unsigned index;
	int err = vaultcli_new_passphrase(v, &passphrase);

	if (!err)
		err = vaultcli_kdf(v->args, v->env, &kdf);
	if (!err)
		err = vault_slot_add(k, VAULT_SLOT_SECOND, passphrase, strlen(passphrase), &kdf, &index);
	file_secret_free(passphrase);
	return err ? err : slot_added(index);
}

static int add_recovery(struct vault_key *k)
{
	char text[VAULT_RECOVERY_TEXT_BYTES] = "";
	unsigned index;
	int err = vault_slot_add_recovery(k, text, &index);

	if (!err)
		err = slot_added(index);
	if (!err)
		err = show_recovery(text);
	sodium_memzero(text, sizeof text);
	return err;
}

static int add_org(struct vault_key *k, const uint8_t *org_public)
{
	unsigned index;
	int err;

	if (!org_public)
		return err_set(ERR_USAGE, "the organisation's key is not known here yet; it comes with the enrolment");
	err = vault_org_check(k, org_public);
	if (!err)
		return err_set(ERR_USAGE, "the organisation has its slot already, and it opens");
	if (err != ERR_NOT_FOUND)
		return err;
	err = vault_slot_add_org(k, org_public, &index);
	return err ? err : slot_added(index);
}

static int remove_slot(struct vault_key *k, const char *typed, const uint8_t *org_public)
{
	struct vault_status s;
	int64_t index;
	int err = cli_number(typed, "slot", 0, VAULT_SLOT_COUNT - 1, &index);

	if (!err)
		err = vault_status(NULL, k, &s);
	if (err)
		return err;
	if (org_public && s.slots[index].kind == VAULT_SLOT_ORG &&
		memcmp(s.slots[index].org_public_key, org_public, VAULT_ORG_KEY_BYTES) == 0)
		return err_set(ERR_USAGE, "the organisation's slot stays: it is the way in when passphrases are lost");
	err = vault_slot_remove(k, (unsigned)index);
	if (!err)
		note("Slot %d was wiped. An old copy of this file still opens with what it held; `vault rekey` ends that for what comes.\n"
		     "مُسحت الخانة %d. النسخ القديمة من هذا الملف تُفتح بما كان فيها؛ والأمر vault rekey ينهي ذلك لما سيأتي.",
			(int)index, (int)index);
	return err;
}

int vaultcli_slot(const struct vaultcli *v, struct vault_key *k, const uint8_t *org_public)
{
	const char *verb = v->args->operands[0];
	const char *what = v->args->operands[1];

	if (strcmp(verb, "remove") == 0)
		return remove_slot(k, what, org_public);
	if (strcmp(verb, "add") == 0 && strcmp(what, "second") == 0)
		return add_second(v, k);
	if (strcmp(verb, "add") == 0 && strcmp(what, "recovery") == 0)
		return add_recovery(k);
	if (strcmp(verb, "add") == 0 && strcmp(what, "organisation") == 0)
		return add_org(k, org_public);
	return err_set(ERR_USAGE, "expected: add second, add recovery, add organisation, or remove N");
}

/* ---- rekey ---- */

static int rekey_with(const struct vaultcli *v, struct vault_key **k, const char *passphrase)
{
	char recovery[VAULT_RECOVERY_TEXT_BYTES] = "";
	struct vault_kdf kdf;
	unsigned dropped = 0;
	int err = vaultcli_kdf(v->args, v->env, &kdf);

	if (!err)
		err = vault_rekey(k, passphrase, strlen(passphrase), &kdf, recovery, &dropped);
	if (!err)
		note("Everything was sealed anew under a new key; old copies of this file no longer open it.\n"
		     "أُعيد ختم كل شيء بمفتاح جديد؛ والنسخ القديمة من هذا الملف لم تعد تفتحه.");
	if (!err && dropped)
		note("%u slots of second persons were dropped; add them again with `vault slot add second`.\n"
		     "أُسقطت خانات أشخاص آخرين (%u)؛ أضفها من جديد بالأمر vault slot add second.",
			dropped, dropped);
	if (!err && recovery[0]) {
		note("The old recovery key no longer opens it. | مفتاح الاسترجاع القديم لم يعد يفتحه.");
		err = show_recovery(recovery);
	}
	sodium_memzero(recovery, sizeof recovery);
	return err;
}

int vaultcli_rekey(const struct vaultcli *v, const char *passphrase)
{
	struct vault_key *k = NULL;
	char *fresh = NULL;
	int err = 0;

	if (cli_flag(v->args, "new-passphrase-file") || cli_flag(v->args, "new-passphrase-fd"))
		err = vaultcli_new_passphrase(v, &fresh);
	if (!err)
		err = vault_unlock(v->path, passphrase, strlen(passphrase), &k);
	if (!err)
		err = rekey_with(v, &k, fresh ? fresh : passphrase);
	vault_lock(k);
	file_secret_free(fresh);
	return err;
}

/* ---- verify ---- */

const char *vaultcli_freshness_name(enum vault_freshness f)
{
	switch (f) {
	case VAULT_FRESH:
		return "fresh";
	case VAULT_STALE:
		return "stale";
	case VAULT_UNKNOWN:
		break;
	}
	return "unknown";
}

const char *vaultcli_freshness(const struct vault_report *r)
{
	if (r->freshness == VAULT_FRESH)
		return "fresh: every page is the one that was written last";
	if (r->freshness == VAULT_STALE)
		return "STALE: all pages authenticate, but one is an older version of itself, or the file has lost or gained pages";
	if (r->bad_count)
		return "cannot be told: pages do not authenticate";
	if (r->was_settled)
		return "cannot be told this time: a checkpoint was cut off before; all pages authenticate and are recorded anew, so"
		       " the next time can tell";
	return "cannot be told: the record of pages is damaged, or pages changed all the while; try again when nothing writes";
}

const char *vaultcli_freshness_arabic(const struct vault_report *r)
{
	if (r->freshness == VAULT_FRESH)
		return "حديث: كل صفحة هي آخر ما كُتب";
	if (r->freshness == VAULT_STALE)
		return "قديم: أُعيدت صفحة إلى نسخة أقدم منها، أو نقصت الصفحات أو زادت";
	if (r->bad_count)
		return "لا يُعرف: صفحات لا تُثبت صحتها";
	if (r->was_settled)
		return "لا يُعرف هذه المرة: انقطعت كتابة سابقة؛ الصفحات كلها صحيحة وسُجّلت من جديد، فيُعرف في المرة القادمة";
	return "لا يُعرف: سجل الصفحات تالف أو كانت الصفحات تتغير؛ أعد المحاولة حين لا يكتب أحد";
}

static void verify_text(const struct vault_report *r, bool is_org, bool org_opens, struct buf *out)
{
	buf_printf(out, "pages\t%" PRIu64 "\n", r->page_count);
	if (r->bad_count)
		buf_printf(out, "bad pages\t%" PRIu64 ", the first is page %" PRIu64 " | صفحات تالفة\n", r->bad_count, r->first_bad_page);
	buf_printf(out, "WAL frames\t%" PRIu64 "\nprefix\t%u of 2 copies are whole\n", r->frame_count, r->prefix_count);
	buf_printf(out, "freshness\t%s | %s\n", vaultcli_freshness(r), vaultcli_freshness_arabic(r));
	if (is_org)
		buf_printf(out, "organisation\t%s\n", org_opens ? "its key opens this vault | مفتاح الجمعية يفتحه"
								 : "its key does NOT open this vault | مفتاح الجمعية لا يفتحه");
}

static void verify_json(const struct vault_report *r, bool is_org, bool org_opens, struct buf *out)
{
	struct json_writer j;

	json_write_init(&j, out);
	json_write_object(&j, NULL);
	json_write_unsigned(&j, "pages", r->page_count);
	json_write_unsigned(&j, "bad", r->bad_count);
	json_write_unsigned(&j, "first_bad", r->first_bad_page);
	json_write_unsigned(&j, "wal_frames", r->frame_count);
	json_write_unsigned(&j, "prefix_copies", r->prefix_count);
	json_write_text(&j, "freshness", vaultcli_freshness_name(r->freshness));
	json_write_text(&j, "freshness_why", vaultcli_freshness(r));
	if (is_org)
		json_write_bool(&j, "organisation_opens", org_opens);
	else
		json_write_null(&j, "organisation_opens");
	json_write_end(&j);
	buf_text(out, "\n");
}

/* Whether the secret in the file opens the vault; a file that is no key is an error. */
static int prove_org(const struct vaultcli *v, const char *key_file, bool *opens)
{
	struct vault_key *k = NULL;
	int err = unlock_by_org(v, key_file, &k);

	*opens = err == 0;
	vault_lock(k);
	return err == ERR_AUTH ? 0 : err;
}

int vaultcli_verify(const struct vaultcli *v, const struct vault_key *k)
{
	const char *key_file = cli_value(v->args, "org-key");
	struct vault_report r;
	bool org_opens = false;
	struct buf out;
	int err = vault_verify(k, NULL, &r);

	if (!err && key_file)
		err = prove_org(v, key_file, &org_opens);
	if (err)
		return err;
	buf_init(&out, VAULTCLI_OUTPUT_BYTES_MAX);
	if (cli_flag(v->args, "json"))
		verify_json(&r, key_file != NULL, org_opens, &out);
	else
		verify_text(&r, key_file != NULL, org_opens, &out);
	err = cli_print(&out);
	buf_fini(&out);
	if (!err && r.bad_count)
		err = err_set(ERR_CORRUPT, "%" PRIu64 " pages do not authenticate; change nothing here and call the centre", r.bad_count);
	if (!err && r.freshness == VAULT_STALE)
		err = err_set(ERR_STALE, "this vault holds pages from before; change nothing here and call the centre");
	if (!err && key_file && !org_opens)
		err = err_set(ERR_CORRUPT, "the organisation's key does not open this vault");
	return err;
}
