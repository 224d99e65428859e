/*
 * world: see world.h.
 */
#include "tests/sim/world.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proto/base/file.h"

#define YEAR_2026_MS INT64_C(1767225600000)
#define YEAR_2038_MS INT64_C(2145916800000)

void world_stop(const struct world *w, const char *what)
{
	printf("seed %" PRIu64 ": %s: %s\n", w->seed, what, err_message());
	exit(1);
}

void world_must(const struct world *w, int err, const char *what)
{
	if (err)
		world_stop(w, what);
}

uint64_t world_draw(struct world *w, uint64_t below)
{
	uint64_t z = w->random += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return (z ^ z >> 31) % below;
}

/* ---- the world's clock and randomness ---- */

static int64_t world_wall(void *ctx)
{
	return ((struct world *)ctx)->now_ms;
}

static int64_t device_wall(void *ctx)
{
	struct device *d = ctx;

	return d->world->now_ms + d->clock_offset;
}

static int64_t device_mono(void *ctx)
{
	return ((struct device *)ctx)->world->now_ms - YEAR_2026_MS;
}

static int64_t world_mono(void *ctx)
{
	return ((struct world *)ctx)->now_ms - YEAR_2026_MS;
}

static void boot_id(void *ctx, uint8_t out[ENV_BOOT_ID_BYTES])
{
	(void)ctx;
	memset(out, 7, ENV_BOOT_ID_BYTES);
}

static void randomness(void *ctx, void *out, size_t len)
{
	(void)ctx;
	env_random(env_system(), out, len);
}

/* ---- files ---- */

static void copy_file(const struct world *w, const char *from, const char *to)
{
	struct buf b;

	buf_init(&b, 64 << 20);
	if (access(from, R_OK) == 0) {
		world_must(w, file_read(from, &b), "copy");
		unlink(to);
		world_must(w, file_write_new(to, b.data, b.len), "copy");
	}
	buf_fini(&b);
}

/* The files of a store as a power cut would leave them: database and WAL, without the index in shared memory. */
void world_copy_store(struct world *w, const char *from, const char *file, char to[WORLD_PATH_BYTES])
{
	char source[WORLD_PATH_BYTES * 2], target[WORLD_PATH_BYTES * 2];

	snprintf(to, WORLD_PATH_BYTES, "%.400s/image%d", w->dir, w->images++);
	world_must(w, dir_make(to), "image");
	snprintf(source, sizeof source, "%s/%s", from, file);
	snprintf(target, sizeof target, "%s/%s", to, file);
	copy_file(w, source, target);
	snprintf(source, sizeof source, "%s/%s-wal", from, file);
	snprintf(target, sizeof target, "%s/%s-wal", to, file);
	copy_file(w, source, target);
}

void world_remove_folder(const char *dir)
{
	char path[WORLD_PATH_BYTES * 2];
	struct dirent *e;
	DIR *d = opendir(dir);

	while (d && (e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof path, "%s/%s", dir, e->d_name);
		if (unlink(path) != 0)
			world_remove_folder(path);
	}
	if (d)
		closedir(d);
	rmdir(dir);
}

/* ---- making the world ---- */

static const struct vault_kdf KDF = { .mem_bytes = 8192, .passes = 1, .test_weak_kdf = true };

static void make_manifest(struct world *w, const struct seal_keys *root, const struct seal_keys *keys, struct buf *out)
{
	struct manifest m = { .number = 1, .version_min = 1, .sign_key_count = 1, .receive_key_count = 1 };

	seal_org_id(root->sign_public, m.org);
	memcpy(m.sign_keys[0], keys->sign_public, sizeof m.sign_keys[0]);
	m.receive_keys[0].epoch = 1;
	memcpy(m.receive_keys[0].box_public, keys->box_public, SEAL_BOX_PUBLIC_BYTES);
	memcpy(m.recovery_public, root->box_public, SEAL_BOX_PUBLIC_BYTES);
	world_must(w, manifest_encode(&m, out), "manifest");
	world_must(w, manifest_sign(out, root->sign_secret), "manifest");
}

static void make_centre(struct world *w)
{
	struct seal_keys *root, *keys;
	struct buf manifest;

	world_must(w, seal_keys_new(&w->env, &root), "keys");
	world_must(w, seal_keys_new(&w->env, &keys), "keys");
	buf_init(&manifest, MANIFEST_BYTES_MAX);
	make_manifest(w, root, keys, &manifest);
	world_must(w,
	     centre_create(&w->env, w->centre_dir, WORLD_PASSPHRASE, strlen(WORLD_PASSPHRASE),
			   &(struct centre_new){ .name = "sim", .root_public = root->sign_public, .keys = keys, .manifest = manifest.data,
						 .manifest_len = manifest.len, .kdf = &KDF }),
	     "centre_create");
	buf_fini(&manifest);
	seal_keys_free(root);
	seal_keys_free(keys);
	world_must(w, centre_open(&w->env, w->centre_dir, WORLD_PASSPHRASE, strlen(WORLD_PASSPHRASE), &w->centre), "centre_open");
	world_must(w, db_begin(w->centre->db), "begin");
	world_must(w,
	     db_exec(w->centre->db, "INSERT INTO branch (branch_id, name) VALUES (1, 'one'), (2, 'two');"
				    "INSERT INTO person (person_id, name, role, is_admin, made_ms) VALUES (1, 'officer', 2, 1, 0);"
				    "INSERT INTO person (person_id, name, role, branch_id, made_ms)"
				    " VALUES (11, 'a', 1, 1, 0), (12, 'b', 1, 1, 0), (13, 'c', 1, 1, 0), (14, 'd', 1, 2, 0)"),
	     "people");
	world_must(w, db_commit(w->centre->db), "commit");
}

