/*
 * change: see change.h. The new value comes from standard input, since arguments can be read by every process of the machine.
 */
#include "agent/command/change.h"

#include <string.h>
#include <unistd.h>

#include "agent/answer.h"
#include "agent/session.h"
#include "agent/view.h"
#include "proto/form/value.h"

const struct cli_option CHANGE_OPTIONS[] = {
	{ "entry", 'e', "ID", "the entry that holds the field, as `show` prints it; default: the applicant's own" },
	{ "remove", 0, NULL, "remove the entry named by --entry; no FIELD then" },
	{ "restore", 0, NULL, "bring the removed entry named by --entry back; no FIELD then" },
	{ "json", 'j', NULL, "print one JSON object" },
	{ NULL, 0, NULL, NULL },
};

struct changing {
	struct shell *shell;
	struct store *store;
	const struct form *form;
	uint64_t case_id;
	uint64_t entry_id;
	size_t entry_type;
	struct answer_draft *draft;
};

static bool is_removal(const struct changing *c)
{
	return cli_flag(c->shell->args, "remove") || cli_flag(c->shell->args, "restore");
}

static int find_entry(struct changing *c)
{
	const char *entry = cli_value(c->shell->args, "entry");
	const struct view_entry *e;
	struct view v;
	int err = 0;

	c->entry_id = c->case_id;
	c->entry_type = FORM_ENTRY_ROOT;
	if (entry)
		err = record_id_parse(entry, &c->entry_id);
	if (!err)
		err = view_load(c->store, c->case_id, c->form, &v);
	if (err)
		return err;
	e = view_entry(&v, c->entry_id);
	if (e && e->type >= 0)
		c->entry_type = (size_t)e->type;
	else if (c->entry_id != c->case_id)
		err = err_set(ERR_NOT_FOUND, "no such entry in this case; `show` prints them");
	view_fini(&v);
	return err;
}

/* Everything on standard input, without its last line end. */
static int read_value(struct buf *out)
{
	int err;

	if (isatty(STDIN_FILENO))
		shell_note("New value, then Ctrl-D (nothing: clear) | القيمة الجديدة ثم Ctrl-D (فارغ: مسح)");
	err = shell_read(NULL, out);
	if (!err && out->len && memchr(out->data, '\0', out->len))
		err = err_set(ERR_USAGE, "standard input: text was expected");
	if (!err && out->len && out->data[out->len - 1] == '\n')
		out->len--;
	return err == ERR_LIMIT ? err_context(ERR_USAGE, "value") : err;
}

static int set_field(struct changing *c, size_t row)
{
	struct buf value;
	int field, err;

	if (c->shell->args->operand_count < 2)
		return err_set(ERR_USAGE, "which field? edit CASE FIELD");
	field = form_field_find_in(c->form, c->entry_type, c->shell->args->operands[1]);
	if (field <= FORM_FIELD_GONE)
		return err_set(ERR_USAGE, "no such question on this entry; --entry names another, `show` prints them");
	buf_init(&value, 4 * VALUE_BYTES_MAX);
	err = read_value(&value);
	if (!err)
		err = answer_set(c->draft, row, (size_t)field, buf_string(&value));
	buf_fini(&value);
	return err;
}

static int fill_draft(struct changing *c)
{
	size_t row;
	int err = answer_row(c->draft, c->entry_type, c->entry_type == FORM_ENTRY_ROOT ? 0 : c->entry_id, &row);

	if (err)
		return err;
	if (!is_removal(c))
		return set_field(c, row);
	if (c->shell->args->operand_count > 1 || !cli_flag(c->shell->args, "entry"))
		return err_set(ERR_USAGE, "--remove and --restore take --entry ID and no FIELD");
	if (cli_flag(c->shell->args, "remove") && cli_flag(c->shell->args, "restore"))
		return err_set(ERR_USAGE, "either --remove or --restore");
	if (c->entry_type == FORM_ENTRY_ROOT)
		return err_set(ERR_USAGE, "the applicant's own entry cannot be removed");
	return answer_remove(c->draft, row, cli_flag(c->shell->args, "remove"));
}

static int tell(struct changing *c, const struct answer_saved *saved)
{
	char id[RECORD_ID_TEXT_BYTES];
	struct json_writer j;
	struct buf out;
	int err;

	buf_init(&out, 4096);
	record_id_format(saved->case_id, id);
	if (cli_flag(c->shell->args, "json")) {
		json_write_init(&j, &out);
		json_write_object(&j, NULL);
		json_write_text(&j, "case", id);
		json_write_unsigned(&j, "saved", saved->answers);
		json_write_end(&j);
		buf_text(&out, "\n");
	} else {
		buf_printf(&out, "%s\tsaved on this device: %zu answers\n", id, saved->answers);
	}
	err = cli_print(&out);
	buf_fini(&out);
	return err;
}

static int change(struct changing *c)
{
	struct answer_saved saved;
	int err = shell_need_enrolled(c->store);

	if (!err)
		err = record_id_parse(c->shell->args->operands[0], &c->case_id);
	if (!err)
		err = session_form_of(c->store, c->case_id, SESSION_TAKE, &c->form);
	if (!err)
		err = session_check_form(c->form);
	if (!err)
		err = find_entry(c);
	if (!err)
		err = answer_new(c->form, &c->draft);
	if (!err)
		err = fill_draft(c);
	if (!err)
		err = answer_save(c->store, c->draft, c->case_id, &saved);
	answer_free(c->draft);
	return err ? err : tell(c, &saved);
}

int change_command(void *ctx, const struct cli_args *args)
{
	struct shell *sh = ctx;
	struct changing c = { .shell = sh };
	int err = shell_open(sh, args, &c.store);

	if (err)
		return err;
	err = change(&c);
	store_close(c.store);
	return err;
}
