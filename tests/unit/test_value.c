/* value: the one accepted spelling of an answer, per type. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proto/form/form.h"
#include "proto/form/reflist.h"
#include "proto/form/value.h"
#include "tests/lib/formkit.h"

static const char FORM[] =
	"#settings\nkey | value\nform_id | values\nversion | 1\ndefault_language | Arabic (ar)\n"
	"#survey\ntype | list | name | label::Arabic (ar) | member\n"
	"text | | text | س\ninteger | | integer\ndecimal | | decimal\nmoney | | money\ndate | | date\ntime | | time\ndatetime | | moment\n"
	"hijri_date | | hijri\nselect_one | kind | one\nselect_multiple | kind | many\nrank | kind | order\nselect_one | open | open_one\n"
	"select_multiple | open | open_many\nrank | open | open_order\nselect_one | odd | odd_one\nselect_multiple | comma | comma_many\n"
	"begin_repeat | | rows\nend_repeat\nselect_member | | member | | rows\nacknowledge | | ack\nsa_id | | id\niban | | iban\n"
	"mobile | | mobile\n"
	"short_address | | address\npostal_code | | postal\ngeopoint | | place\nsignature | | pen\nimage | | image\nimage_list | | images\n"
	"audio | | audio\nvideo | | video\nfile | | file\n"
	"#choices\nlist_name | name | label::Arabic (ar) | label::English (en) | label::Urdu (ur)\n"
	"kind | rent | سداد إيجار | Rent | کرایہ\nkind | eid | عيدية أو أضحية | Eid gift\nkind | other | أخرى | Other, with note\n"
	"kind | 2 | غيره | Second\nodd | two words\nodd | أحمر | | Red\nodd | twin | Same\nodd | twin | Same\nodd | x1 | Half\n"
	"odd | x2 | Half\n"
	"comma | a,b\ncomma | c\n";

static const char LIST[] = "mandoob-list\t1\topen\t1\ncode\tlabel::ar\tlabel::en\taliases\twithdrawn\n"
			   "qana\tقنا\tQana\t\t\nbariq\tبارق\t\t\t\nold\tالقديمة\tOld\t\tyes\ntwin1\tتوأم\t\t\t\ntwin2\tتوأم\t\t\t\n";

static int setup(void **state)
{
	struct form *f;

	f = formkit_new(FORM);
	if (!f) {
		print_message("%s\n", err_message());
		return -1;
	}
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	form_free(*state);
	return 0;
}

static size_t field_of(const struct form *f, const char *name)
{
	int i = form_field_find(f, name);

	assert_true(i > 0);
	return (size_t)i;
}

/* `typed` becomes `expected`, and what came out is canonical. */
static void assert_becomes(const struct form *f, const char *name, const char *typed, const char *expected)
{
	size_t field = field_of(f, name);
	struct buf out;

	buf_init(&out, VALUE_BYTES_MAX);
	if (value_normalise(f, field, typed, &out) != 0)
		fail_msg("%s: %s: %s", name, typed, err_message());
	assert_string_equal(buf_string(&out), expected);
	assert_int_equal(value_check(f, field, expected, strlen(expected)), 0);
	if (strcmp(typed, expected) != 0)
		assert_int_equal(value_check(f, field, typed, strlen(typed)), ERR_CORRUPT);
	buf_fini(&out);
}

static void assert_refused(const struct form *f, const char *name, const char *typed)
{
	size_t field = field_of(f, name);
	struct buf out;

	buf_init(&out, VALUE_BYTES_MAX);
	assert_int_equal(value_normalise(f, field, typed, &out), ERR_USAGE);
	assert_int_equal(out.len, 0);
	if (strlen(typed) > 2)
		assert_null(strstr(err_message(), typed));
	assert_int_equal(value_check(f, field, typed, strlen(typed)), ERR_CORRUPT);
	buf_fini(&out);
}

