/*
 * Examples for the default form (proto/form/forms/aid_application): what it holds, what is asked when, what a whole case needs and keeps.
 * Which answers it accepts is in test_default_answers.c, what it computes in test_default_need.c. All persons are invented; identity
 * numbers are patterned ones.
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
#define PEN "s1:ABAAild_.P_P_Jg"

/* ---- what it holds ---- */

static bool is_asked(const struct form_node *n)
{
	return n->kind == FORM_NODE_QUESTION && n->type != FORM_NOTE && n->type != FORM_CALCULATE && !n->is_computed;
}

static void it_has_130_questions_in_19_groups_with_6_repeats_and_51_lists(void **state)
{
	const struct casekit *k = *state;
	size_t questions = 0;
	size_t repeats = 0;
	size_t outside = 0;

	for (size_t i = 1; i < form_node_count(k->form); i++) {
		const struct form_node *n = form_node(k->form, i);

		questions += is_asked(n);
		outside += is_asked(n) && n->page < 0;
		repeats += n->kind == FORM_NODE_REPEAT;
	}
	assert_int_equal(questions, 130);
	assert_int_equal(outside, 0);
	assert_int_equal(form_group_count(k->form), 19);
	assert_int_equal(repeats, 6);
	assert_int_equal(form_list_count(k->form), 51);
}

static void its_entry_types_are_root_visit_declaration_and_the_six_repeats(void **state)
{
	static const char *const NAMES[] = { "root", "visit", "member", "income", "debt", "request", "document", "inquiry", "declaration" };
	const struct casekit *k = *state;

	assert_int_equal(form_entry_type_count(k->form), COUNT(NAMES));
	for (size_t i = 0; i < COUNT(NAMES); i++)
		assert_true(form_entry_type_find(k->form, NAMES[i]) >= 0);
	assert_int_equal(form_entry_type(k->form, (size_t)form_entry_type_find(k->form, "visit"))->kind, FORM_ENTRY_IS_SESSION);
	assert_int_equal(form_entry_type(k->form, (size_t)form_entry_type_find(k->form, "member"))->kind, FORM_ENTRY_IS_REPEAT);
}

static void every_question_and_choice_is_labelled_in_both_languages(void **state)
{
	const struct casekit *k = *state;
	size_t ar = form_language_find(k->form, "ar");
	size_t en = form_language_find(k->form, "en");

	assert_int_equal(ar, 0);
	assert_int_equal(en, 1);
	for (size_t i = 1; i < form_node_count(k->form); i++) {
		const struct form_node *n = form_node(k->form, i);

		if (n->kind == FORM_NODE_QUESTION && !is_asked(n) && n->type != FORM_NOTE)
			continue;
		assert_string_not_equal(form_words(k->form, i, FORM_LABEL, ar), "");
		assert_string_not_equal(form_words(k->form, i, FORM_LABEL, ar), form_words(k->form, i, FORM_LABEL, en));
	}
	for (size_t i = 0; i < form_list_count(k->form); i++)
		for (size_t c = 0; c < form_list(k->form, i)->choice_count; c++)
			assert_string_not_equal(form_choice_label(k->form, i, c, ar), form_choice_label(k->form, i, c, en));
}

static void every_constraint_and_warning_says_in_both_languages_what_is_expected(void **state)
{
	const struct casekit *k = *state;

	for (size_t i = 1; i < form_node_count(k->form); i++) {
		const struct form_node *n = form_node(k->form, i);

		if (*n->columns[FORM_CONSTRAINT])
			assert_string_not_equal(form_words(k->form, i, FORM_CONSTRAINT_MESSAGE, 0),
						form_words(k->form, i, FORM_CONSTRAINT_MESSAGE, 1));
		if (*n->columns[FORM_WARNING])
			assert_string_not_equal(form_words(k->form, i, FORM_WARNING_MESSAGE, 0),
						form_words(k->form, i, FORM_WARNING_MESSAGE, 1));
	}
}

/* The names in the documents' columns are those of the choices. */
static void the_list_of_documents_names_each_as_its_choice_does(void **state)
{
	const struct casekit *k = *state;
	size_t list = (size_t)form_list_find(k->form, "document_type");

	for (size_t column = 0; column < form_choice_column_count(k->form); column++) {
		bool is_arabic = strcmp(form_choice_column(k->form, column), "title_ar") == 0;

		if (!is_arabic && strcmp(form_choice_column(k->form, column), "title_en") != 0)
			continue;
		for (size_t c = 0; c < form_list(k->form, list)->choice_count; c++)
			assert_string_equal(form_choice_cell(k->form, list, c, column),
					    form_choice_label(k->form, list, c, is_arabic ? 0 : 1));
	}
}

