/*
 * main: the table of commands of mandoob-agent, and the way from a command line to an exit status.
 *
 * Every failure prints two lines on standard error: what happened, in English with the facts, and what to do, in Arabic.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/command/change.h"
#include "agent/command/enrol.h"
#include "agent/command/finish.h"
#include "agent/command/papers_command.h"
#include "agent/command/shell.h"
#include "agent/command/show.h"
#include "agent/command/status.h"
#include "agent/command/stick.h"
#include "agent/command/sync.h"
#include "agent/command/take.h"
#include "agent/command/unlock.h"
#include "agent/command/vault_command.h"
#include "agent/command/verify.h"

#define AGENT_VERSION "0.1.0"
#define COMMON 1u /* every command takes the options of GROUPS[0] */

static const struct cli_command COMMANDS[] = {
	{ "init", "", 0, 0, UNLOCK_INIT_OPTIONS, COMMON, "Makes an empty encrypted store under a new passphrase",
			"ينشئ مخزنًا مشفّرًا فارغًا بعبارة مرور جديدة", "init",
	  unlock_command_init },
	{ "enrol", "URL", 1, 1, ENROL_OPTIONS, COMMON, "Makes this device known to the centre, with a one-time code",
			"يسجّل هذا الجهاز لدى المركز برمز لمرة واحدة",
	  "enrol https://centre.example --code-file code.txt", enrol_command },
	{ "take", "[FILE|-]", 0, 1, TAKE_OPTIONS, COMMON,
			"Takes applications: JSON from a file or standard input, or questions at the terminal",
	  "يأخذ طلبات الدعم من ملف أو بالأسئلة على الشاشة", "take application.json", take_command },
	{ "list", "", 0, 0, SHOW_LIST_OPTIONS, COMMON, "Lists the cases on this device", "يعرض قائمة الحالات على هذا الجهاز", "list",
			show_command_list },
	{ "show", "CASE", 1, 1, SHOW_OPTIONS, COMMON, "Shows one case with everything known of it", "يعرض حالة واحدة بكل ما فيها",
			"show 7-1 --lang en", show_command },
	{ "edit", "CASE [FIELD]", 1, 2, CHANGE_OPTIONS, COMMON,
			"Changes one answer; the new value comes from standard input, nothing clears it",
	  "يغيّر إجابة واحدة، وتُقرأ القيمة الجديدة من الإدخال", "edit 7-1 village <value.txt", change_command },
	{ "doubts", "CASE", 1, 1, FINISH_OPTIONS, COMMON, "Tells what is missing in a case and what should be looked at again",
			"يبيّن ما ينقص الحالة وما يحسن التأكد منه", "doubts 7-1", finish_command_doubts },
	{ "finish", "CASE", 1, 1, FINISH_OPTIONS, COMMON, "Finishes the visit, unless a required answer is missing or cannot be",
			"ينهي الزيارة ما لم تنقص إجابة مطلوبة أو تحتج إلى تصحيح", "finish 7-1", finish_command },
	{ "print", "CASE", 1, 1, PAPERS_COMMAND_PRINT_OPTIONS, COMMON, "Writes a case as a page for paper", "يكتب الحالة صفحةً للطباعة",
			"print 7-1 --output case.html", papers_command_print },
	{ "papers", "", 0, 0, PAPERS_COMMAND_OPTIONS, COMMON, "Lists the forms and reference lists of this device, and which are in force",
			"يعرض الاستمارات والقوائم التي على هذا الجهاز وما هو ساري منها", "papers", papers_command },
	{ "sync", "", 0, 0, SYNC_OPTIONS, COMMON, "Sends what waits to the centre and fetches what is new there",
			"يرسل ما ينتظر إلى المركز ويجلب الجديد منه",
	  "sync --watch 600", sync_command },
	{ "export", "FILE", 1, 1, STICK_OPTIONS, COMMON, "Puts what waits into a file on a USB stick",
			"يضع ما ينتظر الإرسال في ملف على ذاكرة USB",
	  "export /media/stick/mandoob.stick", stick_command_export },
	{ "import", "FILE", 1, 1, STICK_OPTIONS, COMMON, "Takes the centre's answers from the file on the stick",
			"يأخذ ردود المركز من الملف على الذاكرة",
	  "import /media/stick/mandoob.stick", stick_command_import },
	{ "status", "", 0, 0, STATUS_OPTIONS, COMMON, "Tells what is saved here, what the centre has received and what it decided",
	  "يبيّن ما حُفظ هنا وما استلمه المركز وما قرره", "status --json", status_command },
	{ "check", "", 0, 0, VERIFY_OPTIONS, COMMON, "Looks through the whole store: pages, forms, edits, chain, receipts, digest",
			"يفحص المخزن كله", "check",
	  verify_command },
	{ "passphrase", "", 0, 0, UNLOCK_PASSPHRASE_OPTIONS, COMMON, "Changes the passphrase", "يغيّر عبارة المرور", "passphrase",
			unlock_command_passphrase },
	{ "vault status", "", 0, 0, VAULT_COMMAND_STATUS_OPTIONS, COMMON, "Tells who can open the encrypted file, also before it is opened",
			"يبيّن من يستطيع فتح الملف المشفّر، وقبل فتحه أيضًا", "vault status --unlock", vault_command_status },
	{ "vault slot", "add second|recovery|organisation | remove N", 2, 2, VAULT_COMMAND_SLOT_OPTIONS, COMMON,
			"Adds or wipes a way to open it: a second person, a recovery key on paper, the organisation",
			"يضيف طريقة لفتحه أو يمسحها: شخص ثانٍ، أو مفتاح على ورق، أو الجمعية", "vault slot add recovery",
			vault_command_slot },
	{ "vault passphrase", "", 0, 0, UNLOCK_PASSPHRASE_OPTIONS, COMMON, "Changes the passphrase", "يغيّر عبارة المرور",
			"vault passphrase", unlock_command_passphrase },
	{ "vault recover", "", 0, 0, VAULT_COMMAND_RECOVER_OPTIONS, COMMON,
			"Gives a new passphrase to whoever has the recovery key from paper, or the organisation's key",
			"يعطي عبارة مرور جديدة لمن عنده مفتاح الاسترجاع أو مفتاح الجمعية", "vault recover", vault_command_recover },
	{ "vault rekey", "", 0, 0, VAULT_COMMAND_REKEY_OPTIONS, COMMON,
			"Seals everything anew, so that old copies and old keys open nothing",
			"يعيد ختم كل شيء، فلا تفتحه النسخ والمفاتيح القديمة", "vault rekey", vault_command_rekey },
	{ "vault verify", "", 0, 0, VAULT_COMMAND_VERIFY_OPTIONS, COMMON,
			"Proves every page, and that none was put back to an older version",
			"يثبت صحة كل صفحة وأن لا صفحة أُعيدت إلى نسخة أقدم", "vault verify", vault_command_verify },
	{ "vault lease", "return", 1, 1, VAULT_COMMAND_LEASE_OPTIONS, COMMON, "Opens a store whose lease has ended, with the centre's code",
			"يفتح مخزنًا انتهت مهلته برمز من المركز", "vault lease return", vault_command_lease },
	{ "vault erase", "", 0, 0, VAULT_COMMAND_ERASE_OPTIONS, COMMON, "Destroys the store; refuses while something has no receipt",
			"يمحو المخزن، ويرفض ما دام فيه ما لا إيصال له", "vault erase --export /media/stick/mandoob.stick",
			vault_command_erase },
};

static const struct cli_option *const GROUPS[] = { SHELL_OPTIONS };

static const struct cli_program PROGRAM = {
	.name = "mandoob-agent",
	.version = AGENT_VERSION,
	.english = "Takes support applications offline, keeps them encrypted, and exchanges them with the centre",
	.arabic = "يأخذ طلبات الدعم دون اتصال، ويحفظها مشفّرة، ويتبادلها مع المركز",
	.example = "take application.json",
	.groups = GROUPS,
	.group_count = sizeof GROUPS / sizeof GROUPS[0],
	.commands = COMMANDS,
	.command_count = sizeof COMMANDS / sizeof COMMANDS[0],
};

/* A program that holds keys leaves no core, its files are private, and a closed pipe is an error like others. */
static int harden(void)
{
	umask(077);
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		return err_set(ERR_IO, "signals: cannot be set");
	return vault_harden_process();
}

int main(int argc, char **argv)
{
	struct shell sh = { 0 };
	int err = harden();
	int status;

	if (err) {
		fprintf(stderr, "mandoob-agent: %s\n%s\n", err_message(), err_arabic(err));
		return err_exit(err);
	}
	status = cli_run(&PROGRAM, &sh, argc, argv);
	shell_fini(&sh);
	return status;
}
