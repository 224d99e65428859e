/*
 * sample: see sample.h. One function per group of the questionnaire. How single answers are drawn is in sample_maker.c, words
 * and sentences are in sample_words.c, what is made of the answers (JSON, edit groups) is in sample_use.c.
 */
#include "tests/lib/sample.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/form/strokes.h"
#include "tests/lib/sample_maker.h"

#define SAMPLE_MEMBERS_MAX 8
#define SAMPLE_TEXT_BYTES_MAX 4096

/* The five texts of which one is the long narrative of the application; the others are a sentence or two. */
enum narrative { N_LANDMARK, N_REASON, N_FAMILY, N_HOUSING, N_RECOMMENDATION, NARRATIVES };

/* The least length of text `which`, in characters: the form allows 300 for a landmark and 500 for a reason. */
static size_t text_length(struct maker *k, enum narrative which, enum narrative longest)
{
	static const unsigned MORE[NARRATIVES] = { 15, 110, 180, 180, 180 };

	if (which == longest)
		return 190 + maker_below(k, MORE[which]) + maker_below(k, MORE[which]);
	return 1 + maker_below(k, 20);
}

static void put_visit(struct maker *k)
{
	bool is_first = maker_chance(k, 80);

	maker_put(k, "intake_channel", maker_chance(k, 75) ? "branch_representative" :
		  PICK(k, "interview", "phone", "website", "social_media"));
	maker_put_any(k, 1, "case_origin");
	maker_put(k, "visit_type", is_first ? "first" : PICK(k, "completion", "update", "verification"));
	if (!is_first) {
		char number[24];

		unsigned year = 1440 + maker_below(k, 8);

		snprintf(number, sizeof(number), "%u/%04u", year, maker_below(k, 3000));
		maker_put(k, "previous_file_number", number);
	}
	maker_put(k, "visit_place", maker_chance(k, 88) ? "home" : PICK(k, "branch_office", "relative_home", "hospital"));
	if (maker_chance(k, 78)) {
		maker_put(k, "respondent", "applicant");
	} else {
		maker_put(k, "respondent", PICK(k, "spouse", "guardian", "agent_by_deed", "family_member"));
		buf_clear(&k->text);
		maker_expand(k, "{m} {m} {t}", &k->text);
		maker_put(k, "respondent_name", buf_string(&k->text));
	}
	if (maker_chance(k, 60))
		maker_put(k, "interview_language", maker_chance(k, 97) ? "ar" : "other");
}

static void put_consent(struct maker *k)
{
	maker_put(k, "privacy_notice_read", "yes");
	maker_put(k, "consent_collect", "yes");
	maker_put_yes_no(k, 1, "consent_inquire", 92);
	maker_put_yes_no(k, 1, "consent_house_photos", 45);
	maker_put_some(k, 1, "consent_messages", maker_chance(k, 80) ? " call " : "", 30);
	maker_put(k, "consent_given_by", maker_chance(k, 90) ? "self" : PICK(k, "guardian", "agent_by_deed"));
}

static bool kind_is_female(struct maker *k)
{
	switch (k->s->kind) {
	case SAMPLE_KIND_WIDOW:
	case SAMPLE_KIND_DIVORCED:
	case SAMPLE_KIND_DESERTED:
	case SAMPLE_KIND_PRISONER:
	case SAMPLE_KIND_UNMARRIED:
		return true;
	case SAMPLE_KIND_POOR:
	case SAMPLE_KIND_ILL:
	case SAMPLE_KIND_ELDERLY:
	case SAMPLE_KIND_DEBTOR:
	case SAMPLE_KIND_EMERGENCY:
	case SAMPLE_KIND_RESIDENT:
	case SAMPLE_KINDS:
		break;
	}
	return maker_chance(k, 30);
}