static const struct form_node *node_named(const struct casekit *k, const char *path)
{
	int i = form_node_find(k->form, path);

	assert_true(i > 0);
	return form_node(k->form, (size_t)i);
}

/* What the tables of the domain say of each field; a name between spaces. */
static const char REQUIRED[] =
	" intake_channel case_origin visit_type visit_place respondent respondent_name privacy_notice_read consent_collect"
	" consent_inquire consent_document_photos consent_house_photos consent_given_by first_name father_name family_name gender"
	" id_type id_number nationality birth_date marital_status education_level can_read_write employment_status mobile_owner"
	" beneficiary_categories applicant_is_breadwinner breadwinner_state governorate centre village landmark member_name"
	" member_relationship member_gender member_birth_date member_health member_disability member_lives_here health_status"
	" disability_type unable_to_work housing_tenure housing_type housing_condition rooms_count rent_amount rent_period"
	" landlord_is_relative income_source income_receiver income_amount income_period income_proof no_income_declared"
	" other_charity_support debt_kind debt_remaining support_kind support_urgency support_reason iban_owner document_type"
	" document_state document_missing_reason document_matches document_mismatch_note inquiry_topic inquiry_text inquiry_outcome"
	" recommendation recommendation_reason summary_read_back declares_true accepts_responsibility told_committee told_reply_period"
	" told_rating_right signature_method applicant_signature applicant_thumbprint read_aloud_by witness_name witness_id_number"
	" refusal_reason agent_signature ";
static const char PROTECTED[] =
	" first_name father_name grandfather_name family_name id_type id_number nationality birth_date member_name member_relationship"
	" member_id_number member_birth_date member_lives_here income_source income_receiver income_amount income_period income_proof"
	" no_income_declared iban iban_owner summary_read_back declares_true accepts_responsibility told_committee told_reply_period"
	" told_rating_right signature_method applicant_signature applicant_thumbprint read_aloud_by witness_name witness_id_number"
	" refusal_reason agent_signature ";
static const char HIDDEN[] =
	" observation_family observation_housing income_consistent protection_concern recommendation recommended_support"
	" recommendation_reason need_rule_version need_inputs need_income_per_person need_band_at_finish ";

static bool is_listed(const char *list, const char *name)
{
	char word[FORM_NAME_BYTES_MAX + 3];

	snprintf(word, sizeof(word), " %s ", name);
	return strstr(list, word) != NULL;
}

static void fields_are_required_protected_and_hidden_as_listed(void **state)
{
	const struct casekit *k = *state;

	for (size_t i = 1; i < form_field_count(k->form); i++) {
		const struct form_field *f = form_field(k->form, i);

		if (f->is_required != is_listed(REQUIRED, f->name) || f->is_protected != is_listed(PROTECTED, f->name) ||
		    f->is_hidden_from_applicant != is_listed(HIDDEN, f->name))
			fail_msg("%s", f->name);
	}
}

static void what_is_restricted_or_kept_for_its_own_time_says_so(void **state)
{
	const struct casekit *k = *state;

	for (size_t i = 1; i < form_node_count(k->form); i++)
		if (strncmp(form_node(k->form, i)->name, "need_", 5) == 0 || strncmp(form_node(k->form, i)->name, "income_per_person", 17) == 0)
			assert_true(form_node(k->form, i)->is_hidden);
	assert_string_equal(node_named(k, "observation/protection_concern")->restricted, "research_officer");
	assert_string_equal(node_named(k, "observation/recommendation")->restricted, "");
	assert_string_equal(node_named(k, "applicant/first_name")->class, "");
	assert_string_equal(node_named(k, "declaration/applicant_thumbprint")->class, "thumbprint");
	assert_string_equal(node_named(k, "address/home_location")->class, "location");
	assert_string_equal(node_named(k, "observation/house_photos")->class, "photo");
	assert_string_equal(form_setting(k->form, "class"), "case");
	assert_string_equal(form_title(k->form, true), "طلب دعم مستفيد");
	assert_string_equal(form_title(k->form, false), "Support application");
}

/* ---- what is asked when ---- */

