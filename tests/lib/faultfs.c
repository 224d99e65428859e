/*
 * faultfs: see faultfs.h.
 *
 * A file is a buffer with a list of its open handles; locks are worked out from what the handles of the file hold, following
 * sqlite.org/c3ref/io_methods.html and os_unix.c of SQLite 3.40.1. A file that is deleted while open loses its name and goes when the
 * last handle closes it. The shared memory of a WAL is kept at its database file and enters the log, as a temporary file, when the
 * last connection lets go of it: elsewhere it is a file on the disk, too.
 */
#include "tests/lib/faultfs.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/faultfs_heap.h"

#define SHM_REGION_COUNT_MAX 64
#define START_MS INT64_C(212700000000000)   /* Julian day in milliseconds; a day in 2027 */

struct handle;

struct disk_file {
	char *name;                                   /* NULL: temporary or deleted; owned */
	uint8_t *data;                                /* owned */
	size_t size;
	size_t room;
	unsigned number;                              /* in the log that is being written */
	struct handle *handles;                       /* open ones, borrowed from SQLite */
	void *shm[SHM_REGION_COUNT_MAX];              /* regions of shared memory, owned */
	int shm_count;
	size_t shm_bytes;                             /* size of one region */
	struct disk_file *next;
};

/* An open file, in SQLite's memory. */
struct handle {
	sqlite3_file base;
	struct faultfs *fs;
	struct disk_file *file;
	struct handle *next;      /* of the same file */
	int level;                /* SQLITE_LOCK_ */
	bool delete_on_close;
	bool shm_mapped;
	unsigned shm_shared;      /* masks of slots */
	unsigned shm_exclusive;
};

struct faultfs {
	sqlite3_vfs vfs;
	struct disk_file *files;  /* all with a name or a handle */
	unsigned open_count;
	struct faultfs_log *log;  /* NULL: not recording */
	struct faultfs_fault fault;
	int64_t call_count;       /* of the kinds of the fault */
	int64_t fault_count;
	uint64_t random;
	int64_t now_ms;
};

struct image_file {
	char *name;
	uint8_t *data;
	size_t size;
};

struct faultfs_image {
	struct image_file *files;
	size_t count;
};

static struct handle *self(sqlite3_file *file)
{
	return (struct handle *)file;
}

static struct faultfs *disk_of(sqlite3_vfs *vfs)
{
	return vfs->pAppData;
}

static void *copy_of(const void *data, size_t len)
{
	void *copy = faultfs_heap_resize(NULL, len);

	if (len > 0)
		memcpy(copy, data, len);
	return copy;
}

static void must(bool holds, const char *what)
{
	if (!holds) {
		fprintf(stderr, "faultfs: %s\n", what);
		abort();
	}
}

/* ---- files ---- */

static struct disk_file *file_find(const struct faultfs *fs, const char *name)
{
	for (struct disk_file *f = fs->files; f; f = f->next)
		if (f->name && strcmp(f->name, name) == 0)
			return f;
	return NULL;
}

static void log_op(struct faultfs *fs, enum faultfs_op_kind kind, const struct disk_file *f, int64_t offset, const void *data, size_t len)
{
	if (fs->log)
		faultfs_log_add(fs->log, (struct faultfs_op){ .kind = kind, .file = f ? f->number : 0, .offset = offset }, data, len);
}

static void log_create(struct faultfs *fs, struct disk_file *f)
{
	f->number = fs->log ? fs->log->file_count : 0;
	log_op(fs, FAULTFS_OP_CREATE, f, 0, f->name, f->name ? strlen(f->name) + 1 : 0);
}

static struct disk_file *file_new(struct faultfs *fs, const char *name)
{
	struct disk_file *f = faultfs_heap_resize(NULL, sizeof *f);

	memset(f, 0, sizeof *f);
	f->name = name ? copy_of(name, strlen(name) + 1) : NULL;
	f->next = fs->files;
	fs->files = f;
	log_create(fs, f);
	return f;
}

static void shm_free(struct faultfs *fs, struct disk_file *f)
{
	struct disk_file memory = { .number = fs->log ? fs->log->file_count : 0 };

	if (f->shm_count > 0)
		log_op(fs, FAULTFS_OP_CREATE, &memory, 1, NULL, 0);
	for (int i = 0; i < f->shm_count; i++) {
		log_op(fs, FAULTFS_OP_WRITE, &memory, (int64_t)((size_t)i * f->shm_bytes), f->shm[i], f->shm_bytes);
		free(f->shm[i]);
	}
	f->shm_count = 0;
}

