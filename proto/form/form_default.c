/*
 * form_default: see form_default.h.
 */
#include "proto/form/form_default.h"

#include <assert.h>

#include "proto/form/reflist.h"

#define LIST_VERSION "2026112301" /* of the lists as they are built in */

/* Made by `packaging/embed.sh data form_default build/gen/NAME.form ... proto/form/forms/lists/NAME.csv ...`. */
#define FORM(name)                                                    \
	extern const unsigned char form_default_##name##_form[];      \
	extern const size_t form_default_##name##_form_len;
#define LIST(name)                                                   \
	extern const unsigned char form_default_##name##_csv[];      \
	extern const size_t form_default_##name##_csv_len;
FORM(aid_application)
FORM(visit_outcome)
FORM(rating)
LIST(governorate)
LIST(centre)
LIST(village)
LIST(branch_office)
LIST(support_programme)
LIST(need_rule)
#undef FORM
#undef LIST

struct embedded {
	const char *name;
	const unsigned char *data;
	const size_t *len;
};

static const struct embedded FORMS[] = {
	{ "aid_application", form_default_aid_application_form, &form_default_aid_application_form_len },
	{ "visit_outcome", form_default_visit_outcome_form, &form_default_visit_outcome_form_len },
	{ "rating", form_default_rating_form, &form_default_rating_form_len },
};

static const struct embedded LISTS[] = {
	{ "governorate", form_default_governorate_csv, &form_default_governorate_csv_len },
	{ "centre", form_default_centre_csv, &form_default_centre_csv_len },
	{ "village", form_default_village_csv, &form_default_village_csv_len },
	{ "branch_office", form_default_branch_office_csv, &form_default_branch_office_csv_len },
	{ "support_programme", form_default_support_programme_csv, &form_default_support_programme_csv_len },
	{ "need_rule", form_default_need_rule_csv, &form_default_need_rule_csv_len },
};

size_t form_default_count(void)
{
	return sizeof FORMS / sizeof FORMS[0];
}

int form_default_text_at(size_t i, struct buf *out)
{
	assert(i < form_default_count());
	buf_append(out, FORMS[i].data, *FORMS[i].len);
	return buf_error(out);
}

size_t form_default_list_count(void)
{
	return sizeof LISTS / sizeof LISTS[0];
}

const char *form_default_list_name(size_t i)
{
	assert(i < form_default_list_count());
	return LISTS[i].name;
}

int form_default_list_at(size_t i, struct buf *out)
{
	assert(i < form_default_list_count());
	return reflist_compile(LISTS[i].name, LIST_VERSION, LISTS[i].data, *LISTS[i].len, out);
}

int form_default_text(struct buf *out)
{
	return form_default_text_at(0, out);
}

int form_default_new(struct form **out)
{
	struct buf text;
	int rc;

	*out = NULL;
	buf_init(&text, FORM_TEXT_BYTES_MAX);
	rc = form_default_text(&text);
	if (rc == 0)
		rc = form_parse((const char *)text.data, text.len, out);
	buf_fini(&text);
	return rc;
}
