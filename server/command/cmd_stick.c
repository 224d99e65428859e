/*
 * cmd_stick: import and export: requests that came on USB sticks, and their answers for the way back.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "proto/base/file.h"
#include "proto/message.h"
#include "server/command/command.h"
#include "server/stick.h"

struct sticks {            /* answer files of all sticks, to become one */
	struct buf *files; /* one answer file each; owned */
	size_t file_count;
	struct message_stick_record *records; /* borrow from files; owned */
	size_t count;
};

static void sticks_fini(struct sticks *s)
{
	for (size_t i = 0; i < s->file_count; i++)
		buf_fini(&s->files[i]);
	free(s->files);
	free(s->records);
}

static int gather(struct sticks *s, const struct buf *file)
{
	struct message_stick_record *records;
	struct message_stick_record *more;
	size_t count;
	int err = message_stick_decode(file->data, file->len, &records, &count);

	if (err)
		return err;
	more = realloc(s->records, (s->count + count + 1) * sizeof *more);
	if (more) {
		s->records = more;
		for (size_t i = 0; i < count; i++)
			more[s->count++] = records[i];
	} else {
		err = err_set(ERR_NOMEM, "no memory for answers");
	}
	free(records);
	return err;
}

/* A file that is no stick file is reported and leaves the others alone. */
static int take_file(struct centre *c, const char *path, struct sticks *s, struct buf *out)
{
	struct stick_report r = { 0 };
	struct buf *answers = &s->files[s->file_count++];
	struct buf bytes;
	int err;

	buf_init(&bytes, MESSAGE_STICK_BYTES_MAX);
	buf_init(answers, MESSAGE_STICK_BYTES_MAX);
	err = file_read(path, &bytes);
	if (!err)
		err = stick_exchange(c, bytes.data, bytes.len, &r, answers);
	if (!err)
		err = gather(s, answers);
	buf_fini(&bytes);
	buf_printf(out, "%zu\t%zu\t%zu\t%zu\t%s\n", r.requests, r.answered, r.refused, r.left, path);
	return err;
}

static int take_all(struct centre *c, const struct cli_args *a, struct sticks *s, struct buf *out)
{
	int first = 0;

	s->files = calloc(a->operand_count, sizeof *s->files);
	if (!s->files)
		return err_set(ERR_NOMEM, "no memory for sticks");
	buf_text(out, "REQUESTS\tANSWERED\tREFUSED\tLEFT\tFILE\n");
	for (size_t i = 0; i < a->operand_count; i++) {
		int err = take_file(c, a->operands[i], s, out);

		if (err)
			command_note("mandoob-server: import: %s: %s", a->operands[i], err_message());
		if (!first)
			first = err;
	}
	return first;
}

static int write_answers(const struct sticks *s, const char *path)
{
	struct buf file;
	int err;

	buf_init(&file, MESSAGE_STICK_BYTES_MAX);
	err = message_stick_encode(s->records, s->count, &file);
	if (err)
		err = err_context(err, "the answers do not fit into one file; the requests are taken in, import fewer sticks at once");
	else
		err = file_replace(path, file.data, file.len);
	buf_fini(&file);
	return err;
}

int command_import(void *ctx, const struct cli_args *a)
{
	const char *answers = cli_value(a, "answers");
	struct sticks s = { 0 };
	struct centre *c = NULL;
	struct buf out;
	int printed;
	int taken = 0;
	int err = command_open(ctx, a, &c);

	command_begin(&out);
	if (!err)
		taken = take_all(c, a, &s, &out);
	if (!err && answers)
		err = write_answers(&s, answers);
	sticks_fini(&s);
	centre_close(c);
	printed = command_end(&out, 0);
	return err ? err : taken ? err_set(taken, "not every stick was whole; see above") : printed;
}

int command_export(void *ctx, const struct cli_args *a)
{
	struct stick_report r = { 0 };
	struct centre *c = NULL;
	struct buf answers;
	struct buf out;
	int err = command_open(ctx, a, &c);

	command_begin(&out);
	buf_init(&answers, MESSAGE_STICK_BYTES_MAX);
	if (!err)
		err = stick_answers(c, &r, &answers);
	if (!err)
		err = file_replace(a->operands[0], answers.data, answers.len);
	buf_printf(&out, "ANSWERED\tREFUSED\tLEFT\tFILE\n%zu\t%zu\t%zu\t%s\n", r.answered, r.refused, r.left, a->operands[0]);
	buf_fini(&answers);
	centre_close(c);
	return command_end(&out, err);
}