static const char *kind_marital_status(struct maker *k)
{
	switch (k->s->kind) {
	case SAMPLE_KIND_WIDOW:
		return "widowed";
	case SAMPLE_KIND_DIVORCED:
		return "divorced";
	case SAMPLE_KIND_DESERTED:
		return "deserted";
	case SAMPLE_KIND_UNMARRIED:
		return "never_married";
	case SAMPLE_KIND_POOR:
	case SAMPLE_KIND_PRISONER:
	case SAMPLE_KIND_ILL:
	case SAMPLE_KIND_ELDERLY:
	case SAMPLE_KIND_DEBTOR:
	case SAMPLE_KIND_EMERGENCY:
	case SAMPLE_KIND_RESIDENT:
	case SAMPLE_KINDS:
		break;
	}
	return k->s->kind == SAMPLE_KIND_ELDERLY && maker_chance(k, 40) ? "widowed" : "married";
}

static void put_names(struct maker *k)
{
	maker_put(k, "first_name", maker_word(k, k->is_female ? 'f' : 'm'));
	if (!k->is_female)
		snprintf(k->father, sizeof(k->father), "%s", buf_string(&k->text));
	maker_put(k, "father_name", maker_word(k, 'm'));
	if (maker_chance(k, 75))
		maker_put(k, "grandfather_name", maker_word(k, 'm'));
	maker_put(k, "family_name", maker_word(k, 't'));
	snprintf(k->family, sizeof(k->family), "%s", buf_string(&k->text));
	if (k->is_female)
		snprintf(k->father, sizeof(k->father), "%s", maker_word(k, 'm'));
}

static void put_identity(struct maker *k)
{
	bool is_resident = k->s->kind == SAMPLE_KIND_RESIDENT;

	maker_put(k, "gender", k->is_female ? "female" : "male");
	if (!k->has_id) {
		maker_put(k, "id_type", "none");
	} else if (maker_chance(k, 3)) {
		char card[16];

		maker_put(k, "id_type", PICK(k, "special_card", "passport", "gcc_id"));
		snprintf(card, sizeof(card), "K%06u", maker_below(k, 1000000));
		maker_put(k, "id_number", card);
	} else {
		maker_put(k, "id_type", is_resident ? "resident_id" : "national_id");
		maker_put_id(k, 1, "id_number", is_resident);
	}
	maker_put(k, "nationality", is_resident ? PICK(k, "resident", "treated_as_saudi") : "saudi");
}

static void put_applicant(struct maker *k)
{
	bool is_old = k->s->kind == SAMPLE_KIND_ELDERLY;
	unsigned age = is_old ? 62 + maker_below(k, 28) : 24 + maker_below(k, 40);

	put_names(k);
	put_identity(k);
	maker_put_birth(k, 1, "birth_date", age);
	maker_put(k, "marital_status", kind_marital_status(k));
	maker_put(k, "education_level", !k->can_read ? "none" :
		  PICK(k, "reads_writes", "primary", "intermediate", "secondary", "secondary", "diploma"));
	maker_put(k, "can_read_write", k->can_read ? "yes" : "no");
	maker_put(k, "employment_status", is_old ? PICK(k, "retired", "unable", "unemployed") :
	    k->is_female ? PICK(k, "homemaker", "homemaker", "unemployed", "self_employed") :
	    PICK(k, "unemployed", "employed", "self_employed", "unable", "retired"));
	if (maker_chance(k, 90)) {
		maker_put_mobile(k, "mobile");
		maker_put(k, "mobile_owner", maker_chance(k, 75) ? "own" : PICK(k, "family", "neighbour"));
		if (maker_chance(k, 35))
			maker_put_mobile(k, "mobile_alt");
	}
}

/* The category that belongs to a kind, with spaces around as maker_put_some() wants. */
static const char *kind_category(enum sample_kind kind)
{
	switch (kind) {
	case SAMPLE_KIND_POOR:
	case SAMPLE_KINDS:
		break;
	case SAMPLE_KIND_WIDOW:
		return " widow orphans ";
	case SAMPLE_KIND_DIVORCED:
		return " divorced ";
	case SAMPLE_KIND_DESERTED:
		return " deserted ";
	case SAMPLE_KIND_PRISONER:
		return " prisoner_family ";
	case SAMPLE_KIND_ILL:
		return " illness ";
	case SAMPLE_KIND_ELDERLY:
		return " elderly ";
	case SAMPLE_KIND_DEBTOR:
		return " debtor ";
	case SAMPLE_KIND_EMERGENCY:
		return " emergency ";
	case SAMPLE_KIND_UNMARRIED:
		return " unmarried_woman ";
	case SAMPLE_KIND_RESIDENT:
		return " resident ";
	}
	return " poor_family ";
}