static void empty_is_legal_for_every_field(void **state)
{
	const struct form *f = *state;
	struct buf out;

	buf_init(&out, VALUE_BYTES_MAX);
	for (size_t i = 0; i < form_field_count(f); i++) {
		assert_int_equal(value_check(f, i, "", 0), 0);
		assert_int_equal(value_normalise(f, i, " \n ", &out), 0);
		assert_int_equal(out.len, 0);
		assert_int_equal(value_check(f, i, " ", 1), ERR_CORRUPT);
	}
	buf_fini(&out);
}

static void text_is_kept_but_for_spaces_and_invisible_characters(void **state)
{
	assert_becomes(*state, "text", "  أم  سعيد \r\n\u200f٣ أولاد\t", "أم سعيد\n٣ أولاد");
	assert_becomes(*state, "text", "a\\b\"c", "a\\b\"c");
	assert_refused(*state, "text", "ab\xff");
}

static void text_above_the_ceiling_is_refused(void **state)
{
	static char text[VALUE_BYTES_MAX + 2];
	struct buf out;

	memset(text, 'x', VALUE_BYTES_MAX + 1);
	assert_refused(*state, "text", text);
	text[VALUE_BYTES_MAX] = '\0';
	buf_init(&out, VALUE_BYTES_MAX);
	assert_int_equal(value_normalise(*state, field_of(*state, "text"), text, &out), 0);
	assert_int_equal(value_check(*state, field_of(*state, "text"), text, VALUE_BYTES_MAX), 0);
	assert_refused(*state, "integer", text);
	buf_fini(&out);
}

static void numbers_take_digits_of_any_script(void **state)
{
	assert_becomes(*state, "integer", "٠٠٧", "7");
	assert_becomes(*state, "integer", "-12", "-12");
	assert_refused(*state, "integer", "1.5");
	assert_becomes(*state, "decimal", "٢٫٥٠", "2.5");
	assert_becomes(*state, "money", "١٬٥٠٠", "1500.00");
	assert_refused(*state, "money", "-5");
	assert_refused(*state, "money", "12.345");
}

static void dates_are_gregorian_days(void **state)
{
	assert_becomes(*state, "date", "5/4/2021", "2021-04-05");
	assert_becomes(*state, "date", "٢٣/٠٨/١٤٤٢هـ", "2021-04-05");
	assert_refused(*state, "date", "2021");
	assert_refused(*state, "date", "31/2/2021");
	assert_refused(*state, "date", "1/1/1320");
}

static void times_are_of_24_hours_with_seconds_where_there_are_any(void **state)
{
	assert_becomes(*state, "time", "14:30", "14:30");
	assert_becomes(*state, "time", "9:05", "09:05");
	assert_becomes(*state, "time", "٩:٠٥:٣٠", "09:05:30");
	assert_becomes(*state, "time", "09:05:00", "09:05");
	assert_becomes(*state, "time", "9:05 pm", "21:05");
	assert_becomes(*state, "time", "12:00 ص", "00:00");
	assert_becomes(*state, "time", "12:10م", "12:10");
	assert_becomes(*state, "time", "14:30:15.000+03:00", "14:30:15");
	assert_refused(*state, "time", "24:00");
	assert_refused(*state, "time", "13:00 pm");
	assert_refused(*state, "time", "12:60");
	assert_refused(*state, "time", "12");
	assert_refused(*state, "time", "12:00:");
	assert_refused(*state, "time", "12:000");
	assert_refused(*state, "time", "12:00 x");
	assert_refused(*state, "time", "12:00:00.");
}

