/*
 * form: a published form as both programs use it: its questions as a tree, and what follows from them: fields, entry types, lists.
 *
 * The canonical text (FORMAT.md section 3) is the form's three sheets, normalised, named by its hash: the same hash gives the same
 * tree and the same tables on every machine, which is what lets the wire say a field as a small integer. A form never changes after
 * publishing. A struct form is read-only after form_parse() and may be shared between threads. Expressions are texts here;
 * proto/form/plan.h understands them.
 *
 * A node is a row of the survey: a group, a repeat or a question, in the order of the sheet (a node comes before what is in it). A
 * field is a question whose answer is a register (proto/record.h); notes and pure calculations have none. Where a field lives is an entry
 * type: each repeat is one; groups that name an entry (`visit`, `declaration`) share that one, of which each visit makes a new entry;
 * everything else is on the root entry.
 */
#ifndef PROTO_FORM_FORM_H
#define PROTO_FORM_FORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/err.h"

#define FORM_HASH_BYTES 32
#define FORM_TEXT_BYTES_MAX (1024 * 1024) /* canonical text; the default form has about 60 KB */
#define FORM_NODES_MAX 4000               /* rows of the survey without the ends of groups */
#define FORM_DEPTH_MAX 32                 /* groups inside groups */
#define FORM_FIELDS_MAX 2000              /* FORMAT.md section 12 */
#define FORM_ENTRY_TYPES_MAX 64
#define FORM_LISTS_MAX 500
#define FORM_CHOICES_MAX 20000            /* of one list */
#define FORM_GROUPS_MAX 500               /* pages */
#define FORM_LANGUAGES_MAX 16
#define FORM_CHOICE_COLUMNS_MAX 64        /* of the choices sheet beside list, name and labels */
#define FORM_NAME_BYTES_MAX 64            /* form_is_name(), form_is_code(); no NUL counted */
#define FORM_VERSION_BYTES_MAX 32         /* [0-9A-Za-z._-]+ */
#define FORM_CELL_BYTES_MAX 16384         /* one cell, unescaped */

/* Field 0 of every form: the removal of an entry, "yes" or "" (FORMAT.md section 2). It belongs to every entry type but root. */
#define FORM_FIELD_GONE 0
#define FORM_FIELD_GONE_NAME "_gone"
/* In an entry type that is a repeat inside a repeat: the entry it belongs to, 16 hex digits. The second field of such a type. */
#define FORM_FIELD_PARENT_NAME "_parent"
/* Entry type 0 of every form: the root entry of a case, whose id is the case id. */
#define FORM_ENTRY_ROOT 0
/* Node 0 of every form: the form itself, a group. Paths begin with it: "/data/...". */
#define FORM_NODE_ROOT 0
#define FORM_NODE_ROOT_NAME "data"

enum form_type {
	FORM_TEXT,            /* free text */
	FORM_INTEGER,         /* -?[1-9][0-9]*|0 within int64 */
	FORM_DECIMAL,         /* canonical decimal, at most 15 digits */
	FORM_MONEY,           /* SAR with exactly two decimals: "1500.00" */
	FORM_DATE,            /* YYYY-MM-DD */
	FORM_TIME,            /* HH:MM or HH:MM:SS, 24 hours */
	FORM_DATETIME,        /* YYYY-MM-DDTHH:MM:SS.mmm+HH:MM */
	FORM_HIJRI_DATE,      /* as written: H1390-07-01, H1390-07, H1390, G1970-09-02, ... */
	FORM_SELECT_ONE,      /* a choice code of the list */
	FORM_SELECT_MULTIPLE, /* choice codes in list order, one space between */
	FORM_RANK,            /* choice codes in the order given by the person, one space between */
	FORM_SELECT_MEMBER,   /* an entry id of the case as 16 lower-case hex digits; the applicant is the root entry's id */
	FORM_ACKNOWLEDGE,     /* "yes"; in expressions "OK" counts as the same */
	FORM_SA_ID,           /* Saudi identity number: 10 digits (questions whose constraint is sa_id alone) */
	FORM_IBAN,            /* SA + 22 */
	FORM_MOBILE,          /* +9665######## */
	FORM_SHORT_ADDRESS,   /* AAAA9999 */
	FORM_POSTAL_CODE,     /* 5 digits */
	FORM_GEOPOINT,        /* "lat lon accuracy": 6 decimals, 6 decimals, whole metres 0-9000 (0: not known) */
	FORM_SIGNATURE,       /* pen strokes as points, FORMAT.md section 4 */
	FORM_IMAGE,           /* an attachment: carried by no released change set yet, see FORMAT.md section 4 */
	FORM_IMAGE_LIST,      /* likewise */
	FORM_AUDIO,           /* likewise */
	FORM_VIDEO,           /* likewise */
	FORM_FILE,            /* likewise */
	FORM_NOTE,            /* shown, never answered: no field */
	FORM_CALCULATE,       /* derived when read: no field. What once(), uuid(), random(), a trigger makes: FORM_TEXT with is_computed */
};
#define FORM_TYPE_COUNT (FORM_CALCULATE + 1)

