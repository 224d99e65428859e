/*
 * http: see http.h. libmicrohttpd is used in one narrow way: thread per connection, one complete body, one answer from
 * memory. Never used: its digest and basic authentication and its post processor, which had the serious holes.
 *
 * Life of a request: on_uri() makes the exchange; on_request() is called first for the head (exchange_begin: guard, route,
 * lengths), then for each piece of the body, then once more (exchange_run: the handler); on_completed() frees it.
 * Which heads pass is decided in httpguard.c. It can look for hidden bytes only with the release of the library whose layout
 * of the head in memory was measured; later releases are asked to be strict themselves.
 */
#include "proto/base/http.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "proto/base/httpguard.h"
#include "proto/base/log.h"

#define ADDRESS_DEFAULT "127.0.0.1"
#define CONNECTION_MAX_DEFAULT 128u
#define PER_PEER_MAX_DEFAULT 16u
#define TIMEOUT_S_DEFAULT 30u
#define ANSWER_MAX_DEFAULT ((size_t)16 << 20)
#define CONNECTION_MEMORY_BYTES ((size_t)16 << 10) /* holds the whole head; the ceiling for header bytes */
#define THREAD_STACK_BYTES ((size_t)2 << 20)       /* 128 of them must fit into a 32-bit address space */
#define LISTEN_BACKLOG 256
#define ALLOW_BYTES_MAX 64
#define FLUSH_STEPS_MAX 200                        /* of FLUSH_STEP_NS: two seconds for answers to leave */
#define FLUSH_STEP_NS (10L * 1000 * 1000)
#define MEASURED_RELEASE "0.9.75"                  /* whose layout of the head in memory is known */
#define MHD_FLAGS (MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION | MHD_USE_POLL | MHD_USE_ITC \
	| MHD_USE_SUPPRESS_DATE_NO_CLOCK | MHD_USE_ERROR_LOG)

/* How many connections one address has open. */
struct peer {
	uint8_t address[16]; /* IPv6, or IPv4 in its mapped form */
	unsigned count;      /* 0: the slot is free */
};

struct http {
	struct MHD_Daemon *daemon;   /* owned */
	struct http_options o;       /* defaults filled in; pointers borrowed from the caller */
	uint16_t port;
	bool exact;                  /* the library leaves heads where they were received (httpguard_head.exact_bytes) */
	pthread_mutex_t lock;        /* guards everything below */
	pthread_cond_t idle;         /* signalled when running falls to 0 */
	struct peer *peers;          /* o.connection_max slots, owned */
	unsigned running;            /* handlers */
	unsigned answering;          /* requests from the start of the handler until the answer left */
	bool closing;
};

/* One request and its answer, from the request line to completion. */
struct exchange {
	struct http *h;
	const struct http_route *route;                /* NULL until the guard let the head pass */
	struct http_header headers[HTTP_HEADERS_MAX];  /* borrowed from the connection's memory */
	size_t header_count;
	bool broken;                                   /* there were more header lines, or one that cannot be told as text */
	bool uri_bad;                                  /* the whole target, with what follows a '?' */
	bool begun;                                    /* the head was looked at */
	bool counted;                                  /* is in h->answering */
	struct buf body;                               /* of the request */
	struct http_answer answer;
	char peer[INET6_ADDRSTRLEN];
	uint16_t peer_port;
};

/* --- answers --- */

static void answer_fini(struct http_answer *ans)
{
	buf_fini(&ans->body);
	for (size_t i = 0; i < ans->header_count; i++) {
		char *value = (char *)ans->headers[i].value;

		sodium_memzero(value, strlen(value)); /* may be a session cookie */
		free(value);
	}
	ans->header_count = 0;
}

const char *http_request_header(const struct http_request *req, const char *name)
{
	return httpguard_find(req->headers, req->header_count, name, NULL);
}

