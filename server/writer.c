/*
 * writer: see writer.h.
 */
#include "server/writer.h"

#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "proto/base/log.h"
#include "server/recheck.h"

struct writer {
	struct centre *c;         /* borrowed; changed by the thread only */
	pthread_rwlock_t keys;    /* held for reading by users of the centre's keys, for writing while they are loaded again */
	pthread_mutex_t lock;     /* guards everything below */
	pthread_cond_t done;      /* some jobs are done */
	struct writer_job *first; /* waiting, oldest first; NULL: none */
	struct writer_job **end;  /* where the next one is put */
	bool is_ending;
	struct writer_stats stats;
	int event;       /* eventfd: there is something to do */
	int64_t version; /* of the database, as last seen; the thread's own */
	pthread_t thread;
};

/* ---- What other processes committed ---- */

/* Whether the store has another manifest or generation than the one in memory. */
static int is_changed(struct centre *c, bool *changed)
{
	int64_t number;
	int64_t generations;
	int err = db_query_int(c->db, "SELECT coalesce(max(number), 0) FROM manifest", &number);

	if (!err)
		err = db_query_int(c->db, "SELECT count(*) FROM generation", &generations);
	*changed = !err && ((uint64_t)number != c->manifest.number || (size_t)generations != c->generation_count);
	return err;
}

static int take_in(struct writer *w)
{
	bool changed;
	int err = library_refresh(w->c->library, w->c->db);

	if (!err)
		err = is_changed(w->c, &changed);
	if (err || !changed)
		return err;
	pthread_rwlock_wrlock(&w->keys);
	err = centre_reload(w->c);
	pthread_rwlock_unlock(&w->keys);
	if (!err)
		log_event(LOG_INFO, "writer", "reloaded", "manifest=%llu", (unsigned long long)w->c->manifest.number);
	return err;
}

static void follow(struct writer *w)
{
	int64_t version;
	int err = db_data_version(w->c->db, &version);

	if (!err && version == w->version)
		return;
	if (!err)
		err = take_in(w);
	if (err)
		log_event(LOG_ERROR, "writer", "reload_failed", "code=%s", err_name(err));
	else
		w->version = version;
}

/* ---- One group ---- */

/* All jobs without a result yet, in one transaction. *failed becomes the index of the job that failed, `count` when it was none of them. */
static int try_group(struct writer *w, struct writer_job **jobs, size_t count, size_t *failed)
{
	int err = db_begin(w->c->db);

	*failed = count;
	if (err)
		return err;
	for (size_t i = 0; i < count && !err; i++) {
		if (jobs[i]->result)
			continue;
		err = jobs[i]->take(w->c, jobs[i]);
		if (err)
			*failed = i;
	}
	if (!err)
		err = db_commit(w->c->db);
	if (err) {
		log_event(LOG_ERROR, "writer", "group_failed", "code=%s jobs=%zu message=%s", err_name(err), count, err_message());
		db_rollback(w->c->db);
	}
	return err;
}

/* A job on which the store fails must not take its neighbours with it: it is left out and the others are tried again. */
static void run_group(struct writer *w, struct writer_job **jobs, size_t count)
{
	size_t left = count;
	size_t failed = count;
	bool adds = false;
	int err;

	follow(w);
	do {
		err = try_group(w, jobs, count, &failed);
		if (err && failed < count) {
			jobs[failed]->result = err;
			left--;
		}
	} while (err && failed < count && left > 0);
	for (size_t i = 0; i < count; i++) {
		if (!jobs[i]->result)
			jobs[i]->result = err;
		adds = adds || (!jobs[i]->result && jobs[i]->adds_to_library);
	}
	if (adds && library_refresh(w->c->library, w->c->db) != 0)
		log_event(LOG_ERROR, "writer", "refresh_failed", NULL);
}

static size_t gather(struct writer *w, struct writer_job *jobs[static WRITER_GROUP_MAX])
{
	size_t count = 0;

	pthread_mutex_lock(&w->lock);
	while (w->first && count < WRITER_GROUP_MAX) {
		jobs[count++] = w->first;
		w->first = w->first->next;
	}
	if (!w->first)
		w->end = &w->first;
	pthread_mutex_unlock(&w->lock);
	return count;
}

static void wake(struct writer *w, struct writer_job **jobs, size_t count)
{
	size_t committed = 0;

	pthread_mutex_lock(&w->lock);
	for (size_t i = 0; i < count; i++) {
		committed += jobs[i]->result == 0;
		jobs[i]->is_done = true;
	}
	w->stats.groups += committed > 0;
	w->stats.jobs += committed;
	w->stats.failed += count - committed;
	if (committed > w->stats.largest)
		w->stats.largest = committed;
	pthread_cond_broadcast(&w->done);
	pthread_mutex_unlock(&w->lock);
}

/* ---- The thread ---- */

static void rest(struct writer *w)
{
	if (db_checkpoint(w->c->db) != 0)
		log_event(LOG_WARN, "writer", "checkpoint_failed", "message=%s", err_message());
	db_trim(w->c->db);
	malloc_trim(0);
}

static bool has_job(struct writer *w)
{
	bool has;

	pthread_mutex_lock(&w->lock);
	has = w->first != NULL;
	pthread_mutex_unlock(&w->lock);
	return has;
}

