/*
 * verify: the whole store looked through, command `check`: what is written twice must agree, what is signed must verify, what is
 * chained must follow.
 *
 * It changes nothing but the checkpoint of the WAL. Every finding is one line without answers.
 */
#ifndef AGENT_COMMAND_VERIFY_H
#define AGENT_COMMAND_VERIFY_H

#include "agent/command/shell.h"

struct verify_result {
	struct buf findings;      /* a line each */
	uint64_t finding_count;
	uint64_t page_count;
	struct vault_report vault; /* what the walk over the file said; freshness is in it */
	uint64_t form_count;
	uint64_t list_count;
	uint64_t group_count;
	uint64_t edit_count;
	uint64_t envelope_count;
	uint64_t receipt_count;
	uint64_t register_count;
	uint64_t own_count;
};

void verify_result_fini(struct verify_result *r);

/*
 * Walk the store. 0: the walk was completed, findings or not; anything else means that it could not be (ERR_IO, ERR_NOMEM, ...). A
 * damaged database is a finding. Slow on a large store.
 */
int verify_agent(struct store *s, struct verify_result *out) MUST_CHECK;

extern const struct cli_option VERIFY_OPTIONS[];
int verify_command(void *ctx, const struct cli_args *args) MUST_CHECK;

#endif