static void moments_have_a_zone_and_without_one_that_of_riyadh(void **state)
{
	assert_becomes(*state, "moment", "2026-11-22T14:30:05.120+03:00", "2026-11-22T14:30:05.120+03:00");
	assert_becomes(*state, "moment", "2026-11-22T14:30", "2026-11-22T14:30:00.000+03:00");
	assert_becomes(*state, "moment", "22/11/2026 2:30 PM", "2026-11-22T14:30:00.000+03:00");
	assert_becomes(*state, "moment", "٢٣/٠٨/١٤٤٢هـ ١٤:٣٠", "2021-04-05T14:30:00.000+03:00");
	assert_becomes(*state, "moment", "2026-11-22T14:30:05Z", "2026-11-22T14:30:05.000+00:00");
	assert_becomes(*state, "moment", "2026-11-22T14:30:05.123456-0530", "2026-11-22T14:30:05.123-05:30");
	assert_becomes(*state, "moment", "2026-11-22T14:30:05.5+03", "2026-11-22T14:30:05.500+03:00");
	assert_refused(*state, "moment", "2026-11-23");
	assert_refused(*state, "moment", "2026-11-22T");
	assert_refused(*state, "moment", "2026-13-22T10:00");
	assert_refused(*state, "moment", "2026-11T10:00");
	assert_refused(*state, "moment", "2026-11-22T14:30+15:00");
	assert_refused(*state, "moment", "2026-11-22T14:30+03:60");
	assert_refused(*state, "moment", "2026-11-22T14:30:05.1234567890Z");
}

static void hijri_dates_are_kept_as_written(void **state)
{
	assert_becomes(*state, "hijri", "١/٧/١٣٩٠", "H1390-07-01");
	assert_becomes(*state, "hijri", "1360", "H1360");
	assert_becomes(*state, "hijri", "2/9/1970", "G1970-09-02");
	assert_becomes(*state, "hijri", "H1390-07", "H1390-07");
	assert_refused(*state, "hijri", "H1390-7-1x");
	assert_refused(*state, "hijri", "1/13/1390");
}

static void choices_are_taken_by_code_or_label(void **state)
{
	assert_becomes(*state, "one", "rent", "rent");
	assert_becomes(*state, "one", " سداد  ايجار ", "rent");
	assert_becomes(*state, "one", "eid GIFT", "eid");
	assert_becomes(*state, "one", "أخرى", "other");
	assert_becomes(*state, "one", "2", "2");
	assert_becomes(*state, "one", "کرایہ", "rent");
	assert_becomes(*state, "odd_one", "two words", "two words");
	assert_becomes(*state, "odd_one", "red", "أحمر");
	assert_becomes(*state, "odd_one", "same", "twin");
	assert_refused(*state, "odd_one", "Half");
	assert_refused(*state, "one", "food");
	assert_refused(*state, "one", "rent eid");
}

static void several_choices_stand_in_list_order_once(void **state)
{
	assert_becomes(*state, "many", "other rent rent", "rent other");
	assert_becomes(*state, "many", "أخرى، سداد إيجار", "rent other");
	assert_becomes(*state, "many", "other\nEid gift;\nrent", "rent eid other");
	assert_becomes(*state, "many", "Other, with note", "other");
	assert_becomes(*state, "many", "عيدية أو أضحية", "eid");
	assert_becomes(*state, "many", "٢ eid", "eid 2");
	assert_refused(*state, "many", "rent food");
	assert_refused(*state, "many", "rent,food");
}

static void codes_may_hold_signs_that_divide_what_is_typed(void **state)
{
	assert_becomes(*state, "comma_many", "a,b c", "a,b c");
	assert_becomes(*state, "comma_many", "a,b", "a,b");
	assert_refused(*state, "comma_many", "c a,b");
}

static void an_order_is_kept_as_the_person_gave_it(void **state)
{
	assert_becomes(*state, "order", "other rent", "other rent");
	assert_becomes(*state, "order", "أخرى، سداد إيجار, 2", "other rent 2");
	assert_becomes(*state, "open_order", "b a c", "b a c");
	assert_refused(*state, "order", "rent rent");
	assert_refused(*state, "order", "rent food");
	assert_refused(*state, "open_order", "a b a");
	assert_int_equal(value_check(*state, field_of(*state, "order"), "rent  eid", 9), ERR_CORRUPT);
	assert_int_equal(value_check(*state, field_of(*state, "order"), "rent ", 5), ERR_CORRUPT);
}

