/*
 * serve: see serve.h.
 */
#include "server/serve.h"

#include <inttypes.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/cli.h"
#include "proto/base/file.h"
#include "proto/base/http.h"
#include "proto/base/log.h"
#include "proto/message.h"
#include "server/admin/enrol.h"
#include "server/intake.h"

#define SERVE_CONNECTIONS_MAX 256
#define SERVE_ANSWER_BYTES_MAX MESSAGE_ANSWER_BYTES_MAX
#define SERVE_ARENAS 2 /* of malloc: threads come and go, memory should not */

struct serve {
	struct http *http;
	struct writer *writer;
	struct enrol_limit enrol; /* touched by the writer's thread only */
};

/* What FORMAT.md section 15 answers for a failure. None of these is an acknowledgement. */
static int status_of(int err)
{
	switch (err) {
	case ERR_AUTH:
		return 401;
	case ERR_CORRUPT:
	case ERR_USAGE:
		return 400;
	case ERR_LIMIT:
		return 413;
	}
	return 503;
}

static int refuse(struct http_answer *ans, int err)
{
	buf_clear(&ans->body);
	ans->status = status_of(err);
	ans->content_type = "text/plain";
	buf_printf(&ans->body, "%s\n", ans->status == 503 ? "later" : err_name(err));
	return 0;
}

/* ---- POST /v1/sync ---- */

struct sync_job {
	struct writer_job job; /* first: the writer knows this part */
	struct intake_request *request;
	struct intake_result result;
};

static int take_sync(struct centre *c, struct writer_job *job)
{
	struct sync_job *j = (struct sync_job *)job;

	intake_result_fini(&j->result);
	return intake_take(c, j->request, &j->result);
}

static void log_contact(const struct sync_job *j, const struct http_request *req, const struct http_answer *ans)
{
	const struct intake_result *r = &j->result;

	log_event(LOG_INFO, "serve", "contact",
		"device=%02x%02x%02x%02x in=%zu out=%zu applied=%zu known=%zu held=%zu forked=%zu accepted=%" PRIu64 " conflicts=%" PRIu64
		" refused=%" PRIu64,
		r->device[0], r->device[1], r->device[2], r->device[3], req->body_len, ans->body.len, r->applied, r->known, r->held,
		r->forked, r->accepted, r->conflicts, r->refused_edits);
}

static int answer_sync(struct serve *s, struct sync_job *j, struct http_answer *ans)
{
	int err = writer_do(s->writer, &j->job);

	if (err)
		return err == ERR_NOMEM ? err : ERR_BUSY;
	if (j->result.refused)
		return j->result.refused;
	err = intake_answer(writer_hold(s->writer), &j->result, &ans->body);
	writer_release(s->writer);
	/* It is taken in all the same: the device asks again and gets the same receipts. */
	return err ? ERR_BUSY : 0;
}

static int handle_sync(void *ctx, const struct http_request *req, struct http_answer *ans)
{
	struct serve *s = ctx;
	struct sync_job j = { .job = { .take = take_sync } };
	int err = intake_open(writer_hold(s->writer), req->body, req->body_len, &j.request);

	writer_release(s->writer);
	if (!err)
		err = answer_sync(s, &j, ans);
	if (err) {
		log_event(LOG_WARN, "serve", "refused", "code=%s in=%zu", err_name(err), req->body_len);
		err = refuse(ans, err);
	} else {
		log_contact(&j, req, ans);
	}
	intake_result_fini(&j.result);
	intake_request_free(j.request);
	return err;
}

/* ---- POST /v1/enrol ---- */

struct enrol_job {
	struct writer_job job; /* first */
	struct enrol_limit *limit;
	const struct http_request *request;
	struct enrol_result result;
};

static int take_enrol(struct centre *c, struct writer_job *job)
{
	struct enrol_job *j = (struct enrol_job *)job;

	enrol_result_fini(&j->result);
	job->adds_to_library = true;
	return enrol_take(c, j->limit, j->request->body, j->request->body_len, &j->result);
}