static void enrol_row(struct world *w, const struct device *d, const struct seal_keys *k, int i, struct message_enrolled *e)
{
	struct db *db = w->centre->db;
	struct db_stmt *q;

	world_must(w,
	     db_prepare(db,
			"INSERT INTO device (device_id, name, branch_id, person_id, sign_public, box_public, enrolled_ms)"
			" VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0)",
			&q),
	     "device");
	db_bind_blob(q, 1, e->device, sizeof e->device);
	db_bind_text(q, 2, "device");
	db_bind_int(q, 3, d->branch);
	db_bind_int(q, 4, 11 + i);
	db_bind_blob(q, 5, k->sign_public, sizeof k->sign_public);
	db_bind_blob(q, 6, k->box_public, sizeof k->box_public);
	world_must(w, db_run(q), "device");
	w->devices[i].row = (int)db_last_id(db);
	world_must(w, centre_site_add(w->centre, db_last_id(db), e->device, NULL, &e->incarnation, &e->site), "site");
}

static void enrol(struct world *w, int i)
{
	struct device *d = &w->devices[i];
	struct message_enrolled e = { .person = (uint32_t)(11 + i), .branch = "branch" };
	const struct form *form;
	struct seal_keys *k;
	int64_t form_id;
	size_t len;
	const char *text;

	world_must(w, seal_keys_new(&d->env, &k), "keys");
	seal_device_id(k->sign_public, k->box_public, e.device);
	memcpy(e.root_public, w->centre->root_public, sizeof e.root_public);
	e.manifest = (struct message_blob){ w->centre->manifest_bytes.data, w->centre->manifest_bytes.len };
	world_must(w, db_begin(w->centre->db), "begin");
	enrol_row(w, d, k, i, &e);
	world_must(w, db_commit(w->centre->db), "commit");
	world_must(w, library_refresh(w->centre->library, w->centre->db), "refresh");
	world_must(w, centre_form_current(w->centre, &form, &form_id), "form");
	text = form_text(form, &len);
	world_must(w, store_enrol(d->store, "", &e, text, len, k), "store_enrol");
	seal_keys_free(k);
}

void world_device_env(struct world *w, struct device *d)
{
	static const int64_t OFFSETS[] = { 0, -YEAR_2026_MS, YEAR_2038_MS - YEAR_2026_MS, 3600000, -90000 };

	d->world = w;
	d->clock_offset = OFFSETS[world_draw(w, sizeof OFFSETS / sizeof OFFSETS[0])];
	d->env = (struct env){ .ctx = d, .wall_ms = device_wall, .mono_ms = device_mono, .boot_id = boot_id, .random = randomness };
}

static void make_device(struct world *w, int i)
{
	struct device *d = &w->devices[i];

	snprintf(d->dir, sizeof d->dir, "%.400s/device%d", w->dir, i);
	d->branch = i == WORLD_DEVICES - 1 ? 2 : 1;
	world_device_env(w, d);
	world_must(w, store_create(&d->env, d->dir, WORLD_PASSPHRASE, strlen(WORLD_PASSPHRASE), &KDF), "store_create");
	world_must(w, store_open(&d->env, d->dir, WORLD_PASSPHRASE, strlen(WORLD_PASSPHRASE), &d->store), "store_open");
	enrol(w, i);
}

void world_init(struct world *w, uint64_t seed)
{
	const char *scratch = getenv("MANDOOB_SCRATCH");

	*w = (struct world){ .seed = seed, .random = seed, .now_ms = YEAR_2026_MS };
	w->env = (struct env){ .ctx = w, .wall_ms = world_wall, .mono_ms = world_mono, .boot_id = boot_id, .random = randomness };
	snprintf(w->dir, sizeof w->dir, "%s/sim-%d-%" PRIu64, scratch ? scratch : "/tmp", (int)getpid(), seed);
	snprintf(w->centre_dir, sizeof w->centre_dir, "%.400s/centre", w->dir);
	world_must(w, dir_make(w->dir), "scratch");
	make_centre(w);
	w->device_count = WORLD_DEVICES;
	for (int i = 0; i < WORLD_DEVICES; i++)
		make_device(w, i);
}

void world_fini(struct world *w)
{
	for (int i = 0; i < w->device_count; i++)
		store_close(w->devices[i].store);
	for (int i = 0; i < w->drawer_count; i++)
		buf_fini(&w->drawer[i].request);
	for (int i = 0; i < w->paper_count; i++)
		buf_fini(&w->papers[i].text);
	centre_close(w->centre);
	world_remove_folder(w->dir);
}

