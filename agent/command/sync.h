/*
 * sync: command `sync`: one contact with the centre over the network, or one after another for as long as the program runs.
 */
#ifndef AGENT_COMMAND_SYNC_H
#define AGENT_COMMAND_SYNC_H

#include "agent/command/shell.h"
#include "agent/round.h"

/* What one contact did, for a person, or as one JSON object on a line. */
void sync_tell(const struct round_result *r, bool is_json, struct buf *out);

/*
 * The pause after `failures` failed contacts in a row (from 1), in milliseconds: full jitter, evenly between 0 and retry_min_s *
 * 2^(failures - 1), at most retry_max_s. 0 failures: `watch_s`, less up to an eighth, so that many devices do not come at once.
 */
int64_t sync_pause_ms(const struct env *env, const struct config *c, uint64_t watch_s, unsigned failures);

extern const struct cli_option SYNC_OPTIONS[];
int sync_command(void *ctx, const struct cli_args *args) MUST_CHECK;

#endif