static void put_category(struct maker *k)
{
	enum sample_kind kind = k->s->kind;
	bool is_own = kind != SAMPLE_KIND_PRISONER && kind != SAMPLE_KIND_WIDOW && kind != SAMPLE_KIND_DESERTED;

	maker_put_some(k, 1, "beneficiary_categories", kind_category(kind), 4);
	maker_put(k, "applicant_is_breadwinner", is_own ? "yes" : "no");
	if (is_own)
		return;
	if (maker_chance(k, 80)) {
		buf_clear(&k->text);
		buf_text(&k->text, k->father);
		maker_expand(k, " {m} {t}", &k->text);
		maker_put(k, "breadwinner_name", buf_string(&k->text));
	}
	maker_put(k, "breadwinner_state", kind == SAMPLE_KIND_WIDOW ? "deceased" : kind == SAMPLE_KIND_PRISONER ? "imprisoned" :
	    PICK(k, "absent", "absent", "missing"));
	if (maker_chance(k, 85))
		maker_put_recent(k, 1, "breadwinner_state_since", 9);
}

static void put_location(struct maker *k)
{
	char text[48];

	if (maker_chance(k, 65)) {
		unsigned north = 300000 + maker_below(k, 90000);
		unsigned east = 920000 + maker_below(k, 79000);

		snprintf(text, sizeof(text), "18.%06u 41.%06u %u", north, east, 3 + maker_below(k, 25));
		maker_put(k, "home_location", text);
	}
	if (maker_chance(k, 30)) {
		int third = (int)('A' + maker_below(k, 26));
		int fourth = (int)('A' + maker_below(k, 26));

		snprintf(text, sizeof(text), "QN%c%c%04u", third, fourth, 2000 + maker_below(k, 7000));
		maker_put(k, "short_address", text);
	}
	if (maker_chance(k, 40)) {
		snprintf(text, sizeof(text), "63%u", 700 + maker_below(k, 60));
		maker_put(k, "postal_code", text);
	}
}

/* A centre of the governorate. */
static void put_centre(struct maker *k, const char *governorate)
{
	const char *centre = "majaridah";

	if (strcmp(governorate, "muhayil") == 0)
		centre = maker_chance(k, 70) ? "qana" : PICK(k, "bahr_abu_sukaynah", "khamis_mutayr", "muhayil");
	else if (strcmp(governorate, "rijal_almaa") == 0)
		centre = PICK(k, "shaabayn", "al_habil");
	else if (strcmp(governorate, "bariq") == 0)
		centre = PICK(k, "bariq", "thuluth_mandhar");
	maker_put(k, "centre", centre);
}

static void put_address(struct maker *k, size_t least)
{
	const char *governorate = maker_chance(k, 90) ? "muhayil" : PICK(k, "rijal_almaa", "bariq", "majaridah");

	maker_put(k, "governorate", governorate);
	put_centre(k, governorate);
	maker_put(k, "village", maker_word(k, 'v'));
	PUT_TEXT(k, 1, "landmark", least, SAMPLE_LANDMARK);
	put_location(k);
	maker_put_any(k, 1, "road_access");
}

/* Health of a member or of the applicant; returns whether there is a disability. */
static bool put_health(struct maker *k, uint32_t row, const char *field, unsigned percent_ill)
{
	const char *state = !maker_chance(k, percent_ill) ? "healthy" :
			    PICK(k, "illness", "illness", "disability", "illness_and_disability");

	maker_put_row(k, row, field, state);
	return strstr(state, "disability") != NULL;
}

