/*
 * config: see config.h.
 */
#include "server/config.h"

#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "proto/base/conf.h"

#define LEVEL_BYTES 16

struct file { /* as it is written; becomes a struct config */
	struct config config;
	char level[LEVEL_BYTES];
};

static const struct conf_key KEYS[] = {
	{ "dir", CONF_TEXT, offsetof(struct file, config.dir), CONFIG_TEXT_BYTES, 0, 0 },
	{ "listen", CONF_TEXT, offsetof(struct file, config.listen), CONFIG_TEXT_BYTES, 0, 0 },
	{ "connection_max", CONF_INTEGER, offsetof(struct file, config.connection_max), 0, 1, 4096 },
	{ "log_level", CONF_TEXT, offsetof(struct file, level), LEVEL_BYTES, 0, 0 },
};

int config_load(const char *path, struct config *out)
{
	struct file f = { .config = { .dir = "/var/lib/mandoob", .listen = "127.0.0.1:8470", .connection_max = 256, .log_level = LOG_INFO },
		.level = "info" };
	const char *name = path ? path : CONFIG_FILE;
	int err = 0;

	memset(out, 0, sizeof *out);
	if (path || access(CONFIG_FILE, F_OK) == 0)
		err = conf_read(name, KEYS, sizeof KEYS / sizeof KEYS[0], &f);
	if (!err)
		err = log_level_parse(f.level, &f.config.log_level);
	if (!err && !f.config.dir[0])
		err = err_set(ERR_USAGE, "dir: a folder was expected");
	if (err)
		return err_context(err, "configuration");
	*out = f.config;
	return 0;
}
