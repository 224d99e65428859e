/*
 * xlsform_select: where the answers of a select question come from: a list of the workbook, or reference data of the centre.
 *
 * A list "from file" (villages.csv) is the centre's reference list of that name (villages): it travels on its own, apart from the form.
 * What instance('villages') reads from is kept for all of them, since one name cannot mean two files.
 */
#include <stdio.h>
#include <string.h>

#include "server/author/xlsform_parts.h"

/* Files by their ending and the folder that other programs look in. */
static const struct {
	const char *ending;
	const char *folder;
} FILES[] = { { ".csv", "file-csv" }, { ".xml", "file" }, { ".geojson", "file" } };

static const char *ending_of(const char *list, const char **folder)
{
	const char *dot = strrchr(list, '.');

	for (size_t i = 0; dot != NULL && i < sizeof(FILES) / sizeof(FILES[0]); i++)
		if (strcasecmp(dot, FILES[i].ending) == 0) {
			*folder = FILES[i].folder;
			return dot;
		}
	return NULL;
}

static void warn_missing(struct xlsform *x, const struct xlsform_line *line, int plain, const char *name)
{
	if (x->options->has_list != NULL && !x->options->has_list(x->options->ctx, name))
		xlsform_warning(x, xlsform_at_cell(line, plain), "The centre has no reference list \"%s\" yet. Upload it before the form is used.",
			"لا توجد في المركز قائمة مرجعية باسم «%s» حتى الآن. ارفعها قبل استعمال النموذج.", xlsform_quote(x, name));
}

static bool read_file(struct xlsform *x, struct xlsform_row *row, const struct xlsform_type *type, const char *dot, const char *folder)
{
	const char *name = xlsform_copy(x, type->list, (size_t)(dot - type->list));

	if (!form_is_list_name(name)) {
		xlsform_error(x, xlsform_at_cell(row->line, XLSFORM_TYPE),
			"\"%s\" cannot be the name of a reference list: it begins with a letter, a digit or _, then letters, digits, _ - and . follow.",
			"لا يصلح «%s» اسمًا لقائمة مرجعية: يبدأ بحرف أو رقم أو _ وتليه حروف وأرقام و_ و- ونقاط فقط.", xlsform_quote(x, name));
		return false;
	}
	row->list = name;
	xlsform_refer_source(x, row->line, XLSFORM_TYPE, name, xlsform_print(x, "jr://%s/%s", folder, type->list));
	warn_missing(x, row->line, XLSFORM_TYPE, name);
	return true;
}

void xlsform_select_declare(struct xlsform *x, const struct xlsform_line *line, const struct xlsform_type *type)
{
	const char *name = line->plain[XLSFORM_NAME].text;
	bool is_csv = type->kind == XLSFORM_CSV_LIST;

	xlsform_refer_source(x, line, XLSFORM_NAME, name, xlsform_print(x, "jr://%s/%s%s", is_csv ? "file-csv" : "file", name, is_csv ? ".csv" : ".xml"));
	warn_missing(x, line, XLSFORM_NAME, name);
}

/* The list of that name among those of the workbook; tells when there is none. */
static struct xlsform_list *find_list(struct xlsform *x, const struct xlsform_line *line, const struct xlsform_type *type)
{
	bool is_external = type->kind == XLSFORM_SELECT_EXTERNAL;
	const char *sheet = is_external ? "external_choices" : "choices";
	const struct xlsform_table *t = is_external ? &x->external : &x->choices;
	struct xlsform_list *list = is_external ? xlsform_choices_external(x, type->list) : xlsform_choices_find(x, type->list);
	struct problem_place at = xlsform_at_cell(line, XLSFORM_TYPE);
	const char *like;

	if (list != NULL || t->is_odd)
		return list;
	if (t->sheet != NULL) {
		xlsform_error(x, at, "There is no list \"%s\" in the sheet %s. Write its choices there, or correct the name.",
			"لا توجد قائمة باسم «%s» في الورقة %s. اكتب خياراتها هناك أو صحّح الاسم.", xlsform_quote(x, type->list), sheet);
		return NULL;
	}
	like = xlsform_table_like(x, sheet);
	if (like[0] != '\0')
		xlsform_error(x, at, "The list \"%s\" is not there: there is no sheet %s, but there is %s. Rename it.",
			"القائمة «%s» غير موجودة: لا توجد ورقة باسم %s، وتوجد %s. غيّر اسمها.", xlsform_quote(x, type->list), sheet, like);
	else
		xlsform_error(x, at, "The list \"%s\" is not there: there is no sheet %s. Add it, with the columns list_name, name and label.",
			"القائمة «%s» غير موجودة: لا توجد ورقة باسم %s. أضفها بالأعمدة list_name وname وlabel.", xlsform_quote(x, type->list), sheet);
	return NULL;
}

