/*
 * sync: see sync.h. A contact may fail or be cut anywhere; everything is durable on both sides, so the next one goes on.
 */
#include "agent/command/sync.h"

#include <inttypes.h>
#include <malloc.h>
#include <string.h>
#include <unistd.h>

#include "agent/command/lines.h"
#include "agent/command/unlock.h"
#include "agent/guard.h"
#include "agent/shelf.h"
#include "proto/base/log.h"

#define WATCH_S_MAX 86400
#define DOUBLINGS_MAX 20

const struct cli_option SYNC_OPTIONS[] = {
	{ "watch", 'w', "SECONDS", "go on until stopped, with this pause between contacts, 1 to 86400" },
	{ "json", 'j', NULL, "print one JSON object for each contact" },
	{ NULL, 0, NULL, NULL },
};

static void tell_json(const struct round_result *r, struct buf *out)
{
	struct json_writer j;

	json_write_init(&j, out);
	json_write_object(&j, NULL);
	json_write_unsigned(&j, "requests", r->requests);
	json_write_unsigned(&j, "sent_bytes", r->sent_bytes);
	json_write_unsigned(&j, "received_bytes", r->received_bytes);
	json_write_unsigned(&j, "receipts", r->receipts);
	json_write_unsigned(&j, "registers", r->registers);
	json_write_unsigned(&j, "conflicts", r->conflicts);
	json_write_unsigned(&j, "refused", r->refused);
	json_write_unsigned(&j, "decisions", r->decisions);
	json_write_unsigned(&j, "digest_mismatches", r->mismatches);
	json_write_bool(&j, "forked", r->is_forked);
	json_write_bool(&j, "more", r->is_more);
	json_write_end(&j);
	buf_text(out, "\n");
}

void sync_tell(const struct round_result *r, bool is_json, struct buf *out)
{
	if (is_json) {
		tell_json(r, out);
		return;
	}
	buf_printf(out,
		   "receipts %" PRIu64 "  answers from the centre %" PRIu64 "  decisions %" PRIu64
		   "  bytes out %" PRIu64 " in %" PRIu64 "\n",
		   r->receipts, r->registers, r->decisions, r->sent_bytes, r->received_bytes);
	if (r->conflicts)
		buf_printf(out, "conflicts %" PRIu64 ": a person at the centre decides | تعارض يقرره المركز\n", r->conflicts);
	if (r->refused)
		buf_printf(out, "refused %" PRIu64 ": see `mandoob-agent status` | رفضها المركز\n", r->refused);
	if (r->mismatches)
		buf_printf(out, "digest mismatches %" PRIu64 ": everything is asked for anew\n", r->mismatches);
	if (r->is_forked)
		buf_text(out, "this store was a copy: it has a new number now, and nothing typed here is lost\n");
}

int64_t sync_pause_ms(const struct env *env, const struct config *c, uint64_t watch_s, unsigned failures)
{
	uint64_t most_ms = watch_s * 1000;
	uint64_t chosen;

	env_random(env, &chosen, sizeof chosen);
	if (failures == 0)
		return (int64_t)(most_ms - chosen % (most_ms / 8 + 1));
	most_ms = (uint64_t)c->retry_min_s * 1000;
	for (unsigned i = 1; i < failures && i < DOUBLINGS_MAX && most_ms < (uint64_t)c->retry_max_s * 1000; i++)
		most_ms *= 2;
	if (most_ms > (uint64_t)c->retry_max_s * 1000)
		most_ms = (uint64_t)c->retry_max_s * 1000;
	return (int64_t)(chosen % (most_ms + 1));
}

static int contact(struct shell *sh, struct store *s)
{
	struct round_result r;
	struct buf out;
	int told = 0;
	int err = round_sync(s, &r);

	/* What was received before a failure is received: it is told too. */
	if (err && !r.receipts && !r.registers)
		return err;
	guard_contacted(s);
	buf_init(&out, 64 * 1024);
	sync_tell(&r, cli_flag(sh->args, "json"), &out);
	told = cli_print(&out);
	fflush(stdout);
	buf_fini(&out);
	return err ? err : told;
}

/* Between contacts hold as little memory as possible: the machine belongs to other programs then. */
static void rest(struct store *s)
{
	if (db_checkpoint(s->db) != 0)
		log_event(LOG_WARN, "sync", "checkpoint_failed", NULL);
	db_trim(s->db);
	shelf_rest(s);
	malloc_trim(0);
}

static bool is_final(const struct store *s, int err)
{
	return err == ERR_USAGE || (err == ERR_AUTH && s->is_revoked);
}

static int watch(struct shell *sh, struct store *s, uint64_t watch_s)
{
	struct lines signals;
	unsigned failures = 0;
	bool is_over = false;
	int err = lines_open(&signals, STDIN_FILENO, 0);

	while (!err && !is_over) {
		err = vault_lease_check(s->vault, env_wall_ms(sh->env));
		if (err == ERR_STALE)
			break;
		err = contact(sh, s);
		if (is_final(s, err))
			break;
		failures = err ? failures + 1 : 0;
		if (err)
			log_event(LOG_WARN, "sync", "contact_failed", "error=%s failures=%u", err_name(err), failures);
		if (err && failures == 1)
			shell_note("mandoob-agent: sync: %s; trying again\n%s", err_message(), err_arabic(err));
		err = 0;
		rest(s);
		is_over = lines_wait(&signals, (int)sync_pause_ms(sh->env, &sh->config, watch_s, failures));
	}
	lines_close(&signals);
	return err;
}

int sync_command(void *ctx, const struct cli_args *args)
{
	struct shell *sh = ctx;
	struct store *s;
	int64_t watch_s = 0;
	int err = cli_integer(args, "watch", 1, WATCH_S_MAX, 0, &watch_s);

	if (err)
		return err;
	err = shell_open(sh, args, &s);
	if (err)
		return err;
	err = shell_need_enrolled(s);
	if (!err)
		err = watch_s ? watch(sh, s, (uint64_t)watch_s) : contact(sh, s);
	store_close(s);
	unlock_tell_lease(sh->dir, err);
	return err;
}