/* What is asked from an age on; `age` is in Hijri years and may be a year more than the form counts, so a year or two are left out. */
static void put_member_state(struct maker *k, uint32_t row, unsigned age, bool is_spouse)
{
	if (age >= 17)
		maker_put_row(k, row, "member_marital_status", is_spouse ? "married" : age < 22 ? "never_married" :
			PICK(k, "never_married", "married", "divorced", "widowed"));
	if (age >= 6)
		maker_put_row(k, row, "member_education", age < 7 ? "kindergarten" : age < 13 ? "primary" : age < 16 ? "intermediate" :
			age < 19 ? "secondary" : PICK(k, "none", "reads_writes", "primary", "secondary", "bachelor"));
	if (age >= 17)
		maker_put_row(k, row, "member_employment", age < 19 ? "student" :
			      PICK(k, "unemployed", "employed", "homemaker", "student", "unable"));
	if (put_health(k, row, "member_health", age > 55 ? 50 : 12))
		maker_put_row(k, row, "member_disability",
			      PICK(k, "physical", "visual", "hearing", "intellectual", "autism", "learning", "speech intellectual"));
	if (age < 18)
		maker_put_row(k, row, "member_orphan", k->s->kind == SAMPLE_KIND_WIDOW ? "father" : "not_orphan");
	maker_put_yes_no(k, row, "member_lives_here", 93);
}

static void put_member(struct maker *k, uint32_t row)
{
	bool is_spouse = row == 1 && !k->is_female && k->s->kind != SAMPLE_KIND_UNMARRIED && maker_chance(k, 85);
	bool is_old = !is_spouse && (k->s->kind == SAMPLE_KIND_UNMARRIED || maker_chance(k, 8));
	bool is_female = is_spouse || maker_chance(k, 50);
	unsigned age = is_spouse ? 20 + maker_below(k, 40) : is_old ? 58 + maker_below(k, 30) : maker_below(k, 26);
	const char *relationship = is_spouse ? "wife" : is_old ? (is_female ? "mother" : "father") : is_female ? "daughter" : "son";

	if (!is_spouse && !is_old && maker_chance(k, 6))
		relationship = is_female ? PICK(k, "sister", "grandchild", "fostered") : PICK(k, "brother", "grandchild", "other_relative");
	buf_clear(&k->text);
	maker_expand(k, is_female ? "{f} " : "{m} ", &k->text);
	if (is_spouse || is_old)
		maker_expand(k, "{m} {t}", &k->text);
	else
		buf_printf(&k->text, "%s %s", k->father, k->family);
	maker_put_row(k, row, "member_name", buf_string(&k->text));
	maker_put_row(k, row, "member_relationship", relationship);
	maker_put_row(k, row, "member_gender", is_female ? "female" : "male");
	if (maker_chance(k, 82))
		maker_put_id(k, row, "member_id_number", k->s->kind == SAMPLE_KIND_RESIDENT);
	maker_put_birth(k, row, "member_birth_date", age);
	put_member_state(k, row, age, is_spouse);
}

static void put_health_group(struct maker *k)
{
	bool is_patient = k->s->kind == SAMPLE_KIND_ILL;
	const char *state = is_patient ? PICK(k, "illness", "illness", "disability", "illness_and_disability") :
			    maker_chance(k, 35) ? PICK(k, "illness", "illness", "disability") : "healthy";

	maker_put(k, "health_status", state);
	if (strncmp(state, "illness", 7) == 0) {
		maker_put_some(k, 1, "chronic_conditions",
			       PICK(k, " diabetes ", " hypertension ", " kidney ", " heart ", " asthma ", " sickle_cell "), 7);
		maker_put_money(k, 1, "monthly_medical_cost", 50, 1500, 50);
	}
	if (strstr(state, "disability"))
		maker_put_some(k, 1, "disability_type", PICK(k, " physical ", " visual ", " hearing "), 4);
	maker_put_yes_no(k, 1, "unable_to_work", strcmp(state, "healthy") == 0 ? 15 : 70);
}

static void put_housing(struct maker *k)
{
	char rooms[8];

	k->is_rented = maker_chance(k, 30);
	maker_put(k, "housing_tenure", k->is_rented ? "rented" : PICK(k, "owned", "owned", "inherited", "hosted", "charity", "government"));
	maker_put_any(k, 1, "housing_type");
	maker_put(k, "housing_condition", PICK(k, "good", "fair", "fair", "poor", "poor", "unsafe"));
	snprintf(rooms, sizeof(rooms), "%u", 1 + maker_below(k, 6));
	maker_put(k, "rooms_count", rooms);
	if (k->is_rented) {
		bool is_yearly = maker_chance(k, 40);

		maker_put_money(k, 1, "rent_amount", is_yearly ? 4000 : 300, is_yearly ? 14000 : 1300, is_yearly ? 500 : 50);
		maker_put(k, "rent_period", is_yearly ? "yearly" : PICK(k, "monthly", "monthly", "half_yearly"));
		maker_put_yes_no(k, 1, "landlord_is_relative", 15);
	}
	maker_put_some(k, 1, "building_problems", "", 22);
	maker_put_any(k, 1, "water_source");
	maker_put_some(k, 1, "appliances_missing", "", 20);
}

