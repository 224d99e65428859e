/*
 * cmd_manifest: show, prepare, sign, install: which keys devices believe (server/admin/authority).
 */
#include <inttypes.h>
#include <string.h>

#include "proto/base/file.h"
#include "server/admin/authority.h"
#include "server/command/command.h"

static void print_hex(struct buf *out, const char *label, const uint8_t *data, size_t len)
{
	buf_printf(out, "%s\t", label);
	for (size_t i = 0; i < len; i++)
		buf_printf(out, "%02x", data[i]);
	buf_text(out, "\n");
}

static void print_manifest(const struct manifest *m, struct buf *out)
{
	char time[COMMAND_TIME_BYTES];

	buf_printf(out, "number\t%" PRIu64 "\nnot before\t%s\noldest program\t%u\n", m->number,
		command_time((int64_t)m->not_before_ms, time), m->version_min);
	for (size_t i = 0; i < m->sign_key_count; i++)
		print_hex(out, "signing key", m->sign_keys[i], SEAL_SIGN_PUBLIC_BYTES);
	for (size_t i = 0; i < m->receive_key_count; i++) {
		buf_printf(out, "epoch\t%u\n", m->receive_keys[i].epoch);
		print_hex(out, "receive key", m->receive_keys[i].box_public, SEAL_BOX_PUBLIC_BYTES);
	}
	print_hex(out, "recovery key", m->recovery_public, SEAL_BOX_PUBLIC_BYTES);
	for (size_t i = 0; i < m->revoked_count; i++)
		print_hex(out, "revoked", m->revoked[i].device, SEAL_DEVICE_BYTES);
}

static void print_manifest_json(const struct manifest *m, struct buf *out)
{
	char time[COMMAND_TIME_BYTES];
	struct json_writer j;

	json_write_init(&j, out);
	json_write_object(&j, NULL);
	json_write_unsigned(&j, "number", m->number);
	json_write_text(&j, "not_before", command_time_utc((int64_t)m->not_before_ms, time));
	json_write_unsigned(&j, "version_min", m->version_min);
	json_write_array(&j, "sign_keys");
	for (size_t i = 0; i < m->sign_key_count; i++)
		json_write_hex(&j, NULL, m->sign_keys[i], SEAL_SIGN_PUBLIC_BYTES);
	json_write_end(&j);
	json_write_array(&j, "receive_keys");
	for (size_t i = 0; i < m->receive_key_count; i++) {
		json_write_object(&j, NULL);
		json_write_unsigned(&j, "epoch", m->receive_keys[i].epoch);
		json_write_hex(&j, "key", m->receive_keys[i].box_public, SEAL_BOX_PUBLIC_BYTES);
		json_write_end(&j);
	}
	json_write_end(&j);
	json_write_hex(&j, "recovery_key", m->recovery_public, SEAL_BOX_PUBLIC_BYTES);
	json_write_array(&j, "revoked");
	for (size_t i = 0; i < m->revoked_count; i++)
		json_write_hex(&j, NULL, m->revoked[i].device, SEAL_DEVICE_BYTES);
	json_write_end(&j);
	json_write_end(&j);
	buf_text(out, "\n");
}

int command_manifest_show(void *ctx, const struct cli_args *a)
{
	struct centre *c;
	struct buf out;
	int err = command_open(ctx, a, &c);

	command_begin(&out);
	if (!err && cli_flag(a, "json"))
		print_manifest_json(&c->manifest, &out);
	else if (!err)
		print_manifest(&c->manifest, &out);
	centre_close(c);
	return command_end(&out, err);
}

int command_manifest_prepare(void *ctx, const struct cli_args *a)
{
	struct centre *c;
	struct buf bytes;
	int err = command_open(ctx, a, &c);

	buf_init(&bytes, MANIFEST_BYTES_MAX);
	if (!err)
		err = authority_prepare(c, &bytes);
	if (!err)
		err = file_write_new(a->operands[0], bytes.data, bytes.len);
	if (!err)
		command_note("Manifest %" PRIu64
			     " is prepared. Carry the file to the machine that has the root key: mandoob-server manifest sign FILE "
			     "--root-key FILE",
			c->manifest.number + 1);
	buf_fini(&bytes);
	centre_close(c);
	return err;
}

int command_manifest_sign(void *ctx, const struct cli_args *a)
{
	const char *root_key;
	struct buf bytes;
	int err = cli_need(a, "root-key", &root_key);

	(void)ctx;
	buf_init(&bytes, MANIFEST_BYTES_MAX);
	if (!err)
		err = file_read(a->operands[0], &bytes);
	if (!err)
		err = authority_sign(root_key, &bytes);
	if (!err)
		err = file_replace(a->operands[0], bytes.data, bytes.len);
	buf_fini(&bytes);
	return err;
}

static int install_manifest(struct centre *c, const struct buf *bytes, int64_t person_id)
{
	return authority_install(c, bytes->data, bytes->len, person_id);
}

int command_manifest_install(void *ctx, const struct cli_args *a)
{
	return command_install(ctx, a, MANIFEST_BYTES_MAX, install_manifest);
}