int http_answer_header(struct http_answer *ans, const char *name, const char *value)
{
	char *copy;

	assert(name && value);
	for (const char *c = value; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			return err_set(ERR_USAGE, "http: control character in answer header %s", name);
	if (ans->header_count == HTTP_ANSWER_HEADERS_MAX)
		return err_set(ERR_LIMIT, "http: more than %d answer headers", HTTP_ANSWER_HEADERS_MAX);
	copy = strdup(value);
	if (!copy)
		return err_set(ERR_NOMEM, "http: no memory for answer header %s", name);
	ans->headers[ans->header_count++] = (struct http_header){ name, copy };
	return 0;
}

static enum MHD_Result add_headers(struct MHD_Response *r, const struct http_header *headers, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (MHD_add_response_header(r, headers[i].name, headers[i].value) != MHD_YES)
			return MHD_NO;
	return MHD_YES;
}

/* What each answer to a browser carries. */
static enum MHD_Result add_fixed_headers(const struct http *h, struct MHD_Response *r)
{
	static const struct http_header FIXED[] = {
		{ "Cache-Control", "no-store" },
		{ "X-Content-Type-Options", "nosniff" },
	};

	if (add_headers(r, FIXED, sizeof FIXED / sizeof FIXED[0]) != MHD_YES)
		return MHD_NO;
	return add_headers(r, h->o.headers, h->o.header_count);
}

/* Queue one constant line of text as the answer. */
static enum MHD_Result queue_line(const struct http *h, struct MHD_Connection *c, struct httpguard_refusal why,
	const struct http_header *headers, size_t count)
{
	struct MHD_Response *r;
	enum MHD_Result done = MHD_NO;

	log_event(why.status >= 500 ? LOG_WARN : LOG_DEBUG, "http", "refused", "status=%u why=%s", why.status, why.text);
	r = MHD_create_response_from_buffer(strlen(why.text), (void *)why.text, MHD_RESPMEM_PERSISTENT);
	if (!r)
		return MHD_NO;
	if (add_headers(r, headers, count) == MHD_YES && add_fixed_headers(h, r) == MHD_YES)
		done = MHD_queue_response(c, why.status, r);
	MHD_destroy_response(r);
	return done;
}

/* Refuse and close the connection afterwards: what follows on it cannot be trusted. `allow` may be NULL. */
static enum MHD_Result refuse(const struct http *h, struct MHD_Connection *c, struct httpguard_refusal why, const char *allow)
{
	const struct http_header lines[] = {
		{ "Connection", "close" },
		{ "Content-Type", "text/plain" },
		{ "Allow", allow },
	};

	return queue_line(h, c, why, lines, allow ? 3 : 2);
}

static struct httpguard_refusal refusal_of(int code)
{
	switch ((enum err)code) {
	case ERR_CORRUPT:
		return (struct httpguard_refusal){ 400, "corrupt" };
	case ERR_USAGE:
		return (struct httpguard_refusal){ 400, "usage" };
	case ERR_AUTH:
		return (struct httpguard_refusal){ 403, "auth" };
	case ERR_NOT_FOUND:
		return (struct httpguard_refusal){ 404, "not_found" };
	case ERR_STALE:
		return (struct httpguard_refusal){ 409, "stale" };
	case ERR_REFUSED:
		return (struct httpguard_refusal){ 409, "refused" };
	case ERR_LIMIT:
		return (struct httpguard_refusal){ 413, "limit" };
	case ERR_BUSY:
		return (struct httpguard_refusal){ 503, "busy" };
	case ERR_OFFLINE:
		return (struct httpguard_refusal){ 503, "offline" };
	case ERR_IO:
		return (struct httpguard_refusal){ 500, "io" };
	case ERR_NOMEM:
		return (struct httpguard_refusal){ 500, "nomem" };
	}
	return (struct httpguard_refusal){ 500, "unknown" };
}

/* --- one exchange --- */

static enum MHD_Result on_header(void *cls, enum MHD_ValueKind kind, const char *name, size_t name_len, const char *value,
	size_t value_len)
{
	struct exchange *ex = cls;

	(void)kind;
	if (ex->header_count == HTTP_HEADERS_MAX || !value || strlen(name) != name_len || strlen(value) != value_len) {
		ex->broken = true;
		return MHD_NO;
	}
	ex->headers[ex->header_count++] = (struct http_header){ name, value };
	return MHD_YES;
}

/* The route of this method and path, or NULL with the methods that the path does have in `allow` ("" when no route has the path). */
static const struct http_route *route_find(const struct http *h, const char *method, const char *path,
	char allow[ALLOW_BYTES_MAX])
{
	size_t len = 0;

	allow[0] = '\0';
	for (size_t i = 0; i < h->o.route_count; i++) {
		const struct http_route *r = &h->o.routes[i];

		if (strcmp(r->path, path) != 0)
			continue;
		if (!strcmp(r->method, method))
			return r;
		if (len < ALLOW_BYTES_MAX)
			len += (size_t)snprintf(allow + len, ALLOW_BYTES_MAX - len, "%s%s", len ? ", " : "", r->method);
	}
	return NULL;
}

/* A handler said `code`: the request was well formed, so the connection can be kept. */
static enum MHD_Result exchange_fail(const struct exchange *ex, struct MHD_Connection *c, int code)
{
	static const struct http_header TYPE = { "Content-Type", "text/plain" };

	return queue_line(ex->h, c, refusal_of(code), &TYPE, 1);
}

static void exchange_name_peer(struct exchange *ex, struct MHD_Connection *c)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const struct sockaddr *sa = info ? info->client_addr : NULL;

	if (sa && sa->sa_family == AF_INET) {
		const struct sockaddr_in *v4 = (const struct sockaddr_in *)(const void *)sa;

		inet_ntop(AF_INET, &v4->sin_addr, ex->peer, sizeof ex->peer);
		ex->peer_port = ntohs(v4->sin_port);
	} else if (sa && sa->sa_family == AF_INET6) {
		const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)(const void *)sa;

		inet_ntop(AF_INET6, &v6->sin6_addr, ex->peer, sizeof ex->peer);
		ex->peer_port = ntohs(v6->sin6_port);
	}
}