static int handle_enrol(void *ctx, const struct http_request *req, struct http_answer *ans)
{
	struct serve *s = ctx;
	struct enrol_job j = { .job = { .take = take_enrol }, .limit = &s->enrol, .request = req };
	int err = writer_do(s->writer, &j.job);

	if (!err)
		err = j.result.refused;
	else
		err = ERR_BUSY;
	if (!err) {
		buf_append(&ans->body, j.result.answer.data, j.result.answer.len);
		err = buf_error(&ans->body);
	}
	log_event(err ? LOG_WARN : LOG_INFO, "serve", err ? "enrol_refused" : "enrolled", "code=%s device=%" PRId64 " repeat=%d",
		err_name(err), j.result.device, j.result.is_repeat);
	if (err)
		err = refuse(ans, err);
	enrol_result_fini(&j.result);
	return err;
}

/* ---- Open and close ---- */

static const struct http_route ROUTES[] = {
	{ "POST", "/v1/sync", MESSAGE_REQUEST_BYTES_MAX, handle_sync, true },
	{ "POST", "/v1/enrol", MESSAGE_ENROL_BYTES_MAX, handle_enrol, true },
};

int serve_open(struct centre *c, const struct serve_options *o, struct serve **out)
{
	struct serve *s = calloc(1, sizeof *s);
	struct http_options http = {
		.address = o->address,
		.port = o->port,
		.connection_max = o->connection_max ? o->connection_max : SERVE_CONNECTIONS_MAX,
		.answer_max = SERVE_ANSWER_BYTES_MAX,
		.routes = ROUTES,
		.route_count = sizeof ROUTES / sizeof ROUTES[0],
		.ctx = s,
	};
	int err = s ? writer_new(c, &s->writer) : err_set(ERR_NOMEM, "no memory to serve");

	*out = NULL;
	if (!err)
		err = http_open(&s->http, &http);
	if (err) {
		serve_close(s);
		return err;
	}
	*out = s;
	return 0;
}

uint16_t serve_port(const struct serve *s)
{
	return http_port(s->http);
}

void serve_stats(struct serve *s, struct writer_stats *out)
{
	writer_stats(s->writer, out);
}

void serve_close(struct serve *s)
{
	if (!s)
		return;
	http_close(s->http); /* handlers wait for the writer, so it ends after them */
	writer_free(s->writer);
	free(s);
}

int serve_parse_listen(const char *text, char *address, size_t size, uint16_t *port)
{
	const char *colon = strrchr(text, ':');
	size_t len = colon ? (size_t)(colon - text) : 0;
	int64_t number;
	int err;

	*port = 0;
	if (len >= 2 && text[0] == '[' && text[len - 1] == ']') {
		text++;
		len -= 2;
	}
	if (len == 0 || len >= size)
		return err_set(ERR_USAGE, "listen: address:port was expected, for instance 127.0.0.1:8470");
	err = cli_number(colon + 1, "port", 0, UINT16_MAX, &number);
	if (err)
		return err;
	memcpy(address, text, len);
	address[len] = '\0';
	*port = (uint16_t)number;
	return 0;
}

static int announce(const struct serve *s, const struct serve_options *o, const char *port_file)
{
	char number[16];
	int len = snprintf(number, sizeof number, "%u\n", serve_port(s));
	int err = port_file ? file_replace(port_file, number, (size_t)len) : 0;

	if (!err)
		fprintf(stderr, "mandoob-server: ready on %s port %u\n", o->address, serve_port(s));
	return err;
}

int serve_run(struct centre *c, const struct serve_options *o, const char *port_file)
{
	struct writer_stats stats;
	struct serve *s;
	sigset_t ends;
	int number;
	int err;

	mallopt(M_ARENA_MAX, SERVE_ARENAS);
	sigemptyset(&ends);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGINT);
	signal(SIGPIPE, SIG_IGN);
	if (pthread_sigmask(SIG_BLOCK, &ends, NULL) != 0)
		return err_set(ERR_IO, "signals cannot be blocked");
	err = serve_open(c, o, &s);
	if (err)
		return err;
	err = announce(s, o, port_file);
	if (!err && sigwait(&ends, &number) != 0)
		err = err_set(ERR_IO, "waiting for signals failed");
	serve_stats(s, &stats);
	serve_close(s);
	log_event(LOG_INFO, "serve", "ended", "commits=%" PRIu64 " contacts=%" PRIu64 " failed=%" PRIu64, stats.groups, stats.jobs,
		stats.failed);
	return err;
}
