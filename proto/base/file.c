/*
 * file: see file.h.
 *
 * Durable creation is: write, fsync the file, close, and fsync the folder, since on Linux the name of a new file is data
 * of its folder. Replacing goes through a temporary file in the same folder, because rename() is atomic only there.
 */
#include "proto/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "proto/base/log.h"

#define FILE_MODE 0600
#define DIR_MODE 0700
#define READ_STEP_BYTES 16384
#define NO_STOP (-1)

/* The message of a system call that failed on `path`, from errno. */
static int file_error(const char *path, const char *what)
{
	int code = errno == ENOENT ? ERR_NOT_FOUND : errno == ENOMEM ? ERR_NOMEM : ERR_IO;

	return err_set(code, "%s: %s: %s", path, what, strerror(errno));
}

static int file_read_descriptor(const char *path, int fd, struct buf *out)
{
	uint8_t step[READ_STEP_BYTES];
	ssize_t got;
	int rc;

	while ((got = read(fd, step, sizeof step)) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			break;
		buf_append(out, step, (size_t)got);
		if (out->error)
			break;
	}
	rc = got < 0 ? file_error(path, "read") : buf_error(out);
	if (rc != 0 && got >= 0)
		rc = err_context(rc, "%s", path);
	sodium_memzero(step, sizeof step);
	return rc;
}

static int write_all(int fd, const char *data, size_t len)
{
	while (len != 0) {
		ssize_t written = write(fd, data, len);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return -1;
		data += written;
		len -= (size_t)written;
	}
	return 0;
}

/* Fill the open file `fd` durably and close it in any case. */
static int file_fill(const char *path, int fd, const void *data, size_t len)
{
	int rc = 0;

	if (fchmod(fd, FILE_MODE) != 0)
		rc = file_error(path, "chmod");
	else if (write_all(fd, data, len) != 0)
		rc = file_error(path, "write");
	else if (fsync(fd) != 0)
		rc = file_error(path, "fsync");
	if (close(fd) != 0 && rc == 0)
		rc = file_error(path, "close");
	return rc;
}