/* The head as the guard wants it. */
static struct httpguard_head exchange_head(struct exchange *ex, struct MHD_Connection *c, const char *method, const char *url,
	const char *version)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);

	MHD_get_connection_values_n(c, MHD_HEADER_KIND, on_header, ex);
	return (struct httpguard_head){
		.method = method,
		.path = url,
		.version = version,
		.headers = ex->headers,
		.header_count = ex->header_count,
		.exact_bytes = ex->h->exact && info ? info->header_size : 0,
	};
}

/* First call for a request: nothing of the body was read yet. Refuses, or chooses the route and lets the body come. */
static enum MHD_Result exchange_begin(struct exchange *ex, struct MHD_Connection *c, const char *method, const char *url,
	const char *version)
{
	const struct http *h = ex->h;
	const struct httpguard_head head = exchange_head(ex, c, method, url, version);
	struct httpguard_refusal why = httpguard_check(&head);
	const struct http_route *route;
	char allow[ALLOW_BYTES_MAX];

	if (ex->uri_bad || ex->broken)
		return refuse(h, c, (struct httpguard_refusal){ 400, ex->broken ? "too many headers" : "bad request target" }, NULL);
	if (why.status)
		return refuse(h, c, why, NULL);
	if (!httpguard_is_host_ours(&head, h->o.hosts, h->port))
		return refuse(h, c, (struct httpguard_refusal){ 421, "this Host is not served here" }, NULL);
	route = route_find(h, method, url, allow);
	if (!route && !allow[0])
		return refuse(h, c, (struct httpguard_refusal){ 404, "no such path" }, NULL);
	if (!route)
		return refuse(h, c, (struct httpguard_refusal){ 405, "method not allowed here" }, allow);
	why = httpguard_check_length(&head, route->body_max);
	if (why.status)
		return refuse(h, c, why, NULL);
	ex->route = route;
	buf_init(&ex->body, route->body_max);
	exchange_name_peer(ex, c);
	return MHD_YES;
}

static enum MHD_Result exchange_answer(struct exchange *ex, struct MHD_Connection *c)
{
	struct http_answer *ans = &ex->answer;
	struct MHD_Response *r;
	enum MHD_Result done = MHD_NO;

	if (buf_error(&ans->body) != 0)
		return refuse(ex->h, c, (struct httpguard_refusal){ 500, "answer too large" }, NULL);
	if (ans->status < 200 || ans->status > 599)
		return refuse(ex->h, c, (struct httpguard_refusal){ 500, "handler gave no status" }, NULL);
	/* The body stays with the exchange, which outlives the answer. */
	r = MHD_create_response_from_buffer(ans->body.len, ans->body.data, MHD_RESPMEM_PERSISTENT);
	if (!r)
		return MHD_NO;
	if (ans->content_type && MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, ans->content_type) != MHD_YES)
		goto destroy;
	if (!ex->route->bare && add_fixed_headers(ex->h, r) != MHD_YES)
		goto destroy;
	if (add_headers(r, ans->headers, ans->header_count) == MHD_YES)
		done = MHD_queue_response(c, (unsigned)ans->status, r);