/* Who may write a field: authorisation happens at the merge. */
enum form_writer { FORM_BY_REPRESENTATIVE = 1, FORM_BY_OFFICER = 2, FORM_BY_COMMITTEE = 3, FORM_BY_SYSTEM = 4 };

/* ---- the tree of questions ---- */

enum form_node_kind { FORM_NODE_GROUP, FORM_NODE_REPEAT, FORM_NODE_QUESTION };

/* Cells of a survey row in one language of their own: expressions, or words. */
enum form_column {
	FORM_REQUIRED,      /* expression; "" no, "true()" always */
	FORM_RELEVANT,      /* expression; "" always */
	FORM_CONSTRAINT,    /* expression over `.`; hard: a visit is not finished with it broken */
	FORM_WARNING,       /* our own: expression over `.` that should hold; soft: shown, never stops anything */
	FORM_CALCULATION,   /* expression */
	FORM_DEFAULT,       /* expression, or a literal where is_default_literal */
	FORM_TRIGGER,       /* ${name}, or several with commas: calculation is taken when one of them changes */
	FORM_READONLY,      /* expression */
	FORM_APPEARANCE,    /* words */
	FORM_PARAMETERS,    /* key=value with one space between, keys in order */
	FORM_CHOICE_FILTER, /* expression over an item */
	FORM_REPEAT_COUNT,  /* expression */
	FORM_ON_FINISH,     /* our own: expression whose value is written when the visit is finished */
	FORM_NOTE_COLUMN,   /* our own: a constraint in words, for paper and staff */
};
#define FORM_COLUMN_COUNT (FORM_NOTE_COLUMN + 1)

/* Cells that exist once for each language; ${name} in them is output. */
enum form_words {
	FORM_LABEL,
	FORM_HINT,
	FORM_GUIDANCE,
	FORM_REQUIRED_MESSAGE,
	FORM_CONSTRAINT_MESSAGE,
	FORM_WARNING_MESSAGE,
	FORM_PICTURE,
};
#define FORM_WORDS_COUNT (FORM_PICTURE + 1)

struct form_node {
	enum form_node_kind kind;
	enum form_type type;      /* of a question */
	const char *name;
	int parent;               /* node; -1 for the root */
	size_t end;               /* nodes i + 1 .. end - 1 are inside it */
	unsigned depth;           /* 0 for the root */
	uint16_t entry_type;      /* where answers inside live; of a repeat: its own entry type */
	int field;                /* -1: none */
	int list;                 /* -1: none */
	int page;                 /* index of its form_group; -1: stands alone */
	enum form_writer write;
	bool is_protected;
	bool is_hidden;           /* not on screens or paper shown to the applicant */
	bool is_computed;         /* a field that the form fills (once(), trigger, metadata): not asked */
	bool is_default_literal;
	const char *restricted;   /* role that may see it, "" everybody */
	const char *class;        /* retention class, "" the form's */
	const char *member_type;  /* select_member: name of the repeat whose rows it chooses among; "" otherwise */
	const char *metadata;     /* "start", "end", "today", "deviceid", "username", "phonenumber", "email"; "" otherwise */
	const char *columns[FORM_COLUMN_COUNT]; /* "" when empty */
	size_t row;               /* of the survey sheet of the canonical text, from 0: for messages; SIZE_MAX for the root */
};

