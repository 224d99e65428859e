/*
 * config: `key = value` lines into one typed struct.
 *
 * The file is the one named by --config, otherwise /etc/mandoob/server.conf when there is one. Nothing secret is in it.
 *
 *	dir = /var/lib/mandoob         folder of the centre's store
 *	listen = 127.0.0.1:8470        numeric address and port for `serve`
 *	connection_max = 256           1 to 4096 connections at once
 *	log_level = info               error, warn, info or debug
 */
#ifndef SERVER_CONFIG_H
#define SERVER_CONFIG_H

#include <stdint.h>

#include "proto/base/log.h"

#define CONFIG_TEXT_BYTES 1024
#define CONFIG_FILE "/etc/mandoob/server.conf"

struct config {
	char dir[CONFIG_TEXT_BYTES];
	char listen[CONFIG_TEXT_BYTES];
	int64_t connection_max;
	enum log_level log_level;
};

/*
 * The defaults, then the file at `path`; NULL: CONFIG_FILE, where a missing file is no error. ERR_USAGE names file and line;
 * ERR_NOT_FOUND, ERR_IO.
 */
int config_load(const char *path, struct config *out) MUST_CHECK;

#endif