/* Remove a file that has neither a name nor a handle any more. */
static void file_drop(struct faultfs *fs, struct disk_file *f)
{
	struct disk_file **at = &fs->files;

	if (f->name || f->handles)
		return;
	while (*at != f)
		at = &(*at)->next;
	*at = f->next;
	free(f->data);
	free(f);
}

static void file_unname(struct faultfs *fs, struct disk_file *f)
{
	free(f->name);
	f->name = NULL;
	file_drop(fs, f);
}

static void file_resize(struct disk_file *f, size_t size)
{
	if (size > f->room) {
		f->room = size + size / 2;
		f->data = faultfs_heap_resize(f->data, f->room);
	}
	if (size > f->size)
		memset(f->data + f->size, 0, size - f->size);
	f->size = size;
}

/* ---- faults ---- */

/* The code with which a call that writes fails. */
static int write_code(const struct faultfs *fs, int code)
{
	return fs->fault.style == FAULTFS_FULL ? SQLITE_FULL : code;
}

/* ---- methods of a file ---- */

static int io_close(sqlite3_file *file)
{
	struct handle *h = self(file);
	struct handle **at = &h->file->handles;

	if (h->shm_mapped)
		file->pMethods->xShmUnmap(file, 0);
	while (*at != h)
		at = &(*at)->next;
	*at = h->next;
	h->fs->open_count--;
	if (h->delete_on_close && h->file->name)
		file_unname(h->fs, h->file);
	else
		file_drop(h->fs, h->file);
	return SQLITE_OK;
}

static int io_read(sqlite3_file *file, void *out, int len, sqlite3_int64 offset)
{
	const struct disk_file *f = self(file)->file;
	size_t there = (size_t)offset < f->size ? f->size - (size_t)offset : 0;
	size_t want = (size_t)len;

	if (faultfs_call_fails(self(file)->fs, FAULTFS_READ)) {
		if (self(file)->fs->fault.style != FAULTFS_SHORT_READ)
			return SQLITE_IOERR_READ;
		there = there < want ? there / 2 : want / 2;
	}
	if (there >= want) {
		memcpy(out, f->data + offset, want);
		return SQLITE_OK;
	}
	if (there > 0)
		memcpy(out, f->data + offset, there);
	memset((uint8_t *)out + there, 0, want - there);
	return SQLITE_IOERR_SHORT_READ;
}

static int io_write(sqlite3_file *file, const void *data, int len, sqlite3_int64 offset)
{
	struct faultfs *fs = self(file)->fs;
	struct disk_file *f = self(file)->file;
	bool failed = faultfs_call_fails(fs, FAULTFS_WRITE);
	size_t part = failed ? (size_t)len / 2 : (size_t)len;

	if (part > 0) {
		if ((size_t)offset + part > f->size)
			file_resize(f, (size_t)offset + part);
		memcpy(f->data + offset, data, part);
		log_op(fs, FAULTFS_OP_WRITE, f, offset, data, part);
	}
	return failed ? write_code(fs, SQLITE_IOERR_WRITE) : SQLITE_OK;
}

static int io_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	if (faultfs_call_fails(self(file)->fs, FAULTFS_TRUNCATE))
		return SQLITE_IOERR_TRUNCATE;
	file_resize(self(file)->file, (size_t)size);
	log_op(self(file)->fs, FAULTFS_OP_TRUNCATE, self(file)->file, size, NULL, 0);
	return SQLITE_OK;
}

static int io_sync(sqlite3_file *file, int flags)
{
	(void)flags;
	if (faultfs_call_fails(self(file)->fs, FAULTFS_SYNC))
		return write_code(self(file)->fs, SQLITE_IOERR_FSYNC);
	log_op(self(file)->fs, FAULTFS_OP_SYNC, self(file)->file, 0, NULL, 0);
	return SQLITE_OK;
}

static int io_size(sqlite3_file *file, sqlite3_int64 *out)
{
	if (faultfs_call_fails(self(file)->fs, FAULTFS_SIZE))
		return SQLITE_IOERR_FSTAT;
	*out = (sqlite3_int64)self(file)->file->size;
	return SQLITE_OK;
}

/* The strongest lock on the file that others hold. */
static int level_of_others(const struct handle *h)
{
	int level = SQLITE_LOCK_NONE;

	for (const struct handle *o = h->file->handles; o; o = o->next)
		if (o != h && o->level > level)
			level = o->level;
	return level;
}