static void put_income(struct maker *k, uint32_t row)
{
	const char *receiver = k->s->member_count && maker_chance(k, 15) ? "member" : "applicant";
	char text[24];

	maker_put_row(k, row, "income_source", row == 1 ?
		PICK(k, "social_security", "social_security", "citizen_account", "retirement", "salary", "gosi") :
		PICK(k, "citizen_account", "disability_allowance", "alimony", "orphan_sponsorship", "relatives", "livestock", "farm",
		     "trade", "productive_family", "housing_support", "charity"));
	if (strcmp(receiver, "member") == 0) {
		snprintf(text, sizeof(text), "member:%u", 1 + maker_below(k, k->s->member_count));
		receiver = text;
	}
	maker_put_row(k, row, "income_receiver", receiver);
	maker_put_money(k, row, "income_amount", 150, 3600, 10);
	maker_put_row(k, row, "income_period", maker_chance(k, 88) ? "monthly" : PICK(k, "half_yearly", "yearly", "once"));
	maker_put_any(k, row, "income_proof");
}

static void put_assets(struct maker *k, uint32_t incomes)
{
	if (incomes == 0)
		maker_put(k, "no_income_declared", "yes");
	maker_put_some(k, 1, "assets_owned", "", 9);
	if (maker_chance(k, 25)) {
		maker_put(k, "other_charity_support", "yes");
		PUT_TEXT(k, 1, "other_charity_detail", 1, SAMPLE_OTHER_BODY);
	} else {
		maker_put(k, "other_charity_support", maker_chance(k, 90) ? "no" : "unsure");
	}
	maker_put_money(k, 1, "expense_utilities", 0, 700, 10);
	maker_put_money(k, 1, "expense_food", 300, 2500, 50);
	if (maker_chance(k, 60))
		maker_put_money(k, 1, "expense_other", 0, 900, 50);
}

static void put_debt(struct maker *k, uint32_t row)
{
	maker_put_any(k, row, "debt_kind");
	maker_put_money(k, row, "debt_remaining", 500, 90000, 250);
	if (maker_chance(k, 55))
		maker_put_money(k, row, "debt_instalment", 50, 500, 50);
}

/* The sentences that belong to a kind. */
static enum sample_topic kind_topic(enum sample_kind kind)
{
	switch (kind) {
	case SAMPLE_KIND_WIDOW:
		return SAMPLE_WIDOW;
	case SAMPLE_KIND_DIVORCED:
	case SAMPLE_KIND_DESERTED:
		return SAMPLE_DIVORCED;
	case SAMPLE_KIND_PRISONER:
		return SAMPLE_PRISON;
	case SAMPLE_KIND_ILL:
		return SAMPLE_ILL;
	case SAMPLE_KIND_ELDERLY:
		return SAMPLE_ELDERLY;
	case SAMPLE_KIND_DEBTOR:
		return SAMPLE_DEBT;
	case SAMPLE_KIND_EMERGENCY:
		return SAMPLE_ACCIDENT;
	case SAMPLE_KIND_RESIDENT:
		return SAMPLE_RESIDENT;
	case SAMPLE_KIND_POOR:
	case SAMPLE_KIND_UNMARRIED:
	case SAMPLE_KINDS:
		break;
	}
	return SAMPLE_FAMILY;
}

static void put_request(struct maker *k, uint32_t row, size_t least)
{
	maker_put_any(k, row, "support_kind");
	if (maker_chance(k, 60))
		PUT_TEXT(k, row, "support_detail", 1, SAMPLE_DETAIL);
	if (maker_chance(k, 50))
		maker_put_money(k, row, "support_amount", 200, 12000, 100);
	maker_put_any(k, row, "support_urgency");
	PUT_TEXT(k, row, "support_reason", least, kind_topic(k->s->kind), SAMPLE_REASON);
}

