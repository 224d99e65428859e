/*
 * form: a published form as both programs use it: fields, entry types and choice lists, read from its canonical text.
 *
 * The canonical text (FORMAT.md section 3) is named by its hash: the same hash gives the same field and choice tables on
 * every machine, which is what lets the wire say a field as a small integer. A form never changes after publishing.
 * A struct form is read-only after form_parse() and may be shared between threads.
 */
#ifndef PROTO_FORM_FORM_H
#define PROTO_FORM_FORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/err.h"

#define FORM_HASH_BYTES 32
#define FORM_TEXT_BYTES_MAX (1024 * 1024) /* canonical text; the default form has about 45 KB */
#define FORM_FIELDS_MAX 2000              /* FORMAT.md section 12 */
#define FORM_ENTRY_TYPES_MAX 64
#define FORM_LISTS_MAX 500
#define FORM_CHOICES_MAX 20000            /* of one list */
#define FORM_GROUPS_MAX 500
#define FORM_NAME_BYTES_MAX 64            /* form, field, entry type, group and list names: [a-z_][a-z0-9_]*; choice codes:
					   * [a-z0-9_-]+, as in open lists; no NUL counted */
#define FORM_VERSION_BYTES_MAX 32         /* [0-9A-Za-z._-]+ */
#define FORM_COLUMN_BYTES_MAX 4096        /* labels, relevance and notes, unescaped */

/* Field 0 of every form: the removal of an entry, "yes" or "" (FORMAT.md section 2). It belongs to every entry type but root. */
#define FORM_FIELD_GONE 0
#define FORM_FIELD_GONE_NAME "_gone"
/* Entry type 0 of every form: the root entry of a case, whose id is the case id. */
#define FORM_ENTRY_ROOT 0

enum form_type {
	FORM_TEXT,            /* free text */
	FORM_INTEGER,         /* -?[1-9][0-9]*|0 within int64 */
	FORM_DECIMAL,         /* canonical decimal, at most 15 digits */
	FORM_MONEY,           /* SAR with exactly two decimals: "1500.00" */
	FORM_DATE,            /* YYYY-MM-DD */
	FORM_HIJRI_DATE,      /* as written: H1390-07-01, H1390-07, H1390, G1970-09-02, ... */
	FORM_SELECT_ONE,      /* a choice code of the list */
	FORM_SELECT_MULTIPLE, /* choice codes in list order, one space between */
	FORM_SELECT_MEMBER,   /* an entry id of the case as 16 lower-case hex digits; the applicant is the root entry's id */
	FORM_ACKNOWLEDGE,     /* "yes" */
	FORM_SA_ID,           /* Saudi identity number: 10 digits (questions whose constraint is sa_id alone) */
	FORM_IBAN,            /* SA + 22 */
	FORM_MOBILE,          /* +9665######## */
	FORM_SHORT_ADDRESS,   /* AAAA9999 */
	FORM_POSTAL_CODE,     /* 5 digits */
	FORM_GEOPOINT,        /* "lat lon accuracy": 6 decimals, 6 decimals, whole metres 0-9000 (0: not known) */
	FORM_SIGNATURE,       /* pen strokes as points, FORMAT.md section 4 */
	FORM_IMAGE,           /* an attachment: carried by no released change set yet, see FORMAT.md section 4 */
	FORM_IMAGE_LIST,      /* likewise */
};

/* Who may write a field: authorisation happens at the merge. */
enum form_writer { FORM_BY_REPRESENTATIVE = 1, FORM_BY_OFFICER = 2, FORM_BY_COMMITTEE = 3, FORM_BY_SYSTEM = 4 };

struct form_choice {
	const char *code;     /* stored in registers */
	const char *label_ar;
	const char *label_en;
};

struct form_list {
	const char *name;
	const struct form_choice *choices; /* in published order */
	size_t choice_count;               /* 0: an open list (reference data of the centre): any code [a-z0-9_-]{1,64} is accepted */
};

/* A page of the questionnaire. */
struct form_group {
	const char *name;
	const char *label_ar;
	const char *label_en;
};

struct form_entry_type {
	const char *name;     /* "root", "visit", "member", ... */
	const char *label_ar;
	const char *label_en;
	bool is_repeat;       /* false for root */
	const uint16_t *fields; /* indexes of its fields in form order, FORM_FIELD_GONE first except on the root entry */
	size_t field_count;
};

struct form_field {
	const char *name;
	uint16_t entry_type;  /* index; for FORM_FIELD_GONE meaningless (0) */
	enum form_type type;
	int list;             /* index of its choice list, -1 when it has none */
	enum form_writer write;
	bool is_required;     /* required while relevant */
	bool is_protected;    /* identity, bank, income, household composition, signed content: see merge.h */
	bool is_hidden_from_applicant;
	const char *group;    /* name of its group of the questionnaire, "" when it stands alone */
	const char *relevant; /* expression, "" when always; kept for the forms engine, not evaluated here */
	const char *note;     /* constraint in words, "" when none */
	const char *label_ar;
	const char *label_en;
};

struct form;

/*
 * Read a canonical form text of `len` bytes. The text is foreign: every line is checked, one spelling is accepted, and
 * ERR_CORRUPT or ERR_LIMIT names the line. `*out` is owned by the caller, free with form_free().
 */
int form_parse(const char *text, size_t len, struct form **out) MUST_CHECK;
void form_free(struct form *f);

/* BLAKE2b-256 of "mandoob:form" NUL and the canonical text: the form's name. */
const uint8_t *form_hash(const struct form *f);
/* The canonical text it was read from (owned by the form), its length in *len. */
const char *form_text(const struct form *f, size_t *len);
const char *form_id(const struct form *f);      /* "aid_application" */
const char *form_version(const struct form *f); /* "2026112201", ordering is by text */
const char *form_title(const struct form *f, bool arabic);

size_t form_field_count(const struct form *f);                       /* FORM_FIELD_GONE included */
const struct form_field *form_field(const struct form *f, size_t i);  /* asserts i < count */
int form_field_find(const struct form *f, const char *name);          /* index, or -1 */
size_t form_entry_type_count(const struct form *f);
const struct form_entry_type *form_entry_type(const struct form *f, size_t i);
int form_entry_type_find(const struct form *f, const char *name);     /* index, or -1 */
size_t form_group_count(const struct form *f);
const struct form_group *form_group(const struct form *f, size_t i); /* in questionnaire order */
int form_group_find(const struct form *f, const char *name);          /* index, or -1 */
size_t form_list_count(const struct form *f);
const struct form_list *form_list(const struct form *f, size_t i);
int form_choice_find(const struct form *f, int list, const char *code, size_t code_len); /* index, or -1 */

/* The words that canonical text uses for types ("select_one") and writers ("officer"): static; -1 when `name` is none. */
const char *form_type_name(enum form_type type);
int form_type_find(const char *name);
const char *form_writer_name(enum form_writer writer);
int form_writer_find(const char *name);

/* Whether `text` is a legal name ([a-z_][a-z0-9_]*) or choice code ([a-z0-9_-]+), of 1 to FORM_NAME_BYTES_MAX bytes. */
bool form_is_name(const char *text);
bool form_is_code(const char *text);

/* Whether a type takes its answers from a choice list. */
bool form_type_has_list(enum form_type type);

/* Whether field `field` may be set on an entry of type `entry_type`. */
bool form_field_fits(const struct form *f, size_t field, size_t entry_type);

#endif