static int io_lock(sqlite3_file *file, int level)
{
	struct handle *h = self(file);
	int others = level_of_others(h);

	if (faultfs_call_fails(h->fs, FAULTFS_LOCK))
		return SQLITE_IOERR_LOCK;
	if (h->level >= level)
		return SQLITE_OK;
	if (others >= SQLITE_LOCK_PENDING || (level >= SQLITE_LOCK_RESERVED && others >= SQLITE_LOCK_RESERVED))
		return SQLITE_BUSY;
	if (level == SQLITE_LOCK_EXCLUSIVE && others >= SQLITE_LOCK_SHARED) {
		h->level = SQLITE_LOCK_PENDING;
		return SQLITE_BUSY;
	}
	h->level = level;
	return SQLITE_OK;
}

static int io_unlock(sqlite3_file *file, int level)
{
	if (self(file)->level > level)
		self(file)->level = level;
	return SQLITE_OK;
}

static int io_reserved(sqlite3_file *file, int *out)
{
	*out = self(file)->level >= SQLITE_LOCK_RESERVED || level_of_others(self(file)) >= SQLITE_LOCK_RESERVED;
	return SQLITE_OK;
}

static int io_control(sqlite3_file *file, int op, void *arg)
{
	(void)file;
	if (op != SQLITE_FCNTL_VFSNAME)
		return SQLITE_NOTFOUND;
	*(char **)arg = sqlite3_mprintf(FAULTFS_NAME);
	return SQLITE_OK;
}

static int io_sector_size(sqlite3_file *file)
{
	(void)file;
	return FAULTFS_SECTOR_BYTES;
}

