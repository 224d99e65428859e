/*
 * err: the short list of ways in which a function here can fail, and the message that goes with a failure.
 *
 * A function that can fail returns int: 0, or one of the negative codes below. The place that first notices the failure
 * calls err_set() with the fact it knows; layers above may add one clause with err_context(). The message belongs to the
 * calling thread and stays until the next err_set() on that thread. Messages never hold personal data or secrets: ids,
 * sizes, offsets, file names and codes only.
 */
#ifndef PROTO_BASE_ERR_H
#define PROTO_BASE_ERR_H

#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))

enum err {
	ERR_CORRUPT = -1,    /* bytes break their format: drop them, change nothing */
	ERR_AUTH = -2,       /* wrong passphrase, key, signature or right: ask again or refuse */
	ERR_LIMIT = -3,      /* larger than a stated ceiling: refuse, or split and try again */
	ERR_IO = -4,         /* disk or system call: tell the person; a retry may succeed */
	ERR_BUSY = -5,       /* somebody else holds it: try again later */
	ERR_OFFLINE = -6,    /* no link, or what answered was not the centre: try again later */
	ERR_NOT_FOUND = -7,  /* the named thing does not exist */
	ERR_STALE = -8,      /* older than what is held, made for another state, or of a newer program: fetch anew or update */
	ERR_NOMEM = -9,      /* no memory: give up this operation, the state is unharmed */
	ERR_USAGE = -10,     /* the caller or the person asked for something that makes no sense */
	ERR_REFUSED = -11,   /* understood and looked at, and a rule says no: tell the reasons; the state is unharmed */
};

/* Keep a message for this thread and return `code`, so that callers write `return err_set(ERR_IO, "...")`. */
int err_set(int code, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Put one clause before the kept message ("clause: message") and return `code` unchanged. */
int err_context(int code, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* The kept English message, "" when there is none. Valid until the next call on this thread. */
const char *err_message(void);

/* The sentence for a person in Arabic that goes with `code`: what kind of failure it is and what to do. Never NULL. */
const char *err_arabic(int code);

/* The code's own short name for logs and --json ("corrupt", "auth", ...); "ok" for 0. Never NULL. */
const char *err_name(int code);

/* The exit status of a program that ends with `code`: 0 done, 1 failed, 2 usage, 75 try again later (sysexits EX_TEMPFAIL). */
int err_exit(int code);

#endif