static void put_document(struct maker *k, uint32_t row, const char *type)
{
	bool is_missing = maker_chance(k, k->has_id ? 18 : 45);

	maker_put_row(k, row, "document_type", type);
	if (is_missing) {
		maker_put_row(k, row, "document_state", "not_available");
		maker_put_any(k, row, "document_missing_reason");
		return;
	}
	maker_put_row(k, row, "document_state", PICK(k, "seen_original", "seen_original", "seen_copy", "digital"));
	if (maker_chance(k, 45))
		maker_put_recent(k, row, "document_issue_date", 12);
	if (maker_chance(k, 92)) {
		maker_put_row(k, row, "document_matches", "yes");
	} else {
		maker_put_row(k, row, "document_matches", "no");
		PUT_TEXT(k, row, "document_mismatch_note", 1, SAMPLE_MISMATCH);
	}
}

/* The papers that the kind of applicant must bring beside those of everyone (DOMAIN 3.7). */
static const char *kind_document(enum sample_kind kind, unsigned i)
{
	static const char *const PAPERS[SAMPLE_KINDS][2] = {
		[SAMPLE_KIND_POOR] = { "citizen_account_print", "school_letter" },
		[SAMPLE_KIND_WIDOW] = { "death_certificate", "inheritance_deed" },
		[SAMPLE_KIND_DIVORCED] = { "divorce_deed", "custody_deed" },
		[SAMPLE_KIND_DESERTED] = { "desertion_deed", "support_deed" },
		[SAMPLE_KIND_PRISONER] = { "prison_letter", "school_letter" },
		[SAMPLE_KIND_ILL] = { "medical_report", "disability_card" },
		[SAMPLE_KIND_ELDERLY] = { "pension_letter", "medical_report" },
		[SAMPLE_KIND_DEBTOR] = { "debt_proof", "salary_letter" },
		[SAMPLE_KIND_EMERGENCY] = { "house_deed", "other" },
		[SAMPLE_KIND_UNMARRIED] = { "unmarried_statement", "social_security_print" },
		[SAMPLE_KIND_RESIDENT] = { "salary_letter", "lease" },
	};

	return PAPERS[kind][i];
}

static void put_documents(struct maker *k)
{
	uint32_t row = 0;

	put_document(k, ++row, k->s->kind == SAMPLE_KIND_RESIDENT ? "resident_id" : "national_id");
	put_document(k, ++row, "family_record");
	put_document(k, ++row, k->is_rented ? "lease" : PICK(k, "electricity_bill", "house_deed"));
	put_document(k, ++row, kind_document(k->s->kind, 0));
	if (maker_chance(k, 60))
		put_document(k, ++row, kind_document(k->s->kind, 1));
	if (maker_chance(k, 70))
		put_document(k, ++row, "social_security_print");
	if (maker_chance(k, 40))
		put_document(k, ++row, "iban_certificate");
}

static void put_inquiry(struct maker *k, uint32_t row)
{
	const char *outcome = PICK(k, "answered", "answered", "answered", "referred", "postponed");

	maker_put_any(k, row, "inquiry_topic");
	PUT_TEXT(k, row, "inquiry_text", 1, SAMPLE_QUESTION);
	maker_put_row(k, row, "inquiry_outcome", outcome);
	if (strcmp(outcome, "answered") == 0)
		maker_put_any(k, row, "inquiry_source");
}

