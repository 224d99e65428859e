/*
 * env: see env.h. The only file that reads the system's clocks.
 */
#include "proto/base/env.h"

#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BOOT_ID_FILE "/proc/sys/kernel/random/boot_id"
#define BOOT_ID_TEXT_BYTES 36

static int64_t clock_ms(clockid_t id)
{
	struct timespec t = { 0 };

	clock_gettime(id, &t); /* allowed: this is the env */
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int64_t system_wall_ms(void *ctx)
{
	(void)ctx;
	return clock_ms(CLOCK_REALTIME);
}

static int64_t system_mono_ms(void *ctx)
{
	(void)ctx;
	return clock_ms(CLOCK_BOOTTIME);
}

static void system_boot_id(void *ctx, uint8_t out[ENV_BOOT_ID_BYTES])
{
	char text[BOOT_ID_TEXT_BYTES + 1] = { 0 };
	size_t len = 0;
	int fd = open(BOOT_ID_FILE, O_RDONLY | O_CLOEXEC);

	(void)ctx;
	memset(out, 0, ENV_BOOT_ID_BYTES);
	if (fd < 0)
		return;
	if (read(fd, text, BOOT_ID_TEXT_BYTES) == BOOT_ID_TEXT_BYTES)
		sodium_hex2bin(out, ENV_BOOT_ID_BYTES, text, BOOT_ID_TEXT_BYTES, "-", &len, NULL);
	close(fd);
}

static void system_random(void *ctx, void *out, size_t len)
{
	(void)ctx;
	randombytes_buf(out, len); /* allowed: this is the env */
}

const struct env *env_system(void)
{
	static const struct env SYSTEM = {
		.wall_ms = system_wall_ms,
		.mono_ms = system_mono_ms,
		.boot_id = system_boot_id,
		.random = system_random,
	};

	return &SYSTEM;
}

int64_t env_wall_ms(const struct env *env)
{
	return env->wall_ms(env->ctx);
}

int64_t env_mono_ms(const struct env *env)
{
	return env->mono_ms(env->ctx);
}

void env_boot_id(const struct env *env, uint8_t out[ENV_BOOT_ID_BYTES])
{
	env->boot_id(env->ctx, out);
}

void env_random(const struct env *env, void *out, size_t len)
{
	env->random(env->ctx, out, len);
}
