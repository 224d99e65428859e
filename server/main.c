/*
 * main: the table of commands of mandoob-server. `help` is printed from it; what each command does is in server/command.
 *
 * Before anything is read the process is made undumpable, since it will hold keys, and files are made private.
 */
#include <sodium.h>
#include <stdio.h>
#include <sys/stat.h>

#include "proto/base/cli.h"
#include "proto/base/vault/vault.h"
#include "proto/base/vaultcli.h"
#include "server/command/command.h"

#define VERSION "0.1"
#define OPTION_END                                                                                                                         \
	{                                                                                                                                  \
		NULL, 0, NULL, NULL                                                                                                        \
	}
#define NEW_PASSPHRASE_OPTIONS                                                                                                             \
	{ "new-passphrase-file", 0, "FILE", "the new passphrase is the first line of FILE; default: asked twice at the terminal" },        \
	{                                                                                                                                  \
		"new-passphrase-fd", 0, "N", "the new passphrase is the first line of descriptor N"                                        \
	}
#define LANG_OPTION                                                                                                                        \
	{                                                                                                                                  \
		"lang", 0, "ar|en", "language of labels and values; default: ar"                                                           \
	}

static const struct cli_option PLACE[] = {
	{ "dir", 'd', "DIR", "folder of the centre's store; default: the configuration's, or /var/lib/mandoob" },
	{ "config", 'c', "FILE", "configuration; default: /etc/mandoob/server.conf when there is one" },
	OPTION_END,
};
static const struct cli_option VAULT[] = {
	{ "passphrase-file", 0, "FILE", "passphrase of the store is the first line of FILE; default: asked at the terminal" },
	{ "passphrase-fd", 0, "N", "passphrase of the store is the first line of descriptor N" },
	OPTION_END,
};
static const struct cli_option STAFF[] = {
	{ "as", 0, "NAME", "your account; what you do and open is recorded in its name" },
	{ "as-passphrase-file", 0, "FILE", "your own passphrase is the first line of FILE; default: asked at the terminal" },
	{ "as-passphrase-fd", 0, "N", "your own passphrase is the first line of descriptor N" },
	OPTION_END,
};
static const struct cli_option JSON[] = {
	{ "json", 'j', NULL, "print one JSON object" },
	OPTION_END,
};
static const struct cli_option *const GROUPS[] = { PLACE, VAULT, STAFF, JSON };