/* ---- what follows from it ---- */

struct form_choice {
	const char *code;     /* stored in registers */
	const char *label_ar;
	const char *label_en;
};

struct form_list {
	const char *name;
	const struct form_choice *choices; /* in published order */
	size_t choice_count;               /* 0: reference data of the centre (proto/form/reflist.h): any form_is_open_code() is accepted */
};

/* A page of the questionnaire: a group or repeat that stands at the top level. */
struct form_group {
	const char *name;
	const char *label_ar;
	const char *label_en;
	size_t node;
};

enum form_entry_kind {
	FORM_ENTRY_IS_ROOT,    /* once in a case */
	FORM_ENTRY_IS_SESSION, /* each visit makes a new one: groups that name the entry */
	FORM_ENTRY_IS_REPEAT,  /* rows */
};

struct form_entry_type {
	const char *name;     /* "root", "visit", "member", ... */
	const char *label_ar;
	const char *label_en;
	enum form_entry_kind kind;
	bool is_repeat;       /* false for root alone: entries of this type have ids of their own */
	int parent;           /* the entry type of the repeat that a repeat is in; FORM_ENTRY_ROOT otherwise */
	int node;             /* its repeat, or the first group that names it; FORM_NODE_ROOT for root */
	const uint16_t *fields; /* indexes of its fields in form order, FORM_FIELD_GONE first except on the root entry */
	size_t field_count;
};

struct form_field {
	const char *name;     /* of the question; where an entry type would have it twice the later one is "group.name" */
	uint16_t entry_type;  /* index; for FORM_FIELD_GONE meaningless (0) */
	enum form_type type;
	int list;             /* index of its choice list, -1 when it has none */
	int node;             /* -1 for _gone and _parent */
	enum form_writer write;
	bool is_required;     /* required column not empty: required while relevant, and while the expression holds */
	bool is_protected;    /* identity, bank, income, household composition, signed content: see merge.h */
	bool is_hidden_from_applicant;
	const char *group;    /* name of its page, "" when it stands alone */
	const char *relevant; /* expression, "" when always */
	const char *note;     /* constraint in words, "" when none */
	const char *label_ar; /* first line of thought for people: never empty, the name when there is no label */
	const char *label_en;
};

struct form;

/*
 * Read a canonical form text of `len` bytes. The text is foreign: every cell is checked, one spelling is accepted, and ERR_CORRUPT or
 * ERR_LIMIT names sheet and row. Expressions are not parsed here. `*out` is owned by the caller, free with form_free().
 */
int form_parse(const char *text, size_t len, struct form **out) MUST_CHECK;
void form_free(struct form *f);

/* BLAKE2b-256 of "mandoob:form" NUL and the canonical text: the form's name. */
const uint8_t *form_hash(const struct form *f);
/* The canonical text it was read from (owned by the form), its length in *len. */
const char *form_text(const struct form *f, size_t *len);
const char *form_id(const struct form *f);      /* "aid_application": forms of one id are versions of one another */
const char *form_version(const struct form *f); /* "2026112201", ordering is by text */
const char *form_title(const struct form *f, bool arabic);
const char *form_title_in(const struct form *f, size_t language); /* of the default language, or the id, when there is none */
/* Any row of the settings sheet by its key ("instance_name", "kind", ...); "" when absent. */
const char *form_setting(const struct form *f, const char *key);

/* Languages as authors name them, "Arabic (ar)"; at least one, the default first; a form without languages has one that is "". */
size_t form_language_count(const struct form *f);
const char *form_language(const struct form *f, size_t i);
/* The language of that code ("ar", "en") or name; the default (0) when there is none. */
size_t form_language_find(const struct form *f, const char *code);

