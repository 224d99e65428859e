/*
 * httpc: see httpc.h. The options and their values come from measurements on emulated GPRS, EDGE and satellite links:
 * libcurl's defaults there wait 300 s for a connection, open two connections for each name with both address families,
 * throw idle connections away after two minutes and ask for "100 Continue".
 *
 * Bytes are counted in the debug callback, because libcurl's own CURLINFO_REQUEST_SIZE includes the part of the body that
 * happened to leave together with the head.
 */
#include "proto/base/httpc.h"

#include <curl/curl.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define CONNECT_TIMEOUT_MS_DEFAULT 30000L
#define STALL_BYTES_PER_S_DEFAULT 32L
#define STALL_S_DEFAULT 20L
#define UNACKED_MS_DEFAULT 30000L
#define SEND_BUFFER_BYTES_DEFAULT 16384
#define UPLOAD_BUFFER_BYTES 16384L      /* the smallest that libcurl accepts */
#define KEEP_IDLE_S 30L
#define KEEP_INTERVAL_S 15L
#define SECOND_FAMILY_AFTER_MS 2000L    /* above the round trips of these links */
#define IDLE_CONNECTION_S_MAX 900L
#define ANSWER_HEAD_BYTES_MAX (16u << 10)
#define TYPE_BYTES_MAX 128

struct httpc {
	CURL *curl;                   /* owned */
	struct httpc_options o;       /* defaults filled in; its texts are libcurl's copies, not kept here */
	struct httpc_stats stats;
	struct buf *answer;           /* of the running call, borrowed; NULL between calls */
	size_t answer_head_bytes;     /* of the running call */
	bool answer_head_whole;       /* its last line was the empty one: libcurl calls a head that was cut off complete */
};

/* What a failure of libcurl means for the caller. */
struct fault {
	CURLcode code;
	int err;
	const char *words;
};

static const struct fault FAULTS[] = {
	{ CURLE_COULDNT_RESOLVE_HOST, ERR_OFFLINE, "name not found" },
	{ CURLE_COULDNT_RESOLVE_PROXY, ERR_OFFLINE, "proxy's name not found" },
	{ CURLE_OPERATION_TIMEDOUT, ERR_OFFLINE, "timed out" },
	{ CURLE_GOT_NOTHING, ERR_OFFLINE, "connection closed without an answer" },
	{ CURLE_PARTIAL_FILE, ERR_OFFLINE, "answer cut short" },
	{ CURLE_PEER_FAILED_VERIFICATION, ERR_OFFLINE, "certificate not trusted" },
	{ CURLE_SSL_PINNEDPUBKEYNOTMATCH, ERR_OFFLINE, "certificate has another key" },
	{ CURLE_SSL_CONNECT_ERROR, ERR_OFFLINE, "no TLS with what answered" },
	{ CURLE_UNSUPPORTED_PROTOCOL, ERR_OFFLINE, "what answered does not speak HTTP" },
	{ CURLE_WEIRD_SERVER_REPLY, ERR_OFFLINE, "what answered does not speak HTTP" },
	{ CURLE_FILESIZE_EXCEEDED, ERR_LIMIT, "answer too large" },
	{ CURLE_URL_MALFORMAT, ERR_USAGE, "malformed url" },
	{ CURLE_SSL_CACERT_BADFILE, ERR_USAGE, "CA file cannot be read" },
	{ CURLE_OUT_OF_MEMORY, ERR_NOMEM, "no memory" },
};

/* --- what libcurl calls --- */

static size_t on_body(char *data, size_t size, size_t count, void *cls)
{
	struct httpc *h = cls;

	buf_append(h->answer, data, size * count);
	return h->answer->error ? 0 : size * count;
}

/* Called once per line. The lines are of no interest; their number is bounded, since libcurl 7.88 keeps them all. */
static size_t on_head(char *data, size_t size, size_t count, void *cls)
{
	struct httpc *h = cls;

	if (size * count >= 5 && !memcmp(data, "HTTP/", 5))
		h->answer_head_whole = false; /* a proxy's or an interim head may have come before */
	else if (size * count <= 2)
		h->answer_head_whole = true;
	h->answer_head_bytes += size * count;
	return h->answer_head_bytes > ANSWER_HEAD_BYTES_MAX ? 0 : size * count;
}

