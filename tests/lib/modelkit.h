/*
 * modelkit: a case under a small form made of tables (tests/lib/formkit.h), for tests of the model. The moment is 23 November 2026, 09:00
 * in Riyadh; the only property of the device is "username". Whatever fails ends the test. Texts given back are good until the next call
 * of the same function.
 */
#ifndef TESTS_LIB_MODELKIT_H
#define TESTS_LIB_MODELKIT_H

#include "proto/form/model.h"

#define MODELKIT_NOW_MS 1795413600000 /* 2026-11-23T06:00:00Z */
#define MODELKIT_FIRST_ID 100         /* entries that are made get the ids above it */
#define MODELKIT_TEXT_BYTES 4096

struct modelkit {
	struct form *form;
	struct plan *plan;
	struct reflist *list;    /* NULL: none */
	struct model_world world;
	struct model *model;
	uint64_t last_id;
	uint64_t random;
	char value[MODELKIT_TEXT_BYTES];
	char text[MODELKIT_TEXT_BYTES];
};

/* Form, plan and model, not open; case 0 is a new one. */
void modelkit_begin(struct modelkit *k, const char *tables, uint64_t case_id);
/* A reference list made of CSV, between begin and start. */
void modelkit_list(struct modelkit *k, const char *name, const char *csv);
/* A register of a field by the names of entry type and field. */
void modelkit_put(struct modelkit *k, const char *type, uint64_t entry, const char *field, const char *value);
void modelkit_start(struct modelkit *k);
/* All of it for case 1, of which the store has nothing. */
void modelkit_open(struct modelkit *k, const char *tables);
void modelkit_close(struct modelkit *k);

struct model_node *modelkit_node(struct modelkit *k, const char *path);
void modelkit_set(struct modelkit *k, const char *path, const char *value);
struct model_node *modelkit_add(struct modelkit *k, const char *path);
void modelkit_remove(struct modelkit *k, const char *path);

/* As expressions see it. */
const char *modelkit_value(struct modelkit *k, const char *path);
const char *modelkit_words(struct modelkit *k, const char *path, size_t language);
const char *modelkit_title(struct modelkit *k);
/* "a=Label b=Other*": a star is chosen; in the first language. */
const char *modelkit_choices(struct modelkit *k, const char *path);
/* "root 1 a=x, member 7 b=y": type, id, field, value. */
const char *modelkit_changes(struct modelkit *k);
/* "a missing hard, b warned". */
const char *modelkit_problems(struct modelkit *k);

#endif
