/*
 * rawpost_main: send the bytes of a file as the body of one HTTP request, whatever they are; a program of its own, for tests in shell.
 *
 * rawpost PORT PATH FILE [OUT]: POST to 127.0.0.1:PORT. Prints the three digits of the status, or 000 when no answer came; the body
 * of the answer goes to OUT.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define BODY_BYTES_MAX (8 * 1024 * 1024)
#define WAIT_S 20

static int centre_connect(const char *port)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	struct timeval wait = { .tv_sec = WAIT_S };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	to.sin_port = htons((uint16_t)strtoul(port, NULL, 10));
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	return fd;
}

static void send_all(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = send(fd, data, len, MSG_NOSIGNAL);

		if (n <= 0)
			return; /* the centre may refuse early; its answer counts */
		data += n;
		len -= (size_t)n;
	}
}

static size_t receive_all(int fd, char *data, size_t max)
{
	size_t len = 0;

	while (len < max) {
		ssize_t n = recv(fd, data + len, max - len, 0);

		if (n <= 0)
			break;
		len += (size_t)n;
	}
	data[len] = '\0';
	return len;
}

static void answer_show(const char *data, size_t len, const char *out)
{
	const char *body = strstr(data, "\r\n\r\n");
	FILE *f = out ? fopen(out, "w") : NULL;

	if (len > 12 && memcmp(data, "HTTP/1.1 ", 9) == 0)
		printf("%.3s\n", data + 9);
	else
		printf("000\n");
	if (f && body)
		fwrite(body + 4, 1, len - (size_t)(body + 4 - data), f);
	if (f)
		fclose(f);
}

int main(int argc, char **argv)
{
	char *data = malloc(BODY_BYTES_MAX + 1);
	FILE *f = argc >= 4 ? fopen(argv[3], "r") : NULL;
	char head[256];
	size_t len;
	int fd;

	if (!data || !f || argc > 5) {
		fprintf(stderr, "usage: rawpost PORT PATH FILE [OUT]\n");
		return 2;
	}
	len = fread(data, 1, BODY_BYTES_MAX, f);
	fclose(f);
	fd = centre_connect(argv[1]);
	if (fd < 0) {
		fprintf(stderr, "rawpost: cannot connect\n");
		return 1;
	}
	snprintf(head, sizeof(head), "POST %s HTTP/1.1\r\nHost: 127.0.0.1:%s\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n",
		 argv[2], argv[1], len);
	send_all(fd, head, strlen(head));
	send_all(fd, data, len);
	answer_show(data, receive_all(fd, data, BODY_BYTES_MAX), argc == 5 ? argv[4] : NULL);
	close(fd);
	free(data);
	return 0;
}
