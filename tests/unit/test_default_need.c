/*
 * Examples for what the default form computes: ages, counts over the household, income, rent, expenses, the need measure and its bands
 * at their borders, and the documents a case requires. Every figure is reckoned by hand; all households are invented. The day is
 * 23 November 2026, 13 Jumada II 1448.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lib/casekit.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static void assert_value(struct casekit *k, const char *of, const char *place, const char *expected)
{
	if (strcmp(casekit_value(k, place), expected) != 0)
		fail_msg("%s: %s is \"%s\", expected \"%s\"", of, place, k->text, expected);
}

/* ---- ages ---- */

static void ages_are_full_years_on_the_day_and_about_when_only_the_year_is_known(void **state)
{
	static const struct {
		const char *birth, *age, *sign;
	} AGES[] = {
		{ "G1980-11-23", "46", "" }, { "G1980-11-24", "45", "" }, { "H1390-07-01", "56", "" }, /* 2 September 1970 */
		{ "H1390", "58", "≈ " }, { "G1980", "46", "≈ " }, { "G2026-11-23", "0", "" },
	};
	struct casekit *k = *state;

	for (size_t i = 0; i < COUNT(AGES); i++) {
		char script[64];

		casekit_open(k);
		snprintf(script, sizeof(script), "birth_date=%s", AGES[i].birth);
		casekit_play(k, script);
		assert_value(k, AGES[i].birth, "age_years", AGES[i].age);
		assert_value(k, AGES[i].birth, "age_sign", AGES[i].sign);
	}
}

static void an_age_changes_on_the_birthday_of_the_reader(void **state)
{
	struct casekit *k = *state;

	casekit_open(k);
	casekit_play(k, "+member; member[1]/member_birth_date=G2008-11-24");
	assert_value(k, "before", "member[1]/member_age", "17");
	assert_int_equal(model_at(k->model, CASEKIT_NOW_MS + 86400000), 0);
	assert_value(k, "on the day", "member[1]/member_age", "18");
	assert_value(k, "on the day", "member[1]/member_age_sign", "");
	casekit_play(k, "member[1]/member_birth_date=H1430");
	assert_value(k, "a year alone", "member[1]/member_age", "18");
	assert_value(k, "a year alone", "member[1]/member_age_sign", "≈ ");
}

/* ---- households ---- */

struct household {
	const char *name;
	const char *script;
	const char *size, *children, *elderly, *disabled, *orphans, *students;
	const char *total, *counted, *rent, *expenses, *per_person, *band;
};

#define OWNED "housing_tenure=owned;"
#define RENTED(amount, period) "housing_tenure=rented; rent_amount=" amount "; rent_period=" period ";"
#define INCOME(n, source, amount, period) \
	"+income; income[" n "]/income_source=" source "; income[" n "]/income_amount=" amount "; income[" n "]/income_period=" period ";"
#define MEMBER(n, birth, here) "+member; member[" n "]/member_birth_date=" birth "; member[" n "]/member_lives_here=" here ";"
#define SAYS(n, what, value) "member[" n "]/member_" what "=" value ";"
#define WIFE MEMBER("1", "G1985-02-01", "yes")

