/*
 * xlsx_relations: which part of an .xlsx belongs to which. A target is a path from the folder of the part that names it; one that
 * leaves the archive is no part.
 */
#include "server/author/xlsx.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RELATIONS_FIRST 16
#define PATH_BYTES_MAX 1024

struct reading {
	struct arena *arena;
	const char *folder;    /* of the part, "" or ending in "/" */
	struct xlsx_relations *out;
};

static enum xlsx_relation_kind kind_of(const char *type)
{
	static const struct {
		const char *name;
		enum xlsx_relation_kind kind;
	} KINDS[] = {
		{ "officeDocument", XLSX_RELATION_DOCUMENT },
		{ "worksheet", XLSX_RELATION_SHEET },
		{ "sharedStrings", XLSX_RELATION_STRINGS },
		{ "styles", XLSX_RELATION_STYLES },
	};
	const char *slash = strrchr(type, '/');

	for (size_t i = 0; slash && i < sizeof(KINDS) / sizeof(KINDS[0]); i++)
		if (strcmp(slash + 1, KINDS[i].name) == 0)
			return KINDS[i].kind;
	return XLSX_RELATION_OTHER;
}

/* Append one step of a path to `path`, "/" behind it; false when it leaves the archive or is too long. */
static bool step_append(char *path, size_t *len, const char *step, size_t step_len)
{
	if (step_len == 0 || (step_len == 1 && step[0] == '.'))
		return true;
	if (step_len == 2 && memcmp(step, "..", 2) == 0) {
		if (*len == 0)
			return false;
		for ((*len)--; *len > 0 && path[*len - 1] != '/';)
			(*len)--;
		return true;
	}
	if (*len + step_len + 1 >= PATH_BYTES_MAX)
		return false;
	memcpy(path + *len, step, step_len);
	*len += step_len;
	path[(*len)++] = '/';
	return true;
}

static bool steps_append(char *path, size_t *len, const char *steps)
{
	bool is_inside = true;

	while (is_inside) {
		size_t step = strcspn(steps, "/\\");

		is_inside = step_append(path, len, steps, step);
		if (!steps[step])
			break;
		steps += step + 1;
	}
	return is_inside;
}

/* The entry that `target` means, seen from `folder`; NULL when it is none of the archive. */
static const char *resolve(struct arena *a, const char *folder, const char *target)
{
	char path[PATH_BYTES_MAX];
	size_t len = 0;
	bool is_absolute = target[0] == '/' || target[0] == '\\';

	if (!is_absolute && !steps_append(path, &len, folder))
		return NULL;
	if (!steps_append(path, &len, target) || len == 0)
		return NULL;
	return arena_copy(a, path, len - 1);
}

static struct xlsx_relation *relation_add(struct xlsx_relations *r)
{
	if (r->count == r->cap) {
		size_t cap = r->cap ? r->cap * 2 : RELATIONS_FIRST;
		struct xlsx_relation *grown = realloc(r->items, cap * sizeof(*grown));

		if (!grown)
			return NULL;
		r->items = grown;
		r->cap = cap;
	}
	return &r->items[r->count++];
}

static int relation_read(struct reading *r, const char **attributes)
{
	const char *id = xlsx_xml_attribute(attributes, "Id");
	const char *type = xlsx_xml_attribute(attributes, "Type");
	const char *target = xlsx_xml_attribute(attributes, "Target");
	const char *mode = xlsx_xml_attribute(attributes, "TargetMode");
	bool is_outside = mode && strcmp(mode, "External") == 0;
	enum xlsx_relation_kind kind;
	struct xlsx_relation *item;

	if (!id || !type || !target)
		return 0;
	kind = kind_of(type);
	if (kind == XLSX_RELATION_OTHER)
		return 0;
	if (r->out->count == XLSX_RELATIONS_MAX)
		return err_set(ERR_LIMIT, "the file has more than %d relationships", XLSX_RELATIONS_MAX);
	item = relation_add(r->out);
	if (!item)
		return err_set(ERR_NOMEM, "xlsx: no memory");
	item->kind = kind;
	item->id = arena_copy(r->arena, id, strlen(id));
	item->part = is_outside ? NULL : resolve(r->arena, r->folder, target);
	return arena_error(r->arena);
}

static int on_start(void *ctx, size_t depth, const char *name, const char **attributes)
{
	if (depth == 0 && strcmp(name, "Relationships") == 0)
		return 0;
	if (depth == 1 && strcmp(name, "Relationship") == 0) {
		int rc = relation_read(ctx, attributes);

		return rc ? rc : XLSX_XML_SKIP;
	}
	return XLSX_XML_SKIP;
}

int xlsx_relations_read(struct zip *z, struct arena *a, const char *part, struct xlsx_relations *out)
{
	static const struct xlsx_xml_reader READER = { .start = on_start };
	const char *slash = strrchr(part, '/');
	size_t folder_len = slash ? (size_t)(slash - part) + 1 : 0;
	struct reading r = { .arena = a, .out = out };
	char path[PATH_BYTES_MAX + 16];
	int entry;

	*out = (struct xlsx_relations){ 0 };
	if (strlen(part) >= PATH_BYTES_MAX)
		return err_set(ERR_LIMIT, "xlsx: a part has too long a name");
	r.folder = arena_copy(a, part, folder_len);
	if (!r.folder)
		return arena_error(a);
	snprintf(path, sizeof(path), "%s_rels/%s.rels", r.folder, part + folder_len);
	entry = zip_find(z, path);
	if (entry < 0)
		return err_set(ERR_NOT_FOUND, "the file is damaged (%s is missing): save it again as .xlsx", path);
	return xlsx_xml_read(z, entry, path, &READER, &r);
}

const struct xlsx_relation *xlsx_relations_find(const struct xlsx_relations *r, const struct zip *z, enum xlsx_relation_kind kind,
						 const char *id)
{
	for (size_t i = 0; i < r->count; i++) {
		const struct xlsx_relation *item = &r->items[i];

		if (item->kind == kind && (!id || strcmp(item->id, id) == 0))
			return item->part && zip_find(z, item->part) >= 0 ? item : NULL;
	}
	return NULL;
}

void xlsx_relations_fini(struct xlsx_relations *r)
{
	free(r->items);
	*r = (struct xlsx_relations){ 0 };
}