struct relevance {
	const char *script;
	const char *shown;  /* NULL: nothing to see */
	const char *absent;
};

static const struct relevance RELEVANCE[] = {
	{ "", "consent_collect", "mobile_owner" },
	{ "", "consent_messages", "age_note" },
	{ "consent_collect=no", NULL, "consent_messages" },
	{ "consent_collect=no", NULL, "consent_inquire" },
	{ "consent_collect=no", NULL, "consent_house_photos" },
	{ "birth_date=H1390", "age_note", NULL },
	{ "visit_type=first", NULL, "previous_file_number" },
	{ "visit_type=update", "previous_file_number", NULL },
	{ "respondent=applicant", NULL, "respondent_name" },
	{ "respondent=spouse", "respondent_name", NULL },
	{ "id_type=none", NULL, "id_number" },
	{ "id_type=passport", "id_number", NULL },
	{ "mobile=+966500000000", "mobile_owner", NULL },
	{ "applicant_is_breadwinner=yes", NULL, "breadwinner_name" },
	{ "applicant_is_breadwinner=yes", NULL, "breadwinner_state" },
	{ "applicant_is_breadwinner=no; breadwinner_state=able", "breadwinner_name", "breadwinner_state_since" },
	{ "applicant_is_breadwinner=no; breadwinner_state=imprisoned", "breadwinner_state_since", NULL },
	{ "+member; member[1]/member_birth_date=G2012-01-01", "member[1]/member_orphan", "member[1]/member_marital_status" },
	{ "+member; member[1]/member_birth_date=G2011-11-24", "member[1]/member_age_note", "member[1]/member_employment" },
	{ "+member; member[1]/member_birth_date=G2011-11-23", "member[1]/member_employment", NULL },
	{ "+member", NULL, "member[1]/member_age_note" },
	{ "+member; member[1]/member_birth_date=G2021-11-24", "member[1]/member_orphan", "member[1]/member_education" },
	{ "+member; member[1]/member_birth_date=G2021-11-23", "member[1]/member_education", NULL },
	{ "+member; member[1]/member_birth_date=G2008-11-23", NULL, "member[1]/member_orphan" },
	{ "+member; member[1]/member_birth_date=G2008-11-24", "member[1]/member_orphan", NULL },
	{ "+member; member[1]/member_health=illness", NULL, "member[1]/member_disability" },
	{ "+member; member[1]/member_health=illness_and_disability", "member[1]/member_disability", NULL },
	{ "health_status=illness", "chronic_conditions", "disability_type" },
	{ "health_status=disability", "disability_type", "chronic_conditions" },
	{ "housing_tenure=owned", NULL, "rent_amount" },
	{ "housing_tenure=rented", "rent_period", NULL },
	{ "", "no_income_declared", NULL },
	{ "+income", NULL, "no_income_declared" },
	{ "+income; -income[1]", "no_income_declared", NULL },
	{ "other_charity_support=unsure", NULL, "other_charity_detail" },
	{ "other_charity_support=yes", "other_charity_detail", NULL },
	{ "iban=SA0380000000608010167519", "iban_owner", NULL },
	{ "+document; document[1]/document_state=not_available", "document[1]/document_missing_reason", "document[1]/document_matches" },
	{ "+document; document[1]/document_state=not_applicable", NULL, "document[1]/document_issue_date" },
	{ "+document; document[1]/document_state=not_applicable", NULL, "document[1]/document_expiry_date" },
	{ "+document; document[1]/document_state=seen_copy", "document[1]/document_matches", "document[1]/document_mismatch_note" },
	{ "+document; document[1]/document_state=seen_copy; document[1]/document_matches=no", "document[1]/document_mismatch_note", NULL },
	{ "consent_house_photos=no", NULL, "house_photos" },
	{ "consent_house_photos=yes", "house_photos", NULL },
	{ "+inquiry; inquiry[1]/inquiry_outcome=referred", NULL, "inquiry[1]/inquiry_source" },
	{ "+inquiry; inquiry[1]/inquiry_outcome=answered", "inquiry[1]/inquiry_source", NULL },
	{ "recommendation=refer", NULL, "recommended_support" },
	{ "recommendation=support_urgent", "recommended_support", NULL },
	{ "signature_method=handwritten", "applicant_signature", "witness_name" },
	{ "signature_method=guardian", "applicant_signature", "refusal_reason" },
	{ "signature_method=thumbprint", "witness_id_number", "applicant_signature" },
	{ "signature_method=thumbprint", "applicant_thumbprint", NULL },
	{ "signature_method=handwritten", NULL, "applicant_thumbprint" },
	{ "signature_method=refused", "refusal_reason", "applicant_signature" },
};

