/*
 * cmd_dictionary: dictionary list, install: what devices and centre compress with.
 */
#include <inttypes.h>

#include "server/command/command.h"

int command_dictionary_list(void *ctx, const struct cli_args *a)
{
	char time[COMMAND_TIME_BYTES];
	struct centre *c;
	struct db_stmt *s;
	struct buf out;
	int err = command_open(ctx, a, &c);

	command_begin(&out);
	if (!err)
		err = db_prepare(c->db, "SELECT id, length(bytes), made_ms FROM dictionary ORDER BY made_ms DESC, id", &s);
	if (!err) {
		buf_text(&out, "ID\tBYTES\tMADE\n");
		while ((err = db_step(s)) == 1)
			buf_printf(&out, "%08" PRIx64 "\t%" PRId64 "\t%s\n", db_u64(s, 0), db_int(s, 1), command_time(db_int(s, 2), time));
		db_done(s);
	}
	centre_close(c);
	return command_end(&out, err);
}

static int install_dictionary(struct centre *c, const struct buf *bytes, int64_t person_id)
{
	int err = centre_dictionary_add(c, bytes->data, bytes->len);

	return err ? err : centre_audit(c, person_id, "dictionary-install", "");
}

int command_dictionary_install(void *ctx, const struct cli_args *a)
{
	return command_install(ctx, a, PACK_DICTIONARY_BYTES_MAX, install_dictionary);
}
