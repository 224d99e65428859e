/*
 * form_default: see form_default.h.
 */
#include "proto/form/form_default.h"

#include "proto/form/form_csv.h"

/* Made by `packaging/embed.sh data form_default proto/form/default/settings.csv .../questions.csv .../choices.csv`. */
extern const unsigned char form_default_settings_csv[];
extern const size_t form_default_settings_csv_len;
extern const unsigned char form_default_questions_csv[];
extern const size_t form_default_questions_csv_len;
extern const unsigned char form_default_choices_csv[];
extern const size_t form_default_choices_csv_len;

int form_default_text(struct buf *out)
{
	struct form_csv_tables tables = {
		.settings = { "settings.csv", form_default_settings_csv, form_default_settings_csv_len },
		.questions = { "questions.csv", form_default_questions_csv, form_default_questions_csv_len },
		.choices = { "choices.csv", form_default_choices_csv, form_default_choices_csv_len },
	};

	return form_csv_compile(&tables, out);
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