/* Make the name of `path` durable by syncing the folder that holds it. */
static int parent_sync(const char *path)
{
	char parent[PATH_MAX];
	const char *slash = strrchr(path, '/');
	size_t len = slash ? (size_t)(slash - path) : 0;
	int fd, rc = 0;

	if (len >= sizeof parent)
		return err_set(ERR_LIMIT, "%s: path longer than %d bytes", path, PATH_MAX);
	memcpy(parent, path, len);
	parent[len] = '\0';
	fd = open(len ? parent : slash ? "/" : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return file_error(path, "open the folder that holds it");
	if (fsync(fd) != 0)
		rc = file_error(path, "fsync the folder that holds it");
	close(fd);
	return rc;
}

static int dir_make_one(const char *path)
{
	struct stat st;

	if (mkdir(path, DIR_MODE) == 0)
		return chmod(path, DIR_MODE) == 0 ? parent_sync(path) : file_error(path, "chmod");
	if (errno != EEXIST)
		return file_error(path, "make folder");
	if (stat(path, &st) != 0)
		return file_error(path, "stat");
	if (!S_ISDIR(st.st_mode))
		return err_set(ERR_IO, "%s: make folder: a file of that name is in the way", path);
	return 0;
}

/* Read one line into `line` byte by byte, so that nothing behind it is taken from a pipe. `stop` ends it too: *stopped. */
static int line_read(const char *what, int fd, int stop, char line[static FILE_SECRET_BYTES_MAX + 2], bool *stopped)
{
	size_t len = 0;
	ssize_t got;
	char c;

	for (;;) {
		got = read(fd, &c, 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return file_error(what, "read");
		*stopped = got == 1 && stop != NO_STOP && (unsigned char)c == stop;
		if (got == 0 || c == '\n' || *stopped)
			break;
		if (c == '\0')
			return err_set(ERR_USAGE, "%s: the passphrase holds a NUL byte; it must be one line of text", what);
		if (len == FILE_SECRET_BYTES_MAX + 1) /* one more than allowed, for a CR */
			return err_set(ERR_LIMIT, "%s: the passphrase is longer than %d bytes", what, FILE_SECRET_BYTES_MAX);
		line[len++] = c;
	}
	if (len != 0 && line[len - 1] == '\r')
		len--;
	line[len] = '\0';
	if (len > FILE_SECRET_BYTES_MAX)
		return err_set(ERR_LIMIT, "%s: the passphrase is longer than %d bytes", what, FILE_SECRET_BYTES_MAX);
	return 0;
}

/* As line_read(), into locked memory of the caller's. */
static int secret_read(const char *what, int fd, int stop, char **out)
{
	bool stopped = false;
	char *line;
	int rc;

	*out = NULL;
	if (sodium_init() < 0)
		return err_set(ERR_IO, "%s: the cryptographic library does not start", what);
	line = sodium_malloc(FILE_SECRET_BYTES_MAX + 2);
	if (!line)
		return err_set(ERR_NOMEM, "%s: no locked memory for the passphrase", what);
	rc = line_read(what, fd, stop, line, &stopped);
	if (rc == 0 && stopped)
		rc = err_set(ERR_USAGE, "%s: cancelled", what);
	if (rc == 0 && line[0] == '\0')
		rc = err_set(ERR_USAGE, "%s: the first line is empty; a passphrase was expected", what);
	if (rc != 0) {
		sodium_free(line);
		return rc;
	}
	*out = line;
	return 0;
}

int file_read(const char *path, struct buf *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int rc;

	if (fd < 0)
		rc = file_error(path, "open");
	else
		rc = file_read_descriptor(path, fd, out);
	if (fd >= 0)
		close(fd);
	if (rc != 0)
		buf_fini(out);
	return rc;
}

int file_write_new(const char *path, const void *data, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, FILE_MODE);
	int rc;

	if (fd < 0 && errno == EEXIST)
		return err_set(ERR_USAGE, "%s: exists already and is left alone; a new name was expected", path);
	if (fd < 0)
		return file_error(path, "create");
	rc = file_fill(path, fd, data, len);
	if (rc == 0)
		rc = parent_sync(path);
	if (rc != 0)
		unlink(path);
	return rc;
}

int file_replace(const char *path, const void *data, size_t len)
{
	char temp[PATH_MAX];
	int fd, rc;

	if ((size_t)snprintf(temp, sizeof temp, "%s.new-XXXXXX", path) >= sizeof temp)
		return err_set(ERR_LIMIT, "%s: path longer than %d bytes", path, PATH_MAX);
	fd = mkostemp(temp, O_CLOEXEC);
	if (fd < 0)
		return file_error(path, "create a temporary file beside it");
	rc = file_fill(temp, fd, data, len);
	if (rc == 0 && rename(temp, path) != 0)
		rc = file_error(path, "rename");
	if (rc != 0) {
		unlink(temp);
		return rc;
	}
	return parent_sync(path);
}

int dir_make(const char *path)
{
	char part[PATH_MAX];
	size_t len = strlen(path);

	if (len == 0 || len >= sizeof part)
		return err_set(ERR_USAGE, "folder: a path of 1 to %d bytes was expected", PATH_MAX - 1);
	memcpy(part, path, len + 1);
	for (size_t i = 1; i < len; i++) {
		int rc;

		if (part[i] != '/')
			continue;
		part[i] = '\0';
		rc = dir_make_one(part);
		if (rc != 0)
			return rc;
		part[i] = '/';
	}
	return dir_make_one(part);
}

int file_read_secret(const char *path, char **out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	int rc;

	*out = NULL;
	if (fd < 0)
		return file_error(path, "open");
	if (fstat(fd, &st) == 0 && (st.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		log_event(LOG_WARN, "file", "secret_open_to_others", "path=%s mode=%04o", path, (unsigned)(st.st_mode & 07777));
	rc = secret_read(path, fd, NO_STOP, out);
	close(fd);
	return rc;
}

int file_read_secret_fd(int fd, char **out)
{
	char what[32];

	snprintf(what, sizeof what, "descriptor %d", fd);
	return secret_read(what, fd, NO_STOP, out);
}

/*
 * While echo is off the interrupt key must not kill us, or the shell would be left without echo: it ends the line instead,
 * and the prompt fails as cancelled.
 */
int file_prompt_secret(const char *prompt, char **out)
{
	struct termios before, quiet;
	int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
	int rc;

	*out = NULL;
	if (fd < 0 || tcgetattr(fd, &before) != 0) {
		if (fd >= 0)
			close(fd);
		return err_set(ERR_USAGE, "passphrase: there is no terminal to ask at; give it as a file or a descriptor");
	}
	quiet = before;
	quiet.c_lflag &= ~(tcflag_t)(ECHO | ISIG);
	quiet.c_lflag |= ECHONL | ICANON;
	quiet.c_cc[VEOL] = before.c_cc[VINTR];
	if (tcsetattr(fd, TCSAFLUSH, &quiet) != 0 || write_all(fd, prompt, strlen(prompt)) != 0)
		rc = file_error("/dev/tty", "prompt");
	else
		rc = secret_read("/dev/tty", fd, before.c_cc[VINTR] == _POSIX_VDISABLE ? NO_STOP : before.c_cc[VINTR], out);
	(void)tcsetattr(fd, TCSAFLUSH, &before);
	close(fd);
	return rc;
}

void file_secret_free(char *secret)
{
	sodium_free(secret);
}