static void reference_data_is_typed_and_shown_by_its_labels(void **state)
{
	size_t field = field_of(*state, "open_one");
	struct reflist *list;
	struct buf out;

	assert_int_equal(reflist_parse(LIST, strlen(LIST), &list), 0);
	buf_init(&out, VALUE_BYTES_MAX);
	assert_int_equal(value_normalise_in(*state, field, list, "بَارق", &out), 0);
	assert_string_equal(buf_string(&out), "bariq");
	assert_int_equal(value_normalise_in(*state, field, list, "QANA", &out), 0);
	assert_string_equal(buf_string(&out), "qana");
	assert_int_equal(value_normalise_in(*state, field, list, "elsewhere", &out), 0);
	assert_string_equal(buf_string(&out), "elsewhere");
	assert_int_equal(value_normalise_in(*state, field, list, "القديمة", &out), ERR_USAGE);
	assert_int_equal(value_normalise_in(*state, field, list, "توأم", &out), ERR_USAGE);
	assert_int_equal(value_normalise_in(*state, field, NULL, "بارق", &out), ERR_USAGE);
	buf_clear(&out);
	value_display_in(*state, field, list, "old", true, &out);
	buf_text(&out, " ");
	value_display_in(*state, field_of(*state, "open_many"), list, "bariq nowhere", false, &out);
	buf_text(&out, " ");
	value_display_in(*state, field, NULL, "old", true, &out);
	assert_string_equal(buf_string(&out), "القديمة بارق, nowhere old");
	buf_fini(&out);
	reflist_free(list);
}

static void open_lists_take_any_code(void **state)
{
	assert_becomes(*state, "open_one", "qana", "qana");
	assert_refused(*state, "open_one", "Qana");
	assert_refused(*state, "open_one", "قنا");
	assert_refused(*state, "open_one", "a b");
	assert_becomes(*state, "open_many", "qana bariq qana", "bariq qana");
	assert_becomes(*state, "open_many", "qana, bariq-2", "bariq-2 qana");
	assert_refused(*state, "open_many", "qana Bariq");
}

static void choices_with_other_spacing_are_not_canonical(void **state)
{
	static const char *const BAD[] = { "rent  eid", " rent", "rent ", "eid rent", "rent rent", "rent\neid", "rent,eid" };

	for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++)
		assert_int_equal(value_check(*state, field_of(*state, "many"), BAD[i], strlen(BAD[i])), ERR_CORRUPT);
	assert_int_equal(value_check(*state, field_of(*state, "open_many"), "a a", 3), ERR_CORRUPT);
	assert_int_equal(value_check(*state, field_of(*state, "open_many"), "b a", 3), ERR_CORRUPT);
	assert_int_equal(value_check(*state, field_of(*state, "open_many"), "a ab", 4), 0);
	assert_int_equal(value_check(*state, field_of(*state, "one"), "rent\0", 5), ERR_CORRUPT);
}

static void members_are_entry_ids(void **state)
{
	assert_becomes(*state, "member", "000000070000000C", "000000070000000c");
	assert_refused(*state, "member", "0000000000000000");
	assert_refused(*state, "member", "somebody");
	assert_refused(*state, "member", "000000070000000g");
}

static void acknowledgement_is_yes(void **state)
{
	assert_becomes(*state, "ack", "نعم", "yes");
	assert_becomes(*state, "ack", "YES", "yes");
	assert_refused(*state, "ack", "no");
	assert_int_equal(value_check(*state, FORM_FIELD_GONE, "yes", 3), 0);
	assert_int_equal(value_check(*state, FORM_FIELD_GONE, "no", 2), ERR_CORRUPT);
}