static const struct cli_option INIT[] = {
	{ "root-key", 0, "FILE", "the organisation's root key, to be made; keep it offline" },
	{ "recovery-key", 0, "FILE", "the organisation's recovery key, to be made; keep it in another safe" },
	{ "name", 0, "NAME", "name of the organisation" },
	{ "admin", 0, "NAME", "account name of the first administrator" },
	{ "admin-passphrase-file", 0, "FILE", "the administrator's passphrase is the first line of FILE" },
	{ "admin-passphrase-fd", 0, "N", "the administrator's passphrase is the first line of descriptor N" },
	OPTION_END,
};
static const struct cli_option SERVE[] = {
	{ "listen", 0, "ADDR:PORT", "numeric address and port, 0 for any; default: 127.0.0.1:8470" },
	{ "port-file", 0, "FILE", "write the port's number there when ready" },
	OPTION_END,
};
static const struct cli_option ENROL_CODE[] = {
	{ "branch", 0, "NAME", "branch office; made when it is new" },
	{ "person", 0, "NAME", "label of the representative, such as a staff code; made when new" },
	{ "code-file", 0, "FILE", "write the code there instead of to standard output" },
	OPTION_END,
};
static const struct cli_option REVOKE[] = {
	{ "reason", 0, "TEXT", "why; kept with the device" },
	{ "root-key", 0, "FILE", "sign and install a manifest with the revocation too" },
	OPTION_END,
};
static const struct cli_option RESTORED[] = {
	{ "reason", 0, "TEXT", "why; kept with the device" },
	OPTION_END,
};
static const struct cli_option SIGN[] = {
	{ "root-key", 0, "FILE", "the organisation's root key" },
	OPTION_END,
};
static const struct cli_option ACCOUNT_ADD[] = {
	{ "role", 0, "ROLE", "officer or committee; default: officer" },
	{ "admin", 0, NULL, "an administrator too" },
	NEW_PASSPHRASE_OPTIONS,
	OPTION_END,
};
static const struct cli_option NEW_PASSPHRASE[] = { NEW_PASSPHRASE_OPTIONS, OPTION_END };
static const struct cli_option AUDIT[] = {
	{ "before", 0, "N", "rows below this number" },
	{ "max", 0, "N", "at most so many; default: 1000" },
	OPTION_END,
};
static const struct cli_option LEASE[] = {
	{ "epoch", 0, "N", "of which of the centre's keys, as the device says; default: the newest" },
	OPTION_END,
};
static const struct cli_option VAULT_STATUS[] = { VAULTCLI_UNLOCK_OPTION, OPTION_END };
static const struct cli_option VAULT_NEW[] = { NEW_PASSPHRASE_OPTIONS, VAULTCLI_KDF_OPTIONS, OPTION_END };
static const struct cli_option VAULT_RECOVER[] = { VAULTCLI_RECOVERY_OPTIONS, NEW_PASSPHRASE_OPTIONS, VAULTCLI_KDF_OPTIONS, OPTION_END };
static const struct cli_option VAULT_VERIFY[] = { VAULTCLI_ORG_PROOF_OPTION, OPTION_END };
static const struct cli_option CASE_LIST[] = {
	{ "branch", 0, "NAME", "of this branch only" },
	{ "before", 0, "N", "changed before this sequence number" },
	{ "max", 0, "N", "at most so many" },
	OPTION_END,
};
static const struct cli_option CASE_PRINT[] = {
	{ "purpose", 0, "WHAT", "read (for a screen), print or applicant (without what is not for the applicant); default: print" },
	{ "language", 0, "ar|en", "language of the document; default: ar" },
	{ "output", 'o', "FILE", "the HTML document, written anew" },
	OPTION_END,
};
static const struct cli_option FORM_PUBLISH[] = {
	{ "from", 0, "DATE", "first day in force, such as 2026-12-01; default: today" },
	OPTION_END,
};
static const struct cli_option FORM_PREVIEW[] = {
	{ "language", 0, "ar|en", "language of the form; default: ar" },
	{ "answers", 0, "FILE", "answers as a JSON object; default: made up, always the same" },
	{ "output", 'o', "FILE", "the HTML document, written anew" },
	OPTION_END,
};
static const struct cli_option FORM_PAPER[] = {
	{ "language", 0, "ar|en", "language of the form; default: ar" },
	{ "output", 'o', "FILE", "the HTML document, written anew" },
	OPTION_END,
};
static const struct cli_option FORM_EXPORT[] = {
	{ "output", 'o', "FILE", "the workbook, written anew; default: under its own name, in this folder" },
	OPTION_END,
};
static const struct cli_option LIST_PUBLISH[] = {
	{ "version", 0, "V", "version of the list, such as 2026112201" },
	{ "from", 0, "DATE", "first day in force, such as 2026-12-01; default: today" },
	OPTION_END,
};
static const struct cli_option LANG[] = { LANG_OPTION, OPTION_END };
static const struct cli_option CONFLICT_LIST[] = {
	{ "case", 0, "ID", "of this case only" },
	{ "after", 0, "N", "conflicts above this number" },
	{ "max", 0, "N", "at most so many" },
	OPTION_END,
};
static const struct cli_option RESOLVE[] = {
	{ "take", 0, "VALUE", "current, the site of a candidate, or other (read from standard input)" },
	{ "reason", 0, "TEXT", "why; goes back to the devices with the decision" },
	LANG_OPTION,
	OPTION_END,
};
static const struct cli_option IMPORT[] = {
	{ "answers", 0, "FILE", "stick file for the way back, written anew" },
	OPTION_END,
};

