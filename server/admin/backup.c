/*
 * backup: see backup.h.
 */
#include "server/admin/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/admin/setup.h"

#define COPY_BYTES (256 * 1024)
#define PATH_BYTES_MAX 4096

/* ---- Making one ---- */

struct covered { /* one site in the copy */
	uint32_t site;
	uint64_t applied;
};

static int read_covered(struct db *copy, struct covered **out, size_t *count)
{
	struct db_stmt *s;
	int got;
	int err = db_prepare(copy, "SELECT site, applied FROM site WHERE applied > 0 ORDER BY site", &s);

	if (err)
		return err;
	while (!err && (got = db_step(s)) != 0) {
		struct covered *more = got == 1 ? realloc(*out, (*count + 1) * sizeof *more) : NULL;

		if (!more) {
			err = got < 0 ? got : err_set(ERR_NOMEM, "no memory for the list of sites");
			break;
		}
		*out = more;
		more[(*count)++] = (struct covered){ .site = (uint32_t)db_int(s, 0), .applied = db_u64(s, 1) };
	}
	db_done(s);
	return err;
}

static int read_sequence(struct db *copy, uint64_t *out)
{
	struct db_stmt *s;
	int err = db_prepare(copy, "SELECT value FROM meta WHERE key = 'sequence'", &s);

	if (!err)
		err = db_row(s);
	if (err)
		return err == ERR_NOT_FOUND ? err_set(ERR_CORRUPT, "the copy has no sequence") : err;
	*out = db_u64(s, 0);
	db_done(s);
	return 0;
}

/* Every page, SQLite's structure, and then what it holds. The copy shares our data key, so it can be opened beside the store. */
static int read_copy(struct centre *c, const char *path, struct covered **sites, size_t *count, uint64_t *sequence)
{
	struct vault_report pages;
	struct db *copy = NULL;
	int err = vault_verify(c->vault, path, &pages);

	if (!err && (pages.bad_count || pages.prefix_count != 2))
		err = err_set(ERR_CORRUPT, "the copy has %llu pages that do not authenticate", (unsigned long long)pages.bad_count);
	if (!err)
		err = db_open(path, NULL, &copy);
	if (!err)
		err = db_check(copy);
	if (!err)
		err = read_sequence(copy, sequence);
	if (!err)
		err = read_covered(copy, sites, count);
	db_close(copy);
	return err;
}

static int mark_covered(struct centre *c, const struct covered *sites, size_t count, int64_t by)
{
	int err = 0;

	for (size_t i = 0; !err && i < count; i++) {
		struct db_stmt *s;

		err = db_prepare(c->db, "UPDATE site SET covered = ?2 WHERE site = ?1 AND covered < ?2", &s);
		if (err)
			break;
		db_bind_int(s, 1, sites[i].site);
		db_bind_u64(s, 2, sites[i].applied);
		err = db_run(s);
	}
	if (!err)
		err = centre_meta_save_u64(c, "backup_ms", (uint64_t)env_wall_ms(c->env));
	return err ? err : centre_audit(c, by, "backup", "");
}

/* SQLite leaves nothing beside a database that was closed, but a copy must be one file in any case. */
static void remove_beside(const char *path)
{
	static const char *const ENDINGS[] = { "-wal", "-shm" };
	struct buf name;

	buf_init(&name, PATH_BYTES_MAX);
	for (size_t i = 0; i < sizeof ENDINGS / sizeof ENDINGS[0]; i++) {
		buf_clear(&name);
		buf_text(&name, path);
		buf_text(&name, ENDINGS[i]);
		unlink(buf_string(&name));
	}
	buf_fini(&name);
}

int backup_write(struct centre *c, const char *path, int64_t by, struct backup_report *out)
{
	struct covered *sites = NULL;
	size_t count = 0;
	struct stat st;
	int err = vault_copy(c->vault, path);

	memset(out, 0, sizeof *out);
	if (err)
		return err;
	err = read_copy(c, path, &sites, &count, &out->sequence);
	remove_beside(path);
	if (err) {
		unlink(path);
		free(sites);
		return err_context(err, "checking the copy");
	}
	err = db_begin(c->db);
	if (!err)
		err = mark_covered(c, sites, count, by);
	if (!err)
		err = db_commit(c->db);
	if (err)
		db_rollback(c->db);
	free(sites);
	out->sites = count;
	out->bytes = stat(path, &st) == 0 ? (uint64_t)st.st_size : 0;
	return err ? err_context(err, "the copy is whole, but could not be marked as covering anything") : 0;
}