static const struct household HOUSEHOLDS[] = {
	{ "an old widow alone", "birth_date=H1380; health_status=healthy; expense_utilities=200.00;" OWNED INCOME("1", "social_security",
	  "1500.00", "monthly"),
	  "1", "0", "1", "0", "0", "0", "1500", "1500", "0", "200", "1500", "outside" },
	{ "five in a rented flat, at the border of B",
	  "birth_date=G1980-05-10; employment_status=employed; expense_utilities=300.00; expense_food=1500.00; expense_other=200.00;"
	  RENTED("18000.00", "yearly") INCOME("1", "salary", "4500.00", "monthly") INCOME("2", "citizen_account", "1000.00", "monthly") WIFE
	  MEMBER("2", "G2012-03-01", "yes") SAYS("2", "education", "intermediate") MEMBER("3", "G2015-06-15", "yes") SAYS("3", "education", "primary")
	  MEMBER("4", "G2021-11-24", "yes")
	  "+debt; debt[1]/debt_remaining=9000.00; debt[1]/debt_instalment=500.00; +debt; debt[2]/debt_remaining=100.00",
	  "5", "3", "0", "0", "0", "2", "5500", "5500", "1500", "4000", "800", "B" },
	{ "one halala a person more is C", RENTED("1500.00", "monthly") INCOME("1", "salary", "5500.05", "monthly") WIFE MEMBER("2",
	  "G2012-03-01", "yes")
	  MEMBER("3", "G2015-06-15", "yes") MEMBER("4", "G2021-11-24", "yes"),
	  "5", "3", "0", "0", "0", "0", "5500.05", "5500.05", "1500", "1500", "800.01", "C" },
	{ "half-yearly and yearly income", OWNED INCOME("1", "farm", "6000.00", "half_yearly") INCOME("2", "livestock", "1000.00", "yearly") WIFE,
	  "2", "0", "0", "0", "0", "0", "1083.33", "1083.33", "0", "0", "541.67", "B" },
	{ "exactly 500", OWNED INCOME("1", "retirement", "1000.00", "monthly") WIFE, "2", "0", "0", "0", "0", "0", "1000", "1000", "0", "0",
	  "500", "A" },
	{ "500.01", OWNED INCOME("1", "retirement", "1000.02", "monthly") WIFE, "2", "0", "0", "0", "0", "0", "1000.02", "1000.02", "0",
	  "0", "500.01", "B" },
	{ "half a halala goes up", OWNED INCOME("1", "retirement", "1000.01", "monthly") WIFE,
	  "2", "0", "0", "0", "0", "0", "1000.01", "1000.01", "0", "0", "500.01", "B" },
	{ "less than half goes down", OWNED INCOME("1", "retirement", "1500.01", "monthly") WIFE MEMBER("2", "G2001-01-01", "yes"),
	  "3", "0", "0", "0", "0", "0", "1500.01", "1500.01", "0", "0", "500", "A" },
	{ "rent above income counts as nothing left", RENTED("7200.00", "half_yearly") INCOME("1", "alimony", "1000.00", "monthly"),
	  "1", "0", "0", "0", "0", "0", "1000", "1000", "1200", "1200", "0", "A" },
	{ "no income, declared", "housing_tenure=hosted; no_income_declared=yes;", "1", "0", "0", "0", "0", "0", "0", "0", "0", "0", "0", "A" },
	{ "no income, not declared", OWNED, "1", "0", "0", "0", "0", "0", "", "", "0", "0", "", "review" },
	{ "exactly 1000", OWNED INCOME("1", "gosi", "1000.00", "monthly"), "1", "0", "0", "0", "0", "0", "1000", "1000", "0", "0", "1000", "C" },
	{ "1000.01", OWNED INCOME("1", "gosi", "1000.01", "monthly"), "1", "0", "0", "0", "0", "0", "1000.01", "1000.01", "0", "0",
	  "1000.01", "outside" },
	{ "help that came once", OWNED INCOME("1", "charity", "5000.00", "once") INCOME("2", "relatives", "400.00", "monthly"),
	  "1", "0", "0", "0", "0", "0", "400", "400", "0", "0", "400", "A" },
	{ "rent not told", "housing_tenure=rented; rent_period=monthly;" INCOME("1", "hafiz", "400.00", "monthly"),
	  "1", "0", "0", "0", "0", "0", "400", "400", "", "", "", "review" },
	{ "tenure not told", INCOME("1", "hafiz", "400.00", "monthly"), "1", "0", "0", "0", "0", "0", "400", "400", "", "", "", "review" },
	{ "one income without its amount", OWNED INCOME("1", "hafiz", "400.00",
	  "monthly") "+income; income[2]/income_source=trade; income[2]/income_period=monthly",
	  "1", "0", "0", "0", "0", "0", "", "", "0", "0", "", "review" },
	{ "a member of whom it is not known where he lives", OWNED INCOME("1", "saned", "400.00",
	  "monthly") "+member; member[1]/member_birth_date=G1999-01-01",
	  "1", "0", "0", "0", "0", "0", "400", "400", "0", "0", "", "review" },
	{ "help of others is not sure", "other_charity_support=unsure;" OWNED INCOME("1", "saned", "400.00", "monthly"),
	  "1", "0", "0", "0", "0", "0", "400", "400", "0", "0", "400", "review" },
	{ "what was seen does not fit", "income_consistent=no;" OWNED INCOME("1", "saned", "400.00", "monthly"),
	  "1", "0", "0", "0", "0", "0", "400", "400", "0", "0", "400", "review" },
	{ "a widow with orphans, a grown student and an old mother",
	  "birth_date=G1986-01-01; monthly_medical_cost=150.50;" OWNED INCOME("1", "orphan_sponsorship", "2400.00", "monthly")
	  MEMBER("1", "G2010-12-01", "yes") SAYS("1", "orphan", "father") SAYS("1", "employment", "student") SAYS("1", "education", "intermediate")
	  MEMBER("2", "G2016-01-01", "yes") SAYS("2", "orphan", "both") SAYS("2", "education", "primary")
	  MEMBER("3", "G2018-01-01", "yes") SAYS("3", "orphan", "mother") SAYS("3", "education", "none")
	  MEMBER("4", "G2004-01-01", "no") SAYS("4", "employment", "student") SAYS("4", "health", "illness")
	  MEMBER("5", "H1375", "yes") SAYS("5", "health", "illness_and_disability"),
	  "5", "3", "1", "1", "2", "3", "2400", "2400", "0", "150.5", "480", "A" },
	{ "disabled applicant under 18 years", "birth_date=G2009-01-01; health_status=disability; employment_status=student;" OWNED
	  INCOME("1", "disability_allowance", "900.00", "monthly") MEMBER("1", "G1950-01-01", "yes") SAYS("1", "health", "disability"),
	  "2", "1", "1", "2", "0", "1", "900", "900", "0", "0", "450", "A" },
};