static int on_bytes(CURL *curl, curl_infotype type, char *data, size_t len, void *cls)
{
	struct httpc *h = cls;

	(void)curl;
	(void)data;
	if (type == CURLINFO_HEADER_OUT)
		h->stats.head_bytes_sent += len;
	else if (type == CURLINFO_DATA_OUT)
		h->stats.body_bytes_sent += len;
	else if (type == CURLINFO_HEADER_IN)
		h->stats.head_bytes_received += len;
	else if (type == CURLINFO_DATA_IN)
		h->stats.body_bytes_received += len;
	return 0;
}

/* Socket options for which libcurl has no name. A kernel that refuses one still makes a working connection. */
static int on_socket(void *cls, curl_socket_t fd, curlsocktype purpose)
{
	const struct httpc *h = cls;
	const unsigned unacked_ms = (unsigned)h->o.unacked_ms;

	(void)purpose;
	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &unacked_ms, sizeof unacked_ms);
	if (h->o.send_buffer_bytes > 0)
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &h->o.send_buffer_bytes, sizeof h->o.send_buffer_bytes);
	return CURL_SOCKOPT_OK;
}

/* --- the handle --- */

static void options_default(struct httpc_options *o)
{
	o->connect_timeout_ms = o->connect_timeout_ms ? o->connect_timeout_ms : CONNECT_TIMEOUT_MS_DEFAULT;
	o->stall_bytes_per_s = o->stall_bytes_per_s ? o->stall_bytes_per_s : STALL_BYTES_PER_S_DEFAULT;
	o->stall_s = o->stall_s ? o->stall_s : STALL_S_DEFAULT;
	o->unacked_ms = o->unacked_ms ? o->unacked_ms : UNACKED_MS_DEFAULT;
	o->send_buffer_bytes = o->send_buffer_bytes ? o->send_buffer_bytes : SEND_BUFFER_BYTES_DEFAULT;
}

/* Keep the first failure of a row of settings. */
static void keep(CURLcode *first, CURLcode rc)
{
	if (*first == CURLE_OK)
		*first = rc;
}

static CURLcode set_callbacks(struct httpc *h)
{
	CURLcode rc = CURLE_OK;

	keep(&rc, curl_easy_setopt(h->curl, CURLOPT_WRITEFUNCTION, on_body));
	keep(&rc, curl_easy_setopt(h->curl, CURLOPT_WRITEDATA, h));
	keep(&rc, curl_easy_setopt(h->curl, CURLOPT_HEADERFUNCTION, on_head));
	keep(&rc, curl_easy_setopt(h->curl, CURLOPT_HEADERDATA, h));
	keep(&rc, curl_easy_setopt(h->curl, CURLOPT_DEBUGFUNCTION, on_bytes));
	keep(&rc, curl_easy_setopt(h->curl, CURLOPT_DEBUGDATA, h));
	keep(&rc, curl_easy_setopt(h->curl, CURLOPT_VERBOSE, 1L));
	keep(&rc, curl_easy_setopt(h->curl, CURLOPT_SOCKOPTFUNCTION, on_socket));
	keep(&rc, curl_easy_setopt(h->curl, CURLOPT_SOCKOPTDATA, h));
	return rc;
}

/* Time limits and what concerns TCP. */
static CURLcode set_link(struct httpc *h)
{
	CURLcode rc = CURLE_OK;

	keep(&rc, curl_easy_setopt(h->curl, CURLOPT_NOSIGNAL, 1L));
	keep(&rc, curl_easy_setopt(h->curl, CURLOPT_CONNECTTIMEOUT_MS, h->o.connect_timeout_ms));
	keep(&rc, curl_easy_setopt(h->curl, CURLOPT_LOW_SPEED_LIMIT, h->o.stall_bytes_per_s));
	keep(&rc, curl_easy_setopt(h->curl, CURLOPT_LOW_SPEED_TIME, h->o.stall_s));
	keep(&rc, curl_easy_setopt(h->curl, CURLOPT_HAPPY_EYEBALLS_TIMEOUT_MS, SECOND_FAMILY_AFTER_MS));
	keep(&rc, curl_easy_setopt(h->curl, CURLOPT_MAXAGE_CONN, IDLE_CONNECTION_S_MAX));
	keep(&rc, curl_easy_setopt(h->curl, CURLOPT_UPLOAD_BUFFERSIZE, UPLOAD_BUFFER_BYTES));
	keep(&rc, curl_easy_setopt(h->curl, CURLOPT_TCP_KEEPALIVE, 1L));
	keep(&rc, curl_easy_setopt(h->curl, CURLOPT_TCP_KEEPIDLE, KEEP_IDLE_S));
	keep(&rc, curl_easy_setopt(h->curl, CURLOPT_TCP_KEEPINTVL, KEEP_INTERVAL_S));
	return rc;
}

