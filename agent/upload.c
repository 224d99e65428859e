/*
 * upload: see upload.h.
 */
#include "agent/upload.h"

#include <stdlib.h>

#include "proto/base/httpc.h"

struct upload {
	struct env env;             /* its ctx is this struct */
	const struct env *base;
	const struct config *config;
	struct httpc *http;         /* NULL until the first exchange; owned */
};

static int64_t wall_ms(void *ctx)
{
	return env_wall_ms(((struct upload *)ctx)->base);
}

static int64_t mono_ms(void *ctx)
{
	return env_mono_ms(((struct upload *)ctx)->base);
}

static void boot_id(void *ctx, uint8_t out[ENV_BOOT_ID_BYTES])
{
	env_boot_id(((struct upload *)ctx)->base, out);
}

static void fill_random(void *ctx, void *out, size_t len)
{
	env_random(((struct upload *)ctx)->base, out, len);
}

static const char *given(const char *text)
{
	return *text ? text : NULL;
}

static int start(struct upload *u)
{
	const struct config *c = u->config;
	const struct httpc_options options = {
		.connect_timeout_ms = (long)c->connect_timeout_ms,
		.stall_bytes_per_s = (long)c->stall_bytes_per_s,
		.stall_s = (long)c->stall_s,
		.ca_file = given(c->ca_file),
		.pinned_key = given(c->pinned_key),
		.proxy = given(c->proxy),
	};

	return u->http ? 0 : httpc_new(&u->http, &options);
}

static int post(void *ctx, const char *url, const void *body, size_t body_len, int *status, struct buf *answer)
{
	struct upload *u = ctx;
	int err = start(u);

	*status = 0;
	return err ? err : httpc_env_post(u->http, url, body, body_len, status, answer);
}

int upload_open(const struct env *base, const struct config *config, struct upload **out)
{
	struct upload *u = calloc(1, sizeof *u);

	*out = NULL;
	if (!u)
		return err_set(ERR_NOMEM, "no memory for the network");
	u->env = (struct env){ .ctx = u, .wall_ms = wall_ms, .mono_ms = mono_ms, .boot_id = boot_id, .random = fill_random, .post = post };
	u->base = base;
	u->config = config;
	*out = u;
	return 0;
}

void upload_close(struct upload *u)
{
	if (!u)
		return;
	httpc_free(u->http);
	free(u);
}

const struct env *upload_env(const struct upload *u)
{
	return &u->env;
}