static const struct cli_command COMMANDS[] = {
	{ "init", "", 0, 0, INIT, COMMAND_OPENS, "Makes a new centre and the organisation's two keys", "ينشئ مركزاً جديداً ومفتاحي الجمعية",
		"init --name 'ORG' --admin NAME --root-key root.key --recovery-key recovery.key", command_init },
	{ "serve", "", 0, 0, SERVE, COMMAND_OPENS, "Serves devices until it is told to end", "يخدم الأجهزة إلى أن يؤمر بالتوقف",
		"serve --listen 127.0.0.1:8470 --passphrase-file /run/secrets/vault", command_serve },
	{ "status", "", 0, 0, NULL, COMMAND_OPENS | COMMAND_JSON, "Counts of what the centre holds", "أعداد ما في المركز", "status --json",
		command_status },
	{ "check", "", 0, 0, NULL, COMMAND_OPENS | COMMAND_JSON, "Walks the whole store and compares everything that is kept twice",
		"يفحص المخزن كله ويقارن كل ما يُحفظ مرتين", "check", command_check },
	{ "backup", "FILE", 1, 1, NULL, COMMAND_OPENS, "Writes a checked, encrypted copy while the centre serves",
		"يكتب نسخة مشفّرة مفحوصة والمركز يعمل", "backup /media/safe/centre-2026-11-22.vault", command_backup },
	{ "restore", "FILE", 1, 1, NULL, COMMAND_OPENS, "Makes a centre in an empty folder from a backup",
		"يعيد المركز من نسخة احتياطية في مجلد فارغ", "restore centre-2026-11-22.vault --dir /var/lib/mandoob", command_restore },
	{ "passphrase", "", 0, 0, NEW_PASSPHRASE, COMMAND_SIGNS, "Changes the passphrase of the store", "يغيّر عبارة مرور المخزن",
		"passphrase --as NAME", command_passphrase },
	{ "vault status", "", 0, 0, VAULT_STATUS, COMMAND_OPENS | COMMAND_JSON, "Who can open the centre's encrypted file",
		"من يستطيع فتح ملف المركز المشفّر", "vault status --unlock", command_vault_status },
	{ "vault slot", "add second|recovery|organisation | remove N", 2, 2, VAULT_NEW, COMMAND_SIGNS, "Adds or wipes a way to open it",
		"يضيف طريقة لفتحه أو يمسحها", "vault slot add recovery --as NAME", command_vault_slot },
	{ "vault passphrase", "", 0, 0, NEW_PASSPHRASE, COMMAND_SIGNS, "Changes the passphrase of the store", "يغيّر عبارة مرور المخزن",
		"vault passphrase --as NAME", command_passphrase },
	{ "vault recover", "", 0, 0, VAULT_RECOVER, COMMAND_PLACE, "Sets a new passphrase with a recovery key",
		"يضع عبارة مرور جديدة بمفتاح الاسترجاع", "vault recover --org-key recovery.key", command_vault_recover },
	{ "vault rekey", "", 0, 0, VAULT_NEW, COMMAND_SIGNS, "Seals everything anew under a new key", "يعيد ختم كل شيء بمفتاح جديد",
		"vault rekey --as NAME", command_vault_rekey },
	{ "vault verify", "", 0, 0, VAULT_VERIFY, COMMAND_OPENS | COMMAND_JSON, "Proves every page and that none is an older one",
		"يثبت صحة كل صفحة وحداثتها", "vault verify --org-key recovery.key", command_vault_verify },
	{ "vault erase", "", 0, 0, NULL, COMMAND_SIGNS, "Destroys the centre's store, after its name was typed",
		"يمحو مخزن المركز بعد كتابة اسمه", "vault erase --as NAME", command_vault_erase },
	{ "enrol-code", "", 0, 0, ENROL_CODE, COMMAND_SIGNS, "Makes a one-time code with which one device joins",
		"يصدر رمزاً ينضم به جهاز واحد", "enrol-code --branch 'BRANCH' --person 'NAME' --as NAME", command_enrol_code },
	{ "device list", "", 0, 0, NULL, COMMAND_OPENS | COMMAND_JSON, "Devices, their state and fingerprint words",
		"الأجهزة وحالها وكلمات بصمتها", "device list", command_device_list },
	{ "device show", "N", 1, 1, NULL, COMMAND_OPENS | COMMAND_JSON, "One device", "جهاز واحد", "device show 3", command_device_show },
	{ "device revoke", "N", 1, 1, REVOKE, COMMAND_SIGNS, "Refuses a device from now on", "يرفض جهازًا من الآن",
		"device revoke 3 --reason 'stolen' --as NAME", command_device_revoke },
	{ "device history", "N", 1, 1, NULL, COMMAND_OPENS | COMMAND_JSON, "When a device's store went back in time or was copied",
		"متى رجع مخزن جهاز إلى حالة أقدم أو نُسخ", "device history 3", command_device_history },
	{ "device restored", "N", 1, 1, RESTORED, COMMAND_SIGNS, "Says that a device's store was, or will be, put back from a copy",
		"يبيّن أن مخزن جهاز أُعيد من نسخة أو سيُعاد", "device restored 3 --reason 'disk replaced' --as NAME",
		command_device_restored },
	{ "policy lease-days", "N", 1, 1, NULL, COMMAND_SIGNS, "For how many days a device may be used without a contact; 0: no limit",
		"كم يومًا يُستعمل الجهاز دون اتصال؛ ٠: بلا حد", "policy lease-days 30 --as NAME", command_policy_lease_days },
	{ "device lease", "N", 1, 1, LEASE, COMMAND_SIGNS, "The code that opens a device again whose lease has ended",
		"رمز يفتح جهازًا انتهت مهلته", "device lease 3 --as NAME", command_device_lease },
	{ "manifest show", "", 0, 0, NULL, COMMAND_OPENS | COMMAND_JSON, "The keys that devices believe", "المفاتيح التي تثق بها الأجهزة",
		"manifest show", command_manifest_show },
	{ "manifest prepare", "FILE", 1, 1, NULL, COMMAND_OPENS, "Writes the next manifest, to be signed offline",
		"يكتب القائمة التالية لتوقَّع دون اتصال", "manifest prepare next.manifest", command_manifest_prepare },
	{ "manifest sign", "FILE", 1, 1, SIGN, 0, "Signs a prepared manifest; needs no store", "يوقّع قائمة أُعدّت؛ لا يحتاج إلى مخزن",
		"manifest sign next.manifest --root-key root.key", command_manifest_sign },
	{ "manifest install", "FILE", 1, 1, NULL, COMMAND_SIGNS, "Puts a signed manifest in force", "يعتمد قائمة موقّعة",
		"manifest install next.manifest --as NAME", command_manifest_install },
	{ "account add", "NAME", 1, 1, ACCOUNT_ADD, COMMAND_SIGNS, "Makes a staff account", "ينشئ حساباً لموظف",
		"account add NAME --role officer --as ADMIN", command_account_add },
	{ "account list", "", 0, 0, NULL, COMMAND_SIGNS | COMMAND_JSON, "All people", "جميع الأشخاص", "account list --as NAME",
		command_account_list },
	{ "account end", "NAME", 1, 1, NULL, COMMAND_SIGNS, "Ends an account; what it wrote stays", "ينهي حساباً ويبقى ما كتبه",
		"account end NAME --as ADMIN", command_account_end },
	{ "account passphrase", "NAME", 1, 1, NEW_PASSPHRASE, COMMAND_SIGNS, "Gives an account a new passphrase",
		"يعطي حساباً عبارة مرور جديدة", "account passphrase NAME --as ADMIN", command_account_passphrase },
	{ "form list", "", 0, 0, NULL, COMMAND_OPENS | COMMAND_JSON, "Published forms and which is in force", "النماذج المنشورة وأيها سارٍ",
		"form list", command_form_list },
	{ "form show", "HASH", 1, 1, NULL, COMMAND_OPENS, "The canonical text of a form, by the beginning of its hash",
		"نص نموذج بأول بصمته", "form show 3f29c0d1", command_form_show },
	{ "form check", "FILE ...", 1, 8, NULL, COMMAND_JSON, "Says what is wrong in a workbook, cell by cell; needs no store",
		"يبيّن ما في ملف النموذج من أخطاء خلية خلية؛ لا يحتاج إلى مخزن", "form check aid_application.xlsx", command_form_check },
	{ "form publish", "FILE ...", 1, 8, FORM_PUBLISH, COMMAND_SIGNS, "Publishes a workbook, its .csv sheets, or a canonical text",
		"ينشر نموذجاً من ملف إكسل أو أوراقه أو نصه", "form publish aid_application.xlsx --from 2026-12-01 --as NAME",
		command_form_publish },
	{ "form diff", "A B", 2, 2, NULL, COMMAND_OPENS | COMMAND_JSON, "What a form changed against another; files or hashes",
		"ما تغيّر في نموذج عن آخر؛ ملفان أو بصمتان", "form diff 3f29c0d1 aid_application.xlsx", command_form_diff },
	{ "form preview", "FILE|HASH", 1, 1, FORM_PREVIEW, COMMAND_OPENS, "The form as a representative sees it, with sample answers",
		"النموذج كما يراه المندوب بإجابات للتجربة", "form preview aid_application.xlsx -o preview.html", command_form_preview },
	{ "form paper", "FILE|HASH", 1, 1, FORM_PAPER, COMMAND_OPENS, "The form to print and fill in by hand",
		"النموذج للطباعة وتعبئته باليد", "form paper 3f29c0d1 -o paper.html", command_form_paper },
	{ "form export", "HASH", 1, 1, FORM_EXPORT, COMMAND_OPENS, "The workbook from which a form was published",
		"ملف إكسل الذي نُشر منه النموذج", "form export 3f29c0d1 -o aid_application.xlsx", command_form_export },
	{ "list list", "", 0, 0, NULL, COMMAND_OPENS | COMMAND_JSON, "Published reference lists and which is in force",
		"القوائم المرجعية وأيها سارٍ", "list list", command_list_list },
	{ "list show", "NAME", 1, 1, NULL, COMMAND_OPENS | COMMAND_JSON, "The items of a list", "عناصر قائمة", "list show village",
		command_list_show },
	{ "list search", "NAME TEXT", 2, 2, NULL, COMMAND_OPENS | COMMAND_JSON, "Items as people look for them",
		"يبحث في قائمة كما يبحث الناس", "list search village 'الظبية'", command_list_search },
	{ "list publish", "NAME FILE", 2, 2, LIST_PUBLISH, COMMAND_SIGNS,
		"Publishes a list from a .csv table; items are withdrawn, never dropped", "ينشر قائمة من جدول CSV؛ تُسحب العناصر ولا تُحذف",
		"list publish village village.csv --version 2026112201 --as NAME", command_list_publish },
	{ "dictionary list", "", 0, 0, NULL, COMMAND_OPENS, "Compression dictionaries, the newest first", "قواميس الضغط، والأحدث أولاً",
		"dictionary list", command_dictionary_list },
	{ "dictionary install", "FILE", 1, 1, NULL, COMMAND_SIGNS, "Hands devices a new compression dictionary",
		"يسلّم الأجهزة قاموس ضغط جديداً", "dictionary install words.zdict --as NAME", command_dictionary_install },
	{ "case list", "", 0, 0, CASE_LIST, COMMAND_SIGNS | COMMAND_JSON, "Cases, the newest change first", "الحالات، والأحدث تغيّراً أولاً",
		"case list --as NAME", command_case_list },
	{ "case show", "ID", 1, 1, LANG, COMMAND_SIGNS | COMMAND_JSON, "One merged case; opening it is recorded",
		"حالة مدموجة؛ ويُسجَّل فتحها", "case show 7-12 --as NAME", command_case_show },
	{ "case print", "ID", 1, 1, CASE_PRINT, COMMAND_SIGNS, "One case as a document to read or print; opening it is recorded",
		"حالة في وثيقة للقراءة أو الطباعة؛ ويُسجَّل فتحها", "case print 7-12 -o case.html --as NAME", command_case_print },
	{ "case history", "ID", 1, 1, NULL, COMMAND_SIGNS | COMMAND_JSON, "Every edit of a case with its outcome",
		"كل تعديل على حالة ومآله", "case history 7-12 --as NAME", command_case_history },
	{ "conflict list", "", 0, 0, CONFLICT_LIST, COMMAND_SIGNS | COMMAND_JSON, "Open conflicts, the oldest first",
		"التعارضات المفتوحة، والأقدم أولاً", "conflict list --as NAME", command_conflict_list },
	{ "conflict show", "N", 1, 1, LANG, COMMAND_SIGNS | COMMAND_JSON, "Both sides of a conflict", "طرفا التعارض",
		"conflict show 4 --as NAME", command_conflict_show },
	{ "conflict resolve", "N", 1, 1, RESOLVE, COMMAND_SIGNS | COMMAND_JSON, "Decides a conflict in your name", "يفصل في تعارض باسمك",
		"conflict resolve 4 --take 7 --reason 'seen on the card' --as NAME", command_conflict_resolve },
	{ "import", "FILE ...", 1, 4096, IMPORT, COMMAND_OPENS, "Takes in requests from USB sticks and writes the answers",
		"يستقبل طلبات من ذواكر USB ويكتب الإجابات", "import /media/usb/requests.stick --answers /media/usb/answers.stick",
		command_import },
	{ "export", "FILE", 1, 1, NULL, COMMAND_OPENS, "Writes answers, with what is known now, to the devices that come by stick",
		"يكتب إجابات بما صار معلومًا للأجهزة التي تتواصل بالذاكرة", "export /media/usb/answers.stick", command_export },
	{ "audit list", "", 0, 0, AUDIT, COMMAND_SIGNS | COMMAND_JSON, "Who did or opened what, the newest first",
		"من فعل أو فتح ماذا، والأحدث أولاً", "audit list --as NAME", command_audit_list },
};

static const struct cli_program PROGRAM = {
	.name = "mandoob-server",
	.version = VERSION,
	.english = "The centre: takes in what devices bring, merges it field by field, keeps both sides of every conflict",
	.arabic = "المركز: يستقبل ما تأتي به الأجهزة، ويدمجه حقلاً حقلاً، ويحفظ طرفي كل تعارض",
	.example = "serve --dir /var/lib/mandoob",
	.groups = GROUPS,
	.group_count = sizeof GROUPS / sizeof GROUPS[0],
	.commands = COMMANDS,
	.command_count = sizeof COMMANDS / sizeof COMMANDS[0],
};

int main(int argc, char **argv)
{
	struct command x = { .env = env_system() };

	umask(077);
	if (sodium_init() < 0 || vault_harden_process() != 0) {
		fprintf(stderr, "%s: %s\n%s\n", PROGRAM.name, "the process cannot be made safe for keys", err_arabic(ERR_IO));
		return 1;
	}
	return cli_run(&PROGRAM, &x, argc, argv);
}