static void formats_of_the_country_go_through_their_checks(void **state)
{
	assert_becomes(*state, "id", "١٠٠٠٠٠٠٠٠٨", "1000000008");
	assert_refused(*state, "id", "1000000000");
	assert_becomes(*state, "iban", "sa03 8000 0000 6080 1016 7519", "SA0380000000608010167519");
	assert_refused(*state, "iban", "SA0380000000608010167518");
	assert_becomes(*state, "mobile", "05 0000 0000", "+966500000000");
	assert_refused(*state, "mobile", "0170000000");
	assert_becomes(*state, "address", "abcd ١٢٣٤", "ABCD1234");
	assert_becomes(*state, "postal", "٦٣٧٠٠", "63700");
	assert_refused(*state, "postal", "6370");
}

static void places_keep_the_accuracy_in_whole_metres(void **state)
{
	assert_becomes(*state, "place", "18.34, 41.99", "18.340000 41.990000 0");
	assert_becomes(*state, "place", "18.34 41.99 12.5", "18.340000 41.990000 13");
	assert_becomes(*state, "place", "18.34 41.99 2200 4.4", "18.340000 41.990000 4");
	assert_becomes(*state, "place", "18.340000 41.990000 9000", "18.340000 41.990000 9000");
	assert_refused(*state, "place", "18.34 41.99 2200 9000.1");
	assert_refused(*state, "place", "18.34 41.99 -1");
	assert_refused(*state, "place", "18.34 41.99 -0.5");
	assert_refused(*state, "place", "51.5 0.1");
}

static void signatures_are_strokes_and_pictures_are_not_typed(void **state)
{
	assert_becomes(*state, "pen", "s1:ABAAild_.P_P_Jg", "s1:ABAAild_.P_P_Jg");
	assert_refused(*state, "pen", "s1:");
	assert_refused(*state, "image", "photo.jpg");
	assert_refused(*state, "images", "photo.jpg");
	assert_refused(*state, "audio", "sound.mp3");
	assert_refused(*state, "video", "film.mp4");
	assert_refused(*state, "file", "letter.pdf");
}

/* check is "normalise gives the same bytes", whatever the bytes. */
static void check_agrees_with_normalise_on_broken_values(void **state)
{
	static const char *const GOOD[] = { "rent eid", "H1390-07-01", "18.340000 41.990000 13", "1500.00", "s1:ABAAild_.P_P_Jg",
					    "2021-04-05", "+966500000000", "14:30:05", "2026-11-22T14:30:05.120+03:00", "a,b c",
					    "two words", "rent", "000000070000000c", "-12", "أم\nسعيد" };
	struct buf out;

	buf_init(&out, VALUE_BYTES_MAX);
	for (size_t g = 0; g < sizeof(GOOD) / sizeof(GOOD[0]); g++)
		for (size_t at = 0; at < strlen(GOOD[g]); at++)
			for (size_t field = 0; field < form_field_count(*state); field++) {
				char text[64];
				bool same;

				snprintf(text, sizeof(text), "%s", GOOD[g]);
				text[at] = (char)(text[at] ^ (1 << (at + g + field) % 8));
				same = value_normalise(*state, field, text, &out) == 0 && strcmp(buf_string(&out), text) == 0;
				assert_int_equal(value_check(*state, field, text, strlen(text)), same ? 0 : ERR_CORRUPT);
			}
	buf_fini(&out);
}

static void assert_shown(const struct form *f, const char *name, const char *value, const char *arabic, const char *english)
{
	struct buf out;

	buf_init(&out, VALUE_BYTES_MAX);
	value_display(f, field_of(f, name), value, true, &out);
	assert_string_equal(buf_string(&out), arabic);
	buf_clear(&out);
	value_display(f, field_of(f, name), value, false, &out);
	assert_string_equal(buf_string(&out), english);
	buf_fini(&out);
}

