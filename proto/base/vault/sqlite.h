/*
 * sqlite: SQLite's interface, from the library or, in the loadable extension, from the program that loads it.
 *
 * -DVAULT_EXTENSION builds the same sources into mandoob_vault.so: all calls then go through the table that SQLite hands to
 * sqlite3_mandoobvault_init() (extension.c, which holds the pointer to it).
 */
#ifndef PROTO_BASE_VAULT_SQLITE_H
#define PROTO_BASE_VAULT_SQLITE_H

#ifdef VAULT_EXTENSION
#include <sqlite3ext.h>
extern const sqlite3_api_routines *sqlite3_api;
#define sqlite3_initialize() SQLITE_OK /* not in the table: whoever loads an extension has done it */
#else
#include <sqlite3.h>
#endif

#endif
