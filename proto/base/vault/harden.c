/*
 * harden: see harden.h. Keys lie in locked memory, which is never swapped; the pages of the database do not, and a hibernating
 * machine writes everything. SQLite gives its memory back as it is, clear pages and values of rows, and malloc keeps it for later: so
 * every piece is overwritten before it goes back, and what a locked vault held is nowhere in the process.
 */
#include "proto/base/vault/harden.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "proto/base/vault/sqlite.h"

#define SWAPS "/proc/swaps"
#define STATE "/sys/power/state"
#define RESUME "/sys/power/resume"
#define TEXT_BYTES 8192

#ifdef VAULT_EXTENSION
/* The memory of the program that loads us is its own. */
static int sqlite_wipes(void)
{
	return 0;
}
#else
static sqlite3_mem_methods lower; /* SQLite's own; set once, before SQLite starts and so before any thread of ours uses it */

static void wiping_free(void *p)
{
	if (p)
		sodium_memzero(p, (size_t)lower.xSize(p));
	lower.xFree(p);
}

/* Never in place: realloc() of the system may move and leave the old bytes. */
static void *wiping_realloc(void *p, int bytes)
{
	int had = lower.xSize(p);
	void *moved;

	if (bytes <= had && bytes > had / 2)
		return p;
	moved = lower.xMalloc(bytes);
	if (!moved)
		return NULL;
	memcpy(moved, p, (size_t)(had < bytes ? had : bytes));
	wiping_free(p);
	return moved;
}

static int sqlite_wipes(void)
{
	sqlite3_mem_methods ours;

	if (lower.xFree)
		return 0;
	if (sqlite3_config(SQLITE_CONFIG_GETMALLOC, &ours) != SQLITE_OK)
		return err_set(ERR_IO, "process: SQLite does not tell of its memory");
	lower = ours;
	ours.xFree = wiping_free;
	ours.xRealloc = wiping_realloc;
	if (sqlite3_config(SQLITE_CONFIG_MALLOC, &ours) == SQLITE_OK)
		return 0;
	lower = (sqlite3_mem_methods){ 0 };
	return err_set(ERR_IO, "process: SQLite was started before its memory could be made to be wiped");
}
#endif

int vault_harden_process(void)
{
	struct rlimit none = { 0, 0 };

	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 || setrlimit(RLIMIT_CORE, &none) != 0)
		return err_set(ERR_IO, "process: cannot switch off core dumps: %s", strerror(errno));
	return sqlite_wipes();
}

/* The beginning of a file of the kernel's; "" when it cannot be read. */
static void text_read(const char *path, char text[static TEXT_BYTES])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t got = 1;

	while (fd >= 0 && len < TEXT_BYTES - 1 && got > 0) {
		got = read(fd, text + len, TEXT_BYTES - 1 - len);
		if (got > 0)
			len += (size_t)got;
	}
	if (fd >= 0)
		close(fd);
	text[len] = '\0';
}

/* One line for each area behind a line of headings; the first word is its file. Compressed memory is /dev/zram0 and so on. */
static bool has_disk_swap(const char *text)
{
	const char *line = strchr(text, '\n');

	for (; line && line[1] != '\0'; line = strchr(line + 1, '\n')) {
		size_t len = strcspn(line + 1, " \t\n");
		const char *name = memrchr(line + 1, '/', len);

		name = name ? name + 1 : line + 1;
		if (len > 0 && strncmp(name, "zram", 4) != 0)
			return true;
	}
	return false;
}

static bool has_word(const char *text, const char *word)
{
	size_t want = strlen(word);

	while (*text != '\0') {
		size_t len = strcspn(text, " \t\n");

		if (len == want && strncmp(text, word, len) == 0)
			return true;
		text += len;
		text += strspn(text, " \t\n");
	}
	return false;
}

void vault_memory_look_at(const char *swaps, const char *state, const char *resume, struct vault_memory *out)
{
	char text[TEXT_BYTES];

	text_read(swaps, text);
	out->swap = has_disk_swap(text);
	text_read(state, text);
	out->hibernation = has_word(text, "disk");
	text_read(resume, text);
	out->hibernation = out->hibernation && text[0] != '\0' && !has_word(text, "0:0");
}

void vault_memory_look(struct vault_memory *out)
{
	vault_memory_look_at(SWAPS, STATE, RESUME, out);
}
