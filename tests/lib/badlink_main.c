/*
 * badlink_main: a link between devices and the centre that fails on purpose; a program of its own, for tests written in shell.
 *
 * badlink PORT_FILE TARGET_FILE MODE_FILE
 *
 * Listens on 127.0.0.1 at a port that the system chooses and writes its number to PORT_FILE. For every connection it reads the port
 * of the centre from TARGET_FILE and what to do from MODE_FILE, so that a script can change both while devices keep their address:
 *   pass               hand everything on
 *   portal             be a captive portal: answer every request with "200 OK" and a page of HTML; the centre sees nothing
 *   drop-answer        hand the request on, let the centre answer, and hand nothing of that back
 *   cut-request BYTES  hand on that many bytes towards the centre, then hang up
 *   cut-answer BYTES   the same towards the device
 *   flip-request BYTE  hand on everything, with the lowest bit of that byte towards the centre turned; counted from 0
 *   flip-answer BYTE   the same towards the device
 *   record FILE        hand on everything; what follows the first HTTP head goes to FILE.up and FILE.down as well
 * Connections are served one after another. It ends with SIGTERM.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LINE_BYTES_MAX 512
#define PIECE_BYTES 16384
#define IDLE_MS 20000  /* a connection on which nothing moves for so long is given up */
#define ANSWER_MS 500  /* an answer is taken to be whole when the centre is silent for so long */

static const char page[] = "<html><head><title>Welcome</title></head><body>Please accept the conditions of this network.</body></html>";

enum mode {
	MODE_PASS,
	MODE_PORTAL,
	MODE_DROP_ANSWER,
	MODE_CUT_REQUEST,
	MODE_CUT_ANSWER,
	MODE_FLIP_REQUEST,
	MODE_FLIP_ANSWER,
	MODE_RECORD,
	MODES
};

static const char *const mode_names[MODES] = { "pass", "portal", "drop-answer", "cut-request", "cut-answer", "flip-request", "flip-answer",
					       "record" };

struct order { /* what to do with one connection */
	enum mode mode;
	uint64_t bytes;
	char file[LINE_BYTES_MAX];
};

struct road { /* one direction of one connection */
	int from;
	int to;
	bool is_up;       /* towards the centre */
	uint64_t bytes;   /* handed on so far */
	FILE *record;     /* NULL: none */
	unsigned blank;   /* how many characters of the blank line after the HTTP head were met; 4: the body has begun */
};

static int fail(const char *what)
{
	fprintf(stderr, "badlink: %s: %s\n", what, strerror(errno));
	return 1;
}

static bool line_read(const char *path, char line[static LINE_BYTES_MAX])
{
	FILE *f = fopen(path, "r");
	bool is_read = f && fgets(line, LINE_BYTES_MAX, f);

	if (f)
		fclose(f);
	if (is_read)
		line[strcspn(line, "\n")] = '\0';
	return is_read;
}

static bool order_read(const char *path, struct order *out)
{
	char line[LINE_BYTES_MAX];
	size_t len;

	if (!line_read(path, line))
		return false;
	len = strcspn(line, " ");
	for (int i = 0; i < MODES; i++) {
		if (strlen(mode_names[i]) != len || memcmp(mode_names[i], line, len) != 0)
			continue;
		out->mode = (enum mode)i;
		snprintf(out->file, sizeof(out->file), "%s", line[len] ? line + len + 1 : "");
		out->bytes = strtoull(out->file, NULL, 10);
		return true;
	}
	fprintf(stderr, "badlink: %s: unknown mode %s\n", path, line);
	return false;
}

static bool send_all(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = send(fd, data, len, MSG_NOSIGNAL);

		if (n <= 0)
			return false;
		data += n;
		len -= (size_t)n;
	}
	return true;
}

static int target_connect(const char *path)
{
	char line[LINE_BYTES_MAX];
	struct sockaddr_in to = { .sin_family = AF_INET };
	int fd;

	if (!line_read(path, line))
		return -1;
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	to.sin_port = htons((uint16_t)strtoul(line, NULL, 10));
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* How many bytes a request has in all, as its head says; 0 while the head is not whole. */
static size_t request_bytes(const char *head)
{
	const char *end = strstr(head, "\r\n\r\n");
	const char *length = end ? strcasestr(head, "\r\ncontent-length:") : NULL;

	return end ? (size_t)(end - head) + 4 + (length && length < end ? strtoull(length + 17, NULL, 10) : 0) : 0;
}

/* Read a request to its end and forget it. */
static void request_swallow(int fd)
{
	char head[PIECE_BYTES + 1] = "";
	size_t len = 0;
	size_t want = 0;

	while (want == 0 || len < want) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		char piece[PIECE_BYTES];
		ssize_t n = poll(&p, 1, IDLE_MS) > 0 ? recv(fd, piece, sizeof(piece), 0) : -1;

		if (n <= 0 || (want == 0 && (size_t)n > PIECE_BYTES - len))
			return;
		if (want == 0) {
			memcpy(head + len, piece, (size_t)n);
			head[len + (size_t)n] = '\0';
			want = request_bytes(head);
		}
		len += (size_t)n;
	}
}

