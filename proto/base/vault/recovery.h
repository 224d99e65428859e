/*
 * recovery: a recovery key as a person writes it down and types it (private to proto/base/vault/). Bytes and text only.
 *
 * 160 random bits and a checksum of 20 bits, in nine groups of four characters: "7Q2M-X4RD-...". The 32 characters are Crockford's:
 * the digits, and the capital letters without I L O U. Read back, letter case, spaces, all sorts of hyphens and the marks that turn
 * the direction of writing do not matter; O is 0, I and L are 1, and Arabic-Indic and Persian digits are digits.
 *
 * The characters are taken in pairs as 18 numbers of 10 bits, a word of a Reed-Solomon code over GF(1024) with two check numbers. Any
 * mistake that touches at most two of the pairs is noticed for certain: one character, two characters, two characters exchanged.
 * Of all others one in a million passes. The checksum says nothing about the key that the other characters do not say.
 */
#ifndef PROTO_BASE_VAULT_RECOVERY_H
#define PROTO_BASE_VAULT_RECOVERY_H

#include <stddef.h>
#include <stdint.h>

#include "proto/base/err.h"
#include "proto/base/vault/vault.h"

#define VAULT_RECOVERY_BYTES 20

/* The text for a person; read by vault_recovery_decode(). */
void vault_recovery_encode(const uint8_t secret[static VAULT_RECOVERY_BYTES], char text[static VAULT_RECOVERY_TEXT_BYTES]);

/* The key from `len` bytes of UTF-8 text. ERR_USAGE, with zeros in `secret`: not such a text, or mistyped. */
int vault_recovery_decode(const char *text, size_t len, uint8_t secret[static VAULT_RECOVERY_BYTES]) MUST_CHECK;

#endif