destroy:
	MHD_destroy_response(r);
	return done;
}

static int exchange_handle(struct exchange *ex)
{
	struct http *h = ex->h;
	const char *type = httpguard_find(ex->headers, ex->header_count, MHD_HTTP_HEADER_CONTENT_TYPE, NULL);
	const struct http_request req = {
		.method = ex->route->method,
		.path = ex->route->path,
		.content_type = type ? type : "",
		.body = ex->body.data,
		.body_len = ex->body.len,
		.peer = ex->peer,
		.peer_port = ex->peer_port,
		.headers = ex->headers,
		.header_count = ex->header_count,
	};

	ex->answer.status = MHD_HTTP_OK;
	ex->answer.content_type = ex->route->bare ? "application/octet-stream" : NULL;
	buf_init(&ex->answer.body, h->o.answer_max);
	return ex->route->handle(h->o.ctx, &req, &ex->answer);
}

/* Last call for a request: the body is complete. */
static enum MHD_Result exchange_run(struct exchange *ex, struct MHD_Connection *c)
{
	struct http *h = ex->h;
	bool closing;
	int rc;

	if (ex->body.error)
		return refuse(h, c, refusal_of(ex->body.error), NULL);
	pthread_mutex_lock(&h->lock);
	closing = h->closing;
	if (!closing) {
		ex->counted = true;
		h->running++;
		h->answering++;
	}
	pthread_mutex_unlock(&h->lock);
	if (closing)
		return refuse(h, c, (struct httpguard_refusal){ 503, "closing" }, NULL);
	/* The connection's timeout would count the handler's own time; setting it anew afterwards restarts it for the answer. */
	MHD_set_connection_option(c, MHD_CONNECTION_OPTION_TIMEOUT, 0u);
	rc = exchange_handle(ex);
	MHD_set_connection_option(c, MHD_CONNECTION_OPTION_TIMEOUT, h->o.timeout_s);
	pthread_mutex_lock(&h->lock);
	if (--h->running == 0)
		pthread_cond_broadcast(&h->idle);
	pthread_mutex_unlock(&h->lock);
	return rc ? exchange_fail(ex, c, rc) : exchange_answer(ex, c);
}

/* --- what the library calls --- */

/* The request line was read. The library calls on_completed() for each exchange made here. */
static void *on_uri(void *cls, const char *uri, struct MHD_Connection *c)
{
	struct exchange *ex = calloc(1, sizeof *ex);

	(void)c;
	if (!ex)
		return NULL;
	ex->h = cls;
	ex->uri_bad = httpguard_is_target_bad(uri);
	return ex;
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *c, const char *url, const char *method, const char *version,
	const char *data, size_t *len, void **con_cls)
{
	struct exchange *ex = *con_cls;

	(void)cls;
	if (!ex)
		return MHD_NO;
	if (!ex->begun) {
		ex->begun = true;
		return exchange_begin(ex, c, method, url, version);
	}
	if (*len == 0)
		return exchange_run(ex, c);
	buf_append(&ex->body, data, *len); /* after a failure nothing more is kept, and exchange_run() refuses */
	*len = 0;
	return MHD_YES;
}

static void on_completed(void *cls, struct MHD_Connection *c, void **con_cls, enum MHD_RequestTerminationCode how)
{
	struct exchange *ex = *con_cls;
	struct http *h = cls;

	(void)c;
	(void)how;
	if (!ex)
		return;
	buf_fini(&ex->body);
	answer_fini(&ex->answer);
	pthread_mutex_lock(&h->lock);
	if (ex->counted)
		h->answering--;
	pthread_mutex_unlock(&h->lock);
	free(ex);
	*con_cls = NULL;
}

/* The path stays as it was sent: nothing is decoded, so no two spellings reach one route. */
static size_t on_unescape(void *cls, struct MHD_Connection *c, char *text)
{
	(void)cls;
	(void)c;
	return strlen(text);
}

/* Only the constant format is kept: the values printed into it might come from a request. */
static void PRINTF_LIKE(2, 0) on_library_log(void *cls, const char *fmt, va_list args)
{
	(void)cls;
	(void)args;
	log_event(LOG_DEBUG, "http", "library", "says=%.*s", (int)strcspn(fmt, "\r\n"), fmt);
}