/* ---- The way back ---- */

static int copy_bytes(int from, int to, const char *path)
{
	uint8_t *piece = malloc(COPY_BYTES);
	ssize_t got = 1;
	int err = piece ? 0 : err_set(ERR_NOMEM, "no memory to copy");

	while (!err && got != 0) {
		got = read(from, piece, COPY_BYTES);
		if (got < 0 && errno != EINTR)
			err = err_set(ERR_IO, "%s: read: %s", path, strerror(errno));
		for (ssize_t done = 0; !err && done < got;) {
			ssize_t put = write(to, piece + done, (size_t)(got - done));

			if (put < 0 && errno != EINTR)
				err = err_set(ERR_IO, "%s: copy: %s", path, strerror(errno));
			done += put > 0 ? put : 0;
		}
	}
	if (!err && fsync(to) != 0)
		err = err_set(ERR_IO, "%s: sync of the copy: %s", path, strerror(errno));
	free(piece);
	return err;
}

static int copy_file(const char *path, const char *folder)
{
	struct buf name;
	int from = open(path, O_RDONLY | O_CLOEXEC);
	int to = -1;
	int err;

	if (from < 0)
		return err_set(errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, "%s: open: %s", path, strerror(errno));
	buf_init(&name, PATH_BYTES_MAX);
	buf_text(&name, folder);
	buf_text(&name, "/" CENTRE_FILE);
	to = open(buf_string(&name), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	err = to < 0 ? err_set(ERR_IO, "%s: create: %s", buf_string(&name), strerror(errno)) : copy_bytes(from, to, path);
	if (to >= 0)
		close(to);
	close(from);
	buf_fini(&name);
	return err;
}

/*
 * The number of the new generation is higher than any before by a random step: when the same backup is restored twice, the two lives
 * that follow have different generations, and no device can mistake numbers of the first for numbers of the second.
 */
static int begin_generation(struct centre *c, struct backup_restored *out)
{
	struct db_stmt *s = NULL;
	uint64_t next_site;
	uint16_t step;
	int err = centre_sequence(c, &out->last);

	env_random(c->env, &step, sizeof step);
	out->generation = (out->last >> CENTRE_SEQUENCE_GENERATION_BITS) + 1 + step % BACKUP_GENERATION_STEP_MAX;
	if (!err && out->generation >> (63 - CENTRE_SEQUENCE_GENERATION_BITS))
		err = err_set(ERR_LIMIT, "no generation of sequence numbers is left");
	if (!err)
		err = db_prepare(c->db, "INSERT INTO generation (generation, last) VALUES (?1, ?2)", &s);
	if (err)
		return err;
	db_bind_u64(s, 1, out->generation);
	db_bind_u64(s, 2, out->last);
	err = db_run(s);
	if (!err)
		err = centre_sequence_save(c, out->generation << CENTRE_SEQUENCE_GENERATION_BITS);
	if (!err)
		err = centre_meta_load_u64(c, "next_site", &next_site);
	if (!err)
		err = centre_meta_save_u64(c, "next_site", next_site + BACKUP_SITES_LEFT_OUT);
	return err ? err : centre_audit(c, 0, "restore", "");
}

static int begin_and_check(struct centre *c, struct backup_restored *out)
{
	int err = db_begin(c->db);

	if (!err)
		err = begin_generation(c, out);
	if (!err)
		err = db_commit(c->db);
	if (err) {
		db_rollback(c->db);
		return err;
	}
	err = centre_reload(c);
	if (!err)
		err = verify_store(c, &out->check);
	if (!err && out->check.findings)
		err = err_set(ERR_CORRUPT, "the backup has %llu findings", (unsigned long long)out->check.findings);
	return err ? err : db_checkpoint(c->db);
}

int backup_restore(const struct env *env, const char *path, const char *dir, const char *passphrase, size_t passphrase_len,
	struct backup_restored *out)
{
	struct centre *c = NULL;
	struct buf folder;
	int err;

	memset(out, 0, sizeof *out);
	buf_init(&folder, PATH_BYTES_MAX);
	err = setup_folder_make(dir, &folder);
	if (!err)
		err = copy_file(path, buf_string(&folder));
	if (!err)
		err = centre_open(env, buf_string(&folder), passphrase, passphrase_len, &c);
	if (!err)
		err = begin_and_check(c, out);
	centre_close(c);
	if (!err)
		err = setup_folder_finish(dir);
	if (err)
		setup_folder_drop(dir);
	buf_fini(&folder);
	return err;
}
