/*
 * config: the configuration file of the device as one typed struct (proto/base/conf).
 *
 * The file is $HOME/.config/mandoob/agent.conf when that exists, or the one named by --config. Nothing secret is in it.
 *
 *	dir = /home/rep/mandoob           folder of the store; default $HOME/.local/share/mandoob
 *	log_level = warn                  error, warn, info or debug; default warn
 *	ca_file = /etc/ssl/centre.pem     certificates to trust instead of the system's
 *	pinned_key = sha256//...          public key that the centre's server must have
 *	proxy = http://host:port
 *	connect_timeout_ms = 30000        0 to 600000; 0: the default of httpc.h, likewise below
 *	stall_bytes_per_s = 32            0 to 1000000
 *	stall_s = 20                      0 to 3600
 *	retry_min_s = 15                  1 to 86400, ceiling of the first pause of `sync --watch` after a failed contact
 *	retry_max_s = 900                 retry_min_s to 86400, ceiling of all of them
 *	idle_lock_s = 600                 0 to 86400, after how long without a key an interview locks the store; 0: never
 */
#ifndef AGENT_CONFIG_H
#define AGENT_CONFIG_H

#include <stddef.h>
#include <stdint.h>

#include "proto/base/log.h"

#define CONFIG_TEXT_BYTES 1024

struct config {
	char dir[CONFIG_TEXT_BYTES];        /* "" when neither the file nor HOME names one */
	char ca_file[CONFIG_TEXT_BYTES];    /* "" when not given, likewise the two below */
	char pinned_key[CONFIG_TEXT_BYTES];
	char proxy[CONFIG_TEXT_BYTES];
	char log_level_name[16];
	enum log_level log_level;
	int64_t connect_timeout_ms;
	int64_t stall_bytes_per_s;
	int64_t stall_s;
	int64_t retry_min_s;
	int64_t retry_max_s;
	int64_t idle_lock_s;
};

/*
 * The defaults, then the file at `path`; NULL: the usual place, where a missing file is no error. ERR_USAGE names file and line;
 * ERR_NOT_FOUND, ERR_IO, ERR_LIMIT. The environment is asked for HOME, and nothing else.
 */
int config_load(const char *path, struct config *out) MUST_CHECK;

#endif
