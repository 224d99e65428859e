/*
 * upload: the network as env->post: the same clock and randomness as before, and HTTP through httpc with the configuration's settings.
 *
 * The HTTP client is made with the first exchange, so that commands that stay offline never start it.
 */
#ifndef AGENT_UPLOAD_H
#define AGENT_UPLOAD_H

#include "agent/config.h"
#include "proto/base/env.h"

struct upload;

/* `base` and `config` are borrowed and outlive it. Owned by the caller, closed with upload_close(). ERR_NOMEM. */
int upload_open(const struct env *base, const struct config *config, struct upload **out) MUST_CHECK;
void upload_close(struct upload *u);

/* The environment with post; lives as long as `u`. */
const struct env *upload_env(const struct upload *u);

#endif