static void put_observation(struct maker *k, enum narrative longest)
{
	const char *recommendation = PICK(k, "support", "support", "support_urgent",
					   "complete_documents", "second_visit", "refer", "not_entitled");

	maker_put_some(k, 1, "misconceptions", "", 8);
	if (maker_chance(k, 30))
		PUT_TEXT(k, 1, "suggestion", 1, SAMPLE_SUGGESTION);
	maker_put_some(k, 1, "obstacles", "", 8);
	PUT_TEXT(k, 1, "observation_family", text_length(k, N_FAMILY, longest),
		 k->has_id ? kind_topic(k->s->kind) : SAMPLE_NO_PAPERS, SAMPLE_FAMILY);
	PUT_TEXT(k, 1, "observation_housing", text_length(k, N_HOUSING, longest), SAMPLE_HOUSE);
	maker_put(k, "income_consistent", maker_chance(k, 80) ? "yes" : PICK(k, "no", "unsure"));
	maker_put_yes_no(k, 1, "protection_concern", 3);
	maker_put(k, "recommendation", recommendation);
	if (strncmp(recommendation, "support", 7) == 0)
		maker_put_some(k, 1, "recommended_support", " food_basket ", 4);
	PUT_TEXT(k, 1, "recommendation_reason", text_length(k, N_RECOMMENDATION, longest), SAMPLE_REASON);
}

static void put_declaration(struct maker *k)
{
	static const char *const ACKNOWLEDGED[] = {
		"summary_read_back", "declares_true", "accepts_responsibility", "told_committee", "told_reply_period", "told_rating_right",
	};
	const char *method = k->can_read ? (maker_chance(k, 95) ? "handwritten" : PICK(k, "guardian", "refused")) : "thumbprint";

	for (size_t i = 0; i < sizeof(ACKNOWLEDGED) / sizeof(ACKNOWLEDGED[0]); i++)
		maker_put(k, ACKNOWLEDGED[i], "yes");
	maker_put(k, "signature_method", method);
	if (strcmp(method, "thumbprint") == 0) {
		buf_clear(&k->text);
		maker_expand(k, "{m} {t}", &k->text);
		maker_put(k, "read_aloud_by", buf_string(&k->text));
		buf_clear(&k->text);
		maker_expand(k, "{m} {m} {t}", &k->text);
		maker_put(k, "witness_name", buf_string(&k->text));
		maker_put_id(k, 1, "witness_id_number", false);
	} else if (strcmp(method, "refused") == 0) {
		maker_put(k, "refusal_reason", PICK(k, "يريد مشاورة أخيه أولًا", "لا يرغب في ذكر دخله", "طلب قراءة الإقرار في زيارة أخرى"));
	}
}

/* Kinds in about the shares in which they apply. */
static enum sample_kind draw_kind(struct maker *k)
{
	static const unsigned char SHARES[SAMPLE_KINDS] = { 20, 20, 12, 4, 7, 11, 11, 5, 4, 3, 3 };
	unsigned at = maker_below(k, 100);
	unsigned kind = 0;

	while (at >= SHARES[kind])
		at -= SHARES[kind++];
	return (enum sample_kind)kind;
}

static uint32_t draw_member_count(struct maker *k)
{
	if (k->s->kind == SAMPLE_KIND_ELDERLY)
		return maker_below(k, 3);
	if (k->s->kind == SAMPLE_KIND_UNMARRIED)
		return maker_below(k, 2);
	if (maker_chance(k, 5))
		return 0;
	return 1 + (maker_below(k, SAMPLE_MEMBERS_MAX) + maker_below(k, SAMPLE_MEMBERS_MAX)) / 2;
}

static void draw_person(struct maker *k)
{
	struct sample *s = k->s;

	s->kind = draw_kind(k);
	s->member_count = draw_member_count(k);
	k->is_female = kind_is_female(k);
	k->has_id = !maker_chance(k, 5);
	k->can_read = maker_chance(k, s->kind == SAMPLE_KIND_ELDERLY ? 25 : 72);
}

static void put_rows(struct maker *k, void (*one)(struct maker *, uint32_t), uint32_t count)
{
	for (uint32_t row = 1; row <= count; row++)
		one(k, row);
}