static void values_are_shown_as_a_person_reads_them(void **state)
{
	assert_shown(*state, "text", "", "", "");
	assert_shown(*state, "text", "نص", "نص", "نص");
	assert_shown(*state, "many", "rent eid", "سداد إيجار، عيدية أو أضحية", "Rent, Eid gift");
	assert_shown(*state, "open_one", "qana", "qana", "qana");
	assert_shown(*state, "order", "eid rent", "عيدية أو أضحية، سداد إيجار", "Eid gift, Rent");
	assert_shown(*state, "odd_one", "two words", "two words", "two words");
	assert_shown(*state, "time", "14:30", "14:30", "14:30");
	assert_shown(*state, "moment", "2026-11-22T14:30:05.120+03:00", "٢٢ نوفمبر ٢٠٢٦م، 14:30", "22 November 2026, 14:30");
	assert_shown(*state, "moment", "2026-11-22T14:30:05.120+00:00", "٢٢ نوفمبر ٢٠٢٦م، 14:30 (+00:00)",
		"22 November 2026, 14:30 (+00:00)");
	assert_shown(*state, "moment", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxT", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxT", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxT");
	assert_shown(*state, "money", "1234567.50", "1,234,567.50 ر.س", "SAR 1,234,567.50");
	assert_shown(*state, "money", "100.00", "100.00 ر.س", "SAR 100.00");
	assert_shown(*state, "iban", "SA0380000000608010167519", "SA03 8000 0000 6080 1016 7519", "SA03 8000 0000 6080 1016 7519");
	assert_shown(*state, "ack", "yes", "نعم", "Yes");
	assert_shown(*state, "place", "18.340000 41.990000 13", "18.340000 41.990000 (±13 م)", "18.340000 41.990000 (±13 m)");
	assert_shown(*state, "place", "18.340000 41.990000 0", "18.340000 41.990000", "18.340000 41.990000");
	assert_shown(*state, "pen", "s1:ABAA", "توقيع بالقلم", "Signed with a pen");
}

static void dates_are_shown_with_the_name_of_the_month(void **state)
{
	struct buf out;

	buf_init(&out, VALUE_BYTES_MAX);
	value_display(*state, field_of(*state, "hijri"), "H1390-07-01", true, &out);
	assert_string_equal(buf_string(&out), "١ رجب ١٣٩٠هـ");
	buf_clear(&out);
	value_display(*state, field_of(*state, "date"), "2021-04-05", false, &out);
	assert_string_equal(buf_string(&out), "5 April 2021");
	buf_fini(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty_is_legal_for_every_field),
		cmocka_unit_test(text_is_kept_but_for_spaces_and_invisible_characters),
		cmocka_unit_test(text_above_the_ceiling_is_refused),
		cmocka_unit_test(numbers_take_digits_of_any_script),
		cmocka_unit_test(dates_are_gregorian_days),
		cmocka_unit_test(times_are_of_24_hours_with_seconds_where_there_are_any),
		cmocka_unit_test(moments_have_a_zone_and_without_one_that_of_riyadh),
		cmocka_unit_test(hijri_dates_are_kept_as_written),
		cmocka_unit_test(choices_are_taken_by_code_or_label),
		cmocka_unit_test(several_choices_stand_in_list_order_once),
		cmocka_unit_test(codes_may_hold_signs_that_divide_what_is_typed),
		cmocka_unit_test(an_order_is_kept_as_the_person_gave_it),
		cmocka_unit_test(reference_data_is_typed_and_shown_by_its_labels),
		cmocka_unit_test(open_lists_take_any_code),
		cmocka_unit_test(choices_with_other_spacing_are_not_canonical),
		cmocka_unit_test(members_are_entry_ids),
		cmocka_unit_test(acknowledgement_is_yes),
		cmocka_unit_test(formats_of_the_country_go_through_their_checks),
		cmocka_unit_test(places_keep_the_accuracy_in_whole_metres),
		cmocka_unit_test(signatures_are_strokes_and_pictures_are_not_typed),
		cmocka_unit_test(check_agrees_with_normalise_on_broken_values),
		cmocka_unit_test(values_are_shown_as_a_person_reads_them),
		cmocka_unit_test(dates_are_shown_with_the_name_of_the_month),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
