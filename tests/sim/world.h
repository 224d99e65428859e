/*
 * world: what the simulator simulates: devices' stores and the centre's in a scratch folder, clocks that lie, randomness from the
 * seed, and the files as a power cut leaves them. What happens in it is sim.c.
 */
#ifndef TESTS_SIM_WORLD_H
#define TESTS_SIM_WORLD_H

#include "agent/store.h"
#include "server/centre.h"

#define WORLD_DEVICES_MAX 8
#define WORLD_DEVICES 4 /* before clones: three of one branch, one of another */
#define WORLD_DRAWER_MAX 16
#define WORLD_PAPERS_MAX 6 /* published in the middle */
#define WORLD_PATH_BYTES 512
#define WORLD_PASSPHRASE "sim passphrase"

struct device {
	char dir[WORLD_PATH_BYTES];
	struct env env;
	int64_t clock_offset;
	struct world *world;
	struct store *store; /* NULL: not made */
	int64_t branch;
	int cases;
	bool is_copied; /* it is a copy, or was copied, or put back to one */
	int row;        /* of the centre's table device; copies share it */
	char image[WORLD_PATH_BYTES]; /* folder of a copy to put it back to; "" when there is none */
};

struct letter { /* a request that lies in a drawer */
	int device;
	struct buf request;
};

struct paper { /* published in the middle */
	struct buf text;
	bool is_list;
};

struct world {
	uint64_t seed;
	uint64_t random;
	int64_t now_ms;
	char dir[WORLD_PATH_BYTES];
	char centre_dir[WORLD_PATH_BYTES];
	int images; /* numbers folders */
	struct env env;
	struct centre *centre;
	struct device devices[WORLD_DEVICES_MAX];
	int device_count;
	int clones;
	struct letter drawer[WORLD_DRAWER_MAX];
	int drawer_count;
	char backup[WORLD_PATH_BYTES];      /* the newest; "" before the first */
	int64_t backup_sites;         /* incarnations that it knows */
	struct paper papers[WORLD_PAPERS_MAX]; /* an administrator publishes them again after a restore */
	int paper_count;
	int restores;
	uint64_t typed; /* values v1 .. v<typed> were saved on some device */
	uint64_t contacts, decisions, forks, damaged, wholes;
	uint64_t others;  /* cases of another family than the main one */
	uint64_t rewinds; /* stores put back to an image */
	uint64_t events;  /* of stores that went back or were copied, as the centre tells */
};

/* The last two are protected. */

/* Make the centre and the devices, enrolled. `w` must stay where it is. */
void world_init(struct world *w, uint64_t seed);
/* Close everything and remove the scratch folder. */
void world_fini(struct world *w);

/* End the program: print the seed, what went wrong, and the last message. world_must() does so for an error. */
void world_stop(const struct world *w, const char *what);
void world_must(const struct world *w, int err, const char *what);

/* A number below `below` from the seed. */
uint64_t world_draw(struct world *w, uint64_t below);

/* A device's environment, with a clock of its own. */
void world_device_env(struct world *w, struct device *d);

/*
 * The files of a store as a power cut would leave them (database and WAL, without the index in shared memory) in a new folder, whose name
 * is written to `to`.
 */
void world_copy_store(struct world *w, const char *from, const char *file, char to[WORLD_PATH_BYTES]);
void world_remove_folder(const char *dir);

#endif