/* The address of a peer in one form; false for loopback peers, which are not counted. */
static bool peer_address(const struct sockaddr *sa, uint8_t out[16])
{
	static const uint8_t MAPPED[12] = { [10] = 0xff, [11] = 0xff };

	if (!sa)
		return false;
	if (sa->sa_family == AF_INET) {
		memcpy(out, MAPPED, sizeof MAPPED);
		memcpy(out + sizeof MAPPED, &((const struct sockaddr_in *)(const void *)sa)->sin_addr, 4);
	} else if (sa->sa_family == AF_INET6) {
		memcpy(out, &((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr, 16);
	} else {
		return false;
	}
	if (!memcmp(out, MAPPED, sizeof MAPPED))
		return out[12] != 127;
	return !IN6_IS_ADDR_LOOPBACK((const struct in6_addr *)(const void *)out);
}

/* The slot of an address, or a free one; under the lock. There are as many slots as connections. */
static struct peer *peer_find(struct http *h, const uint8_t address[16])
{
	struct peer *vacant = NULL;

	for (unsigned i = 0; i < h->o.connection_max; i++) {
		if (h->peers[i].count && !memcmp(h->peers[i].address, address, 16))
			return &h->peers[i];
		if (!h->peers[i].count)
			vacant = &h->peers[i];
	}
	return vacant;
}

static enum MHD_Result on_accept(void *cls, const struct sockaddr *sa, socklen_t len)
{
	struct http *h = cls;
	uint8_t address[16];
	struct peer *peer;
	bool full;

	(void)len;
	if (!peer_address(sa, address))
		return MHD_YES;
	pthread_mutex_lock(&h->lock);
	peer = peer_find(h, address);
	full = peer && peer->count >= h->o.per_peer_max;
	pthread_mutex_unlock(&h->lock);
	if (full)
		log_event(LOG_WARN, "http", "peer_full", "connections=%u", h->o.per_peer_max);
	return full ? MHD_NO : MHD_YES;
}

static void on_connection(void *cls, struct MHD_Connection *c, void **slot, enum MHD_ConnectionNotificationCode what)
{
	const union MHD_ConnectionInfo *info;
	struct http *h = cls;
	struct peer *peer;
	uint8_t address[16];

	pthread_mutex_lock(&h->lock);
	if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
		peer = *slot;
		if (peer)
			peer->count--;
	} else {
		info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
		peer = info && peer_address(info->client_addr, address) ? peer_find(h, address) : NULL;
		if (peer) {
			memcpy(peer->address, address, sizeof address);
			peer->count++;
		}
		*slot = peer;
	}
	pthread_mutex_unlock(&h->lock);
}

/* --- the server --- */

static int listen_at(const struct http_options *o, int *out)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE };
	struct addrinfo *ai = NULL;
	const int one = 1;
	char service[8];
	int fd, rc = 0;

	snprintf(service, sizeof service, "%u", o->port);
	if (getaddrinfo(o->address, service, &hints, &ai) != 0)
		return err_set(ERR_USAGE, "http: '%s' is not a numeric address", o->address);
	fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0) {
		rc = err_set(ERR_IO, "http: socket: %s", strerror(errno));
		goto free_address;
	}
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (bind(fd, ai->ai_addr, ai->ai_addrlen) != 0 || listen(fd, LISTEN_BACKLOG) != 0) {
		rc = err_set(errno == EADDRINUSE ? ERR_BUSY : ERR_IO, "http: port %u: %s", o->port, strerror(errno));
		close(fd);
		goto free_address;
	}
	*out = fd;
free_address:
	freeaddrinfo(ai);
	return rc;
}

static int port_of(int fd, uint16_t *out)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof ss;

	if (getsockname(fd, (struct sockaddr *)&ss, &len) != 0)
		return err_set(ERR_IO, "http: getsockname: %s", strerror(errno));
	*out = 0;
	if (ss.ss_family == AF_INET)
		*out = ntohs(((struct sockaddr_in *)(void *)&ss)->sin_port);
	else if (ss.ss_family == AF_INET6)
		*out = ntohs(((struct sockaddr_in6 *)(void *)&ss)->sin6_port);
	return 0;
}