/*
 * Some of the cases that changed. False when there are no more, or when it has to wait for another time. A case may take seconds when
 * its form is a bad one, so who comes meanwhile waits for one case and not for all.
 */
static bool look_through(struct writer *w)
{
	size_t count = 0;
	size_t one = 1;
	int err = db_begin(w->c->db);

	while (!err && one && count < WRITER_RECHECK_CASES && !has_job(w)) {
		err = recheck_some(w->c, 1, &one);
		count += err ? 0 : one;
	}
	if (!err && count)
		err = db_commit(w->c->db);
	else
		db_rollback(w->c->db);
	if (err)
		log_event(LOG_WARN, "writer", "recheck_failed", "code=%s message=%s", err_name(err), err_message());
	return !err && count == WRITER_RECHECK_CASES;
}

static bool is_ending(struct writer *w)
{
	bool ending;

	pthread_mutex_lock(&w->lock);
	ending = w->is_ending && !w->first;
	pthread_mutex_unlock(&w->lock);
	return ending;
}

static void *run(void *arg)
{
	struct writer *w = arg;
	struct writer_job *jobs[WRITER_GROUP_MAX];
	struct pollfd event = { .fd = w->event, .events = POLLIN };
	bool is_rested = true;
	int recheck_ms = WRITER_RECHECK_MS; /* until the next look; -1: none is due */
	size_t count;
	uint64_t times;

	while (!is_ending(w)) {
		int ready = poll(&event, 1, recheck_ms >= 0 ? recheck_ms : is_rested ? -1 : WRITER_IDLE_MS);

		if (ready == 0 && recheck_ms >= 0) {
			recheck_ms = look_through(w) ? 0 : -1;
			is_rested = false;
			continue;
		}
		if (ready == 0) {
			rest(w);
			is_rested = true;
			continue;
		}
		if (ready == 1 && read(w->event, &times, sizeof times) < 0 && errno != EAGAIN)
			log_event(LOG_ERROR, "writer", "event_failed", "errno=%d", errno);
		while ((count = gather(w, jobs)) > 0) {
			run_group(w, jobs, count);
			wake(w, jobs, count);
			is_rested = false;
			recheck_ms = WRITER_RECHECK_MS;
		}
	}
	rest(w);
	return NULL;
}

static void ring(struct writer *w)
{
	uint64_t one = 1;

	if (write(w->event, &one, sizeof one) < 0 && errno != EAGAIN)
		log_event(LOG_ERROR, "writer", "event_failed", "errno=%d", errno);
}

int writer_do(struct writer *w, struct writer_job *job)
{
	job->result = 0;
	job->is_done = false;
	job->next = NULL;
	pthread_mutex_lock(&w->lock);
	*w->end = job;
	w->end = &job->next;
	pthread_mutex_unlock(&w->lock);
	ring(w);
	pthread_mutex_lock(&w->lock);
	while (!job->is_done)
		pthread_cond_wait(&w->done, &w->lock);
	pthread_mutex_unlock(&w->lock);
	return job->result ? err_set(job->result, "the store could not take it in") : 0;
}

const struct centre *writer_hold(struct writer *w)
{
	pthread_rwlock_rdlock(&w->keys);
	return w->c;
}

void writer_release(struct writer *w)
{
	pthread_rwlock_unlock(&w->keys);
}

void writer_stats(struct writer *w, struct writer_stats *out)
{
	pthread_mutex_lock(&w->lock);
	*out = w->stats;
	pthread_mutex_unlock(&w->lock);
}

/* A stream of readers must not keep new keys waiting. */
static int make_locks(struct writer *w)
{
	pthread_rwlockattr_t attr;
	int failed = pthread_rwlockattr_init(&attr);

	if (failed)
		return err_set(ERR_NOMEM, "no memory for the writer");
	pthread_rwlockattr_setkind_np(&attr, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	failed = pthread_rwlock_init(&w->keys, &attr);
	pthread_rwlockattr_destroy(&attr);
	if (!failed)
		failed = pthread_mutex_init(&w->lock, NULL);
	if (!failed)
		failed = pthread_cond_init(&w->done, NULL);
	return failed ? err_set(ERR_NOMEM, "no memory for the writer") : 0;
}

int writer_new(struct centre *c, struct writer **out)
{
	struct writer *w = calloc(1, sizeof *w);
	int err = w ? make_locks(w) : err_set(ERR_NOMEM, "no memory for the writer");

	*out = NULL;
	if (err) {
		free(w);
		return err;
	}
	w->c = c;
	w->end = &w->first;
	w->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (w->event < 0)
		err = err_set(ERR_IO, "eventfd: %s", strerror(errno));
	w->version = -1; /* something may have been committed since the centre was opened: look once */
	if (!err && pthread_create(&w->thread, NULL, run, w) != 0)
		err = err_set(ERR_NOMEM, "the writer's thread cannot be started");
	if (err) {
		if (w->event >= 0)
			close(w->event);
		free(w);
		return err;
	}
	*out = w;
	return 0;
}

void writer_free(struct writer *w)
{
	if (!w)
		return;
	pthread_mutex_lock(&w->lock);
	w->is_ending = true;
	pthread_mutex_unlock(&w->lock);
	ring(w);
	pthread_join(w->thread, NULL);
	pthread_cond_destroy(&w->done);
	pthread_mutex_destroy(&w->lock);
	pthread_rwlock_destroy(&w->keys);
	close(w->event);
	free(w);
}