/* Where several answers are kept with spaces between, names have none. */
static void check_spaces(struct xlsform *x, struct xlsform_list *list)
{
	if (list->is_odd)
		return;
	for (size_t i = 0; i < list->count; i++)
		if (list->choices[i].line != NULL && strchr(list->choices[i].code, ' ') != NULL) {
			list->is_odd = true;
			xlsform_error(x, xlsform_at_cell(list->choices[i].line, XLSFORM_NAME),
				"\"%s\" has a space, but its list is used where several choices can be taken. Write _ instead.",
				"في «%s» مسافة، وقائمته تُستعمل حيث يجوز أكثر من خيار. اكتب _ مكانها.", xlsform_quote(x, list->choices[i].code));
		}
}

static void read_other(struct xlsform *x, const struct xlsform_row *row, struct xlsform_list *list)
{
	if (row->plain[FORM_CHOICE_FILTER][0] != '\0')
		xlsform_error(x, xlsform_at_cell(row->line, FORM_CHOICE_FILTER),
			"\"or_other\" and a choice_filter do not go together. Add a choice \"other\" to the list \"%s\" and a text question yourself.",
			"لا يجتمع or_other مع choice_filter. أضف إلى القائمة «%s» خيارًا باسم other وسؤالًا نصيًّا بنفسك.", xlsform_quote(x, list->name));
	else
		xlsform_choices_other(x, list);
}

bool xlsform_select_read(struct xlsform *x, struct xlsform_row *row, const struct xlsform_type *type)
{
	struct problem_place at = xlsform_at_cell(row->line, XLSFORM_TYPE);
	const char *folder = NULL;
	const char *dot = ending_of(type->list, &folder);
	struct xlsform_list *list;

	if (strstr(type->list, "${") != NULL) {
		xlsform_error(x, at, "Choosing among earlier answers (\"%s\") is not supported by Mandoob. Use select_member with the name of the repeat.",
			"الاختيار من إجابات سابقة («%s») غير مدعوم في مندوب. استعمل select_member مع اسم التكرار.", xlsform_quote(x, type->list));
		return false;
	}
	if (strstr(row->plain[FORM_APPEARANCE], "search(") != NULL) {
		xlsform_error(x, xlsform_at_cell(row->line, FORM_APPEARANCE),
			"search() is not supported by Mandoob. Use select_one_from_file with the name of the reference list, instead of \"%s\".",
			"الدالة search() غير مدعومة في مندوب. استعمل select_one_from_file مع اسم القائمة المرجعية بدلًا من «%s».", xlsform_quote(x, type->list));
		return false;
	}
	if (dot != NULL && type->kind != XLSFORM_SELECT_EXTERNAL)
		return read_file(x, row, type, dot, folder);
	if (type->kind == XLSFORM_SELECT_FILE) {
		xlsform_error(x, at, "\"%s\" is not the name of a file. Write it with its ending .csv, .xml or .geojson.",
			"«%s» ليس اسم ملف. اكتبه مع امتداده ‎.csv أو ‎.xml أو ‎.geojson.", xlsform_quote(x, type->list));
		return false;
	}
	list = find_list(x, row->line, type);
	if (list == NULL)
		return false;
	row->list = list->name;
	if (type->kind == XLSFORM_SELECT_EXTERNAL && row->plain[FORM_CHOICE_FILTER][0] == '\0')
		xlsform_warning(x, at, "select_one_external is meant for lists with a choice_filter; \"%s\" has none here.",
			"صُمّم select_one_external للقوائم ذات choice_filter، ولا يوجد مرشّح للقائمة «%s» هنا.", xlsform_quote(x, list->name));
	if (type->has_other)
		read_other(x, row, list);
	if (type->type != FORM_SELECT_ONE)
		check_spaces(x, list);
	return true;
}
