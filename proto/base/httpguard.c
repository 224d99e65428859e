/*
 * httpguard: see httpguard.h.
 *
 * Debian's libmicrohttpd 0.9.75 is lenient: it accepts two different Content-Lengths, a missing or a second Host, folded
 * header lines, "Content-Length :", bare LF, Content-Length beside Transfer-Encoding and NUL in the address. Most of it
 * shows in the values that it hands out. Folds, bare LFs and NULs do not; but that release cuts the head in place, so that
 * the distances between method, address, version, names and values are the distances on the wire, and head_is_exact()
 * checks them: each line must end in exactly CR LF and nothing may hide in between. tests/unit/test_httpguard.c holds the list of
 * requests that must never reach a handler.
 */
#include "proto/base/httpguard.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define HOST_BYTES_MAX 255
#define PORT_DIGITS_MAX 5
#define LENGTH_DIGITS_MAX 15 /* more than any ceiling, less than any overflow */

static const struct httpguard_refusal PASS = { 0, NULL };

static bool is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* RFC 9110 5.6.2: the characters of a header's name. */
static bool is_token(const char *text)
{
	const char *c = text;

	while (is_alnum(*c) || (*c && strchr("!#$%&'*+-.^_`|~", *c)))
		c++;
	return c > text && !*c;
}

/* A header's value may hold spaces, tabs and bytes of other scripts, but no control characters. */
static bool is_value(const char *text)
{
	for (const char *c = text; *c; c++)
		if (((unsigned char)*c < 0x20 && *c != '\t') || *c == 0x7f)
			return false;
	return true;
}

/* Nothing, or ':' and a port. */
static bool is_port_suffix(const char *text)
{
	size_t digits;

	if (!*text)
		return true;
	digits = strspn(text + 1, "0123456789");
	return *text == ':' && digits >= 1 && digits <= PORT_DIGITS_MAX && !text[1 + digits];
}

/* A name, an IPv4 address, or an IPv6 address in brackets; with or without a port. */
static bool is_host(const char *host)
{
	const bool bracket = *host == '[';
	const char *allowed = bracket ? ":." : "-._";
	const char *at = host + bracket;

	while (is_alnum(*at) || (*at && strchr(allowed, *at)))
		at++;
	if (at == host + bracket || strlen(host) > HOST_BYTES_MAX)
		return false;
	if (bracket && *at++ != ']')
		return false;
	return is_port_suffix(at);
}

const char *httpguard_find(const struct http_header *headers, size_t header_count, const char *name, size_t *count)
{
	const char *value = NULL;
	size_t found = 0;

	for (size_t i = 0; i < header_count; i++) {
		if (strcasecmp(headers[i].name, name) != 0)
			continue;
		value = headers[i].value;
		found++;
	}
	if (count)
		*count = found;
	return found == 1 ? value : NULL;
}

bool httpguard_is_target_bad(const char *target)
{
	for (const char *c = target; *c; c++)
		if ((unsigned char)*c <= ' ' || (unsigned char)*c >= 0x7f || *c == '?')
			return true;
	return *target != '/';
}

/* Bytes on the wire from `from` to `to`; computed on integers, since on a broken head they need not be in one object. */
static size_t distance(const char *from, const char *to)
{
	return (size_t)((uintptr_t)to - (uintptr_t)from);
}

/*
 * Method SP target SP version CR LF, then name ':' OWS value CR LF for each header, then CR LF, and not a byte besides.
 * A folded line moves its value out of the head, a bare LF shortens a distance, a NUL lengthens one.
 */
static bool head_is_exact(const struct httpguard_head *head)
{
	const char *end = head->version + strlen(head->version);

	if (distance(head->method, head->path) != strlen(head->method) + 1)
		return false;
	if (distance(head->path, head->version) != strlen(head->path) + 1)
		return false;
	for (size_t i = 0; i < head->header_count; i++) {
		const struct http_header *line = &head->headers[i];
		size_t colon = distance(line->name, line->value);

		if (distance(end, line->name) != 2 || colon <= strlen(line->name) || colon > head->exact_bytes)
			return false;
		end = line->value + strlen(line->value);
	}
	return head->exact_bytes == distance(head->method, end) + 4;
}

/* Why these lengths could be read in two ways; NULL when they cannot. */
static const char *framing_fault(const struct httpguard_head *head)
{
	size_t length_count, coding_count, digits;
	const char *length = httpguard_find(head->headers, head->header_count, "Content-Length", &length_count);
	const char *coding = httpguard_find(head->headers, head->header_count, "Transfer-Encoding", &coding_count);

	if (length_count > 1)
		return "more than one Content-Length";
	if (coding_count > 0 && (length_count > 0 || !coding || strcasecmp(coding, "chunked") != 0))
		return "bad Transfer-Encoding";
	if (!length)
		return NULL;
	digits = strspn(length, "0123456789");
	if (digits == 0 || length[digits] || (length[0] == '0' && digits > 1))
		return "bad Content-Length";
	return NULL;
}

/* Why a head must not pass, in words; NULL when it may. */
static const char *head_fault(const struct httpguard_head *head)
{
	const char *host;
	size_t count;

	if (httpguard_is_target_bad(head->path))
		return "bad request target";
	if (strcmp(head->version, "HTTP/1.1") != 0)
		return "not HTTP/1.1";
	for (size_t i = 0; i < head->header_count; i++)
		if (!is_token(head->headers[i].name) || !is_value(head->headers[i].value))
			return "bad header line";
	if (head->exact_bytes && !head_is_exact(head))
		return "bad line ends or hidden bytes";
	host = httpguard_find(head->headers, head->header_count, "Host", &count);
	if (count != 1)
		return "need exactly one Host";
	if (!is_host(host))
		return "bad Host";
	httpguard_find(head->headers, head->header_count, "Content-Type", &count);
	if (count > 1)
		return "more than one Content-Type";
	return framing_fault(head);
}

struct httpguard_refusal httpguard_check(const struct httpguard_head *head)
{
	const char *fault = head_fault(head);

	return fault ? (struct httpguard_refusal){ 400, fault } : PASS;
}

struct httpguard_refusal httpguard_check_length(const struct httpguard_head *head, size_t body_max)
{
	const char *length = httpguard_find(head->headers, head->header_count, "Content-Length", NULL);

	if (!length && (body_max > 0 || httpguard_find(head->headers, head->header_count, "Transfer-Encoding", NULL)))
		return (struct httpguard_refusal){ 411, "need Content-Length" };
	if (length && (strlen(length) > LENGTH_DIGITS_MAX || strtoull(length, NULL, 10) > body_max))
		return (struct httpguard_refusal){ 413, "body too large" };
	return PASS;
}

bool httpguard_is_host_ours(const struct httpguard_head *head, const char *const *hosts, uint16_t port)
{
	const char *host = httpguard_find(head->headers, head->header_count, "Host", NULL);
	char ours[HOST_BYTES_MAX + 8];

	if (!hosts)
		return true;
	for (const char *const *p = hosts; host && *p; p++) {
		size_t len = strlen(*p);

		if (len > 2 && !strcmp(*p + len - 2, ":0"))
			snprintf(ours, sizeof ours, "%.*s:%u", (int)(len - 2), *p, port);
		else
			snprintf(ours, sizeof ours, "%s", *p);
		if (!strcasecmp(ours, host))
			return true;
	}
	return false;
}