static void the_figures_of_each_household_are_those_reckoned_by_hand(void **state)
{
	struct casekit *k = *state;

	for (size_t i = 0; i < COUNT(HOUSEHOLDS); i++) {
		const struct household *h = &HOUSEHOLDS[i];

		casekit_open(k);
		casekit_play(k, h->script);
		assert_value(k, h->name, "household_size", h->size);
		assert_value(k, h->name, "children_under_18", h->children);
		assert_value(k, h->name, "elderly_60_plus", h->elderly);
		assert_value(k, h->name, "members_with_disability", h->disabled);
		assert_value(k, h->name, "orphans_count", h->orphans);
		assert_value(k, h->name, "students_count", h->students);
		assert_value(k, h->name, "total_monthly_income", h->total);
		assert_value(k, h->name, "counted_monthly_income", h->counted);
		assert_value(k, h->name, "monthly_rent", h->rent);
		assert_value(k, h->name, "total_monthly_expenses", h->expenses);
		assert_value(k, h->name, "income_per_person", h->per_person);
		assert_value(k, h->name, "need_band", h->band);
	}
}

/* ---- the rule ---- */

/* Counts three sources only and deducts 100 riyals a person; bands as in a published example. */
static const char OTHER_RULE[] = "code,label::ar,rule,in_force,band,upper_halalas,deduction_halalas,counted_sources\n"
	"old,قديمة,old,,,,0,salary\n" "old-a,قديمة,old,,Z,99999900,,\n"
	"new,جديدة,new,yes,,,10000,salary social_security citizen_account\n"
	"new-d,د,new,,D,100000,,\n" "new-a,أ,new,,A,40000,,\n" "new-b,ب,new,,B,60000,,\n" "new-c,ج,new,,C,80000,,\n";

static void another_rule_counts_other_sources_deducts_and_has_other_bands(void **state)
{
	struct casekit *k = *state;
	struct reflist **list = casekit_list(k, "need_rule");
	struct reflist *own = *list;
	struct buf text;

	buf_init(&text, REFLIST_BYTES_MAX);
	assert_int_equal(reflist_compile("need_rule", "2", OTHER_RULE, strlen(OTHER_RULE), &text), 0);
	assert_int_equal(reflist_parse((const char *)text.data, text.len, list), 0);
	buf_fini(&text);
	casekit_open(k);
	casekit_play(k, OWNED INCOME("1", "salary", "1400.00", "monthly") INCOME("2", "trade", "900.00", "monthly") WIFE);
	assert_value(k, "another rule", "total_monthly_income", "2300");
	assert_value(k, "another rule", "counted_monthly_income", "1400");
	assert_value(k, "another rule", "income_per_person", "600");
	assert_value(k, "another rule", "need_band", "B");
	assert_int_equal(model_finish(k->model), 0);
	assert_value(k, "another rule", "need_rule_version", "new");
	reflist_free(*list);
	*list = own;
}

static void without_a_rule_the_band_is_review(void **state)
{
	struct casekit *k = *state;
	struct reflist **list = casekit_list(k, "need_rule");
	struct reflist *own = *list;

	*list = NULL;
	casekit_open(k);
	casekit_play(k, OWNED INCOME("1", "salary", "100.00", "monthly"));
	assert_value(k, "no rule", "income_per_person", "");
	assert_value(k, "no rule", "need_band", "review");
	*list = own;
}