static void portal_answer(int fd)
{
	char head[256];

	request_swallow(fd);
	snprintf(head, sizeof(head), "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n",
		 sizeof(page) - 1);
	if (send_all(fd, head, strlen(head)) && send_all(fd, page, sizeof(page) - 1))
		shutdown(fd, SHUT_WR);
}

static void record_piece(struct road *r, const char *data, size_t len)
{
	static const char blank[] = "\r\n\r\n";

	for (size_t i = 0; i < len; i++) {
		if (r->blank == 4)
			putc(data[i], r->record);
		else if (data[i] == blank[r->blank])
			r->blank++;
		else
			r->blank = data[i] == '\r';
	}
	fflush(r->record);
}

/* Hand on one piece as ordered; false: the connection is over. */
static bool road_carry(struct road *r, const struct order *o)
{
	char piece[PIECE_BYTES];
	ssize_t n = recv(r->from, piece, sizeof(piece), 0);
	size_t len = n > 0 ? (size_t)n : 0;
	bool is_cut = false;

	if (n <= 0)
		return false;
	if (o->mode == MODE_DROP_ANSWER && !r->is_up)
		return true;
	if (o->mode == (r->is_up ? MODE_CUT_REQUEST : MODE_CUT_ANSWER) && r->bytes + len >= o->bytes) {
		len = (size_t)(o->bytes - r->bytes);
		is_cut = true;
	}
	if (o->mode == (r->is_up ? MODE_FLIP_REQUEST : MODE_FLIP_ANSWER) && o->bytes >= r->bytes && o->bytes - r->bytes < len)
		piece[o->bytes - r->bytes] ^= 1;
	if (r->record)
		record_piece(r, piece, len);
	r->bytes += len;
	return send_all(r->to, piece, len) && !is_cut;
}

static FILE *record_open(const struct order *o, const char *suffix)
{
	char path[LINE_BYTES_MAX + 8];

	if (o->mode != MODE_RECORD)
		return NULL;
	snprintf(path, sizeof(path), "%s%s", o->file, suffix);
	return fopen(path, "w");
}

static void connection_run(int device, int centre, const struct order *o)
{
	struct road up = { .from = device, .to = centre, .is_up = true, .record = record_open(o, ".up") };
	struct road down = { .from = centre, .to = device, .record = record_open(o, ".down") };
	bool is_answered = false;
	bool is_open = true;

	while (is_open) {
		struct pollfd p[2] = { { .fd = device, .events = POLLIN }, { .fd = centre, .events = POLLIN } };

		if (poll(p, 2, is_answered && o->mode == MODE_DROP_ANSWER ? ANSWER_MS : IDLE_MS) <= 0)
			break;
		if (p[1].revents) {
			is_answered = true;
			is_open = road_carry(&down, o);
		} else if (p[0].revents)
			is_open = road_carry(&up, o);
	}
	if (up.record)
		fclose(up.record);
	if (down.record)
		fclose(down.record);
}

static void connection_serve(int device, const char *target_file, const char *mode_file)
{
	struct order order = { .mode = MODE_PASS };
	int centre;

	if (!order_read(mode_file, &order))
		return;
	if (order.mode == MODE_PORTAL) {
		portal_answer(device);
		return;
	}
	centre = target_connect(target_file);
	if (centre < 0)
		return;
	connection_run(device, centre, &order);
	close(centre);
}

/* Listen, and tell the port by a file that appears whole. */
static int listen_any(const char *port_file)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t len = sizeof(at);
	char path[LINE_BYTES_MAX + 8];
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	FILE *f;

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) != 0 || listen(fd, 64) != 0 ||
	    getsockname(fd, (struct sockaddr *)&at, &len) != 0)
		return -1;
	snprintf(path, sizeof(path), "%s.new", port_file);
	f = fopen(path, "w");
	if (!f || fprintf(f, "%u\n", (unsigned)ntohs(at.sin_port)) < 0 || fclose(f) != 0 || rename(path, port_file) != 0)
		return -1;
	return fd;
}

int main(int argc, char **argv)
{
	int listener;

	if (argc != 4) {
		fprintf(stderr, "usage: badlink PORT_FILE TARGET_FILE MODE_FILE\n");
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	listener = listen_any(argv[1]);
	if (listener < 0)
		return fail("cannot listen");
	for (;;) {
		int device = accept(listener, NULL, NULL);

		if (device < 0 && errno != EINTR && errno != ECONNABORTED)
			return fail("cannot accept");
		if (device < 0)
			continue;
		connection_serve(device, argv[2], argv[3]);
		close(device);
	}
}