/* What may be spoken with whom. HTTP/1.1: HTTP/2 costs 120 to 190 bytes more when fresh, and there is one exchange at a time. */
static CURLcode set_trust(struct httpc *h)
{
	CURLcode rc = CURLE_OK;

	keep(&rc, curl_easy_setopt(h->curl, CURLOPT_PROTOCOLS_STR, "http,https"));
	keep(&rc, curl_easy_setopt(h->curl, CURLOPT_FOLLOWLOCATION, 0L));
	keep(&rc, curl_easy_setopt(h->curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1));
	keep(&rc, curl_easy_setopt(h->curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2));
	/* The empty texts also shut out http_proxy, all_proxy and no_proxy of the environment. */
	keep(&rc, curl_easy_setopt(h->curl, CURLOPT_PROXY, h->o.proxy ? h->o.proxy : ""));
	keep(&rc, curl_easy_setopt(h->curl, CURLOPT_NOPROXY, ""));
	if (h->o.ca_file)
		keep(&rc, curl_easy_setopt(h->curl, CURLOPT_CAINFO, h->o.ca_file));
	if (h->o.ca_file)
		keep(&rc, curl_easy_setopt(h->curl, CURLOPT_CAPATH, NULL));
	if (h->o.pinned_key)
		keep(&rc, curl_easy_setopt(h->curl, CURLOPT_PINNEDPUBLICKEY, h->o.pinned_key));
	return rc;
}

int httpc_new(struct httpc **out, const struct httpc_options *o)
{
	struct httpc *h;
	CURLcode rc;

	*out = NULL;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) /* counted, and safe in threads since 7.84 */
		return err_set(ERR_NOMEM, "httpc: libcurl could not be started");
	h = calloc(1, sizeof *h);
	if (!h)
		goto cleanup;
	if (o)
		h->o = *o;
	options_default(&h->o);
	h->curl = curl_easy_init();
	if (!h->curl)
		goto free_handle;
	rc = set_callbacks(h);
	keep(&rc, set_link(h));
	keep(&rc, set_trust(h));
	h->o.ca_file = h->o.pinned_key = h->o.proxy = NULL;
	if (rc != CURLE_OK) {
		httpc_free(h);
		return err_set(rc == CURLE_OUT_OF_MEMORY ? ERR_NOMEM : ERR_USAGE, "httpc: option refused by libcurl (%d)", (int)rc);
	}
	*out = h;
	return 0;
free_handle:
	free(h);
cleanup:
	curl_global_cleanup();
	return err_set(ERR_NOMEM, "httpc: no memory for a handle");
}

void httpc_free(struct httpc *h)
{
	if (!h)
		return;
	curl_easy_cleanup(h->curl);
	free(h);
	curl_global_cleanup();
}

void httpc_stats(const struct httpc *h, struct httpc_stats *out)
{
	*out = h->stats;
}

/* --- one exchange --- */

static bool is_url(const char *url)
{
	if (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0)
		return false;
	for (const char *c = url; *c; c++)
		if ((unsigned char)*c <= ' ' || (unsigned char)*c >= 0x7f || strchr("?#@", *c))
			return false;
	return true;
}

static bool is_type(const char *type)
{
	for (const char *c = type; *c; c++)
		if ((unsigned char)*c < ' ' || (unsigned char)*c >= 0x7f)
			return false;
	return *type && strlen(type) < TYPE_BYTES_MAX;
}

/* The header lines that differ from libcurl's own: our type, and nothing for what it would add. NULL: no memory. */
static struct curl_slist *lines_new(const char *content_type)
{
	char type[TYPE_BYTES_MAX + 16];
	const char *const lines[] = { type, "Accept:", "Expect:", "User-Agent:" };
	struct curl_slist *list = NULL;