static void questions_are_asked_when_the_case_needs_them(void **state)
{
	struct casekit *k = *state;

	for (size_t i = 0; i < COUNT(RELEVANCE); i++) {
		const struct relevance *r = &RELEVANCE[i];

		casekit_open(k);
		casekit_play(k, r->script);
		if (r->shown && !casekit_node(k, r->shown)->is_relevant)
			fail_msg("\"%s\": %s is not asked", r->script, r->shown);
		if (r->absent && casekit_node(k, r->absent)->is_relevant)
			fail_msg("\"%s\": %s is asked", r->script, r->absent);
	}
}

static void a_refusal_ends_the_interview_and_only_the_visit_is_left(void **state)
{
	struct casekit *k = *state;

	casekit_open(k);
	casekit_play(k, "consent_collect=yes; first_name=محمد; consent_collect=no");
	for (struct model_node *page = model_root(k->model)->first; page; page = page->next) {
		const char *name = model_form_node(k->model, page)->name;
		bool is_kept = strcmp(name, "visit") == 0 || strcmp(name, "consent") == 0;

		if (page->kind != MODEL_QUESTION && page->is_relevant != is_kept)
			fail_msg("%s", name);
		if (page->kind == MODEL_QUESTION && strcmp(name, "case_day") != 0 && *casekit_value(k, name))
			fail_msg("%s is still computed", name);
	}
	assert_false(casekit_node(k, "consent_given_by")->is_relevant);
	assert_string_equal(casekit_value(k, "first_name"), "");
	casekit_play(k, "consent_collect=yes");
	assert_string_equal(casekit_value(k, "first_name"), "محمد");
}

static void a_refusal_needs_nothing_but_the_visit(void **state)
{
	struct casekit *k = *state;

	casekit_open(k);
	casekit_play(k, "intake_channel=branch_representative; case_origin=outreach; visit_type=first; visit_place=home; respondent=applicant;"
			"privacy_notice_read=yes; consent_collect=no");
	if (casekit_problems(k) != 0)
		fail_msg("%s", k->text);
}

/* No type of document has photos switched on in the form as it is delivered. */
static void photos_of_documents_are_off_until_the_centre_switches_them_on(void **state)
{
	struct casekit *k = *state;

	casekit_open(k);
	casekit_play(k, "+document; document[1]/document_type=lease; document[1]/document_state=seen_original");
	assert_false(casekit_node(k, "consent_document_photos")->is_relevant);
	assert_false(casekit_node(k, "document[1]/document_photos")->is_relevant);
}

static void centres_are_those_of_the_governorate(void **state)
{
	struct casekit *k = *state;
	struct model_choices choices;

	casekit_open(k);
	casekit_play(k, "governorate=muhayil; centre=qana");
	assert_string_equal(casekit_value(k, "centre"), "qana");
	assert_int_equal(model_choices(k->model, casekit_node(k, "centre"), 0, &choices), 0);
	assert_true(choices.count >= 2 && choices.count < 10);
	assert_string_equal(choices.items[0].code, "muhayil");
	model_choices_fini(&choices);
	casekit_play(k, "governorate=abha");
	assert_true(casekit_node(k, "centre")->is_masked);
	assert_string_equal(casekit_value(k, "centre"), "");
	casekit_play(k, "governorate=muhayil");
	assert_string_equal(casekit_value(k, "centre"), "qana");
}

static void who_cannot_write_signs_with_a_thumbprint_unless_told_otherwise(void **state)
{
	struct casekit *k = *state;

	casekit_open(k);
	casekit_play(k, "can_read_write=yes");
	assert_string_equal(casekit_value(k, "signature_method"), "");
	casekit_play(k, "can_read_write=no");
	assert_string_equal(casekit_value(k, "signature_method"), "thumbprint");
	casekit_play(k, "signature_method=guardian");
	assert_string_equal(casekit_value(k, "signature_method"), "guardian");
}