size_t form_node_count(const struct form *f);
const struct form_node *form_node(const struct form *f, size_t i); /* asserts i < count */
/* A text of a node in a language; of the default when that is empty; "" when both are. The label of the root is the title. */
const char *form_words(const struct form *f, size_t node, enum form_words words, size_t language);
/*
 * The node by its path below the root ("applicant/id_number"), or by entry type and field ("visit/visit_type"), or by the name of a field
 * alone; -1 when there is none.
 */
int form_node_find(const struct form *f, const char *path);
/* All nodes of a name, by parent: returns how many, `*nodes` is the first of them, borrowed. */
size_t form_nodes_named(const struct form *f, const char *name, size_t len, const uint32_t **nodes);

size_t form_field_count(const struct form *f);                       /* FORM_FIELD_GONE included */
const struct form_field *form_field(const struct form *f, size_t i);  /* asserts i < count */
int form_field_find(const struct form *f, const char *name);          /* index of the first, or -1 */
int form_field_find_in(const struct form *f, size_t entry_type, const char *name); /* index, or -1 */
size_t form_entry_type_count(const struct form *f);
const struct form_entry_type *form_entry_type(const struct form *f, size_t i);
int form_entry_type_find(const struct form *f, const char *name);     /* index, or -1 */
size_t form_group_count(const struct form *f);
const struct form_group *form_group(const struct form *f, size_t i); /* in questionnaire order */
int form_group_find(const struct form *f, const char *name);          /* index, or -1 */
size_t form_list_count(const struct form *f);
const struct form_list *form_list(const struct form *f, size_t i);
int form_list_find(const struct form *f, const char *name);           /* index, or -1 */
int form_choice_find(const struct form *f, int list, const char *code, size_t code_len); /* index of the first with this code, or -1 */

/* The columns of the choices sheet beside list, name and labels: usable in choice filters. */
size_t form_choice_column_count(const struct form *f);
const char *form_choice_column(const struct form *f, size_t column);
const char *form_choice_cell(const struct form *f, size_t list, size_t choice, size_t column); /* "" when empty */
/* The label in a language, of the default language when that is empty; the code when both are. */
const char *form_choice_label(const struct form *f, size_t list, size_t choice, size_t language);
const char *form_choice_picture(const struct form *f, size_t list, size_t choice, size_t language);

/* The words that canonical text uses for types ("select_one") and writers ("officer"): static; -1 when `name` is none. */
const char *form_type_name(enum form_type type);
int form_type_find(const char *name);
const char *form_writer_name(enum form_writer writer);
int form_writer_find(const char *name);

/*
 * A legal name of 1 to FORM_NAME_BYTES_MAX bytes: an XML name without colon: a letter of any script or `_`, then letters, digits, marks,
 * `_`, `-`, `.`. The name of a list may begin with a digit too, since no element has it. A legal choice code: clean text (text_clean())
 * of one line; single spaces inside (where the list is of select_one alone). A code of an open list: [a-z0-9_-]+.
 */
bool form_is_name(const char *text);
bool form_is_list_name(const char *text);
bool form_is_code(const char *text);
bool form_is_open_code(const char *text, size_t len);

/* Whether a type takes its answers from a choice list; whether its answer is an attachment; whether it can be a field. */
bool form_type_has_list(enum form_type type);
bool form_type_is_attachment(enum form_type type);
bool form_type_is_field(enum form_type type);

/*
 * Whether a `calculate` row of the survey makes a register (FORM_TEXT with is_computed) and not a FORM_CALCULATE: it has a trigger, or
 * only a default, or its calculation calls once(), uuid() or random().
 */
bool form_is_register_calculation(const char *calculation, const char *initial, const char *trigger);

/* Whether field `field` may be set on an entry of type `entry_type`. */
bool form_field_fits(const struct form *f, size_t field, size_t entry_type);

#endif