static void the_service_area_is_known_by_centre_or_village_else_unsure(void **state)
{
	struct casekit *k = *state;

	casekit_open(k);
	assert_value(k, "nothing known", "in_service_area", "unsure");
	casekit_play(k, "governorate=muhayil; centre=qana; village=قرية جديدة");
	assert_value(k, "a new village of the centre", "in_service_area", "yes");
	casekit_play(k, "governorate=abha; centre=sawda");
	assert_value(k, "another centre", "in_service_area", "unsure");
}

/* ---- required documents ---- */

#define ALWAYS "family_record"
#define REGISTERED "gosi_print social_security_print"

static const struct {
	const char *script;
	const char *required;
} DOCUMENTS[] = {
	{ "", ALWAYS " " REGISTERED },
	{ "id_type=national_id; housing_tenure=owned", "national_id " ALWAYS " house_deed " REGISTERED },
	{ "id_type=resident_id; housing_tenure=rented", "resident_id " ALWAYS " lease " REGISTERED },
	{ "housing_tenure=hosted", ALWAYS " electricity_bill " REGISTERED },
	{ INCOME("1", "salary", "1.00", "monthly") INCOME("2", "citizen_account", "1.00", "monthly"),
	  ALWAYS " salary_letter " REGISTERED " citizen_account_print" },
	{ INCOME("1", "retirement", "1.00", "monthly"), ALWAYS " pension_letter " REGISTERED },
	{ "+request; request[1]/support_kind=cash_once", ALWAYS " " REGISTERED " iban_certificate" },
	{ "beneficiary_categories=widow", ALWAYS " death_certificate inheritance_deed " REGISTERED },
	{ "gender=female; marital_status=widowed; " MEMBER("1", "G2016-01-01", "yes"),
	  ALWAYS " support_deed death_certificate inheritance_deed " REGISTERED },
	{ "gender=male; marital_status=widowed", ALWAYS " " REGISTERED },
	{ "beneficiary_categories=divorced", ALWAYS " divorce_deed " REGISTERED },
	{ "gender=female; marital_status=divorced; " MEMBER("1", "G2016-01-01", "yes"), ALWAYS " divorce_deed custody_deed " REGISTERED },
	{ "beneficiary_categories=deserted", ALWAYS " desertion_deed " REGISTERED },
	{ "beneficiary_categories=orphans",
	  ALWAYS " birth_certificate death_certificate inheritance_deed guardianship_deed " REGISTERED " school_letter iban_certificate" },
	{ MEMBER("1", "G2016-01-01", "yes") SAYS("1", "orphan", "father"),
	  ALWAYS " birth_certificate death_certificate inheritance_deed guardianship_deed " REGISTERED " school_letter iban_certificate" },
	{ MEMBER("1", "G2016-01-01", "yes") SAYS("1", "orphan", "mother"), ALWAYS " " REGISTERED },
	{ "beneficiary_categories=prisoner_family", ALWAYS " prison_letter " REGISTERED },
	{ "applicant_is_breadwinner=no; breadwinner_state=imprisoned", ALWAYS " prison_letter " REGISTERED },
	{ "beneficiary_categories=disability", ALWAYS " " REGISTERED " disability_card" },
	{ "health_status=illness_and_disability", ALWAYS " " REGISTERED " medical_report disability_card" },
	{ MEMBER("1", "G2016-01-01", "yes") SAYS("1", "health", "disability"), ALWAYS " " REGISTERED " disability_card" },
	{ "beneficiary_categories=illness", ALWAYS " " REGISTERED " medical_report" },
	{ "employment_status=employed", ALWAYS " salary_letter " REGISTERED },
	{ "employment_status=retired", ALWAYS " pension_letter " REGISTERED },
	{ "+request; request[1]/support_kind=rent", ALWAYS " lease " REGISTERED },
	{ "+request; request[1]/support_kind=debt", ALWAYS " " REGISTERED " debt_proof" },
	{ "+request; request[1]/support_kind=food_basket; +request; request[2]/support_kind=tuition", ALWAYS " " REGISTERED " school_letter" },
	{ "beneficiary_categories=unmarried_woman", ALWAYS " " REGISTERED " unmarried_statement" },
	{ "beneficiary_categories=elderly", ALWAYS " " REGISTERED },
};

