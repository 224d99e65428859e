/*
 * Examples for the answers that the default form accepts, refuses, or points out as unusual: the constraints of the domain both ways. All
 * persons are invented; identity numbers are patterned ones.
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

struct answers {
	const char *script;
	const char *place;
	const char *good[5];
	const char *bad[5];
};

#define TEXT_40 "محمدمحمدمحمدمحمدمحمدمحمدمحمدمحمدمحمدمحمد"
#define MEMBER "+member; member[1]/"

static const struct answers CONSTRAINTS[] = {
	{ "visit_type=update", "previous_file_number", { "1447/0012", "A-1" }, { "ملف ١", "123456789012345678901" } },
	{ "respondent=spouse", "respondent_name", { "سعاد", "Suad Ali" }, { "س", "سعاد 2" } },
	{ "", "consent_messages", { "call", "call sms", "none" }, { "call none" } },
	{ "", "first_name", { "محمد", "عبد الله", "آل", TEXT_40 }, { "م", "Muhammad", "محمد1", TEXT_40 "م" } },
	{ "", "father_name", { "محمد" }, { "Muhammad" } },
	{ "", "grandfather_name", { "محمد" }, { "Muhammad" } },
	{ "", "family_name", { "آل فلان" }, { "Muhammad" } },
	{ "applicant_is_breadwinner=no", "breadwinner_name", { "سالم" }, { "7" } },
	{ "signature_method=thumbprint", "read_aloud_by", { "سالم" }, { "7" } },
	{ "id_type=national_id", "id_number", { "1000000008", "1111111116", "1234567897" }, { "1000000000", "1234567890", "100000000", "A123456" } },
	{ "id_type=resident_id", "id_number", { "2000000006" }, { "2000000000", "3000000004" } },
	{ "id_type=passport", "id_number", { "K123456", "1234" }, { "123", "K 1234", "K12345678901234567890" } },
	{ "id_type=national_id; id_number=1000000008", "nationality", { "saudi" }, { "resident", "other", "treated_as_saudi" } },
	{ "id_type=resident_id; id_number=2000000006", "nationality", { "resident", "treated_as_saudi" }, { NULL } },
	{ "id_type=passport; id_number=1234567", "nationality", { "other" }, { NULL } },
	{ "", "birth_date", { "H1300", "H1390-07-01", "G1970-09-02", "H1448-06-13", "G2026-11-23" }, { "G2026-11-24", "H1448-06-14",
	  "G1881", "H1449" } },
	{ "", "mobile", { "+966500000000" }, { "+966400000000", "+96650000000" } },
	{ "mobile=+966500000000", "mobile_alt", { "+966500000001" }, { "+966500000000" } },
	{ "", "beneficiary_categories", { "widow", "widow orphans disability illness elderly" },
	  { "poor_family widow orphans disability illness elderly" } },
	{ "applicant_is_breadwinner=no; breadwinner_state=deceased", "breadwinner_state_since", { "H1447", "G2026-11-23" }, { "G2026-11-24" } },
	{ "", "short_address", { "ABCD1234" }, { "ABC12345", "ABCD123" } },
	{ "", "postal_code", { "61913", "21913" }, { "6191", "619130" } },
	{ "", "iban", { "SA0380000000608010167519", "SA0910000000000000000001", "SA7178000000000000ABCDEF" },
	  { "SA0380000000608010167518", "SA038000000060801016751" } },
	{ "", "home_location", { "18.340000 41.990000 5", "26.000000 50.000000 0" }, { "15.900000 44.000000 5", "20.000000 34.300000 5",
	  "32.700000 40.000000 5" } },
	{ "+member", "member[1]/member_name", { "سالم", "أم سعد" }, { "Salem", "س", "سالم 3" } },
	{ "+member", "member[1]/member_birth_date", { "H1440", "G2026-11-23" }, { "G2026-11-24" } },
	{ "id_type=national_id; id_number=1000000008; +member", "member[1]/member_id_number", { "1111111116" }, { "1000000008", "1000000000" } },
	{ "", "monthly_medical_cost", { "0.00", "100000.00" }, { "100000.01" } },
	{ "", "rooms_count", { "0", "30" }, { "31", "-1" } },
	{ "housing_tenure=rented", "rent_amount", { "1.00", "500000.00" }, { "0.99", "500000.01" } },
	{ "housing_tenure=rented", "rent_period", { "monthly", "half_yearly", "yearly" }, { "once" } },
	{ "", "building_problems", { "cracks", "none" }, { "cracks none" } },
	{ "", "appliances_missing", { "fridge beds", "none" }, { "fridge none" } },
	{ "", "assets_owned", { "car", "none" }, { "car none" } },
	{ "+income", "income[1]/income_amount", { "0.00", "200000.00" }, { "200000.01" } },
	{ "", "expense_utilities", { "20000.00" }, { "20000.01" } },
	{ "", "expense_food", { "50000.00" }, { "50000.01" } },
	{ "", "expense_other", { "50000.00" }, { "50000.01" } },
	{ "+debt", "debt[1]/debt_remaining", { "1.00", "10000000.00" }, { "0.99", "10000000.01" } },
	{ "+debt; debt[1]/debt_remaining=900.00", "debt[1]/debt_instalment", { "0.00", "900.00" }, { "900.01" } },
	{ "+request", "request[1]/support_amount", { "0.00", "1000000.00" }, { "1000000.01" } },
	{ "+document; document[1]/document_state=digital", "document[1]/document_issue_date", { "G2026-11-23" }, { "G2026-11-24" } },
	{ "+document; document[1]/document_state=digital; document[1]/document_matches=no", "document[1]/document_mismatch_note", { "لا" }, { "ل" } },
	{ "", "obstacles", { "road weather", "none" }, { "road none" } },
	{ "signature_method=thumbprint", "witness_name", { "شاهد" }, { "ش" } },
	{ "id_type=national_id; id_number=1000000008; signature_method=thumbprint", "witness_id_number", { "1111111116" }, { "1000000008",
	  "1234567890" } },
};

static const struct answers WARNINGS[] = {
	{ "id_type=national_id", "id_number", { "1000000008" }, { "2000000006" } },
	{ "", "birth_date", { "H1390", "G1980-01-01" }, { "G2020-01-01", "H1310" } },
	{ "gender=male", "beneficiary_categories", { "orphans" }, { "widow" } },
	{ "", "postal_code", { "61913" }, { "21913" } },
	{ "", "home_location", { "18.340000 41.990000 5" }, { "24.700000 46.700000 5", "18.300000 40.900000 5" } },
	{ MEMBER "member_relationship=wife", "member[1]/member_gender", { "female" }, { "male" } },
	{ "", "monthly_medical_cost", { "3000.00" }, { "3000.01" } },
	{ "housing_tenure=rented; rent_period=yearly", "rent_amount", { "48000.00" }, { "60000.00" } },
	{ "", "rooms_count", { "12" }, { "13" } },
	{ "+income", "income[1]/income_amount", { "20000.00" }, { "20000.01" } },
	{ "", "expense_utilities", { "2000.00" }, { "2000.01" } },
	{ "", "expense_food", { "5000.00" }, { "5000.01" } },
	{ "", "expense_other", { "5000.00" }, { "5000.01" } },
	{ "+debt", "debt[1]/debt_remaining", { "1000000.00" }, { "1000000.01" } },
	{ "+debt; debt[1]/debt_remaining=90000.00", "debt[1]/debt_instalment", { "10000.00" }, { "10000.01" } },
	{ "+request", "request[1]/support_amount", { "100000.00" }, { "100000.01" } },
	{ "+member", "member[1]/member_birth_date", { "H1340" }, { "H1330" } },
	{ "+document; document[1]/document_type=national_id", "document[1]/document_state", { "seen_original", "digital" }, { "seen_copy" } },
	{ "+document; document[1]/document_type=lease", "document[1]/document_state", { "seen_copy" }, { NULL } },
	{ "+document; document[1]/document_type=salary_letter; document[1]/document_state=digital", "document[1]/document_issue_date",
	  { "G2026-08-25", "H1448" }, { "G2026-08-24" } },
	{ "+document; document[1]/document_type=lease; document[1]/document_state=digital", "document[1]/document_issue_date",
	  { "G2016-08-24" }, { NULL } },
	{ "+document; document[1]/document_state=digital", "document[1]/document_expiry_date", { "G2026-11-23", "H1448-06-13" },
	  { "G2026-11-22", "H1448-06-12" } },
	{ "signature_method=thumbprint; read_aloud_by=أحمد علي", "witness_name", { "سعد" }, { "أحمد علي" } },
};

static void check_answers(struct casekit *k, const struct answers *a, const char *const *values, bool is_wrong, bool is_soft)
{
	for (size_t i = 0; i < COUNT(a->good) && values[i]; i++) {
		char script[512];
		const struct model_node *n;

		casekit_open(k);
		casekit_play(k, a->script);
		snprintf(script, sizeof(script), "%s=%s", a->place, values[i]);
		casekit_play(k, script);
		n = casekit_node(k, a->place);
		assert_true(n->is_relevant);
		if ((is_soft ? n->is_warned : n->is_violated) != is_wrong)
			fail_msg("%s: %s", script, is_wrong ? "accepted" : "refused");
		if (is_soft && n->is_violated)
			fail_msg("%s: refused, a warning was expected", script);
	}
}

static void answers_are_held_to_the_constraints(void **state)
{
	for (size_t i = 0; i < COUNT(CONSTRAINTS); i++) {
		check_answers(*state, &CONSTRAINTS[i], CONSTRAINTS[i].good, false, false);
		check_answers(*state, &CONSTRAINTS[i], CONSTRAINTS[i].bad, true, false);
	}
}

static void unusual_answers_are_pointed_out_and_stop_nothing(void **state)
{
	for (size_t i = 0; i < COUNT(WARNINGS); i++) {
		check_answers(*state, &WARNINGS[i], WARNINGS[i].good, false, true);
		check_answers(*state, &WARNINGS[i], WARNINGS[i].bad, true, true);
	}
}

static void long_texts_end_at_their_limit(void **state)
{
	static const struct {
		const char *script, *place;
		size_t limit;
	} LIMITS[] = {
		{ "", "landmark", 300 }, { "other_charity_support=yes", "other_charity_detail", 300 },
		{ "+request", "request[1]/support_detail", 300 },
		{ "+request", "request[1]/support_reason", 500 }, { "+inquiry", "inquiry[1]/inquiry_text", 500 }, { "", "suggestion", 1000 },
		{ "", "observation_family", 1500 }, { "", "observation_housing", 1500 }, { "", "recommendation_reason", 1000 },
		{ "signature_method=refused", "refusal_reason", 500 },
	};
	struct casekit *k = *state;

	for (size_t i = 0; i < COUNT(LIMITS); i++) {
		char text[2 * 1600] = "";

		casekit_open(k);
		casekit_play(k, LIMITS[i].script);
		for (size_t c = 0; c < LIMITS[i].limit; c++)
			memcpy(text + 2 * c, "ا", 3);
		assert_int_equal(model_set(k->model, casekit_node(k, LIMITS[i].place), text), 0);
		assert_false(casekit_node(k, LIMITS[i].place)->is_violated);
		memcpy(text + 2 * LIMITS[i].limit, "ا", 3);
		assert_int_equal(model_set(k->model, casekit_node(k, LIMITS[i].place), text), 0);
		if (!casekit_node(k, LIMITS[i].place)->is_violated)
			fail_msg("%s", LIMITS[i].place);
	}
}

static void an_identity_number_stands_once_in_a_case(void **state)
{
	struct casekit *k = *state;

	casekit_open(k);
	casekit_play(k, MEMBER "member_id_number=1111111116; +member; member[2]/member_id_number=1234567897; +member");
	assert_false(casekit_node(k, "member[1]/member_id_number")->is_violated);
	casekit_play(k, "member[3]/member_id_number=1111111116");
	assert_true(casekit_node(k, "member[1]/member_id_number")->is_violated);
	assert_false(casekit_node(k, "member[2]/member_id_number")->is_violated);
	assert_true(casekit_node(k, "member[3]/member_id_number")->is_violated);
	casekit_play(k, "-member[1]");
	assert_false(casekit_node(k, "member[2]/member_id_number")->is_violated);
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
		cmocka_unit_test(answers_are_held_to_the_constraints),
		cmocka_unit_test(unusual_answers_are_pointed_out_and_stop_nothing),
		cmocka_unit_test(long_texts_end_at_their_limit),
		cmocka_unit_test(an_identity_number_stands_once_in_a_case),
	};

	return cmocka_run_group_tests(tests, open_kit, close_kit);
}