/* Threads inherit the caller's signal mask: with all signals blocked, SIGTERM reaches the program's own threads. */
static int daemon_start(struct http *h, int fd)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	h->daemon = MHD_start_daemon(MHD_FLAGS, 0, on_accept, h, on_request, h,
		MHD_OPTION_EXTERNAL_LOGGER, on_library_log, NULL,
		MHD_OPTION_LISTEN_SOCKET, fd,
		MHD_OPTION_CONNECTION_LIMIT, h->o.connection_max,
		MHD_OPTION_CONNECTION_TIMEOUT, h->o.timeout_s,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY_BYTES,
		MHD_OPTION_THREAD_STACK_SIZE, THREAD_STACK_BYTES,
		MHD_OPTION_STRICT_FOR_CLIENT, h->exact ? 0 : 1, /* our guard answers; 0.9.75's own strictness garbles its answers */
		MHD_OPTION_URI_LOG_CALLBACK, on_uri, h,
		MHD_OPTION_UNESCAPE_CALLBACK, on_unescape, h,
		MHD_OPTION_NOTIFY_COMPLETED, on_completed, h,
		MHD_OPTION_NOTIFY_CONNECTION, on_connection, h,
		MHD_OPTION_END);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!h->daemon)
		return err_set(ERR_IO, "http: the server could not be started: %s", strerror(errno));
	return 0;
}

static void http_defaults(struct http_options *o)
{
	o->address = o->address ? o->address : ADDRESS_DEFAULT;
	o->connection_max = o->connection_max ? o->connection_max : CONNECTION_MAX_DEFAULT;
	o->per_peer_max = o->per_peer_max ? o->per_peer_max : PER_PEER_MAX_DEFAULT;
	o->timeout_s = o->timeout_s ? o->timeout_s : TIMEOUT_S_DEFAULT;
	o->answer_max = o->answer_max ? o->answer_max : ANSWER_MAX_DEFAULT;
}

static void http_free(struct http *h)
{
	pthread_cond_destroy(&h->idle);
	pthread_mutex_destroy(&h->lock);
	free(h->peers);
	free(h);
}

int http_open(struct http **out, const struct http_options *o)
{
	struct http *h;
	int fd = o->listen_fd;
	int rc;

	*out = NULL;
	h = calloc(1, sizeof *h);
	if (!h)
		return err_set(ERR_NOMEM, "http: no memory for the server");
	h->o = *o;
	http_defaults(&h->o);
	h->exact = !strcmp(MHD_get_version(), MEASURED_RELEASE);
	pthread_mutex_init(&h->lock, NULL);
	pthread_cond_init(&h->idle, NULL);
	h->peers = calloc(h->o.connection_max, sizeof *h->peers);
	rc = h->peers ? 0 : err_set(ERR_NOMEM, "http: no memory for %u connections", h->o.connection_max);
	if (rc == 0 && fd <= 0)
		rc = listen_at(&h->o, &fd);
	if (rc != 0)
		goto free_http;
	rc = port_of(fd, &h->port);
	if (rc == 0 && fcntl(fd, F_SETFL, O_NONBLOCK) != 0)
		rc = err_set(ERR_IO, "http: fcntl: %s", strerror(errno));
	if (rc != 0)
		goto close_socket;
	rc = daemon_start(h, fd);
	if (rc != 0)
		goto free_http; /* the library has closed the socket on most of its ways out: closing it again could hit another */
	*out = h;
	return 0;
close_socket:
	close(fd);
free_http:
	http_free(h);
	return rc;
}

uint16_t http_port(const struct http *h)
{
	return h->port;
}

/* Handlers are done; their answers get a moment to leave before the connections are cut. */
static void http_flush(struct http *h)
{
	const struct timespec step = { 0, FLUSH_STEP_NS };

	for (int i = 0; i < FLUSH_STEPS_MAX && h->answering > 0; i++) {
		pthread_mutex_unlock(&h->lock);
		nanosleep(&step, NULL);
		pthread_mutex_lock(&h->lock);
	}
}

void http_close(struct http *h)
{
	int fd;

	if (!h)
		return;
	fd = MHD_quiesce_daemon(h->daemon);
	if (fd >= 0)
		close(fd);
	pthread_mutex_lock(&h->lock);
	h->closing = true;
	while (h->running > 0)
		pthread_cond_wait(&h->idle, &h->lock);
	http_flush(h);
	pthread_mutex_unlock(&h->lock);
	MHD_stop_daemon(h->daemon);
	http_free(h);
}