/* A later visit finds the answer in the case and begins a declaration of its own. */
static void the_thumbprint_is_the_default_of_a_later_declaration_too(void **state)
{
	struct casekit *k = *state;
	size_t field = (size_t)form_field_find_in(k->form, FORM_ENTRY_ROOT, "can_read_write");

	model_free(k->model);
	k->model = NULL;
	assert_int_equal(model_new(k->plan, &k->world, 77, &k->model), 0);
	assert_int_equal(model_put(k->model, FORM_ENTRY_ROOT, 77, field, "no"), 0);
	assert_int_equal(model_open(k->model), 0);
	assert_string_equal(casekit_value(k, "signature_method"), "thumbprint");
}

static void no_income_must_be_declared_when_none_is_listed(void **state)
{
	struct casekit *k = *state;

	casekit_open(k);
	assert_true(casekit_node(k, "no_income_declared")->is_missing);
	casekit_play(k, "no_income_declared=yes");
	assert_false(casekit_node(k, "no_income_declared")->is_missing);
}

/* ---- a whole case ---- */

static const char VISIT[] = "intake_channel=branch_representative; case_origin=outreach; visit_type=first; visit_place=home; respondent=applicant;"
	"privacy_notice_read=yes; consent_collect=yes; consent_inquire=yes; consent_house_photos=no; consent_given_by=self;";
static const char APPLICANT[] = "first_name=فاطمة; father_name=علي; family_name=عسيري; gender=female; id_type=none; nationality=saudi;"
	"birth_date=H1390; marital_status=widowed; education_level=none; can_read_write=yes; employment_status=homemaker;"
	"beneficiary_categories=widow; applicant_is_breadwinner=yes; governorate=muhayil; centre=qana; village=قنا; landmark=جوار المسجد;";
static const char HOUSE[] = "health_status=healthy; unable_to_work=no; housing_tenure=owned; housing_type=traditional; housing_condition=fair;"
	"rooms_count=2; no_income_declared=yes; other_charity_support=no; recommendation=support; recommendation_reason=أرملة بلا دخل;";
static const char SIGNED[] = "summary_read_back=yes; declares_true=yes; accepts_responsibility=yes; told_committee=yes; told_reply_period=yes;"
	"told_rating_right=yes; signature_method=handwritten; applicant_signature=" PEN "; agent_signature=" PEN;

static void play_whole_case(struct casekit *k)
{
	casekit_open(k);
	casekit_play(k, VISIT);
	casekit_play(k, APPLICANT);
	casekit_play(k, HOUSE);
	casekit_play(k, SIGNED);
}

static void without_identity_phone_request_or_paper_a_case_is_complete(void **state)
{
	struct casekit *k = *state;

	play_whole_case(k);
	if (casekit_problems(k) != 0)
		fail_msg("%zu, first %s", casekit_problems(k), k->text);
	assert_string_equal(casekit_value(k, "in_service_area"), "yes");
}

/* Pictures travel with no change set yet: the paper slip is the proof until they do. */
static void who_signs_with_a_thumbprint_can_finish_without_a_photo(void **state)
{
	struct casekit *k = *state;

	play_whole_case(k);
	casekit_play(k, "can_read_write=no; applicant_signature=; read_aloud_by=سعد محمد;"
			"witness_name=أحمد علي; witness_id_number=1111111116");
	assert_string_equal(casekit_value(k, "signature_method"), "thumbprint");
	if (casekit_problems(k) != 0)
		fail_msg("%s", k->text);
	casekit_play(k, "witness_id_number=");
	assert_int_equal(casekit_problems(k), 1);
}

static void nothing_is_ticked_before_it_was_said(void **state)
{
	static const char *const NAMES[] = { "privacy_notice_read", "consent_collect", "consent_inquire", "consent_messages", "summary_read_back",
		"declares_true", "accepts_responsibility", "told_committee", "told_reply_period", "told_rating_right" };
	struct casekit *k = *state;

	casekit_open(k);
	for (size_t i = 0; i < COUNT(NAMES); i++)
		assert_string_equal(casekit_value(k, NAMES[i]), "");
}

static void a_logged_question_needs_an_outcome_and_a_mismatch_a_note(void **state)
{
	struct casekit *k = *state;

	play_whole_case(k);
	casekit_play(k, "+inquiry; inquiry[1]/inquiry_topic=time; inquiry[1]/inquiry_text=متى الرد");
	assert_int_equal(casekit_problems(k), 1);
	assert_string_equal(k->text, "inquiry_outcome");
	casekit_play(k, "inquiry[1]/inquiry_outcome=postponed; +document; document[1]/document_type=family_record;"
			"document[1]/document_state=seen_original; document[1]/document_matches=no");
	assert_int_equal(casekit_problems(k), 1);
	assert_string_equal(k->text, "document_mismatch_note");
}