static void the_documents_required_follow_from_category_and_answers(void **state)
{
	struct casekit *k = *state;

	for (size_t i = 0; i < COUNT(DOCUMENTS); i++) {
		casekit_open(k);
		casekit_play(k, DOCUMENTS[i].script);
		assert_value(k, DOCUMENTS[i].script, "required_documents", DOCUMENTS[i].required);
	}
}

#define PAPER(n, type, state) "+document; document[" n "]/document_type=" type "; document[" n "]/document_state=" state ";"

static void a_document_is_missing_until_something_is_said_of_it(void **state)
{
	struct casekit *k = *state;

	casekit_open(k);
	casekit_play(k, "beneficiary_categories=widow");
	assert_value(k, "nothing", "required_documents_en",
		     "Family record, Death certificate, Deed of heirs, GOSI statement, Social-security statement");
	assert_value(k, "nothing", "required_documents_ar", "سجل الأسرة، شهادة وفاة، صك حصر ورثة، برنت التأمينات، مشهد الضمان");
	assert_value(k, "nothing", "missing_documents", "family_record death_certificate inheritance_deed gosi_print social_security_print");
	casekit_play(k, PAPER("1", "family_record", "seen_original") PAPER("2", "gosi_print", "not_applicable")
			PAPER("3", "social_security_print", "digital"));
	assert_value(k, "three", "missing_documents", "death_certificate inheritance_deed");
	assert_value(k, "three", "missing_documents_en", "Death certificate, Deed of heirs");
	assert_value(k, "three", "missing_documents_ar", "شهادة وفاة، صك حصر ورثة");
	casekit_play(k, PAPER("4", "death_certificate", "not_available"));
	assert_value(k, "with a reason", "missing_documents", "inheritance_deed");
	assert_value(k, "with a reason", "absent_documents_en", "Death certificate");
	assert_value(k, "with a reason", "absent_documents_ar", "شهادة وفاة");
	assert_true(casekit_node(k, "documents_summary")->is_relevant);
	casekit_play(k, PAPER("5", "inheritance_deed", "seen_copy"));
	assert_true(casekit_node(k, "documents_summary")->is_relevant);
	casekit_play(k, "document[4]/document_state=seen_original");
	assert_false(casekit_node(k, "documents_summary")->is_relevant);
	casekit_play(k, "-document[1]");
	assert_value(k, "one removed", "missing_documents", "family_record");
}

static void one_proof_of_dwelling_or_of_care_stands_for_the_others(void **state)
{
	struct casekit *k = *state;

	casekit_open(k);
	casekit_play(k, "housing_tenure=owned;" PAPER("1", "electricity_bill", "seen_copy"));
	assert_value(k, "bill for deed", "missing_documents", ALWAYS " " REGISTERED);
	casekit_play(k, "document[1]/document_state=not_available");
	assert_value(k, "bill not there", "missing_documents", ALWAYS " house_deed " REGISTERED);
	casekit_play(k, "housing_tenure=rented; document[1]/document_state=seen_copy; +request; request[1]/support_kind=rent");
	assert_value(k, "rent asked", "missing_documents", ALWAYS " lease " REGISTERED);
	casekit_open(k);
	casekit_play(k, "beneficiary_categories=divorced;" MEMBER("1", "G2016-01-01", "yes") PAPER("1", "support_deed", "seen_original"));
	assert_value(k, "dependency for custody", "missing_documents", ALWAYS " divorce_deed " REGISTERED);
}

static int open_kit(void **state)
{
	*state = casekit_new(CASEKIT_APPLICATION);
	return 0;
}

static int close_kit(void **state)
{
	casekit_free(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ages_are_full_years_on_the_day_and_about_when_only_the_year_is_known),
		cmocka_unit_test(an_age_changes_on_the_birthday_of_the_reader),
		cmocka_unit_test(the_figures_of_each_household_are_those_reckoned_by_hand),
		cmocka_unit_test(another_rule_counts_other_sources_deducts_and_has_other_bands),
		cmocka_unit_test(without_a_rule_the_band_is_review),
		cmocka_unit_test(the_service_area_is_known_by_centre_or_village_else_unsure),
		cmocka_unit_test(the_documents_required_follow_from_category_and_answers),
		cmocka_unit_test(a_document_is_missing_until_something_is_said_of_it),
		cmocka_unit_test(one_proof_of_dwelling_or_of_care_stands_for_the_others),
	};

	return cmocka_run_group_tests(tests, open_kit, close_kit);
}
