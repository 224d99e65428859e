/*
 * writer: the one thread that writes to the store while the centre serves. Contacts that wait together share one durable commit.
 *
 * A thread that has something to write hands over a job and waits. The writer takes all jobs that wait (at most WRITER_GROUP_MAX),
 * runs them in one transaction, commits, and only then wakes their threads: nobody hears of what is not on disk. While a commit
 * syncs, the next group gathers. When nobody has come for a moment it looks through the cases that changed (server/recheck.h), a
 * few at a time, so that whoever comes waits for a few at most. Commands may write beside it: before each group the writer looks
 * whether another process committed, and takes in new forms, devices and keys.
 */
#ifndef SERVER_WRITER_H
#define SERVER_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/centre.h"

#define WRITER_GROUP_MAX 64
#define WRITER_RECHECK_MS 200 /* without a job for so long: cases that changed are looked through */
#define WRITER_RECHECK_CASES 16 /* in one transaction: some milliseconds */
#define WRITER_IDLE_MS 5000 /* without a job for so long: the WAL is folded in and memory given back */

struct writer;

struct writer_job {
	/*
	 * Runs on the writer's thread inside the transaction. 0, or <0: the store failed. It is called again when a neighbour in its
	 * group failed, after everything was rolled back, so it must be repeatable.
	 */
	int (*take)(struct centre *c, struct writer_job *job);
	bool adds_to_library; /* after the commit the library is to be refreshed; take() may set it */
	/* The writer's own. */
	int result;
	bool is_done;
	struct writer_job *next;
};

struct writer_stats {
	uint64_t groups; /* commits */
	uint64_t jobs;   /* in them */
	uint64_t failed; /* jobs that were not committed */
	size_t largest;  /* most jobs in one commit */
};

/* Start the thread. The centre is borrowed and belongs to it until writer_free(). ERR_NOMEM, ERR_IO. */
int writer_new(struct centre *c, struct writer **out) MUST_CHECK;

/* Finish the jobs that wait, fold the WAL in, end the thread. No job may come meanwhile. NULL is harmless. */
void writer_free(struct writer *w);

/* Run a job: 0 when it is committed and synced. Otherwise the store holds nothing of it; try again later. Blocks. */
int writer_do(struct writer *w, struct writer_job *job) MUST_CHECK;

/* The centre for what is thread-safe in it (intake_open(), intake_answer()), until writer_release(). Keys do not change between the two. */
const struct centre *writer_hold(struct writer *w);
void writer_release(struct writer *w);

void writer_stats(struct writer *w, struct writer_stats *out);

#endif