static void finishing_keeps_versions_rule_and_judgement_of_that_moment(void **state)
{
	struct casekit *k = *state;

	play_whole_case(k);
	casekit_play(k, "+document; document[1]/document_type=family_record; document[1]/document_state=seen_original;"
			"document[1]/document_matches=yes; document[1]/document_expiry_date=G2026-12-01");
	assert_string_equal(casekit_value(k, "need_band_at_finish"), "");
	assert_int_equal(model_finish(k->model), 0);
	assert_string_equal(casekit_value(k, "form_version"), form_version(k->form));
	assert_string_equal(casekit_value(k, "declaration_version"), "1");
	assert_string_equal(casekit_value(k, "privacy_notice_version"), "1");
	assert_memory_equal(casekit_value(k, "visit_started_at"), "2026-11-23T09:00:00", 19);
	assert_memory_equal(casekit_value(k, "visit_ended_at"), "2026-11-23T09:00:00", 19);
	assert_memory_equal(casekit_value(k, "signed_at"), "2026-11-23T09:00:00", 19);
	assert_string_equal(casekit_value(k, "need_rule_version"), "default-1");
	assert_string_equal(casekit_value(k, "need_income_per_person"), "0");
	assert_string_equal(casekit_value(k, "need_band_at_finish"), "A");
	assert_string_equal(casekit_value(k, "need_inputs"), "counted_monthly_income=0 monthly_rent=0 deduction_halalas=0 household_size=1");
	assert_string_equal(casekit_value(k, "document[1]/document_valid_at_finish"), "yes");
	/* A year later what was judged stands. */
	assert_int_equal(model_at(k->model, CASEKIT_NOW_MS + (int64_t)366 * 86400000), 0);
	assert_string_equal(casekit_value(k, "document[1]/document_valid_at_finish"), "yes");
	assert_string_equal(casekit_value(k, "case_day"), "2026-11-23");
}

static void a_case_is_called_by_the_names_of_the_applicant(void **state)
{
	struct casekit *k = *state;
	struct buf title;

	play_whole_case(k);
	buf_init(&title, 1000);
	assert_int_equal(model_title(k->model, &title), 0);
	assert_string_equal(buf_string(&title), "فاطمة علي عسيري");
	buf_fini(&title);
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
		cmocka_unit_test(it_has_130_questions_in_19_groups_with_6_repeats_and_51_lists),
		cmocka_unit_test(its_entry_types_are_root_visit_declaration_and_the_six_repeats),
		cmocka_unit_test(every_question_and_choice_is_labelled_in_both_languages),
		cmocka_unit_test(every_constraint_and_warning_says_in_both_languages_what_is_expected),
		cmocka_unit_test(the_list_of_documents_names_each_as_its_choice_does),
		cmocka_unit_test(fields_are_required_protected_and_hidden_as_listed),
		cmocka_unit_test(what_is_restricted_or_kept_for_its_own_time_says_so),
		cmocka_unit_test(questions_are_asked_when_the_case_needs_them),
		cmocka_unit_test(a_refusal_ends_the_interview_and_only_the_visit_is_left),
		cmocka_unit_test(a_refusal_needs_nothing_but_the_visit),
		cmocka_unit_test(photos_of_documents_are_off_until_the_centre_switches_them_on),
		cmocka_unit_test(centres_are_those_of_the_governorate),
		cmocka_unit_test(who_cannot_write_signs_with_a_thumbprint_unless_told_otherwise),
		cmocka_unit_test(the_thumbprint_is_the_default_of_a_later_declaration_too),
		cmocka_unit_test(no_income_must_be_declared_when_none_is_listed),
		cmocka_unit_test(without_identity_phone_request_or_paper_a_case_is_complete),
		cmocka_unit_test(who_signs_with_a_thumbprint_can_finish_without_a_photo),
		cmocka_unit_test(nothing_is_ticked_before_it_was_said),
		cmocka_unit_test(a_logged_question_needs_an_outcome_and_a_mismatch_a_note),
		cmocka_unit_test(finishing_keeps_versions_rule_and_judgement_of_that_moment),
		cmocka_unit_test(a_case_is_called_by_the_names_of_the_applicant),
	};

	return cmocka_run_group_tests(tests, open_kit, close_kit);
}