	snprintf(type, sizeof type, content_type ? "Content-Type: %s" : "Content-Type:%s", content_type ? content_type : "");
	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
		struct curl_slist *longer = curl_slist_append(list, lines[i]);

		if (!longer) {
			curl_slist_free_all(list);
			return NULL;
		}
		list = longer;
	}
	return list;
}

/* The words for a failure in which the system's error number knows more than libcurl. */
static const char *system_words(long number)
{
	switch (number) {
	case ECONNREFUSED:
		return "connection refused";
	case ECONNRESET:
	case EPIPE:
		return "connection reset";
	case ETIMEDOUT:
		return "timed out";
	case ENETUNREACH:
	case EHOSTUNREACH:
	case ENETDOWN:
		return "no route";
	default:
		return NULL;
	}
}

static int fault_set(const struct httpc *h, CURLcode code)
{
	const char *words;
	long number = 0;

	if (h->answer->error)
		return buf_error(h->answer);
	if (code == CURLE_WRITE_ERROR)
		return err_set(ERR_LIMIT, "centre: head of the answer above %u bytes", ANSWER_HEAD_BYTES_MAX);
	for (size_t i = 0; i < sizeof FAULTS / sizeof FAULTS[0]; i++)
		if (FAULTS[i].code == code)
			return err_set(FAULTS[i].err, "centre: %s", FAULTS[i].words);
	curl_easy_getinfo(h->curl, CURLINFO_OS_ERRNO, &number);
	words = system_words(number);
	if (words)
		return err_set(ERR_OFFLINE, "centre: %s", words);
	return err_set(ERR_OFFLINE, "centre: %s (%d)", curl_easy_strerror(code), (int)code);
}

/* Run the exchange that was set up and take stock. */
static int post_perform(struct httpc *h, int *status)
{
	long number = 0, connections = 0;
	CURLcode rc;

	h->answer_head_bytes = 0;
	h->answer_head_whole = false;
	rc = curl_easy_perform(h->curl);
	if (rc == CURLE_OK && !h->answer_head_whole)
		rc = CURLE_PARTIAL_FILE;
	h->stats.post_count++;
	curl_easy_getinfo(h->curl, CURLINFO_NUM_CONNECTS, &connections);
	h->stats.connection_count += (uint64_t)connections;
	if (rc != CURLE_OK) {
		h->stats.failure_count++;
		return fault_set(h, rc);
	}
	curl_easy_getinfo(h->curl, CURLINFO_RESPONSE_CODE, &number);
	*status = (int)number;
	return 0;
}

int httpc_post(struct httpc *h, const char *url, const char *content_type, const void *body, size_t len, int *status,
	struct buf *answer)
{
	struct curl_slist *lines;
	CURLcode set = CURLE_OK;
	int rc;

	*status = 0;
	buf_clear(answer);
	if (!is_url(url))
		return err_set(ERR_USAGE, "httpc: url is not http:// or https://, or holds a query or a user");
	if (content_type && !is_type(content_type))
		return err_set(ERR_USAGE, "httpc: malformed content type");
	lines = lines_new(content_type);
	if (!lines)
		return err_set(ERR_NOMEM, "httpc: no memory for a request");
	h->answer = answer;
	keep(&set, curl_easy_setopt(h->curl, CURLOPT_URL, url));
	keep(&set, curl_easy_setopt(h->curl, CURLOPT_HTTPHEADER, lines));
	keep(&set, curl_easy_setopt(h->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)len));
	keep(&set, curl_easy_setopt(h->curl, CURLOPT_POSTFIELDS, len ? body : ""));
	keep(&set, curl_easy_setopt(h->curl, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)answer->max));
	rc = set == CURLE_OK ? post_perform(h, status) : err_set(ERR_NOMEM, "httpc: no memory for a request");
	curl_easy_setopt(h->curl, CURLOPT_HTTPHEADER, NULL);
	curl_easy_setopt(h->curl, CURLOPT_POSTFIELDS, NULL);
	curl_slist_free_all(lines);
	h->answer = NULL;
	if (rc != 0)
		buf_clear(answer);
	return rc;
}

int httpc_env_post(void *ctx, const char *url, const void *body, size_t body_len, int *status, struct buf *answer)
{
	return httpc_post(ctx, url, NULL, body, body_len, status, answer);
}
