/*
 * bench_contact: everything above TCP of one contact, heads and bodies, through the real HTTP server and client: what is left
 * when the payload (the compressed change set going up) is taken away. Bars: WIRE: 700 bytes up, 450 down; idle 350 and 350, one request.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/http.h"
#include "proto/base/httpc.h"
#include "tests/lib/centrekit.h"
#include "tests/lib/sample.h"

#define URL_BYTES 64

static void must(int err)
{
	if (err) {
		fprintf(stderr, "bench_contact: %s\n", err_message());
		exit(1);
	}
}

static int handle(void *ctx, const struct http_request *req, struct http_answer *ans)
{
	return intake_run(ctx, req->body, req->body_len, NULL, &ans->body);
}

static const struct http_route ROUTES[] = { { "POST", "/v1/sync", MESSAGE_REQUEST_BYTES_MAX, handle, true } };

/* Bytes of the compressed change set of everything the device has not sealed yet. */
static size_t payload_bytes(const struct device *d)
{
	struct edit_group *groups = calloc(d->group_count + 1, sizeof *groups);
	struct buf plain, frame;
	size_t count = 0, len;

	assert(groups);
	for (size_t i = 0; i < d->group_count; i++)
		if (d->groups[i]->seq == 0)
			groups[count++] = d->groups[i]->g;
	buf_init(&plain, CHANGESET_BYTES_MAX);
	buf_init(&frame, SEAL_ENVELOPE_BYTES_MAX);
	if (count) {
		must(changeset_encode(groups, count, &plain));
		must(pack_deflate(plain.data, plain.len, NULL, &frame));
	}
	len = frame.len;
	buf_fini(&plain);
	buf_fini(&frame);
	free(groups);
	return len;
}

static void write_applications(struct device *d, uint32_t first, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		struct sample_arena a = { 0 };
		struct edit_group g;
		struct sample *s;

		must(sample_application(d->form, 99, first + i, &s));
		must(sample_group(d->form, s, d->site, &d->counter, &g, &a));
		device_write_group(d, &g);
		sample_arena_fini(&a);
		sample_free(s);
	}
}

static void figure(const char *name, uint64_t value, uint64_t bar, const char *beside)
{
	printf("%s\t%llu\tB\t%llu\t%s\t%s\n", name, (unsigned long long)value, (unsigned long long)bar, beside,
		value <= bar ? "ok" : "short");
}

struct used {
	uint64_t up, down;
};

static struct used contact(struct device *d, struct httpc *h, const char *url)
{
	struct httpc_stats before, after;
	struct buf request, answer;
	int status;

	buf_init(&request, MESSAGE_REQUEST_BYTES_MAX);
	buf_init(&answer, MESSAGE_ANSWER_BYTES_MAX);
	device_seal(d);
	device_request(d, &request);
	httpc_stats(h, &before);
	must(httpc_env_post(h, url, request.data, request.len, &status, &answer));
	httpc_stats(h, &after);
	if (status != 200)
		must(err_set(ERR_IO, "status %d", status));
	must(device_take(d, answer.data, answer.len));
	buf_fini(&request);
	buf_fini(&answer);
	return (struct used){
		.up = after.head_bytes_sent + after.body_bytes_sent - before.head_bytes_sent - before.body_bytes_sent,
		.down = after.head_bytes_received + after.body_bytes_received - before.head_bytes_received - before.body_bytes_received,
	};
}

static void measure(struct device *d, struct httpc *h, const char *url, uint32_t count)
{
	char name[64];
	size_t payload;
	struct used u;

	write_applications(d, 1000 * count, count);
	payload = payload_bytes(d);
	u = contact(d, h, url);
	snprintf(name, sizeof name, "contact_up_beyond_payload_%u", count);
	figure(name, u.up - payload, 700, "0: everything above TCP but the compressed change set");
	snprintf(name, sizeof name, "contact_down_%u", count);
	figure(name, u.down, 450, "0: the receipt's signature alone is 64");
}

int main(void)
{
	static struct centrekit kit;
	static struct device d;
	char url[URL_BYTES];
	struct http *server;
	struct httpc *h;
	struct used u;

	centrekit_open(&kit);
	centrekit_enrol(&kit, &d, 5, CENTREKIT_NORTH);
	must(http_open(&server, &(struct http_options){ .routes = ROUTES, .route_count = 1, .ctx = kit.c }));
	must(httpc_new(&h, NULL));
	snprintf(url, sizeof url, "http://127.0.0.1:%u/v1/sync", http_port(server));
	contact(&d, h, url); /* brings manifest, form and dictionary when they are newer */
	u = contact(&d, h, url);
	figure("contact_idle_up", u.up, 350, "0, one request");
	figure("contact_idle_down", u.down, 350, "0, one answer");
	measure(&d, h, url, 1);
	measure(&d, h, url, 10);
	measure(&d, h, url, 100);
	httpc_free(h);
	http_close(server);
	device_fini(&d);
	centrekit_close(&kit);
	return 0;
}
