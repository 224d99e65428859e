/*
 * vaulttest: any SQLite program on vaults: with the vault VFS as the default, every database that sqlite3_open() makes is a vault under
 * one fixed key.
 *
 * The files may have any page size from 1024 to 65536 (PRAGMA page_size before the first table) and any journal mode; everything they
 * are made of goes through the VFS below, so that a file system that fails, crashes or listens can sit there. Nothing asks for a
 * passphrase: the files have no key slots.
 */
#ifndef TESTS_LIB_VAULTTEST_H
#define TESTS_LIB_VAULTTEST_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Make the vault VFS, above the VFS named `lower` (NULL: the system's), SQLite's default. May be repeated, with another `lower` and
 * after sqlite3_shutdown(). 0, or an ERR_* code with a message.
 */
int vault_test_init(const char *lower);

/* The suite of files made from now on (seal.h). false: this build's libsodium does not have it, and nothing is changed. */
bool vault_test_suite(uint16_t id);

/* Take the fixed key away again: what is open stays usable, what is opened from now on is refused. Harmless without a key. */
void vault_test_fini(void);

#endif