static void put_all(struct maker *k)
{
	enum narrative longest = (enum narrative)maker_below(k, NARRATIVES);
	uint32_t incomes = maker_below(k, 10) == 0 ? 0 : 1 + maker_below(k, 3);

	put_visit(k);
	put_consent(k);
	put_applicant(k);
	put_category(k);
	put_address(k, text_length(k, N_LANDMARK, longest));
	put_rows(k, put_member, k->s->member_count);
	put_health_group(k);
	put_housing(k);
	put_rows(k, put_income, incomes);
	put_assets(k, incomes);
	put_rows(k, put_debt, maker_chance(k, 45) ? 1 + maker_below(k, 2) : 0);
	put_request(k, 1, text_length(k, N_REASON, longest));
	for (uint32_t row = 2; row <= 3 && maker_chance(k, 40); row++)
		put_request(k, row, 1);
	if (maker_chance(k, 65)) {
		maker_put_iban(k);
		maker_put(k, "iban_owner", maker_chance(k, 85) ? "applicant" : PICK(k, "breadwinner", "guardian", "landlord"));
	}
	put_documents(k);
	put_rows(k, put_inquiry, maker_below(k, 5) / 2);
	put_observation(k, longest);
	put_declaration(k);
}

static int compare_answers(const void *a, const void *b)
{
	const struct sample_answer *x = a;
	const struct sample_answer *y = b;

	if (x->entry_type != y->entry_type)
		return x->entry_type < y->entry_type ? -1 : 1;
	if (x->row != y->row)
		return x->row < y->row ? -1 : 1;
	return x->field < y->field ? -1 : x->field > y->field;
}

static void sort_answers(struct sample *s)
{
	qsort(s->answers, s->count, sizeof(*s->answers), compare_answers);
}

int sample_application(const struct form *f, uint64_t seed, uint32_t index, struct sample **out)
{
	struct maker k = { .state = seed ^ (uint64_t)index * UINT64_C(0xd1342543de82ef95) };

	*out = NULL;
	k.s = calloc(1, sizeof(*k.s));
	if (!k.s)
		return err_set(ERR_NOMEM, "sample: no memory");
	*k.s = (struct sample){ .form = f, .seed = seed, .index = index };
	buf_init(&k.text, SAMPLE_TEXT_BYTES_MAX);
	maker_next(&k);
	draw_person(&k);
	put_all(&k);
	if (!k.error)
		k.error = buf_error(&k.text);
	buf_fini(&k.text);
	if (k.error) {
		sample_free(k.s);
		return err_set(k.error, "sample: no memory");
	}
	sort_answers(k.s);
	*out = k.s;
	return 0;
}

/* A stroke or three that look like writing: slanted loops from right to left. */
static void put_strokes(struct maker *k, const char *field)
{
	struct strokes_point points[64];
	unsigned strokes = 1 + maker_below(k, 3);
	size_t count = 0;

	for (unsigned i = 0; i < strokes; i++) {
		int x = 820 - (int)(i * 160) - (int)maker_below(k, 60);
		int y = 160 + (int)maker_below(k, 120);
		unsigned steps = 8 + maker_below(k, 12);

		for (unsigned j = 0; j < steps; j++) {
			points[count++] = (struct strokes_point){ .x = (uint16_t)x, .y = (uint16_t)y, .begins = j == 0 };
			x -= 1 + (int)maker_below(k, 22);
			y += (int)maker_below(k, 43) - (y < 40 ? 0 : y > 440 ? 42 : 21);
		}
	}
	buf_clear(&k->text);
	if (strokes_encode(points, count, &k->text) != 0)
		k->error = ERR_NOMEM;
	else
		maker_put(k, field, buf_string(&k->text));
}

int sample_sign(struct sample *s)
{
	struct maker k = { .s = s, .state = ~s->seed ^ (uint64_t)s->index * UINT64_C(0xd1342543de82ef95) };
	const char *method = sample_value(s, "signature_method", 1);

	buf_init(&k.text, SAMPLE_TEXT_BYTES_MAX);
	if (method && (strcmp(method, "handwritten") == 0 || strcmp(method, "guardian") == 0))
		put_strokes(&k, "applicant_signature");
	put_strokes(&k, "agent_signature");
	buf_fini(&k.text);
	sort_answers(s);
	return k.error ? err_set(k.error, "sample: no memory") : 0;
}

void sample_free(struct sample *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->count; i++)
		free(s->answers[i].value);
	free(s->answers);
	free(s);
}

const char *sample_value(const struct sample *s, const char *field, uint32_t row)
{
	int i = form_field_find(s->form, field);

	for (size_t n = 0; n < s->count; n++)
		if (s->answers[n].field == i && s->answers[n].row == row)
			return s->answers[n].value;
	return NULL;
}
