/*
 * config: see config.h. One table of keys says where each value goes and what it may be.
 */
#include "agent/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "proto/base/conf.h"

#define RETRY_S_MAX 86400
#define TEXT_KEY(member) { #member, CONF_TEXT, offsetof(struct config, member), CONFIG_TEXT_BYTES, 0, 0 }
#define NUMBER_KEY(member, min, max) { #member, CONF_INTEGER, offsetof(struct config, member), 0, min, max }

static const struct conf_key KEYS[] = {
	TEXT_KEY(dir),
	TEXT_KEY(ca_file),
	TEXT_KEY(pinned_key),
	TEXT_KEY(proxy),
	{ "log_level", CONF_TEXT, offsetof(struct config, log_level_name), sizeof ((struct config *)NULL)->log_level_name, 0, 0 },
	NUMBER_KEY(connect_timeout_ms, 0, 600000),
	NUMBER_KEY(stall_bytes_per_s, 0, 1000000),
	NUMBER_KEY(stall_s, 0, 3600),
	NUMBER_KEY(retry_min_s, 1, RETRY_S_MAX),
	NUMBER_KEY(retry_max_s, 1, RETRY_S_MAX),
	NUMBER_KEY(idle_lock_s, 0, 86400),
};

/* $HOME followed by `rest`, or "" when HOME is not set. */
static void home_path(const char *rest, char out[static CONFIG_TEXT_BYTES])
{
	const char *home = getenv("HOME");
	int len = home && *home ? snprintf(out, CONFIG_TEXT_BYTES, "%s/%s", home, rest) : 0;

	if (len <= 0 || len >= CONFIG_TEXT_BYTES)
		out[0] = '\0';
}

static int check_whole(const char *path, struct config *c)
{
	if (log_level_parse(c->log_level_name, &c->log_level) != 0)
		return err_set(ERR_USAGE, "%s: log_level: error, warn, info or debug was expected", path);
	if (c->retry_max_s < c->retry_min_s)
		return err_set(ERR_USAGE, "%s: retry_max_s is less than retry_min_s", path);
	return 0;
}

int config_load(const char *path, struct config *out)
{
	char usual[CONFIG_TEXT_BYTES];
	int err;

	*out = (struct config){
		.retry_min_s = 15, .retry_max_s = 900, .idle_lock_s = 600, .log_level_name = "warn", .log_level = LOG_WARN
	};
	home_path(".local/share/mandoob", out->dir);
	if (!path) {
		home_path(".config/mandoob/agent.conf", usual);
		if (!usual[0] || access(usual, F_OK) != 0)
			return 0;
		path = usual;
	}
	err = conf_read(path, KEYS, sizeof KEYS / sizeof KEYS[0], out);
	return err ? err : check_whole(path, out);
}