static int io_characteristics(sqlite3_file *file)
{
	(void)file;
	return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

static int io_shm_map(sqlite3_file *file, int region, int bytes, int extend, void volatile **out)
{
	struct disk_file *f = self(file)->file;

	*out = NULL;
	if (faultfs_call_fails(self(file)->fs, FAULTFS_SHM_MAP))
		return SQLITE_IOERR_SHMMAP;
	must(region < SHM_REGION_COUNT_MAX, "a WAL of this size was not expected");
	self(file)->shm_mapped = true;
	f->shm_bytes = (size_t)bytes;
	while (f->shm_count <= region && extend) {
		f->shm[f->shm_count] = faultfs_heap_resize(NULL, (size_t)bytes);
		memset(f->shm[f->shm_count++], 0, (size_t)bytes);
	}
	if (region < f->shm_count)
		*out = f->shm[region];
	return SQLITE_OK;
}

static int io_shm_lock(sqlite3_file *file, int offset, int n, int flags)
{
	struct handle *h = self(file);
	unsigned mask = ((1u << n) - 1) << offset;
	bool exclusive = (flags & SQLITE_SHM_EXCLUSIVE) != 0;

	if (flags & SQLITE_SHM_UNLOCK) {
		h->shm_shared &= exclusive ? ~0u : ~mask;
		h->shm_exclusive &= exclusive ? ~mask : ~0u;
		return SQLITE_OK;
	}
	if (faultfs_call_fails(h->fs, FAULTFS_SHM_LOCK))
		return SQLITE_IOERR_SHMLOCK;
	for (const struct handle *o = h->file->handles; o; o = o->next)
		if (o != h && ((o->shm_exclusive & mask) || (exclusive && (o->shm_shared & mask))))
			return SQLITE_BUSY;
	if (exclusive)
		h->shm_exclusive |= mask;
	else
		h->shm_shared |= mask;
	return SQLITE_OK;
}

static void io_shm_barrier(sqlite3_file *file)
{
	(void)file;
	__sync_synchronize();
}

static int io_shm_unmap(sqlite3_file *file, int delete_it)
{
	struct handle *h = self(file);
	bool last = true;

	(void)delete_it;
	h->shm_mapped = false;
	h->shm_shared = 0;
	h->shm_exclusive = 0;
	for (const struct handle *o = h->file->handles; o; o = o->next)
		if (o->shm_mapped)
			last = false;
	if (last)
		shm_free(h->fs, h->file);
	return SQLITE_OK;
}

static const sqlite3_io_methods METHODS = {
	.iVersion = 2,
	.xClose = io_close,
	.xRead = io_read,
	.xWrite = io_write,
	.xTruncate = io_truncate,
	.xSync = io_sync,
	.xFileSize = io_size,
	.xLock = io_lock,
	.xUnlock = io_unlock,
	.xCheckReservedLock = io_reserved,
	.xFileControl = io_control,
	.xSectorSize = io_sector_size,
	.xDeviceCharacteristics = io_characteristics,
	.xShmMap = io_shm_map,
	.xShmLock = io_shm_lock,
	.xShmBarrier = io_shm_barrier,
	.xShmUnmap = io_shm_unmap,
};

/* ---- the VFS ---- */

static int fs_open(sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *file, int flags, int *out_flags)
{
	struct faultfs *fs = disk_of(vfs);
	struct handle *h = self(file);
	struct disk_file *f = name ? file_find(fs, name) : NULL;

	memset(h, 0, sizeof *h);
	if (faultfs_call_fails(fs, FAULTFS_OPEN) || (!f && !(flags & SQLITE_OPEN_CREATE)) || (f && (flags & SQLITE_OPEN_EXCLUSIVE)))
		return SQLITE_CANTOPEN;
	if (!f)
		f = file_new(fs, name);
	h->base.pMethods = &METHODS;
	h->fs = fs;
	h->file = f;
	h->next = f->handles;
	h->delete_on_close = (flags & SQLITE_OPEN_DELETEONCLOSE) != 0;
	f->handles = h;
	fs->open_count++;
	if (out_flags)
		*out_flags = flags;
	return SQLITE_OK;
}

static int fs_delete(sqlite3_vfs *vfs, const char *name, int sync_dir)
{
	struct faultfs *fs = disk_of(vfs);
	struct disk_file *f = file_find(fs, name);

	if (faultfs_call_fails(fs, FAULTFS_DELETE))
		return SQLITE_IOERR_DELETE;
	if (!f)
		return SQLITE_IOERR_DELETE_NOENT;
	if (fs->log)
		faultfs_log_add(fs->log, (struct faultfs_op){ .kind = FAULTFS_OP_DELETE, .durable = sync_dir != 0, .file = f->number },
			NULL, 0);
	file_unname(fs, f);
	return SQLITE_OK;
}

/* An empty file does not exist, as in os_unix.c. */
static int fs_access(sqlite3_vfs *vfs, const char *name, int flags, int *out)
{
	const struct disk_file *f = file_find(disk_of(vfs), name);

	if (faultfs_call_fails(disk_of(vfs), FAULTFS_ACCESS))
		return SQLITE_IOERR_ACCESS;
	*out = f && (flags != SQLITE_ACCESS_EXISTS || f->size > 0);
	return SQLITE_OK;
}

static int fs_full_pathname(sqlite3_vfs *vfs, const char *name, int len, char *out)
{
	(void)vfs;
	return snprintf(out, (size_t)len, "%s", name) < len ? SQLITE_OK : SQLITE_CANTOPEN;
}

static int fs_randomness(sqlite3_vfs *vfs, int len, char *out)
{
	struct faultfs *fs = disk_of(vfs);

	for (int i = 0; i < len; i++) {
		fs->random = fs->random * UINT64_C(6364136223846793005) + 1442695040888963407u;
		out[i] = (char)(fs->random >> 56);
	}
	return len;
}

static int fs_sleep(sqlite3_vfs *vfs, int microseconds)
{
	disk_of(vfs)->now_ms += microseconds / 1000;
	return microseconds;
}

static int fs_current_time_int64(sqlite3_vfs *vfs, sqlite3_int64 *out)
{
	*out = ++disk_of(vfs)->now_ms;
	return SQLITE_OK;
}

static int fs_current_time(sqlite3_vfs *vfs, double *out)
{
	*out = (double)++disk_of(vfs)->now_ms / 86400000.0;
	return SQLITE_OK;
}

static int fs_last_error(sqlite3_vfs *vfs, int len, char *out)
{
	(void)vfs;
	(void)len;
	(void)out;
	return 0;
}

/* ---- for tests ---- */

struct faultfs *faultfs_new(void)
{
	struct faultfs *fs = faultfs_heap_resize(NULL, sizeof *fs);

	*fs = (struct faultfs){
		.vfs = {
			.iVersion = 2,
			.szOsFile = sizeof(struct handle),
			.mxPathname = FAULTFS_PATH_BYTES,
			.zName = FAULTFS_NAME,
			.pAppData = fs,
			.xOpen = fs_open,
			.xDelete = fs_delete,
			.xAccess = fs_access,
			.xFullPathname = fs_full_pathname,
			.xRandomness = fs_randomness,
			.xSleep = fs_sleep,
			.xCurrentTime = fs_current_time,
			.xGetLastError = fs_last_error,
			.xCurrentTimeInt64 = fs_current_time_int64,
		},
		.random = 1,
		.now_ms = START_MS,
	};
	must(!sqlite3_vfs_find(FAULTFS_NAME) && sqlite3_vfs_register(&fs->vfs, 0) == SQLITE_OK, "there is one already");
	return fs;
}

void faultfs_free(struct faultfs *fs)
{
	if (!fs)
		return;
	faultfs_clear(fs);
	sqlite3_vfs_unregister(&fs->vfs);
	free(fs);
}

void faultfs_clear(struct faultfs *fs)
{
	must(fs->open_count == 0, "files are open");
	while (fs->files)
		file_unname(fs, fs->files);
}

unsigned faultfs_open_count(const struct faultfs *fs)
{
	return fs->open_count;
}

void faultfs_put(struct faultfs *fs, const char *name, const uint8_t *data, size_t len)
{
	struct faultfs_log *log = fs->log;
	struct disk_file *f;

	fs->log = NULL;
	f = file_find(fs, name);
	if (!f)
		f = file_new(fs, name);
	fs->log = log;
	file_resize(f, len);
	if (len > 0)
		memcpy(f->data, data, len);
}

const uint8_t *faultfs_get(const struct faultfs *fs, const char *name, size_t *len)
{
	static const uint8_t NOTHING[1];
	const struct disk_file *f = file_find(fs, name);

	*len = f ? f->size : 0;
	if (!f)
		return NULL;
	return f->size > 0 ? f->data : NOTHING;
}

void faultfs_rename(struct faultfs *fs, const char *from, const char *to)
{
	struct disk_file *f = file_find(fs, from);
	struct disk_file *old = file_find(fs, to);

	must(f && f != old, "nothing to rename");
	log_op(fs, FAULTFS_OP_RENAME, f, 0, to, strlen(to) + 1);
	if (old)
		file_unname(fs, old);
	free(f->name);
	f->name = copy_of(to, strlen(to) + 1);
}

void faultfs_dir_sync(struct faultfs *fs)
{
	log_op(fs, FAULTFS_OP_DIR_SYNC, NULL, 0, NULL, 0);
}

void faultfs_record(struct faultfs *fs, struct faultfs_log *log)
{
	fs->log = log;
	if (!log)
		return;
	must(log->op_count == 0, "the log is not empty");
	for (struct disk_file *f = fs->files; f; f = f->next) {
		log_create(fs, f);
		if (f->size > 0)
			log_op(fs, FAULTFS_OP_WRITE, f, 0, f->data, f->size);
		log_op(fs, FAULTFS_OP_SYNC, f, 0, NULL, 0);
	}
	log_op(fs, FAULTFS_OP_DIR_SYNC, NULL, 0, NULL, 0);
	log->base_count = log->op_count;
}

void faultfs_fault_set(struct faultfs *fs, const struct faultfs_fault *fault)
{
	if (fault) {
		fs->fault = *fault;
		fs->call_count = 0;
		fs->fault_count = 0;
	} else {
		fs->fault = (struct faultfs_fault){ 0 };
	}
}

bool faultfs_call_fails(struct faultfs *fs, enum faultfs_kind kind)
{
	if (!(fs->fault.kinds & kind))
		return false;
	fs->call_count++;
	if (fs->fault.nth == 0 || (fs->fault.lasting ? fs->call_count < fs->fault.nth : fs->call_count != fs->fault.nth))
		return false;
	fs->fault_count++;
	return true;
}

int64_t faultfs_fault_count(const struct faultfs *fs)
{
	return fs->fault_count;
}

int64_t faultfs_call_count(const struct faultfs *fs)
{
	return fs->call_count;
}

struct faultfs_image *faultfs_image_take(const struct faultfs *fs)
{
	struct faultfs_image *image = faultfs_heap_resize(NULL, sizeof *image);

	*image = (struct faultfs_image){ 0 };
	for (const struct disk_file *f = fs->files; f; f = f->next) {
		if (!f->name)
			continue;
		image->files = faultfs_heap_resize(image->files, (image->count + 1) * sizeof *image->files);
		image->files[image->count++] = (struct image_file){
			.name = copy_of(f->name, strlen(f->name) + 1),
			.data = copy_of(f->data, f->size),
			.size = f->size,
		};
	}
	return image;
}

void faultfs_image_put(struct faultfs *fs, const struct faultfs_image *image)
{
	faultfs_clear(fs);
	for (size_t i = 0; i < image->count; i++)
		faultfs_put(fs, image->files[i].name, image->files[i].data, image->files[i].size);
}

void faultfs_image_free(struct faultfs_image *image)
{
	if (!image)
		return;
	for (size_t i = 0; i < image->count; i++) {
		free(image->files[i].name);
		free(image->files[i].data);
	}
	free(image->files);
	free(image);
}
