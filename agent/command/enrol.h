/*
 * enrol: how a new device comes to know its centre, and the centre the device (FORMAT.md section 13).
 *
 * The device makes its keys itself. A one-time code, told by another road, proves each side to the other. Keys and nonce are kept
 * before the request leaves, so that a lost answer is asked for again with the same bytes.
 */
#ifndef AGENT_COMMAND_ENROL_H
#define AGENT_COMMAND_ENROL_H

#include "agent/command/shell.h"

#define ENROL_WORDS_BYTES 96 /* four words of one language */

/* Read a code as a person types it: 16 symbols of base32, or 17 with a check symbol. ERR_USAGE. */
int enrol_code_parse(const char *typed, uint8_t out[static MESSAGE_CODE_BYTES]) MUST_CHECK;

/* Check an address of the centre and write it without a slash at its end to `out`. ERR_USAGE with what was expected. */
int enrol_url_parse(const char *typed, char out[static STORE_URL_BYTES_MAX + 1]) MUST_CHECK;

/*
 * Enrol the store at `url` (from enrol_url_parse()) over s->env->post. ERR_OFFLINE: what answered is not the centre; ERR_AUTH: the
 * centre does not know the code, or what answered does not; ERR_BUSY; ERR_USAGE: enrolled already. After a failure the same code may
 * be used again.
 */
int enrol(struct store *s, const char *url, const uint8_t code[static MESSAGE_CODE_BYTES], const char *name) MUST_CHECK;

/* The four words of the device's fingerprint in English and Arabic. The device is enrolled. */
int enrol_words(const struct store *s, char english[static ENROL_WORDS_BYTES], char arabic[static ENROL_WORDS_BYTES]) MUST_CHECK;

extern const struct cli_option ENROL_OPTIONS[];
int enrol_command(void *ctx, const struct cli_args *args) MUST_CHECK;

#endif
